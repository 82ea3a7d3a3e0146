"""In-painting of pictures: a picture and its mask, a row of draws for every model."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot

from app.exchange.figures import Drawn
from app.inpainting.editor import Asked, Editor
from app.inpainting.pictures.figure import drawn
from app.inpainting.pictures.inspector import PictureInspector
from app.inpainting.pictures.mask import MaskFiles
from app.inpainting.pictures.row import FilledRow
from app.inpainting.pictures.source import Source
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe
from app.session.settings import Settings
from app.tab.parts import Parts
from app.tasks.filling import MOST_DRAWS, FillRequest
from app.tasks.filling_recipe import recipe_of, request_of
from app.tasks.kept import fill_and_keep
from app.work.lane import Job
from engines.model import Card
from widgets.inpainting.picture_desk import PictureDesk
from widgets.inpainting.row import InpaintingRow
from widgets.inpainting.tab import InpaintingTab
from widgets.mask.presets import Preset, make


class PictureEditor(Editor[FilledRow]):
    """Holds the picture, its mask, and the rows that fill it."""

    most = MOST_DRAWS

    def __init__(self, tab: InpaintingTab, parts: Parts) -> None:
        super().__init__(tab, parts)
        self._brush = 0
        """The size of the last time, as long as there is no picture."""
        self.desk: PictureDesk = PictureDesk(tab)
        self.source = Source(self.desk, parts, tab)
        self.inspector: PictureInspector = PictureInspector(
            self.desk, self.rows, self.source, parts, tab
        )
        self._files = MaskFiles(self.desk, self.source, parts, tab)
        self.source.changed.connect(self._take_picture)
        self.source.found.connect(self.found)
        self.desk.canvas.changed.connect(self.changed)
        self.desk.canvas.files_dropped.connect(
            partial(parts.intake.open_pictures, self.source.bar.open)
        )
        self.desk.unclamped.toggled.connect(self._show_unclamped)

    def show(self, card: Card) -> None:
        self.source.show(card)

    def missing(self) -> str:
        return "" if self.source.picture is not None else self.source.bar.missing()

    def request(self, card: Card, asked: Asked) -> FillRequest | None:
        picture, mask = self.source.picture, self.desk.canvas.mask()
        if picture is None or mask.shape != picture.shape[:2]:
            return None
        return FillRequest(
            picture,
            mask,
            asked.count,
            asked.seed,
            asked.method,
            asked.knobs,
            asked.label,
            asked.prompt,
            asked.given,
        )

    def adopt(self, source: Path | bytes) -> bool:
        """Take it as the picture with the hole."""
        self.source.bar.open(source)
        return True

    def receive(self, picture: Pixels, title: str) -> None:
        self.source.adopt(picture, title)

    @Slot()
    def _take_picture(self) -> None:
        canvas = self.desk.canvas
        if self._brush:  # the size of another picture would be cut
            canvas.set_brush_size(self._brush)
            self._brush = 0
        if not canvas.mask().any() and not canvas.undoable():
            canvas.set_mask(make(Preset.LEFT, canvas.picture_size()))
        for name in self.rows:
            self._name_truth(name)
        self.found.emit()
        self.changed.emit()

    @Slot(str)
    def _name_truth(self, name: str) -> None:
        """A row that still shows another picture keeps the name of that."""
        row, picture = self.rows[name], self.source.picture
        shown = row.frame.request.picture if row.frame is not None else picture
        if picture is not None and shown is not None and np.array_equal(shown, picture):
            row.view.set_truth(self.source.standing)

    @Slot(bool)
    def _show_unclamped(self, unclamped: bool) -> None:
        for row in self.rows.values():
            row.show_unclamped(unclamped)

    def read(self, recipe: Recipe, card: Card) -> FillRequest:
        return request_of(recipe, card)

    def expect(self, card: Card, recipe: Recipe) -> None:
        self.inspector.expect(card.name, recipe.index or 0)

    def put(self, card: Card, request: FillRequest) -> None:
        self.source.adopt(request.picture, "From a saved sample", request.mask)

    def figure(self) -> Drawn | None:
        return drawn(list(self.rows.values()), self.title)

    tells = True

    def recipe(self, card: Card, request: FillRequest) -> Recipe:
        return recipe_of(card, request)

    def job(self, card: Card, request: FillRequest) -> Job:
        return fill_and_keep(self.parts.session.open, card, request)

    @property
    def title(self) -> str:
        return self.desk.source.title() if self.source.picture is not None else ""

    def make_row(self, card: Card, widget: InpaintingRow) -> FilledRow:
        row = FilledRow(card, widget, self.channel(card.name), self.parts.session.open, self)
        row.show_unclamped(self.desk.unclamped.isChecked())
        widget.set_truth(self.source.standing)
        row.shown.connect(self._name_truth)
        return row

    def remember(self, settings: Settings) -> None:
        self.count, self._brush = min(settings.imputations, self.most), settings.mask_brush
        self.desk.keep_mask.setChecked(settings.keep_mask)
        self.desk.editor.tools.set_overlay(settings.mask_colour, settings.mask_opacity)

    def settings(self, settings: Settings) -> Settings:
        canvas = self.desk.canvas
        return replace(
            settings,
            imputations=self.count,
            keep_mask=self.desk.keep_mask.isChecked(),
            mask_colour=canvas.overlay_colour().name().upper(),
            mask_opacity=round(100 * canvas.overlay_opacity()),
            mask_brush=canvas.brush_size() if canvas.has_picture() else settings.mask_brush,
        )
