"""The picture that the density tab looks at: a held-out example, one from elsewhere, or a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.export import Export
from app.exchange.own_pictures import Examples, ask_file, beside, bring, look, reading, title_of
from app.recipes.pictures import Pixels
from app.session.session import Session
from app.work.channels import Channels
from app.work.lane import Failure
from engines.data.fitting import Foreign, fitted
from engines.model import Card
from widgets.density.picture_pages import PicturePages
from widgets.window.messages import Messages

FIRST = 3


class PictureSource(QObject):
    """`changed` when the picture is another one."""

    changed = Signal()

    def __init__(
        self, view: PicturePages, session: Session, channels: Channels, export: Export,
        messages: Messages,
    ) -> None:  # fmt: skip
        super().__init__(view)
        self.picture: Pixels | None = None
        self.title = ""
        self._corners: tuple[Pixels, ...] = ()
        self.examples: Examples | None = None
        self._view, self._export, self._messages = view, export, messages
        self._session = session
        self._card: Card | None = None
        self._place = FIRST
        self._look, self._read = (channels.open(f"density: {k}") for k in ("examples", "file"))
        self._look.stepped.connect(self._take)
        self._read.stepped.connect(self._take_foreign)
        self._read.failed.connect(self._refuse)
        session.examples_changed.connect(self._look_again)
        view.source.stepped.connect(self.step)
        view.source.class_changed.connect(self._first_of_class)
        view.source.opened.connect(self._ask)

    def show(self, card: Card) -> None:
        """Offer pictures for models like this one."""
        other = self._card is None or self._card.data != card.data
        self._card = card
        if other:
            self._look_again(card.data)

    @Slot(str)
    def _look_again(self, data: str) -> None:
        """The data set in view is another one, or has other examples."""
        if self._card is not None and self._card.data == data:
            self.picture, self.examples, self._corners = None, None, ()
            self._look.submit(look(data, self._session.examples.get(data)))

    def adopt(self, picture: Pixels, title: str) -> None:
        """Look at this picture, brought to the shape of the models."""
        self.span((picture,), title)

    def span(self, pictures: tuple[Pixels, ...], title: str) -> None:
        """Look at the first of these; two more are the other corners of its plane."""
        if self._card is None:
            return
        shape = self._card.shape
        self.picture, *others = (fitted(picture, shape) for picture in pictures)
        self.title, self._corners = title, tuple(others)
        self._view.box.set_picture(self.picture)
        self._view.source.set_title(title)
        self.changed.emit()

    def open(self, source: Path | bytes) -> None:
        """Read a picture file, or what was pasted."""
        self._read.submit(reading(source))

    def three(self) -> list[Pixels]:
        """The picture, and two examples after it, of other classes if any: corners of a plane."""
        if self.picture is not None and len(self._corners) == 2:
            return [self.picture, *self._corners]
        found = self.examples.pictures if self.examples else None
        if self.picture is None or found is None:
            return []
        chosen, seen = [self.picture], {found.labels[self._place]}
        for place in range(self._place + 1, self._place + len(found.labels)):
            at = place % len(found.labels)
            if found.labels[at] not in seen or not found.classes:
                seen.add(found.labels[at])
                chosen.append(found.levels[at])
            if len(chosen) == 3:
                break
        return chosen

    @Slot(object)
    def _take(self, found: Examples) -> None:
        if self._card is None or found.data != self._card.data:
            return
        self.examples = found
        self._view.source.set_classes(found.pictures.classes if found.pictures else ())
        if found.pictures is not None and self.picture is None:
            self._show(min(FIRST, len(found.pictures.levels) - 1))
        else:
            self.changed.emit()  # a picture from elsewhere now has examples beside it

    @Slot(int)
    def step(self, by: int) -> None:
        """The next (1) or previous (-1) example of the class chosen, going round."""
        if places := self._places():
            self._show(beside(places, self._place, by))

    @Slot()
    def _first_of_class(self) -> None:
        if places := self._places():
            self._show(places[0])

    def _places(self) -> list[int]:
        found = self.examples
        return found.places(self._view.source.chosen_class()) if found else []

    def _show(self, place: int) -> None:
        if self.examples is None or self.examples.pictures is None:
            return
        self._place, shown = place, self.examples.pictures
        self.adopt(shown.levels[place], title_of(shown, place))

    @Slot()
    def _ask(self) -> None:
        if (path := ask_file(self._view, self._export.folder)) is not None:
            self.open(path)

    @Slot(object)
    def _take_foreign(self, foreign: Foreign) -> None:
        """A picture of another size is not scaled in silence: a person sees how."""
        if self._card is not None:
            bring(
                foreign, self._card, self._view, self._messages,
                lambda x, _: self.adopt(x, foreign.name),
            )  # fmt: skip

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._messages.tell(failure.sentence)
