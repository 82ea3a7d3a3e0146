"""The state of a training on disk, so that one that was stopped goes on to the same bits."""

from __future__ import annotations

import io
import time
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from engines.checkpoints import devices
from engines.checkpoints.catalog import CheckpointError
from engines.checkpoints.disk import write_atomically
from engines.training.loop import Course, Moment, Plan

_FORM = 2
_SAVE_EVERY = 120.0


@dataclass(frozen=True)
class Terms:
    """What must stay the same for a training to go on to the same weights."""

    plan: Plan
    seed: int
    device: str

    @property
    def flags(self) -> str:
        """As options of the command line."""
        device = "" if self.device == "cpu" else f" --device {self.device}"
        plan = self.plan
        return f"--steps {plan.steps} --batch {plan.batch} --seed {self.seed}{device}"


@dataclass(frozen=True)
class Past:
    """Finished runs that led to the weights this one began at: seconds, steps, commands."""

    seconds: float = 0.0
    steps: int = 0
    command: str = ""


@dataclass(frozen=True)
class Kept:
    """A state read from a file."""

    terms: Terms
    past: Past
    state: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        return int(self.state["step"]) >= self.terms.plan.steps

    def through(self, command: str) -> Past:
        """What will have been before a new run on top of this one, which `command` made."""
        return Past(
            self.past.seconds + self.state["seconds"],
            self.past.steps + self.state["step"],
            _lines(command, self.terms, self.past),
        )


def kept(
    course: Course, path: Path, terms: Terms, past: Past = Past(), *, every: float = _SAVE_EVERY
) -> Generator[Moment, None, dict[str, torch.Tensor]]:
    """`course.run()`, its state written every so many seconds, where it is closed, and at its end.

    What is thrown inside a step leaves the last state on disk, for the present one is half a step.
    """
    saved = time.monotonic()
    run = course.run()
    while True:
        try:
            moment = next(run)
        except StopIteration as end:
            save(course, path, terms, past)
            tensors: dict[str, torch.Tensor] = end.value
            return tensors
        if time.monotonic() - saved > every:
            save(course, path, terms, past)
            saved = time.monotonic()
        try:
            yield moment
        except GeneratorExit:
            save(course, path, terms, past)
            raise


def save(course: Course, path: Path, terms: Terms, past: Past = Past()) -> None:
    """Write the state atomically."""
    buffer = io.BytesIO()
    state = {"form": _FORM, "terms": asdict(terms), "past": asdict(past)}
    torch.save({**state, "course": course.state_dict()}, buffer)
    write_atomically(path, buffer.getvalue())


def read(path: Path, device: str) -> Kept:
    """The state in a file. Raises CheckpointError for one of an earlier version."""
    found = torch.load(path, map_location=device, weights_only=True)
    if found.get("form") != _FORM:
        raise CheckpointError(
            f"{path} was written by an earlier version: start anew without --resume"
        )
    terms = found["terms"]
    return Kept(
        Terms(Plan(**terms["plan"]), terms["seed"], terms["device"]),
        Past(**found["past"]),
        found["course"],
    )


def account(course: Course, terms: Terms, command: str, *, past: Past) -> dict[str, Any]:
    """What a card says of the training by a command.

    Minutes and steps are those of all runs. The command makes the weights again, except where a
    limit in minutes has cut it short, which it then says beside what was `planned`.
    """
    done, plan = course.step, terms.plan
    found: dict[str, Any] = {
        "minutes": round((course.seconds + past.seconds) / 60, 1),
        "steps": done + past.steps,
        "batch": plan.batch,
        "threads": torch.get_num_threads(),
        "command": _lines(command, terms, past),
    }
    if done < plan.steps:
        found["planned"] = plan.steps + past.steps
        found["command"] += f" --minutes {course.seconds / 60:.3g}"
    if terms.device != "cpu":
        found["device"] = devices.describe(torch.device(terms.device)).partition(",")[0]
    return found


def _lines(command: str, terms: Terms, past: Past) -> str:
    line = f"{command} {terms.flags}"
    return f"{past.command} && {line} --resume" if past.command else line
