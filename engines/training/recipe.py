"""What it takes to make one checkpoint, as data."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines.training.datasets import DataSet
from engines.training.descent import Trainer
from engines.training.loop import Plan, Stages, Training
from engines.training.randomness import seeded

Options: TypeAlias = Mapping[str, Any]
"""Values that take the place of a recipe's own, by name."""
NO_OPTIONS: Options = MappingProxyType({})


@dataclass(frozen=True)
class Recipe:
    """A trained checkpoint: network sizes for the card, a trainer and its budget in steps."""

    net: Mapping[str, Any]
    trainer: Callable[[torch.Generator], Trainer]
    """Builds the networks; initial weights and all later draws come from the generator."""
    text: str
    batch: int
    steps: int
    label_dropout: float
    training: Mapping[str, Any] = field(default_factory=dict)
    """What else the card should say of the training."""
    finish: Callable[[dict[str, Tensor]], dict[str, Tensor]] = lambda tensors: tensors
    """What is measured and stored with the tensors when training is over."""
    recommended: Mapping[str, float] = field(default_factory=dict)
    """Values of knobs at which samples look best: the card's."""
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    """What can be chosen, and the values in force."""

    def begin(
        self, data: DataSet, *, seed: int, steps: int | None = None, batch: int | None = None
    ) -> Training:
        """A training on the recipe's data, on their device; weights and draws have one generator.

        `steps` and `batch` take the place of the recipe's own.
        """
        generator = seeded(seed, data.train.x.device)
        plan = Plan(steps or self.steps, batch or self.batch, self.label_dropout)
        with torch.inference_mode(False), torch.enable_grad():
            trainer = self.trainer(generator)
        return Training(
            trainer, data.train, plan, generator=generator, classes=len(data.labels), net=self.net
        )


@dataclass(frozen=True)
class Fit:
    """A checkpoint made without gradient steps, in the stages that `fit(generator)` yields."""

    fit: Callable[[torch.Generator], Stages]
    text: str
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    """What can be chosen, and the values in force."""


def net_of(data: DataSet, sizes: Options, **more: Any) -> dict[str, Any]:
    """The sizes of a network of this data's examples and classes."""
    shape = data.train.x.shape[1:]
    examples = {"shape": list(shape)} if len(shape) > 1 else {"dim": shape[0]}
    return {**examples, "classes": len(data.labels), **sizes, **more}


def chosen(
    own: Mapping[str, Any], options: Options, *, signed: Collection[str] = ()
) -> dict[str, Any]:
    """A recipe's own values, with those of `options` that it has in their place.

    Whole numbers are at least 1, others at least 0 but for those `signed`. Raises ValueError for a
    value of another kind.
    """
    return {
        name: checked(name, options.get(name, value), value, signed=name in signed)
        for name, value in own.items()
    }


def checked(name: str, given: Any, own: Any, *, signed: bool = False) -> Any:
    """The value given, as a number or list of the kind of the recipe's own. Raises ValueError."""
    if isinstance(own, list):
        if isinstance(given, str) or not isinstance(given, list | tuple) or not given:
            raise ValueError(f"{name} is a list such as {own}, got {given!r}")
        return [checked(name, each, own[0]) for each in given]
    whole = isinstance(own, int)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ValueError(f"{name} is a number such as {own}, got {given!r}")
    if whole and (given != int(given) or given < 1):
        raise ValueError(f"{name} is a whole number of at least 1, got {given!r}")
    if given < 0 and not signed:
        raise ValueError(f"{name} is at least 0, got {given!r}")
    return int(given) if whole else float(given)
