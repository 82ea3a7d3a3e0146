"""What models and data sets are called in the window and on the command line. No Qt."""

from __future__ import annotations

from engines.checkpoints.catalog import DATA_TITLES, FAMILY_TITLES, is_foreign
from engines.model import Card


def family_title(card: Card) -> str:
    """ "VAE", …; of a model from outside its own name, for there may be many of a family."""
    if is_foreign(card):
        return card.name.partition("/")[2]
    return FAMILY_TITLES.get(card.family, card.family)


def data_title(data: str) -> str:
    """ "MNIST digits", …"""
    return DATA_TITLES.get(data, data.capitalize())
