"""A card of one model: its colour, its name, how it stands, and what lies over it when it fails."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLayout

from widgets.look import lay, theme
from widgets.look.family_bar import FamilyBar
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.look.labels import Badge, ElidedLabel
from widgets.look.notice import Notice
from widgets.look.state import State
from widgets.look.working import Working


class ModelCard(QFrame):
    """`close_wanted`, `details_wanted`, `retry_wanted` and `stop_wanted` follow the buttons.

    A subclass makes what the keyboard reaches first, then calls `_furnish`, then lays out what
    it has with `_frame`.
    """

    close_wanted = Signal()
    details_wanted = Signal()
    retry_wanted = Signal()
    stop_wanted = Signal()

    def _furnish(self, badge: Badge, closes: str) -> None:
        """Make what every card has; `closes` says what the cross does."""
        self.state = State.EMPTY
        self.badge = badge
        self._bar = FamilyBar(self)
        self._title, self._note = ElidedLabel(self), ElidedLabel(self)
        self._close = GlyphButton(Glyph.CROSS, "Close", closes, self)
        self._message = Notice(self)
        self.working = Working(self)
        self._stoppable = False
        self.setProperty("card", True)
        self._title.setFont(theme.title_font(self.font()))
        self._note.setFont(theme.small_font(self.font()))
        self._note.setProperty("warning", True)
        badge.hide()
        self._close.clicked.connect(self.close_wanted)
        self._message.details.clicked.connect(self.details_wanted)
        self._message.retry.clicked.connect(self.retry_wanted)
        self.working.stop_wanted.connect(self.stop_wanted)

    def _frame(self, inner: QLayout) -> None:
        """The bar on top, and `inner` below it."""
        framed(self, self._bar, inner)

    def name_model(self, title: str, family: str) -> None:
        """Say whose card it is: "VAE", and its family for the colour."""
        self._title.setText(title)
        self._bar.set_colour(theme.family_colour(family))
        self._close.setAccessibleName(f"Close {title}")
        self.badge.set_whose(title)
        self._message.name_model(title)
        self.working.name_work(title)

    def title(self) -> str:
        return self._title.text()

    def set_badge(self, standing: str, tip: str) -> None:
        """Say "exact", "heuristic", …; the tip names method and source; "" for none."""
        self.badge.set_standing(standing, tip)

    def set_note(self, text: str) -> None:
        """Warn, such as "temperature 0.7: not the model's distribution"; "" for none.

        The line keeps its place when empty, so that neighbours stay aligned.
        """
        self._note.setText(text)

    def note(self) -> str:
        return self._note.text()

    def set_stale(self, stale: bool) -> None:
        """Dim what is shown: it answers an earlier question."""

    def set_state(self, state: State | str, text: str = "") -> None:
        """Show how the model stands; `text` lies over it when empty, loading or failed.

        Loading and failed dim what is shown, which stays in view. Progress starts anew.
        """
        self.state = State(state)
        if self.state in (State.LOADING, State.FAILED):
            self.set_stale(True)
        over = self.state in (State.EMPTY, State.LOADING, State.FAILED)
        self._message.show_text(text if over else "", actions=self.state is State.FAILED)
        self._show_work(None)

    def set_stoppable(self) -> None:
        """From now on somebody hears `stop_wanted`: offer it while the model works."""
        self._stoppable = True

    def set_progress(self, share: float | None) -> None:
        """How much of the work is done, 0 … 1; None where nobody knows."""
        self._show_work(share)

    def _show_work(self, share: float | None) -> None:
        busy = self._busy()
        self._bar.set_busy(busy, share)
        self.working.show_work(busy and self._stoppable, share)

    def _busy(self) -> bool:
        return self.state in (State.LOADING, State.WORKING)


def framed(card: QFrame, bar: FamilyBar, inner: QLayout) -> None:
    """Lay out a card: the bar along its top, and `inner` below."""
    lay.down(bar, (inner, 1), on=card, margins=1, spacing=0)
