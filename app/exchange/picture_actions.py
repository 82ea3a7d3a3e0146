"""What a person can do with one picture or point of a column, or with all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.exchange.export import Export
from app.exchange.travel import Travel
from app.recipes.recipe import Recipe
from engines.model import Card

if TYPE_CHECKING:
    from app.recipes.pictures import Pixels, Points


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
    def values(self) -> Pixels | Points: ...
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


class PictureActions(QObject):
    """Copy, save, drag and send, and the context menu. An empty place does nothing."""

    def __init__(self, export: Export, parent: QWidget, travel: Travel) -> None:
        super().__init__(parent)
        self._export, self._widget, self._travel = export, parent, travel

    def open_menu(self, column: Shelf, index: int, at: QPoint) -> None:
        """Offer at `at` what fits this picture or point."""
        if column.frame is None:
            return
        menu, picture = QMenu(self._widget), column.card.is_picture
        menu.addAction(
            f"Copy {'picture' if picture else 'point'}", lambda: self.copy(column, index)
        )
        menu.addAction("Copy recipe", lambda: self.copy_recipe(column, index))
        seed = str(column.frame.request.seed)
        menu.addAction("Copy seed", lambda: self._export.copy_text(seed, "Seed"))
        menu.addSeparator()
        if picture:
            menu.addAction("Save picture…", lambda: self.save(column, index))
            menu.addAction("Save all as contact sheet…", lambda: self.save_all(column))
            menu.addAction("Save every picture…", lambda: self.save_each(column))
            self._offer_travel(menu, column, index)
        else:
            menu.addAction("Save all points…", lambda: self.save_all(column))
        menu.popup(at)

    def _offer_travel(self, menu: QMenu, column: Shelf, index: int) -> None:
        menu.addSeparator()
        picture = self._pixels(column)[index].copy()
        for target in self._travel.targets:
            menu.addAction(
                f"Send to {target.title}",
                partial(self._travel.send, target, picture, _origin(column, index)),
            )

    def copy(self, column: Shelf, index: int) -> None:
        """A picture with its recipe, or a point's coordinates, to the clipboard."""
        recipe = column.recipe(index)
        if recipe is None or column.frame is None:
            return
        if column.card.is_picture:
            self._export.copy_picture(self._pixels(column)[index], recipe)
        else:
            x, y = column.frame.values[index].tolist()
            self._export.copy_text(f"{x:.6g}, {y:.6g}", "Point")

    def copy_recipe(self, column: Shelf, index: int) -> None:
        if recipe := column.recipe(index):
            self._export.copy_text(recipe.to_json(), "Recipe")

    def save(self, column: Shelf, index: int) -> None:
        """A picture as PNG; for points all of them."""
        recipe = column.recipe(index)
        if recipe is not None and column.card.is_picture:
            self._export.save_picture(self._pixels(column)[index], recipe)
        elif recipe is not None:
            self.save_all(column)

    def drag(self, column: Shelf, index: int) -> None:
        recipe = column.recipe(index)
        if recipe is not None and column.card.is_picture:
            self._export.drag(self._widget, self._pixels(column)[index], recipe)

    def save_all(self, column: Shelf) -> None:
        """All finished pictures of the column as one contact sheet, or all points as a table."""
        if column.frame is None or not column.frame.done:
            return
        values = column.frame.values[: column.frame.done]
        if column.card.is_picture:
            each = isinstance(column.frame.request.label, tuple)
            recipe = column.whole_recipe(len(column.card.labels) if each else None)
            self._export.save_sheet(cast("Pixels", values), recipe)
        else:
            self._export.save_points(cast("Points", values), column.whole_recipe())

    def save_each(self, column: Shelf) -> None:
        """Every finished picture of the column in a file of its own."""
        if column.frame is not None and column.frame.done:
            values = cast("Pixels", column.frame.values[: column.frame.done])
            self._export.save_each(values, column.whole_recipe(), column.together)

    def _pixels(self, column: Shelf) -> Pixels:
        if column.frame is None:
            raise AssertionError("asked for pictures before there are any")
        return cast("Pixels", column.frame.values)


def _origin(column: Shelf, index: int) -> str:
    """ "mnist/vae, seed 7, picture 3"."""
    recipe = column.recipe(index)
    number = "" if recipe is None or recipe.index is None else f", picture {recipe.index}"
    seed = "" if column.frame is None else f", seed {column.frame.request.seed}"
    return f"{column.card.name}{seed}{number}"
