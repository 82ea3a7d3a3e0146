"""Several learners in one background job, fair by processor time or by examples. No Qt.

The lane may stop it at each yield, which comes after every step of one learner.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

from engines.learning.learner import DivergedError, Learner
from engines.training.loop import Moment


class Fair(Enum):
    """What learners that take turns have equally much of."""

    TIME = "processor time"
    EXAMPLES = "examples"


@dataclass(frozen=True)
class Told:
    """What one learner says: a step, or the sentence with which it exploded."""

    which: int
    moment: Moment | None
    trouble: str = ""


class Race:
    """Learners side by side; what each has spent since it joined decides whose turn it is.

    One that explodes stops alone, and one at its end rests; after a rewind, a change or more steps
    `run` takes them up again. `steps` bounds what each does in this run: a button's "× 10".
    """

    def __init__(self, learners: Sequence[Learner], fair: Fair = Fair.TIME) -> None:
        self.learners, self.fair = tuple(learners), fair
        self._seconds, self._examples = ([0.0] * len(self.learners) for _ in range(2))

    def run(self, steps: int | None = None) -> Generator[Told, None, None]:
        """A step of one learner at a time, until none goes on; close it to pause."""
        runs = {which: each.moments() for which, each in enumerate(self.learners)}
        left = dict.fromkeys(runs, steps)
        try:
            while runs:
                which = min(runs, key=self._spent)
                began = time.thread_time()
                told = self._advance(which, runs[which])
                self._seconds[which] += time.thread_time() - began
                if told is None or told.trouble:
                    del runs[which]
                if told is None:
                    continue
                yield told
                rest = left[which]
                if rest is not None and not told.trouble:
                    left[which] = rest - 1
                    if rest == 1:
                        runs.pop(which).close()
        finally:
            for run in runs.values():
                run.close()

    def spent(self, which: int, fair: Fair) -> float:
        """Seconds of processor time, or examples, that a learner has had in this race."""
        return (self._seconds if fair is Fair.TIME else self._examples)[which]

    def _spent(self, which: int) -> float:
        return self.spent(which, self.fair)

    def _advance(self, which: int, run: Generator[Moment, None, None]) -> Told | None:
        """The next step of a learner; None at its end."""
        course = self.learners[which].course
        try:
            before = course.step
            moment = next(run)
        except StopIteration:
            return None
        except DivergedError as error:
            return Told(which, None, str(error))
        batch = getattr(getattr(course, "plan", None), "batch", 0)
        seen = batch or len(self.learners[which].data.train)
        self._examples[which] += seen * (moment.step - before)
        return Told(which, moment)
