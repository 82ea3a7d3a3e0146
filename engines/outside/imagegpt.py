"""ImageGPT of transformers: pixels as colours of a palette, one after the other in raster order.

Chen et al. 2020, "Generative pretraining from pixels". The network sees a mark for the start and
the colours so far; keys and values of those are kept, so that a pixel costs one call of one token.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints.catalog import CheckpointError
from engines.drawing import class_indices, in_batches, need_exact, tempered
from engines.families.autoregressive.model import LOGITS, ROSENBLATT, draw_levels, noise_of_levels
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
    Knobs,
    Latents,
    LogDensity,
    Meaning,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams, streams_of
from engines.outside import loading
from engines.outside.formats.layout import COLOURS, Layout
from engines.outside.memory import Portions

_SHOWN, _KEPT = 16, 1 << 30
"""Calls between two guesses, and bytes for keys and values."""
_ROWS = 4
_NATURE = "noise of the conditionals in raster order, exact inverse of the nearest colours"
_DRAWN = Procedure(Exactness.EXACT, "ancestral, colour by colour", "Chen et al. 2020 (ImageGPT)")


class Reader:
    """The network on its way through some pictures: `seen` places of each row are behind it."""

    def __init__(self, net: Any) -> None:
        self._net, self.seen = net, 0
        self._kept: Any = None
        # transformers has renamed it
        names = inspect.signature(type(net).forward).parameters
        self._name = "cache" if "cache" in names else "past_key_values"

    @torch.no_grad()
    def logits(self, before: Tensor) -> Tensor:
        """Of the places `seen` … p given the colours before p, (rows, p): (rows, p − seen + 1, K).

        What of `before` was seen must be as it was then.
        """
        ids = self.after_start(before)[:, self.seen :]
        found = self._net(
            input_ids=ids, use_cache=True, return_dict=True, **{self._name: self._kept}
        )
        self._kept = found[self._name]
        self.seen = before.shape[1] + 1
        out: Tensor = found.logits.float()
        return out

    def after_start(self, before: Tensor) -> Tensor:
        """Colours (rows, p) behind the mark of the start."""
        start = before.new_full((len(before), 1), self._net.config.vocab_size - 1)
        return torch.cat([start, before], 1)

    def take(self, rows: Tensor) -> None:
        """Go on with these rows."""
        if self._kept is not None:
            self._kept.reorder_cache(rows)


@dataclass(frozen=True)
class ColourReading:
    """Rows of colours on their way through the network."""

    reader: Reader

    def following(self, symbols: Tensor, place: int) -> Tensor:
        return self.reader.logits(symbols[:, :place])[:, -1]

    def log_p(self, symbols: Tensor, places: range) -> Tensor:
        seen = symbols[:, places.start : places.stop, None]
        logits = self.reader.logits(symbols[:, : places.stop - 1])
        found = logits.double().log_softmax(-1)[:, -len(places) :].gather(2, seen)
        return found.flatten(1).sum(1).cpu()

    def take(self, rows: Tensor) -> None:
        self.reader.take(rows)


_EXACT = {LOGITS.name: LOGITS.rest}


@dataclass(frozen=True)
class Colours:
    """The model; `palette` (K, 3) in [-1, 1]."""

    card: Card
    net: Any
    palette: Tensor
    device: torch.device
    portions: Portions

    @property
    def pixels(self) -> int:
        _, height, width = self.card.shape
        return height * width

    # the part `conditionals`

    @property
    def symbols(self) -> int:
        return len(self.palette)

    @property
    def any_order(self) -> bool:
        return False

    def reading(self, labels: Tensor) -> ColourReading:
        """Rows that keep the keys and values of what they have read; there are no classes."""
        return ColourReading(Reader(self.net))

    def logits(self, symbols: Tensor, known: Tensor, place: Tensor, labels: Tensor) -> Tensor:
        reader, most = Reader(self.net), int(place.max())
        found = reader.logits(symbols[:, :most].to(self.device))
        rows = place.to(self.device)[..., None].expand(-1, -1, found.shape[2])
        return found.gather(1, rows).to(symbols.device)

    def indices(self, x: Tensor) -> Tensor:
        """Pictures (n, 3, H, W) by their nearest colours, in raster order: (n, H·W) int64."""
        flat = x.float().flatten(2).transpose(1, 2)
        return torch.cdist(flat, self.palette.expand(len(x), -1, -1)).argmin(-1)

    def examples(self, symbols: Tensor) -> Tensor:
        """Colours (n, H·W) as 8-bit pictures (n, 3, H, W) in [-1, 1], on the CPU."""
        levels = (127.5 * (self.palette + 1)).round().clamp(0, 255)
        x = (levels / 127.5 - 1)[symbols.cpu()]
        return x.transpose(1, 2).reshape(-1, *self.card.shape)

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x_i ~ p(x_i | x_<i), one uniform number a pixel."""
        return self._fill(self._uniforms(request), knobs["temperature"])

    def _uniforms(self, request: SampleRequest) -> Tensor:
        return Streams(request.seed, request.indices).uniform(self.pixels).double()

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """Φ⁻¹ of the uniform numbers of a request: (n, H·W) float64."""
        need_exact((LOGITS,), request, _EXACT)
        z: Tensor = torch.special.ndtri(self._uniforms(request))
        return z

    @property
    def rows(self) -> int:
        """Pictures whose keys and values are kept at once."""
        config = self.net.config
        return max(1, _KEPT // (2 * 4 * int(config.n_layer * config.n_embd) * self.pixels))

    @torch.no_grad()
    def _fill(self, u: Tensor, temperature: float) -> Run:
        """Pictures for their uniform numbers (n, H·W)."""
        n, total = u.shape
        found = torch.zeros(n, total, dtype=torch.int64, device=self.device)
        u = u.to(self.device)
        for part in torch.arange(n).split(self.rows):
            start, stop, reader = int(part[0]), int(part[-1]) + 1, Reader(self.net)
            rows = found[start:stop]
            for place in range(total):
                logits = reader.logits(rows[:, :place])[:, -1] / temperature
                rows[:, place] = draw_levels(logits, u[start:stop, place])
                done = place + 1
                if done % _SHOWN == 0 and done < total:
                    guess = self.examples(found)
                    guess[start:stop].flatten(2)[..., done:] = 0.0
                    guess[stop:] = 0.0
                    yield Step(start + len(part) * done // total, n, guess, calls=done)
        x = self.examples(found)
        yield Step(n, n, x.clone(), calls=total)
        return x

    def _log_p(self, indices: Tensor) -> Tensor:
        """Of every colour at every place given those before: (n, H·W) -> (n, H·W, K)."""
        ids = Reader(self.net).after_start(indices[:, :-1]).to(self.device)

        def ask(part: Tensor) -> Tensor:
            out: Tensor = self.net(input_ids=part, use_cache=False).logits
            return out.double().log_softmax(-1).cpu()

        return self.portions.run(ask, ids)

    @torch.no_grad()
    def log_mass(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log P of the nearest picture in the palette's colours: Σ_i log p(x_i | x_<i)."""
        settle((), knobs)
        class_indices(self.card, labels, len(x))
        values = []
        for part in torch.arange(len(x)).split(_ROWS):
            indices = self.indices(x[part])
            found = self._log_p(indices).gather(2, indices[..., None])
            values.append(found.flatten(1).sum(1))
            yield Step(int(part[-1]) + 1, len(x), calls=1)
        method = (
            f"sum of {self.pixels} conditionals over {len(self.palette)} colours: the mass of all "
            "pictures with these nearest colours, not of 256 levels"
        )
        return LogDensity(torch.cat(values), Meaning.EXACT, method)

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, H·W) standard normal -> pictures."""
        class_indices(self.card, labels, len(z))
        return self._fill(torch.special.ndtr(z.double()), 1.0)

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Pictures -> (n, H·W) float64; the place in a colour's cell is the picture's own noise."""
        class_indices(self.card, labels, len(x))
        v = streams_of(x).uniform(self.pixels).double()
        scores = []
        for part in torch.arange(len(x)).split(_ROWS):
            indices = self.indices(x[part])
            u = noise_of_levels(self._log_p(indices), indices, v[part])
            scores.append(torch.special.ndtri(u))
            yield Step(int(part[-1]) + 1, len(x), calls=1)
        return torch.cat(scores)


def load(layout: Layout, card: Card, device: torch.device) -> Model:
    """The model of a folder of transformers. Raises CheckpointError."""
    what = layout.nets["gpt"]
    palette = _palette(layout)
    net = loading.network(layout, what, device, torch.float32)
    made = Colours(card, net, palette, device, Portions())
    knobs = (replace(LOGITS, help=LOGITS.help.replace("pixel", "pixel's colour")),)
    return Model(
        card=card,
        sample=in_batches(made.draw, card, knobs),
        procedure=lambda given: tempered(_DRAWN, settle(knobs, given)),
        knobs=knobs,
        density=Density(Meaning.EXACT, made.log_mass),
        latents=Latents(
            (made.pixels,),
            _NATURE,
            made.decode,
            made.encode,
            ROSENBLATT,
            Pace.SLOW,
            drawn=made.drawn_codes,
            exact=_EXACT,
        ),
        conditionals=made,
    )


def _palette(layout: Layout) -> Tensor:
    """The colours (K, 3) in [-1, 1], as many as the network knows beside the mark of the start."""
    folder, config = layout.folder, layout.nets["gpt"].config
    try:
        palette = torch.tensor(folder.table(COLOURS).get("clusters"), dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{folder.path / COLOURS} has no colours") from error
    if palette.ndim != 2 or palette.shape[1] != 3 or len(palette) + 1 != config.get("vocab_size"):
        raise CheckpointError(
            f"{folder.path / COLOURS} has {len(palette)} colours; the network has "
            f"{config.get('vocab_size')!r} and one of them marks the start"
        )
    if not (palette.abs() <= 1.01).all():
        raise CheckpointError(f"{folder.path / COLOURS} has colours outside -1 … 1")
    return palette
