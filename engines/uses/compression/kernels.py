"""Kernel densities: a mixture of products is an exact autoregressive coder.

p(pixel | pixels before) = Σ_j r_j k(pixel | centre j), where the responsibilities r_j of the
centres are updated pixel by pixel: r_j ← r_j k(x_i | centre j).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from engines.parts import LevelKernels
from engines.uses.compression import arithmetic, entropy
from engines.uses.compression.coder import Coded, Levels, Plain
from engines.uses.compression.entropy import Counts

_SHARE = 28
"""Pixels between two breaths."""
_TRIED = 8


class KernelCoder:
    """Codes each picture by the sum over all centres of a kernel density."""

    chain = together = 1
    method = "sum over all kernels, responsibilities updated pixel by pixel; range coder"

    def __init__(self, part: LevelKernels) -> None:
        centres, _ = part.centre_levels()
        # by place, then by centre: a pixel reads one row
        self.centres = np.ascontiguousarray(centres.flatten(1).numpy().astype(np.int64).T)
        self.log_mass = np.ascontiguousarray(part.log_of_levels().numpy())
        self.mass = np.exp(self.log_mass)

    def _walk(
        self, pick: Callable[[int, Counts], int], places: int
    ) -> Generator[float, None, None]:
        """Ask `pick` for each place's level, given its counts (1, levels); yields the share."""
        symbols, log_r = len(self.mass), np.zeros(self.centres.shape[1])
        for place in range(places):
            centre = self.centres[place]
            with arithmetic.one_thread():
                r = np.exp(log_r - log_r.max())
                share = np.bincount(centre, weights=r, minlength=symbols)
                p = self.mass @ share
                counts = entropy.counts_of((p / p.sum())[None])
            log_r += self.log_mass[pick(place, counts), centre]
            if place % _SHARE == _SHARE - 1:
                yield place / places

    def trial(self) -> str:
        found: list[Counts] = []

        def pick(place: int, counts: Counts) -> int:
            found.append(counts)
            return 37 * place % len(self.mass)

        for _ in self._walk(pick, min(_TRIED, len(self.centres))):
            pass
        return arithmetic.digest(found)

    def encode(self, levels: Levels) -> Generator[Coded | float, None, None]:
        for done, picture in enumerate(levels):
            seen: list[Counts] = []

            def pick(
                place: int,
                counts: Counts,
                picture: npt.NDArray[np.uint8] = picture,
                seen: list[Counts] = seen,
            ) -> int:
                seen.append(counts)
                return int(picture[place])

            for share in self._walk(pick, len(picture)):
                yield done + share
            symbols, counts = picture.astype(np.int32), np.concatenate(seen)
            yield Coded(entropy.encoded(counts, symbols), (entropy.bits_of(counts, symbols),))

    def decode(
        self, frames: Sequence[bytes | None], counts: Sequence[int]
    ) -> Generator[Plain | float, None, None]:
        places = len(self.centres)
        for done, raw in enumerate(frames):
            found = np.zeros(places, np.uint8)
            if raw is not None:
                decoder = entropy.decoder_of(raw)

                def pick(
                    place: int,
                    counts: Counts,
                    decoder: Any = decoder,
                    found: npt.NDArray[np.uint8] = found,
                ) -> int:
                    found[place] = decoder.decode(entropy.family(), counts)[0]
                    return int(found[place])

                for share in self._walk(pick, places):
                    yield done + share
            yield Plain(found[None])
