"""One model's row in the in-painting tab: its method, its draws, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.album import Picture
from widgets.column import State
from widgets.combo import Combo
from widgets.family_bar import FamilyBar
from widgets.gallery import Gallery
from widgets.glyphs import Glyph, GlyphButton
from widgets.heat_legend import HeatLegend
from widgets.labels import BadgeButton, ElidedLabel
from widgets.notice import Notice

HEIGHT = 22 * theme.UNIT
"""Least height of a row, in device-independent pixels."""

ABOUT_WIDTH = 176
TRUTH = "truth"
SUMMARY = ("mean", "sd", "typical", "diverse")
"""Captions of the summary, after that of the picture itself."""
SPREAD_MOST = 0.5
"""The standard deviation that the brightest colour stands for: a fair coin's, of the full range."""

_SUMMARY_TIP = (
    "<qt>The picture behind the hole; <b>mean</b> of all draws; <b>sd</b>: standard deviation per "
    "pixel, in shares of the full range; <b>typical</b> and <b>diverse</b>: the draws with the "
    "smallest and the largest mean distance to the others.</qt>"
)


@dataclass(frozen=True)
class MethodSpec:
    """A method for the menu: its title, and one sentence with standing and source for the tip."""

    name: str
    title: str
    says: str


class InpaintingRow(QFrame):
    """A card: name, method, badge and cost on the left, the draws, and their summary.

    `chosen(i)`, `menu_wanted(i, position)`, `drag_wanted(i)` and `copy_wanted(i)` are about draw i;
    a click on typical or diverse means that draw, `summary_chosen(i)` the picture itself (0), the
    mean (1) or the deviation (2). `evidence_wanted` follows the badge.
    """

    method_chosen = Signal(str)
    chosen = Signal(int)
    summary_chosen = Signal(int)
    menu_wanted = Signal(int, QPoint)
    drag_wanted = Signal(int)
    copy_wanted = Signal(int)
    close_wanted = Signal()
    details_wanted = Signal()
    retry_wanted = Signal()
    evidence_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = State.EMPTY
        self._specs: tuple[MethodSpec, ...] = ()
        self._stand_ins: tuple[int, int] = (0, 0)
        self.draws, self.summary = Gallery(self), Gallery(self)
        self.methods, self.badge = Combo(self), BadgeButton(self)
        self.legend = HeatLegend("sd", "of full range", SPREAD_MOST, self)
        self._bar, self._message = FamilyBar(self), Notice(self)
        self._title, self._kept = ElidedLabel(self), QLabel(self)
        self._calibration = ElidedLabel(self)
        self._cost, self._note = ElidedLabel(self), ElidedLabel(self)
        self._close = GlyphButton(Glyph.CROSS, "Close", "Close this row.", self)
        self._dress()
        self._build()
        self._join()
        self.set_state(State.EMPTY)

    def _dress(self) -> None:
        self.setProperty("card", True)
        self.setMinimumHeight(HEIGHT)
        self._title.setFont(theme.title_font(self.font()))
        for label in (self._kept, self._calibration, self._cost, self._note):
            label.setFont(theme.small_font(self.font()))
        for label in (self._kept, self._calibration, self._cost):
            label.setProperty("faint", True)
        self._note.setProperty("warning", True)
        self._kept.setToolTip(
            "Whether every known pixel of every draw is that of the picture, compared bit by bit. "
            "Unclamped: how far the method itself leaves the known pixels from the picture's."
        )
        self.methods.setAccessibleName("Method")
        self.methods.setMinimumContentsLength(4)
        self.methods.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.methods.setEnabled(False)
        self.methods.setToolTip("The ways to fill, known once the model is loaded.")
        for gallery in (self.draws, self.summary):  # as high as there is room
            gallery.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.summary.set_count(1 + len(SUMMARY))
        self.summary.columns_hint(3)
        self.summary.setToolTip(_SUMMARY_TIP)
        self.set_truth(TRUTH)
        self.badge.hide()

    def _build(self) -> None:
        unit = theme.UNIT
        about = QWidget(self)
        about.setFixedWidth(ABOUT_WIDTH)
        left = QVBoxLayout(about)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(unit // 2)
        names, standing = QHBoxLayout(), QHBoxLayout()
        names.addWidget(self._title, 1)
        names.addWidget(self._close)
        standing.addWidget(self.badge)
        standing.addStretch(1)
        left.addLayout(names)
        left.addWidget(self.methods)
        left.addLayout(standing)
        for label in (self._kept, self._calibration, self._cost, self._note):
            left.addWidget(label)
        left.addStretch(1)
        stage = QGridLayout()
        stage.setSpacing(unit)
        together = QVBoxLayout()
        together.setSpacing(0)
        together.addWidget(self.summary, 1)
        together.addWidget(self.legend)
        stage.addWidget(self.draws, 0, 0)
        stage.addLayout(together, 0, 1)
        stage.setColumnStretch(0, 1)
        stage.setColumnStretch(1, 1)
        stage.addWidget(self._message, 0, 0, 1, 2, Qt.AlignmentFlag.AlignCenter)
        inner = QHBoxLayout()
        inner.setContentsMargins(unit, unit // 2, unit, unit // 2)
        inner.setSpacing(unit)
        inner.addWidget(about)
        inner.addLayout(stage, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        outer.addWidget(self._bar)
        outer.addLayout(inner, 1)

    def _join(self) -> None:
        self.methods.activated.connect(self._on_method)
        for signal in ("chosen", "menu_wanted", "drag_wanted", "copy_wanted"):
            getattr(self.draws, signal).connect(getattr(self, signal))
        self.summary.chosen.connect(self._on_summary)
        self._close.clicked.connect(self.close_wanted)
        self.badge.clicked.connect(self.evidence_wanted)
        self._message.details.clicked.connect(self.details_wanted)
        self._message.retry.clicked.connect(self.retry_wanted)

    def set_identity(self, title: str, name: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae", and its family for the colour."""
        self._title.setText(title)
        self._title.tip = name
        self._title.setToolTip(name)
        self._bar.set_colour(theme.family_colour(family))
        self.setAccessibleName(f"Model {title}")
        self.draws.setAccessibleName(f"Draws of {title}")
        self.summary.setAccessibleName(f"Summary of {title}")
        self._close.setAccessibleName(f"Close {title}")

    def set_methods(self, specs: tuple[MethodSpec, ...], name: str) -> None:
        """Offer these methods and choose one, silently."""
        if specs != self._specs:
            self._specs = specs
            with QSignalBlocker(self.methods):
                self.methods.clear()
                for place, spec in enumerate(specs):
                    self.methods.addItem(spec.title, spec.name)
                    tip = f"<qt>{escape(spec.says)}</qt>"
                    self.methods.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        with QSignalBlocker(self.methods):
            self.methods.setCurrentIndex(max(0, self.methods.findData(name)))
        self.methods.setEnabled(len(specs) > 1)
        says = next((spec.says for spec in specs if spec.name == name), "")
        only = " It is the only method that fits." if len(specs) == 1 else ""
        self.methods.setToolTip(f"<qt>{escape(says + only)}</qt>")

    def set_badge(self, standing: str, tip: str) -> None:
        """Say whether filling is "exact", …; the tip names method and source."""
        self.badge.set_standing(standing, tip)

    def set_cost(self, text: str) -> None:
        """ "312 ms for 8 · NFE 40"."""
        self._cost.tip = "Time of all draws, and network evaluations (NFE) of each."
        self._cost.setText(text)

    def set_kept(self, kept: bool | None) -> None:
        """Whether the known pixels were found unchanged; None while nobody has looked."""
        words = {True: "✓ known pixels kept", False: "✗ known pixels changed", None: ""}
        self._kept.setText(words[kept])

    def set_unclamped(self, drift: int) -> None:
        """The draws on show are as the method left them, at most `drift` levels from the known."""
        if drift:
            self._kept.setText(f"unclamped: ≤ {drift} of 255 off")
        else:
            self._kept.setText("unclamped: known kept")

    def set_calibration(self, text: str, tip: str) -> None:
        """What was measured of this model's fillings, such as "90 % interval holds 86 %"."""
        self._calibration.tip = tip
        self._calibration.setText(text)

    def set_truth(self, caption: str) -> None:
        """Whether the picture behind the hole is the "truth" or only where it comes from."""
        self.summary.set_captions([caption, *SUMMARY])

    def set_note(self, text: str) -> None:
        """Warn, such as "The mask has changed since"; "" for none."""
        self._note.setText(text)

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

    def set_state(self, state: State, text: str = "") -> None:
        """Show how the row stands; `text` lies over it when empty, loading or failed."""
        self.state = state
        if state in (State.FAILED, State.LOADING):
            self.set_stale(True)
        over = state in (State.EMPTY, State.LOADING, State.FAILED)
        self._message.show_text(text if over else "", actions=state is State.FAILED)
        self._bar.set_busy(state in (State.LOADING, State.WORKING))

    def set_progress(self, share: float) -> None:
        """How much of the work is done, 0 … 1."""
        self._bar.set_busy(self.state in (State.LOADING, State.WORKING), share)

    @Slot(int)
    def _on_method(self, place: int) -> None:
        self.method_chosen.emit(str(self.methods.itemData(place)))

    @Slot(int)
    def _on_summary(self, place: int) -> None:
        if place < 3:
            self.summary_chosen.emit(place)
        else:
            self.chosen.emit(self._stand_ins[place - 3])
