"""One model's row in the interpolation tab: its codes, its strip, and where it is on the path.

Three live channels: end points into codes, codes into a strip, and the hand's place into one
picture. The newest wish wins on each, and what answers an older question is not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape

import numpy as np
from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from app.interpolation.paths import Paths
from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.pictures import Values
from app.tab.durations import took
from app.tab.row import Row
from app.tab.standing import of_codes
from app.tasks import encoding, walking
from app.tasks.encoding import Asked, encode
from app.tasks.walking import Codes, Film, Progress, Still, Walks, Wish
from app.work.channels import Channel, Channels
from app.work.lane import Failure
from engines.model import NO_PROMPT, Card, Pace, Prompt
from widgets.interpolation.row import InterpolationRow
from widgets.look.state import State

STANDS_IN = "Nearest frame while you drag."
SKETCH = "Preview with fewer steps while you drag."
MOVED = "Sliders moved: the end points are no longer reproduced."


class WalkRow(Row):
    """`encoded` follows new codes, `shown` every picture on show, `filmed` every new strip."""

    encoded = Signal(str)
    shown = Signal(str)
    filmed = Signal(str)

    def __init__(
        self,
        card: Card,
        row: InterpolationRow,
        channels: tuple[Channel, Channel, Channel],
        walks: Walks,
        paths: Paths,
        parent: QObject,
    ) -> None:
        super().__init__(family_title(card), row, channels, parent)
        self.card, self.row, self.paths = card, row, paths
        self.codes: Codes | None = None
        self.wish: Wish | None = None
        self.film: Film | None = None
        self.still: Still | None = None
        self.place, self.count = 0.0, 9
        self.stamp = 0
        self.refused = 0
        """Pictures that came too late to be shown."""
        self._values: Values | None = None
        self._seed: int | None = None
        self.asked = encoding.NOTHING
        """Which end points are its own samples, and what they are decoded as."""
        self._waits: Callable[[], None] | None = None
        """What to begin anew once the tab is in view again."""
        self.prompt = NO_PROMPT
        """The text that its frames are of."""
        self.walks = walks
        self._keys, self._strip, self._hand = channels
        self._hear(
            (self._keys.stepped, self._take_codes),
            (self._keys.failed, self.fail),
            (self._keys.stopped, self.rest),
            (self._strip.stepped, self._take_film),
            (self._strip.failed, self.fail),
            (self._strip.stopped, self.rest),
            (self._strip.done, self._end_film),
            (self._hand.stepped, self._take_still),
            (self._hand.failed, self.fail),
        )

    # what is asked

    def set_keys(
        self, values: Values, seed: int | None = None, asked: Asked = encoding.NOTHING
    ) -> None:
        """Take these end points; with a `seed` their codes are draws where the model has any."""
        self._values, self._seed, self.asked = values, seed, asked
        self.codes = self.wish = None
        for channel in (self._strip, self._hand):
            channel.stop()
        self.row.set_stale(True)
        self.row.curve.clear()
        self._keys.submit(encode(self.walks, self.card, values, seed=seed, asked=asked))
        self.begin()

    def read(self, prompt: Prompt) -> None:
        """Walk among pictures of another text: the same end points have other codes."""
        if prompt != self.prompt:
            self.prompt = prompt
            self.walks = replace(self.walks, prompt=prompt)
            self.again()

    def again(self) -> None:
        """Find the codes of the same end points once more."""
        if self._values is not None:
            self.set_keys(self._values, self._seed, self.asked)

    def set_wish(self, wish: Wish, *, resting: bool) -> None:
        """Show another path or another class; the strip follows once the hand rests."""
        self.wish = wish
        self.row.set_note("" if wish.plain else MOVED)
        self.row.set_stale(True)
        self.row.curve.clear()
        self.go(self.place, resting=resting)
        if resting:
            self.refresh_film()

    def go(self, place: float, *, resting: bool) -> None:
        """Be at a place 0 … 1 of the path."""
        self.place = place
        self.row.set_place(place)
        if self.wish is None or self.codes is None:
            return
        slow = self.codes.pace is Pace.SLOW and not resting
        if slow:
            self._stand_in()
            if not self.codes.sketches:
                self._hand.stop()
                return
        self.stamp += 1
        job = walking.still(self.walks, self.card, self.wish, place, self.stamp, rough=slow)
        self._hand.submit(job)

    def refine(self) -> None:
        """The hand rests: where a slow model shows a sketch or a neighbour, make the picture."""
        if self.codes is None or self.codes.pace is Pace.FAST:
            return
        if self.still is None or self.still.rough or self.late():
            self.go(self.place, resting=True)

    def late(self) -> bool:
        """Whether what is on show is of another place than the hand's, or of another path."""
        still = self.still
        return still is None or still.wish is not self.wish or still.place != self.place

    def mix(self, weights: walking.Reals) -> None:
        """Show the end points mixed in these shares."""
        if self.wish is not None:
            self.stamp += 1
            job = walking.mixture(self.walks, self.card, self.wish, weights, self.stamp)
            self._hand.submit(job)

    def refresh_film(self) -> None:
        """Make the strip of the path as it is now."""
        if self.wish is not None:
            self.row.set_state(State.WORKING)
            self._strip.submit(walking.film(self.walks, self.card, self.wish, self.count))

    def set_count(self, count: int) -> None:
        """Another number of frames."""
        self.count = count
        self.row.set_count(count)
        self.refresh_film()

    def attend(self, entered: SignalInstance, left: SignalInstance) -> None:
        """Work only while the tab is in view: these say when it comes and goes."""
        entered.connect(self.enter)
        left.connect(self.leave)

    @Slot()
    def leave(self) -> None:
        """The tab goes out of view: what is not finished stops."""
        if self._keys.busy:
            self._waits = self.again  # its strip follows
        elif self._strip.busy:
            self._waits = self.refresh_film
        self.stop()

    @Slot()
    def enter(self) -> None:
        """The tab is in view again: go on with what was stopped."""
        waits, self._waits = self._waits, None
        if waits is not None:
            waits()

    @Slot()
    def rest(self) -> None:
        """Something was stopped: where nothing else goes on, what is shown stays."""
        if not (self._keys.busy or self._strip.busy):
            self.row.set_state(State.EMPTY if self.film is None else State.READY)

    def _stand_in(self) -> None:
        """The nearest frame of the strip, until a picture of this very place is there."""
        if self.row.frame.stand_in(self.place):
            self.row.set_note(STANDS_IN)

    # what comes

    @Slot(object)
    def _take_codes(self, payload: Loading | Progress | Codes) -> None:
        if isinstance(payload, Loading):
            self.load()
        elif isinstance(payload, Progress):
            self.row.set_state(State.WORKING)
            self.row.set_progress(payload.share)
            if payload.values is not None:
                self.row.frame.show_guess(payload.values[0])
        else:
            self.codes, self.failure = payload, None
            self._say_codes(payload)
            self.encoded.emit(self.card.name)

    def _say_codes(self, codes: Codes) -> None:
        inverse = codes.inverse
        tip = f"<qt>{escape(of_codes(inverse))}<br>Latents: {escape(codes.nature)}.</qt>"
        self.row.set_nature(codes.nature, inverse.exactness.value, tip)
        self.row.set_errors(*self.paths.errors(self.card, codes.errors))

    @Slot(object)
    def _take_film(self, payload: Loading | Progress | Film) -> None:
        if not isinstance(payload, Film) or payload.wish is not self.wish:
            return
        self.film = payload
        assert self.codes is not None
        self.row.frame.show_film(payload.values, payload.done, self.codes.shown)
        if payload.steps is not None:
            self.row.curve.set_steps(payload.steps)
        if payload.log_p is not None:
            self.row.curve.set_density(payload.log_p, payload.meaning, errors=payload.errors)
            self.row.curve.setToolTip(
                f"Curve: {payload.meaning} of each frame in nats, by {payload.method}. "
                "Grey bars: how far each step goes, as a share of the longest."
            )
        elif payload.method:
            self.row.curve.set_empty(payload.method)
        if payload.complete:
            self.filmed.emit(self.card.name)
        else:
            self.row.set_progress(payload.share)

    def _say_cost(self, seconds: float) -> None:
        """What a frame costs, and how the norm of codes goes along the path."""
        words, tip = f"{took(seconds)} a frame", ""
        free, film = self.codes.free if self.codes else 0, self.film
        if free and film is not None and film.codes is not None and film.wish is self.wish:
            norms = np.linalg.norm(film.codes[:, :free], axis=1)
            words += f" · |z| {norms.min():.1f}–{norms.max():.1f}"
            tip = "The norm of codes along the path: slerp keeps it, lerp lets it fall."
        self.row.set_cost(words, tip)

    @Slot(object)
    def _end_film(self, _: object) -> None:
        self.row.set_state(State.READY)

    @Slot(object)
    def _take_still(self, payload: Loading | Progress | Still) -> None:
        if not isinstance(payload, Still):
            return
        late = self.still is not None and payload.stamp < self.still.stamp
        if late or self.codes is None or payload.wish.codes is not self.codes:
            self.refused += 1
            return
        self.still = payload
        self.row.frame.show_still(payload.values[0], rough=payload.rough)
        plain = "" if payload.wish.plain else MOVED
        self.row.set_note(SKETCH if payload.rough else plain)
        if not payload.rough and payload.seconds:
            self._say_cost(payload.seconds)
        self.shown.emit(self.card.name)

    @Slot(object)
    def fail(self, failure: Failure) -> None:
        """Say what went wrong over the last good frames."""
        super().fail(failure)
        if self.codes is None and failure.kind == "ValueError":
            self.row.set_state(State.EMPTY, failure.sentence)  # no trying again would help


def channels_of(channels: Channels, card: Card) -> tuple[Channel, Channel, Channel]:
    """The three channels of a row."""
    keys, strip, hand = (
        channels.of(f"interpolation {what}: {card.name}") for what in ("codes", "strip", "picture")
    )
    return keys, strip, hand
