"""log p of every map under the cursor and at a point that a click has added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from widgets.controls.help_mark import HelpMark
from widgets.look import lay, theme
from widgets.look.frames import clear
from widgets.look.labels import ElidedLabel, small_print


@dataclass(frozen=True)
class Line:
    """One map: its name, its title, its family for the colour."""

    name: str
    title: str
    family: str


@dataclass(frozen=True)
class Number:
    """A log-density as text, with what it is in `tip`: "≳ −1.234"; a `rough` one is grey."""

    text: str
    tip: str = ""
    rough: bool = False


class DensityNumbers(QWidget):
    """`stepped` asks for the next (1) or previous (-1) point, `removed` to drop the one shown."""

    stepped = Signal(int)
    removed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, tuple[ElidedLabel, QLabel, QLabel]] = {}
        self._grid = QGridLayout()
        self._holder = QWidget(self)
        self.title, self.place = QLabel("Log-densities", self), QLabel(self)
        self.previous, self.next = QPushButton("‹", self), QPushButton("›", self)
        self.remove = QPushButton("Remove", self)
        self.point = QLabel(self)
        self._dress()
        self._build()
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.remove.clicked.connect(self.removed)
        self.set_cursor(None, {})
        self.set_point(None, 0, 0, {})

    def _dress(self) -> None:
        self.title.setFont(theme.title_font(self.font()))
        small_print(self.place, self.point, wrap=True)
        for button, what in ((self.previous, "Previous"), (self.next, "Next")):
            button.setToolTip(f"{what} point.")
            button.setAccessibleName(f"{what} point")
            button.setFixedWidth(4 * theme.UNIT)
        self.remove.setToolTip("Remove this point.")

    def _build(self) -> None:
        unit = theme.UNIT
        head = lay.across(
            self.title,
            HelpMark(_HELP, "log-density", about="Log-densities"),
            lay.STRETCH,
            spacing=unit // 2,
        )
        foot = lay.across(self.previous, self.next, lay.STRETCH, self.remove, spacing=unit // 2)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(unit)
        self._grid.setVerticalSpacing(unit // 2)
        self._grid.setColumnStretch(1, 1)
        self._holder.setLayout(self._grid)
        lay.down(head, self.place, self.point, self._holder, foot, on=self, spacing=unit // 2)

    def set_lines(self, lines: Sequence[Line]) -> None:
        """One line per map."""
        clear(self._grid)
        self._rows.clear()
        for column, text in ((2, "cursor"), (3, "point")):
            self._grid.addWidget(_small(text, faint=True), 0, column)
        for row, line in enumerate(lines, 1):
            dot = QFrame(self)
            dot.setFixedSize(theme.UNIT // 2, 2 * theme.UNIT)
            colour = theme.family_colour(line.family).name()
            dot.setStyleSheet(f"background: {colour}; border-radius: 2px;")
            name = ElidedLabel(self)
            name.setText(line.title)
            cursor, point = _small(""), _small("")
            for place, widget in enumerate((dot, name, cursor, point)):
                self._grid.addWidget(widget, row, place)
            self._rows[line.name] = name, cursor, point

    def set_cursor(self, at: tuple[float, float] | None, numbers: Mapping[str, Number]) -> None:
        """The values under the cursor, None where it is over no map."""
        self.place.setText("Cursor: not on a map" if at is None else f"Cursor: {_point(*at)}")
        self._show(1, numbers)

    def set_point(
        self, at: tuple[float, float] | None, place: int, count: int, numbers: Mapping[str, Number]
    ) -> None:
        """The values at point `place` of `count`, None where there are no points."""
        nothing = "Point: click a map to add one"
        self.point.setText(
            nothing if at is None else f"Point {place + 1} of {count}: {_point(*at)}"
        )
        for button in (self.previous, self.next):
            button.setEnabled(count > 1)
        self.remove.setEnabled(count > 0)
        self._show(2, numbers)

    def is_rough(self, name: str) -> bool:
        """Whether the number under the cursor is shown in grey."""
        return bool(self._rows[name][1].property("faint"))

    def text(self, name: str, *, point: bool = False) -> str:
        """What is shown of a map."""
        return self._rows[name][2 if point else 1].text()

    def _show(self, column: int, numbers: Mapping[str, Number]) -> None:
        for name, row in self._rows.items():
            number = numbers.get(name, Number("–"))
            row[column].setText(number.text)
            row[column].setToolTip(number.tip)
            _set_faint(row[column], number.rough)


def _point(x: float, y: float) -> str:
    return f"({x:.4g}, {y:.4g})".replace("-", "−")


def _set_faint(label: QLabel, faint: bool) -> None:
    if label.property("faint") != faint:
        label.setProperty("faint", faint)
        label.style().polish(label)


def _small(text: str, *, faint: bool = False) -> QLabel:
    label = QLabel(text)
    label.setFont(theme.small_font(label.font()))
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setProperty("faint", faint)
    return label


_HELP = (
    "log p(x) of every map in nats, computed at the cursor and at the point; until they "
    "are ready, those of the map's pixel, rounded and in grey. ≳ marks a lower bound on "
    "average over its random draws, ≈ an estimate, ~ a kernel density of samples; log p = "
    "ln of probability per unit area."
)
