"""What every row of the in-painting tab has: a model, its method, its standing and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.controls.combo import Combo
from widgets.look import theme
from widgets.look.family_bar import FamilyBar
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import BadgeButton, ElidedLabel
from widgets.look.notice import Notice
from widgets.look.state import State

HEIGHT = 25 * theme.UNIT
"""Least height of a row, in device-independent pixels: eight pictures of 28 pixels at twice their
size, in three rows."""

ABOUT_WIDTH = 24 * theme.UNIT


@dataclass(frozen=True)
class MethodSpec:
    """A method for the menu: its title, and one sentence with standing and source for the tip."""

    name: str
    title: str
    says: str


class FillingRow(QFrame):
    """A card: name, method, badge and cost on the left; on the right what a subclass lays there.

    `evidence_wanted` follows the badge.
    """

    known = "known pixels"
    """What the tick is about."""

    method_chosen = Signal(str)
    close_wanted = Signal()
    details_wanted = Signal()
    retry_wanted = Signal()
    evidence_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = State.EMPTY
        self._specs: tuple[MethodSpec, ...] = ()
        self.stage = QGridLayout()
        self.methods, self.badge = Combo(self), BadgeButton(self, about="sampler")
        self._bar, self._message = FamilyBar(self), Notice(self)
        self._title, self._kept = ElidedLabel(self), ElidedLabel(self)
        self._calibration = ElidedLabel(self)
        self._cost, self._quality = ElidedLabel(self), ElidedLabel(self)
        self._note = ElidedLabel(self)
        self._close = GlyphButton(Glyph.CROSS, "Close", "Close this row.", self)
        self._dress()
        self._build()
        self.methods.activated.connect(self._on_method)
        self._close.clicked.connect(self.close_wanted)
        self.badge.clicked.connect(self.evidence_wanted)
        self._message.details.clicked.connect(self.details_wanted)
        self._message.retry.clicked.connect(self.retry_wanted)

    def _dress(self) -> None:
        self.setProperty("card", True)
        self.setMinimumHeight(HEIGHT)
        self._title.setFont(theme.title_font(self.font()))
        for label in (*self._faint(), self._note):
            label.setFont(theme.small_font(self.font()))
        for label in self._faint():
            label.setProperty("faint", True)
        self._quality.hide()
        self._note.setProperty("warning", True)
        self.methods.setAccessibleName("Method")
        self.methods.setMinimumContentsLength(4)
        self.methods.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.methods.setEnabled(False)
        self.methods.setToolTip("In-painting methods that fit this model; known once it is loaded.")
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
        for label in (*self._faint(), self._note):
            left.addWidget(label)
        left.addStretch(1)
        self.stage.setSpacing(unit)
        self.stage.addWidget(self._message, 0, 0, 1, 2, Qt.AlignmentFlag.AlignCenter)
        inner = QHBoxLayout()
        inner.setContentsMargins(unit, unit // 2, unit, unit // 2)
        inner.setSpacing(unit)
        inner.addWidget(about)
        inner.addLayout(self.stage, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        outer.addWidget(self._bar)
        outer.addLayout(inner, 1)

    def _faint(self) -> tuple[ElidedLabel, ...]:
        """The lines below the badge."""
        return self._calibration, self._cost, self._quality, self._kept

    def set_identity(self, title: str, name: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae", and its family for the colour."""
        self._title.setText(title)
        self._title.tip = name
        self._title.setToolTip(name)
        self._bar.set_colour(theme.family_colour(family))
        self.setAccessibleName(f"Model {title}")
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

    def set_cost(self, text: str, quality: str = "") -> None:
        """ "312 ms for 8 samples, 40 network calls each" and "accepted 57 %"."""
        self._cost.tip = "Time for all samples, and network evaluations (NFE) for each."
        self._quality.tip = (
            "How well the run went: the share of proposals accepted, how far the chains "
            "moved, or the effective sample size (ESS)."
        )
        self._cost.setText(text)
        self._quality.setText(quality)
        self._quality.setVisible(bool(quality))

    def set_kept(self, kept: bool | None) -> None:
        """Whether the known values were found unchanged; None while nobody has looked."""
        what = self.known
        words = {True: f"✓ {what} kept", False: f"✗ {what} changed", None: ""}
        self._kept.setText(words[kept])

    def set_calibration(self, text: str, tip: str) -> None:
        """What was measured of this model's fillings, such as "90 % interval holds 86 %"."""
        self._calibration.tip = tip
        self._calibration.setText(text)

    def set_note(self, text: str) -> None:
        """Warn, such as "The mask has changed since"; "" for none."""
        self._note.setText(text)

    def set_stale(self, stale: bool) -> None:
        """Dim what is shown: it answers an earlier question."""

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
