"""What can be set when an any-order model draws or is scored, and how its samples are drawn."""

from __future__ import annotations

from engines.drawing import tempered
from engines.model import Exactness, Knob, Knobs, Procedure

TERMS = Knob(
    "terms",
    "Random masks",
    4,
    2,
    784,
    1,
    "Network calls per picture where groups is 0: random masks, their sizes spread evenly over "
    "1 … D. A bound for the mean over many pictures; for one picture its error is large.",
)

SOURCE = "Hoogeboom et al. 2022"


def groups_knob(dims: int, default: int) -> Knob:
    return Knob(
        "groups",
        "Groups of one order",
        default,
        0,
        dims,
        1,
        "Network calls per picture along one order of the pixels, the same for all pictures. Those "
        f"of one group are taken as independent: {dims} groups, one pixel each, are exact. 0 takes "
        "random masks in place of an order.",
    )


def calls_knob(dims: int, default: int) -> Knob:
    return Knob(
        "calls",
        "Network calls",
        default,
        1,
        dims,
        1,
        f"Pixels drawn in one call are taken as independent of each other: {dims} calls, one pixel "
        "each, are the model's distribution; fewer come close to it.",
    )


def procedure_of(knobs: Knobs, dims: int) -> Procedure:
    calls = int(knobs["calls"])
    if calls == dims:
        one = Procedure(Exactness.EXACT, "ancestral, pixel by pixel in random order", SOURCE)
    else:
        method = f"random order, {calls} calls: pixels of one call taken as independent"
        one = Procedure(Exactness.HEURISTIC, method, SOURCE)
    return tempered(one, knobs)
