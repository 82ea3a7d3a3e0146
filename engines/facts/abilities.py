"""What a model can do in each tab, and why not: by its parts once it is open, by its card before.

What a card says needs no torch; the parts have the last word.
"""

from __future__ import annotations

from dataclasses import dataclass

from engines.checkpoints.catalog import density_refusal
from engines.checkpoints.promises import FILLED, parts_of
from engines.facts.tasks import Task
from engines.model import Card, Density, Meaning, Model, settle

TASKS = (Task.SAMPLE, Task.INPAINT, Task.INTERPOLATE, Task.DENSITY)

_IMPLICIT = "Implicit: it can be sampled, but p(x) cannot be computed."
_NO_SPACE = (
    "Each component has its own latent space, so there is no single space to interpolate in."
)
_NO_LATENTS = "It cannot encode given examples, so there is no path between them."
_NO_METHOD = "No in-painting method fits this model."
_UNKNOWN = "Known once it is loaded."


@dataclass(frozen=True)
class Ability:
    """Whether a task works with a model, and how or why not; `can` is None while unknown."""

    task: str
    can: bool | None
    says: str


def of_model(model: Model) -> tuple[Ability, ...]:
    """By the parts of an open model."""
    from engines import inpaint
    from engines.latents import walks

    methods = inpaint.methods_for(model)
    density = model.density
    try:
        path = Ability(Task.INTERPOLATE, True, _sentence(walks.walk_of(model).nature))
    except ValueError as error:
        path = Ability(Task.INTERPOLATE, False, str(error))
    drawn = model.procedure(settle(model.knobs, {}))
    titles = dict.fromkeys(method.title for method in methods)
    return (
        Ability(Task.SAMPLE, True, _sentence(f"{drawn.method}: {drawn.exactness.value}")),
        Ability(Task.INPAINT, bool(titles), _sentence(", ".join(titles)) if titles else _NO_METHOD),
        path,
        Ability(Task.DENSITY, density is not None, _meaning(model.card, density)),
    )


def of_card(card: Card) -> tuple[Ability, ...]:
    """By the parts that it is known to have before it is loaded."""
    names = parts_of(card)
    if names is None:
        return (
            Ability(Task.SAMPLE, True, ""),
            *(Ability(task, None, _UNKNOWN) for task in TASKS[1:]),
        )
    refused = _refusals(card, names)
    return tuple(Ability(task, task not in refused, refused.get(task, "")) for task in TASKS)


def reads_text(card: Card) -> bool:
    """Whether a model draws what a text says."""
    return bool(card.net.get("text", False))


def _refusals(card: Card, names: frozenset[str]) -> dict[Task, str]:
    """The tasks that parts of these names rule out, and why."""
    none, refused = density_refusal(card) or _IMPLICIT, {}
    if "density" not in names:
        refused[Task.DENSITY] = none
    if not names & {"latents", "kernels"}:
        refused[Task.INTERPOLATE] = _NO_SPACE if "components" in names else _NO_LATENTS
    if not names & FILLED:
        refused[Task.INPAINT] = none if "codec" in names else _NO_METHOD
    return refused


def _meaning(card: Card, density: Density | None) -> str:
    if density is None:
        return density_refusal(card) or _IMPLICIT
    exact = density.meaning is Meaning.EXACT
    return _sentence(f"exact {density.meaning.value}" if exact else density.meaning.value)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
