"""The end points of a path: held-out examples, draws of a model, files, pictures of other tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from app.exchange.own_pictures import beside
from app.interpolation.paths import Key, Origin, Paths
from app.kinds import view_of
from app.models.titles import family_title
from app.recipes.pictures import Pixels, Values
from app.tab.parts import Parts
from app.tasks.encoding import End, draw_end
from app.tasks.walking import Walks
from app.tasks.walking_recipe import Plan, Sample, Samples
from app.work.lane import Failure
from engines.model import Card, Prompt
from widgets.interpolation.tab import InterpolationTab
from widgets.pictures.keyframes import MOST, letter
from widgets.window.messages import Cause


class Keys(QObject):
    """`changed` when an end point is another one, `searched` when examples were looked for, be
    there any or not. What an example is, the paths of its kind know.
    """

    changed = Signal()
    searched = Signal()

    def __init__(self, tab: InterpolationTab, parts: Parts) -> None:
        super().__init__(tab)
        self.keys: list[Key] = []
        self._tab, self._messages = tab, parts.messages
        self._models = parts.session.open
        self._card: Card | None = None
        self._paths: Paths | None = None
        self._places: dict[int, int] = {}
        self._drawn_by: tuple[Card, Prompt]
        self._draw = parts.channels.open("interpolation: draw")
        self._draw.done.connect(self._take_draw)
        self._draw.failed.connect(self._refuse)
        tab.source.stepped.connect(self.step)
        tab.source.class_changed.connect(self._first_of_class)
        tab.keys.chosen.connect(self._say)
        tab.keys.added.connect(self.append)
        tab.keys.removed.connect(self.remove)

    # what there is

    def show(self, card: Card, paths: Paths) -> None:
        """Offer end points for models like this one; those of the same data set stay."""
        self._card = card
        if paths is not self._paths:
            if self._paths is not None:
                self._paths.leave()
                for signal, slot in self._joints(self._paths):
                    signal.disconnect(slot)
            self._paths = paths
            for signal, slot in self._joints(paths):
                signal.connect(slot)
        paths.show(card)

    def _joints(self, paths: Paths) -> tuple[tuple[SignalInstance, Callable[..., None]], ...]:
        return (
            (paths.lost, self._lose),
            (paths.found, self._take_examples),
            (paths.brought, self.put),
        )

    @Slot()
    def _lose(self) -> None:
        """The data set in view is another one, or has other examples."""
        self.keys, self._places = [], {}

    def values(self) -> Values:
        """All end points (m, …)."""
        return np.stack([key.value for key in self.keys])

    def samples(self, card: Card, prompt: Prompt) -> Samples:
        """Which end points this model drew under this text."""
        origins = [key.origin for key in self.keys]
        return tuple(
            each.sample
            if each is not None and each.sha256 == card.sha256 and each.prompt == prompt
            else None
            for each in origins
        )

    def set_keys(self, keys: list[Key]) -> None:
        """Take these end points in place of all."""
        self.keys, self._places = list(keys), {}
        self._name_examples()
        self._tell()

    def restore(self, card: Card, paths: Paths, plan: Plan) -> None:
        """Take the end points of a saved path in place of all."""
        self.set_keys(
            [
                replace(
                    paths.key_of(np.asarray(value), _saved(k)),
                    origin=Origin(card.sha256, sample, plan.prompt) if sample else None,
                )
                for k, (value, sample) in enumerate(zip_longest(plan.keys, plan.samples))
            ]
        )

    def _name_examples(self) -> None:
        """End points of a saved path that are examples are called so, and stepped on from there."""
        if self._paths is None or not self.keys:
            return
        for k, key in enumerate(self.keys):
            if key.title == _saved(k) and (place := self._paths.like(key.value)) is not None:
                self.keys[k] = replace(key, title=self._paths.key(place).title)
                self._places[k] = place
        self._tab.keys.set_keys(self._icons(), tuple(key.title for key in self.keys))
        self._say(self._tab.keys.current())

    @Slot(object)
    def put(self, key: Key, place: int | None = None) -> None:
        """Make this the end point chosen, or that at a place."""
        if not self.keys:  # of a data set without examples: it begins and ends here for now
            self.set_keys([key, key])
        else:
            place = self._tab.keys.current() if place is None else place
            self.keys[place] = key
            self._places.pop(place, None)
            self._tell()

    @Slot()
    def append(self) -> None:
        """Put one more example at the end of the path."""
        if self.keys and len(self.keys) < MOST:
            self.keys.append(self.keys[0])
            self._tab.keys.set_keys(self._icons(), tuple(key.title for key in self.keys))
            self._tab.keys.set_current(len(self.keys) - 1)
            self.step(1)

    @Slot()
    def remove(self) -> None:
        """Take the chosen end point out of the path."""
        if len(self.keys) > 2:
            del self.keys[self._tab.keys.current()]
            self._places = {}
            self._tell()

    def _tell(self) -> None:
        self._tab.keys.set_keys(self._icons(), tuple(key.title for key in self.keys))
        self._say(self._tab.keys.current())
        self.changed.emit()

    def _icons(self) -> tuple[Pixels | None, ...]:
        if self._card is None:
            return (None,) * len(self.keys)
        view = view_of(self._card)
        return tuple(view.picture(key.value) for key in self.keys)

    @Slot(int)
    def _say(self, place: int) -> None:
        if place < len(self.keys):
            self._tab.source.set_title(self.keys[place].title)

    # examples

    @Slot()
    def _take_examples(self) -> None:
        if self._paths is not None and not self.keys:
            if first := self._paths.first():
                self.set_keys([self._paths.key(place) for place in first])
                self._places = dict(enumerate(first))
            elif start := self._paths.start():
                self.set_keys(list(start))
        self._name_examples()
        self.searched.emit()

    def missing(self) -> str:
        """Why there are no end points, "" where there are."""
        return self._paths.missing() if self._paths is not None and not self.keys else ""

    @Slot(int)
    def step(self, by: int) -> None:
        """Make the next (1) or previous (-1) example of the class chosen the end point."""
        here = self._tab.keys.current()
        places = self._of_class()
        if not places or not self.keys:
            return
        now = self._places.get(here, -1 if by > 0 else 0)
        self._go(beside(places, now, by))

    @Slot()
    def _first_of_class(self) -> None:
        if (places := self._of_class()) and self.keys:
            self._go(places[0])

    def _go(self, place: int) -> None:
        assert self._paths is not None
        here = self._tab.keys.current()
        self.put(self._paths.key(place), here)
        self._places[here] = place

    def _of_class(self) -> list[int]:
        return self._paths.places() if self._paths is not None else []

    # draws

    def draw(self, card: Card, sample: Sample, prompt: Prompt) -> None:
        """Make a sample of a model the end point chosen."""
        self._drawn_by = card, prompt
        self._draw.submit(draw_end(Walks(self._models, prompt), card, sample))

    @Slot(object)
    def _take_draw(self, end: End) -> None:
        self._messages.settle(Cause.OPENING)
        card, prompt = self._drawn_by
        sample, origin = end.sample, Origin(card.sha256, end.sample, prompt)
        title = f"{family_title(card)}, seed {sample.seed}, picture {sample.index}"
        self.adopt(end.value, title, None if end.why else origin)

    def adopt(self, value: Values, title: str, origin: Origin | None = None) -> None:
        """Take an example as the end point chosen."""
        if self._paths is not None:
            self.put(replace(self._paths.key_of(value, title), origin=origin))

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._messages.tell(failure.sentence, about=Cause.OPENING)

    # pictures from elsewhere

    def receive(self, picture: Pixels, title: str) -> None:
        """Take a picture (H, W, 3) of another tab, where the kind has a use for it."""
        key = self._paths.received(picture, title) if self._paths is not None else None
        if key is not None:
            self.put(key)

    def open(self, source: Path | bytes) -> bool:
        """Read a picture file, or what was pasted; False where the kind has no use for it."""
        return self._paths is not None and self._paths.open(source)


def _saved(place: int) -> str:
    """What an end point is called of which only its pixels are known."""
    return f"End point {letter(place)} of a saved path"
