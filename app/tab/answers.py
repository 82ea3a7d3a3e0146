"""The rows of a page that ask the lane: each is asked once, and hears what answers it alone.

A row that goes takes its question with it; one whose job ended without an answer is asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.tab.asking import Answer, Questions, answering
from app.work.channels import Channel, Channels
from app.work.lane import Failure, Job

ONE = ""
"""The name of the row of a page that has one."""


class Answers(QObject):
    """What is asked of each row of a page, by its name."""

    stepped = Signal(str, object)
    """A row, and what its job has yielded: an answer to what was asked of it last."""
    failed = Signal(str, object)
    """A row, and the Failure of its job."""
    rested = Signal(str)
    """A row whose job was stopped: nothing more comes."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._questions = Questions()
        self.forget = self._questions.forget

    def keep(self, names: Iterable[str]) -> tuple[str, ...]:
        """Drop all other rows and what is on its way for them; returns their names."""
        gone = self._questions.keep(names)
        for name in gone:
            self._cancel(name)
        return gone

    def _cancel(self, name: str) -> None:
        raise NotImplementedError

    def _hear(self, name: str, answer: Answer | None) -> None:
        if answer is not None and self._questions.wants(name, answer):
            self.stepped.emit(name, answer.step)


class LiveAnswers(Answers):
    """Rows that answer a hand: the newest job of each goes next."""

    def __init__(self, channels: Channels, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self._channels, self._title = channels, title
        self._opened: dict[str, Channel] = {}

    def ask(self, name: str, question: object, job: Job) -> bool:
        """Ask a row, in place of what was asked of it; False where it was asked just that."""
        if not self._questions.ask(name, question):
            return False
        self._channel(name).submit(answering(question, job))
        return True

    def stop(self) -> None:
        """Drop and stop what is on its way."""
        for channel in self._opened.values():
            channel.stop()

    def _cancel(self, name: str) -> None:
        self._opened[name].stop()

    def _channel(self, name: str) -> Channel:
        if name not in self._opened:
            channel = self._opened[name] = self._channels.open(f"{self._title}{name}")
            channel.stepped.connect(partial(self._hear, name))
            channel.failed.connect(partial(self._fail, name))
            channel.stopped.connect(partial(self._rest, name))
        return self._opened[name]

    def _rest(self, name: str) -> None:
        self.forget(name)
        self.rested.emit(name)

    def _fail(self, name: str, failure: Failure) -> None:
        self.forget(name)
        self.failed.emit(name, failure)


class BackgroundAnswers(Answers):
    """Rows with a background job each; all rest while the page is out of view."""

    def __init__(self, channels: Channels, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self._tickets: dict[int, str] = {}
        self._newest: dict[str, int] = {}
        self._jobs = channels.background(title)
        self._jobs.stepped.connect(self._step)
        self._jobs.done.connect(self._end)
        self._jobs.failed.connect(self._fail)
        self._jobs.stopped.connect(self._stop)
        self.go_on, self.rest, self.stop = self._jobs.go_on, self._jobs.hold, self._jobs.stop

    def ask(self, name: str, question: object, title: str, job: Job) -> bool:
        """Ask a row, in place of what was asked of it; False where it was asked just that."""
        if not self._questions.ask(name, question):
            return False
        self._cancel(name)
        self._newest[name] = ticket = self._jobs.submit(title, answering(question, job))
        self._tickets[ticket] = name
        return True

    def _cancel(self, name: str) -> None:
        for ticket in [t for t, other in self._tickets.items() if other == name]:
            self._jobs.cancel(ticket)

    @Slot(int, object)
    def _step(self, ticket: int, answer: Answer | None) -> None:
        self._hear(self._tickets[ticket], answer)

    @Slot(int, object)
    def _end(self, ticket: int, _: object) -> None:
        self._tickets.pop(ticket)

    @Slot(int)
    def _stop(self, ticket: int) -> None:
        name = self._tickets.pop(ticket)
        if self._newest[name] == ticket:  # else it was asked again before its job had ended
            self.forget(name)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: Failure) -> None:
        name = self._tickets[ticket]
        self._stop(ticket)
        self.failed.emit(name, failure)
