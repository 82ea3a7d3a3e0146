"""Presents the density tab: maps of the plane for points, pages of their own for pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.density_plane import Plane
from app.mapping import Fields
from app.parts import Parts
from app.recipes import Recipe, RecipeError
from app.settings import Settings
from widgets.density_tab import DensityTab

NOTHING = "Choose a model to see where it puts its mass."


class Density(QObject):
    """One per window. Rests while its tab is out of view: nothing is mapped that nobody sees."""

    def __init__(self, tab: DensityTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab, self._parts = tab, parts
        self.fields = Fields(parts.session.open)
        self.plane: Plane | None = None
        for signal in (parts.session.data_changed, parts.session.models_changed):
            signal.connect(self.rebuild)
        tab.entered.connect(self.rebuild)

    @Slot()
    def rebuild(self) -> None:
        """Show the page for the data chosen, once the tab is in view."""
        if not self._tab.isVisible():
            return
        cards = self._parts.session.chosen()
        if not cards:
            self._tab.show_reason(NOTHING)
        elif cards[0].is_picture:
            self._tab.show_reason("Pictures are coming.")
        else:
            if self.plane is None:
                self.plane = Plane(self._tab.plane(), self._parts, self.fields, self)
            self._tab.show_page(self.plane.view)
            self.plane.rebuild()

    def run(self, *, first: bool) -> None:
        """Map what is in view once more."""
        self.rebuild()

    def stop(self) -> None:
        """Stop the maps that are on their way."""
        if self.plane is not None:
            self.plane.stop()

    def save(self) -> None:
        """Save what is in view."""

    def adopt(self, source: Path | bytes) -> bool:
        """Pictures without a recipe say nothing here."""
        return False

    def restore(self, recipe: Recipe) -> None:
        raise RecipeError("not yet")

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them."""
        return settings
