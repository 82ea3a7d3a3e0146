"""Every in-painting method on models whose conditional is known, through the code of the window.

Writes docs/inpainting.md for readers and assets/evidence.toml for the window. The rule of the
verdicts is fixed here and in the questions, before a run: at the floor is what lies below the 99 %
quantile of independent sets of exact draws, and nothing else; tolerances are chosen for the task,
never by what a run gave.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import tomli_w
import torch
from torch import Tensor

from engines.disk import write_atomically
from engines.evidence import PATH, Evidence
from engines.inpaint import methods_for
from engines.inpaint.method import Method
from engines.model import Exactness, Knobs, Model, Run

_SEED = 1
_SETS = 400
"""Independent sets of exact draws behind a floor and its limit."""
_LEVEL = 0.99


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
    floors = floors_of(question, trial.draws)
    for measure, (floor, limit) in zip(question.measures, floors, strict=True):
        value, allowed = measure.distance(x), measure.allowed if trial.held else None
        yield Evidence(
            method.name, model.card.family, method.title, procedure.method,
            procedure.exactness.value, question.oracle, trial.draws, calls, measure.name,
            round(value, 4), round(floor, 4), round(limit, 4),
            verdict(procedure.exactness, value, floor, limit, allowed),
        )  # fmt: skip


@cache
def floors_of(question: Question, draws: int) -> tuple[tuple[float, float], ...]:
    """Of every measure the mean and the 99 % quantile over independent sets of exact draws."""
    g = torch.Generator().manual_seed(0)
    sets = []
    for _ in range(_SETS):
        x = question.exact(draws, g)
        sets.append([measure.distance(x) for measure in question.measures])
    found = torch.tensor(sets, dtype=torch.float64)
    return tuple(zip(found.mean(0).tolist(), found.quantile(_LEVEL, 0).tolist(), strict=True))


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


_HEAD = f"""# In-painting methods against known answers

Written by `python -m engines.training inpainting-evidence`. Every method fills holes of models
whose conditional p(x_m | x_o) is known in closed form, by enumeration or by quadrature, through the
code that the window runs; what is measured is thus the error of the method alone. Calls are network
evaluations per draw as the runs count them. TV is the total variation distance: half the sum of the
differences in probability over bins or outcomes.

The verdicts follow a rule that was fixed before the run. The floor is the mean distance of {_SETS}
independent sets of as many exact draws, in brackets the value that 99 % of them stay below; a row
is at the sampling floor if it lies below that as well, which one exact row in a hundred misses by
chance. An exact method must be there. An asymptotically exact one with few steps or particles has
a tolerance: TV 0.08 on the mixture with 16 particles, 0.06 sd and 4 % for means and covariances;
where none was set the row says so. Of a heuristic the row says how far off it is.
"""


def page(rows: Iterable[Evidence]) -> str:
    """The page of all rows, one table for each oracle."""
    parts, oracle = [_HEAD], ""
    for row in rows:
        if row.oracle != oracle:
            oracle = row.oracle
            parts.append(f"\n## {oracle}\n\n{_COLUMNS}")
        parts.append(
            f"| {row.title}: {row.how} | {row.exactness} | {row.draws:,} | {row.calls} "
            f"| {row.measure} | {row.value:.3f} | {row.floor:.3f} ({row.limit:.3f}) "
            f"| {row.verdict} |\n"
        )
    return "".join(parts)


_COLUMNS = (
    "| method | standing | draws | calls per draw | measure | value | floor (99 %) | verdict |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def write(
    trials: Iterable[Trial], document: Path = Path("docs/inpainting.md"), table: Path = PATH
) -> None:
    """Measure and write both files."""
    torch.set_num_threads(1)
    rows = []
    for trial in trials:
        for row in measured(trial):
            print(
                f"  {row.measure} {row.value:.3f}, floor {row.floor:.3f} "
                f"({row.limit:.3f}): {row.verdict}"
            )
            rows.append(row)
    document.write_text(page(rows), encoding="utf-8")
    text = tomli_w.dumps({"evidence": [asdict(row) for row in rows]})
    write_atomically(table, text.encode())
