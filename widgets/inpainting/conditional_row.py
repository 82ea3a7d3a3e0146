"""One model's row of points in the in-painting tab: draws of one coordinate and its density."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from widgets.inpainting.filling_row import FillingRow
from widgets.look import theme
from widgets.look.state import State
from widgets.plots.conditional_plot import ConditionalPlot


class ConditionalRow(FillingRow):
    """The plot beside the method; `chosen` follows a click on it."""

    known = "known coordinate"

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = ConditionalPlot(self)
        self._kept.tip = (
            "Whether every sample has exactly the known coordinate, compared bit by bit."
        )
        self.stage.addWidget(self.plot, 0, 0, 1, 2)
        self.plot.pressed.connect(self.chosen)
        self._message.raise_()
        self.set_state(self.state)

    def set_identity(self, title: str, name: str, family: str) -> None:
        super().set_identity(title, name, family)
        self.plot.set_colour(theme.family_colour(family))
        self.plot.setAccessibleName(f"Samples and density of {title}")

    def set_state(self, state: State | str, text: str = "") -> None:
        """As every row; but what to do next must not hide the curves."""
        empty = state is State.EMPTY
        self.plot.key.set_hint(text if empty else "")
        super().set_state(state, "" if empty else text)

    def set_stale(self, stale: bool) -> None:
        self.plot.set_stale(stale)
