"""A learner becomes one of the user's own models, as `main.py fit` makes them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from app.exchange.intake import sentence
from app.learn.data import Data
from app.learn.studio import Studio
from app.tab.parts import Parts
from app.work.jobs import Order
from app.work.lane import Failure, Job
from engines.data.own import Points
from engines.learning.fitting import data_set, figures_of, keep, parted
from engines.model import Card
from widgets.window.messages import Cause, Severity


def keeping(studio: Studio, key: int, points: Points, title: str, root: Path) -> Job:
    """A queued job that keeps a learner as it stands, and its points as a data set; its card.

    It runs on the lane while the learners' own job rests between two steps.
    """

    def job() -> Generator[object, None, Card]:
        yield None
        if key not in studio.pupils:
            raise ValueError("the learner is no longer there")
        made = studio.pupils[key].made
        tensors = made.course.weights()
        if not tensors:
            raise ValueError("there is nothing to keep yet: let it learn first")
        yield None
        _, held_out = parted(points)
        figures = yield from figures_of(made.opened(tensors), held_out)
        name = data_set(points, title)
        made.data = replace(made.data, name=name)
        return keep(made, tensors, figures=figures, root=root)

    return job


class Keeping(QObject):
    """Keeps learners on demand, and says what came of it."""

    def __init__(self, studio: Studio, data: Data, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._data, self._parts = studio, data, parts

    def keep(self, key: int, title: str, steps: int) -> None:
        """Put a learner into the user's own models, in the queue."""
        if problem := self._data.problem():
            self._parts.messages.tell(problem, about=Cause.SAVING)
            return
        root = self._parts.session.root
        job = keeping(self._studio, key, self._data.points(), self._data.title, root)
        self._parts.jobs.submit(
            Order(
                title=f"Keeping {title}",
                detail=f"{steps:,} steps",
                job=job,
                progress=lambda _: None,
                done=self._kept,
                failed=self._refuse,
            )
        )

    def _kept(self, card: Card) -> None:
        self._data.offer()
        session = self._parts.session
        session.catalogue_changed.emit()
        session.choose(card.data, (*session.models, card.name))
        self._parts.messages.settle(Cause.SAVING)
        self._parts.messages.tell(
            f"{card.name} is one of your models now: it is in every tab.", severity=Severity.NOTE
        )

    def _refuse(self, failure: Failure) -> None:
        said = sentence(failure.sentence)
        self._parts.messages.tell(said, failure.details, about=Cause.SAVING)
