"""Paths on their way out: GIF, MP4, single frames and sheets, made by the queue."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.exchange import file_dialogs
from app.exchange.export import Export
from app.exchange.intake import sentence
from app.interpolation.row import WalkRow
from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.pictures import Values, square_columns
from app.recipes.recipe import Recipe, csv_bytes, file_name
from app.tasks import films
from app.tasks.latent_study import Study
from app.tasks.path_making import make
from app.tasks.walking import Codes, Progress, Walks
from app.tasks.walking_recipe import Plan, recipe_of
from app.work.jobs import Jobs, Order
from app.work.lane import Job
from engines.model import Card
from widgets.window.messages import Messages, Severity

Write = Callable[[Path, Values, Recipe], None]


def _write_sheet(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_sheet(path, np.asarray(values, np.uint8), recipe)


def _write_gif(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_gif(path, np.asarray(values, np.uint8), recipe)


def _write_mp4(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_mp4(path, np.asarray(values, np.uint8), recipe)


def _write_frames(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_frames(path, np.asarray(values, np.uint8), recipe)


def _write_points(path: Path, values: Values, recipe: Recipe) -> None:
    from app.recipes.files import write_atomically

    write_atomically(path, csv_bytes(np.asarray(values, np.float32), recipe))


class PathExport(QObject):
    """Asks for a place, then queues the frames and their writing."""

    def __init__(
        self, walks: Walks, export: Export, jobs: Jobs, messages: Messages, window: QWidget
    ) -> None:
        super().__init__(window)
        self._walks, self._export, self._jobs = walks, export, jobs
        self._messages, self._window = messages, window

    def offer(self, row: WalkRow, plan: Plan, study: Study | None, at: QPoint) -> None:
        """Open the menu of what a path can be saved as."""
        self.menu(row, plan, study).popup(at)

    def menu(self, row: WalkRow, plan: Plan, study: Study | None) -> QMenu:
        """The ways to save a path."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        if not row.card.is_picture:
            save = partial(self._save, row, plan, study, ".csv", "Table (*.csv)", _write_points)
            menu.addAction("Table of points…", save)
            return menu
        ways: tuple[tuple[str, str, str, Write], ...] = (
            (f"GIF, {plan.count} frames…", ".gif", "GIF (*.gif)", _write_gif),
            (f"MP4, {plan.count} frames…", ".mp4", "MP4 (*.mp4)", _write_mp4),
            ("Contact sheet…", ".png", "PNG picture (*.png)", _write_sheet),
        )
        for title, suffix, kind, write in ways:
            action = menu.addAction(
                title, partial(self._save, row, plan, study, suffix, kind, write)
            )
            if suffix == ".mp4" and (reason := films.no_codec()):
                action.setEnabled(False)
                action.setToolTip(sentence(reason))
        menu.addAction("Every frame as PNG…", partial(self._save_frames, row, plan, study))
        return menu

    def _save(
        self, row: WalkRow, plan: Plan, study: Study | None, suffix: str, kind: str, write: Write
    ) -> None:
        columns = square_columns(plan.count)
        recipe = recipe_of(row.card, plan, columns=columns if row.card.is_picture else None)
        name = str(Path(self._export.folder) / file_name(recipe, suffix))
        chosen = file_dialogs.save_file(self._window, "Save the path", name, kind)
        if chosen:
            self._export.folder = str(chosen.parent)
            self._submit(row, plan, study, recipe, chosen, write)

    def _save_frames(self, row: WalkRow, plan: Plan, study: Study | None) -> None:
        folder = file_dialogs.open_folder(self._window, "Save every frame", self._export.folder)
        if folder:
            self._export.folder = str(folder)
            recipe = recipe_of(row.card, plan)
            self._submit(row, plan, study, recipe, folder, _write_frames)

    def _submit(
        self, row: WalkRow, plan: Plan, study: Study | None, recipe: Recipe, path: Path,
        write: Write,
    ) -> None:  # fmt: skip
        order = Order(
            f"{family_title(row.card)}: path of {plan.count} frames", str(path),
            _saving(self._walks, row.card, plan, row.codes, study, partial(write, path), recipe),
            lambda step: None if isinstance(step, Loading) else (round(100 * step.share), 100),
            done=lambda _: self._messages.tell(f"Saved {path}.", severity=Severity.NOTE),
        )  # fmt: skip
        self._jobs.submit(order)


def _saving(
    walks: Walks, card: Card, plan: Plan, codes: Codes | None, study: Study | None,
    write: Callable[[Values, Recipe], None], recipe: Recipe,
) -> Job:  # fmt: skip
    def job() -> Generator[Loading | Progress, None, Progress]:
        values = yield from make(walks, card, plan, codes=codes, study=study)
        yield Progress(0.99)
        write(values, recipe)
        return Progress(1.0)

    return job
