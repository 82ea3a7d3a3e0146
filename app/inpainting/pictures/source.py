"""The picture with the hole: held-out examples, pictures of other tabs, files and the clipboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.export import Export
from app.exchange.own_pictures import Examples, ask_file, beside, bring, look, reading, title_of
from app.recipes.packing import Mask
from app.recipes.pictures import Pixels
from app.session.session import Session
from app.work.channels import Channels
from app.work.lane import Failure
from engines.data.fitting import Fit, Foreign, fitted
from engines.data.masks import Photo
from engines.model import Card
from widgets.inpainting.row import TRUTH
from widgets.inpainting.tab import InpaintingTab
from widgets.window.messages import Messages

FIRST = 3
"""The example that a data set opens on: of the digits a 3, which half hidden might be an 8."""

ORIGINAL = "original"


class Source(QObject):
    """`changed` when the picture is another one; `found` when the examples of a set are known."""

    changed = Signal()
    found = Signal()

    def __init__(
        self, tab: InpaintingTab, session: Session, channels: Channels, export: Export,
        messages: Messages,
    ) -> None:  # fmt: skip
        super().__init__(tab)
        self.picture: Pixels | None = None
        self.photo: Photo | None = None
        """The size of the file that the picture came from, for masks of that size."""
        self.standing = TRUTH
        """What the picture is behind the hole: the truth where it is a held-out example."""
        self._tab, self._export, self._messages = tab, export, messages
        self._session = session
        self._card: Card | None = None
        self._examples: Examples | None = None
        self._place = FIRST
        self._look, self._read = (channels.open(f"in-painting: {k}") for k in ("examples", "file"))
        self._look.stepped.connect(self._take_examples)
        self._read.stepped.connect(self._take_foreign)
        self._read.failed.connect(self._refuse)
        session.examples_changed.connect(self._look_again)
        bar = tab.source
        bar.stepped.connect(self.step)
        bar.class_changed.connect(self._first_of_class)
        bar.opened.connect(self.ask)

    def show(self, card: Card) -> None:
        """Offer pictures for models like this one; those of the same data set stay."""
        if self._card is not None and self._card.data == card.data:
            self._card = card
            return
        self._card, self.picture = card, None
        self._look_again(card.data)

    @Slot(str)
    def _look_again(self, data: str) -> None:
        """The data set in view is another one, or has other examples."""
        if self._card is not None and self._card.data == data:
            self.picture, self._examples = None, None
            self._look.submit(look(data, self._session.examples.get(data)))

    def waits(self) -> bool:
        """Whether the examples are still being looked for."""
        return (
            self._examples is None or self._card is None or self._examples.data != self._card.data
        )

    def adopt(
        self, picture: Pixels, title: str, mask: Mask | None = None, *, standing: str = ORIGINAL
    ) -> None:
        """Take a picture (H, W, 3), brought to the model's shape where it has another.

        Without a `mask` (H, W) of its own the one there is stays, or is cleared, as the tab says.
        """
        if self._card is None:
            return
        self.picture, self.standing = fitted(picture, self._card.shape), standing
        self.photo = None
        if standing == ORIGINAL and (place := self._example_like(self.picture)) is not None:
            # a held-out example comes back, out of a saved draw or a file of its own
            self._place, self.standing = place, TRUTH
            title = self._title(place)
        canvas = self._tab.canvas
        canvas.set_picture(self.picture)
        if mask is not None:
            canvas.set_mask(mask)
        elif not self._tab.keep_mask.isChecked():
            canvas.set_mask(np.zeros_like(canvas.mask()))
        self._tab.source.set_title(title)
        self.changed.emit()

    # examples

    @Slot(object)
    def _take_examples(self, found: Examples) -> None:
        if self._card is None or found.data != self._card.data:
            return
        self._examples = found
        self._tab.source.set_classes(found.pictures.classes if found.pictures else ())
        if found.pictures is not None and self.picture is None:
            self._show_example(min(FIRST, len(found.pictures.levels) - 1))
        self.found.emit()

    @Slot(int)
    def step(self, by: int) -> None:
        """Show the next (1) or previous (-1) example of the class chosen, going round."""
        if places := self._places():
            self._show_example(beside(places, self._place, by))

    @Slot()
    def _first_of_class(self) -> None:
        if places := self._places():
            self._show_example(places[0])

    def _places(self) -> list[int]:
        found = self._examples
        return found.places(self._tab.source.chosen_class()) if found else []

    def _show_example(self, place: int) -> None:
        if self._examples is None or self._examples.pictures is None or self._card is None:
            return
        self._place = place
        self.adopt(self._examples.pictures.levels[place], self._title(place), standing=TRUTH)

    def _title(self, place: int) -> str:
        assert self._examples is not None
        assert self._examples.pictures is not None
        return title_of(self._examples.pictures, place)

    def _example_like(self, picture: Pixels) -> int | None:
        """Which example this very picture is."""
        found = self._examples
        if found is None or found.pictures is None or self._card is None:
            return None
        for place, levels in enumerate(found.pictures.levels):
            if np.array_equal(fitted(levels, self._card.shape), picture):
                return place
        return None

    # pictures of one's own

    @Slot()
    def ask(self) -> None:
        """Let a person choose a file."""
        if (path := ask_file(self._tab, self._export.folder)) is not None:
            self.open(path)

    def open(self, source: Path | bytes) -> None:
        """Read a picture file, or what was pasted; a person sees what becomes of it."""
        self._read.submit(reading(source))

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._messages.tell(failure.sentence)

    @Slot(object)
    def _take_foreign(self, foreign: Foreign) -> None:
        card = self._card
        if card is None or not self._tab.names():
            self._messages.tell("Choose a data set of pictures first.")
        else:

            def take(picture: Pixels, how: Fit) -> None:
                self.adopt(picture, foreign.name)
                self.photo = Photo(foreign.size, how)

            bring(foreign, card, self._tab, self._messages, take)
