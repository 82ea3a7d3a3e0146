"""What a person can take away from paths: films of all rows or of one, or one picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtWidgets import QMenu

from app.interpolation.export import PathExport
from app.interpolation.filming import FilmExport, Reel
from app.interpolation.keys import Keys
from app.interpolation.panel import Panel
from app.interpolation.row import WalkRow
from app.kinds import view_of
from app.models.titles import data_title
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe
from app.recipes.result import Result
from app.tab.continuing import Standing
from app.tab.parts import Parts
from app.tasks.walking import Walks
from app.tasks.walking_recipe import TASK, Plan, recipe_of
from widgets.interpolation.tab import InterpolationTab


class PathMenus(QObject):
    """Menus of the rows, and the recipes of what they save."""

    def __init__(
        self,
        tab: InterpolationTab,
        rows: Mapping[str, WalkRow],
        keys: Keys,
        panel: Panel,
        parts: Parts,
        walks: Walks,
    ) -> None:
        super().__init__(tab)
        self._tab, self._rows, self._keys, self._panel = tab, rows, keys, panel
        self._session, self._export, self._travel = parts.session, parts.export, parts.travel
        out = walks, parts.export, parts.jobs, parts.messages, tab
        self._films, self._paths = FilmExport(*out), PathExport(*out)
        tab.export_wanted.connect(self.offer)
        tab.menu_wanted.connect(self._open)
        tab.drag_wanted.connect(self._drag)

    def plan(self, row: WalkRow, count: int, easing: str = "linear") -> Plan:
        """The path of a row in words."""
        name = row.card.name
        return Plan(
            self._keys.values(),
            count,
            self._tab.way.currentText(),
            str(self._tab.encoder.currentData()),
            easing,
            self._panel.basis(name),
            tuple(round(v, 4) for v in self._panel.turned_of(name)),
            self._session.seed,
            self._tab.label() if row.card.labels else None,
            prompt=row.prompt,
            given=row.wish.given if row.wish is not None else {},
            samples=self._keys.samples(row.card, row.prompt),
        )

    @Slot(QPoint)
    def offer(self, at: QPoint) -> None:
        """Open the menu of what the paths can be saved as."""
        if menu := self.films():
            menu.popup(at)

    def films(self) -> QMenu | None:
        """The ways to save all paths together, and each alone; None while there is none."""
        rows = list(self._rows.values())
        if not rows or not self._keys.keys:
            return None
        reels = [self._reel(row) for row in rows]
        ways = rows[0].paths.films()
        menu = QMenu(self._tab)
        menu.setToolTipsVisible(True)
        if ways:
            self._films.fill(menu, reels, ways)
            menu.addSeparator()
        for row, reel in zip(rows, reels, strict=True):
            alone = len(rows) == 1 and not ways
            part = menu if alone else menu.addMenu(f"{reel.title} alone")
            self._paths.fill(part, row, reel.plan, reel.study)
        return menu

    def _reel(self, row: WalkRow) -> Reel:
        name, easing = row.card.name, self._tab.player.easing.currentText()
        plan = self.plan(row, self._tab.film_count(), easing)
        return Reel(row.title, row.card, plan, row.codes, self._panel.studies.get(name))

    @Slot(str)
    def keep(self, name: str) -> None:
        """Keep the strip of a row, which has just been finished."""
        row = self._rows[name]
        if row.film is None or row.film.wish is not row.wish or not self._keys.keys:
            return
        result = Result(TASK, row.card, self.film(row), row.film.values, queued=False)
        self._session.open.keep.finish(result)

    def film(self, row: WalkRow) -> Callable[[], Recipe]:
        """What makes the recipe of a row's strip."""
        plan, columns = self.plan(row, row.count), view_of(row.card).columns(row.count)
        return partial(recipe_of, row.card, plan, columns=columns)

    def standing(self, name: str) -> Standing | None:
        """End points, controls and sliders of a row, and the frame nearest to where it is."""
        row = self._rows.get(name)
        if row is None or not self._keys.keys:
            return None
        plan = self.plan(row, self._tab.film_count(), self._tab.player.easing.currentText())
        index = int(np.abs(np.array(plan.places()) - self._tab.player.place()).argmin())
        title = f"a path of {data_title(row.card.data)}"
        recipe = partial(recipe_of, row.card, plan, index=index)
        return Standing(title, (row.card.name, plan, index), recipe)

    def recipe(self, row: WalkRow) -> Recipe:
        """The recipe of the picture where one is."""
        return recipe_of(row.card, replace(self.plan(row, 1), place=row.place))

    @Slot(str, QPoint)
    def _open(self, name: str, at: QPoint) -> None:
        row, picture = self._rows[name], self._picture(name)
        if picture is None:
            return
        menu, recipe = QMenu(self._tab), self.recipe(row)
        menu.addAction("Copy picture", lambda: self._export.copy_picture(picture, recipe))
        menu.addAction("Copy recipe", lambda: self._export.copy_text(recipe.to_json(), "Recipe"))
        menu.addAction("Save picture…", lambda: self._export.save_picture(picture, recipe))
        menu.addSeparator()
        origin = f"{name}, path at {row.place:.3f}"
        self._travel.offer(menu, picture.copy(), origin)
        menu.popup(at)

    @Slot(str)
    def _drag(self, name: str) -> None:
        if (picture := self._picture(name)) is not None:
            self._export.drag(self._tab, picture, self.recipe(self._rows[name]))

    def _picture(self, name: str) -> Pixels | None:
        return self._rows[name].row.frame.picture()
