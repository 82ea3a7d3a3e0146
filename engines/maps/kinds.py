"""What a number or a map is, in the words that the window shows. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from engines.model import Meaning


class Kind(Enum):
    """How a shown log-density relates to the model's own log p(x)."""

    TRUTH = "truth"
    EXACT = "exact"
    BOUND = "bound"
    ESTIMATE = "estimate"
    UNNORMALISED = "unnormalised"
    SAMPLES = "KDE of samples"
    DATA = "KDE of data"

    @property
    def sign(self) -> str:
        """What stands before a log-density of this kind."""
        return {"bound": "≳ ", "estimate": "≈ ", "KDE of samples": "~ ", "KDE of data": "~ "}.get(
            self.value, ""
        )

    @property
    def bits_sign(self) -> str:
        """What stands before bits of this kind, of which fewer are likelier."""
        return self.sign.replace("≳", "≲")

    @property
    def says(self) -> str:
        """What it means, in a sentence."""
        return _SAYS[self]


_SAYS = {
    Kind.TRUTH: "The density that the data were drawn from.",
    Kind.EXACT: "The model's own log p(x), exactly.",
    Kind.BOUND: "A lower bound on the model's log p(x) on average over its random draws; for one "
    "picture or point it may lie above log p(x).",
    Kind.ESTIMATE: "An estimate of the model's log p(x), with a solver's or a quadrature's error.",
    Kind.UNNORMALISED: (
        "log p(x) up to an unknown constant: −E(x). Only differences count; a larger energy "
        "E(x) is less likely."
    ),
    Kind.SAMPLES: "A kernel density of the model's samples. The model itself has no density.",
    Kind.DATA: "A kernel density of the data: the density they were drawn from is unknown.",
}
_OF = {
    Meaning.EXACT: Kind.EXACT,
    Meaning.BOUND: Kind.BOUND,
    Meaning.ESTIMATE: Kind.ESTIMATE,
    Meaning.UNNORMALISED: Kind.UNNORMALISED,
}


def kind_of(meaning: Meaning) -> Kind:
    """The kind of a model's own density."""
    return _OF[meaning]


def comparable(kinds: list[Kind]) -> str:
    """ "" where numbers of these kinds may be ranked against each other, else why not."""
    met = list(dict.fromkeys(kind for kind in kinds if kind is not Kind.TRUTH))
    if Kind.UNNORMALISED in met and len(kinds) > 1:
        return (
            "The normalising constant of an energy is unknown, so its value cannot be "
            "compared with other models."
        )
    if len(met) > 1:
        names = ", ".join(kind.value for kind in met)
        return (
            f"These numbers are of different kinds ({names}): a bound may be low because it is "
            "loose, not because the picture is unlikely."
        )
    return ""


def in_doubt(found: Sequence[tuple[str, float, float | None]]) -> str:
    """ "" where the order of these numbers is sure, else whose places may be chance.

    `found` holds names, values and standard errors in one unit. Neighbours that differ by less
    than twice the standard error of their difference may stand the other way round. An error that
    is None or nan is not known; it counts as 0 here.
    """
    ranked = sorted(found, key=lambda one: one[1])
    close = [
        f"{a} and {b}"
        for (a, x, dx), (b, y, dy) in pairwise(ranked)
        if y - x < 2 * math.hypot(_known(dx), _known(dy))
    ]
    if not close:
        return ""
    return (
        f"The order of {'; '.join(close)} may be chance: they differ by less than twice the "
        "standard error of their difference."
    )


def _known(error: float | None) -> float:
    return 0.0 if error is None or math.isnan(error) else error
