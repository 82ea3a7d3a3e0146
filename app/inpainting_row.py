"""One model's row in the in-painting tab: its method, its live channel, its frames, its batch."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app import inpainting_recipe
from app.channels import Channel
from app.filling import Choice, Filling, FillRequest, Offer, When, fill
from app.lane import Failure
from app.pictures import Pixels
from app.recipes import Recipe
from app.session import Loading, Models, family_title
from engines.model import Card, Knob, Procedure, settle
from widgets.column import State
from widgets.heat import coloured
from widgets.inpainting_row import SPREAD_MOST, InpaintingRow, MethodSpec
from widgets.knob_fields import KnobSpec

WAITS = "Press Fill to draw."
CHANGED = "Changed since: press Fill."
STOPPED = "Stopped before the end."
NONE_FITS = "No in-painting method fits this model."


class FilledRow(QObject):
    """Shows the live draws, which follow mask and controls, or those of a queued job.

    `shown` follows every frame put on show, `offered` the word of which methods there are.
    """

    shown = Signal(str)
    offered = Signal(str)

    def __init__(
        self, card: Card, row: InpaintingRow, channel: Channel, models: Models, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.card, self.row = card, row
        self.frame: Filling | None = None
        self.offer: Offer | None = None
        self.batch: int | None = None
        self.failure: Failure | None = None
        self.standing: Procedure | None = None
        self._unclamped = False
        self._channel, self._models = channel, models
        self._stale = False
        channel.stepped.connect(self.show_step)
        channel.failed.connect(self.fail)
        channel.stopped.connect(self.rest)
        channel.done.connect(self._end)

    @property
    def together(self) -> int:
        """Draws that are made together."""
        return self.frame.request.count if self.frame else 1

    def choice(self, method: str) -> Choice | None:
        """The method of this name, the default for one that is not there, None while unknown."""
        choices = self.offer.choices if self.offer else ()
        return next((c for c in choices if c.name == method), choices[0] if choices else None)

    def live(self, request: FillRequest, when: When) -> None:
        """Draw this now if `when` says so; else what is shown is out of date."""
        choice = self.choice(request.method)
        rests = when is When.NEVER or choice is None or not choice.live
        if self.offer is not None and rests:
            self.wait(request)
            return
        self.batch = None
        self._channel.submit(fill(self._models, self.card, request, when))
        if self.row.state not in (State.LOADING, State.WORKING):
            self.row.set_state(State.WORKING)

    def wait(self, request: FillRequest) -> None:
        """Nothing is drawn until somebody presses Fill: say whether what is shown still holds."""
        self._channel.stop()
        if self.offer is not None and not self.offer.choices:
            self.row.set_state(State.EMPTY, NONE_FITS)
        elif self.batch is None:
            self.show_methods(request.method)
            self._stale = self.frame is not None and not self.answers(request)
            self.row.set_state(State.READY if self.frame else State.EMPTY, WAITS)
            self.row.set_stale(self._stale)
            warning = _warning(self.frame) if self.frame else ""
            self.row.set_note(CHANGED if self._stale else warning)

    def answers(self, request: FillRequest) -> bool:
        """Whether the draws on show are those of this request."""
        choice = self.choice(request.method)
        if self.frame is None or choice is None:
            return False
        try:
            knobs = settle(choice.knobs, request.knobs)
        except ValueError:
            return False
        return self.frame.request.same(replace(request, method=choice.name, knobs=knobs))

    def follow(self, ticket: int) -> None:
        """Show the frames of a queued job as they come, instead of the live draws."""
        self._channel.stop()
        self.batch = ticket

    def end(self, failure: Failure | None = None) -> None:
        """The job that was followed has ended."""
        self.batch = None
        if failure is None:
            self.rest()
        else:
            self.fail(failure)

    def close(self) -> None:
        """Let go of the row and stop what runs for it."""
        channel = self._channel
        for signal, slot in (
            (channel.stepped, self.show_step), (channel.failed, self.fail),
            (channel.stopped, self.rest), (channel.done, self._end),
        ):  # fmt: skip
            signal.disconnect(slot)
        channel.stop()
        self.batch = None  # its job goes on without it
        self.deleteLater()

    @Slot(object)
    def show_step(self, payload: Loading | Offer | Filling) -> None:
        """Take a step of the live draw or of the job that this row follows."""
        if isinstance(payload, Loading):
            self.row.set_state(State.LOADING, f"Loading {family_title(self.card)}…")
        elif isinstance(payload, Offer):
            self._take_offer(payload)
        else:
            self._take_offer(payload.offer)
            self.show_frame(payload)

    def _take_offer(self, offer: Offer) -> None:
        if offer != self.offer:
            self.offer = offer
            self.offered.emit(self.card.name)

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
        self.row.set_badge(standing.exactness.value, f"{standing.method}. {standing.source}.")

    def show_frame(self, frame: Filling) -> None:
        """Put a frame on show."""
        self.frame, self.failure, self._stale = frame, None, False
        self.show_methods(frame.request.method)
        self._show_draws(frame)
        self._show_summary(frame)
        self._show_standing(frame.procedure)
        self.row.set_cost(f"{_time(frame.seconds)} for {frame.request.count} · NFE {frame.calls}")
        self.row.set_note(_warning(frame))
        self.row.set_state(State.READY if frame.complete else State.WORKING)
        if not frame.complete:
            self.row.set_progress(frame.share)
        self.shown.emit(self.card.name)

    def _show_draws(self, frame: Filling) -> None:
        self.row.show_draws(self.seen(frame))
        if self._unclamped:
            self.row.set_unclamped(frame.drift)
        else:
            self.row.set_kept(frame.kept)

    def _show_summary(self, frame: Filling) -> None:
        stands = (frame.summary.typical, frame.summary.diverse)
        parts = [
            frame.request.picture, frame.summary.mean, coloured(frame.summary.spread, SPREAD_MOST),
            *(frame.values[i] for i in stands),
        ]  # fmt: skip
        self.row.show_summary(np.stack(parts), stands)

    def seen(self, frame: Filling) -> Pixels:
        """The draws as the tab shows them: with the known pixels, or as the method left them."""
        return frame.raw if self._unclamped else frame.values

    def show_unclamped(self, unclamped: bool) -> None:
        """Show the guesses before the known pixels are put back, or the draws."""
        self._unclamped = unclamped
        if self.frame is not None:
            self._show_draws(self.frame)
            self.row.set_stale(self._stale)
            self.shown.emit(self.card.name)

    @Slot(object)
    def _end(self, result: Filling | None) -> None:
        """A live job that only looked has nothing to show for it."""
        if result is None:
            none = self.offer is not None and not self.offer.choices
            self.row.set_state(
                State.READY if self.frame else State.EMPTY, NONE_FITS if none else WAITS
            )

    @Slot(object)
    def fail(self, failure: Failure) -> None:
        """Say what went wrong over the last good draws."""
        self.failure = failure
        self.row.set_state(State.FAILED, failure.sentence)

    @Slot()
    def rest(self) -> None:
        """Nothing more comes: what is shown stays."""
        if self.batch is None:
            cut = self.frame is not None and not self.frame.complete
            self.row.set_stale(self._stale or cut)
            self.row.set_state(State.READY if self.frame else State.EMPTY, WAITS)
            if cut:
                self.row.set_note(STOPPED)

    def recipe(self, index: int) -> Recipe | None:
        """The recipe of draw `index`, None while it is not finished."""
        if self.frame is None or not 0 <= index < self.frame.done:
            return None
        return self.whole_recipe().picture(index)

    def whole_recipe(self, columns: int | None = None) -> Recipe:
        """The recipe of all draws. Raises ValueError while they are not finished."""
        if self.frame is None or not self.frame.done:
            raise ValueError("nothing is finished yet")
        return inpainting_recipe.recipe_of(self.card, self.frame.request, columns=columns)


def knob_specs(knobs: tuple[Knob, ...]) -> tuple[KnobSpec, ...]:
    """The engines' knobs as the widgets take them."""
    return tuple(KnobSpec(**asdict(knob)) for knob in knobs)


def _says(choice: Choice) -> str:
    standing = choice.procedure
    fast = "follows the brush" if choice.live else "waits for Fill"
    return f"{choice.says} {standing.exactness.value.capitalize()} ({standing.source}); {fast}."


def _warning(frame: Filling) -> str:
    return "; ".join(
        f"{knob.title} {frame.request.knobs[knob.name]:g}: {knob.warn}"
        for knob in frame.choice.knobs
        if knob.warn and frame.request.knobs[knob.name] != knob.default
    )


def _time(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds < 10 else f"{seconds:,.0f} s"
