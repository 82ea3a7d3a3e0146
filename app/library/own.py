"""The user's own models in the window: renamed, deleted, exported, and imported from a file."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.exchange.intake import sentence
from app.recipes.files import SaveError, unwritable
from app.work.jobs import Jobs, Order
from app.work.lane import Failure, Job
from engines.checkpoints import budget, own
from engines.checkpoints.archive import SUFFIX
from engines.checkpoints.catalog import CheckpointError
from engines.model import Card
from widgets.library import questions

KINDS = f"Models of Genscope (*{SUFFIX})"


class Own(QObject):
    """`added` tells a card that is new or has a new name, `leaving` one whose files go next.

    `said` carries a sentence, and whether something went wrong.
    """

    added = Signal(object)
    leaving = Signal(object)
    said = Signal(str, bool)

    def __init__(self, jobs: Jobs, root: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._root = jobs, root

    def rename(self, card: Card, window: QWidget) -> None:
        """Ask for another name, and give it."""

        def give(new: str) -> None:
            try:
                made = own.rename(card.name, new, self._root)
            except CheckpointError as error:
                self.said.emit(sentence(str(error)), True)
                return
            self.leaving.emit(card)
            self.said.emit(f"{card.name} is now called {made.name}.", False)
            self.added.emit(made)

        questions.ask_name(window, card.name, give)

    def delete(self, card: Card, window: QWidget) -> None:
        """Ask whether it is to be lost, and delete it."""

        def delete() -> None:
            try:
                freed = own.remove(card.name)
            except CheckpointError as error:
                self.said.emit(sentence(str(error)), True)
                return
            self.leaving.emit(card)
            self.said.emit(f"{card.name} is deleted: {budget.said(freed)}.", False)

        questions.ask_to_delete(window, card.name, budget.said(own.size(card)), delete)

    def export(self, card: Card, window: QWidget, folder: str) -> None:
        """Ask for a place, and write the model there in the queue."""
        offered = str(Path(folder) / f"{card.name.replace('/', '-')}{SUFFIX}")
        path = file_dialogs.save_file(window, f"Export {card.name}", offered, KINDS)
        if path is None:
            return
        if path.suffix.lower() != SUFFIX:
            path = path.with_name(f"{path.name}{SUFFIX}")

        def done(_: Path) -> None:
            self.said.emit(f"{card.name} was exported to {path}.", False)

        self._submit(f"Exporting {card.name}", exporting(card.name, path), done)

    def bring(self, path: Path) -> None:
        """Take in a model that was exported, in the queue."""
        self._submit(f"Importing {path.name}", importing(path, self._root), self.added.emit)

    def _submit(self, title: str, job: Job, done: Callable[[Any], object]) -> None:
        def refuse(failure: Failure) -> None:
            self.said.emit(sentence(failure.sentence), True)

        self._jobs.submit(
            Order(
                title=title,
                detail="one file",
                job=job,
                progress=lambda _: None,
                done=done,
                failed=refuse,
            )
        )


def exporting(name: str, path: Path) -> Job:
    """A job that writes a model to one file and returns its path."""

    def job() -> Generator[None, None, Path]:
        try:
            return (yield from own.exporting(name, path))
        except OSError as error:
            raise SaveError(unwritable(path, error)) from error

    return job


def importing(path: Path, root: Path) -> Job:
    """A job that takes in a model that was exported, and returns its card here."""

    def job() -> Generator[None, None, Card]:
        return (yield from own.importing(path, root))

    return job
