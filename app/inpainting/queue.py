"""The queued half of the in-painting tab: the draws of a row as a job that everybody sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from app.inpainting.editor import Row
from app.models.open_models import Loading
from app.recipes.recipe import Recipe
from app.tab.method_row import Asked, Frame
from app.tab.parts import Parts
from app.tab.row import Following
from app.tasks.filling import Offer
from app.work.jobs import Order
from app.work.lane import Job
from engines.model import Card


class FillQueue:
    """Submits fillings for the rows in view; `current(card)` is what the controls ask by now.

    `recipe(card, request)` makes the recipe of a request, None where its kind has none.
    """

    def __init__(
        self,
        rows: Callable[[], Mapping[str, Row]],
        parts: Parts,
        current: Callable[[Card], Any | None],
        recipe: Callable[[Card, Any], Callable[[], Recipe] | None],
    ) -> None:
        self._rows, self._current, self._recipe = rows, current, recipe
        self._jobs = parts.jobs

    def submit(self, card: Card, request: Any, *, first: bool = False) -> None:
        """Queue these draws in place of those the row still waits for."""
        self.submit_all([(card, request)], first=first)

    def submit_all(self, wanted: Sequence[tuple[Card, Any]], *, first: bool = False) -> None:
        """The same for several rows, whose draws are made in this order."""
        rows = self._rows()
        before = [rows[card.name].batch for card, _ in wanted]
        orders = [self._order(c, request, rows[c.name].job(request)) for c, request in wanted]
        self._jobs.submit_all(orders, first=first)
        for ticket in before:
            if ticket is not None:
                self._jobs.cancel(ticket)

    def resume(self, card: Card, request: Any, job: Job) -> None:
        """Queue the `job` of a request beside all others, whether a row shows it or not."""
        self._jobs.submit(self._order(card, request, job))

    def _order(self, card: Card, request: Any, job: Job) -> Order:
        following = Following(card, lambda: self._rows().get(card.name))

        def done(_: object) -> None:
            row, now = following.row(), self._current(card)
            if row is not None:
                row.end()
                if now is not None and not row.answers(now):
                    row.wait(now)

        order = following.order(f"fill {request.count}", request.seed, job, _progress, done)
        return replace(order, recipe=self._recipe(card, request))


def _progress(step: object) -> tuple[int, int] | None:
    """Draws made so far, in shares of the work."""
    if isinstance(step, Loading | Offer):
        return None
    frame = cast("Frame[Asked]", step)
    count = frame.request.count
    return int(frame.share * count), count
