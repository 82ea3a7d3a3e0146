"""Maps from coarse to fine: every pixel is evaluated once, and each pass halves the distances.

Where a grid is cheap as a whole the second pass is the last, after a preview the first.
Interlaced like a PNG (Adam7): a pass adds the rows and then the columns between those there are,
both of them grids, so that a model may go its own way on each.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import torch
from torch import Tensor

from engines.maps.area import Area
from engines.maps.fields import Field, Grid
from engines.model import finish
from engines.steps import Steps, quietly

COARSE = 32
"""Pixels along the longer side in the first frame, at most."""
BAND_SECONDS = 0.1
"""What a band of rows may take, unless the field says that fewer points are not worth it."""

LEAST = 0.005
"""The least step of a share that is worth a frame without new values."""


@dataclass(frozen=True, eq=False)
class Map:
    """Log-densities (H, W) float32 in nats, the lowest row first; `stride` 1 means all are final.

    Where the stride is larger a value stands for the pixels around it. `share` of all are done.
    """

    area: Area
    values: Tensor
    stride: int
    share: float
    method: str

    @property
    def complete(self) -> bool:
        return self.share == 1.0


Maps: TypeAlias = Generator["Map | None", None, Map]
"""None is a breath without news."""


def refine(field: Field, area: Area, wide: int, high: int, *, coarse: int = COARSE) -> Maps:
    """The field on wide × high pixels of an area, a Map after every band of rows.

    Every yielded Map holds a copy: it stays as it is. Bands of rows take about a tenth of a second.
    Where a band takes longer and says how far it is, Maps with the values seen last say so.
    """
    if wide < 1 or high < 1:
        raise ValueError(f"a map needs at least one pixel, got {wide} × {high}")
    xs, ys = (torch.from_numpy(axis) for axis in area.axes(wide, high))
    stride = 1
    while max(wide, high) > coarse * stride:
        stride *= 2
    values, done, method, size = torch.empty(high, wide), 0, "", field.least
    before = field.preparing if field.prepare is not None else 0
    seen, total = Seen(), before + wide * high
    if field.preview is not None:
        for rough in (stride,) if field.at_once else (2 * stride, stride):
            yield from map(seen.show, _look(field.preview, area, values, rough))
        stride = 1 if field.at_once else stride
    if field.prepare is not None:
        for share in field.prepare():
            yield seen.move(before * share / total)
    for rows, columns, stride_of in _parts(wide, high, stride, at_once=field.at_once):
        while len(rows):
            count = len(rows) if field.at_once else max(1, size // len(columns))
            count = len(rows) if len(rows) < 1.5 * count else count
            band, rows = rows[:count], rows[count:]
            began = time.perf_counter()
            here = 0 if field.at_once else done
            steps = Steps(field.grid(xs[columns], ys[band]))
            for step in steps:
                part = step.done / step.total if step.total else 0.0
                yield seen.move((before + here + part * len(columns) * len(band)) / total)
            spent, found = time.perf_counter() - began, steps.result
            method, fresh = found.method, found.value.view(len(columns), len(band)).T.float()
            size = max(field.least, min(4 * size, int(fresh.numel() * BAND_SECONDS / spent)))
            _place(values, fresh, band, columns, stride_of, first=done == 0)
            done = fresh.numel() if field.at_once else done + fresh.numel()
            # the last band is whole, whatever was to prepare
            yield seen.show(Map(area, values.clone(), stride_of, (before + done) / total, method))
    return Map(area, values, 1, 1.0, method)


class Seen:
    """The Map that was shown last, to be shown again with more of it done."""

    def __init__(self) -> None:
        self._last: Map | None = None

    def show(self, found: Map | None) -> Map | None:
        """Note a Map with new values."""
        self._last = found or self._last
        return found

    def move(self, share: float) -> Map | None:
        """The last one with another share, None where nothing is shown or it says no more."""
        if self._last is None or share < self._last.share + LEAST:
            return None
        self._last = replace(self._last, share=min(share, 1 - LEAST))
        return self._last


def _look(
    preview: Grid, area: Area, values: Tensor, stride: int
) -> Generator[Map | None, None, None]:
    """Fill all values by a field's preview of every stride-th row and column."""
    high, wide = values.shape
    xs, ys = (torch.from_numpy(axis)[::stride] for axis in area.axes(wide, high))
    found = yield from quietly(preview(xs, ys))
    fresh = found.value.view(len(xs), len(ys)).T.float()
    rows, columns = torch.arange(0, high, stride), torch.arange(0, wide, stride)
    _place(values, fresh, rows, columns, stride, first=True)
    yield Map(area, values.clone(), stride, 0.0, found.method)


def whole(field: Field, area: Area, wide: int, high: int) -> Map:
    """The finished map at once, without copies on the way."""
    xs, ys = (torch.from_numpy(axis) for axis in area.axes(wide, high))
    found = finish(field.grid(xs, ys))
    return Map(area, found.value.view(wide, high).T.float(), 1, 1.0, found.method)


def _parts(
    wide: int, high: int, stride: int, *, at_once: bool
) -> Iterator[tuple[Tensor, Tensor, int]]:
    """(rows, columns, stride) of grids that together hold every pixel, once but if `at_once`."""
    yield torch.arange(0, high, stride), torch.arange(0, wide, stride), stride
    if at_once and stride > 1:
        yield torch.arange(high), torch.arange(wide), 1
        return
    while stride > 1:
        half = stride // 2
        between = torch.arange(half, high, stride)
        if len(between):
            yield between, torch.arange(0, wide, half), half
        beside = torch.arange(half, wide, stride)
        if len(beside):
            yield torch.arange(0, high, stride), beside, half
        stride = half


def _place(
    values: Tensor, fresh: Tensor, rows: Tensor, columns: Tensor, stride: int, *, first: bool
) -> None:
    """Put new values (rows, columns) in their places and in those around them."""
    high, wide = values.shape
    if first:
        nearest = [
            ((torch.arange(size) + stride // 2) // stride).clamp_max(len(axis) - 1)
            for size, axis in ((high, rows), (wide, columns))
        ]
        values.copy_(fresh[nearest[0]][:, nearest[1]])
        return
    for dy in range(-(stride // 2), stride - stride // 2):
        for dx in range(-(stride // 2), stride - stride // 2):
            down, across = (rows + dy).clamp(0, high - 1), (columns + dx).clamp(0, wide - 1)
            values[down[:, None], across] = fresh
