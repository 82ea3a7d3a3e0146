"""What a number or a map is, in the words that the window shows. Torch-free."""

from __future__ import annotations

from enum import Enum

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
        """What stands before a number of this kind."""
        return {"bound": "≥ ", "estimate": "≈ ", "KDE of samples": "~ ", "KDE of data": "~ "}.get(
            self.value, ""
        )

    @property
    def says(self) -> str:
        """What it means, in a sentence."""
        return _SAYS[self]


_SAYS = {
    Kind.TRUTH: "The density that the data were drawn from.",
    Kind.EXACT: "The model's own log p(x), exactly.",
    Kind.BOUND: "A lower bound on the model's log p(x): the true value is at least this.",
    Kind.ESTIMATE: "An estimate of the model's log p(x), with a solver's or a quadrature's error.",
    Kind.UNNORMALISED: "log p(x) up to a constant that nobody knows: only differences count.",
    Kind.SAMPLES: "A kernel density of the model's samples. The model itself has no density.",
    Kind.DATA: "A kernel density of the data: nobody knows the density they were drawn from.",
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
            "An unnormalised density lacks a constant of its own: it cannot be ranked against "
            "other models."
        )
    if len(met) > 1:
        names = ", ".join(kind.value for kind in met)
        return (
            f"These numbers are of different kinds ({names}): a bound may be low because it is "
            "loose, not because the picture is unlikely."
        )
    return ""
