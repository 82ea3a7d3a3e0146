"""The list of keys (F1 or Shift+?): every shortcut by group, with a search field."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from widgets.look import lay, theme

_OR = " or "
_CAP_PAD = 6


@dataclass(frozen=True)
class Shortcut:
    """Keys joined by "+", alternatives by " or ": "Ctrl+Shift+Z or Ctrl+Y", "[ or ]"."""

    group: str
    keys: str
    title: str

    def matches(self, words: list[str]) -> bool:
        """Whether every word (lower case) occurs in the group, the keys or the title."""
        text = f"{self.group} {self.keys} {self.title}".lower()
        return all(word in text for word in words)


def caps(keys: str) -> list[list[str]]:
    """The key caps of each alternative: "Ctrl++ or F1" gives [["Ctrl", "+"], ["F1"]]."""
    found = []
    for chord in keys.split(_OR):
        head, plus = (chord[:-1], ["+"]) if chord.endswith("+") else (chord, [])
        found.append([part for part in head.split("+") if part] + plus)
    return found


class Keys(QWidget):
    """Key caps, drawn to the right edge."""

    def __init__(self, keys: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._caps = caps(keys)
        self.setFont(theme.small_font(self.font()))
        self.setAccessibleName(keys)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = sum(width for _, width, _ in self._pieces())
        return QSize(width, self.fontMetrics().height() + theme.UNIT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = self.width() - self.sizeHint().width()
        for text, width, is_cap in self._pieces():
            box = QRectF(x, 0, width, self.height()).adjusted(0.5, 0.5, -0.5, -1.5)
            if is_cap:
                # The second, lower outline is the side of the key.
                painter.setPen(QPen(theme.colour("line"), 1))
                painter.setBrush(theme.colour("line"))
                painter.drawRoundedRect(box.translated(0, 1), 4, 4)
                painter.setBrush(theme.colour("raised"))
                painter.drawRoundedRect(box.adjusted(0, 0, 0, -1), 4, 4)
            painter.setPen(theme.colour("text" if is_cap else "faint"))
            painter.drawText(box.adjusted(0, 0, 0, -1), Qt.AlignmentFlag.AlignCenter, text)
            x += width
        painter.end()

    def _pieces(self) -> list[tuple[str, int, bool]]:
        """Text, width and whether it is a cap, from left to right."""
        metrics = self.fontMetrics()
        pieces: list[tuple[str, int, bool]] = []
        for place, chord in enumerate(self._caps):
            if place:
                pieces.append(("or", metrics.horizontalAdvance("or") + 2 * _CAP_PAD, False))
            for nth, key in enumerate(chord):
                if nth:
                    pieces.append(("", theme.UNIT // 2, False))
                width = metrics.horizontalAdvance(key) + 2 * _CAP_PAD
                pieces.append((key, max(width, metrics.height() + theme.UNIT - 2), True))
        return pieces


class ShortcutsDialog(QDialog):
    """Searchable key list; `shortcuts` keep their order within each group."""

    def __init__(self, shortcuts: tuple[Shortcut, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
        self.setWindowTitle("Keyboard shortcuts")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search keys and actions")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search shortcuts")
        self.search.setToolTip("Show only the shortcuts that contain these words.")
        self.nothing = QLabel(self)
        self.nothing.setProperty("faint", True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()
        self._headings: dict[str, QLabel] = {}
        self._rows: dict[Shortcut, tuple[QLabel, Keys]] = {}
        self.area = self._build_rows()
        lay.down(self.search, (self.nothing, 1), (self.area, 1), on=self, margins=2 * theme.UNIT)
        # wide enough for the longest line beside the scroll bar
        line, bar = self._page.sizeHint().width(), self.area.verticalScrollBar().sizeHint().width()
        self.resize(line + bar + 6 * theme.UNIT, 80 * theme.UNIT)
        self.search.textChanged.connect(self._on_searched)

    def shown(self) -> tuple[Shortcut, ...]:
        """The shortcuts that the search leaves, in the order of the list."""
        words = self.search.text().lower().split()
        return tuple(shortcut for shortcut in self._shortcuts if shortcut.matches(words))

    def showEvent(self, event: QShowEvent) -> None:
        """Open on the whole list, ready to type."""
        super().showEvent(event)
        self.search.clear()
        self.search.setFocus()

    @Slot()
    def _on_searched(self) -> None:
        shown = set(self.shown())
        for shortcut, pair in self._rows.items():
            for widget in pair:
                widget.setVisible(shortcut in shown)
        groups = {shortcut.group for shortcut in shown}
        for group, heading in self._headings.items():
            heading.setVisible(group in groups)
        self.nothing.setText(f"No shortcut matches “{self.search.text().strip()}”.")
        self.nothing.setVisible(not shown)
        self.area.setVisible(bool(shown))

    def _build_rows(self) -> QScrollArea:
        page = self._page = QWidget()
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, theme.UNIT, 0)
        grid.setHorizontalSpacing(2 * theme.UNIT)
        grid.setVerticalSpacing(theme.UNIT // 2)
        grid.setColumnStretch(0, 1)
        for group in dict.fromkeys(shortcut.group for shortcut in self._shortcuts):
            heading = QLabel(group, page)
            heading.setFont(theme.title_font(heading.font()))
            heading.setContentsMargins(0, theme.UNIT, 0, theme.UNIT // 2)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
            self._headings[group] = heading
            for shortcut in self._shortcuts:
                if shortcut.group == group:
                    pair = (QLabel(shortcut.title, page), Keys(shortcut.keys, page))
                    row = grid.rowCount()
                    grid.addWidget(pair[0], row, 0)
                    grid.addWidget(pair[1], row, 1, Qt.AlignmentFlag.AlignRight)
                    self._rows[shortcut] = pair
        grid.setRowStretch(grid.rowCount(), 1)
        area = QScrollArea(self)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(page)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        area.setAccessibleName("Shortcuts")
        return area
