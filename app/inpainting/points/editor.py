"""In-painting of points of the plane: one line, and a row of draws and densities for each model."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot

from app.exchange.figures import Drawn
from app.inpainting.editor import Asked, Editor
from app.inpainting.points.figure import drawn
from app.inpainting.points.inspector import LineInspector
from app.inpainting.points.row import LineRow
from app.inpainting.points.source import LineSource
from app.recipes.condition import known_to
from app.recipes.recipe import Recipe
from app.session.settings import Settings
from app.tab.parts import Parts
from app.tab.undo import State, Undo
from app.tasks.kept import fill_line_and_keep
from app.tasks.line import MOST_DRAWS, PLACES, QUICK_PLACES, Curve, LineRequest
from app.tasks.line_recipe import recipe_of, request_of
from app.work.lane import Job
from engines.model import Card
from widgets.inpainting.conditional_row import ConditionalRow
from widgets.inpainting.line_desk import LineDesk
from widgets.inpainting.tab import InpaintingTab

LOOKING = "Loading the data…"


class PointEditor(Editor[LineRow]):
    """Holds the line, the rows, and the density of the data along the line."""

    most, usual = MOST_DRAWS, 500

    def __init__(self, tab: InpaintingTab, parts: Parts) -> None:
        super().__init__(tab, parts)
        self.desk: LineDesk = LineDesk(tab)
        self.source = LineSource(self.desk.line, parts.channels, self)
        self.inspector: LineInspector = LineInspector(self.desk, self.rows, parts.export)
        self.source.true.connect(self._show_truth)
        self.source.changed.connect(self.changed)
        self.source.found.connect(self.found)
        self.undo = Undo(self.desk.line, self._state, self._put, self.source.changed)
        self._truth: Curve | None = None

    def _state(self) -> State:
        line = self.source.line()
        return (line.data, line.axis, line.value) if line is not None else ()

    def _put(self, state: State) -> None:
        _, axis, value = state
        self.source.put(axis, value)

    def show(self, card: Card) -> None:
        self.source.show(card.data)

    def missing(self) -> str:
        return "" if self.source.line() else LOOKING

    def request(self, card: Card, asked: Asked) -> LineRequest | None:
        line = self.source.line()
        if line is None:
            return None
        return LineRequest(
            line.axis,
            line.value,
            asked.count,
            asked.seed,
            asked.method,
            asked.knobs,
            asked.label,
            asked.given,
        )

    def read(self, recipe: Recipe, card: Card) -> LineRequest:
        return request_of(recipe, card)

    def put(self, card: Card, request: LineRequest) -> None:
        self.source.put(request.axis, request.value)
        self.inspector.inspect(card.name)

    tells = True

    def recipe(self, card: Card, request: LineRequest) -> Recipe:
        return recipe_of(card, request)

    def job(self, card: Card, request: LineRequest) -> Job:
        return fill_line_and_keep(self.parts.session.open, card, request)

    def figure(self) -> Drawn | None:
        return drawn(list(self.rows.values()))

    @property
    def title(self) -> str:
        return "a line" if self.source.line() else ""

    def make_row(self, card: Card, widget: ConditionalRow) -> LineRow:
        channels = self.channel(card.name), self.channel(f"density of {card.name}")
        row = LineRow(card, widget, channels, self.parts.session.open, self)
        if self._truth is not None and self._truth.line.data == card.data:
            row.show_truth(self._truth)
        return row

    def look(self) -> None:
        """Ask for every density along the line as it stands."""
        label = self.tab.classes.label()
        line, held = self.source.line(label), self.desk.line.plane.held()
        if line is None:
            return
        line = replace(line, places=QUICK_PLACES if held else PLACES)
        if self._truth is None or self._truth.line != line:
            self.source.ask_truth(line)
        for row in self.rows.values():
            own = label if row.card.labels else None
            views = self.source.view(0), self.source.view(1)
            given = {} if row.card.labels else known_to(row.card, self.tab.attributes.given())
            row.look(replace(line, label=own, given=given), views, held=held)

    @Slot(object)
    def _show_truth(self, curve: Curve) -> None:
        if curve.line.data != self.source.data:
            return  # of the data set before
        self._truth = curve
        for row in self.rows.values():
            row.show_truth(curve)

    def remember(self, settings: Settings) -> None:
        self.count = min(settings.line_draws, self.most)

    def settings(self, settings: Settings) -> Settings:
        return replace(settings, line_draws=self.count)
