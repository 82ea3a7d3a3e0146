"""What a badge says when it is pointed at: the meaning first, then the method and its source."""

from __future__ import annotations

from types import MappingProxyType

from engines.model import Exactness, Knob, Knobs, Procedure

_SAMPLES = {
    Exactness.EXACT: "Exact: samples follow the model's own distribution",
    Exactness.ASYMPTOTIC: (
        "Asymptotically exact: with more steps or particles, samples follow the model's own "
        "distribution as closely as wanted"
    ),
    Exactness.HEURISTIC: "Heuristic: samples do not follow the model's own distribution",
}
_NONE: Knobs = MappingProxyType({})
_CODES = {
    Exactness.EXACT: "Exact: the code decodes to the example itself",
    Exactness.ASYMPTOTIC: "Asymptotically exact: with more steps the code decodes to the example",
    Exactness.HEURISTIC: "Heuristic: the code is an approximation, or the result of a search",
}


def of_samples(procedure: Procedure, knobs: tuple[Knob, ...] = (), values: Knobs = _NONE) -> str:
    """About samples made by a procedure; names the knobs that lead away from the model."""
    causes = [
        f"{knob.title} is {knob.text(values[knob.name])}"
        for knob in knobs
        if knob.name in values and knob.strays(values[knob.name])
    ]
    because = f", because {' and '.join(causes)}" if causes else ""
    return f"{_SAMPLES[procedure.exactness]}{because}. {_rest(procedure)}"


def of_codes(procedure: Procedure) -> str:
    """About the codes of given examples."""
    return f"{_CODES[procedure.exactness]}. {_rest(procedure)}"


def _rest(procedure: Procedure) -> str:
    method = procedure.method
    if method[:2].isalpha():  # a formula such as "x = G(z)" keeps its letters
        method = method[:1].upper() + method[1:]
    return f"{method}. {procedure.source}."
