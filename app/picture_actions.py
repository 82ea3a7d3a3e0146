"""What a person can do with one picture or point of a column, or with all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.export import Export
from app.sampling_column import SamplingColumn
from engines.model import batch_of

if TYPE_CHECKING:
    from app.pictures import Pixels, Points

Act = Callable[[SamplingColumn, int], None]


class PictureActions(QObject):
    """Copy, save and drag, and the context menu that offers them. An empty place does nothing."""

    def __init__(self, export: Export, parent: QWidget) -> None:
        super().__init__(parent)
        self._export, self._widget = export, parent

    def open_menu(self, column: SamplingColumn, index: int, at: QPoint) -> None:
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
        else:
            menu.addAction("Save all points…", lambda: self.save_all(column))
        menu.popup(at)

    def copy(self, column: SamplingColumn, index: int) -> None:
        """A picture with its recipe, or a point's coordinates, to the clipboard."""
        recipe = column.recipe(index)
        if recipe is None or column.frame is None:
            return
        if column.card.is_picture:
            self._export.copy_picture(self._pixels(column)[index], recipe)
        else:
            x, y = column.frame.values[index].tolist()
            self._export.copy_text(f"{x:.6g}, {y:.6g}", "Point")

    def copy_recipe(self, column: SamplingColumn, index: int) -> None:
        if recipe := column.recipe(index):
            self._export.copy_text(recipe.to_json(), "Recipe")

    def save(self, column: SamplingColumn, index: int) -> None:
        """A picture as PNG; for points all of them."""
        recipe = column.recipe(index)
        if recipe is not None and column.card.is_picture:
            self._export.save_picture(self._pixels(column)[index], recipe)
        elif recipe is not None:
            self.save_all(column)

    def drag(self, column: SamplingColumn, index: int) -> None:
        recipe = column.recipe(index)
        if recipe is not None and column.card.is_picture:
            self._export.drag(self._widget, self._pixels(column)[index], recipe)

    def save_all(self, column: SamplingColumn) -> None:
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

    def save_each(self, column: SamplingColumn) -> None:
        """Every finished picture of the column in a file of its own."""
        if column.frame is not None and column.frame.done:
            values = cast("Pixels", column.frame.values[: column.frame.done])
            self._export.save_each(values, column.whole_recipe(), batch_of(column.card))

    def _pixels(self, column: SamplingColumn) -> Pixels:
        if column.frame is None:
            raise AssertionError("asked for pictures before there are any")
        return cast("Pixels", column.frame.values)
