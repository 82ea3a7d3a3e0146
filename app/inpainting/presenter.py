"""Presents the in-painting tab: mask, picture and controls into jobs, frames into rows."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.exchange.travel import Target
from app.inpainting.pictures.evidence import Evidence
from app.inpainting.pictures.inspector import Inspector
from app.inpainting.pictures.mask import MaskFiles
from app.inpainting.pictures.row import FilledRow
from app.inpainting.pictures.source import Source
from app.inpainting.points.desk import LOOKING as LOOKING_FOR_DATA
from app.inpainting.points.desk import LineDesk
from app.inpainting.points.inspector import LineInspector
from app.inpainting.points.row import LineRow
from app.inpainting.queue import FillQueue, Row
from app.models.titles import family_title
from app.recipes.recipe import Recipe, RecipeError, card_among, prompt_of
from app.session.session import Session
from app.session.settings import Settings
from app.tab.parts import Parts
from app.tab.row_buttons import RowButtons
from app.tasks.filling import FillRequest, When
from app.tasks.filling_recipe import request_of
from app.tasks.line import LineRequest
from app.tasks.line_recipe import request_of as line_request_of
from app.work.channels import Channel, Channels
from app.work.jobs import Jobs
from engines.facts.abilities import reads_text
from engines.model import Card
from widgets.inpainting.row import InpaintingRow
from widgets.inpainting.tab import InpaintingTab
from widgets.look.specs import RowSpec
from widgets.mask.presets import Preset, make
from widgets.window.seed import LARGEST

NOTHING = "In-painting needs pictures or points of the plane. Choose a data set, such as MNIST."
NO_EXAMPLES = "This data set comes without examples. Open, drop or paste a picture."
LOOKING = "Looking for example pictures…"


class Inpainting(QObject):
    """One per window. Rests while its tab is out of view: nothing is drawn that nobody sees."""

    def __init__(self, tab: InpaintingTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab: InpaintingTab = tab
        self._session: Session = parts.session
        self._jobs: Jobs = parts.jobs
        self._all_channels: Channels = parts.channels
        self._opened: dict[str, Channel] = {}
        self.rows: dict[str, FilledRow] = {}
        self.methods: dict[str, str] = {}
        self.knobs: dict[str, dict[str, float]] = {}
        self.source = Source(tab, parts.session, parts.channels, parts.export, parts.messages)
        self.inspector = Inspector(tab, self.rows, self.source, parts)
        self.desk = LineDesk(tab, parts, self)
        self._every: Mapping[str, Row] = ChainMap[str, Any](self.rows, self.desk.rows)
        self._queue = FillQueue(self._every, parts, self.request)
        self._evidence = Evidence(tab)
        self._buttons = RowButtons(
            tab, parts.session, parts.messages, lambda name: self._every[name].failure
        )
        self._files = MaskFiles(tab, self.source, parts.channels, parts.export, parts.messages)
        self._pending: tuple[Card, FillRequest | LineRequest] | None = None
        parts.travel.add(Target("inpaint", "In-painting", self.source.adopt))
        for signal in (parts.session.data_changed, parts.session.models_changed):
            signal.connect(self.rebuild)
        for signal in (parts.session.seed_changed, parts.session.prompt_changed):
            signal.connect(self.refresh)
        tab.canvas.files_dropped.connect(parts.intake.open_files)
        self._connect_tab()

    def _connect_tab(self) -> None:
        tab = self._tab
        tab.entered.connect(self.rebuild)
        tab.canvas.changed.connect(self.refresh)
        self.source.changed.connect(self._picture_changed)
        self.source.found.connect(self._say_what_is_missing)
        tab.settings_changed.connect(self.refresh)
        tab.live_toggled.connect(self.refresh)
        tab.unclamped_toggled.connect(self._show_unclamped)
        tab.fill_wanted.connect(self._fill)
        tab.method_chosen.connect(self.choose_method)
        self.desk.source.changed.connect(self.refresh)
        self.desk.source.found.connect(self._say_what_is_missing)
        inspectors: tuple[Inspector | LineInspector, ...] = self.inspector, self.desk.inspector
        for inspector in inspectors:
            inspector.turned.connect(self.turn)
            inspector.knobs_wanted.connect(self._show_knobs)
        tab.close_wanted.connect(self._buttons.close)
        tab.retry_wanted.connect(self._retry)
        tab.details_wanted.connect(self._buttons.tell_details)
        tab.evidence_wanted.connect(self._show_evidence)

    # what is shown

    @Slot()
    def rebuild(self) -> None:
        """Show a row for every chosen model, once the tab is in view."""
        if not self._tab.isVisible():
            return
        cards = tuple(c for c in self._session.chosen() if c.is_picture or c.shape == (2,))
        points = bool(cards) and not cards[0].is_picture
        for rows in (self.rows, self.desk.rows):
            for name in [name for name in rows if name not in {card.name for card in cards}]:
                rows.pop(name).close()
        self._tab.show_points(points)
        self._tab.set_rows(tuple(_spec(card) for card in cards))
        for card in cards:
            if card.name not in self._every:
                self._add(card)
        self.inspector.forget_others()
        self.desk.inspector.forget_others()
        if cards:
            self._tab.set_classes(cards[0].labels, self._tab.label())
            if points:
                self.desk.source.show(cards[0].data)
            else:
                self.source.show(cards[0])
        self._say_what_is_missing()
        self.refresh()
        self._restore_pending()

    @Slot()
    def _say_what_is_missing(self) -> None:
        if self.desk.rows:
            self._tab.set_ready("" if self.desk.source.line() else LOOKING_FOR_DATA)
        elif not self.rows:
            self._tab.set_ready(NOTHING)
        elif self.source.picture is None:
            self._tab.set_ready(LOOKING if self.source.waits() else NO_EXAMPLES)
        else:
            self._tab.set_ready("")

    def _add(self, card: Card) -> None:
        widget = self._tab.row(card.name)
        row: FilledRow | LineRow
        assert widget is not None, f"the tab has no row for {card.name}"
        if isinstance(widget, InpaintingRow):
            row = self._add_pictures(card, widget)
        else:
            row = self.desk.add(card, widget)
        row.offered.connect(self._offered)

    def _add_pictures(self, card: Card, widget: InpaintingRow) -> FilledRow:
        if card.name not in self._opened:
            self._opened[card.name] = self._all_channels.open(f"in-painting: {card.name}")
        row = FilledRow(card, widget, self._opened[card.name], self._session.open, self)
        row.show_unclamped(self._tab.unclamped.isChecked())
        widget.set_truth(self.source.standing)
        row.shown.connect(self.inspector.follow)
        self.rows[card.name] = row
        return row

    @Slot()
    def _picture_changed(self) -> None:
        canvas = self._tab.canvas
        if not canvas.mask().any() and not canvas.undoable():
            canvas.set_mask(make(Preset.LEFT, canvas.picture_size()))
        for row in self.rows.values():
            row.view.set_truth(self.source.standing)
        self._say_what_is_missing()
        self.refresh()

    @Slot(bool)
    def _show_unclamped(self, unclamped: bool) -> None:
        for row in self.rows.values():
            row.show_unclamped(unclamped)

    @Slot()
    def refresh(self, _: object = None) -> None:
        """Let the fast methods draw for picture, mask and controls as they stand."""
        if not self._tab.isVisible():
            return
        if self.desk.rows:
            self.desk.look()
        for row in self._every.values():
            self.refresh_row(row)

    def refresh_row(self, row: Row) -> None:
        """Draw one row live if its method is fast and the switch is on."""
        request = self.request(row.card)
        if request is None:
            return
        if row.answers(request) and row.frame is not None and row.frame.complete:
            row.wait(request)
        elif self._tab.live.isChecked():
            row.live(request, When.IF_LIVE)
        else:
            row.live(request, When.NEVER)

    def request(self, card: Card) -> FillRequest | LineRequest | None:
        """What the controls ask of a model, None while there is no picture or no line."""
        method = self.methods.get(card.name, "")
        knobs = dict(self.knobs.get(f"{card.name} {method}", {}))
        label = self._tab.label() if card.labels else None
        count, seed = self._tab.draws(), self._session.seed
        if card.name in self.desk.rows:
            line = self.desk.source.line()
            if line is None:
                return None
            return LineRequest(line.axis, line.value, count, seed, method, knobs, label)
        picture, mask = self.source.picture, self._tab.canvas.mask()
        if picture is None or mask.shape != picture.shape[:2]:
            return None
        prompt = self._session.prompt_of(card)
        return FillRequest(picture, mask, count, seed, method, knobs, label, prompt)

    @Slot(str)
    def _offered(self, name: str) -> None:
        """A method that is not there any more gives way to the default."""
        row = self._every[name]
        choice = row.choice(self.methods.get(name, ""))
        if choice is not None:
            self.methods[name] = choice.name
            row.show_methods(choice.name)
        for inspector in (self.inspector, self.desk.inspector):
            inspector.offer(name)
        self._show_knobs(name)

    @Slot(str)
    def _show_knobs(self, name: str) -> None:
        method = self.methods.get(name, "")
        values = self.knobs.get(f"{name} {method}", {})
        self.inspector.show_knobs(name, method, values)
        self.desk.inspector.show_knobs(name, method, values)

    @Slot(str, str)
    def choose_method(self, name: str, method: str) -> None:
        """Fill a row by another method from now on; its knobs come into view."""
        self.methods[name] = method
        self.inspector.select(name)
        self.desk.inspector.select(name)
        self._show_knobs(name)
        self.refresh_row(self._every[name])

    @Slot(str, str, float)
    def turn(self, name: str, knob: str, value: float) -> None:
        """Set one knob of the method of a row."""
        self.knobs.setdefault(f"{name} {self.methods.get(name, '')}", {})[knob] = value
        self.refresh_row(self._every[name])

    # filling

    @Slot(bool)
    def _fill(self, first: bool) -> None:
        self.run(first=first)

    def run(self, *, first: bool) -> None:
        """Queue the draws of every row; the fast ones need not wait for the slow."""
        self._tab.count.interpretText()
        self._tab.prompt.settle()
        for row in sorted(self._every.values(), key=self._slow, reverse=first):
            if (request := self.request(row.card)) is not None:
                self._queue.submit(row.card, request, first=first)

    def _slow(self, row: Row) -> bool:
        choice = row.choice(self.methods.get(row.card.name, ""))
        return choice is None or not choice.live

    def stop(self) -> None:
        """Stop the live draws of this tab and the jobs it follows."""
        for name, row in self._every.items():
            if name in self.desk.rows:
                self.desk.stop(name)
            else:
                self._opened[name].stop()
            if row.batch:
                self._jobs.cancel(row.batch)

    def save(self) -> None:
        """Save the draw, or the draws of points, in the inspector."""
        if self.desk.rows:
            self.desk.inspector.save()
        else:
            self.inspector.save()

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture without a recipe as the one with the hole; points have no use for it."""
        if self.desk.rows:
            return False
        self.source.open(source)
        return True

    # one row

    @Slot(str)
    def _retry(self, name: str) -> None:
        """Once more, with the card as it is on disk now and without knobs that were refused."""
        row = self._every[name]
        row.card = self._session.reread(name)
        if row.failure is not None and row.failure.summary.startswith("ValueError"):
            self.knobs.pop(f"{name} {self.methods.get(name, '')}", None)
        request = self.request(row.card)
        if request is not None:
            self._queue.submit(row.card, request)

    @Slot(str)
    def _show_evidence(self, name: str) -> None:
        row, cards = self._every[name], [row.card for row in self._every.values()]
        choice = row.choice(self.methods.get(name, ""))
        if row.standing is not None and choice is not None:
            self._evidence.show(row.card, choice.name, row.standing, cards)

    # what is remembered, and recipes from outside

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time."""
        self._tab.set_draws(settings.imputations)
        self._tab.set_draws(settings.line_draws, points=True)
        self._tab.set_live(settings.live_filling)
        self._tab.keep_mask.setChecked(settings.keep_mask)
        self._tab.editor.tools.set_overlay(settings.mask_colour, settings.mask_opacity)
        self.methods = dict(settings.methods)
        if sizes := settings.splitters.get("inpainting"):
            self._tab.splitter.setSizes(list(sizes))

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them."""
        splitters = dict(settings.splitters)
        if self._every:  # before that the parts have no widths of their own
            splitters["inpainting"] = tuple(self._tab.splitter.sizes())
        return replace(
            settings, imputations=self._tab.draws_of(points=False),
            line_draws=self._tab.draws_of(points=True), live_filling=self._tab.live.isChecked(),
            methods=dict(self.methods), splitters=splitters,
            keep_mask=self._tab.keep_mask.isChecked(),
            mask_colour=self._tab.canvas.overlay_colour().name().upper(),
            mask_opacity=round(100 * self._tab.canvas.overlay_opacity()),
        )  # fmt: skip

    def restore(self, recipe: Recipe) -> None:
        """Set picture, mask, model, method, seed and class as in the recipe, and draw them again.

        Raises RecipeError, and changes nothing, when this catalogue cannot follow it.
        """
        card = card_among(self._session.cards, recipe)
        read = request_of if card.is_picture else line_request_of
        request: FillRequest | LineRequest = read(recipe, card)
        if recipe.seed > LARGEST:
            raise RecipeError(
                f"the recipe has the seed {recipe.seed} and the window ends at {LARGEST}; "
                "re-make it with: python main.py inpaint --from PICTURE"
            )
        self.methods[card.name] = request.method
        self.knobs[f"{card.name} {request.method}"] = dict(request.knobs)
        beside = self._session.models if card.data == self._session.data else ()
        self._session.set_seed(recipe.seed)
        if reads_text(card):
            self._session.set_prompt(prompt_of(recipe))
        self._session.choose(card.data, (*beside, card.name))
        self._tab.set_draws(request.count, points=not card.is_picture)
        if card.is_picture:
            self.inspector.expect(card.name, recipe.index or 0)
        self._pending = card, request
        self.rebuild()

    def _restore_pending(self) -> None:
        """What a recipe asks for, as soon as the tab can show it."""
        if self._pending is None or self._pending[0].name not in self._every:
            return
        (card, request), self._pending = self._pending, None
        self._tab.set_classes(card.labels, request.label)
        if isinstance(request, LineRequest):
            self.desk.source.put(request.axis, request.value)
            self.desk.inspector.inspect(card.name)
        else:
            self.source.adopt(request.picture, "From a saved draw", request.mask)
        self._queue.submit(card, request)


def _spec(card: Card) -> RowSpec:
    return RowSpec(card.name, family_title(card), card.family, points=not card.is_picture)
