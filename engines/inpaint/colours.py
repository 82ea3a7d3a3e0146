"""ImageGPT: the raster methods over colours of a palette, keys and values of each state kept.

The known pixels count as their nearest colours.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.families.autoregressive.model import draw_levels
from engines.inpaint.method import Hole
from engines.inpaint.raster import known_places, method
from engines.model import Model
from engines.noise import Streams
from engines.outside.imagegpt import Colours, Reader


class ColourPixels:
    """Particles of pictures: colours (rows, H·W)."""

    def __init__(self, hole: Hole, streams: Streams, labels: Tensor) -> None:
        native = hole.model.native
        assert isinstance(native, Colours)
        self.native, self.reader = native, Reader(native.net)
        self.streams, self.known = streams, known_places(hole)
        self.particles = len(labels) // len(streams)
        colours = native.indices(hole.picture[None])
        self.colours = colours.repeat(len(labels), 1).to(native.device)

    @property
    def places(self) -> int:
        return self.native.pixels

    def propose(self, place: int) -> None:
        u = self.streams.uniform(self.particles).flatten().double().to(self.native.device)
        logits = self.reader.logits(self.colours[:, :place])[:, -1]
        self.colours[:, place] = draw_levels(logits, u)

    def log_p(self, places: range) -> Tensor:
        seen = self.colours[:, places.start : places.stop, None]
        logits = self.reader.logits(self.colours[:, : places.stop - 1])
        found = logits.double().log_softmax(-1)[:, -len(places) :].gather(2, seen)
        return found.flatten(1).sum(1).cpu()

    def take(self, rows: Tensor) -> None:
        rows = rows.to(self.native.device)
        self.colours = self.colours[rows]
        self.reader.take(rows)

    def shown(self, rows: Tensor, upto: int) -> Tensor:
        x = self.native.pictures(self.colours[rows.to(self.native.device)])
        later = ~self.known & (torch.arange(self.places) >= upto)
        return x.masked_fill(later.view(x.shape[-2:]), 0.0)


def _fits(model: Model) -> bool:
    return isinstance(model.native, Colours)


def _most(model: Model) -> int:
    assert isinstance(model.native, Colours)
    return model.native.rows


METHODS = (
    method(ColourPixels, _fits, 16, live=False, most=_most),
    method(ColourPixels, _fits, None, live=False, most=_most),
)
