"""A folder of pictures in place of the examples of the data set in view."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.exchange.export import Export
from app.exchange.intake import sentence
from app.models.titles import data_title
from app.session.session import Session
from app.work.channels import Channels
from app.work.lane import Failure, Job
from engines.kinds import Pictures
from engines.naming import shortened
from engines.steps import quietly
from widgets.window.messages import Cause, Messages, Severity

if TYPE_CHECKING:
    from engines.data.picture_folder import Found

NO_PICTURES = "Choose a data set of pictures first: this one cannot use a folder of pictures."


@dataclass(frozen=True, eq=False)
class Opened:
    """What a folder holds for models of a data set."""

    data: str
    folder: Path
    found: Found


class Folders(QObject):
    """Opens folders for the data set in view, and goes back to its own examples."""

    def __init__(
        self,
        session: Session,
        channels: Channels,
        export: Export,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._export, self._messages = session, export, messages
        self._window = window
        self._channel = channels.open("folder of pictures")
        self._channel.stepped.connect(self._take)
        self._channel.failed.connect(self._refuse)

    @Slot()
    def ask(self) -> None:
        """Let a person choose a folder."""
        path = file_dialogs.open_folder(
            self._window, "Open a folder of pictures", self._export.folder
        )
        if path:
            self.open(path)

    def open(self, folder: Path) -> None:
        """Read a folder; its pictures become the examples of the data set in view."""
        cards = self._session.chosen() or self._session.of_data(self._session.data)
        if not cards or not isinstance(cards[0].kind, Pictures):
            self._messages.tell(NO_PICTURES, about=Cause.OPENING)
            return
        self._channel.submit(opening(folder, cards[0].data, cards[0].shape))

    @Slot()
    def leave(self) -> None:
        """Back to the examples that came with the data set."""
        self._session.set_examples(self._session.data, None)

    @Slot(object)
    def _take(self, opened: Opened | None) -> None:
        if opened is None:
            return
        self._session.set_examples(opened.data, opened.found.pictures)
        self._messages.settle(Cause.OPENING)
        self._messages.tell(report(opened), details(opened.found), Severity.NOTE)

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._messages.settle(Cause.OPENING)
        self._messages.tell(sentence(failure.sentence), about=Cause.OPENING)


def opening(folder: Path, data: str, shape: tuple[int, ...]) -> Job:
    """A job that yields None while it reads and at last what is Opened."""

    def job() -> Generator[Opened | None, None, None]:
        from engines.data.picture_folder import read_folder  # torch comes in here

        found = yield from quietly(read_folder(folder, shape))
        yield Opened(data, folder, found)

    return job


def report(opened: Opened) -> str:
    """What was opened and what was left out, in words."""
    found, title = opened.found, data_title(opened.data)
    count = len(found.pictures.levels)
    pictures = f"{count:,} picture" + "s" * (count != 1)
    folder = shortened(opened.folder.name, 60)
    said = f"the examples of {title} are now {pictures} from {folder}"
    if found.refused:
        said += f"; {found.left_out:,} left out ({found.refused[0].rstrip('.')})"
    if found.unread:
        said += f"; {found.unread:,} more were not read"
    return sentence(said)


def details(found: Found) -> str:
    """The first ten files that were left out, and what was decided about others, a line each."""
    more = found.left_out - len(found.refused)
    rest = [f"… and {more:,} more were left out."] * (more > 0)
    return "\n".join((*found.refused, *rest, *found.notes))
