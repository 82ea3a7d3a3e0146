"""No engine returns a value that is not finite: what a model and its methods give out is checked.

A model is wrapped once, where it is opened; in-painting methods and walks pass their runs through
the same check. A log-density may be −∞, which is log 0, and nothing else that is not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

from engines.model import (
    Density,
    DensityRun,
    Latents,
    LogDensity,
    Model,
    NotFiniteError,
    Prompt,
    Run,
    Step,
    Steps,
)

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")
LEAST = 0.5
"""The share of in-painting's draws that must be finite for the others to be drawn again."""


def rows_finite(x: Tensor) -> Tensor:
    """Which rows of x (n, …) are finite numbers throughout: bool (n,)."""
    return x.isfinite().flatten(1).all(1)


def check_numbers(x: Tensor, what: str) -> None:
    """Raise NotFiniteError where x, called `what`, holds a value that is not a number."""
    if x.isnan().any():
        raise NotFiniteError(f"{what} {_WHY}")


def guarded(model: Model) -> Model:
    """The model whose samples, latents, examples of latents and log-densities are all checked."""
    name = model.card.name
    return replace(
        model,
        sample=_checked(model.sample, name, "samples"),
        density=None if model.density is None else _density(model.density, name),
        latents=None if model.latents is None else _latents(model.latents, name),
        prompted=None if model.prompted is None else _prompted(model.prompted),
    )


def _prompted(make: Callable[[Prompt], Model]) -> Callable[[Prompt], Model]:
    @wraps(make)
    def prompted(prompt: Prompt) -> Model:
        return guarded(make(prompt))

    return prompted


def examples(run: Run, name: str, what: str = "decoded examples") -> Run:
    """The run, which fails at the first guess or result that is not finite. NotFiniteError."""
    return _passed(run, name, lambda x: _refuse(x, name, what))


def draws(run: Run, name: str) -> Run:
    """The run of an in-painting method; draws that are not finite are replaced.

    They become copies of those that are, which a last step's note says. Raises NotFiniteError
    where fewer than half are.
    """
    last, steps = Step(0, None), Steps(_naming(run, name))
    for step in steps:
        guess = None if step.guess is None else _replaced(step.guess, name)[0]
        last = replace(step, guess=guess)
        yield last
    x, lost = _replaced(steps.result, name)
    if lost:
        said = f"{lost} of {len(x)} samples were not finite; copies of others replace them"
        note = f"{last.note}; {said}" if last.note else said
        yield replace(last, guess=x.clone(), note=note)
    return x


def numbers(run: DensityRun, name: str = "the density") -> DensityRun:
    """The run, which fails where a log-density is NaN or +∞. Raises NotFiniteError."""
    return _passed(run, name, lambda found: _refuse_density(found, name))


def _checked(make: Callable[P, Run], name: str, what: str) -> Callable[P, Run]:
    @wraps(make)
    def run(*args: P.args, **kwargs: P.kwargs) -> Run:
        return examples(make(*args, **kwargs), name, what)

    return run


def _density(density: Density, name: str) -> Density:
    def checked(make: Callable[P, DensityRun]) -> Callable[P, DensityRun]:
        def run(*args: P.args, **kwargs: P.kwargs) -> DensityRun:
            return numbers(make(*args, **kwargs), name)

        return run

    grid, preview = density.grid, density.preview
    return replace(
        density,
        run=checked(density.run),
        grid=None if grid is None else checked(grid),
        preview=None if preview is None else checked(preview),
    )


def _latents(latents: Latents, name: str) -> Latents:
    encode, sketch = latents.encode, latents.sketch
    return replace(
        latents,
        decode=_checked(latents.decode, name, "decoded examples"),
        encode=None if encode is None else _checked(encode, name, "latents"),
        sketch=None if sketch is None else _checked(sketch, name, "decoded examples"),
    )


def _passed(
    run: Generator[Step, None, T], name: str, check: Callable[[T], None]
) -> Generator[Step, None, T]:
    """Pass a run on; its result is checked, and every guess as a result would be."""
    steps = Steps(_naming(run, name))
    for step in steps:
        if step.guess is not None:
            _refuse(step.guess, name, "values")
        yield step
    check(steps.result)
    return steps.result


def _naming(run: Generator[S, None, T], name: str) -> Generator[S, None, T]:
    """The run, whose NotFiniteError says the model's name."""
    try:
        return (yield from run)
    except NotFiniteError as error:
        raise _named(error, name) from None


def _refuse(x: Tensor, name: str, what: str) -> None:
    kept = int(rows_finite(x).sum())
    if kept < len(x):
        raise NotFiniteError(f"{name}: {len(x) - kept} of {len(x)} {what} {_WHY}")


def _refuse_density(found: LogDensity, name: str) -> None:
    bad = int((found.value.isnan() | found.value.isposinf()).sum())
    if bad:
        raise NotFiniteError(f"{name}: {bad} of {len(found.value)} log-densities {_WHY}")


def _replaced(x: Tensor, name: str) -> tuple[Tensor, int]:
    """x (n, …) with copies of its finite rows, evenly taken, for the others; how many those are."""
    good = rows_finite(x)
    kept, lost = good.nonzero()[:, 0], (~good).nonzero()[:, 0]
    if not len(lost):
        return x, 0
    if len(kept) < LEAST * len(x):
        raise NotFiniteError(f"{name}: {len(lost)} of {len(x)} samples {_WHY}")
    x = x.clone()
    x[lost] = x[kept[torch.arange(len(lost)) * len(kept) // len(lost)]]
    return x, len(lost)


def _named(error: NotFiniteError, name: str) -> NotFiniteError:
    """The error with the model's name before it, where it has none yet."""
    text = str(error)
    return error if text.startswith(f"{name}: ") else NotFiniteError(f"{name}: {text}")


_WHY = "are not finite numbers; try other settings or another seed, or load the model again"
