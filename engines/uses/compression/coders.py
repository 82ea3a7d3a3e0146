"""Which coder a model has, or why none: its parts decide, never its family."""

from __future__ import annotations

import math

import torch

from engines.checkpoints.catalog import no_density
from engines.kinds import Pictures
from engines.model import Card, Meaning, Model
from engines.parts import Conditionals, LevelKernels, Pixelwise
from engines.uses.compression.bits_back import BitsBackCoder
from engines.uses.compression.coder import Coder
from engines.uses.compression.conditionals import SequenceCoder
from engines.uses.compression.errors import CompressionError
from engines.uses.compression.kernels import KernelCoder

MOST_SYMBOLS = 256
KINDS_REFUSED = "{things} are real numbers: they have no code length without a resolution"


def coder_of(model: Model, *, groups: int | None = None, together: int | None = None) -> Coder:
    """The coder of a model on the CPU. Raises CompressionError with the reason where it has none.

    `groups` counts network calls a picture of any-order models (None: their own number; as many as
    pixels code pixel by pixel); `together` is how many pictures are computed at once.
    """
    if (why := refusal(model)) is not None:
        raise CompressionError(why)
    card = model.card
    shape, anyone = card.shape, len(card.labels)
    if isinstance(model.conditionals, Conditionals):
        part, more = model.conditionals, {"together": together} if together else {}
        if groups is not None and not (part.any_order and 1 <= groups <= math.prod(shape)):
            raise CompressionError(_no_groups(model))
        return SequenceCoder(part, math.prod(shape), anyone, groups=groups, **more)
    if groups is not None:
        raise CompressionError(_no_groups(model))
    if isinstance(model.kernels, LevelKernels):
        return KernelCoder(model.kernels)
    assert isinstance(model.posterior, Pixelwise)
    return BitsBackCoder(model.posterior, shape, anyone)


def _no_groups(model: Model) -> str:
    card = model.card
    if model.conditionals is not None and model.conditionals.any_order:
        return f"{card.name} codes a picture in 1 … {math.prod(card.shape)} groups"
    return f"{card.name} has no groups of pixels; only any-order models have"


def symbols_of(model: Model) -> int:
    """How many levels the coder of a model knows."""
    return MOST_SYMBOLS if model.conditionals is None else model.conditionals.symbols


def refusal_of_kind(card: Card) -> str | None:
    """Why examples of this kind cannot be coded at all, known without opening; None if they can."""
    if isinstance(card.kind, Pictures):
        return None
    return f"{card.name} is of {card.kind.things}. " + KINDS_REFUSED.format(
        things=card.kind.things.capitalize()
    )


def refusal(model: Model) -> str | None:
    """Why a model codes no pictures, in one sentence that begins with its name; None if it does."""
    card = model.card
    if (why := refusal_of_kind(card)) is not None:
        return why
    if _has_conditionals(model) or isinstance(model.kernels, LevelKernels):
        return None
    if isinstance(model.posterior, Pixelwise) and card.shape[0] == 1:
        return None
    if model.density is None:
        return f"{no_density(card)}, and a code needs probabilities"
    if model.density.meaning is Meaning.UNNORMALISED:
        return (
            f"{card.name} knows log p(x) up to a constant only; a code needs probabilities that "
            "sum to one"
        )
    return (
        f"{card.name} gives log p of a whole picture, and no p of one pixel after another or of a "
        "latent variable, which an entropy coder takes in turn"
    )


def _has_conditionals(model: Model) -> bool:
    """Whether the symbols of the conditionals are the levels of the values, one by one."""
    part, card = model.conditionals, model.card
    if part is None or part.symbols > MOST_SYMBOLS:
        return False
    places = math.prod(card.shape)
    levels = torch.arange(places) % part.symbols
    x = (levels.float() / ((part.symbols - 1) / 2) - 1).view(1, *card.shape)
    found = part.indices(x)
    return found.shape == (1, places) and torch.equal(found[0].cpu(), levels)
