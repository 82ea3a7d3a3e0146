"""One model's row of pictures in the in-painting tab: its draws, and what they say together."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.inpainting.filling_row import FillingRow
from widgets.look import lay
from widgets.look.images import Picture
from widgets.look.state import State
from widgets.pictures.gallery import Gallery
from widgets.plots.heat_legend import HeatLegend

TRUTH = "truth"
SUMMARY = ("mean", "sd", "typical", "diverse")
"""Captions of the summary, after that of the picture itself."""
SPREAD_MOST = 0.5
"""The standard deviation that the brightest colour stands for: a fair coin's, of the full range."""

_SUMMARY_TIP = (
    "<qt>The picture behind the hole; <b>mean</b> of all samples; <b>sd</b>: standard "
    "deviation per pixel, in shares of the full range; <b>typical</b> and <b>diverse</b>: "
    "the samples with the smallest and the largest mean distance to the others.</qt>"
)

_KEPT_TIP = (
    "Whether every sample keeps every known pixel, compared bit by bit. “Before "
    "restoring”: how far the method itself moves the known pixels."
)


class InpaintingRow(FillingRow):
    """The draws of a hole and their summary.

    `chosen(i)`, `menu_wanted(i, position)`, `drag_wanted(i)` and `copy_wanted(i)` are about draw i;
    a click on typical or diverse means that draw, `summary_chosen(i)` the picture itself (0), the
    mean (1) or the deviation (2).
    """

    chosen = Signal(int)
    summary_chosen = Signal(int)
    menu_wanted = Signal(int, QPoint)
    drag_wanted = Signal(int)
    copy_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stand_ins: tuple[int, int] = (0, 0)
        self.draws, self.summary = Gallery(self), Gallery(self)
        self.summary.sized = False
        self.legend = HeatLegend("sd", "of full range", SPREAD_MOST, self)
        for gallery in (self.draws, self.summary):  # as high as there is room
            gallery.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.summary.set_count(1 + len(SUMMARY))
        self.summary.setToolTip(_SUMMARY_TIP)
        self.set_truth(TRUTH)
        self._kept.tip = _KEPT_TIP
        self._lay()
        for signal in ("chosen", "menu_wanted", "drag_wanted", "copy_wanted"):
            getattr(self.draws, signal).connect(getattr(self, signal))
        self.summary.chosen.connect(self._on_summary)
        self.set_state(self.state)

    def set_state(self, state: State | str, text: str = "") -> None:
        """As every row; before the first draws there is nothing that words could lie over."""
        for part in (self.draws, self.summary, self.legend):
            part.setVisible(self.draws.count() > 0)
        super().set_state(state, text)

    def _lay(self) -> None:
        together = lay.down((self.summary, 1), self.legend, spacing=0)
        self.stage.addWidget(self.draws, 0, 0)
        self.stage.addLayout(together, 0, 1)
        self.stage.setColumnStretch(0, 1)
        self.stage.setColumnStretch(1, 1)

    def set_identity(self, title: str, name: str, family: str) -> None:
        super().set_identity(title, name, family)
        self.draws.setAccessibleName(f"Samples of {title}")
        self.summary.setAccessibleName(f"Summary of {title}")

    def set_unclamped(self, drift: int) -> None:
        """The draws on show are as the method left them, at most `drift` levels from the known."""
        if drift:
            self._kept.setText(f"raw: ≤ {drift} of 255 off")
        else:
            self._kept.setText("raw: known kept")

    def set_truth(self, caption: str) -> None:
        """Whether the picture behind the hole is the "truth" or only where it comes from."""
        self.summary.set_captions([caption, *SUMMARY])

    def show_draws(self, draws: Picture) -> None:
        """All draws (K, H, W, 3) as they stand."""
        self.draws.set_count(len(draws))
        self.draws.put(0, draws)

    def show_summary(self, pictures: Picture, stand_ins: tuple[int, int]) -> None:
        """The picture itself, mean, deviation, typical and diverse (5, H, W, 3), and which draws
        the last two are."""
        self._stand_ins = stand_ins
        self.summary.put(0, pictures)

    def set_stale(self, stale: bool) -> None:
        """Dim what is shown: it answers an earlier question."""
        self.draws.set_stale(stale)
        self.summary.set_stale(stale)

    @Slot(int)
    def _on_summary(self, place: int) -> None:
        if place < 3:
            self.summary_chosen.emit(place)
        else:
            self.chosen.emit(self._stand_ins[place - 3])
