"""The plane of a data set and the line across it, with the true density along the line."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.tasks.line import Line, true_curve
from app.tasks.sampling import Backdrop, backdrop
from app.work.channels import Channels
from widgets.inpainting.line_editor import LineEditor

START = 0.62
"""Where the line stands at first, in shares of the range: off the middle, where symmetries hide."""


class LineSource(QObject):
    """`changed` when the line is elsewhere, `found` when the data are there, `true` with the
    Curve of the data."""

    changed = Signal()
    found = Signal()
    true = Signal(object)

    def __init__(self, editor: LineEditor, channels: Channels, parent: QObject) -> None:
        super().__init__(parent)
        self.data = ""
        self._editor = editor
        self._backdrop: Backdrop | None = None
        self._wanted: tuple[int, float] | None = None
        self._look = channels.open("in-painting: data")
        self._truth = channels.open("in-painting: true density")
        self._look.stepped.connect(self._take)
        self._truth.stepped.connect(self.true)
        editor.changed.connect(self.changed)

    def show(self, data: str) -> None:
        """Go to the plane of a data set; the line of the same one stays."""
        if data != self.data:
            self.data, self._backdrop = data, None
            self._look.submit(backdrop(data))

    def put(self, axis: int, value: float) -> None:
        """Put the line there as soon as the plane is known."""
        self._wanted = axis, value
        self._settle()

    def line(self, label: int | None = None) -> Line | None:
        """The line, and over what the density along it is normalised; None until it is known."""
        if self._backdrop is None:
            return None
        axis, value = self._editor.line()
        low, high = self.view(1 - axis)
        more = (high - low) / 2
        return Line(self.data, axis, value, (low - more, high + more), label)

    def view(self, axis: int) -> tuple[float, float]:
        """The range of a coordinate that is looked at."""
        return self._editor.plane.span(axis)

    def ask_truth(self, line: Line) -> None:
        """Let `true` bring the data's own density along a line."""
        self._truth.submit(true_curve(line))

    @Slot(object)
    def _take(self, found: Backdrop) -> None:
        if found.data != self.data:
            return
        self._backdrop = found
        self._editor.plane.set_backdrop(found.points)
        self._editor.plane.set_range(*found.view)
        if self._wanted is None:
            low, high = self.view(0)
            self._wanted = 0, round(low + START * (high - low), 2)
        self._settle()
        self.found.emit()

    def _settle(self) -> None:
        if self._wanted is not None and self._backdrop is not None:
            (axis, value), self._wanted = self._wanted, None
            self._editor.set_line(axis, value)
            self.changed.emit()
