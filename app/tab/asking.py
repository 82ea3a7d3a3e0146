"""What a view has asked of its jobs: nothing is asked twice, nothing that was dropped stays asked.

A view asks again at every refresh. `Questions` remembers what is on its way; `answering` marks each
step of a job with its question, so that one that comes late is known and never shown for another.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

from app.work.events import share_of
from app.work.lane import Job
from engines.steps import Steps


@dataclass(frozen=True, eq=False)
class Answer:
    """One step of a job, and the question that it answers."""

    question: object
    step: Any

    @property
    def share(self) -> float | None:
        """How much is done, where the step says so."""
        return share_of(self.step)


def answering(question: object, job: Job) -> Job:
    """The same job; what it yields comes as Answers, None as None."""

    def marked() -> Generator[Answer | None, None, Any]:
        with Steps(job()) as steps:
            for step in steps:
                yield None if step is None else Answer(question, step)
        return steps.result

    return marked


class Questions:
    """The last question of every row, by the row's name; questions are compared by ==."""

    def __init__(self) -> None:
        self._asked: dict[str, object] = {}

    def ask(self, name: str, question: object) -> bool:
        """Note a question of a row; False where it is the one that was asked last."""
        if name in self._asked and self._asked[name] == question:
            return False
        self._asked[name] = question
        return True

    def wants(self, name: str, answer: Answer) -> bool:
        """Whether an answer is to what the row was asked last."""
        return name in self._asked and self._asked[name] == answer.question

    def forget(self, name: str) -> None:
        """Let a row be asked again."""
        self._asked.pop(name, None)

    def keep(self, names: Iterable[str]) -> tuple[str, ...]:
        """Forget the rows that are not among these; returns their names."""
        kept = set(names)
        gone = tuple(name for name in self._asked if name not in kept)
        for name in gone:
            del self._asked[name]
        return gone
