"""What it takes to make one checkpoint, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from engines.training.datasets import DataSet
from engines.training.loop import Trainer, Training


@dataclass(frozen=True)
class Recipe:
    """A trained checkpoint: network sizes for the card, a trainer and its budget."""

    net: Mapping[str, Any]
    trainer: Callable[[], Trainer]
    text: str
    batch: int
    steps: int
    """Updates on a batch: the budget, and what rates and penalties fall along."""
    label_dropout: float
    training: Mapping[str, Any] = field(default_factory=dict)
    """What else the card should say of the training."""
    finish: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda tensors: tensors
    """What is measured and stored with the tensors when training is over."""
    recommended: Mapping[str, float] = field(default_factory=dict)
    """Values of knobs at which samples look best: the card's."""

    def begin(
        self,
        data: DataSet,
        *,
        seed: int,
        steps: int | None = None,
        batch: int | None = None,
        device: str = "cpu",
    ) -> Training:
        """A training on these data, which are the recipe's, not begun yet.

        `steps` and `batch` take the place of the recipe's. Raises ValueError for steps below 1.
        """
        return Training(
            self.trainer,
            data,
            steps=self.steps if steps is None else steps,
            batch=batch or self.batch,
            label_dropout=self.label_dropout,
            seed=seed,
            device=device,
        )


@dataclass(frozen=True)
class Fit:
    """A checkpoint made without gradient steps: `fit()` returns its network sizes and tensors."""

    fit: Callable[[], tuple[dict[str, Any], dict[str, Tensor]]]
    text: str
