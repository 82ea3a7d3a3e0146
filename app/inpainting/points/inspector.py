"""The inspector of the in-painting tab for points: the numbers of one row, its knobs, its files."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.export import Export
from app.inpainting.points.row import LineRow
from app.models.titles import family_title
from app.tab.method_row import knob_specs
from widgets.inpainting.tab import InpaintingTab


class LineInspector(QObject):
    """`turned(model, knob, value)` follows the knobs; `knobs_wanted(model)` asks to show them."""

    turned = Signal(str, str, float)
    knobs_wanted = Signal(str)

    def __init__(self, tab: InpaintingTab, rows: Mapping[str, LineRow], export: Export) -> None:
        super().__init__(tab)
        self._tab, self._rows, self._export = tab, rows, export
        self._name = ""
        tab.chosen.connect(self.inspect)
        tab.knob_changed.connect(self._turn)
        tab.facts.save_wanted.connect(self.save)
        tab.facts.copy_recipe_wanted.connect(self._copy_recipe)

    @Slot(str, int)
    def inspect(self, name: str, _: int = 0) -> None:
        """Show the numbers of a row of points."""
        if name in self._rows:
            self._name = name
            self.knobs_wanted.emit(name)
            self.follow(name)

    def select(self, name: str) -> None:
        """Go to a row: its knobs, and its numbers."""
        if name in self._rows and name != self._name:
            self.inspect(name)

    def offer(self, name: str) -> None:
        """Go to a row if none is chosen yet."""
        if not self._name:
            self.select(name)

    @Slot(str)
    def follow(self, name: str) -> None:
        """Keep to what was chosen, as its row changes."""
        if not self._name:
            self.inspect(name)
        elif name == self._name and name in self._rows:
            row = self._rows[name]
            self._tab.facts.show_rows(row.facts(), ready=row.recipe() is not None)

    def forget_others(self) -> None:
        """Let go of a row that is gone."""
        if self._name and self._name not in self._rows:
            self._name = ""
            self._tab.facts.show_rows((), ready=False)
            self._tab.set_knobs("", (), {})

    def show_knobs(self, name: str, method: str, values: Mapping[str, float]) -> None:
        """Show the knobs of a row's method if the row is the one inspected."""
        row = self._rows.get(name)
        choice = row.choice(method) if row else None
        if name == self._name and row is not None and choice is not None:
            title = f"{choice.title} · {family_title(row.card)}"
            self._tab.set_knobs(title, knob_specs(choice.knobs), dict(values))

    @Slot(str, float)
    def _turn(self, knob: str, value: float) -> None:
        if self._name:
            self.turned.emit(self._name, knob, value)

    @Slot()
    def save(self) -> None:
        """Ask for a place and write the draws with their recipe."""
        row = self._rows.get(self._name)
        recipe = row.recipe() if row else None
        if row is not None and row.frame is not None and recipe is not None:
            self._export.save_points(row.frame.points, recipe)

    @Slot()
    def _copy_recipe(self) -> None:
        row = self._rows.get(self._name)
        if row is not None and (recipe := row.recipe()) is not None:
            self._export.copy_text(recipe.to_json(), "Recipe")
