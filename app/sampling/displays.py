"""How a column of the sampling tab shows the examples of each kind: one line a kind in DISPLAYS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
from PySide6.QtWidgets import QWidget

from app.exchange.figures import Drawn
from app.kinds.points import axes_of
from app.sampling.figure import (
    Columns,
    of_pictures,
    of_points,
    strip_of_pictures,
    strip_of_points,
)
from app.tab.by_kind import ByKind, Entry, only_planes
from app.tasks.sampling import Backdrop, Frame
from engines.kinds import Kind, Pictures, Points
from engines.model import Card, SampleRequest
from widgets.figure.figure import Cell
from widgets.pictures.gallery import Gallery


class Display(Protocol):
    """Makes the body of a column and puts frames into it. `body` is what `make` returned.

    `per_row` columns stand side by side. Where `has_backdrop`, the data of the set are asked for,
    and shown by `set_backdrop`.
    """

    per_row: ClassVar[int]
    has_backdrop: ClassVar[bool]

    def make(self, parent: QWidget) -> Any:
        """A body, as of widgets.sampling.body."""

    def show(self, body: Any, card: Card, frame: Frame, final: int, *, fresh: bool) -> None:
        """Show a frame of which `final` examples are there already; a `fresh` one is all new.

        Examples of this frame are not stale.
        """

    def stop(self, body: Any, frame: Frame) -> None:
        """Of a run that stopped only what was finished counts."""

    def set_backdrop(self, body: Any, found: Backdrop) -> None:
        """Show the data behind the examples."""

    def figure(self, columns: Columns, data: str, backdrop: Backdrop | None) -> Drawn | None:
        """A figure of columns of which at least one has something; None where there is no way."""

    def strip(
        self, card: Card, frames: Sequence[Frame | None], backdrop: Backdrop | None
    ) -> list[list[Cell]]:
        """Rows of a figure whose columns are these frames."""


class Galleries:
    """Pictures in a gallery."""

    per_row: ClassVar[int] = 5
    has_backdrop: ClassVar[bool] = False

    def make(self, parent: QWidget) -> Gallery:
        return Gallery(parent)

    def show(self, body: Gallery, card: Card, frame: Frame, final: int, *, fresh: bool) -> None:
        if fresh:
            # what is not there yet stays in view, greyed: it belongs to an earlier request
            body.set_stale(True)
            labels = frame.request.labels()
            # one class for all needs no word under each
            said = labels if isinstance(frame.request.label, tuple) and labels else []
            body.set_count(frame.request.count)
            body.set_captions([card.labels[label] for label in said])
            body.columns_hint(_columns(frame.request))
        if frame.begun > final:
            body.put(final, frame.values[final : frame.begun])

    def stop(self, body: Gallery, frame: Frame) -> None:
        body.set_stale(True)
        if frame.done:
            body.put(0, frame.values[: frame.done])

    def set_backdrop(self, body: Gallery, found: Backdrop) -> None:
        raise AssertionError("pictures have nothing behind them")

    def figure(self, columns: Columns, data: str, backdrop: Backdrop | None) -> Drawn:
        return of_pictures(columns, data, backdrop)

    def strip(
        self, card: Card, frames: Sequence[Frame | None], backdrop: Backdrop | None
    ) -> list[list[Cell]]:
        return strip_of_pictures(card, frames)


class Scatters:
    """Points of the plane over those of the data."""

    per_row: ClassVar[int] = 2
    has_backdrop: ClassVar[bool] = True

    def make(self, parent: QWidget) -> Any:
        # pyqtgraph takes half a second to import: the first window should not wait for it
        from widgets.plots.scatter import Scatter

        return Scatter(parent)

    def show(self, body: Any, card: Card, frame: Frame, final: int, *, fresh: bool) -> None:
        labels = frame.request.labels()
        classes = None if labels is None else np.array(labels[: frame.begun])
        body.set_points(frame.values[: frame.begun], classes)
        body.set_axes(*axes_of(card.kind, card.data))
        body.set_legend(() if classes is None else card.labels)

    def stop(self, body: Any, frame: Frame) -> None:
        return

    def set_backdrop(self, body: Any, found: Backdrop) -> None:
        body.set_backdrop(found.points)
        body.set_range(*found.view)

    def figure(self, columns: Columns, data: str, backdrop: Backdrop | None) -> Drawn:
        return of_points(columns, data, backdrop)

    def strip(
        self, card: Card, frames: Sequence[Frame | None], backdrop: Backdrop | None
    ) -> list[list[Cell]]:
        return strip_of_points(card, frames, backdrop)


DISPLAYS: ByKind[Display] = ByKind(
    "the sampling tab", {Pictures: Entry(Galleries), Points: Entry(Scatters, only_planes)}
)


def display_of(kind: Kind) -> Display:
    """How a kind is shown. Raises UnfitKindError with a sentence where nobody has said how."""
    return DISPLAYS.entry(kind).make()


def _columns(request: SampleRequest) -> int | None:
    """A column per class where many are dealt out in turn; few are better seen large."""
    if not isinstance(request.label, tuple) or request.count < 6 * len(request.label):
        return None
    return len(request.label)
