"""Models that a person brings into the window: their cards are read in the queue, then chosen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from app.jobs import Jobs, Order
from app.lane import Job
from app.open_models import Loading
from engines.model import Card


def reading(name: str) -> Job:
    """A job that returns the Card of a folder or of a model of the hub; it reads all its files."""

    def job() -> Generator[Loading, None, Card]:
        yield Loading(name)
        from engines import outside

        return outside.find(name)

    return job


def is_model(path: Path) -> bool:
    """Whether a folder is meant as a model of diffusers, not as a folder of pictures."""
    return any((path / name).is_file() for name in ("model_index.json", "config.json"))


class Outside(QObject):
    """Reads what is brought and hands its card to `admit`; what cannot be opened says why."""

    def __init__(self, jobs: Jobs, admit: Callable[[Card], object], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._admit = jobs, admit

    @Slot(object)
    def open(self, path: Path) -> None:
        """Bring in a folder of diffusers."""
        self._jobs.submit(
            Order(
                title=f"Opening {path.name}",
                detail="reading its files",
                job=reading(str(path)),
                progress=lambda _: None,
                done=self._admit,
            )
        )
