"""One model's column: who it is, what it made, what that cost, and what went wrong."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.look import lay, theme
from widgets.look.labels import Badge, ElidedLabel, small_print
from widgets.look.model_card import ModelCard
from widgets.look.state import State
from widgets.look.tiling import MARGIN
from widgets.pictures.gallery import Gallery
from widgets.sampling.body import MakeBody

LEAST = 136
"""The least width of a column: its badge, and pictures in rows of three."""


class Column(ModelCard):
    """A card with a header, a body that shows examples, a note and a footer.

    `make` makes the body, see widgets.sampling.body; `things` says what it shows.
    """

    def __init__(
        self, make: MakeBody = Gallery, parent: QWidget | None = None, *, things: str = "pictures"
    ) -> None:
        super().__init__(parent)
        self._things = things
        self.body = make(self)
        self._furnish(Badge(self, about="sampler"), "Close this column.")
        self._subtitle, self._footer = ElidedLabel(self), ElidedLabel(self)
        self._subtitle.tip = "Name of the model, and how many numbers its network has."
        small_print(self._subtitle, self._footer)
        self._cost = self._passing = ""
        # columns are of one width, and so what they show is of one scale, whatever is written
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(theme.px(LEAST))
        self._build()
        self.set_state(State.EMPTY)

    def _build(self) -> None:
        unit, inset = theme.UNIT, MARGIN  # a gallery keeps that margin for its selection ring
        names = lay.across((self._title, 1), self._close, spacing=None)
        about = lay.across((self._subtitle, 1), self.badge)
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
        inner = lay.down(header, (stage, 1), footer, margins=(unit, unit // 2, unit, unit))
        self._frame(inner)

    def least(self) -> int:
        """The width in which its name can be read."""
        beside = self._close.sizeHint().width() + 5 * theme.UNIT
        return max(theme.px(LEAST), self._title.sizeHint().width() + beside)

    def set_identity(self, title: str, subtitle: str, family: str) -> None:
        """Name the model: "VAE", "mnist/vae · 1.2 M parameters", and its family for the colour."""
        self.name_model(title, family)
        self._subtitle.setText(subtitle)
        self.setAccessibleName(f"Model {title}")
        self.body.setAccessibleName(f"{self._things.capitalize()} of {title}")
        if hasattr(self.body, "set_colour"):
            self.body.set_colour(theme.family_colour(family))

    def set_stale(self, stale: bool) -> None:
        self.body.set_stale(stale)

    def set_footer(self, text: str, tip: str = "") -> None:
        """What it cost: "3.1 ms per picture · NFE 1", and what that means."""
        self._cost = text
        self._footer.tip = tip
        self._show_footer()

    def _show_footer(self) -> None:
        self._footer.setText(self._passing or self._cost)

    def set_state(self, state: State | str, text: str = "") -> None:
        """While working the text, of at most two sentences, takes the footer's place."""
        super().set_state(state, text)
        self._passing = text if self.state is State.WORKING else ""
        self._show_footer()
