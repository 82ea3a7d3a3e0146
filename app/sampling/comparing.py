"""The same picture of another column, beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from app.exchange.picture_actions import Shelf, origin_of
from app.exchange.travel import Travel
from app.kinds import view_of
from app.sampling.column import SamplingColumn


def same_of_others(
    columns: Mapping[str, SamplingColumn], travel: Travel, shelf: Shelf, index: int
) -> Iterator[tuple[str, Callable[[], object]]]:
    """For a menu: each column that has this picture, too, to compare it with."""
    if shelf.frame is None:
        return
    mine = view_of(shelf.card).picture(shelf.frame.values[index])
    for other in columns.values():
        frame = other.frame
        if other is shelf or frame is None or index >= frame.done or mine is None:
            continue
        theirs = view_of(other.card).picture(frame.values[index])
        if theirs is not None:
            pair = (mine.copy(), origin_of(shelf, index)), (theirs.copy(), origin_of(other, index))
            yield f"Compare with the same of {other.title}", partial(travel.compare, *pair)
