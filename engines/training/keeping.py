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
    """Seconds and steps of finished runs that led to the weights this one began at."""

    seconds: float = 0.0
    steps: int = 0


@dataclass(frozen=True)
class Kept:
    """A state read from a file."""

    terms: Terms
    past: Past
    state: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        return int(self.state["step"]) >= self.terms.plan.steps

    @property
    def through(self) -> Past:
        """What will have been before a new run on top of this one."""
        return Past(self.past.seconds + self.state["seconds"], self.past.steps + self.state["step"])


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
        Past(**found["past"]), found["course"],
    )  # fmt: skip


def account(
    course: Course, terms: Terms, command: str, *, past: Past, before: str = "", batch: bool = False
) -> dict[str, Any]:
    """What a card says of the training by a command; `before` led to the weights it began at.

    Minutes and steps are those of all runs; `planned` is there where the last one was stopped
    early. `batch`: whether the batch was chosen.
    """
    done, plan = course.step, terms.plan
    found = {
        "minutes": round((course.seconds + past.seconds) / 60, 1), "steps": done + past.steps,
        "batch": plan.batch, "threads": torch.get_num_threads(),
    }  # fmt: skip
    if done < plan.steps:
        found["planned"] = plan.steps + past.steps
    line = f"{command} --steps {plan.steps} --seed {terms.seed}"
    if before:
        line = f"{before} && {line} --resume"
    if terms.device == "cpu":
        return {**found, "command": f"{line} --batch {plan.batch}" if batch else line}
    name = devices.describe(torch.device(terms.device)).partition(",")[0]
    line = f"{line} --device {terms.device} --batch {plan.batch}"
    return {**found, "command": line, "device": name}
