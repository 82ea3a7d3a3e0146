"""What models and data sets are called in the window and on the command line. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from engines import naming
from engines.checkpoints.catalog import DATA_TITLES, FAMILY_TITLES, is_foreign
from engines.facts.taxonomy import ABOUT
from engines.model import Card


def family_title(card: Card) -> str:
    """ "VAE", …; of a model from outside or a renamed one its own name: there may be many."""
    if is_foreign(card):
        return card.name.partition("/")[2]
    title, last = FAMILY_TITLES.get(card.family, card.family), naming.last(card.name)
    if card.name.endswith(".toml") or last == card.family:
        return title
    # the user's own: "vae-2" is the second of its family, others have names that a person gave
    number = last.removeprefix(f"{card.family}-")
    return f"{title} {number}" if number.isdecimal() else last


def channel_title(name: str, cards: Mapping[str, Card]) -> str:
    """What a view is called whose jobs have a channel: "density: moons/flow" is "Density: Flow"."""
    words = (family_title(cards[word]) if word in cards else word for word in name.split(" "))
    said = " ".join(words)
    return said[:1].upper() + said[1:]


def data_title(data: str) -> str:
    """ "MNIST digits", …"""
    return DATA_TITLES.get(data, data.capitalize())


def tip_of(card: Card) -> str:
    """What the model's family is, and what a click on its name does; a line each."""
    about = ABOUT.get(card.family, f"a model of {card.kind.things}.")
    title = family_title(card)
    kind = FAMILY_TITLES.get(card.family, card.family)
    family = f"{kind}: {about}" if kind == title else f"{title} ({kind}): {about}"
    return f"{family}\nClick to show or hide it, Shift+click to show it alone."
