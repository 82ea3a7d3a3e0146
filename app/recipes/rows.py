"""A recipe as lines of the inspector: titles and values."""

from __future__ import annotations

from collections.abc import Sequence

from app.recipes.condition import rows_of
from app.recipes.recipe import Recipe, span
from engines.facts.tasks import Task
from engines.model import Card, Knob


def rows(
    recipe: Recipe, card: Card | None = None, knobs: Sequence[Knob] = ()
) -> list[tuple[str, str]]:
    """What the inspector says, title and value; card and knobs lend their names where at hand."""
    names = card.labels if card else ()
    thing = "Picture" if card is None else card.kind.thing.capitalize()
    shown = recipe.indices
    table = [
        ("Model", recipe.model),
        ("Seed", str(recipe.seed)),
        (thing if len(shown) == 1 else f"{thing}s", span(shown)),
    ]
    if recipe.given or (card is not None and card.attributes and not names):
        table += rows_of(card, recipe.given)
    elif recipe.label is not None or card is None or names:
        table.append(("Class", _class(recipe, names)))
    texts = (("Prompt", recipe.prompt), ("Negative prompt", recipe.negative))
    table += [(title, text) for title, text in texts if text]
    known = {knob.name: knob for knob in knobs}
    classless = recipe.task == Task.SAMPLE and recipe.label is None and not recipe.given
    table += [
        _knob(name, value, known.get(name), classless=classless)
        for name, value in recipe.knobs.items()
    ]
    made = ("Made by", f"Genscope {recipe.version}")
    return [*table, ("Weights", f"{recipe.sha256[:12]}…"), made]


def _class(recipe: Recipe, names: Sequence[str]) -> str:
    def name(label: int) -> str:
        return names[label] if label < len(names) else str(label)

    classes = recipe.classes()
    if classes is None:
        return "any"
    if len(set(classes)) == 1:
        return name(classes[0])
    dealt = recipe.label if isinstance(recipe.label, tuple) else classes
    return ", ".join(map(name, dealt)) + " in turn"


def _knob(name: str, value: float, knob: Knob | None, *, classless: bool) -> tuple[str, str]:
    if knob is None:
        return name.replace("_", " ").capitalize(), f"{value:g}"
    text = knob.text(value)
    if knob.of_class and classless:
        return knob.title, f"{text} (no effect: no class is chosen)"
    return knob.title, f"{text} ({knob.warn})" if knob.strays(value) else text
