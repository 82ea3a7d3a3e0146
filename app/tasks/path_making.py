"""A path from its plan to its frames, the same in the window and without one. Runs on the lane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from app.models.open_models import Loading
from app.recipes.pictures import Values
from app.tasks import latent_study, walking
from app.tasks.encoding import Asked, encode
from app.tasks.latent_study import Study
from app.tasks.walking import Array, Codes, Progress, Walks, Wish
from app.tasks.walking_recipe import Plan
from engines.model import Card
from engines.steps import Steps, mapped

Making = Generator[Loading | Progress, None, Values]

_CODES_SHARE = 0.3
"""How much of the bar the codes take."""


def make(
    walks: Walks,
    card: Card,
    plan: Plan,
    *,
    codes: Codes | None = None,
    study: Study | None = None,
    folder: Path | None = None,
) -> Making:
    """Frames of a plan; codes and directions that are known already are taken as they are.

    Raises ValueError where the model has no such path.
    """
    walks = replace(walks, prompt=plan.prompt)
    if codes is None:
        seed = plan.seed if plan.encoder == "draw" else None
        job = encode(walks, card, plan.keys, seed=seed, asked=Asked.of(plan))
        codes = yield from _codes(job())
    offset = None
    if any(plan.turned):
        if study is None:
            study = yield from _study(latent_study.study(walks, card, folder)())
        offset = offset_of(study, plan.turned, plan.basis)
    wish = Wish(codes, plan.way, offset, plan.label, plan.given)
    return (
        yield from mapped(
            walking.frames(walks, card, wish, plan.places()),
            lambda step: (
                step
                if isinstance(step, Loading)
                else Progress(_CODES_SHARE + (1 - _CODES_SHARE) * step[1] / plan.count)
            ),
        )
    )


def offset_of(study: Study, turned: tuple[float, ...], basis: str) -> Array | None:
    """What sliders add to codes. Raises ValueError for sliders that this model does not have."""
    single = basis == "single"
    most = len(study.single) if single else len(study.spread)
    if len(turned) > most or (single and len(study.single) > latent_study.SINGLE_MOST):
        raise ValueError(f"{study.card.name} has no {len(turned)} sliders along {basis} directions")
    full = turned if single else turned + (0.0,) * (most - len(turned))
    return study.offset(full, single=single)


def _codes(
    run: Generator[Loading | Progress | Codes, None, Codes],
) -> Generator[Loading | Progress, None, Codes]:
    steps = Steps(run)
    for step in steps:
        if isinstance(step, Progress):
            yield Progress(_CODES_SHARE * step.share)
        elif isinstance(step, Loading):
            yield step
    return steps.result


def _study(
    run: Generator[Loading | Progress | Study, None, None],
) -> Generator[Loading | Progress, None, Study]:
    found = None
    for step in run:
        if isinstance(step, Study):
            found = step
        else:
            yield step if isinstance(step, Loading) else Progress(_CODES_SHARE)
    assert found is not None  # a study yields what it finds
    return found
