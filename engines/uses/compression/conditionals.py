"""Pixel by pixel or group by group: models that give p(pixel | other pixels), by a range coder.

Raster models pixel after pixel (exact); any-order ones in the groups of one fixed order, whose
pixels are taken as independent given those before (Hoogeboom et al. 2022, algorithm 1).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from engines.noise import Streams
from engines.parts import Conditionals
from engines.uses.compression import arithmetic, entropy
from engines.uses.compression.coder import Coded, Levels, Plain
from engines.uses.compression.entropy import Counts

_TOGETHER = 16
_A_CALL = 14
"""Pixels of a group on average, as the density of any-order models has them."""
_TRIED = 3


class SequenceCoder:
    """Codes each picture by its conditionals; several are computed at once.

    `labels` is the index that stands for any class. `groups` counts network calls a picture.
    """

    chain = 1

    def __init__(
        self,
        part: Conditionals,
        places: int,
        anyone: int,
        *,
        together: int = _TOGETHER,
        groups: int | None = None,
    ) -> None:
        self.part, self.places, self.anyone, self.together = part, places, anyone, together
        self.groups = self._groups(groups)
        one = len(self.groups) == places
        said = "pixel by pixel" if one else f"one order in {len(self.groups)} groups of pixels"
        self.method = f"{said}, range coder"

    def _groups(self, count: int | None) -> list[Tensor]:
        """The places of each call, in order."""
        if not self.part.any_order:
            return list(torch.arange(self.places).split(1))
        calls = count or max(1, self.places // _A_CALL)
        order = Streams(0, [0]).uniform(self.places).argsort(1)[0]
        # few more at first, many at the end: the first pixels decide the picture
        ends = [max(k, self.places * k * k // (calls * calls)) for k in range(1, calls + 1)]
        return [order[first:last] for first, last in pairwise([0, *ends])]

    def _counts(self, symbols: Tensor, known: Tensor, place: Tensor) -> Counts:
        """Counts (rows · k, symbols) of the places (k,), of all rows in the fixed batch."""
        with arithmetic.one_thread():
            labels = torch.full((self.together,), self.anyone, device=self.part.device)
            asked = place.expand(self.together, -1)
            p = self.part.logits(symbols, known, asked, labels).double().softmax(-1)
        return entropy.counts_of(p.flatten(0, 1).numpy())

    def trial(self) -> str:
        g = torch.Generator().manual_seed(0)
        size = self.together, self.places
        symbols = torch.randint(0, self.part.symbols, size, generator=g)
        known, found = torch.zeros(size, dtype=torch.bool), []
        for call in sorted({len(self.groups) * k // _TRIED for k in range(_TRIED)}):
            known[:, torch.cat([torch.empty(0, dtype=torch.int64), *self.groups[:call]])] = True
            found.append(self._counts(symbols, known, self.groups[call]))
        return arithmetic.digest(found)

    def encode(self, levels: Levels) -> Generator[Coded | float, None, None]:
        for start in range(0, len(levels), self.together):
            part = levels[start : start + self.together]
            symbols = self._batch(len(part))
            symbols[: len(part)] = torch.from_numpy(part.astype(np.int64))
            known = torch.zeros_like(symbols, dtype=torch.bool)
            found: list[Counts] = []
            for call, place in enumerate(self.groups):
                yield start + len(part) * call / len(self.groups)
                counts = self._counts(symbols, known, place)
                found.append(counts.reshape(self.together, len(place), -1)[: len(part)])
                known[:, place] = True
            counts, order = np.concatenate(found, 1), torch.cat(self.groups).numpy()
            for row, picture in zip(counts, part[:, order].astype(np.int32), strict=True):
                yield Coded(entropy.encoded(row, picture), (entropy.bits_of(row, picture),))

    def decode(
        self, frames: Sequence[bytes | None], counts: Sequence[int]
    ) -> Generator[Plain | float, None, None]:
        for start in range(0, len(frames), self.together):
            part = frames[start : start + self.together]
            decoders = [None if raw is None else entropy.decoder_of(raw) for raw in part]
            symbols = self._batch(len(part))
            known = torch.zeros_like(symbols, dtype=torch.bool)
            for call, place in enumerate(self.groups):
                yield start + len(part) * call / len(self.groups)
                of_rows = self._counts(symbols, known, place).reshape(self.together, len(place), -1)
                for row, decoder in enumerate(decoders):
                    if decoder is not None:
                        drawn = decoder.decode(entropy.family(), of_rows[row])
                        symbols[row, place] = torch.from_numpy(drawn.astype(np.int64))
                known[:, place] = True
            for row in range(len(part)):
                yield Plain(symbols[row : row + 1].numpy().astype(np.uint8))

    def _batch(self, rows: int) -> Tensor:
        """A fixed batch of black pictures, so that each row is computed alike in every file."""
        assert rows <= self.together
        return torch.zeros(self.together, self.places, dtype=torch.int64)
