"""Presents the in-painting tab: mask, picture and controls into jobs, frames into rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Slot

from app.exchange.figures import Drawn
from app.exchange.travel import Target
from app.inpainting.editor import Asked, Editor, Row
from app.inpainting.editors import EDITORS
from app.inpainting.pictures.evidence import Evidence
from app.inpainting.queue import FillQueue
from app.models.titles import family_title
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe, card_among
from app.session.session import Session
from app.session.settings import Settings
from app.tab.by_kind import Made
from app.tab.conditions import Conditions
from app.tab.continuing import Continuing, Standing
from app.tab.method_row import knob_specs
from app.tab.parts import Parts
from app.tab.restoring import adopt, check_seed
from app.tab.row_buttons import RowButtons
from app.tab.turns import some_of
from app.tasks.filling import When
from app.work.jobs import Jobs
from engines.facts.tasks import Task
from engines.model import Card
from widgets.inpainting.tab import InpaintingTab
from widgets.look.specs import RowSpec

NOTHING = "In-painting needs pictures or points of the plane. Choose a data set, such as MNIST."


class Inpainting(QObject, Continuing):
    """One per window. Rests while its tab is out of view: nothing is drawn that nobody sees."""

    def __init__(self, tab: InpaintingTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab, self._parts = tab, parts
        self._session: Session = parts.session
        self._jobs: Jobs = parts.jobs
        self._editors = Made(EDITORS, tab, parts, begin=self._begin)
        self.editor: Editor[Any] | None = None
        """That of the kind of data in view."""
        self.methods: dict[str, str] = {}
        self.knobs: dict[str, dict[str, float]] = {}
        self.conditions = Conditions(tab.attributes)
        self._queue = FillQueue(lambda: self.rows, parts, self.request, self._recipe)
        self._evidence = Evidence(tab)
        self._buttons = RowButtons(
            tab, parts.session, parts.messages, lambda name: self.rows[name].failure
        )
        self._pending: tuple[Card, Any, bool] | None = None
        self._late = False
        parts.travel.add(Target(Task.INPAINT, Task.INPAINT.tab, self.receive))
        for signal in (parts.session.data_changed, parts.session.models_changed):
            signal.connect(self.rebuild)
        for signal in (parts.session.seed_changed, parts.session.prompt_changed):
            signal.connect(self.refresh)
        self._connect_tab()

    def _connect_tab(self) -> None:
        tab = self._tab
        tab.entered.connect(self.rebuild)
        tab.left.connect(self._leave)
        tab.settings_changed.connect(self.refresh)
        tab.live_toggled.connect(self.refresh)
        tab.fill_wanted.connect(self._fill)
        tab.method_chosen.connect(self.choose_method)
        tab.knob_changed.connect(self._turn_inspected)
        tab.close_wanted.connect(self._buttons.close)
        tab.retry_wanted.connect(self._retry)
        tab.details_wanted.connect(self._buttons.tell_details)
        tab.evidence_wanted.connect(self._show_evidence)

    @property
    def rows(self) -> Mapping[str, Row]:
        """The rows in view, by the names of their models."""
        return self.editor.rows if self.editor is not None else {}

    def _begin(self, editor: Editor[Any]) -> None:
        editor.remember(self._parts.settings)
        editor.changed.connect(self.refresh)
        editor.found.connect(self._say_what_is_missing)
        editor.inspector.knobs_wanted.connect(self._show_knobs)

    # what is shown

    @Slot()
    def rebuild(self, *, all_now: bool = False) -> None:
        """Show a row for every chosen model, once the tab is in view."""
        if not self._tab.isVisible():
            return
        cards, reason = EDITORS.taken(self._session.chosen(), NOTHING)
        editor = self._editors.of(cards[0].kind) if cards else None
        self._turn_to(editor, {card.name for card in cards})
        names = [card.name for card in cards]
        now, self._late = some_of(names, self.rows, all_now=all_now)
        cards = tuple(card for card in cards if card.name in now)
        self._tab.set_rows(tuple(RowSpec(c.name, family_title(c), c.family) for c in cards))
        if self.editor is None:
            self._tab.set_ready(reason)
            return
        for card in cards:
            if card.name not in self.editor.rows:
                self.editor.add(card).offered.connect(self._offered)
        self._tab.classes.set_classes(cards[0].labels, self._tab.classes.label())
        self._tab.show_classes(self.conditions.offer(cards))
        self.editor.show(cards[0])
        self._say_what_is_missing()
        self.refresh()
        self._restore_pending()
        if self._late:
            QTimer.singleShot(0, self, self.rebuild)

    def _turn_to(self, editor: Editor[Any] | None, names: set[str]) -> None:
        """Bring the editor of a kind into view, with its own number of draws."""
        for known in self._editors:
            known.close(known.rows.keys() - (names if known is editor else set()))
        if editor is self.editor:
            return
        self._keep_count()
        self.editor = editor
        self._tab.show_desk(editor.desk if editor is not None else None)
        if editor is not None:
            self._tab.set_draws(editor.count, editor.most)

    def _keep_count(self) -> None:
        if self.editor is not None:
            self.editor.count = self._tab.draws()

    @Slot()
    def _say_what_is_missing(self) -> None:
        if self.editor is not None:
            self._tab.set_ready(self.editor.missing())

    @Slot()
    def refresh(self, _: object = None) -> None:
        """Let the fast methods draw for example, hole and controls as they stand."""
        if self.editor is None or not self._tab.isVisible():
            return
        self.editor.look()
        for row in self.rows.values():
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

    def request(self, card: Card) -> Any | None:
        """What the controls ask of a model, None while there is no example."""
        if self.editor is None:
            return None
        method = self.methods.get(card.name, "")
        knobs = dict(self.knobs.get(f"{card.name} {method}", {}))
        label = self._tab.classes.label() if card.labels else None
        prompt = self._session.prompt_of(card)
        given = self.conditions.of(card)
        asked = Asked(self._tab.draws(), self._session.seed, method, knobs, label, given, prompt)
        return self.editor.request(card, asked)

    @Slot(str)
    def _offered(self, name: str) -> None:
        """A method that is not there any more gives way to the default."""
        assert self.editor is not None
        row = self.rows[name]
        choice = row.choice(self.methods.get(name, ""))
        if choice is not None:
            self.methods[name] = choice.name
            row.show_methods(choice.name)
        self.editor.inspector.offer(name)
        self._show_knobs(name)

    @Slot(str)
    def _show_knobs(self, name: str) -> None:
        """Show the knobs of a row's method if the row is the one looked at."""
        row, method = self.rows.get(name), self.methods.get(name, "")
        choice = row.choice(method) if row is not None else None
        if row is None or choice is None or self._inspected() != name:
            return
        values = self.knobs.get(f"{name} {method}", {})
        title = f"{choice.title} · {family_title(row.card)}"
        self._tab.set_knobs(title, knob_specs(choice.knobs), dict(values))

    def _inspected(self) -> str:
        return self.editor.inspector.name if self.editor is not None else ""

    @Slot(str, str)
    def choose_method(self, name: str, method: str) -> None:
        """Fill a row by another method from now on; its knobs come into view."""
        assert self.editor is not None
        self.methods[name] = method
        self.editor.inspector.select(name)
        self._show_knobs(name)
        self.refresh_row(self.rows[name])

    @Slot(str, float)
    def _turn_inspected(self, knob: str, value: float) -> None:
        if name := self._inspected():
            self.turn(name, knob, value)

    def turn(self, name: str, knob: str, value: float) -> None:
        """Set one knob of the method of a row."""
        self.knobs.setdefault(f"{name} {self.methods.get(name, '')}", {})[knob] = value
        self.refresh_row(self.rows[name])

    # filling

    @Slot(bool)
    def _fill(self, first: bool) -> None:
        self.run(first=first)

    def run(self, *, first: bool) -> None:
        """Queue the draws of every row; the fast ones need not wait for the slow."""
        self._tab.count.interpretText()
        self._tab.prompt.settle()
        if self._late:  # rows that were to come in the next turn are filled, too
            self.rebuild(all_now=True)
        rows = sorted(self.rows.values(), key=self._slow)
        asked = [(row.card, self.request(row.card)) for row in rows]
        self._queue.submit_all([each for each in asked if each[1] is not None], first=first)

    def _slow(self, row: Row) -> bool:
        choice = row.choice(self.methods.get(row.card.name, ""))
        return choice is None or not choice.live

    @Slot()
    def _leave(self) -> None:
        """What nobody sees waits: live draws are begun anew once the tab is in view again."""
        for row in self.rows.values():
            if row.batch is None:
                row.stop()

    def stop(self) -> None:
        """Stop the live draws of this tab and the jobs it follows."""
        if self.editor is not None:
            self.editor.stop()
        for row in self.rows.values():
            if row.batch:
                self._jobs.cancel(row.batch)

    def save(self) -> None:
        """Save what is in the inspector."""
        if self.editor is not None:
            self.editor.inspector.save()

    def figure(self) -> Drawn | None:
        """What all rows show."""
        return self.editor.figure() if self.editor is not None else None

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture without a recipe as the one with the hole, where the kind has a use."""
        return self.editor is not None and self.editor.adopt(source)

    def receive(self, picture: Pixels, title: str) -> None:
        """Take a picture of another tab, where the kind has a use for it."""
        if self.editor is not None:
            self.editor.receive(picture, title)

    # one row

    @Slot(str)
    def _retry(self, name: str) -> None:
        """Once more, with the card as it is on disk now and without knobs that were refused."""
        row = self.rows[name]
        row.card = self._session.reread(name)
        if row.failure is not None and row.failure.kind == "ValueError":
            self.knobs.pop(f"{name} {self.methods.get(name, '')}", None)
        request = self.request(row.card)
        if request is not None:
            self._queue.submit(row.card, request)

    @Slot(str)
    def _show_evidence(self, name: str) -> None:
        row, cards = self.rows[name], [row.card for row in self.rows.values()]
        choice = row.choice(self.methods.get(name, ""))
        if row.standing is not None and choice is not None:
            self._evidence.show(row.card, choice.name, row.standing, cards)

    # what is remembered, and recipes from outside

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time; each editor takes up its own."""
        self._tab.set_live(settings.live_filling)
        self.methods = dict(settings.methods)
        if sizes := settings.splitters.get("inpainting"):
            self._tab.splitter.setSizes(list(sizes))

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them; of editors not yet made they stay."""
        splitters = dict(settings.splitters)
        if self.rows:  # before that the parts have no widths of their own
            splitters["inpainting"] = tuple(self._tab.splitter.sizes())
        self._keep_count()
        for editor in self._editors:
            settings = editor.settings(settings)
        return replace(
            settings,
            live_filling=self._tab.live.isChecked(),
            methods=dict(self.methods),
            splitters=splitters,
        )

    def restore(self, recipe: Recipe) -> None:
        """Set example, hole, model, method, seed and class as in the recipe, and draw them again.

        Raises RecipeError, and changes nothing, when this catalogue cannot follow it.
        """
        self._restore(recipe, fill=True)

    def _restore(self, recipe: Recipe, *, fill: bool) -> None:
        card = card_among(self._session.cards, recipe)
        EDITORS.checked(card.kind)
        editor = self._editors.of(card.kind)
        request = editor.read(recipe, card)
        check_seed(recipe, Task.INPAINT)
        self.methods[card.name] = request.method
        self.knobs[f"{card.name} {request.method}"] = dict(request.knobs)
        adopt(self._session, recipe, card)
        editor.count = request.count
        if editor is self.editor:
            self._tab.set_draws(request.count)
        editor.expect(card, recipe)
        self._pending = card, request, fill
        self.rebuild()

    def _restore_pending(self) -> None:
        """What a recipe asks for, as soon as the tab can show it."""
        if self._pending is None or self._pending[0].name not in self.rows:
            return
        assert self.editor is not None
        (card, request, fill), self._pending = self._pending, None
        self._tab.classes.set_classes(card.labels, request.label)
        self.conditions.put(card, request.given)
        self.editor.put(card, request)
        if fill:
            self._queue.submit(card, request)

    # what is continued

    def _recipe(self, card: Card, request: Any) -> Callable[[], Recipe] | None:
        """What makes the recipe of a request; it may pack a picture."""
        editor = self._editors.of(card.kind)
        return partial(editor.recipe, card, request) if editor.tells else None

    def standing(self) -> Standing | None:
        """Example, hole and controls of the first row."""
        row = next(iter(self.rows.values()), None)
        request = self.request(row.card) if row is not None and self._pending is None else None
        if row is None or request is None or self.editor is None:
            return None
        recipe = self._recipe(row.card, request)
        title = f"in-painting of {self.editor.title}"
        return Standing(title, (row.card.name, request), recipe) if recipe is not None else None

    def recall(self, recipe: Recipe) -> None:
        """Set example, hole and controls, and fill nothing that was not filled live."""
        self._restore(recipe, fill=False)

    def resume(self, recipe: Recipe) -> None:
        """Queue a filling that had not ended."""
        card = card_among(self._session.cards, recipe)
        EDITORS.checked(card.kind)
        editor = self._editors.of(card.kind)
        request = editor.read(recipe, card)
        self._queue.resume(card, request, editor.job(card, request))
