"""The bar that a picture comes from, in every tab: held-out examples, files and the clipboard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.exchange.own_pictures import Examples, ask_file, beside, bring, look, reading, title_of
from app.recipes.pictures import Pixels
from app.tab.parts import Parts
from app.work.lane import Failure
from engines.data.fitting import Fit, Foreign, fitted
from engines.data.masks import Photo
from engines.model import Card
from widgets.controls.source_bar import SourceBar
from widgets.window.messages import Cause

FIRST = 3
"""The example that a data set opens on: of the digits a 3, which half hidden might be an 8."""
NO_EXAMPLES = "This data set has no examples. Open, drop or paste a picture."
LOOKING = "Loading example pictures…"
_NO_PICTURES = "Choose a data set of pictures first."


class ExampleBar(QObject):
    """`lost` when other examples are looked for, `found` when they were, be there any or not.

    `chosen(place)` follows the arrows and the menu of classes, if the bar `steps`;
    `brought(picture, name, photo)` is one of a file, in the shape of the models.
    """

    lost = Signal()
    found = Signal()
    chosen = Signal(int)
    brought = Signal(object, str, object)

    def __init__(
        self, bar: SourceBar, who: str, parts: Parts, window: QWidget, *, steps: bool = True
    ) -> None:
        """`who` names the channels; dialogs open over `window`."""
        super().__init__(window)
        self.card: Card | None = None
        self.examples: Examples | None = None
        self.place = FIRST
        self._bar, self._window, self._parts = bar, window, parts
        self._look, self._read = (parts.channels.open(f"{who}: {k}") for k in ("examples", "file"))
        self._look.stepped.connect(self._take)
        self._read.stepped.connect(self._take_foreign)
        self._read.failed.connect(self._refuse)
        parts.session.examples_changed.connect(self._look_again)
        bar.opened.connect(self.ask)
        if steps:
            bar.stepped.connect(self.step)
            bar.class_changed.connect(self._first_of_class)

    def show(self, card: Card) -> None:
        """Offer pictures for models like this one; those of the same data set stay."""
        other = self.card is None or self.card.data != card.data
        self.card = card
        if other:
            self._look_again(card.data)

    @Slot(str)
    def _look_again(self, data: str) -> None:
        """The data set in view is another one, or has other examples."""
        if self.card is not None and self.card.data == data:
            self.examples = None
            self.lost.emit()
            self._look.submit(look(data, self._parts.session.examples.get(data)))

    @Slot(object)
    def _take(self, found: Examples) -> None:
        if self.card is None or found.data != self.card.data:
            return
        self.examples = found
        self._bar.set_classes(found.pictures.classes if found.pictures else ())
        self.found.emit()

    # what there is

    def waits(self) -> bool:
        """Whether the examples are still being looked for."""
        return self.examples is None

    def missing(self) -> str:
        """Why there is nothing to show yet, where no picture came from elsewhere."""
        return LOOKING if self.examples is None else NO_EXAMPLES

    def places(self) -> list[int]:
        """Where the examples of the class chosen stand."""
        return self.examples.places(self._bar.chosen_class()) if self.examples else []

    def first(self, wanted: int = FIRST) -> int | None:
        """The example to begin with: the one wanted, or the last; None where there are none."""
        shown = self.examples.pictures if self.examples else None
        return min(wanted, len(shown.levels) - 1) if shown is not None else None

    def picture(self, place: int) -> Pixels:
        """An example in the shape of the models."""
        assert self.card is not None
        assert self.examples is not None
        assert self.examples.pictures is not None
        return fitted(self.examples.pictures.levels[place], self.card.shape)

    def title(self, place: int) -> str:
        """An example in words."""
        assert self.examples is not None
        assert self.examples.pictures is not None
        return title_of(self.examples.pictures, place)

    def like(self, picture: Pixels) -> int | None:
        """Which example this very picture is."""
        shown = self.examples.pictures if self.examples else None
        for place in range(len(shown.levels) if shown is not None else 0):
            if np.array_equal(self.picture(place), picture):
                return place
        return None

    # the hand

    @Slot(int)
    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) example of the class chosen, going round."""
        if places := self.places():
            self._go(beside(places, self.place, by))

    @Slot()
    def _first_of_class(self) -> None:
        if places := self.places():
            self._go(places[0])

    def _go(self, place: int) -> None:
        self.place = place
        self.chosen.emit(place)

    # pictures of one's own

    @Slot()
    def ask(self) -> None:
        """Let a person choose a file."""
        if (path := ask_file(self._window, self._parts.export.folder)) is not None:
            self.open(path)

    def open(self, source: Path | bytes) -> None:
        """Read a picture file, or what was pasted; a person sees what becomes of it."""
        self._read.submit(reading(source))

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._parts.messages.settle(Cause.OPENING)
        self._parts.messages.tell(failure.sentence, about=Cause.OPENING)

    @Slot(object)
    def _take_foreign(self, foreign: Foreign) -> None:
        self._parts.messages.settle(Cause.OPENING)
        if self.card is None or not self._parts.session.models:
            self._parts.messages.tell(_NO_PICTURES, about=Cause.OPENING)
            return

        def take(picture: Pixels, how: Fit | None) -> None:
            photo = None if how is None else Photo(foreign.size, how)
            self.brought.emit(picture, foreign.name, photo)

        bring(foreign, self.card, self._window, self._parts.messages, take)
