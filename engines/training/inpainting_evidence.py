"""Every in-painting method on models whose conditional is known, through the code of the window.

Writes docs/inpainting.md for readers and assets/evidence.toml for the window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import tomli_w
import torch
from torch import Tensor

from engines.disk import write_atomically
from engines.inpaint import methods_for
from engines.inpaint.evidence import PATH, Evidence
from engines.inpaint.method import Method
from engines.model import Exactness, Knobs, Model, Run

_SEED = 1
_NEAR_FLOOR = 1.9
"""The floor is one set of draws itself, and chance moves both."""


@dataclass(frozen=True)
class Measure:
    """A distance of draws (n, *shape) from the exact conditional, and how much is allowed.

    What a heuristic has left over is no failure; of it the page says how far off it is.
    """

    name: str
    distance: Callable[[Tensor], float]
    allowed: float


@dataclass(frozen=True)
class Question:
    """One hole in one picture of one model, and what is known of the answer.

    `exact(n)` draws independently from the conditional, for the floor.
    """

    oracle: str
    model: Model
    picture: Tensor
    known: Tensor
    exact: Callable[[int], Tensor]
    measures: Sequence[Measure]


@dataclass(frozen=True)
class Trial:
    """A method by name at these knobs, asked a question with so many draws.

    `allowed` replaces the tolerance of the question, for knobs that ask for less.
    """

    question: Question
    method: str
    knobs: Knobs = field(default_factory=dict)
    draws: int = 4_000
    allowed: float | None = None


def measured(trial: Trial) -> Iterator[Evidence]:
    """One row for every measure of the question."""
    question = trial.question
    model = question.model
    method = named(model, trial.method)
    start = time.perf_counter()
    run = method.run(model, question.picture, question.known, trial.draws, _SEED, trial.knobs)
    x, calls = ended(run)
    print(f"{method.title}: {time.perf_counter() - start:.1f} s", flush=True)
    procedure = method.standing(model, trial.knobs, question.known)
    exact = question.exact(trial.draws)
    for measure in question.measures:
        value, floor = measure.distance(x), measure.distance(exact)
        allowed = trial.allowed or measure.allowed
        yield Evidence(
            method.name, model.card.family, method.title, procedure.method,
            procedure.exactness.value, question.oracle, calls, measure.name, round(value, 4),
            round(floor, 4), verdict(procedure.exactness, value, floor, allowed),
        )  # fmt: skip


def named(model: Model, name: str) -> Method:
    """The method of this name among those that fit the model."""
    return next(method for method in methods_for(model) if method.name == name)


def ended(run: Run) -> tuple[Tensor, int]:
    """The result of a run and the calls per draw that its last step counted."""
    calls = 0
    while True:
        try:
            calls = next(run).calls
        except StopIteration as end:
            return end.value, calls


def verdict(exactness: Exactness, value: float, floor: float, allowed: float) -> str:
    """In words: at the floor, within what is allowed, or how badly off."""
    if value <= _NEAR_FLOOR * floor:
        return "at the sampling floor"
    if value <= allowed:
        return f"within the tolerance of {allowed:g}"
    if exactness is Exactness.HEURISTIC:
        return f"off by {value / floor:.0f} × the floor, as its label warns"
    return f"MISSES the tolerance of {allowed:g}"


_HEAD = """# In-painting methods against known answers

Written by `python -m engines.training inpainting-evidence`. Every method fills holes of models
whose conditional p(x_m | x_o) is known in closed form, by enumeration or by quadrature, through the
code that the window runs; what is measured is thus the error of the method alone. The floor is what
as many independent exact draws give: nothing can be asked below it. Calls are network evaluations
per draw as the runs count them. TV is the total variation distance: half the sum of the differences
in probability over bins or outcomes.
"""


def page(rows: Iterable[Evidence]) -> str:
    """The page of all rows, one table for each oracle."""
    parts, oracle = [_HEAD], ""
    for row in rows:
        if row.oracle != oracle:
            oracle = row.oracle
            parts.append(f"\n## {oracle}\n\n{_COLUMNS}")
        parts.append(
            f"| {row.title}: {row.how} | {row.exactness} | {row.calls} | {row.measure} "
            f"| {row.value:.3f} | {row.floor:.3f} | {row.verdict} |\n"
        )
    return "".join(parts)


_COLUMNS = (
    "| method | standing | calls per draw | measure | value | floor | verdict |\n"
    "|---|---|---|---|---|---|---|\n"
)


def write(
    trials: Iterable[Trial], document: Path = Path("docs/inpainting.md"), table: Path = PATH
) -> None:
    """Measure and write both files."""
    torch.set_num_threads(1)
    rows = []
    for trial in trials:
        for row in measured(trial):
            print(f"  {row.measure} {row.value:.3f}, floor {row.floor:.3f}: {row.verdict}")
            rows.append(row)
    document.write_text(page(rows), encoding="utf-8")
    text = tomli_w.dumps({"evidence": [asdict(row) for row in rows]})
    write_atomically(table, text.encode())
