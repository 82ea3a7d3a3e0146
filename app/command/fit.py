"""Models of one's own points from the command line, as in `main.py fit moons.csv`. No Qt."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch

from app.command.output import ProgressLine, UsageError, say
from engines.checkpoints.catalog import FAMILY_TITLES, ROOT, CheckpointError, reason
from engines.checkpoints.disk import write_atomically
from engines.data import own as own_data
from engines.data.own import DataError, Points
from engines.learning.examples import FEW, read_points
from engines.learning.fitting import FAMILIES, data_set, fit
from engines.learning.learner import DivergedError
from engines.learning.notebook import notebook as notebook_of
from engines.learning.notebook import run_of_card
from engines.learning.small import STEPS
from engines.model import Card, Step
from engines.naming import shortened
from engines.steps import Steps
from engines.training.loop import Moment

T = TypeVar("T")
_SHOWN_EVERY, _TOLD_EVERY = 0.25, 15.0
"""Seconds between lines: where a line can be written over, and where each is a new one."""


@dataclass(frozen=True)
class Budget:
    """What the command line gives each family: steps, a limit in minutes, the seed."""

    steps: int | None = None
    minutes: float | None = None
    seed: int = 1

    def flags(self, family: str) -> str:
        """As options of the command line."""
        steps = f" --steps {self.steps or STEPS[family]}" if family in STEPS else ""
        minutes = "" if self.minutes is None else f" --minutes {self.minutes:g}"
        return f"--seed {self.seed}{steps}{minutes}"


def act(
    path: Path, families: str, budget: Budget, root: Path = ROOT, notebook: Path | None = None
) -> bool:
    """Fit families, by commas, to the points of a CSV file; whether all of them were.

    The names of the models are printed, one a line. `notebook`: where the training of a single
    family goes as a notebook. Raises UsageError for families that there are not, CheckpointError
    for a file that will not do, or where no model could be made.
    """
    asked = _families(families)
    if notebook is not None:
        _check_notebook(notebook, asked)
    try:
        points = read_points(path)
        known = own_data.names()
        name = data_set(points, path.stem)
    except DataError as error:
        raise CheckpointError(str(error)) from error
    if len(points.x) < FEW:
        say(f"{len(points.x)} points are few: with fewer than {FEW} a fit says little")
    torch.set_num_threads(1)  # small networks: more would cost time, and give other bits
    torch.set_flush_denormal(True)
    made, faults = 0, []
    try:
        for family in asked:
            try:
                card = _fitted(points, family, name, path, budget, root)
                print(card.name, flush=True)
                made += 1
                if notebook is not None:
                    _write(notebook, points, card)
            except (ValueError, DivergedError, CheckpointError) as error:
                faults.append(str(error))
    finally:
        if not made and name not in known:
            own_data.delete(name)
    if not made:
        raise CheckpointError("; ".join(faults))
    for fault in faults:
        say(fault)
    return not faults


def _check_notebook(path: Path, asked: list[str]) -> None:
    """Refuse, before anything is trained, what cannot be written."""
    if len(asked) > 1:
        raise UsageError(f"--notebook is of one family, and {len(asked)} are named")
    if path.suffix.lower() != ".ipynb":
        raise UsageError(f"--notebook names a file that ends in .ipynb, got '{path.name}'")
    if not path.parent.is_dir():
        raise UsageError(f"--notebook: there is no folder '{path.parent}'")


def _write(path: Path, points: Points, card: Card) -> None:
    """The training of a model as a notebook. Raises CheckpointError where it cannot be written."""
    try:
        write_atomically(path, notebook_of(points, run_of_card(card)))
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be written: {reason(error)}") from error
    say(f"wrote {path.name}")


def _families(families: str) -> list[str]:
    asked = [family.strip() for family in families.split(",") if family.strip()]
    if not asked:
        raise UsageError(f"--families names at least one of {', '.join(FAMILIES)}")
    for family in asked:
        if family not in FAMILIES:
            raise UsageError(
                f"no family '{shortened(family)}' learns points; there are: {', '.join(FAMILIES)}"
            )
    return list(dict.fromkeys(asked))


def _fitted(points: Points, family: str, name: str, path: Path, budget: Budget, root: Path) -> Card:
    run = fit(
        points,
        family,
        name=name,
        seed=budget.seed,
        steps=budget.steps,
        minutes=budget.minutes,
        command=f"main.py fit {path.name} --families {family} {budget.flags(family)}",
        root=root,
    )
    return shown(run, FAMILY_TITLES[family])


def shown(run: Generator[Moment | Step, None, T], title: str) -> T:
    """Drive a fit to its end, saying on stderr how far it is: over one line where that can be."""
    with ProgressLine(every=_SHOWN_EVERY, plain=_TOLD_EVERY) as line, Steps(run) as steps:
        for moment in steps:
            line.show(_text(moment, title, line.seconds))
        return steps.result


def _text(moment: Moment | Step, title: str, seconds: float) -> str:
    if isinstance(moment, Step):
        return f"{title}: measured on points held out"
    losses = "  ".join(f"{name} {value:.4g}" for name, value in moment.losses.items())
    if moment.total is None:
        return f"{title}: stage {moment.step}  {losses}"
    left = seconds / moment.step * (moment.total - moment.step)
    return f"{title}: step {moment.step:,} of {moment.total:,}, {left:.0f} s left  {losses}"
