"""The training loop: any trainer, a time budget, a checkpoint every few minutes, resume.

Knows nothing of families. A training process is seeded globally, unlike the engines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor, nn

from engines.checkpoints import devices, memory
from engines.checkpoints.disk import write_atomically
from engines.training.datasets import DataSet

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
        self, net: nn.Module, loss: Callable[[Any, Tensor, Tensor, float], Tensor], *,
        rate: float, averaging: float = 0.95, clip: float = 1.0, warm_up: int = 100,
        decay: float = 0.0, betas: tuple[float, float] = (0.9, 0.99),
    ) -> None:  # fmt: skip
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

    def account(self, command: str, *, batch: int, device: str, before: str = "") -> dict[str, Any]:
        """What a card says of the training by a command; `before` led to the weights it began at.

        Minutes and steps are those of all runs.
        """
        minutes = round((self.seconds + self.past_seconds) / 60, 1)
        now = round(self.seconds / 60, 1) if before else minutes
        line = f"{command} --minutes {now:g}"
        if before:
            line = f"{before} && {line} --resume"
        found = {"minutes": minutes, "steps": self.steps + self.past_steps, "batch": batch}
        if device == "cpu":
            return {**found, "command": line}
        name = devices.describe(torch.device(device)).partition(",")[0]
        line = f"{line} --device {device} --batch {batch}"
        return {**found, "command": line, "device": name}


def train(
    trainer: Trainer, data: DataSet, *, minutes: float, batch: int, label_dropout: float,
    checkpoint: Path, resume: bool, seed: int, report: Callable[[str], None],
    past: Progress | None = None,
) -> Progress:  # fmt: skip
    """Train for `minutes` (of its own working time); the rate falls to 0 at the end of the budget.

    With `resume`, an interrupted run goes on where its checkpoint left off; a finished one is
    given a fresh budget on top of its weights. `past` is what went into weights adopted before.
    Returns the totals over all runs.
    """
    memory.keep()
    torch.manual_seed(seed)
    progress = past or Progress()
    if resume and checkpoint.exists():
        progress = _restore(trainer, checkpoint)
        if progress.seconds >= 60 * minutes:
            progress = Progress(
                past_seconds=progress.past_seconds + progress.seconds,
                past_steps=progress.past_steps + progress.steps,
            )
    _drive(trainer, data, progress, 60 * minutes, batch, label_dropout, checkpoint, report)
    _save(trainer, progress, checkpoint)
    return progress


def _drive(
    trainer: Trainer, data: DataSet, progress: Progress, budget: float, batch: int,
    label_dropout: float, checkpoint: Path, report: Callable[[str], None],
) -> None:  # fmt: skip
    x, labels, nobody = data.train.x, data.train.labels, len(data.labels)
    saved = reported = before = time.monotonic()
    worked = time.process_time()
    while progress.seconds < budget:
        pick = torch.randint(len(x), (batch,))
        dropped = torch.rand(batch) < label_dropout
        classes = torch.where(dropped, nobody, labels[pick])
        figures = trainer.step(x[pick], classes, progress.seconds / budget)
        progress.steps += 1
        now, work = time.monotonic(), time.process_time()
        # on a busy machine only what the run was given counts, but where a GPU does the work
        progress.seconds += now - before if x.is_cuda else min(now - before, work - worked)
        before, worked = now, work
        if now - reported > _REPORT_EVERY:
            shown = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            report(f"{progress.seconds / 60:6.1f} min  step {progress.steps:6d}  {shown}")
            reported = now
        if now - saved > _SAVE_EVERY:
            _save(trainer, progress, checkpoint)
            saved = now


def _save(trainer: Trainer, progress: Progress, path: Path) -> None:
    import io

    buffer = io.BytesIO()
    state = {"trainer": trainer.state_dict(), "progress": vars(progress)}
    torch.save({**state, "random": torch.get_rng_state()}, buffer)
    write_atomically(path, buffer.getvalue())


def _restore(trainer: Trainer, path: Path) -> Progress:
    state = torch.load(path, map_location=torch.get_default_device(), weights_only=True)
    trainer.load_state_dict(state["trainer"])
    torch.set_rng_state(state["random"].cpu())
    return Progress(**state["progress"])
