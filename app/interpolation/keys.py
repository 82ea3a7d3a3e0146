"""The end points of a path: held-out examples, draws of a model, files, pictures of other tabs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.export import Export
from app.exchange.own_pictures import Examples, ask_file, beside, bring, look, reading, title_of
from app.models.titles import family_title
from app.recipes.pictures import Pixels, Points, Values
from app.session.session import Session
from app.tasks.sampling import Backdrop, backdrop, draw
from app.tasks.sampling import Frame as Drawn
from app.work.channels import Channels
from app.work.lane import Failure
from engines.data.fitting import Foreign, fitted
from engines.model import Card, Prompt, SampleRequest
from widgets.interpolation.tab import InterpolationTab
from widgets.pictures.keyframes import MOST
from widgets.window.messages import Messages

FIRST = (3, 8)
"""Of the digits a 3 and an 8: near each other, and yet a valley between them."""

UNKNOWN_ENDS = ((-1.0, 0.0), (1.0, 0.0))
"""Where a path begins and ends where there is no data to take it from."""


@dataclass(frozen=True, eq=False)
class Key:
    """An end point: a picture uint8 (H, W, 3) or a point float32 (2,), and what it is."""

    value: npt.NDArray[np.uint8] | npt.NDArray[np.float32]
    title: str


class Keys(QObject):
    """`changed` when an end point is another one; `found` when the examples of a set are known."""

    changed = Signal()
    searched = Signal()
    """The examples were looked for, and found or not."""
    found = Signal()

    def __init__(
        self, tab: InterpolationTab, session: Session, channels: Channels, export: Export,
        messages: Messages,
    ) -> None:  # fmt: skip
        super().__init__(tab)
        self.keys: list[Key] = []
        self.backdrop: Backdrop | None = None
        self._tab, self._export, self._messages = tab, export, messages
        self._session, self._models = session, session.open
        self._card: Card | None = None
        self._examples: Examples | None = None
        self._places: dict[int, int] = {}
        self._sampled = ""
        self._look, self._read, self._draw = (
            channels.open(f"interpolation: {k}") for k in ("examples", "file", "draw")
        )
        self._look.stepped.connect(self._take_examples)
        self._read.stepped.connect(self._take_foreign)
        self._read.failed.connect(self._refuse)
        self._draw.done.connect(self._take_draw)
        self._draw.failed.connect(self._refuse)
        session.examples_changed.connect(self._look_again)
        tab.source.stepped.connect(self.step)
        tab.source.class_changed.connect(self._first_of_class)
        tab.source.opened.connect(self.ask)
        tab.keys.chosen.connect(self._say)
        tab.keys.added.connect(self.append)
        tab.keys.removed.connect(self.remove)

    # what there is

    def show(self, card: Card) -> None:
        """Offer end points for models like this one; those of the same data set stay."""
        if self._card is not None and self._card.data == card.data:
            self._card = card
            return
        self._card = card
        self._look_again(card.data)

    @Slot(str)
    def _look_again(self, data: str) -> None:
        """The data set in view is another one, or has other examples."""
        if self._card is None or self._card.data != data:
            return
        self.keys, self._places = [], {}
        own = self._session.examples.get(data)
        self._look.submit(look(data, own) if self._card.is_picture else backdrop(data))

    def values(self) -> Values:
        """All end points (m, …)."""
        return np.stack([key.value for key in self.keys])

    def set_keys(self, keys: list[Key]) -> None:
        """Take these end points in place of all."""
        self.keys, self._places = list(keys), {}
        self._tell()

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
        pictures = self._card is not None and self._card.is_picture
        return tuple(np.asarray(k.value, np.uint8) if pictures else None for k in self.keys)

    @Slot(int)
    def _say(self, place: int) -> None:
        if place < len(self.keys):
            self._tab.source.set_title(self.keys[place].title)

    # examples

    @Slot(object)
    def _take_examples(self, found: Examples | Backdrop) -> None:
        if self._card is None or found.data != self._card.data:
            return
        if isinstance(found, Backdrop):
            self.backdrop = found
            self._tab.source.set_classes(("any",))
            if not self.keys and not len(found.points):  # nobody here knows the data
                self.set_keys([point(np.array(at, np.float32)) for at in UNKNOWN_ENDS])
            elif not self.keys:
                # the point farthest away, so that there is something between
                far = np.linalg.norm(found.points - found.points[0], axis=1).argmax()
                self.set_keys([self._point(0), self._point(int(far))])
        else:
            self._examples = found
            self._tab.source.set_classes(found.pictures.classes if found.pictures else ())
            if found.pictures is not None and not self.keys:
                first = [self._example(place) for place in self._first()]
                self.keys = first
                self._places = dict(enumerate(self._first()))
                self._tell()
        self.searched.emit()

    def are_missing(self) -> bool:
        """Whether the data set turned out to have no examples to start from."""
        found, card = self._examples, self._card
        if found is None or card is None or found.data != card.data:
            return False
        return found.pictures is None

    def _first(self) -> tuple[int, ...]:
        assert self._examples is not None
        assert self._examples.pictures is not None
        count = len(self._examples.pictures.levels)
        return tuple(min(place, count - 1) for place in FIRST)

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
        here = self._tab.keys.current()
        picture = self._card is not None and self._card.is_picture
        self.put(self._example(place) if picture else self._point(place), here)
        self._places[here] = place

    def _of_class(self) -> list[int]:
        if self._card is not None and not self._card.is_picture:
            return list(range(len(self.backdrop.points))) if self.backdrop else []
        found = self._examples
        return found.places(self._tab.source.chosen_class()) if found else []

    def _example(self, place: int) -> Key:
        assert self._examples is not None
        shown = self._examples.pictures
        assert shown is not None
        assert self._card is not None
        return Key(fitted(shown.levels[place], self._card.shape), title_of(shown, place))

    def _point(self, place: int) -> Key:
        assert self.backdrop is not None
        return point(self.backdrop.points[place])

    # draws

    def draw(self, card: Card, seed: int, label: int | None, prompt: Prompt) -> None:
        """Make a draw of a model the end point chosen."""
        place = self._tab.keys.current()
        request = SampleRequest(1, seed, label, first=place)
        self._sampled = f"{family_title(card)}, seed {seed}, picture {place}"
        self._draw.submit(draw(self._models, card, request, prompt))

    @Slot(object)
    def _take_draw(self, drawn: Drawn) -> None:
        value = drawn.values[0].copy()
        self.put(Key(value, self._sampled) if value.ndim == 3 else point(value))

    # pictures of one's own

    def adopt(self, picture: Pixels, title: str) -> None:
        """Take a picture (H, W, 3) of another tab as the end point chosen."""
        if self._card is not None and self._card.is_picture:
            self.put(Key(fitted(picture, self._card.shape), title))

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
        if card is None or not card.is_picture:
            self._messages.tell("Choose a data set of pictures first.")
        else:
            bring(
                foreign, card, self._tab, self._messages,
                lambda x, _: self.put(Key(x, foreign.name)),
            )  # fmt: skip


def point(xy: Points) -> Key:
    """A point (2,) as an end point."""
    x, y = np.asarray(xy, np.float32).tolist()
    return Key(np.array([x, y], np.float32), f"({x:.3f}, {y:.3f})")
