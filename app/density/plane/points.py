"""Points that clicks have added to the maps, and log p of every model there, computed anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from app.models.open_models import Loading
from app.recipes.condition import Condition
from app.tab.undo import State, Undo
from app.tasks.mapping import TRUTH, Fields
from app.work.channels import Channel
from app.work.lane import Job
from engines.maps.kinds import Kind
from engines.model import Card
from engines.steps import showing

Point = tuple[float, float]


@dataclass(frozen=True)
class Found:
    """log p of one map at one point, in nats."""

    value: float
    kind: Kind
    method: str
    stderr: float | None = None


@dataclass(frozen=True, eq=False)
class Scores:
    """What is known so far at points of a data set, of what is asked: by point, then by map."""

    data: str
    asked: Condition
    found: dict[Point, dict[str, Found]]


class Points(QObject):
    """`changed` when there are others, another is the current one, or numbers have come."""

    changed = Signal()

    def __init__(self, channel: Channel, fields: Fields, parent: QObject) -> None:
        super().__init__(parent)
        self.points: list[Point] = []
        self.current = -1
        self._before: tuple[list[Point], int] = [], -1
        self._channel, self._fields = channel, fields
        self._scores = Scores("", Condition(), {})
        channel.stepped.connect(self._take)

    def undo(self, view: QWidget, data: Callable[[], str]) -> Undo:
        """Undo of points that were added and removed, over the view that shows them."""

        def put(state: State) -> None:
            self.points, self.current = list(state[1]), state[2]
            self.changed.emit()

        return Undo(view, lambda: (data(), tuple(self.points), self.current), put, self.changed)

    def add(self, point: Point) -> None:
        """Add a point and make it the current one."""
        self._before = self.points, self.current
        self.points = [*self.points, point]
        self.current = len(self.points) - 1
        self.changed.emit()

    @Slot()
    def take_back(self) -> None:
        """Take the point back that was added last; nothing else may have changed since."""
        self.points, self.current = self._before
        self.changed.emit()

    def choose(self, place: int) -> None:
        """Make another point the current one."""
        self.current = place
        self.changed.emit()

    def step(self, by: int) -> None:
        """Go to the next or previous point, going round."""
        if self.points:
            self.choose((self.current + by) % len(self.points))

    def remove(self) -> None:
        """Drop the current point."""
        if self.points:
            self.points = self.points[: self.current] + self.points[self.current + 1 :]
            self.current = min(self.current, len(self.points) - 1)
            self.changed.emit()

    def set_points(self, points: Sequence[Point]) -> None:
        """Replace all."""
        self.points, self.current = list(points), len(points) - 1
        self.changed.emit()

    def here(self) -> Point | None:
        """The current point."""
        return self.points[self.current] if self.points else None

    def numbers(self) -> dict[str, Found]:
        """What is known at the current point, by map."""
        here = self.here()
        return {} if here is None else self._scores.found.get(here, {})

    def score(self, data: str, asked: Condition, cards: Sequence[Card]) -> None:
        """Find what is missing at every point; numbers come one by one."""
        if (self._scores.data, self._scores.asked) != (data, asked):
            self._scores = Scores(data, asked, {})
        known = self._scores.found
        missing = [
            (point, card)
            for point in reversed(self.points)
            for card in (None, *cards)
            if (card.name if card else TRUTH) not in known.get(point, {})
        ]
        if missing:
            self._channel.submit(scoring(self._fields, self._scores, missing))

    @Slot(object)
    def _take(self, payload: Scores | Loading | None) -> None:
        if not isinstance(payload, Scores) or payload is self._scores:
            return
        if (payload.data, payload.asked) == (self._scores.data, self._scores.asked):
            self._scores = payload
            self.changed.emit()


def scoring(fields: Fields, scores: Scores, missing: Sequence[tuple[Point, Card | None]]) -> Job:
    """A job that yields ever fuller copies of `scores`."""

    def job() -> Generator[Scores | Loading | None, None, None]:
        import torch

        known = scores
        for point, card in missing:
            if card is None:
                field = fields.of_data(scores.data, scores.asked)
            else:
                field = yield from fields.of_model(card, scores.asked.of(card), None, on_grid=False)
            run = field.grid(*(torch.tensor([v], dtype=torch.float64) for v in point))
            found = yield from showing(run, known)
            error = None if found.stderr is None else float(found.stderr[0])
            value = Found(float(found.value[0]), field.kind, found.method, error)
            if not math.isnan(value.value):
                here = {**known.found.get(point, {}), card.name if card else TRUTH: value}
                known = replace(known, found={**known.found, point: here})
            yield known

    return job
