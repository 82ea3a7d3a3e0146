"""The dialog of a figure: what it will look like, how much of it, how large, and where to."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from widgets.controls.number import NumberBox
from widgets.figure.figure import Figure
from widgets.figure.painting import Layout, paint
from widgets.look import lay, theme

LARGEST = 400
"""Of the size, in per cent."""


class FigureDialog(QDialog):
    """`count_changed(n)` asks for so many columns; `refresh_wanted` takes what the tab
    shows by now; `save_wanted` and `copy_wanted` take it away."""

    count_changed = Signal(int)
    refresh_wanted = Signal()
    save_wanted = Signal()
    copy_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Figure")
        self._page = FigurePage(self)
        self.head: QWidget | None = None
        self.count, self.size_box = NumberBox(self), NumberBox(self)
        self._count_label = QLabel("Columns", self)
        self.refresh = QPushButton("Refresh", self)
        self.save = QPushButton("Save…", self)
        self.copy = QPushButton("Copy picture", self)
        self.close_button = QPushButton("Close", self)
        self._controls = QHBoxLayout()
        self._dress()
        self._arrange()
        self.count.valueChanged.connect(lambda n: self.count_changed.emit(int(n)))
        self.size_box.valueChanged.connect(lambda _: self._page.set_scale(self.scale()))
        self.refresh.clicked.connect(self.refresh_wanted)
        self.save.clicked.connect(self.save_wanted)
        self.copy.clicked.connect(self.copy_wanted)
        self.close_button.clicked.connect(self.close)

    def _dress(self) -> None:
        for box, low, high, value, name, tip in (
            (self.count, 1, 1, 1, "Columns", "How many columns the figure has."),
            (self.size_box, 25, LARGEST, 100, "Size", "How large the cells are, in per cent."),
        ):
            box.setDecimals(0)
            box.setRange(low, high)
            box.setValue(value)
            box.setAccessibleName(name)
            box.setToolTip(tip)
        self.size_box.setSingleStep(25)
        self.refresh.setToolTip("Take what the tab shows by now.")
        self.save.setProperty("primary", True)
        self.save.setToolTip(
            "Save as PNG, SVG or PDF, with all recipes inside: the file can be dropped here again."
        )
        self.copy.setToolTip("Copy the figure to the clipboard as a picture.")
        self.close_button.setToolTip("Close the figure.")

    def _arrange(self) -> None:
        size_label = QLabel("Size", self)
        self._controls = lay.across(
            self._count_label,
            self.count,
            size_label,
            self.size_box,
            lay.STRETCH,
            self.refresh,
            self.copy,
            self.save,
            self.close_button,
        )
        area = QScrollArea(self)
        area.setWidget(self._page)
        area.setAlignment(Qt.AlignmentFlag.AlignCenter)
        area.setAccessibleName("Figure")
        self._stack = lay.down((area, 1), self._controls, on=self, margins=theme.UNIT)
        self.resize(980, 640)

    def scale(self) -> float:
        """How large the cells are, 1 for the usual size."""
        return float(self.size_box.value()) / 100

    def set_head(self, head: QWidget | None) -> None:
        """Put controls above the figure, in place of those that were there; None for none."""
        if self.head is not None and self.head is not head:
            self.head.hide()
        self.head = head
        if head is not None:
            self._stack.insertWidget(0, head)
            head.show()
        self.refresh.setVisible(head is None)  # what has controls follows them

    def offer(self, most: int, count: int) -> None:
        """Offer 1 … `most` columns, silently; there is nothing to choose of a single one."""
        self.count.blockSignals(True)
        self.count.setMaximum(max(1, most))
        self.count.setValue(count)
        self.count.blockSignals(False)
        for part in (self._count_label, self.count):
            part.setVisible(most > 1)

    def show_figure(self, figure: Figure) -> None:
        """Show this figure; it stays as it is."""
        self.setWindowTitle(f"Figure: {figure.title}")
        self._page.set_figure(figure, self.scale())
        self.setAccessibleDescription(f"{figure.title}. {figure.caption}")

    def layout_now(self) -> Layout | None:
        """The figure as it is laid out, None before there is one."""
        return self._page.laid


class FigurePage(QWidget):
    """A figure as it will be printed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.laid: Layout | None = None

    def set_figure(self, figure: Figure, scale: float) -> None:
        self.laid = Layout(figure, scale)
        self.setFixedSize(self.sizeHint())
        self.update()

    @Slot(float)
    def set_scale(self, scale: float) -> None:
        if self.laid is not None:
            self.set_figure(self.laid.figure, scale)

    def sizeHint(self) -> QSize:
        if self.laid is None:
            return QSize(320, 240)
        return QSize(round(self.laid.width), round(self.laid.height))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.laid is not None:
            painter = QPainter(self)
            painter.setClipRect(event.rect())
            paint(painter, self.laid)
