"""A family on points of one's own: the recipe of the plane with a small network.

What a window or a command drives: `learner("flow", x).run()` yields after every step, and
`model()` opens the network as it stands. Many may take turns on one thread, for nothing global is
touched. The same points, seed, steps, options, changes and threads give the same weights.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engines.checkpoints.catalog import FAMILY_TITLES
from engines.checkpoints.weights import Unsaved
from engines.kinds import of_shape
from engines.learning.alarm import Alarm
from engines.learning.examples import checked_points
from engines.learning.history import History, copied
from engines.learning.small import SMALL, STEPS, expanded
from engines.model import Model, class_attributes
from engines.naming import Sentence
from engines.opening import open_model
from engines.training.datasets import DataSet
from engines.training.loop import Fitting, Lesson, Moment, Training
from engines.training.randomness import drawn_from, seeded
from engines.training.recipe import NO_OPTIONS, Fit, Options, Recipe, checked
from engines.training.recipes.gan import Contest
from engines.training.recipes.registry import RECIPES, recipe_of

_PLAN = ("steps", "batch")


class DivergedError(Sentence):
    """A training has exploded; the message says where and what to do. It can be rewound."""


class Change(NamedTuple):
    """A value that was changed after so many steps."""

    step: int
    name: str
    value: float


class Learner:
    """One family that learns points; see `learner`."""

    def __init__(
        self,
        family: str,
        data: DataSet,
        recipe: Recipe | Fit,
        *,
        seed: int,
        steps: int,
    ) -> None:
        self.family, self.data, self.recipe, self.seed = family, data, recipe, seed
        self.changes: list[Change] = []
        self.planned, self.exchanged = steps, False
        self._history, self._alarm = History(), Alarm()
        self.course: Training | Fitting = (
            Fitting(recipe.fit, seed)
            if isinstance(recipe, Fit)
            else recipe.begin(data, seed=seed, steps=steps)
        )
        self._keep()

    @property
    def options(self) -> Options:
        """The values that it began with, by name."""
        return self.recipe.options

    @property
    def knobs(self) -> Mapping[str, Any]:
        """The values in force, by name."""
        if isinstance(self.course, Fitting):
            return dict(self.options)
        plan = self.course.plan
        return {
            **self.options,
            **self.course.trainer.knobs,
            "steps": plan.steps,
            "batch": plan.batch,
        }

    @property
    def live(self) -> tuple[str, ...]:
        """The names of the values that may be changed between two steps."""
        if isinstance(self.course, Fitting):
            return tuple(self.options)
        return (*self.course.trainer.knobs, *_PLAN)

    @property
    def step(self) -> int:
        """How many have been done."""
        return self.course.step

    @property
    def saved(self) -> tuple[int, ...]:
        """The steps that `seek` can go to, in order."""
        return self._history.steps

    def run(self) -> Generator[Moment, None, Model]:
        """To the end of the steps, from where it stands; the last word is a whole model.

        Close it to pause; another `run()` goes on. Raises DivergedError where the loss explodes:
        `rewind` and `seek` lead back. At the end log Z of an energy is exact, which may take
        seconds.
        """
        return self.opened((yield from self.lesson()))

    def lesson(self) -> Lesson:
        """The same; the last word is the tensors that a checkpoint ships."""
        yield from self.moments()
        return self.course.weights()

    def moments(self) -> Generator[Moment, None, None]:
        """The same without a last word: what takes turns with other work."""
        while (moment := self._advance()) is not None:
            self._watch(moment)
            if self._history.asks(moment.step):
                self._keep()
            yield moment

    def _advance(self) -> Moment | None:
        """One step; None at the end of the steps."""
        course = self.course
        if isinstance(course, Training) and course.step >= course.plan.steps:
            return None
        return course.advance()

    def change(self, name: str, value: float) -> None:
        """Give a live value another one, from the next step on; a fit starts over with it.

        Raises ValueError in one sentence for a name or value that will not do.
        """
        if name not in self.live:
            known = ", ".join(self.live)
            raise ValueError(
                f"'{name}' of {self.family} cannot change while it learns; what can: {known}"
            )
        if isinstance(self.course, Fitting):
            self._begin_fit({**self.options, name: value})
        elif name in _PLAN:
            self.course.plan = replace(self.course.plan, **{name: checked(name, value, 1)})
        else:
            value = checked(name, value, self.options[name], signed=name == "level")
            self.course.trainer.knobs[name] = value
        self._alarm = Alarm()  # a loss may be weighed otherwise from now on
        self.changes.append(Change(self.step, name, value))
        if self.step in self.saved:
            self._keep()

    def exchange(self, x: Tensor, labels: Tensor | None = None) -> None:
        """Learn other points of the same classes from the next step on; a fit starts over.

        Raises ValueError in one sentence for points or labels that will not do.
        """
        self.data = checked_points(x, labels, self.data.labels, self.data.name)
        if isinstance(self.course, Fitting):
            self._begin_fit({name: value for name, value in self.options.items() if value})
        else:
            self.course.exchange(self.data.train)
            self.exchanged = True
        self._alarm = Alarm()

    def rewind(self) -> None:
        """Back to the initial weights, draws and values; the points stay those of now."""
        self.seek(0)

    def seek(self, step: int) -> int:
        """Go back to the last saved moment that is not after `step`; the step it was.

        What came later is forgotten with the changes made then: going on gives the same again.
        """
        found = self._history.before(step)
        self.load_state_dict(self._history.at(found))
        self._history.forget_after(found)
        self.changes = [change for change in self.changes if change.step <= found]
        return found

    def twin(self, **changed: Any) -> Learner:
        """Another learner with these values changed: from here on where all of them are live,
        else from the first step. Raises ValueError in one sentence for what will not do.
        """
        steps = self.course.plan.steps if isinstance(self.course, Training) else 1
        live = all(name in self.live for name in changed)
        own = {name: value for name, value in self.options.items() if value is not None}
        options = own if live else {**own, **changed}
        recipe = recipe_of(self.family, self.data, expanded(self.family, options))
        other = Learner(self.family, self.data, recipe, seed=self.seed, steps=steps)
        if live:
            other.load_state_dict(self.state_dict())
            other._history = copy.deepcopy(self._history)
            other.changes = list(self.changes)
            other.planned, other.exchanged = self.planned, self.exchanged
            for name, value in changed.items():
                other.change(name, value)
        return other

    def model(self) -> Model | None:
        """The network as it stands, with averaged weights: a copy, which stays as it is.

        An energy has log Z by a coarse quadrature. None: a fit has nothing yet to show.
        """
        tensors = self.course.sketch()
        return None if tensors is None else self.opened(tensors)

    def critic(self, x: Tensor, label: int = 0) -> tuple[Tensor, Tensor]:
        """A GAN's critic at points x (n, 2): its scores (n,) and their slopes (n, 2).

        Along the slopes the generator moves what it makes. Raises ValueError for other families.
        """
        trainer = self.course.trainer if isinstance(self.course, Training) else None
        if not isinstance(trainer, Contest):
            raise ValueError(f"a {self.family} has no critic")
        with torch.inference_mode(False), torch.enable_grad():
            x = x.detach().clone().requires_grad_()
            scores: Tensor = trainer.critic(x, torch.full((len(x),), label))
            (slope,) = torch.autograd.grad(scores.sum(), x)
        return scores.detach(), slope

    def opened(self, tensors: Mapping[str, Tensor]) -> Model:
        """These tensors as a model."""
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
            seed=self.seed,
            recipe=self.recipe.text,
            licence="",
            net=dict(self.course.net),
            tensors=tensors,
        )

    def state_dict(self) -> dict[str, Any]:
        """All that later steps depend on, except the points; a copy of its own."""
        plan = self.course.plan if isinstance(self.course, Training) else None
        return {"course": copied(self.course.state_dict()), "plan": plan}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go to a state of a learner of the same family, points and options."""
        if isinstance(self.course, Training):
            self.course.plan = state["plan"]
        self.course.load_state_dict(copied(dict(state["course"])))
        self._alarm = Alarm()

    def _keep(self) -> None:
        self._history.keep(self.step, self.state_dict())

    def _begin_fit(self, options: Options) -> None:
        """Start a fit over: on other points, or with other values."""
        recipe = recipe_of(self.family, self.data, options)
        assert isinstance(recipe, Fit)
        self.recipe, self.course = recipe, Fitting(recipe.fit, self.seed)
        self._history = History()
        self._keep()

    def _watch(self, moment: Moment) -> None:
        """Raise DivergedError where the loss explodes."""
        name = self._alarm.of(moment.losses)
        if name is not None:
            raise DivergedError(
                f"{FAMILY_TITLES[self.family]} exploded at step {moment.step:,} ({name} = "
                f"{moment.losses[name]:.3g}): go back, and lower the learning rate, which was "
                f"{moment.rate:.2g}"
            )


def learner(
    family: str,
    x: Tensor,
    labels: Tensor | None = None,
    *,
    seed: int = 1,
    steps: int | None = None,
    options: Options = NO_OPTIONS,
    classes: Sequence[str] = (),
    name: str = "own",
) -> Learner:
    """A learner of points x (n, 2), with `labels` (n,) int64 that name one of `classes`.

    Options are the names in `Learner.options`; what is not given is as in `SMALL` and `STEPS`.
    Raises ValueError in one sentence for points, labels, options or a family that will not do.
    """
    if family in RECIPES and family not in SMALL:
        raise ValueError(f"{family} is no learner of points: it needs a trained model to stand on")
    if steps is not None and steps < 1:
        raise ValueError(f"a training has at least one step, got {steps}")
    data = checked_points(x, labels, tuple(classes), name)
    recipe = recipe_of(family, data, expanded(family, options))
    return Learner(family, data, recipe, seed=seed, steps=steps or STEPS.get(family, 1))
