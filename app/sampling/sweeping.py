"""A sweep of one knob at one seed, shown as a figure that fills as the samples come."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Slot

from app.exchange.figures import Drawn, Figures
from app.kinds import view_of
from app.recipes.recipe import Recipe, recipe_of
from app.sampling.column import SamplingColumn
from app.sampling.displays import display_of
from app.tab.parts import Parts
from app.tasks.sampling import Backdrop
from app.tasks.sweeping import MOST_SAMPLES, MOST_VALUES, Sweep, Swept, swept
from app.work.lane import Failure
from engines.model import SampleRequest
from widgets.figure.figure import Figure
from widgets.sampling.sweep_bar import SweepBar
from widgets.window.messages import Severity

QUIET_MS = 250
"""How long a hand is still before a sweep begins."""
PAINT_MS = 150
"""How often the figure is painted anew while samples come."""


class Sweeping(QObject):
    """One sweep at a time, of the column that was asked last."""

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._messages = parts.session, parts.messages
        self._figures: Figures = parts.figures
        self.bar: SweepBar | None = None
        self._column: SamplingColumn | None = None
        self._request: SampleRequest | None = None
        self._behind: Backdrop | None = None
        self.found: Swept | None = None
        self._channel = parts.channels.open("sampling: sweep")
        self._channel.stepped.connect(self._take)
        self._channel.failed.connect(self._fail)
        self._paint = QTimer(self, singleShot=True, interval=PAINT_MS)
        self._paint.timeout.connect(self._show)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self.ask)

    def begin(
        self, column: SamplingColumn, request: SampleRequest, behind: Backdrop | None
    ) -> None:
        """Open for a column whose knobs are known, as it stands."""
        if not column.specs:
            said = f"{column.title} has no knobs to sweep, or is not loaded yet."
            self._messages.tell(said, severity=Severity.NOTE)
            return
        if self.bar is None:
            self.bar = SweepBar(MOST_VALUES, MOST_SAMPLES, self._figures.window)
            self.bar.changed.connect(self._quiet.start)
        self._column, self._request, self._behind = column, request, behind
        self.found = None
        self.bar.offer(column.specs)
        plots = view_of(column.card).single is None
        self.bar.samples.setVisible(not plots)
        self.ask()
        self._figures.show(self.drawn, head=self.bar)

    def expect(
        self, column: SamplingColumn, request: SampleRequest, knob: str, values: tuple[float, ...]
    ) -> None:
        """Open with a sweep as it was saved, as soon as the knobs of its column are known."""

        def known(_: str = "") -> None:
            self.begin(column, request, self._behind)
            if self.bar is not None:
                self.bar.put(knob, values, request.count)
                self.ask()

        if column.specs:
            known()
        else:
            column.knobs_known.connect(known, Qt.ConnectionType.SingleShotConnection)

    @Slot()
    def ask(self) -> None:
        """Draw what the bar asks, in place of whatever runs."""
        if self.bar is None or self._column is None or self._request is None:
            return
        spec, values = self.bar.spec(), self.bar.values()
        if spec is None or not values:
            return
        card = self._column.card
        count = self._request.count
        if view_of(card).single is not None:
            count = int(self.bar.samples.value())
        request = replace(self._request, count=count)
        sweep = Sweep(card, request, spec.name, values, self._session.prompt_of(card))
        self.found = Swept(sweep, (None,) * len(values))
        self._channel.submit(swept(self._session.open, sweep))
        self._figures.again()

    @Slot(object)
    def _take(self, step: object) -> None:
        if isinstance(step, Swept) and self.found is not None and step.sweep is self.found.sweep:
            self.found = step
            if not self._paint.isActive():
                self._paint.start()

    @Slot()
    def _show(self) -> None:
        if self._figures.shows(self.bar):
            self._figures.again()
        else:
            self._channel.stop()  # nobody looks

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self._messages.tell(failure.sentence, failure.details)

    # the figure

    def drawn(self) -> Drawn | None:
        """The sweep by now, None before anything was asked."""
        if self.found is None or self._column is None:
            return None
        name = f"{self.found.sweep.card.name.replace('/', '-')}-sweep-{self.found.sweep.knob}"
        made = partial(figure_of, self.found, self._column, self._behind)
        return Drawn(lambda _: made(), 1, 1, partial(recipes_of, self.found), name)


def recipes_of(found: Swept) -> tuple[Recipe, ...]:
    """A recipe for each value that has samples."""
    sweep = found.sweep
    return tuple(
        recipe_of(
            sweep.card,
            frame.knobs,
            replace(frame.request, count=max(1, frame.done)),
            prompt=sweep.prompt,
        )
        for frame in found.frames
        if frame is not None and frame.done
    )


def figure_of(found: Swept, column: SamplingColumn, behind: Backdrop | None) -> Figure:
    """A column for every value; a row for every sample, or one of plots."""
    sweep = found.sweep
    knob = next(k for k in column.frame.knobs if k.name == sweep.knob) if column.frame else None
    title = knob.title if knob is not None else sweep.knob
    names = [knob.text(value) if knob is not None else f"{value:g}" for value in sweep.values]
    cells = display_of(sweep.card.kind).strip(sweep.card, found.frames, behind)
    own = [f"{k} {v:g}" for k, v in sweep.request.knobs.items() if k != sweep.knob]
    said = [f"{column.title} ({sweep.card.name}), seed {sweep.request.seed}"]
    said += [f"{title} from {names[0]} to {names[-1]}", *own]
    if knob is not None and knob.warn:
        said.append(f"away from {knob.text(knob.rest)}: {knob.warn}")
    labels = sweep.request.labels()
    rows = ["" for _ in cells]
    if labels is not None and len(cells) == sweep.request.count:
        rows = [sweep.card.labels[label] for label in labels]
    return Figure(
        f"{title} of {column.title}",
        rows,
        names,
        cells,
        across=title,
        caption="; ".join(said) + ".",
    )
