"""One heat map with its head and foot: whose density it is, what kind of number, at what cost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from widgets.look import focus, lay, theme
from widgets.look.labels import Badge, ElidedLabel, small_print
from widgets.look.model_card import ModelCard
from widgets.look.state import State
from widgets.plots.colour_bar import ColourBar
from widgets.plots.heatmap import HeatMap

_STANDING = {
    "truth": "exact",
    "KDE of samples": "heuristic",
    "KDE of data": "heuristic",
    "difference": "estimate",
}


class HeatPanel(ModelCard):
    """Whatever the state of a map is, the last good one stays in view."""

    def __init__(
        self,
        parent: QWidget | None = None,
        makes: Callable[[QWidget], HeatMap] = HeatMap,
        *,
        scaled: bool = False,
    ) -> None:
        """A map that is `scaled` has a scale of its own below it."""
        super().__init__(parent)
        # all panels are of one size, whatever is written in them: their views are linked
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.map, self.bar = makes(self), ColourBar(self)
        self.bar.setVisible(scaled)
        self._furnish(Badge(self), "Hide this map.")
        self._note.hide()  # what there is to say stands in the footer
        self._footer, self._cost = ElidedLabel(self), ""
        small_print(self._footer)
        self._build()
        self.set_state(State.EMPTY)

    def _build(self) -> None:
        unit = theme.UNIT
        head = lay.across((self._title, 1), self._close, spacing=unit // 2)
        head.addSpacing(unit // 4)
        stage = QGridLayout()
        stage.addWidget(self.map, 0, 0)
        stage.addWidget(self._message, 0, 0, Qt.AlignmentFlag.AlignCenter)
        inner = lay.down(margins=(unit, unit // 2, unit, unit // 2), spacing=unit // 2)
        self._title.setFixedHeight(3 * unit)  # with a close button or without
        inner.addLayout(head)
        inner.addLayout(stage, 1)
        inner.addWidget(self.bar)
        # below the map: the name has the whole line
        inner.addLayout(lay.across((self._footer, 1), self.badge, spacing=unit // 2))
        self._frame(inner)
        self.working.line = self._title  # below it would cover axes, badge and footer
        focus.put_after(self.working, self._title)

    def set_identity(self, title: str, family: str, *, closable: bool = True) -> None:
        """Name whose density it is; the family gives its colour."""
        self.name_model(title, family)
        self.setAccessibleName(f"Density map: {title}")
        self.map.setAccessibleName(f"Heat map of {title}")
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

    def footer(self) -> str:
        return self._footer.text()

    def set_stale(self, stale: bool) -> None:
        self.map.set_stale(stale)

    def set_state(self, state: State | str, text: str = "") -> None:
        """While working the text takes the footer's place."""
        super().set_state(state, text)
        self._footer.setText(text if self.state is State.WORKING and text else self._cost)
