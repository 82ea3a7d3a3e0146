"""A family on points of one's own: the recipe of the plane with a small network.

What a window or a command drives: `learner("flow", x).run()` yields after every step, and
`model()` opens the network as it stands. Six of them may take turns on one thread, for nothing
global is touched.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints.weights import Unsaved
from engines.kinds import of_shape
from engines.model import Model, class_attributes
from engines.opening import open_model
from engines.training.datasets import DataSet, Split
from engines.training.loop import Course, Fitting, Moment
from engines.training.randomness import drawn_from, seeded
from engines.training.recipe import NO_OPTIONS, Fit, Options, Recipe
from engines.training.recipes.registry import RECIPES, recipe_of

FEWEST = 10
"""Points that a learner needs."""
SMALL: Mapping[str, Options] = {
    "vae": {"hidden": 32, "batch": 64, "samples": 4},
    "gan": {
        "hidden": 48,
        "layers": 2,
        "critic_hidden": 48,
        "critic_layers": 2,
        "places": 32,
        "batch": 128,
    },
    "autoregressive": {"components": 16, "hidden": 48, "layers": 2, "features": 32, "batch": 128},
    "any-order": {"components": 16, "hidden": 48, "layers": 2, "features": 32, "batch": 128},
    "flow": {"transforms": 2, "bins": 8, "hidden": [64, 64], "batch": 128},
    "diffusion": {"hidden": 64, "layers": 3, "places": 48, "batch": 256},
    "energy": {"hidden": 64, "layers": 2, "places": 48, "batch": 256, "nodes": 512},
    "mfa": {"components": 8},
    "kde": {},
}
"""What is smaller than in the recipes that ship, so that a step takes milliseconds."""


class Learner:
    """One family that learns points; see `learner`."""

    def __init__(self, family: str, data: DataSet, recipe: Recipe | Fit, course: Course) -> None:
        self.family, self.data, self.recipe, self.course = family, data, recipe, course

    @property
    def options(self) -> Options:
        """The values in force, by name."""
        return self.recipe.options

    def run(self) -> Generator[Moment, None, Model]:
        """To the end of the steps, from where it stands; the last word is a whole model.

        Close it to pause; another `run()` goes on. At the end log Z of an energy is exact, which
        may take seconds.
        """
        yield from self.course.run()
        return self._opened(self.course.weights())

    def model(self) -> Model | None:
        """The network as it stands, with averaged weights: a copy, which stays as it is.

        An energy has log Z by a coarse quadrature. None: a fit has nothing yet to show.
        """
        tensors = self.course.sketch()
        return None if tensors is None else self._opened(tensors)

    def _opened(self, tensors: Mapping[str, Tensor]) -> Model:
        with drawn_from(seeded(0)), torch.inference_mode(False):  # what is drawn is filled over
            return open_model(self.card(tensors))

    def card(self, tensors: Mapping[str, Tensor]) -> Unsaved:
        """The card of these tensors, which hold no file yet."""
        return Unsaved(
            folder=Path(),
            name=f"{self.data.name}/{self.family}",
            family=self.family,
            data=self.data.name,
            kind=of_shape(tuple(self.data.train.x.shape[1:])),
            attributes=class_attributes(self.data.labels),
            weights="",
            sha256="",
            parameters=sum(t.numel() for t in tensors.values()),
            seed=0,
            recipe=self.recipe.text,
            licence="",
            net=dict(self.course.net),
            tensors=tensors,
        )

    def state_dict(self) -> dict[str, Any]:
        """All that later steps depend on, except the points; a copy of its own."""
        copied: dict[str, Any] = _copied(self.course.state_dict())
        return copied

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back, or on, to a state of a learner of the same family, points and options."""
        self.course.load_state_dict(_copied(dict(state)))


def learner(
    family: str,
    x: Tensor,
    labels: Tensor | None = None,
    *,
    seed: int = 1,
    steps: int = 2_000,
    options: Options = NO_OPTIONS,
    classes: Sequence[str] = (),
    name: str = "own",
) -> Learner:
    """A learner of points x (n, 2), with `labels` (n,) int64 that name one of `classes`.

    The same points, seed, steps, options and threads give the same weights, bit by bit. Options
    are the names in `Learner.options`. Raises ValueError in one sentence for points, labels,
    options or a family that will not do.
    """
    if family in RECIPES and family not in SMALL:
        raise ValueError(f"{family} is no learner of points: it needs a trained model to stand on")
    if steps < 1:
        raise ValueError(f"a training has at least one step, got {steps}")
    data = _checked(x, labels, tuple(classes), name)
    recipe = recipe_of(family, data, {**SMALL.get(family, {}), **options})
    if isinstance(recipe, Fit):
        return Learner(family, data, recipe, Fitting(recipe.fit, seed))
    return Learner(family, data, recipe, recipe.begin(data, seed=seed, steps=steps))


def _checked(x: Tensor, labels: Tensor | None, classes: tuple[str, ...], name: str) -> DataSet:
    if x.dim() != 2 or x.shape[1] != 2:
        raise ValueError(f"points of the plane have two numbers each, got {tuple(x.shape)}")
    if len(x) < FEWEST:
        raise ValueError(f"too few points: {len(x)}; a family needs at least {FEWEST}")
    x = x.detach().float().clone()
    if not x.isfinite().all():
        raise ValueError("there are points that are not finite numbers")
    if constant := [axis for axis in (0, 1) if not x[:, axis].std() > 0]:
        raise ValueError(f"the points do not vary along x{constant[0] + 1}")
    if (labels is None) != (not classes):
        raise ValueError("labels and the names of their classes go together")
    if labels is None:
        labels = torch.zeros(len(x), dtype=torch.int64)
    else:
        labels = labels.detach().long().clone()
        count = torch.bincount(labels.clamp(0, len(classes)), minlength=len(classes) + 1)
        if len(labels) != len(x) or labels.min() < 0 or count[len(classes)]:
            raise ValueError(f"labels are {len(x)} numbers from 0 to {len(classes) - 1}")
        if not count[:-1].all():
            raise ValueError(f"there is no point of the class '{classes[int(count.argmin())]}'")
    return DataSet(name, classes, Split(x, labels), Split(x[:0], labels[:0]), "")


def _copied(state: Any) -> Any:  # whatever torch's state dicts hold
    if isinstance(state, Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {key: _copied(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_copied(value) for value in state)
    return state
