"""The inspector of the in-painting tab for points: the numbers of one row, and its files."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Slot

from app.exchange.export import Export
from app.inpainting.editor import Inspector
from app.inpainting.points.row import LineRow
from widgets.inpainting.line_desk import LineDesk


class LineInspector(Inspector[LineRow]):
    """The numbers of one row."""

    def __init__(self, desk: LineDesk, rows: Mapping[str, LineRow], export: Export) -> None:
        super().__init__(rows, desk)
        self._facts, self._export = desk.facts, export
        desk.chosen.connect(self.inspect)
        desk.facts.save_wanted.connect(self.save)
        desk.facts.copy_recipe_wanted.connect(self._copy_recipe)

    @Slot(str)
    def inspect(self, name: str, index: int = 0) -> None:
        """Show the numbers of a row."""
        if name in self.rows:
            self.name = name
            self.knobs_wanted.emit(name)
            self.follow(name)

    @Slot(str)
    def follow(self, name: str) -> None:
        if not self.name:
            self.inspect(name)
        elif name == self.name and name in self.rows:
            row = self.rows[name]
            self._facts.show_rows(row.facts(), ready=row.recipe() is not None)

    def clear(self) -> None:
        self._facts.show_rows((), ready=False)

    @Slot()
    def save(self) -> None:
        """Ask for a place and write the draws with their recipe."""
        row = self.rows.get(self.name)
        recipe = row.recipe() if row else None
        if row is not None and row.frame is not None and recipe is not None:
            self._export.save_points(row.frame.points, recipe)

    @Slot()
    def _copy_recipe(self) -> None:
        row = self.rows.get(self.name)
        if row is not None and (recipe := row.recipe()) is not None:
            self._export.copy_text(recipe.to_json(), "Recipe")
