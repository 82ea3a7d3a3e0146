"""Paths on their way out: GIF, MP4, single frames and sheets, made by the queue."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from app.exchange import file_dialogs
from app.exchange.export import Export
from app.interpolation.paths import Way, Write
from app.interpolation.row import WalkRow
from app.kinds import view_of
from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.pictures import Values
from app.recipes.recipe import Recipe, file_name
from app.recipes.result import Result
from app.tasks.latent_study import Study
from app.tasks.path_making import make
from app.tasks.walking import Codes, Progress, Walks
from app.tasks.walking_recipe import TASK, Plan, recipe_of
from app.work.jobs import Jobs, Order
from app.work.lane import Job
from engines.model import Card
from widgets.window.messages import Messages, Severity


class PathExport(QObject):
    """Asks for a place, then queues the frames and their writing."""

    def __init__(
        self, walks: Walks, export: Export, jobs: Jobs, messages: Messages, window: QWidget
    ) -> None:
        super().__init__(window)
        self._walks, self._export, self._jobs = walks, export, jobs
        self._messages, self._window = messages, window

    def fill(self, menu: QMenu, row: WalkRow, plan: Plan, study: Study | None) -> None:
        """Add the ways to save a path to a menu."""
        menu.setToolTipsVisible(True)
        for way in row.paths.ways(row.card, plan.count):
            action = menu.addAction(way.title, partial(self._save, row, plan, study, way))
            if way.blocked:
                action.setEnabled(False)
                action.setToolTip(way.blocked)
        if (each := row.paths.each) is not None:
            menu.addAction(each.title, partial(self._save_each, row, plan, study, each.write))

    def _save(self, row: WalkRow, plan: Plan, study: Study | None, way: Way) -> None:
        recipe = recipe_of(row.card, plan, columns=view_of(row.card).columns(plan.count))
        name = str(Path(self._export.folder) / file_name(recipe, way.suffix))
        chosen = file_dialogs.save_file(self._window, "Save the path", name, way.filter)
        if chosen:
            self._export.folder = str(chosen.parent)
            self._submit(row, plan, study, recipe, chosen, way.write)

    def _save_each(self, row: WalkRow, plan: Plan, study: Study | None, write: Write) -> None:
        folder = file_dialogs.open_folder(self._window, "Save every frame", self._export.folder)
        if folder:
            self._export.folder = str(folder)
            self._submit(row, plan, study, recipe_of(row.card, plan), folder, write)

    def _submit(
        self,
        row: WalkRow,
        plan: Plan,
        study: Study | None,
        recipe: Recipe,
        path: Path,
        write: Write,
    ) -> None:
        order = Order(
            f"{family_title(row.card)}: path of {plan.count} frames",
            str(path),
            _saving(self._walks, row.card, plan, row.codes, study, partial(write, path), recipe),
            lambda step: None if isinstance(step, Loading) else (round(100 * step.share), 100),
            done=lambda _: self._messages.tell(f"Saved {path}.", severity=Severity.NOTE),
        )
        self._jobs.submit(order)


def _saving(
    walks: Walks,
    card: Card,
    plan: Plan,
    codes: Codes | None,
    study: Study | None,
    write: Callable[[Values, Recipe], None],
    recipe: Recipe,
) -> Job:
    def job() -> Generator[Loading | Progress, None, Progress]:
        values = yield from make(walks, card, plan, codes=codes, study=study)
        walks.models.keep.finish(Result(TASK, card, lambda: recipe, values))
        yield Progress(0.99)
        write(values, recipe)
        return Progress(1.0)

    return job
