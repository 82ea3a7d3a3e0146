"""What recipes call models: never by a path, which tells of its owner's folders and does not last.

A model of a card from outside is "outside/<card>" in a recipe, and found by its weights. No Qt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engines.checkpoints.catalog import OUTSIDE
from engines.model import Card


def is_foreign(name: str) -> bool:
    """Whether a recipe's name is of a model from outside; the first recipes knew paths of cards."""
    return name.startswith(f"{OUTSIDE}/") or name.endswith(".toml")


def name_of(card: Card) -> str:
    """The name that a recipe gives a model."""
    if not card.name.endswith(".toml"):
        return card.name
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", Path(card.name).stem[:64]).strip("-.") or "model"
    return f"{OUTSIDE}/{plain}"


def names_of(cards: Iterable[Card]) -> dict[str, str]:
    """The names that a recipe of several models gives them, by their own: no two are the same."""
    names: dict[str, str] = {}
    for card in cards:
        name = name_of(card)
        names[card.name] = f"{name}-{card.sha256[:8]}" if name in names.values() else name
    return names


def card_here(name: str, sha256: str, cards: Mapping[str, Card]) -> Card | None:
    """The card that a recipe means: of its weights where there is one, for names may change, else
    of its name. Of several with its weights the one that is still called so.
    """
    named = cards.get(name)
    if named is not None and named.sha256 == sha256:
        return named
    return next((card for card in cards.values() if card.sha256 == sha256), named)


def other_weights(name: str, made: str) -> str:
    """One sentence: what is here under this name is not what made "this picture"."""
    return (
        f"{name} has other weights than those that made {made}: an earlier {name} did, and re-made "
        "with today's it will look different"
    )


def names_here(models: Any, cards: Mapping[str, Card]) -> dict[str, str]:
    """Of a recipe's names with their sha256, those that are called otherwise here."""
    if not isinstance(models, dict):
        return {}
    found = {
        name: card_here(name, sha256, cards)
        for name, sha256 in models.items()
        if isinstance(name, str) and isinstance(sha256, str)
    }
    return {name: card.name for name, card in found.items() if card and card.name != name}


def renamed(extra: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The payload of a recipe of several models with other names for them, trusting nothing."""

    def other(value: Any) -> Any:
        return names.get(value, value) if isinstance(value, str) else value

    made = dict(extra)
    if isinstance(made.get("models"), dict):
        made["models"] = {other(name): sha256 for name, sha256 in made["models"].items()}
    for field in ("difference", "inside"):
        if isinstance(made.get(field), list | tuple):
            made[field] = [other(value) for value in made[field]]
    if "chosen" in made:
        made["chosen"] = other(made["chosen"])
    return made
