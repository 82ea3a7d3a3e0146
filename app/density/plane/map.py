"""One map of the density tab: its live channel, its frames, and what its panel says of them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.models.open_models import Loading
from app.recipes.condition import Condition
from app.tab.durations import took
from app.tab.row import Row
from app.tasks.mapping import MapFrame, MapRequest, patched
from app.work.channels import Channel
from app.work.lane import Job
from engines.maps.kinds import Kind
from widgets.density.numbers import Number
from widgets.look.state import State
from widgets.plots.heat_panel import HeatPanel

TOP_SHARE = 0.999
"""The brightest colour is the log-density that this share of the pixels stays below."""
KEPT = 1 << 22
"""Values of finished maps that are kept to be shown again, beside the one in view."""


class DensityMap(Row):
    """Shows the newest map of its model; while that is coarse, what was seen sharp stays."""

    shown = Signal(str)

    def __init__(
        self,
        name: str,
        title: str,
        family: str,
        panel: HeatPanel,
        channel: Channel,
        parent: QObject,
    ) -> None:
        super().__init__(title, panel, (channel,), parent)
        self.name, self.family, self.panel = name, family, panel
        self.frame: MapFrame | None = None
        self.top: float | None = None
        """Where the colours of the whole plane end, in nats."""
        self.levels: tuple[float, ...] = ()
        self.mass: float | None = None
        self.wanted: MapRequest | None = None
        self._home: MapRequest | None = None
        self._whole: tuple[tuple[float, ...], float | None] = (), None
        """Contour levels and mass of the whole plane."""
        self._finished: list[MapFrame] = []  # the newest last
        self._finest: MapFrame | None = None
        self._asked: Condition | None = None
        self._channel = channel
        self._hear(
            (channel.stepped, self.show_step),
            (channel.failed, self.fail),
            (channel.stopped, self.rest),
        )

    def live(self, request: MapRequest, job: Job, *, home: bool) -> None:
        """Map this now, in place of whatever runs; `home` when it is the whole plane."""
        if home:
            self._home = request
        if request == self.wanted and self.failure is None:
            return
        if self._asked is None or self._asked != request.asked:
            self._whole = (), None
            self.levels, self.mass, self.top = (), None, None
        self.wanted, self.failure, self._asked = request, None, request.asked
        known = [frame for frame in self._finished if frame.request == request]
        if known:
            self._channel.stop()
            self._show(known[0])
            return
        self._channel.submit(job)
        if self.panel.state is not State.LOADING:
            self.panel.set_state(State.WORKING)

    def forget(self) -> None:
        """Map what is asked for anew, whatever was found before."""
        self.wanted = None
        self._finished.clear()

    def stop(self) -> None:
        """Stop what runs; what is shown stays."""
        super().stop()
        self.wanted = None

    def pause(self) -> None:
        """Stop what runs, if the map is not whole already."""
        if self.frame is None or not self.frame.complete or self.frame.request != self.wanted:
            self.stop()

    @Slot(object)
    def show_step(self, step: Loading | MapFrame | None) -> None:
        """Take a step of the map's job."""
        if isinstance(step, Loading):
            self.load()
        elif step is not None and step is not self.frame:
            if self.frame is not None and step.values is self.frame.values and not step.complete:
                self.frame = step  # nothing is new but how much is done
                self._describe(step)
            else:
                self._show(step)

    def _keep(self, frame: MapFrame) -> None:
        """Have a finished map to show again, in place of the oldest ones."""
        self._finished = [*(f for f in self._finished if f.request != frame.request), frame]
        while len(self._finished) > 1 and sum(f.values.size for f in self._finished) > KEPT:
            self._finished.pop(0)

    def _show(self, frame: MapFrame) -> None:
        values, area = patched(frame, self._finest), frame.request.area
        if frame.complete:
            self._finest = frame
            self._keep(frame)
        elif self._finest is not None and self._finest.request.moment != frame.request.moment:
            self._finest = None
        self.frame = frame
        self._take_measures(frame)
        box = area.box
        self.panel.map.set_map(values, box, self.shown_levels)
        self.panel.map.set_paths(frame.paths)
        self.panel.set_kind(
            frame.kind.value, f"{frame.kind.says} {frame.method[:1].upper()}{frame.method[1:]}."
        )
        self._describe(frame)
        self.shown.emit(self.name)

    shown_levels: tuple[float, ...] = ()
    """The contour levels to draw: `levels`, or none where they are switched off."""

    def _take_measures(self, frame: MapFrame) -> None:
        """What holds of the whole plane is measured there, not in a part of it."""
        whole, inside = frame.request == self._home, frame.request.moment is not None
        if frame.complete and whole and not inside:
            self._whole = frame.levels, frame.mass
        if frame.complete and inside:
            self.levels, self.mass = frame.levels, frame.mass
        elif not inside:
            self.levels, self.mass = self._whole
        if self.top is None or (whole and frame.complete):
            self.top = float(np.quantile(frame.values, TOP_SHARE))

    def _describe(self, frame: MapFrame) -> None:
        request = frame.request
        if frame.complete:
            mass = "" if self.mass is None else f"∫ = {self.mass:.4f} · "
            self.panel.set_state(State.READY)
            self.panel.set_footer(
                f"{mass}{request.wide} × {request.high} · {took(frame.seconds)}",
                (
                    "∫: the integral of the density over the area shown at first. It is 1 if "
                    "the density is normalised and lies inside. Then the size in pixels and "
                    "the computing time."
                ),
            )
        else:
            rough = "" if frame.stride == 1 else f" · preview, {frame.stride}-pixel blocks"
            self.panel.set_state(State.WORKING, f"{100 * frame.share:.0f} %{rough}")
            self.panel.set_progress(frame.share)

    @Slot()
    def rest(self) -> None:
        """Nothing more comes: what is shown stays."""
        if self.frame is None or not self.frame.complete or self.frame.request != self.wanted:
            self.wanted = None  # it was stopped: whoever asks again is to get it
        self.panel.map.set_stale(False)
        self.panel.set_state(State.READY if self.frame else State.EMPTY)
        if self.frame is not None and not self.frame.complete:
            share = f"stopped at {100 * self.frame.share:.0f} %"
            self.panel.set_footer(share, "Ctrl+Enter maps it anew.")

    def number(self, x: float, y: float, *, rough: bool, note: str) -> Number | None:
        """The value of the pixel at a point, None outside the map; a `rough` one is rounded.

        `note` says what it is worth.
        """
        value = self.panel.map.value_at(x, y)
        if value is None or self.frame is None:
            return None
        found = number(value, self.frame.kind, self.frame.method, digits=1 if rough else 3)
        return Number(found.text, found.tip + note, rough)


def number(
    value: float, kind: Kind, method: str, stderr: float | None = None, *, digits: int = 3
) -> Number:
    """A log-density with the sign of its kind."""
    error = ""
    if value == float("-inf"):
        text = "−∞"
    else:
        text = f"{value:.{digits}f}" if abs(value) < 1000 else f"{value:.3g}"
    if stderr is not None and stderr == stderr:
        text += f" ± {stderr:.2g}"
        error = " ± is one standard error."
    return Number(f"{kind.sign}{text.replace('-', '−')}", f"{kind.says} {method}.{error}")
