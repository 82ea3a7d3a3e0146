"""What the in-painting tab asks of a kind of data: an editor of holes, and rows that fill them.

The presenter knows no more than this; the kinds and their editors stand in `EDITORS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from PySide6.QtCore import QObject, Signal

from app.exchange.figures import Drawn
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, RecipeError
from app.session.settings import Settings
from app.tab.method_row import MethodRow
from app.tab.parts import Parts
from app.work.channels import Channel
from app.work.lane import Job
from engines.model import Card, Given, Knobs, Prompt
from widgets.inpainting.desk import Desk
from widgets.inpainting.tab import InpaintingTab

Row: TypeAlias = MethodRow[Any, Any]
R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Asked:
    """What the controls of every kind ask: so many draws by a method, of a class or attributes."""

    count: int
    seed: int
    method: str
    knobs: Knobs
    label: int | None
    given: Given
    prompt: Prompt


class Inspector(QObject, Generic[R]):
    """One row looked at closely, by its model's `name`. `knobs_wanted(model)` when it is another.

    A subclass shows it: `inspect` goes to a draw, `follow` keeps to it as its row changes.
    """

    knobs_wanted = Signal(str)

    def __init__(self, rows: Mapping[str, R], parent: QObject) -> None:
        super().__init__(parent)
        self.rows = rows
        self.name = ""

    def inspect(self, name: str, index: int = 0) -> None:
        """Show draw `index` of a row, if it is one of these."""
        raise NotImplementedError

    def follow(self, name: str) -> None:
        """A row has changed."""
        raise NotImplementedError

    def clear(self) -> None:
        """Show nothing."""
        raise NotImplementedError

    def save(self) -> None:
        """Save what is shown."""
        raise NotImplementedError

    def expect(self, name: str, index: int) -> None:
        """Go to a draw that has yet to come."""
        other, self.name = name != self.name, name
        if other:
            self.knobs_wanted.emit(name)

    def select(self, name: str) -> None:
        """Go to a row: its knobs, and its first draw as soon as there is one."""
        if name in self.rows and name != self.name:
            self.clear()
            self.inspect(name)

    def offer(self, name: str) -> None:
        """Go to a row if none is chosen yet."""
        if not self.name:
            self.select(name)

    def forget_others(self) -> bool:
        """Let go of a row that is gone; whether it was the one looked at."""
        gone = bool(self.name) and self.name not in self.rows
        if gone:
            self.name = ""
            self.clear()
        return gone


class Editor(QObject, Generic[R]):
    """One kind of data. `changed` when the example or its hole is another one, `found` when the
    examples of a data set were looked for.

    `most` and `usual` are how many draws every row makes; `count` how many it is to make. A
    subclass brings the desk and the inspector, and answers what raises NotImplementedError here.
    """

    changed = Signal()
    found = Signal()

    most, usual = 64, 8
    desk: Desk
    inspector: Inspector[R]

    def __init__(self, tab: InpaintingTab, parts: Parts) -> None:
        super().__init__(tab)
        self.tab, self.parts = tab, parts
        self.rows: dict[str, R] = {}
        self.count = self.usual
        self._opened: dict[str, Channel] = {}

    def channel(self, what: str) -> Channel:
        """The channel of this name; that of a row is there again when the row is."""
        if what not in self._opened:
            self._opened[what] = self.parts.channels.open(f"in-painting: {what}")
        return self._opened[what]

    # the example and its hole

    def show(self, card: Card) -> None:
        """Offer examples for models like this one; those of the same data set stay."""
        raise NotImplementedError

    def missing(self) -> str:
        """Why nothing can be filled yet, "" where it can."""
        raise NotImplementedError

    def request(self, card: Card, asked: Asked) -> Any | None:
        """What is asked of a model; None while there is no example."""
        raise NotImplementedError

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture file without a recipe; False where the kind has no use for it."""
        return False

    def receive(self, picture: Pixels, title: str) -> None:
        """Take a picture of another tab, where the kind has a use for it."""

    # recipes

    def read(self, recipe: Recipe, card: Card) -> Any:
        """The request of a recipe. Raises RecipeError."""
        raise NotImplementedError

    def expect(self, card: Card, recipe: Recipe) -> None:
        """A recipe is being made again: the draw to look at."""

    def put(self, card: Card, request: Any) -> None:
        """Take example and hole of a request that `read` made."""
        raise NotImplementedError

    tells = False
    """Whether it makes the `recipe` of a request, and so can be continued."""

    def recipe(self, card: Card, request: Any) -> Recipe:
        """The recipe of a request as it was asked. Any thread."""
        raise NotImplementedError

    def job(self, card: Card, request: Any) -> Job:
        """All of a request of a model that has no row in view. Raises RecipeError if it cannot."""
        raise RecipeError(f"jobs of {card.name} cannot be begun again")

    @property
    def title(self) -> str:
        """What is filled, such as "Test picture 18"; "" for nothing."""
        return ""

    def figure(self) -> Drawn | None:
        """What all rows show as a figure; None where there is nothing."""
        return None

    # rows

    def make_row(self, card: Card, widget: Any) -> R:
        """A row of a model in a widget that the desk made."""
        raise NotImplementedError

    def look(self) -> None:
        """The controls have changed; every row is asked next."""

    def add(self, card: Card) -> R:
        """Take in a model whose widget is in the tab."""
        widget = self.tab.row(card.name)
        assert widget is not None, f"the tab has no row for {card.name}"
        row = self.rows[card.name] = self.make_row(card, widget)
        row.shown.connect(self.inspector.follow)
        return row

    def close(self, names: set[str]) -> None:
        """Let go of these rows."""
        for name in names & self.rows.keys():
            self.rows.pop(name).close()
        if self.inspector.forget_others():
            self.tab.set_knobs("", (), {})

    def stop(self) -> None:
        """Stop what is drawn live."""
        for channel in self._opened.values():
            channel.stop()

    # what is remembered

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time."""

    def settings(self, settings: Settings) -> Settings:
        """The settings with the controls of this kind in them."""
        return settings
