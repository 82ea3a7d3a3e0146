"""One model's row in the in-painting tab: its method, its live channel, its frames, its batch.

What is filled, and how it looks, is the business of its subclasses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Generic, Protocol, Self, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from app.models.open_models import Loading, Models
from app.models.titles import family_title
from app.tab.durations import calls, took
from app.tab.row import Row
from app.tab.standing import of_samples
from app.tasks.filling import Choice, Offer, When
from app.work.channels import Channel
from app.work.lane import Failure, Job
from engines.model import Card, Knob, Knobs, Procedure, settle
from widgets.controls.knob_fields import KnobSpec
from widgets.inpainting.filling_row import FillingRow, MethodSpec
from widgets.look.state import State

WAITS = "Press Fill"
QUEUED, DRAWING = "Waiting in the queue…", "Filling…"
CHANGED = "Out of date: press Fill"
BEFORE = "Still filling the previous mask…"
STOPPED = "Stopped before the end."
NONE_FITS = "No in-painting method fits this model."


A = TypeVar("A", covariant=True)


class Asked(Protocol):
    """What is asked of a method."""

    @property
    def count(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def knobs(self) -> Knobs: ...
    def same(self, other: Self) -> bool: ...
    def settled(self, method: str, knobs: Knobs) -> Self: ...


class Frame(Protocol[A]):
    """What came of it by now; `request` names the method and every knob."""

    @property
    def request(self) -> A: ...
    @property
    def offer(self) -> Offer: ...
    @property
    def choice(self) -> Choice: ...
    @property
    def procedure(self) -> Procedure: ...
    @property
    def share(self) -> float: ...
    @property
    def seconds(self) -> float: ...
    @property
    def calls(self) -> int: ...
    @property
    def note(self) -> str: ...
    @property
    def poor(self) -> str: ...
    @property
    def complete(self) -> bool: ...
    @property
    def kept(self) -> bool | None: ...


Q = TypeVar("Q", bound=Asked)
F = TypeVar("F", bound=Frame[Any])
Fill = Callable[[Models, Card, Q, When], Job]
"""A job that yields the Offer of a model, then a frame after every step of the method."""


class MethodRow(Row, Generic[Q, F]):
    """Shows the live draws, which follow the hand, or those of a queued job.

    `shown` follows every frame put on show, `offered` the word of which methods there are.
    """

    shown = Signal(str)
    offered = Signal(str)

    def __init__(
        self,
        card: Card,
        row: FillingRow,
        channel: Channel,
        models: Models,
        fill: Fill[Q],
        parent: QObject,
    ) -> None:
        super().__init__(family_title(card), row, (channel,), parent)
        self.card, self.row, self._fill = card, row, fill
        self.frame: F | None = None
        self.offer: Offer | None = None
        self.standing: Procedure | None = None
        self._channel, self._models = channel, models
        self._wanted: Q | None = None
        self._stale = False
        self._hear(
            (channel.stepped, self.show_step),
            (channel.failed, self.fail),
            (channel.stopped, self.rest),
            (channel.done, self._end),
        )

    def choice(self, method: str) -> Choice | None:
        """The method of this name, the default for one that is not there, None while unknown."""
        choices = self.offer.choices if self.offer else ()
        return next((c for c in choices if c.name == method), choices[0] if choices else None)

    def job(self, request: Q) -> Job:
        """All of it, for the queue."""
        return self._fill(self._models, self.card, request, When.ALWAYS)

    def live(self, request: Q, when: When) -> None:
        """Draw this now if `when` says so; else what is shown is out of date."""
        self._wanted, choice = request, self.choice(request.method)
        rests = when is When.NEVER or choice is None or not choice.live
        if self.offer is not None and rests:
            self.wait(request)
            return
        self.batch = None
        self._channel.submit(self._fill(self._models, self.card, request, when))
        self.begin()

    def wait(self, request: Q) -> None:
        """Nothing is drawn until somebody presses Fill: say whether what is shown still holds."""
        self._channel.stop()
        self._wanted = request
        if self.offer is not None and not self.offer.choices:
            self.row.set_state(State.EMPTY, NONE_FITS)
        elif self.batch is None:
            self.show_methods(request.method)
            self._mark_stale()
            self.row.set_state(State.READY if self.frame else State.EMPTY, WAITS)
            self.row.set_stale(self.stale)
            self.row.set_note(self._remark())
            self.shown.emit(self.card.name)
        elif self.frame is not None and not self.frame.complete:
            self._mark_stale()
            self.row.set_note(self._remark())

    @property
    def stale(self) -> bool:
        """Whether the draws on show answer an earlier question."""
        return self._stale

    def _mark_stale(self) -> None:
        wanted = self._wanted
        self._stale = self.frame is not None and wanted is not None and not self.answers(wanted)

    def _remark(self, *, cut: bool = False) -> str:
        """What there is to warn of in the draws on show."""
        if cut:
            return STOPPED
        if self._stale:
            return CHANGED if self.batch is None else BEFORE
        if self.frame is None:
            return ""
        # a run that goes on may yet become better
        found = (_warning(self.frame), self.frame.poor if self.frame.complete else "")
        return "; ".join(part for part in found if part)

    def answers(self, request: Q) -> bool:
        """Whether the draws on show are those of this request."""
        choice = self.choice(request.method)
        if self.frame is None or choice is None:
            return False
        try:
            knobs = settle(choice.knobs, request.knobs)
        except ValueError:
            return False
        same: bool = self.frame.request.same(request.settled(choice.name, knobs))
        return same

    def follow(self, ticket: int) -> None:
        super().follow(ticket)
        if self.frame is None:
            self.row.set_state(State.EMPTY, QUEUED)
        else:
            self.row.set_note(QUEUED)

    def end(self, failure: Failure | None = None) -> None:
        """The job that was followed has ended."""
        self.batch = None
        super().end(failure)

    @Slot(object)
    def show_step(self, step: Loading | Offer | F) -> None:
        """Take a step of the live draw or of the job that this row follows."""
        if isinstance(step, Loading):
            self.load()
        elif isinstance(step, Offer):
            self._take_offer(step)
            if self.batch is not None:
                self._say_begun()
        else:
            self._take_offer(step.offer)
            self.show_frame(step)

    def _take_offer(self, offer: Offer) -> None:
        if offer != self.offer:
            self.offer = offer
            self.offered.emit(self.card.name)

    def _say_begun(self) -> None:
        """The job that is followed has had its turn; its first draws may take a while."""
        if self.frame is None:
            self.row.set_state(State.LOADING, DRAWING)
        else:
            self.row.set_note(DRAWING)

    def show_methods(self, method: str) -> None:
        """Offer the methods that fit, this one chosen, with its standing."""
        choice = self.choice(method)
        if self.offer is None or choice is None:
            return
        specs = tuple(MethodSpec(c.name, c.title, _says(c)) for c in self.offer.choices)
        self.row.set_methods(specs, choice.name)
        self._show_standing(choice.procedure)

    def _show_standing(self, standing: Procedure) -> None:
        self.standing = standing
        self.row.set_badge(standing.exactness.value, of_samples(standing))

    def show_frame(self, frame: F) -> None:
        """Put a frame on show."""
        self.frame, self.failure, self._stale = frame, None, False
        if self.batch is not None:  # a hand may have moved on since it was queued
            self._mark_stale()
        self.show_methods(frame.request.method)
        self.present(frame)
        self._show_standing(frame.procedure)
        cost = f"{took(frame.seconds)} for {frame.request.count} samples, {calls(frame.calls)} each"
        self.row.set_cost(cost, frame.note)
        self.row.set_note(self._remark())
        self.row.set_state(State.READY if frame.complete else State.WORKING)
        if not frame.complete:
            self.row.set_progress(frame.share)
        self.shown.emit(self.card.name)

    def present(self, frame: F) -> None:
        """Show what the frame holds; subclasses know what that is."""

    @Slot(object)
    def _end(self, result: F | None) -> None:
        """A live job that only looked has nothing to show for it."""
        if result is None:
            none = self.offer is not None and not self.offer.choices
            self.row.set_state(
                State.READY if self.frame else State.EMPTY, NONE_FITS if none else WAITS
            )

    @Slot()
    def rest(self) -> None:
        """Nothing more comes: what is shown stays."""
        if self.batch is None:
            cut = self.frame is not None and not self.frame.complete
            self.row.set_stale(self._stale or cut)
            self.row.set_state(State.READY if self.frame else State.EMPTY, WAITS)
            self.row.set_note(self._remark(cut=cut))


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def knob_specs(knobs: tuple[Knob, ...]) -> tuple[KnobSpec, ...]:
    """The engines' knobs as the widgets take them."""
    return tuple(KnobSpec(**asdict(knob)) for knob in knobs)


def _says(choice: Choice) -> str:
    standing = choice.procedure
    fast = "updates while you paint" if choice.live else "starts when you press Fill"
    return f"{choice.says} {standing.exactness.value.capitalize()} ({standing.source}); {fast}."


def _warning(frame: F) -> str:
    values = frame.request.knobs
    return "; ".join(
        f"{knob.title} {knob.text(values[knob.name])}: {knob.warn}"
        for knob in frame.choice.knobs
        if knob.strays(values[knob.name])
    )
