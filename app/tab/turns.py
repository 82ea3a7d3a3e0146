"""Rows and columns a few at a time: ten at once would stop the window for half a second."""

from __future__ import annotations

from collections.abc import Container, Iterable

AT_ONCE = 2
"""How many are made in one turn of the event loop: each takes some 25 ms, and as much to paint."""


def some_of(
    names: Iterable[str], there: Container[str], *, all_now: bool = False
) -> tuple[list[str], bool]:
    """Which of these are there or come now, in their order, and whether others come later.

    `all_now` where somebody asks something of them all, who must miss none.
    """
    names = list(names)
    late = [] if all_now else [name for name in names if name not in there][AT_ONCE:]
    return [name for name in names if name not in late], bool(late)
