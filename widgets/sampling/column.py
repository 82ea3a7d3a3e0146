"""One model's column: who it is, what it made, what that cost, and what went wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from widgets.look import theme
from widgets.look.family_bar import FamilyBar
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import Badge, ElidedLabel
from widgets.look.notice import Notice
from widgets.look.state import State
from widgets.look.tiling import MARGIN
from widgets.pictures.gallery import Gallery
from widgets.sampling.body import MakeBody


class Column(QFrame):
    """A card with a header, a body that shows examples, a note and a footer.

    `make` makes the body, see widgets.sampling.body; `things` says what it shows.

    `close_wanted`, `details_wanted` and `retry_wanted` follow the buttons.
    """

    close_wanted = Signal()
    details_wanted = Signal()
    retry_wanted = Signal()

    def __init__(
        self, make: MakeBody = Gallery, parent: QWidget | None = None, *, things: str = "pictures"
    ) -> None:
        super().__init__(parent)
        self._things = things
        self.state = State.READY
        self.body = make(self)
        self._bar = FamilyBar(self)
        self._title = ElidedLabel(self)
        self._subtitle = ElidedLabel(self)
        self._subtitle.tip = "Name of the model, and how many numbers its network has."
        self._note = ElidedLabel(self)
        self._footer = ElidedLabel(self)
        self.badge = Badge(self, about="sampler")
        self._close = GlyphButton(Glyph.CROSS, "Close", "Close this column.", self)
        self._message = Notice(self)
        self._cost = self._passing = ""
        self._dress()
        self._build()
        self._close.clicked.connect(self.close_wanted)
        self._message.details.clicked.connect(self.details_wanted)
        self._message.retry.clicked.connect(self.retry_wanted)
        self.badge.hide()
        self.set_state(State.EMPTY)

    def _dress(self) -> None:
        self.setProperty("card", True)
        self._title.setFont(theme.title_font(self.font()))
        for label in (self._subtitle, self._note, self._footer):
            label.setFont(theme.small_font(self.font()))
        for label in (self._subtitle, self._footer):
            label.setProperty("faint", True)
        self._note.setProperty("warning", True)

    def _build(self) -> None:
        unit, inset = theme.UNIT, MARGIN  # a gallery keeps that margin for its selection ring
        names = QHBoxLayout()
        names.addWidget(self._title, 1)
        names.addWidget(self._close)
        about = QHBoxLayout()
        about.setSpacing(unit)
        about.addWidget(self._subtitle, 1)
        about.addWidget(self.badge)
        about.addSpacing(unit // 4)
        header, footer = QVBoxLayout(), QVBoxLayout()
        for part in (header, footer):
            part.setContentsMargins(inset, 0, inset, 0)
            part.setSpacing(unit // 4)
        header.addLayout(names)
        header.addLayout(about)
        footer.addWidget(self._note)
        footer.addWidget(self._footer)
        stage = QGridLayout()  # the message shares the body's cell and lies over it
        stage.addWidget(self.body, 0, 0)
        stage.addWidget(self._message, 0, 0, Qt.AlignmentFlag.AlignCenter)
        inner = QVBoxLayout()
        inner.setContentsMargins(unit, unit // 2, unit, unit)
        inner.setSpacing(unit)
        inner.addLayout(header)
        inner.addLayout(stage, 1)
        inner.addLayout(footer)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        outer.addWidget(self._bar)
        outer.addLayout(inner, 1)

    def set_identity(self, title: str, subtitle: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae · 1.2 M parameters", and its family for the colour."""
        self._title.setText(title)
        self._subtitle.setText(subtitle)
        colour = theme.family_colour(family)
        self._bar.set_colour(colour)
        self.setAccessibleName(f"Model {title}")
        self.body.setAccessibleName(f"{self._things.capitalize()} of {title}")
        self._close.setAccessibleName(f"Close {title}")
        if hasattr(self.body, "set_colour"):
            self.body.set_colour(colour)

    def set_badge(self, standing: str, tip: str) -> None:
        """Say whether sampling is "exact", …; the tip names method and source; "" for none."""
        self.badge.set_standing(standing, tip)

    def set_note(self, text: str) -> None:
        """Warn, for example "temperature 0.7: not the model's distribution"; "" for none.

        The line keeps its place when empty, so that neighbouring columns stay aligned.
        """
        self._note.setText(text)

    def set_footer(self, text: str, tip: str = "") -> None:
        """What it cost: "3.1 ms per picture · NFE 1", and what that means."""
        self._cost = text
        self._footer.tip = tip
        self._show_footer()

    def _show_footer(self) -> None:
        self._footer.setText(self._passing or self._cost)

    def set_state(self, state: State | str, text: str = "") -> None:
        """Show how the column stands; `text` says more in at most two sentences.

        Empty, loading and failed lie over the body, which loading and failed also dim; while
        working the text takes the footer's place. Progress starts anew.
        """
        self.state = State(state)
        failed = self.state is State.FAILED
        over = self.state in (State.EMPTY, State.LOADING, State.FAILED)
        if failed or self.state is State.LOADING:
            self.body.set_stale(True)
        self._message.show_text(text if over else "", actions=failed)
        self._passing = text if self.state is State.WORKING else ""
        self._show_footer()
        self._bar.set_busy(self.state in (State.LOADING, State.WORKING))

    def set_progress(self, done: int, total: int | None) -> None:
        """How far the work is, in any unit; total None where nobody knows."""
        share = done / total if total else None
        self._bar.set_busy(self.state in (State.LOADING, State.WORKING), share)
