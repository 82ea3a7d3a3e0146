"""The picture with the hole: held-out examples, pictures of other tabs, files and the clipboard."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.kinds.view import Mask
from app.recipes.pictures import Pixels
from app.tab.example_bar import ExampleBar
from app.tab.parts import Parts
from engines.data.fitting import fitted
from engines.data.masks import Photo
from engines.model import Card
from widgets.inpainting.picture_desk import PictureDesk
from widgets.inpainting.row import TRUTH
from widgets.mask.history import Beside

ORIGINAL = "original"
_State: TypeAlias = tuple[str, Pixels, str, str, Photo | None, int]
"""The data set, the picture, its title, its standing, the file it came from, its example."""


class Source(QObject):
    """`changed` when the picture is another one; `found` when the examples of a set are known."""

    changed = Signal()
    found = Signal()

    def __init__(self, desk: PictureDesk, parts: Parts, window: QWidget) -> None:
        super().__init__(desk)
        self.picture: Pixels | None = None
        self.photo: Photo | None = None
        """The size of the file that the picture came from, for masks of that size."""
        self.standing = TRUTH
        """What the picture is behind the hole: the truth where it is a held-out example."""
        self._desk = desk
        self.bar = ExampleBar(desk.source, "in-painting", parts, window)
        self.bar.lost.connect(self._lose)
        self.bar.found.connect(self._take_examples)
        self.bar.chosen.connect(self._show_example)
        self.bar.brought.connect(self._take_own)

    def show(self, card: Card) -> None:
        """Offer pictures for models like this one; those of the same data set stay."""
        self.bar.show(card)

    @Slot()
    def _lose(self) -> None:
        self.picture = None

    def accept(self, picture: Pixels, title: str) -> None:
        """As `adopt`, for a sample of the hole: undo of the mask brings back what was there."""
        if (before := self._state()) is not None:
            beside = Beside(lambda: self._put(before), lambda: self._put(after))
            self.adopt(picture, title, beside=beside)
            after = self._state() or before

    def _state(self) -> _State | None:
        card, title = self.bar.card, self._desk.source.title()
        if card is None or self.picture is None:
            return None
        return card.data, self.picture, title, self.standing, self.photo, self.bar.place

    def _put(self, state: _State) -> None:
        data, self.picture, title, self.standing, self.photo, place = state
        if self.bar.card is not None and self.bar.card.data == data:
            self.bar.place = place
        else:
            self.standing = ORIGINAL
        self._desk.canvas.set_picture(self.picture)
        self._desk.source.set_title(title)
        self.changed.emit()

    def adopt(
        self,
        picture: Pixels,
        title: str,
        mask: Mask | None = None,
        *,
        standing: str = ORIGINAL,
        beside: Beside | None = None,
    ) -> None:
        """Take a picture (H, W, 3), brought to the model's shape where it has another.

        Without a `mask` (H, W) of its own the one there is stays, or is cleared, as the tab says.
        """
        if self.bar.card is None:
            return
        self.picture, self.standing = fitted(picture, self.bar.card.shape), standing
        self.photo = None
        if standing == ORIGINAL and (place := self.bar.like(self.picture)) is not None:
            # a held-out example comes back, out of a saved draw or a file of its own
            self.bar.place, self.standing = place, TRUTH
            title = self.bar.title(place)
        canvas = self._desk.canvas
        canvas.set_picture(self.picture)
        if mask is None:
            keep, old = self._desk.keep_mask.isChecked(), canvas.mask()
            mask = old if keep else np.zeros_like(old)
        canvas.set_mask(mask, beside)
        self._desk.source.set_title(title)
        self.changed.emit()

    @Slot()
    def _take_examples(self) -> None:
        if self.picture is None and (place := self.bar.first()) is not None:
            self._show_example(place)
        elif self._is_example():  # it was recalled before the examples were there
            assert self.picture is not None
            self.adopt(self.picture, "", self._desk.canvas.mask())
        self.found.emit()

    def _is_example(self) -> bool:
        """Whether a picture from elsewhere is an example."""
        other = self.picture if self.standing == ORIGINAL else None
        return other is not None and self.bar.like(other) is not None

    @Slot(int)
    def _show_example(self, place: int) -> None:
        self.bar.place = place
        self.adopt(self.bar.picture(place), self.bar.title(place), standing=TRUTH)

    @Slot(object, str, object)
    def _take_own(self, picture: Pixels, name: str, photo: Photo | None) -> None:
        self.adopt(picture, name)
        self.photo = photo
