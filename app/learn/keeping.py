"""A learner becomes one of the user's own models, as `main.py fit` makes them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.exchange.intake import sentence
from app.learn.data import Data
from app.learn.studio import Studio
from app.tab.parts import Parts
from app.work.jobs import Order
from app.work.lane import Failure, Job
from engines.checkpoints.disk import write_atomically
from engines.data.own import Points
from engines.learning.fitting import data_set, figures_of, keep, packed, parted, sha256_of
from engines.learning.notebook import notebook, run_of
from engines.model import Card
from engines.naming import part_of
from widgets.window.messages import Cause, Severity

if TYPE_CHECKING:
    from torch import Tensor

    from engines.learning.learner import Learner

_SUFFIX = ".ipynb"
_KINDS = f"Notebooks (*{_SUFFIX})"


def _trained(studio: Studio, key: int, what: str) -> tuple[Learner, dict[str, Tensor]]:
    """A learner and its weights as they stand. Raises ValueError where there is nothing to `what`.

    On the lane only.
    """
    if key not in studio.pupils:
        raise ValueError("the learner is no longer there")
    made = studio.pupils[key].made
    tensors = made.course.weights()
    if not tensors or not made.step:
        raise ValueError(f"there is nothing to {what} yet: let it learn first")
    return made, tensors


def keeping(studio: Studio, key: int, points: Points, title: str, root: Path) -> Job:
    """A queued job that keeps a learner as it stands, and its points as a data set; its card.

    It runs on the lane while the learners' own job rests between two steps.
    """

    def job() -> Generator[object, None, Card]:
        yield None
        made, tensors = _trained(studio, key, "keep")
        yield None
        _, held_out = parted(points)
        figures = yield from figures_of(made.opened(tensors), held_out)
        name = data_set(points, title)
        made.data = replace(made.data, name=name)
        return keep(made, tensors, figures=figures, root=root)

    return job


def noting(studio: Studio, key: int, points: Points, path: Path) -> Job:
    """A queued job that writes the training of a learner, as it stands, as a notebook; the path."""

    def job() -> Generator[object, None, Path]:
        yield None
        made, tensors = _trained(studio, key, "export")
        yield None
        raw = notebook(points, run_of(made, sha256_of(packed(tensors))))
        write_atomically(path, raw)
        return path

    return job


class Keeping(QObject):
    """Keeps learners on demand, or their trainings as notebooks, and says what came of it."""

    def __init__(
        self, studio: Studio, data: Data, parts: Parts, window: QWidget, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
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

    def export(self, key: int, title: str, steps: int) -> None:
        """Ask for a place, and write the training of a learner there in the queue."""
        if problem := self._data.problem():
            self._parts.messages.tell(problem, about=Cause.SAVING)
            return
        name = f"{part_of(title, 'learner')}.ipynb"
        path = file_dialogs.save_file(
            self._window, "Save as a notebook", str(Path(self._parts.export.folder) / name), _KINDS
        )
        if path is None:
            return
        if path.suffix.lower() != _SUFFIX:
            path = path.with_name(f"{path.name}{_SUFFIX}")
        self._parts.jobs.submit(
            Order(
                title=f"Notebook of {title}",
                detail=f"{steps:,} steps",
                job=noting(self._studio, key, self._data.points(), path),
                progress=lambda _: None,
                done=self._noted,
                failed=self._refuse,
            )
        )

    def _noted(self, path: Path) -> None:
        self._parts.messages.settle(Cause.SAVING)
        self._parts.messages.tell(f"Saved {path}.", severity=Severity.NOTE)

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
