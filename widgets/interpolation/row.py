"""One model's row in the interpolation tab: where one is, the film strip, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from widgets.interpolation.frame import Frame
from widgets.look import lay, theme
from widgets.look.labels import Badge, ElidedLabel, small_print
from widgets.look.model_card import ModelCard
from widgets.look.state import State
from widgets.pictures.filmstrip import PathCurve

ABOUT_WIDTH = 168
CURVE_MOST = 120
"""The height of a curve below a strip."""


class InterpolationRow(ModelCard):
    """A card: who it is on the left, then the frame of its kind of data, and the curve.

    `place_wanted(place)` follows a hand on strip or curve, `released` its end; `selected` a click
    on the row; `point_wanted(x, y)` a click in a plane.
    """

    place_wanted = Signal(float)
    released = Signal()
    selected = Signal()
    point_wanted = Signal(float, float)
    menu_wanted = Signal(QPoint)
    drag_wanted = Signal()

    def __init__(
        self,
        frame: Callable[[QWidget], Frame],
        parent: QWidget | None = None,
        *,
        closable: bool = True,
    ) -> None:
        super().__init__(parent)
        self.frame, self.curve = frame(self), PathCurve(self)
        self._furnish(Badge(self, about="codes"), "Close this row.")
        self._nature, self._errors, self._cost = (ElidedLabel(self) for _ in range(3))
        small_print(self._nature, self._errors, self._cost)
        self._close.setVisible(closable)
        if not self.frame.stretches:
            self.curve.setMaximumHeight(theme.px(CURVE_MOST))
        self._build()
        self._join()
        self.set_state(State.EMPTY)

    def _build(self) -> None:
        unit = theme.UNIT
        about = QWidget(self)
        about.setFixedWidth(theme.px(ABOUT_WIDTH))
        left = lay.down(on=about, spacing=unit // 2)
        names = lay.across((self._title, 1), self._close, spacing=None)
        standing = lay.across(self.badge, lay.STRETCH, spacing=None)
        left.addLayout(names)
        left.addLayout(standing)
        for label in (self._nature, self._errors, self._cost, self._note):
            left.addWidget(label)
        left.addStretch(1)
        stage, along = QGridLayout(), QVBoxLayout()
        along.setSpacing(unit // 2)
        if self.frame.strip is not None:
            along.addWidget(self.frame.strip, 3)
        along.addWidget(self.curve, 2)
        stage.setSpacing(unit)
        stage.addWidget(self.frame.spot, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        stage.addLayout(along, 0, 1)
        stage.setColumnStretch(1, 1)
        stage.addWidget(self._message, 0, 0, 1, 2, Qt.AlignmentFlag.AlignCenter)
        inner = lay.across(about, (stage, 1), margins=(unit, unit // 2, unit, unit // 2))
        self._frame(inner)

    def _join(self) -> None:
        for part in (self.frame, self.curve):
            part.place_wanted.connect(self._on_place)
            part.released.connect(self.released)
        self.frame.selected.connect(self.selected)
        self.frame.menu_wanted.connect(self.menu_wanted)
        self.frame.drag_wanted.connect(self.drag_wanted)
        self.frame.point_wanted.connect(self.point_wanted)

    def _on_place(self, place: float) -> None:
        self.selected.emit()
        self.place_wanted.emit(place)

    def set_identity(self, title: str, name: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae", and its family for the colour."""
        self._title.tip = name
        self.name_model(title, family)
        self.setAccessibleName(f"Path of {title}")
        self.frame.set_title(title)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.frame.fit(self.height())

    def set_nature(self, nature: str, standing: str, tip: str) -> None:
        """What a code is here, and how codes of given examples are found."""
        self._nature.setText(nature)
        self.badge.set_standing(standing, tip)

    def set_errors(self, text: str, tip: str) -> None:
        """How well the end points come back: "A 22.5 dB · B 30.8 dB"."""
        self._errors.tip = tip
        self._errors.setText(text)

    def errors(self) -> str:
        return self._errors.text()

    def set_cost(self, text: str, tip: str = "") -> None:
        """ "12 ms a frame · |z| 4.6–5.1"."""
        self._cost.tip = tip
        self._cost.setText(text)

    def cost(self) -> str:
        return self._cost.text()

    def set_place(self, place: float) -> None:
        """Mark a place 0 … 1 on strip and curve."""
        self.frame.set_place(place)
        self.curve.set_place(place)

    def set_count(self, frames: int) -> None:
        """Make room for so many frames."""
        self.frame.set_count(frames)
        self.curve.set_count(frames)

    def set_stale(self, stale: bool) -> None:
        self.frame.set_stale(stale)

    def set_chosen(self, chosen: bool) -> None:
        """Whether the inspector is about this row."""
        edge = "InterpolationRow { border: 1px solid palette(highlight); }"
        self.setStyleSheet(edge if chosen else "")
