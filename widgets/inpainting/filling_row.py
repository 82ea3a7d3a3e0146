"""What every row of the in-painting tab has: a model, its method, its standing and its cost."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from widgets.controls.combo import Combo
from widgets.look import lay, theme
from widgets.look.labels import BadgeButton, ElidedLabel, small_print
from widgets.look.model_card import ModelCard

HEIGHT = 200
"""Least height of a row, in device-independent pixels: eight pictures of 28 pixels at twice their
size, in three rows."""

ABOUT_WIDTH = 192


@dataclass(frozen=True)
class MethodSpec:
    """A method for the menu: its title, and one sentence with standing and source for the tip."""

    name: str
    title: str
    says: str


class FillingRow(ModelCard):
    """A card: name, method, badge and cost on the left; on the right what a subclass lays there.

    `evidence_wanted` follows the badge.
    """

    known = "known pixels"
    """What the tick is about."""

    method_chosen = Signal(str)
    evidence_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage, self.methods = QGridLayout(), Combo(self)
        self._furnish(BadgeButton(self, about="sampler"), "Close this row.")
        self._calibration, self._kept = ElidedLabel(self), ElidedLabel(self)
        self._cost, self._quality = ElidedLabel(self), ElidedLabel(self)
        small_print(*self._lines())
        self._dress()
        self._build()
        self.methods.activated.connect(self._on_method)
        self.badge.clicked.connect(self.evidence_wanted)

    def _dress(self) -> None:
        self.setMinimumHeight(theme.px(HEIGHT))
        self._quality.hide()
        self.methods.setAccessibleName("Method")
        self.methods.setMinimumContentsLength(4)
        self.methods.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.methods.setEnabled(False)
        self.methods.setToolTip("In-painting methods that fit this model; known once it is loaded.")

    def _build(self) -> None:
        unit = theme.UNIT
        about = QWidget(self)
        about.setFixedWidth(theme.px(ABOUT_WIDTH))
        left = lay.down(on=about, spacing=unit // 2)
        names = lay.across((self._title, 1), self._close, spacing=None)
        standing = lay.across(self.badge, lay.STRETCH, spacing=None)
        left.addLayout(names)
        left.addWidget(self.methods)
        left.addLayout(standing)
        for label in (*self._lines(), self._note):
            left.addWidget(label)
        left.addStretch(1)
        self.stage.setSpacing(unit)
        self.stage.addWidget(self._message, 0, 0, 1, 2, Qt.AlignmentFlag.AlignCenter)
        inner = lay.across(about, (self.stage, 1), margins=(unit, unit // 2, unit, unit // 2))
        self._frame(inner)

    def _lines(self) -> tuple[ElidedLabel, ...]:
        """The lines below the badge."""
        return self._calibration, self._cost, self._quality, self._kept

    def set_identity(self, title: str, name: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae", and its family for the colour."""
        self._title.tip = name
        self.name_model(title, family)
        self.setAccessibleName(f"Model {title}")
        self.methods.setAccessibleName(f"Method of {title}")

    def set_methods(self, specs: tuple[MethodSpec, ...], name: str) -> None:
        """Offer these methods and choose one, silently."""
        self.methods.offer([(spec.title, spec.name) for spec in specs], name)
        for place, spec in enumerate(specs):
            tip = f"<qt>{escape(spec.says)}</qt>"
            self.methods.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
        self.methods.setEnabled(len(specs) > 1)
        says = next((spec.says for spec in specs if spec.name == name), "")
        only = " It is the only method that fits." if len(specs) == 1 else ""
        self.methods.setToolTip(f"<qt>{escape(says + only)}</qt>")

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

    @Slot(int)
    def _on_method(self, place: int) -> None:
        self.method_chosen.emit(str(self.methods.itemData(place)))
