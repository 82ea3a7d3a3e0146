"""What every tab shows of one model: a card, its live channels, and the queued job it follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, SignalInstance, Slot

from app.models.titles import family_title
from app.work.channels import Channel
from app.work.jobs import Order
from app.work.lane import Failure, Job
from engines.model import Card
from widgets.look.model_card import ModelCard
from widgets.look.state import State


class Row(QObject):
    """Loading, working, failed; a subclass shows what comes and says how it rests."""

    def __init__(
        self, title: str, view: ModelCard, channels: tuple[Channel, ...], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._title, self._view, self._channels = title, view, channels
        self.failure: Failure | None = None
        self.batch: int | None = None
        """The job of the queue that is followed; None where the hand is, 0 after its end."""
        view.set_stoppable()
        view.stop_wanted.connect(self.halt)
        self._joints: list[tuple[SignalInstance, Callable[..., object]]] = []

    @property
    def title(self) -> str:
        """The model as people call it, such as "VAE"."""
        return self._title

    def _hear(self, *joints: tuple[SignalInstance, Callable[..., object]]) -> None:
        """Join signals of the channels to slots, until the row is closed."""
        self._joints += joints
        for signal, slot in joints:
            signal.connect(slot)

    def load(self) -> None:
        """The model is being loaded."""
        self._view.set_state(State.LOADING, f"Loading {self._title}…")

    def begin(self) -> None:
        """Something was asked for."""
        if self._view.state not in (State.LOADING, State.WORKING):
            self._view.set_state(State.WORKING)

    def follow(self, ticket: int) -> None:
        """Show the frames of a queued job as they come, instead of those of the hand."""
        self.stop()
        self.batch = ticket

    def show_step(self, step: Any) -> None:
        """Take a step of a live job or of the job that is followed."""
        raise NotImplementedError

    def end(self, failure: Failure | None = None) -> None:
        """The job that was followed has ended before its time."""
        if failure is None:
            self.rest()
        else:
            self.fail(failure)

    @Slot(object)
    def fail(self, failure: Failure) -> None:
        """Say what went wrong over the last good frames."""
        self.failure = failure
        self._view.set_state(State.FAILED, failure.sentence)

    @Slot()
    def rest(self) -> None:
        """Nothing more comes: what is shown stays."""

    def busy(self) -> bool:
        """Whether something is on its way live."""
        return any(channel.busy for channel in self._channels)

    def stop(self) -> None:
        """Stop what runs live; what is shown stays."""
        for channel in self._channels:
            channel.stop()

    @Slot()
    def halt(self) -> None:
        """Stop what this card shows being made, live or in the queue; what is shown stays."""
        self.stop()
        if self.batch:
            self._channels[0].cancel(self.batch)

    def close(self) -> None:
        """Let go of the card and stop what runs live for it."""
        self._view.stop_wanted.disconnect(self.halt)
        for signal, slot in self._joints:
            signal.disconnect(slot)
        for channel in self._channels:
            channel.stop()
        self.batch = None  # its job goes on without it
        self.deleteLater()


class Follows(Protocol):
    """What a job of the queue asks of the row that shows it."""

    @property
    def batch(self) -> int | None: ...
    def follow(self, ticket: int) -> None: ...
    def show_step(self, step: Any) -> None: ...
    def end(self, failure: Failure | None = None) -> None: ...


F = TypeVar("F", bound=Follows)


@dataclass
class Following(Generic[F]):
    """A job of the queue and the row of its model, as `find` finds it by now."""

    card: Card
    find: Callable[[], F | None]
    ticket: int = 0

    def row(self) -> F | None:
        """The row that shows this job; a hand may have moved on, or closed it."""
        now = self.find()
        return now if now is not None and now.batch == self.ticket else None

    def order(
        self,
        what: str,
        seed: int,
        job: Job,
        progress: Callable[[Any], tuple[int, int | None] | None],
        done: Callable[[Any], object],
    ) -> Order:
        """The job for the queue, which says `what` it does; `done` hears its result."""
        return Order(
            f"{family_title(self.card)}: {what}",
            f"{self.card.name}, seed {seed}",
            job,
            progress,
            submitted=self._submitted,
            done=done,
            stepped=self._step,
            failed=self._end,
            stopped=self._end,
        )

    def _submitted(self, ticket: int) -> None:
        self.ticket = ticket
        if (row := self.find()) is not None:
            row.follow(ticket)

    def _step(self, step: object) -> None:
        if (row := self.row()) is not None:
            row.show_step(step)

    def _end(self, failure: Failure | None) -> None:
        if (row := self.row()) is not None:
            row.end(failure)
