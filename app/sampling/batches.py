"""Batches of the sampling tab: jobs of the queue, and the last finished one of every column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from app.models.open_models import Loading
from app.recipes.recipe import recipe_of
from app.sampling.column import SamplingColumn
from app.sampling.copies import model_of
from app.tab.parts import Parts
from app.tab.row import Following
from app.tasks.sampling import Frame, draw
from app.work.jobs import Order
from engines.model import Card, Prompt, SampleRequest
from widgets.sampling.tab import SamplingTab
from widgets.window.messages import Severity

READY = "A batch is ready: press “Last batch” to see it."


class Batches:
    """`columns` are those in view, by their names."""

    def __init__(
        self, tab: SamplingTab, parts: Parts, columns: Mapping[str, SamplingColumn]
    ) -> None:
        self._tab, self._columns = tab, columns
        self._session, self._messages = parts.session, parts.messages
        self._finished: dict[str, Frame] = {}

    def order(self, name: str, card: Card, request: SampleRequest, prompt: Prompt) -> Order:
        """The job of a column's batch."""
        following = Following(card, lambda: self._columns.get(name))

        def done(frame: Frame) -> None:
            self._finished[name] = frame
            self.mark()
            if following.row() is None:
                # the same words for every model, so that many are one banner, counted
                self._messages.tell(READY, severity=Severity.NOTE)

        order = following.order(
            f"{request.count:,} {card.kind.things}",
            request.seed,
            draw(self._session.open, card, request, prompt, queued=True),
            lambda step: None if isinstance(step, Loading) else (step.done, step.request.count),
            done,
        )
        recipe = partial(recipe_of, card, None, request, prompt=prompt)
        return replace(order, recipe=recipe, expects=self._expected(name, request))

    def _expected(self, name: str, request: SampleRequest) -> float | None:
        """Seconds that a batch will take, by what the samples in view have taken."""
        column = self._columns.get(name)
        frame = column.frame if column is not None else None
        if frame is None or not frame.complete or frame.request.knobs != request.knobs:
            return None
        return request.count * frame.seconds / frame.done

    def show(self) -> None:
        """Show the last finished one in every column that has one."""
        for name, column in self._columns.items():
            if frame := self._finished.get(name):
                column.follow(0)
                column.show_frame(frame)
        self.mark()

    def mark(self) -> None:
        """The switch says which batch there is, and whether a column shows one."""
        kept = [name for name in self._columns if name in self._finished]
        found = [self._finished[name].request for name in kept]
        words = f"{found[0].count:,}, seed {found[0].seed}" if found else ""
        shown = all(self._columns[name].batch is not None for name in kept)
        self._tab.set_batch(words, shown=shown and bool(words))

    def keep_data(self, data: str) -> None:
        """A batch may be large: it is kept as long as its data set is chosen."""
        cards = self._session.cards
        for name in list(self._finished):
            card = cards.get(model_of(name))
            if card is None or card.data != data:
                del self._finished[name]
        self.mark()

    def drop(self, name: str) -> None:
        """Let go of the batch of a column."""
        self._finished.pop(name, None)
