"""One heat map with its head and foot: whose density it is, what kind of number, at what cost."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.look import theme
from widgets.look.family_bar import FamilyBar
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import Badge, ElidedLabel
from widgets.look.notice import Notice
from widgets.look.state import State
from widgets.plots.heatmap import HeatMap

_STANDING = {
    "truth": "exact",
    "KDE of samples": "heuristic",
    "KDE of data": "heuristic",
    "difference": "estimate",
}


class HeatPanel(QFrame):
    """`close_wanted`, `details_wanted` and `retry_wanted` follow the buttons."""

    close_wanted = Signal()
    details_wanted = Signal()
    retry_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        # all panels are of one size, whatever is written in them: their views are linked
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.state = State.EMPTY
        self.map = HeatMap(self)
        self.badge = Badge(self)
        self._bar = FamilyBar(self)
        self._title, self._footer = ElidedLabel(self), ElidedLabel(self)
        self._close = GlyphButton(Glyph.CROSS, "Close", "Hide this map.", self)
        self._notice = Notice(self)
        self._cost = ""
        self._title.setFont(theme.title_font(self.font()))
        self._footer.setFont(theme.small_font(self.font()))
        self._footer.setProperty("faint", True)
        self._build()
        self._close.clicked.connect(self.close_wanted)
        self._notice.details.clicked.connect(self.details_wanted)
        self._notice.retry.clicked.connect(self.retry_wanted)
        self.badge.hide()
        self.set_state(State.EMPTY)

    def _build(self) -> None:
        unit = theme.UNIT
        head = QHBoxLayout()
        head.setSpacing(unit // 2)
        head.addWidget(self._title, 1)
        head.addWidget(self.badge)
        head.addWidget(self._close)
        head.addSpacing(unit // 4)
        stage = QGridLayout()
        stage.addWidget(self.map, 0, 0)
        stage.addWidget(self._notice, 0, 0, Qt.AlignmentFlag.AlignCenter)
        inner = QVBoxLayout()
        inner.setContentsMargins(unit, unit // 2, unit, unit // 2)
        inner.setSpacing(unit // 2)
        self._title.setFixedHeight(3 * unit)  # with a close button or without
        inner.addLayout(head)
        inner.addLayout(stage, 1)
        inner.addWidget(self._footer)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        outer.addWidget(self._bar)
        outer.addLayout(inner, 1)

    def set_identity(self, title: str, family: str, *, closable: bool = True) -> None:
        """Name whose density it is; the family gives its colour."""
        self._title.setText(title)
        self._bar.set_colour(theme.family_colour(family))
        self.setAccessibleName(f"Density map: {title}")
        self.map.setAccessibleName(f"Heat map of {title}")
        self._close.setAccessibleName(f"Close {title}")
        self._close.setVisible(closable)

    def set_kind(self, kind: str, tip: str) -> None:
        """Say what kind of log-density this is, and in the tip by which method."""
        self.badge.set_standing(kind, tip)
        self.badge.hue = _STANDING.get(kind, kind)

    def set_footer(self, text: str, tip: str = "") -> None:
        """What is known of the map in one line."""
        self._cost = text
        self._footer.tip = tip
        if self.state is not State.WORKING:
            self._footer.setText(text)

    def title(self) -> str:
        return self._title.text()

    def footer(self) -> str:
        return self._footer.text()

    def set_state(self, state: State, text: str = "") -> None:
        """Show how the map stands; whatever it is, the last good one stays in view."""
        self.state = state
        over = state in (State.EMPTY, State.LOADING, State.FAILED)
        if state in (State.LOADING, State.FAILED):
            self.map.set_stale(True)
        self._notice.show_text(text if over else "", actions=state is State.FAILED)
        self._footer.setText(text if state is State.WORKING and text else self._cost)
        self._bar.set_busy(state in (State.LOADING, State.WORKING))

    def set_progress(self, share: float) -> None:
        """How much of the map is done, 0 … 1."""
        self._bar.set_busy(self.state in (State.LOADING, State.WORKING), share)
