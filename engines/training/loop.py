"""Training as a run: a generator of steps that a command line drives or a lane takes turns with.

`Training` is for gradient steps, `Fitting` for families that are fitted in stages. Both are driven
by `run()`, stop where it is closed, and go on where they stood when `run()` is called again.
Knows nothing of families and files. Nothing global is touched (no seed, no gradient mode): other
work of the same thread may run between two steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from engines.training import randomness
from engines.training.datasets import Split
from engines.training.descent import Trainer


@dataclass(frozen=True)
class Plan:
    """How long a training is and what a step sees. `batch` 0: every example, in order."""

    steps: int
    batch: int
    label_dropout: float = 0.0


@dataclass(frozen=True)
class Moment:
    """What a training says after each step.

    `total` is None where nobody knows, as with a search. `rate` is the learning rate of the step,
    `examples` how many it has been shown so far, `seconds` what the steps took so far: of the
    wall, or of the processor where other processes took their share.
    """

    step: int
    total: int | None
    losses: Mapping[str, float]
    rate: float = 0.0
    examples: int = 0
    seconds: float = 0.0


Lesson: TypeAlias = "Generator[Moment, None, dict[str, Tensor]]"
"""Yields after every step, returns the trained tensors."""


class Course(Protocol):
    """What `Training` and `Fitting` have in common."""

    step: int
    seconds: float

    @property
    def total(self) -> int | None: ...

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to do."""

    @property
    def net(self) -> Mapping[str, Any]:
        """Sizes of the network, for the card."""

    def run(self) -> Lesson: ...

    def weights(self) -> dict[str, Tensor]:
        """What a checkpoint ships of it as it stands. It may take seconds."""

    def sketch(self) -> dict[str, Tensor] | None:
        """The tensors as they stand; they change with the next step. None: there are none yet."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class Training:
    """A trainer on examples: the same data, plan, generator and threads give the same bits.

    A step is one batch: for the small nets of a learner in the plane a few milliseconds, for a
    large picture network as long as its batch takes. `classes` is the number of classes; the
    label of that number is "any class".
    """

    def __init__(
        self,
        trainer: Trainer,
        examples: Split,
        plan: Plan,
        *,
        generator: torch.Generator,
        classes: int,
        net: Mapping[str, Any] | None = None,
    ) -> None:
        self.trainer, self.examples, self.plan = trainer, examples, plan
        self.generator, self._classes, self._net = generator, classes, dict(net or {})
        self.step, self.shown, self.seconds = 0, 0, 0.0

    @property
    def total(self) -> int:
        return self.plan.steps

    @property
    def ended(self) -> bool:
        return self.step >= self.plan.steps

    @property
    def net(self) -> Mapping[str, Any]:
        return self._net

    def run(self) -> Lesson:
        """Steps to the end of the plan, from where it stands; returns what a checkpoint ships."""
        while self.step < self.plan.steps:
            yield self.advance()
        return self.weights()

    def advance(self) -> Moment:
        """One step. Gradients are on within it alone, whatever the caller's mode is."""
        clock = _Clock(self.examples.x.is_cuda)
        with torch.inference_mode(False), torch.enable_grad():
            x, labels = self._batch()
            losses = self.trainer.step(x, labels, self.step / self.plan.steps)
        self.step += 1
        self.shown += len(x)
        self.seconds += clock.read()
        return Moment(
            self.step, self.plan.steps, losses, self.trainer.rate, self.shown, self.seconds
        )

    def exchange(self, examples: Split) -> None:
        """Go on with other examples, of the same shape and classes."""
        self.examples = examples
        with torch.inference_mode(False):
            self.trainer.see(examples.x, examples.labels)

    def weights(self) -> dict[str, Tensor]:
        """What a checkpoint ships of the network as it stands."""
        with torch.inference_mode(False):
            return self.trainer.weights()

    def sketch(self) -> dict[str, Tensor]:
        """The network as it stands: tensors that change with the next step."""
        with torch.inference_mode(False):
            return self.trainer.sketch()

    def _batch(self) -> tuple[Tensor, Tensor]:
        x, labels, g = self.examples.x, self.examples.labels, self.generator
        if self.plan.batch:
            pick = randomness.integers(g, len(x), self.plan.batch)
            x, labels = x[pick], labels[pick]
        dropped = randomness.uniform(g, len(x)) < self.plan.label_dropout
        return x, torch.where(dropped, self._classes, labels)

    def state_dict(self) -> dict[str, Any]:
        """All that later steps depend on, except the examples."""
        return {
            "trainer": self.trainer.state_dict(),
            "random": self.generator.get_state(),
            "step": self.step,
            "shown": self.shown,
            "seconds": self.seconds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.trainer.load_state_dict(state["trainer"])
        self.generator.set_state(state["random"].cpu())
        self.step, self.shown, self.seconds = state["step"], state["shown"], state["seconds"]


@dataclass(frozen=True)
class Stage:
    """A step of a fit. `net` and `tensors` are what it has found so far; None: nothing yet."""

    losses: Mapping[str, float]
    net: Mapping[str, Any] | None = None
    tensors: Mapping[str, Tensor] | None = None


Stages: TypeAlias = "Generator[Stage, None, tuple[dict[str, Any], dict[str, Tensor]]]"
"""Yields after every update, returns the sizes for the card and the tensors."""


class Fitting:
    """A fit without gradient steps. A stage is one update on all examples.

    It has no state but its generator's, so that it is resumed by doing its stages over.
    """

    def __init__(self, fit: Callable[[torch.Generator], Stages], seed: int) -> None:
        self._fit, self._seed = fit, seed
        self.step, self.seconds = 0, 0.0
        self._begin()

    def _begin(self) -> None:
        self._stages = self._fit(randomness.seeded(self._seed))
        self._net: Mapping[str, Any] = {}
        self._tensors: Mapping[str, Tensor] | None = None
        self._done = False

    @property
    def total(self) -> None:
        return None

    @property
    def ended(self) -> bool:
        return self._done

    @property
    def net(self) -> Mapping[str, Any]:
        return self._net

    def run(self) -> Lesson:
        """Stages to the end of the fit, from where it stands; returns what a checkpoint ships."""
        while not self._done:
            if (moment := self.advance()) is not None:
                yield moment
        return self.weights()

    def advance(self) -> Moment | None:
        """One stage; None when the fit was at its end."""
        clock = _Clock(on_gpu=False)
        with torch.inference_mode(False), torch.no_grad():
            try:
                stage = next(self._stages)
            except StopIteration as end:
                self._net, self._tensors = end.value
                self._done = True
                return None
        if stage.tensors is not None:
            self._net, self._tensors = stage.net or {}, stage.tensors
        self.step += 1
        self.seconds += clock.read()
        return Moment(self.step, None, stage.losses, seconds=self.seconds)

    def weights(self) -> dict[str, Tensor]:
        """What has been found so far; empty for nothing."""
        return dict(self._tensors or {})

    def sketch(self) -> dict[str, Tensor] | None:
        """What has been found so far."""
        return None if self._tensors is None else dict(self._tensors)

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.step, "seconds": self.seconds}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Does the stages over."""
        self._begin()
        self.step = 0
        while self.step < state["step"] and self.advance() is not None:
            pass
        self.seconds = state["seconds"]


class _Clock:
    """Seconds since it was made: on a busy machine only what this work was given counts.

    With one thread of torch that is its own thread's time, else that of the process. Where a GPU
    does the work, the processor's time says nothing.
    """

    def __init__(self, on_gpu: bool) -> None:
        self._used = time.thread_time if torch.get_num_threads() == 1 else time.process_time
        self._on_gpu, self._wall, self._work = on_gpu, time.monotonic(), self._used()

    def read(self) -> float:
        wall = time.monotonic() - self._wall
        return wall if self._on_gpu else min(wall, self._used() - self._work)
