"""One model's row in the interpolation tab: where one is, the film strip, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from widgets.interpolation.frame import Frame
from widgets.look import theme
from widgets.look.family_bar import FamilyBar
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import Badge, ElidedLabel
from widgets.look.notice import Notice
from widgets.look.state import State
from widgets.pictures.filmstrip import PathCurve

ABOUT_WIDTH = 168
CURVE_MOST = 15 * theme.UNIT
"""The height of a curve below a strip."""


class InterpolationRow(QFrame):
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
    close_wanted = Signal()
    details_wanted = Signal()
    retry_wanted = Signal()

    def __init__(
        self,
        frame: Callable[[QWidget], Frame],
        parent: QWidget | None = None,
        *,
        closable: bool = True,
    ) -> None:
        super().__init__(parent)
        self.state = State.EMPTY
        self.frame, self.curve = frame(self), PathCurve(self)
        self.badge = Badge(self, about="codes")
        self._bar, self._message = FamilyBar(self), Notice(self)
        self._title, self._nature = ElidedLabel(self), ElidedLabel(self)
        self._errors, self._cost, self._note = (ElidedLabel(self) for _ in range(3))
        self._close = GlyphButton(Glyph.CROSS, "Close", "Close this row.", self)
        self._close.setVisible(closable)
        self._dress()
        self._build()
        self._join()
        self.set_state(State.EMPTY)

    def _dress(self) -> None:
        self.setProperty("card", True)
        self._title.setFont(theme.title_font(self.font()))
        for label in (self._nature, self._errors, self._cost, self._note):
            label.setFont(theme.small_font(self.font()))
        for label in (self._nature, self._errors, self._cost):
            label.setProperty("faint", True)
        self._note.setProperty("warning", True)
        self.badge.hide()
        if not self.frame.stretches:
            self.curve.setMaximumHeight(CURVE_MOST)

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
        for part in (self.frame, self.curve):
            part.place_wanted.connect(self._on_place)
            part.released.connect(self.released)
        self.frame.selected.connect(self.selected)
        self.frame.menu_wanted.connect(self.menu_wanted)
        self.frame.drag_wanted.connect(self.drag_wanted)
        self.frame.point_wanted.connect(self.point_wanted)
        self._close.clicked.connect(self.close_wanted)
        self._message.details.clicked.connect(self.details_wanted)
        self._message.retry.clicked.connect(self.retry_wanted)

    def _on_place(self, place: float) -> None:
        self.selected.emit()
        self.place_wanted.emit(place)

    def set_identity(self, title: str, name: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae", and its family for the colour."""
        self._title.setText(title)
        self._title.tip = name
        self._title.setToolTip(name)
        self._bar.set_colour(theme.family_colour(family))
        self.setAccessibleName(f"Path of {title}")
        self.frame.set_title(title)
        self._close.setAccessibleName(f"Close {title}")

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

    def set_note(self, text: str) -> None:
        """A word of warning, "" for none."""
        self._note.setText(text)

    def note(self) -> str:
        return self._note.text()

    def set_place(self, place: float) -> None:
        """Mark a place 0 … 1 on strip and curve."""
        self.frame.set_place(place)
        self.curve.set_place(place)

    def set_count(self, frames: int) -> None:
        """Make room for so many frames."""
        self.frame.set_count(frames)
        self.curve.set_count(frames)

    def set_stale(self, stale: bool) -> None:
        """Dim the strip: it answers an earlier question."""
        self.frame.set_stale(stale)

    def set_chosen(self, chosen: bool) -> None:
        """Whether the inspector is about this row."""
        edge = "InterpolationRow { border: 1px solid palette(highlight); }"
        self.setStyleSheet(edge if chosen else "")

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
