"""The cross-hair: one place of the plane in every map, and what each says there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, Slot

from app.density.plane.map import DensityMap, number
from app.density.plane.points import Point, Scores, scoring
from app.models.open_models import Loading
from app.recipes.condition import Condition
from app.tasks.mapping import TRUTH, Fields
from app.work.channels import Channel
from engines.model import Card
from widgets.density.numbers import Number
from widgets.density.plane_view import PlaneView

OF_A_PIXEL = " Read off the map; the exact value at this point is being computed."
OF_A_MOMENT = " Read off the map: between noise and density only the map is computed."


class Cross(QObject):
    """Numbers at the cursor: those of pixels at once, in grey, then those of the point itself."""

    def __init__(
        self,
        view: PlaneView,
        maps: Mapping[str, DensityMap],
        difference: str,
        channel: Channel,
        fields: Fields,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._view, self._maps, self._difference = view, maps, difference
        self._channel, self._fields = channel, fields
        self._at: Point | None = None
        self._scores = Scores("", Condition(), {})
        channel.stepped.connect(self._take)

    def show(self, at: Point, data: str, asked: Condition, cards: Sequence[Card]) -> None:
        """Mark a place in every map and say what each has there."""
        self._at, self._scores = at, Scores(data, asked, {})
        for name in self._view.names():
            if (panel := self._view.panel(name)) is not None:
                panel.map.set_cross(at)
        self._tell()
        wanted = [(at, c) for c in (None, *cards) if not self._is_inside(c.name if c else TRUTH)]
        self._channel.submit(scoring(self._fields, self._scores, wanted))

    def again(self, data: str, asked: Condition, cards: Sequence[Card]) -> None:
        """A map has changed under the cursor, perhaps because something else is asked for."""
        if self._at is None:
            return
        if (self._scores.data, self._scores.asked) != (data, asked):
            self.show(self._at, data, asked, cards)
        else:
            self._tell()

    @Slot()
    def hide(self) -> None:
        """The cursor is over no map."""
        self._at = None
        self._channel.stop()
        for name in self._view.names():
            if (panel := self._view.panel(name)) is not None:
                panel.map.set_cross(None)
        self._view.numbers.set_cursor(None, {})

    @Slot(object)
    def _take(self, payload: Scores | Loading | None) -> None:
        asked = (self._scores.data, self._scores.asked)
        if not isinstance(payload, Scores) or (payload.data, payload.asked) != asked:
            return
        if self._at in payload.found:
            self._scores = payload
            self._tell()

    def _is_inside(self, name: str) -> bool:
        """Whether a map shows a moment inside its model, whose density at a point is another."""
        wanted = self._maps[name].wanted if name in self._maps else None
        return wanted is not None and wanted.moment is not None

    def _tell(self) -> None:
        assert self._at is not None
        found = self._scores.found.get(self._at, {})
        numbers: dict[str, Number] = {}
        for name, each in self._maps.items():
            if name in found and not self._is_inside(name):
                here = found[name]
                numbers[name] = number(here.value, here.kind, here.method, here.stderr)
            elif (pixel := self._of_pixel(name, each)) is not None:
                numbers[name] = pixel
        if (between := self._between({name: f.value for name, f in found.items()})) is not None:
            numbers[self._difference] = between
        self._view.numbers.set_cursor(self._at, numbers)

    def _of_pixel(self, name: str, each: DensityMap) -> Number | None:
        """The value of the pixel at the cursor; in a whole map of a moment there is no better."""
        assert self._at is not None
        inside = self._is_inside(name)
        rough = not (inside and each.frame is not None and each.frame.complete)
        return each.number(*self._at, rough=rough, note=OF_A_MOMENT if inside else OF_A_PIXEL)

    def _between(self, exact: Mapping[str, float]) -> Number | None:
        """The difference that is shown: of the numbers at the point, before them of the pixels."""
        assert self._at is not None
        first, second = self._view.controls.difference() or ("", "")
        inside = any(self._is_inside(name) for name in (first, second))
        if first in exact and second in exact and not inside:
            return Number(_signed(exact[first] - exact[second], 3))
        panel = self._view.panel(self._difference)
        value = None if panel is None else panel.map.value_at(*self._at)
        return None if value is None else Number(_signed(value, 1), OF_A_PIXEL.strip(), rough=True)


def _signed(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")
