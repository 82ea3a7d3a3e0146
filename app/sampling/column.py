"""One model's column in the sampling tab: its live channel, its frames, its batch."""

from __future__ import annotations

from dataclasses import asdict, replace

from PySide6.QtCore import QObject, Signal, Slot

from app.models.open_models import Loading, Models
from app.models.titles import family_title
from app.recipes.recipe import Recipe, RecipeError, recipe_of
from app.sampling.copies import number_of
from app.sampling.displays import display_of
from app.tab.durations import calls, took
from app.tab.row import Row
from app.tab.standing import of_samples
from app.tasks.sampling import Frame, draw
from app.work.channels import Channel
from engines.model import Card, Prompt, SampleRequest, batch_of, in_force, settle
from widgets.controls.knob_fields import KnobSpec
from widgets.look.state import State
from widgets.sampling.column import Column
from widgets.sampling.tab import ColumnSpec


class SamplingColumn(Row):
    """Shows either the live draw, which follows the controls, or a batch from the queue.

    `shown` follows every frame put on show; `knobs_known` comes once the model is loaded.
    """

    shown = Signal(str)
    knobs_known = Signal(str)

    def __init__(
        self,
        card: Card,
        name: str,
        column: Column,
        channel: Channel,
        models: Models,
        parent: QObject,
    ) -> None:
        """`name` is that of the column, of which a model may have several."""
        super().__init__(title_of(card, name), column, (channel,), parent)
        self.card, self.name, self.column = card, name, column
        self.frame: Frame | None = None
        self.specs: tuple[KnobSpec, ...] = ()
        self._channel, self._models = channel, models
        self._display = display_of(card.kind)
        self._final = 0
        self._hear(
            (channel.stepped, self.show_step),
            (channel.failed, self.fail),
            (channel.stopped, self.rest),
        )

    def live(self, request: SampleRequest, prompt: Prompt) -> None:
        """Draw this now, in place of whatever is shown."""
        self.batch = None
        self._channel.submit(draw(self._models, self.card, request, prompt))
        self.begin()

    @Slot(object)
    def show_step(self, step: Loading | Frame) -> None:
        """Take a step of the live draw or of the batch this column follows."""
        if isinstance(step, Loading):
            self.load()
        else:
            self.show_frame(step)

    def show_frame(self, frame: Frame) -> None:
        """Put a frame on show: only what was not final before is drawn again."""
        fresh = self.frame is None or frame.values is not self.frame.values
        self._final = 0 if fresh else self._final
        self.failure = None
        self.frame = frame
        if not self.specs and frame.knobs:
            self.specs = tuple(KnobSpec(**asdict(knob)) for knob in frame.knobs)
            self.knobs_known.emit(self.name)
        self._display.show(self.column.body, self.card, frame, self._final, fresh=fresh)
        self._final = frame.done
        self._describe(frame)
        self.shown.emit(self.name)

    def _describe(self, frame: Frame) -> None:
        spent = frame.seconds / max(1, frame.begun)
        self.column.set_footer(
            f"{took(spent)} per sample · {calls(frame.calls)}",
            "Time and network evaluations (NFE) for one sample.",
        )
        procedure = frame.procedure
        values = in_force(frame.knobs, frame.request)
        tip = of_samples(procedure, frame.knobs, values)
        self.column.set_badge(procedure.exactness.value, tip)
        self.column.set_note(self._warning(frame))
        self.column.set_state(State.READY if frame.complete else State.WORKING)
        if not frame.complete:
            self.column.set_progress(frame.share)

    def _warning(self, frame: Frame) -> str:
        values, first = in_force(frame.knobs, frame.request), frame.request.first
        turned = [f"Samples from number {first} on"] if first else []
        turned += [
            f"{knob.title} {knob.text(values[knob.name])}: {knob.warn}"
            for knob in frame.knobs
            if knob.strays(values[knob.name])
        ]
        turned += [frame.poor] if frame.poor else []
        return "; ".join(turned)

    @Slot()
    def rest(self) -> None:
        """Nothing more comes: what is shown stays; of a stopped run what was finished counts."""
        frame, body = self.frame, self.column.body
        body.set_stale(False)
        self.column.set_state(State.READY if frame else State.EMPTY)
        if frame is not None and not frame.complete:
            self.column.set_footer(f"stopped · {frame.done} of {frame.request.count}")
            self._display.stop(body, frame)

    def recipe(self, index: int) -> Recipe | None:
        """The recipe of picture `index` of what is shown, None for one not finished yet."""
        if self.frame is None or not 0 <= index < self.frame.done:
            return None
        first = self.frame.request.first
        frame = self.frame
        recipe = recipe_of(self.card, frame.knobs, frame.request, prompt=frame.prompt)
        return recipe.picture(first + index, batch_of(self.card))

    def check(self, recipe: Recipe) -> None:
        """Raise RecipeError for knobs that the model has not; before it is loaded nobody knows."""
        if self.frame is not None:
            try:
                settle(self.frame.knobs, recipe.knobs)
            except ValueError as error:
                raise RecipeError(f"the recipe does not fit {self.card.name}: {error}") from error

    @property
    def together(self) -> int:
        """Pictures that are drawn together."""
        return batch_of(self.card)

    def whole_recipe(self, columns: int | None = None) -> Recipe:
        """The recipe of all pictures that are finished. Raises ValueError while there are none."""
        if self.frame is None or not self.frame.done:
            raise ValueError("nothing is finished yet")
        # whole batches, so that they are re-made with the same pictures beside them
        request = replace(self.frame.request, count=self.frame.done)
        frame = self.frame
        return recipe_of(self.card, frame.knobs, request, columns=columns, prompt=frame.prompt)


def title_of(card: Card, name: str) -> str:
    """ "VAE", or "VAE 2" for the second column of that model."""
    number = number_of(name)
    return family_title(card) if number == 1 else f"{family_title(card)} {number}"


def spec_of(card: Card, name: str) -> ColumnSpec:
    """What the tab shows of a model's column of this name."""
    size = f"{card.name} · {_amount(card.parameters)}"
    display = display_of(card.kind)
    return ColumnSpec(
        name,
        title_of(card, name),
        size,
        card.family,
        display.make,
        card.kind.things,
        display.per_row,
    )


def _amount(parameters: int) -> str:
    """ "1.2 M parameters"."""
    for unit, factor in (("M", 1e6), ("k", 1e3)):
        if parameters >= factor:
            return f"{parameters / factor:.3g} {unit} parameters"
    return f"{parameters} parameters"
