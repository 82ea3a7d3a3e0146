"""How a place on a path follows the clock: in the window and in films. Knows no Qt."""

import math

EASINGS = ("linear", "ease in and out", "there and back")


def eased(time: float, easing: str) -> float:
    """The place 0 … 1 at a time 0 … 1; "there and back" is at B half-way."""
    if easing == "ease in and out":
        return (1 - math.cos(math.pi * time)) / 2
    if easing == "there and back":
        return (1 - math.cos(2 * math.pi * time)) / 2
    return time
