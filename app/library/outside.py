"""Models that a person brings into the window: what is meant by a name, and their cards read."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.models.open_models import Loading
from app.work.jobs import Jobs, Order
from app.work.lane import Failure, Job
from engines import naming
from engines.checkpoints.archive import SUFFIX
from engines.checkpoints.catalog import CheckpointError
from engines.model import Card
from engines.opening import missing
from engines.outside import hub, single

_MARKS = ("model_index.json", "config.json")


def is_model(path: Path) -> bool:
    """Whether a path is meant as a model: a card, weights, or a folder that is not of pictures."""
    suffixes = (*single.SUFFIXES, SUFFIX)
    return _opens(path) or (path.suffix.lower() in suffixes and not path.is_dir())


def _opens(path: Path) -> bool:
    """Whether a path is that of a card, or of a folder of diffusers or transformers."""
    return path.suffix == ".toml" or any((path / name).is_file() for name in _MARKS)


def place_of(text: str, known: Collection[str] = ()) -> str:
    """What a model from outside is known by: an absolute path, or an id of the hub.

    A file inside a folder of diffusers stands for the folder. Raises CheckpointError, also for
    what is of the same data set as a `known` model, or a slip of the hand away from one.
    """
    path = Path(os.path.expanduser(text))
    if not os.path.exists(path):
        ours = text.partition("/")[0] in {each.partition("/")[0] for each in known}
        if ours or naming.nearest_models(text, known):
            raise CheckpointError(missing(text, known))
        if hub.is_id(text):
            return text
        raise CheckpointError(
            f"there is no folder or file '{naming.shortened(text)}', and a Hugging Face id "
            "has the form owner/name"
        )
    path = path.absolute()
    if _opens(path):
        return str(path)
    if path.is_file() and path.suffix in (*single.SUFFIXES, ".json") and _opens(path.parent):
        return str(path.parent)
    if path.suffix.lower() in single.ALONE:  # what it holds is found out when it is read
        return str(path)
    if path.suffix.lower() in single.SUFFIXES:
        raise CheckpointError(
            f"{path.name} holds only weights: write a card beside it that describes their "
            "network (docs/outside.md), and add the card"
        )
    raise CheckpointError(f"{path} is not a model: neither a diffusers folder nor a card (.toml)")


def reading(place: str) -> Job:
    """A job that returns the Card of a model that is on this machine; it reads all its files."""

    def job() -> Generator[Loading | None, None, Card]:
        yield Loading(place)
        from engines import outside

        card = yield from outside.reading(place)
        if card is None:
            raise CheckpointError(f"'{place}' is not completely on this machine: download it")
        return card

    return job


class Outside(QObject):
    """Reads what is brought, in the queue. `opened` tells the place and its card, `refused` why
    there is none."""

    opened = Signal(str, object)
    refused = Signal(str, str)

    def __init__(self, jobs: Jobs, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs

    def open(self, place: str) -> None:
        """Bring in what `place_of` found."""

        def refuse(failure: Failure) -> None:
            self.refused.emit(place, failure.sentence)

        self._jobs.submit(
            Order(
                title=f"Opening {Path(place).name}",
                detail="reading its files",
                job=reading(place),
                progress=lambda _: None,
                done=lambda card: self.opened.emit(place, card),
                failed=refuse,
            )
        )
