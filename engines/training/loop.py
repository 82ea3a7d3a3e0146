"""The training loop: any trainer, a budget in steps, a checkpoint every few minutes, resume.

A training is a generator of its steps: the command line drives it to its end, and the lane may
stop it at each. The same data, seed, steps and threads give the same weights bit for bit. Knows
nothing of families.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from engines.checkpoints import devices, memory
from engines.checkpoints.disk import write_atomically
from engines.training.datasets import DataSet
from engines.training.randomness import Randomness

_Many: TypeAlias = tuple[Tensor, ...] | list[Tensor]

_SAVE_EVERY = 120.0
_REPORT_EVERY = 30.0
_AVERAGE_EVERY = 10


class Trainer(Protocol):
    """One training procedure with all its state (networks, optimisers, buffers)."""

    def step(self, x: Tensor, labels: Tensor, progress: float) -> dict[str, float]:
        """One update on a batch; `progress` runs from 0 to 1. Returns figures to report."""

    def weights(self) -> dict[str, Tensor]:
        """What the checkpoint ships."""

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        """Start from shipped weights."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Descent:
    """The usual case: one network, one loss, Adam with cosine rate, averaged weights (EMA).

    The average is updated every ten steps and keeps `averaging` of itself each time.
    """

    def __init__(
        self,
        net: nn.Module,
        loss: Callable[[Any, Tensor, Tensor, float], Tensor],
        *,
        rate: float,
        averaging: float = 0.95,
        clip: float = 1.0,
        warm_up: int = 100,
        decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:
        self.net, self._loss = net, loss
        self._average = torch.optim.swa_utils.AveragedModel(
            net, multi_avg_fn=warming(averaging), use_buffers=False
        )
        self._optimiser = torch.optim.AdamW(
            net.parameters(), lr=rate, betas=betas, weight_decay=decay
        )
        self._rate, self._clip, self._warm_up, self._steps = rate, clip, warm_up, 0

    def step(self, x: Tensor, labels: Tensor, progress: float) -> dict[str, float]:
        self._steps += 1
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate * cosine(progress) * min(1.0, self._steps / self._warm_up)
        loss = self._loss(self.net, x, labels, progress)
        self._optimiser.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.net.parameters(), self._clip)
        if norm.isfinite():
            self._optimiser.step()
        if self._steps % _AVERAGE_EVERY == 0:
            self._average.update_parameters(self.net)
        return {"loss": loss.item(), "gradient": norm.item()}

    def weights(self) -> dict[str, Tensor]:
        averaged = self._average.module.state_dict() if self._average.n_averaged else {}
        return {**self.net.state_dict(), **_floats(averaged, self.net)}

    def adopt(self, weights: Mapping[str, Tensor]) -> None:
        self.net.load_state_dict(dict(weights))
        self._average.module.load_state_dict(dict(weights))

    def state_dict(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "average": self._average.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "steps": self._steps,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self._average.load_state_dict(state["average"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._steps = state["steps"]


def warming(decay: float) -> Callable[[_Many, _Many, Tensor | int], None]:
    """An average that forgets its start: the decay grows from 0.1 to `decay` with the updates."""

    @torch.no_grad()
    def update(averaged: _Many, current: _Many, count: Tensor | int) -> None:
        n = int(count)
        torch._foreach_lerp_(averaged, current, 1 - min(decay, (1 + n) / (10 + n)))

    return update


def _floats(averaged: dict[str, Tensor], net: nn.Module) -> dict[str, Tensor]:
    """The averaged parameters; buffers stay those of the network itself."""
    return {name: averaged[name] for name, _ in net.named_parameters() if name in averaged}


def cosine(progress: float) -> float:
    """1 at the start, 0 at the end."""
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


@dataclass
class Progress:
    """How far a run has come: what the checkpoint remembers beside the trainer."""

    seconds: float = 0.0
    steps: int = 0
    past_seconds: float = 0.0
    past_steps: int = 0
    planned: int = 0
    """Steps that this run was given."""
    ended: tuple[int, ...] = ()
    """Steps that each run before it was given, where it goes on from their weights."""

    def account(self, command: str, *, batch: int, device: str, before: str = "") -> dict[str, Any]:
        """What a card says of the training by a command; `before` led to the weights it began at.

        Minutes and steps are those of all runs. The command makes the weights again, where no
        limit in minutes has cut it short, which it then says.
        """
        if device != "cpu":
            command = f"{command} --device {device}"
        lines = [before] if before else []
        for steps in (*self.ended, self.planned):
            lines.append(f"{command} --steps {steps}" + " --resume" * bool(lines))
        if self.steps < self.planned:
            lines[-1] += f" --minutes {self.seconds / 60:.3g}"
        found = {
            "minutes": round((self.seconds + self.past_seconds) / 60, 1),
            "steps": self.steps + self.past_steps,
            "batch": batch,
            "command": " && ".join(lines),
        }
        if device == "cpu":
            return found
        return {**found, "device": devices.describe(torch.device(device)).partition(",")[0]}


@dataclass(frozen=True)
class Moment:
    """What a training tells at a step: how many are `done` of the `total`, and its figures."""

    done: int
    total: int
    figures: Mapping[str, float]


class Training:
    """One training: a trainer on examples, with random numbers of its own.

    `make` builds the trainer, networks and all, from those numbers. `run` goes on from where the
    training stands, so it may be closed at any step and run again.
    """

    def __init__(
        self,
        make: Callable[[], Trainer],
        data: DataSet,
        *,
        steps: int,
        batch: int,
        label_dropout: float,
        seed: int,
        device: str = "cpu",
    ) -> None:
        if steps < 1:
            raise ValueError(f"steps must be at least 1, got {steps}")
        self.steps, self.done, self.batch, self.seed = steps, 0, batch, seed
        self._data, self._label_dropout = data.train, label_dropout
        self._nobody = len(data.labels)
        self._randomness = Randomness(seed, device)
        with self._randomness:
            self.trainer = make()

    def run(self) -> Generator[Moment, None, dict[str, Tensor]]:
        """A step at each `next`, one batch long; returns what the checkpoint ships."""
        while self.done < self.steps:
            figures = self._step()
            self.done += 1
            yield Moment(self.done, self.steps, figures)
        return self.weights()

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU does the work."""
        return self._data.x.is_cuda

    def weights(self) -> dict[str, Tensor]:
        """What the checkpoint would ship now."""
        with self._randomness:
            return self.trainer.weights()

    def _step(self) -> dict[str, float]:
        x, labels = self._data.x, self._data.labels
        with self._randomness, torch.enable_grad():  # within one step: nothing leaks at a yield
            pick = torch.randint(len(x), (self.batch,))
            dropped = torch.rand(self.batch) < self._label_dropout
            classes = torch.where(dropped, self._nobody, labels[pick])
            return self.trainer.step(x[pick], classes, self.done / self.steps)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on."""
        return {
            "trainer": self.trainer.state_dict(),
            "done": self.done,
            "steps": self.steps,
            "seed": self.seed,
            "randomness": self._randomness.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there to the end that was planned, to the bit.

        One that had ended begins another budget, of the steps of this training.
        """
        self.trainer.load_state_dict(state["trainer"])
        self._randomness.load_state_dict(state["randomness"])
        self.seed, self.done = state["seed"], 0
        if state["done"] < state["steps"]:
            self.done, self.steps = state["done"], state["steps"]


def train(
    training: Training,
    *,
    checkpoint: Path,
    resume: bool,
    report: Callable[[str], None],
    minutes: float | None = None,
    past: Progress | None = None,
) -> Progress:
    """Drive a training to its end, or for so many `minutes` of its own working time.

    With `resume`, an interrupted run goes on where its checkpoint left off; a finished one is
    given a fresh budget on top of its weights. `past` is what went into weights adopted before.
    Returns the totals over all runs. Ctrl+C ends it after the step under way: the checkpoint is
    written, then KeyboardInterrupt raised.
    """
    memory.keep()
    progress = past or Progress()
    if resume and checkpoint.exists():
        progress = _restore(training, checkpoint)
    progress.planned = training.steps
    with _interrupts() as asked:
        _drive(training, progress, minutes, checkpoint, report, asked)
        _save(training, progress, checkpoint)
    if asked.is_set() and training.done < training.steps:
        raise KeyboardInterrupt
    return progress


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Set where Ctrl+C is pressed meanwhile: a step cut in two could not be gone on with."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.signal(signal.SIGINT, lambda *_: asked.set())
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _drive(
    training: Training,
    progress: Progress,
    minutes: float | None,
    checkpoint: Path,
    report: Callable[[str], None],
    asked: threading.Event,
) -> None:
    saved = reported = before = time.monotonic()
    worked, first, begun = time.process_time(), training.done, time.monotonic()
    for moment in training.run():
        progress.steps += 1
        now, work = time.monotonic(), time.process_time()
        # on a busy machine only what the run was given counts, but where a GPU does the work
        progress.seconds += now - before if training.on_gpu else min(now - before, work - worked)
        before, worked = now, work
        if now - reported > _REPORT_EVERY or moment.done == moment.total:
            shown = "  ".join(f"{name} {value:.4g}" for name, value in moment.figures.items())
            left = (now - begun) / (moment.done - first) * (moment.total - moment.done) / 60
            report(f"step {moment.done:,} of {moment.total:,}, {left:.1f} min left  {shown}")
            reported = now
        if now - saved > _SAVE_EVERY:
            _save(training, progress, checkpoint)
            saved = now
        if asked.is_set():
            return
        if minutes is not None and progress.seconds >= 60 * minutes:
            report(f"stopped after {minutes:g} min, at step {moment.done:,} of {moment.total:,}")
            return


def _save(training: Training, progress: Progress, path: Path) -> None:
    import io

    buffer = io.BytesIO()
    torch.save({**training.state_dict(), "progress": vars(progress)}, buffer)
    write_atomically(path, buffer.getvalue())


def _restore(training: Training, path: Path) -> Progress:
    state = torch.load(path, map_location=torch.get_default_device(), weights_only=True)
    training.load_state_dict(state)
    progress = Progress(**state["progress"])
    if training.done:
        return progress
    return Progress(
        past_seconds=progress.past_seconds + progress.seconds,
        past_steps=progress.past_steps + progress.steps,
        ended=(*progress.ended, progress.planned),
    )
