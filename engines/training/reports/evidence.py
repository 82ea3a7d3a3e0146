"""In-painting methods on models whose conditional is known, through the code of the window.

The page and the table of the window are written by `evidence_page`. The rule of the verdicts is
fixed here and in the questions, before a run: at the floor is what lies below the 99 % quantile of
independent sets of exact draws, and nothing else; tolerances are chosen for the task, never by what
a run gave.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import Tensor

from engines.facts.evidence import Evidence, kind_of
from engines.inpaint import methods_for
from engines.inpaint.method import Method
from engines.model import Exactness, Knobs, Model, Run, Steps

SEED = 1
SETS = 400
"""Independent sets of exact draws behind a floor and its limit."""
LEVEL = 0.99


@dataclass(frozen=True)
class Measure:
    """A distance of draws (n, *shape) from the exact conditional, and how much is allowed.

    `allowed` is the tolerance of what is asymptotically exact, None where none was set. An exact
    method is allowed the floor only; what a heuristic has left over is no failure, and the page
    says how far off it is.
    """

    name: str
    distance: Callable[[Tensor], float]
    allowed: float | None = None


@dataclass(frozen=True, eq=False)
class Question:
    """One hole in one picture of one model, and what is known of the answer.

    `exact(n, g)` draws n times independently from the conditional, for the floor.
    """

    oracle: str
    model: Model
    picture: Tensor
    known: Tensor
    exact: Callable[[int, torch.Generator], Tensor]
    measures: Sequence[Measure]


@dataclass(frozen=True)
class Trial:
    """A method by name at these knobs, asked a question with so many draws.

    `held` is whether the tolerances of the question are for these knobs.
    """

    question: Question
    method: str
    knobs: Knobs = field(default_factory=dict)
    draws: int = 4_000
    held: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """What rows of earlier runs are replaced by: oracle, family and method."""
        return self.question.oracle, self.question.model.card.family, self.method

    @property
    def words(self) -> frozenset[str]:
        """What the command may be asked for to measure this."""
        card = self.question.model.card
        return frozenset({"oracle", card.name, card.family, self.method})

    def rows(self) -> Iterator[Evidence]:
        """One row for every measure of the question."""
        return measured(self)


def measured(trial: Trial) -> Iterator[Evidence]:
    """One row for every measure of the question."""
    question = trial.question
    model = question.model
    method = named(model, trial.method)
    start = time.perf_counter()
    run = method.run(model, question.picture, question.known, trial.draws, SEED, trial.knobs)
    x, calls = ended(run)
    print(f"{method.title}: {time.perf_counter() - start:.1f} s", flush=True)
    procedure = method.standing(model, trial.knobs, question.known)
    floors = floors_of(question, trial.draws)
    for measure, (floor, limit) in zip(question.measures, floors, strict=True):
        value, allowed = measure.distance(x), measure.allowed if trial.held else None
        yield Evidence(
            method.name,
            model.card.family,
            method.title,
            procedure.method,
            procedure.exactness.value,
            question.oracle,
            trial.draws,
            calls,
            measure.name,
            round(value, 4),
            round(floor, 4),
            round(limit, 4),
            verdict(procedure.exactness, value, floor, limit, allowed),
            kind_of(model.card),
        )


@cache
def floors_of(question: Question, draws: int) -> tuple[tuple[float, float], ...]:
    """Of every measure the mean and the 99 % quantile over independent sets of exact draws."""
    g = torch.Generator().manual_seed(0)
    sets = []
    for _ in range(SETS):
        x = question.exact(draws, g)
        sets.append([measure.distance(x) for measure in question.measures])
    found = torch.tensor(sets, dtype=torch.float64)
    return tuple(zip(found.mean(0).tolist(), found.quantile(LEVEL, 0).tolist(), strict=True))


def named(model: Model, name: str) -> Method:
    """The method of this name among those that fit the model."""
    return next(method for method in methods_for(model) if method.name == name)


def ended(run: Run) -> tuple[Tensor, int]:
    """The result of a run and the calls per draw that its last step counted."""
    calls, steps = 0, Steps(run)
    for step in steps:
        calls = step.calls
    return steps.result, calls


def verdict(
    exactness: Exactness, value: float, floor: float, limit: float, allowed: float | None
) -> str:
    """In words: at the floor, within what is allowed, or how badly off."""
    if value <= limit:
        return "at the sampling floor"
    if exactness is Exactness.EXACT:
        return "MISSES the sampling floor"
    times = f"{value / floor:.{1 if value < 10 * floor else 0}f} × the floor"
    if exactness is Exactness.HEURISTIC:
        return f"off by {times}, as its label warns"
    if allowed is None:
        return f"{times}; no tolerance was set for it"
    if value <= allowed:
        return f"within the tolerance of {allowed:g}"
    return f"MISSES the tolerance of {allowed:g}"
