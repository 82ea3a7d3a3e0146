"""One learner: its name, what it looks like, how far it is, and its loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.learn.field import Field, Picture
from widgets.learn.line import Line
from widgets.learn.plot import Spark
from widgets.look import theme
from widgets.look.family_bar import FamilyBar
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import Badge, ElidedLabel

_NARROW = 190


@dataclass(frozen=True, eq=False)
class CardFace:
    """What a card shows. `kind` and `tip` say what kind of density the map is of."""

    title: str
    family: str
    picture: Picture | None
    kind: str
    tip: str
    foot: str
    foot_tip: str
    loss: str
    losses: NDArray[np.float64]
    share: float | None
    trouble: str = ""


class LearnerCard(QFrame):
    """`chosen` by a click; `twin_wanted`, `rewind_wanted` and `close_wanted` by the buttons."""

    chosen = Signal()
    twin_wanted = Signal()
    rewind_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.field, self.badge, self.spark = Field(self), Badge(self), Spark(self)
        self._bar = FamilyBar(self)
        self._title, self._foot, self.trouble = ElidedLabel(self), Line(self), QLabel(self)
        self.twin = GlyphButton(
            Glyph.PLUS,
            "Duplicate",
            "Set a duplicate beside it, to change one value of: from here on where that can change "
            "while it learns, else from the start.",
            self,
        )
        self.rewind = GlyphButton(
            Glyph.RESET, "Rewind", "Back to the same initial weights, bit by bit.", self
        )
        self.close_it = GlyphButton(Glyph.CROSS, "Remove", "Take this learner away.", self)
        self._current = False
        self._share: float | None = None
        self._dress()
        self._build()
        self.field.clicked.connect(self.chosen)
        self.twin.clicked.connect(self.twin_wanted)
        self.rewind.clicked.connect(self.rewind_wanted)
        self.close_it.clicked.connect(self.close_wanted)

    def _dress(self) -> None:
        self._title.setFont(theme.title_font(self.font()))
        self.trouble.setWordWrap(True)
        self.trouble.setProperty("danger", True)
        self.trouble.setFont(theme.small_font(self.font()))
        self.trouble.setAutoFillBackground(True)
        self.trouble.setMargin(theme.UNIT)
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.hide()
        self.badge.hide()
        self.field.setToolTip("Click to see what this learner works on, and its values.")

    def _build(self) -> None:
        unit = theme.UNIT
        head, stage, inner = QHBoxLayout(), QGridLayout(), QVBoxLayout()
        head.setSpacing(unit // 4)
        head.addWidget(self._title, 1)
        for widget in (self.rewind, self.twin, self.close_it):
            head.addWidget(widget)
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        stage.addWidget(self.field, 0, 0)
        stage.addWidget(self.badge, 0, 0, corner)
        stage.addWidget(self.trouble, 0, 0, Qt.AlignmentFlag.AlignBottom)
        inner.setContentsMargins(unit, unit // 2, unit, unit // 2)
        inner.setSpacing(unit // 2)
        inner.addLayout(head)
        inner.addLayout(stage, 1)
        inner.addWidget(self._foot)
        inner.addWidget(self.spark)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        outer.addWidget(self._bar)
        outer.addLayout(inner, 1)

    def show_face(self, face: CardFace) -> None:
        """Show how the learner stands; what has not changed is not painted again."""
        colour = theme.family_colour(face.family)
        if self._title.text() != face.title:
            self._title.setText(face.title)
            self._bar.set_colour(colour)
            self.field.set_colour(colour)
            self.spark.set_colour(colour)
            self.setAccessibleName(face.title)
            self.badge.set_whose(face.title)
            self.field.setAccessibleName(f"Samples and density of {face.title}")
            for button, verb in (
                (self.twin, "Duplicate"),
                (self.rewind, "Rewind"),
                (self.close_it, "Remove"),
            ):
                button.setAccessibleName(f"{verb} {face.title}")
        self.field.show_picture(face.picture)
        if (self.badge.text(), self.badge.toolTip()) != (face.kind, face.tip):
            self.badge.set_standing(face.kind, face.tip)
            self.badge.hue = "heuristic" if face.kind.startswith("KDE") else face.kind
        if (self._foot.tip, self._foot.text()) != (face.foot_tip, face.foot):
            self._foot.tip = face.foot_tip
            self._foot.setText(face.foot)
        self.spark.show_curve(face.loss, face.losses)
        share = None if face.share is None else round(face.share, 2)
        if share != self._share:
            self._share = share
            self._bar.set_busy(share is not None, share)
        if face.trouble != self.trouble.text():
            self.trouble.setText(face.trouble)
            self.trouble.setVisible(bool(face.trouble))

    def title(self) -> str:
        return self._title.text()

    def foot(self) -> str:
        return self._foot.text()

    def set_current(self, current: bool) -> None:
        """Whether this is the learner on the right."""
        if current is not self._current:
            self._current = current
            self._make_room()
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """A narrow card has buttons while it is chosen alone, so that its name can be read."""
        shown = self._current or self.width() >= _NARROW
        for button in (self.rewind, self.twin, self.close_it):
            button.setVisible(shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._current:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("accent"), 2))
            room = self.rect().adjusted(1, 1, -2, -2)
            painter.drawRoundedRect(room, theme.RADIUS + 1, theme.RADIUS + 1)
