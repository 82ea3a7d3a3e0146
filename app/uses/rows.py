"""The models of a page, each with one background job: asked once, dropped with its model."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot

from app.tab.asking import Answer, Questions, answering
from app.work.channels import Channels
from app.work.lane import Failure, Job


class Rows(QObject):
    """What is asked of each model of a page; all rest while the page is out of view."""

    stepped = Signal(str, object)
    """A model, and what its job has yielded: an answer to what was asked of it last."""
    failed = Signal(str, object)
    """A model, and the Failure of its job."""

    def __init__(self, channels: Channels, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self._questions = Questions()
        self._tickets: dict[int, tuple[str, object]] = {}
        self._jobs = channels.background(title)
        self._jobs.stepped.connect(self._step)
        self._jobs.done.connect(self._end)
        self._jobs.failed.connect(self._fail)
        self._jobs.stopped.connect(self._stop)
        self.go_on, self.rest, self.stop = self._jobs.go_on, self._jobs.hold, self._jobs.stop
        self.forget = self._questions.forget

    def keep(self, names: Iterable[str]) -> tuple[str, ...]:
        """Drop all other models and what is on its way for them; returns their names."""
        gone = tuple(self._questions.keep(names))
        for name in gone:
            self._cancel(name)
        return gone

    def ask(self, name: str, question: object, title: str, job: Job) -> bool:
        """Ask a model, in place of what was asked of it; False where it was asked just that."""
        if not self._questions.ask(name, question):
            return False
        self._cancel(name)
        ticket = self._jobs.submit(title, answering(question, job))
        self._tickets[ticket] = name, question
        return True

    def _cancel(self, name: str) -> None:
        for ticket in [t for t, (other, _) in self._tickets.items() if other == name]:
            self._jobs.cancel(ticket)

    @Slot(int, object)
    def _step(self, ticket: int, answer: Answer | None) -> None:
        name, _ = self._tickets[ticket]
        if answer is not None and self._questions.wants(name, answer):
            self.stepped.emit(name, answer.step)

    @Slot(int, object)
    def _end(self, ticket: int, _: object) -> None:
        self._tickets.pop(ticket)

    @Slot(int)
    def _stop(self, ticket: int) -> None:
        name, question = self._tickets.pop(ticket)
        self._questions.forget(name, question)

    @Slot(int, object)
    def _fail(self, ticket: int, failure: Failure) -> None:
        name, question = self._tickets.pop(ticket)
        self._questions.forget(name, question)
        self.failed.emit(name, failure)
