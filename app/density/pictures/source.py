"""The picture that the density tab looks at: a held-out example, one from elsewhere, or a file."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.recipes.pictures import Pixels
from app.tab.example_bar import ExampleBar
from app.tab.parts import Parts
from engines.data.fitting import fitted
from engines.model import Card
from widgets.density.picture_pages import PicturePages


class PictureSource(QObject):
    """`changed` when the picture is another one."""

    changed = Signal()

    def __init__(self, view: PicturePages, parts: Parts) -> None:
        super().__init__(view)
        self.picture: Pixels | None = None
        self.title = ""
        self._corners: tuple[Pixels, ...] = ()
        self._view = view
        self.bar = ExampleBar(view.source, "density", parts, view)
        self.bar.lost.connect(self._lose)
        self.bar.found.connect(self._take)
        self.bar.chosen.connect(self._show)
        self.bar.brought.connect(self.adopt)

    def show(self, card: Card) -> None:
        """Offer pictures for models like this one."""
        self.bar.show(card)

    @Slot()
    def _lose(self) -> None:
        self.picture, self._corners = None, ()

    @Slot(object, str, object)
    def adopt(self, picture: Pixels, title: str, _: object = None) -> None:
        """Look at this picture, brought to the shape of the models."""
        self.span((picture,), title)

    def span(self, pictures: tuple[Pixels, ...], title: str) -> None:
        """Look at the first of these; two more are the other corners of its plane."""
        if self.bar.card is None:
            return
        shape = self.bar.card.shape
        self.picture, *others = (fitted(picture, shape) for picture in pictures)
        self.title, self._corners = title, tuple(others)
        self._view.box.set_picture(self.picture)
        self._view.source.set_title(title)
        self.changed.emit()

    def three(self) -> list[Pixels]:
        """The picture, and two examples after it, of other classes if any: corners of a plane."""
        if self.picture is not None and len(self._corners) == 2:
            return [self.picture, *self._corners]
        found = self.bar.examples.pictures if self.bar.examples else None
        if self.picture is None or found is None:
            return []
        here = self.bar.place
        chosen, seen = [self.picture], {found.labels[here]}
        for place in range(here + 1, here + len(found.labels)):
            at = place % len(found.labels)
            if found.labels[at] not in seen or not found.classes:
                seen.add(found.labels[at])
                chosen.append(found.levels[at])
            if len(chosen) == 3:
                break
        return chosen

    @Slot()
    def _take(self) -> None:
        if self.picture is None and (place := self.bar.first()) is not None:
            self._show(place)
        else:
            self.changed.emit()  # a picture from elsewhere now has examples beside it

    @Slot(int)
    def _show(self, place: int) -> None:
        self.bar.place = place
        self.adopt(self.bar.picture(place), self.bar.title(place))
