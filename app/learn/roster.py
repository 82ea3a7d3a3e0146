"""Which learners there may be, what they are called, and which values a person may give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.learn.pupil import Report
from engines.checkpoints.catalog import FAMILY_TITLES
from engines.facts.taxonomy import ABOUT
from engines.learning.small import CONTROLS, SMALL
from engines.training.recipe import Options
from widgets.learn.values import ValueSpec

MOST = 6
_OBJECTIVES = {
    "energy": "Energy",
    "energy:contrast": "Energy, noise contrast",
    "energy:chains": "Energy, persistent chains",
}
OFFERED: tuple[str, ...] = (
    "vae",
    "gan",
    "autoregressive",
    "any-order",
    "flow",
    "diffusion",
    *_OBJECTIVES,
    "mfa",
    "kde",
)
"""A family each, an energy with its objective behind a colon."""
FIRST = ("vae", "gan", "autoregressive", "flow", "diffusion", "energy")
_STEPS = ("steps", "Steps planned", 100.0, 50_000.0)


def title_of(offer: str) -> str:
    """What a learner of this kind is called."""
    return _OBJECTIVES.get(offer, FAMILY_TITLES.get(offer, offer))


def tip_of(offer: str) -> str:
    """What its family is, in a sentence."""
    about = ABOUT.get(offer.partition(":")[0], "")
    return f"{title_of(offer)}: {about}"


def options_of(offer: str) -> tuple[str, Options]:
    """The family, and what its objective asks of its options."""
    family, _, objective = offer.partition(":")
    return family, {"objective": objective} if objective else {}


def offer_of(family: str, options: Mapping[str, Any]) -> str:
    """The inverse."""
    objective = options.get("objective", "likelihood")
    return family if objective == "likelihood" else f"{family}:{objective}"


def titles(reports: Sequence[Report]) -> dict[int, str]:
    """What the learners are called, by key: with a number where there are several of a kind."""
    seen: dict[str, int] = {}
    found = {}
    for report in reports:
        title = title_of(offer_of(report.family, report.options))
        seen[title] = seen.get(title, 0) + 1
        found[report.key] = title if seen[title] == 1 else f"{title} {seen[title]}"
    return found


def specs_of(report: Report) -> tuple[ValueSpec, ...]:
    """The values that a person may give a learner; those of other objectives are not among them."""
    found = []
    usual = {**report.options, **SMALL.get(report.family, {})}
    for control in CONTROLS[report.family]:
        if control.name not in report.knobs:
            continue
        search = control.name == "bandwidth"
        found.append(
            ValueSpec(
                control.name,
                control.title,
                0.0 if search else control.low,
                control.high,
                control.whole,
                control.name in report.live,
                control.about + (" 0: held-out points choose it." if search else ""),
                number(usual.get(control.name)),
                "search" if search else "",
            )
        )
    if report.total is not None:
        name, title, low, high = _STEPS
        about = "How many steps there are; the learning rate falls to 0 towards the last."
        whole = float(report.options.get(name) or report.total)
        found.append(ValueSpec(name, title, low, high, True, True, about, whole))
    return tuple(found)


def value_title(family: str, name: str) -> str:
    """What the inspector calls a value."""
    known = {control.name: control.title for control in CONTROLS[family]}
    return known.get(name, _STEPS[1] if name == _STEPS[0] else name)


def values_of(report: Report) -> dict[str, float]:
    """The values in force."""
    return {name: number(value) for name, value in report.knobs.items() if _is_number(value)}


def number(value: Any) -> float:
    """A value as one number: of a width for each layer the first, 0 for what is searched for."""
    if isinstance(value, list | tuple):
        value = value[0]
    return 0.0 if value is None else float(value)


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float | list | tuple)
