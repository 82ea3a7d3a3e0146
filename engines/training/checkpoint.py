"""Making one checkpoint: its recipe trained or fitted, kept on the way, and shipped with a card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.checkpoints.catalog import ROOT, CheckpointError
from engines.kinds import of_shape
from engines.model import Card, class_attributes
from engines.opening import find
from engines.training import keeping
from engines.training.cards import write_card
from engines.training.datasets import DataSet, load, mutated
from engines.training.keeping import Kept, Past, Terms
from engines.training.loop import Fitting, Plan, Training
from engines.training.recipe import Fit, Recipe
from engines.training.recipes.registry import RECIPES, recipe_of
from engines.training.terminal import End, drive, prepare
from engines.uses.outliers.background import ROOT as BACKGROUND

RUNS = Path("runs")
_SEED = 1
_INTERRUPTED = 130


class UsageError(ValueError):
    """What was asked for cannot be, in one sentence."""


def make(options: argparse.Namespace) -> int:
    """Train or fit the checkpoint `options.name` and write its files; returns the exit status.

    Raises UsageError, and CheckpointError for a state that cannot be read.
    """
    data_name, _, family = options.name.partition("/")
    if family not in RECIPES:
        raise UsageError(f"no recipe for '{family}'; there are: {', '.join(RECIPES)}")
    try:
        data = load(data_name)
    except KeyError:
        raise UsageError(f"there is no data set '{data_name}'") from None
    except RuntimeError as error:  # it could not be fetched
        raise CheckpointError(str(error)) from error
    prepare(options)
    if options.background is not None:
        data = _background(data, options)
    data = data.to(options.device)
    recipe = recipe_of(family, data)
    if isinstance(recipe, Fit):
        return _fit(options, data, recipe)
    return _train(options, data, recipe)


def _background(data: DataSet, options: argparse.Namespace) -> DataSet:
    if data.train.x.dim() != 4:
        raise UsageError(f"{data.name} has no pixels that could be replaced: no background")
    return mutated(data, options.background, _SEED if options.seed is None else options.seed)


def _fit(options: argparse.Namespace, data: DataSet, recipe: Fit) -> int:
    if options.steps or options.batch or options.minutes or options.export:
        raise UsageError(f"{options.name} is fitted to its end: it has no steps to choose")
    seed = _SEED if options.seed is None else options.seed
    course = Fitting(recipe.fit, seed)
    if drive(course.run(), course) is End.INTERRUPTED:
        print("stopped; a fit starts over, with the same result", file=sys.stderr)
        return _INTERRUPTED
    training = {
        "seconds": round(course.seconds),
        "stages": course.step,
        "threads": torch.get_num_threads(),
    }
    _ship(
        options,
        data,
        course.weights(),
        net=course.net,
        text=recipe.text,
        seed=seed,
        training=training,
    )
    return 0


def _train(options: argparse.Namespace, data: DataSet, recipe: Recipe) -> int:
    of = "-background" if options.background is not None else ""
    path = RUNS / f"{options.name.replace('/', '-')}{of}.pt"
    found = (
        keeping.read(path, options.device)
        if (options.resume or options.export) and path.exists()
        else None
    )
    if options.export and found is None:
        raise UsageError(f"there is no state {path} to export")
    own = Plan(recipe.steps, recipe.batch, recipe.label_dropout)
    terms = found.terms if found and options.export else agreed(options, own, found, path)
    course = recipe.begin(data, seed=terms.seed, steps=terms.plan.steps, batch=terms.plan.batch)
    command = _command(options)
    past = _begin(options, course, found, command)
    if not options.export:
        run = keeping.kept(course, path, terms, past)
        end = drive(run, course, minutes=options.minutes)
        say_end(end, course, f"{command} {terms.flags}")
        if end is End.INTERRUPTED:
            return _INTERRUPTED
    account = keeping.account(course, terms, command, past=past)
    _ship(
        options,
        data,
        recipe.finish(course.weights()),
        net=recipe.net,
        text=recipe.text,
        seed=terms.seed,
        training={**account, **recipe.training},
        recommended=recipe.recommended,
    )
    return 0


def _command(options: argparse.Namespace) -> str:
    words = "" if options.background is None else f" --background {options.background:g}"
    return f"python -m engines.training {options.name}{words}"


def agreed(options: argparse.Namespace, own: Plan, found: Kept | None, path: Path) -> Terms:
    """The terms of the training to come: the options', else those of the state, else the recipe's.

    Raises UsageError where an unfinished training would go on to other weights.
    """
    last = found.terms if found else None
    plan = last.plan if last else own
    if found and found.finished:
        plan = replace(own, batch=plan.batch)
    seed = options.seed if options.seed is not None else (last.seed if last else _SEED)
    terms = Terms(
        replace(own, steps=options.steps or plan.steps, batch=options.batch or plan.batch),
        seed,
        options.device,
    )
    if found and not found.finished and terms != found.terms:
        raise UsageError(
            f"{path} is of {found.terms.flags}: go on with these, or start anew without --resume"
        )
    return terms


def resume(course: Training, found: Kept, command: str) -> Past:
    """Put a course where a state left off, or a finished one at the start of new steps.

    Returns what was before it; `command` made the state, without its options.
    """
    state = dict(found.state)
    if not found.finished:
        course.load_state_dict(state)
        return found.past
    course.trainer.load_state_dict(state["trainer"])
    # further draws are not the same again
    past = found.through(command)
    course.generator.manual_seed(found.terms.seed + past.steps)
    return past


def _begin(options: argparse.Namespace, course: Training, found: Kept | None, command: str) -> Past:
    """Put in the weights that a course begins at, and say what was before it."""
    if found and options.export:
        course.load_state_dict(dict(found.state))
        return found.past
    if found:
        return resume(course, found, command)
    shipped = options.background is None and (ROOT / f"{options.name}.toml").exists()
    if options.resume and shipped:
        card = find(options.name, ROOT)
        course.trainer.adopt(weights.load(card))
        print(f"starting from the committed weights of {options.name}", file=sys.stderr)
        told = card.training
        return Past(60 * told.get("minutes", 0), told.get("steps", 0), told.get("command", ""))
    return Past()


def say_end(end: End, course: Training, command: str) -> None:
    """Where a drive stopped early, and how to go on."""
    if end is End.WHOLE:
        return
    why = "stopped" if end is End.INTERRUPTED else "stopped by --minutes"
    print(
        f"{why} at step {course.step:,} of {course.plan.steps:,}; the state is kept, go on with\n"
        f"    {command} --threads {torch.get_num_threads()} --resume",
        file=sys.stderr,
    )


def _ship(
    options: argparse.Namespace,
    data: DataSet,
    tensors: dict[str, Tensor],
    *,
    net: Mapping[str, Any],
    text: str,
    training: Mapping[str, Any],
    seed: int,
    recommended: Mapping[str, float] | None = None,
) -> None:
    """Write weights and card; figures are left to the evaluate command."""
    name, family = options.name, options.name.partition("/")[2]
    root, training = ROOT, dict(training)
    if options.background is not None:
        root = BACKGROUND
        training["mutated"] = options.background
    path = root / data.name / f"{family}.safetensors"
    sha256 = weights.save(tensors, path)
    card = Card(
        folder=path.parent,
        name=name,
        family=family,
        data=data.name,
        kind=of_shape(tuple(data.train.x.shape[1:])),
        attributes=class_attributes(data.labels),
        weights=path.name,
        sha256=sha256,
        parameters=sum(t.numel() for t in tensors.values()),
        seed=seed,
        recipe=text,
        licence=data.licence,
        net=dict(net),
        training=training,
        recommended=recommended or {},
    )
    write_card(card)
    print(f"wrote {path} and its card", flush=True)
