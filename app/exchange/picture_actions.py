"""What a person can do with one picture or other example of a column, or with all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.exchange.export import Export
from app.exchange.travel import Travel
from app.kinds import view_of
from app.recipes.recipe import Recipe
from engines.model import Card

if TYPE_CHECKING:
    from app.recipes.pictures import Pixels, Values


class Request(Protocol):
    """What was asked for."""

    @property
    def seed(self) -> int: ...
    @property
    def label(self) -> int | tuple[int, ...] | None: ...


class Shown(Protocol):
    """What came of it: the first `done` of the values are final."""

    @property
    def request(self) -> Request: ...
    @property
    def values(self) -> Values: ...
    @property
    def done(self) -> int: ...


class Shelf(Protocol):
    """A model's pictures or points on show, each with its recipe."""

    card: Card

    @property
    def frame(self) -> Shown | None: ...
    @property
    def together(self) -> int:
        """How many are drawn together: a recipe of one asks for them all."""

    def recipe(self, index: int) -> Recipe | None: ...
    def whole_recipe(self, columns: int | None = None) -> Recipe: ...


Act = Callable[[Shelf, int], None]
More = Callable[[Shelf, int], Iterable[tuple[str, Callable[[], object]]]]


class PictureActions(QObject):
    """Copy, save, drag and send, and the context menu. An empty place does nothing."""

    def __init__(self, export: Export, parent: QWidget, travel: Travel) -> None:
        super().__init__(parent)
        self._export, self._widget, self._travel = export, parent, travel
        self.more: More = lambda column, index: ()
        """What a tab offers of a picture besides."""

    def open_menu(self, column: Shelf, index: int, at: QPoint) -> None:
        """Offer at `at` what fits this picture or point."""
        if column.frame is None:
            return
        menu, view, kind = QMenu(self._widget), view_of(column.card), column.card.kind
        menu.addAction(f"Copy {kind.thing}", lambda: self.copy(column, index))
        menu.addAction("Copy recipe", lambda: self.copy_recipe(column, index))
        seed = str(column.frame.request.seed)
        menu.addAction("Copy seed", lambda: self._export.copy_text(seed, "Seed"))
        menu.addSeparator()
        if view.single is not None:
            menu.addAction(f"Save {kind.thing}…", lambda: self.save(column, index))
        menu.addAction(view.save_all, lambda: self.save_all(column))
        if view.single is not None:
            menu.addAction(f"Save every {kind.thing}…", lambda: self.save_each(column))
        picture = view.picture(column.frame.values[index])
        if picture is not None:
            self._offer_travel(menu, column, index, picture.copy())
        menu.popup(at)

    def _offer_travel(self, menu: QMenu, column: Shelf, index: int, picture: Pixels) -> None:
        menu.addSeparator()
        self._travel.offer(menu, picture, origin_of(column, index))
        for title, act in self.more(column, index):
            menu.addAction(title, act)

    def copy(self, column: Shelf, index: int) -> None:
        """A picture with its recipe, or the text of another kind, to the clipboard."""
        recipe = column.recipe(index)
        if recipe is None or column.frame is None:
            return
        view, value = view_of(column.card), column.frame.values[index]
        picture = view.picture(value)
        if picture is not None:
            self._export.copy_picture(picture, recipe)
        else:
            self._export.copy_text(view.text(value), column.card.kind.thing.capitalize())

    def copy_recipe(self, column: Shelf, index: int) -> None:
        if recipe := column.recipe(index):
            self._export.copy_text(recipe.to_json(), "Recipe")

    def save(self, column: Shelf, index: int) -> None:
        """One in a file of its own; all of them where a kind has no such files."""
        recipe, single = column.recipe(index), view_of(column.card).single
        if recipe is None or column.frame is None:
            return
        if single is not None:
            self._export.save_examples(column.frame.values[index : index + 1], recipe, (single,))
        else:
            self.save_all(column)

    def drag(self, column: Shelf, index: int) -> None:
        recipe = column.recipe(index)
        if recipe is None or column.frame is None:
            return
        picture = view_of(column.card).picture(column.frame.values[index])
        if picture is not None:
            self._export.drag(self._widget, picture, recipe)

    def save_all(self, column: Shelf) -> None:
        """All that are finished in the column in one file: a contact sheet, a table, a text."""
        if column.frame is None or not column.frame.done:
            return
        values, view = column.frame.values[: column.frame.done], view_of(column.card)
        each = isinstance(column.frame.request.label, tuple) and view.columns(len(values))
        columns = len(column.card.labels) if each else None
        self._export.save_examples(values, column.whole_recipe(columns), view.formats[:1])

    def save_each(self, column: Shelf) -> None:
        """Every one that is finished in the column in a file of its own."""
        single = view_of(column.card).single
        if column.frame is not None and column.frame.done and single is not None:
            values = column.frame.values[: column.frame.done]
            self._export.save_each(
                values, column.whole_recipe(), column.together, single, column.card.kind
            )


def origin_of(column: Shelf, index: int) -> str:
    """ "mnist/vae, seed 7, picture 3"."""
    recipe = column.recipe(index)
    thing = column.card.kind.thing
    number = "" if recipe is None or recipe.index is None else f", {thing} {recipe.index}"
    seed = "" if column.frame is None else f", seed {column.frame.request.seed}"
    return f"{column.card.name}{seed}{number}"
