"""Films of the paths of several rows side by side, with their names and λ, made by the queue."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from app.exchange import file_dialogs
from app.exchange.export import Export
from app.interpolation.fade import TITLE as FADE
from app.interpolation.fade import cross_fade
from app.interpolation.paths import FilmWay
from app.models.open_models import Loading
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe
from app.recipes.result import Result
from app.tasks.latent_study import Study
from app.tasks.path_making import make
from app.tasks.walking import Codes, Progress, Walks
from app.tasks.walking_recipe import TASK, Plan, recipe_of
from app.work.jobs import Jobs, Order
from app.work.lane import Job
from engines.model import Card
from engines.steps import mapped
from widgets.controls.choices import ChoicesMenu
from widgets.figure.film import composed
from widgets.interpolation.player import words_of
from widgets.window.messages import Messages, Severity


@dataclass(frozen=True, eq=False)
class Reel:
    """One row of a film: the path of a model, as its row in the tab has it."""

    title: str
    card: Card
    plan: Plan
    codes: Codes | None
    study: Study | None


class FilmExport(QObject):
    """Offers films of all rows in view but those left out, asks for a place and queues them."""

    def __init__(
        self, walks: Walks, export: Export, jobs: Jobs, messages: Messages, window: QWidget
    ) -> None:
        super().__init__(window)
        self._walks, self._export, self._jobs = walks, export, jobs
        self._messages, self._window = messages, window
        self._left_out: set[str] = set()

    def fill(self, menu: QMenu, reels: Sequence[Reel], ways: Sequence[FilmWay]) -> None:
        """Add the films of these rows and of the cross-fade, and which of the rows are in them."""
        names = [*(reel.title for reel in reels), FADE]
        films = [menu.addAction("", partial(self._save, reels, way)) for way in ways]
        for film, way in zip(films, ways, strict=True):
            film.setToolTip(way.blocked or "Side by side, with names and λ below the pictures.")
        choices = ChoicesMenu("Rows in the film", menu)
        menu.addMenu(choices)

        def say() -> None:
            count = len(set(names) - self._left_out)
            rows = f"{count} row{'s' * (count != 1)}, {reels[0].plan.count} frames…"
            for film, way in zip(films, ways, strict=True):
                film.setText(f"{way.title} of {rows}")
                film.setEnabled(count > 0 and not way.blocked)

        def choose(name: str, taken: bool) -> None:
            (self._left_out.discard if taken else self._left_out.add)(name)
            say()

        for name in names:
            choice = choices.addAction(name)
            choice.setCheckable(True)
            choice.setChecked(name not in self._left_out)
            choice.toggled.connect(partial(choose, name))
        say()

    def _save(self, reels: Sequence[Reel], way: FilmWay) -> None:
        taken = [reel for reel in reels if reel.title not in self._left_out]
        plan = reels[0].plan
        ends = np.asarray(plan.keys, np.uint8) if FADE not in self._left_out else None
        data = reels[0].card.data.replace("/", "-")
        name = str(Path(self._export.folder) / f"{data}-paths{way.suffix}")
        chosen = file_dialogs.save_file(self._window, "Save the film", name, way.filter)
        if not chosen:
            return
        self._export.folder = str(chosen.parent)
        recipes = tuple(recipe_of(reel.card, reel.plan) for reel in taken)
        write = partial(way.write, chosen)
        order = Order(
            f"Film of {len(taken) + (ends is not None)} paths",
            str(chosen),
            filming(self._walks, taken, plan, ends, recipes, write),
            lambda step: None if isinstance(step, Loading) else (round(100 * step.share), 100),
            done=lambda _: self._messages.tell(f"Saved {chosen}.", severity=Severity.NOTE),
        )
        self._jobs.submit(order)


def filming(
    walks: Walks,
    reels: Sequence[Reel],
    plan: Plan,
    ends: Pixels | None,
    recipes: tuple[Recipe, ...],
    write: Callable[[Pixels, tuple[Recipe, ...]], None],
) -> Job:
    """A job that makes the paths of `reels`, and the cross-fade of `ends`, and writes the film."""

    def job() -> Generator[Loading | Progress, None, Progress]:
        rows: list[tuple[str, Pixels]] = []
        for place, (reel, recipe) in enumerate(zip(reels, recipes, strict=True)):
            values = yield from mapped(
                make(walks, reel.card, reel.plan, codes=reel.codes, study=reel.study),
                partial(_part, place, len(reels)),
            )
            result = Result(TASK, reel.card, partial(_known, recipe), values)
            walks.models.keep.finish(result)
            rows.append((reel.title, np.asarray(values, np.uint8)))
        places = plan.places()
        if ends is not None:
            rows.append((FADE, cross_fade(ends, places)))
        yield Progress(0.99)
        write(composed(rows, [words_of(place, len(plan.keys)) for place in places]), recipes)
        return Progress(1.0)

    return job


def _part(place: int, of: int, step: Loading | Progress) -> Loading | Progress:
    return step if isinstance(step, Loading) else Progress((place + step.share) / of)


def _known(recipe: Recipe) -> Recipe:
    return recipe
