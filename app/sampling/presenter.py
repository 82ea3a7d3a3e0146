"""Presents the sampling tab: turns controls into jobs and frames into columns and the inspector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QTimer, Slot

from app.exchange.figures import Drawn
from app.exchange.picture_actions import Act, PictureActions
from app.kinds import view_of
from app.recipes.recipe import Recipe, card_among, prompt_of, request_of
from app.recipes.rows import rows
from app.sampling import figure
from app.sampling.asking import Asking
from app.sampling.batches import Batches
from app.sampling.column import SamplingColumn, spec_of
from app.sampling.comparing import same_of_others
from app.sampling.copies import MOST, Copies
from app.sampling.displays import DISPLAYS, display_of
from app.sampling.large import LargeRecipes
from app.sampling.sweeping import Sweeping
from app.session.settings import Settings
from app.tab.continuing import Continuing
from app.tab.parts import Parts
from app.tab.restoring import adopt, check_seed
from app.tab.row_buttons import RowButtons
from app.tab.turns import some_of
from app.tab.unseen import Unseen
from app.tasks.large import narrowed
from app.tasks.sampling import Backdrop, backdrop
from app.tasks.sweeping import sweep_in
from engines.facts.abilities import reads_text
from engines.facts.tasks import Task
from engines.model import Card, SampleRequest
from widgets.sampling.tab import SamplingTab
from widgets.window.messages import Severity


class Sampling(QObject, Continuing):
    """One per window. Needs the tab, the session and the lane; knows nothing of the other tabs."""

    def __init__(self, tab: SamplingTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        session, messages, channels = parts.session, parts.messages, parts.channels
        self._tab, self._session, self._jobs = tab, session, parts.jobs
        self._messages, self._channels = messages, channels
        self._actions = PictureActions(parts.export, tab, parts.travel)
        self._actions.more = lambda shelf, i: same_of_others(self.columns, parts.travel, shelf, i)
        self.columns: dict[str, SamplingColumn] = {}
        self.copies, self.batches = Copies(), Batches(tab, parts, self.columns)
        self._inspected: tuple[str, int] | None = None
        self._unseen = Unseen(tab, self.columns, self._live, self)
        self.knobs: dict[str, dict[str, float]] = {}
        self.asking, self.sweeping = Asking(tab), Sweeping(parts, self)
        self._first = 0  # of the live pictures; a recipe may ask for later ones
        self._buttons = RowButtons(tab, session, messages, lambda name: self.columns[name].failure)
        self._large = LargeRecipes(messages, self.resume, self)
        self._behind: Backdrop | None = None
        self._backdrop = channels.open("sampling: data")
        self._backdrop.stepped.connect(self._show_backdrop)
        session.data_changed.connect(self._data_changed)
        session.models_changed.connect(self.rebuild)
        session.seed_changed.connect(self._seed_changed)
        session.prompt_changed.connect(self._prompt_changed)
        self._connect_tab()

    def _connect_tab(self) -> None:
        tab = self._tab
        tab.live_changed.connect(self._controls_changed)
        tab.knob_changed.connect(self.turn)
        tab.generate_wanted.connect(self.generate)
        tab.last_batch_wanted.connect(self.show_last_batch)
        tab.chosen.connect(self._inspect)
        tab.menu_wanted.connect(self._open_menu)
        act = self._actions
        tab.drag_wanted.connect(lambda name, i: act.drag(self.columns[name], i))
        tab.copy_wanted.connect(lambda name, i: act.copy(self.columns[name], i))
        tab.close_wanted.connect(self._close)
        tab.duplicate_wanted.connect(self.duplicate)
        tab.sweep_wanted.connect(self.sweep)
        tab.retry_wanted.connect(self._retry)
        tab.details_wanted.connect(self._buttons.tell_details)
        tab.viewer.copy_wanted.connect(lambda: self._with_inspected(act.copy))
        tab.viewer.copy_recipe_wanted.connect(lambda: self._with_inspected(act.copy_recipe))
        tab.viewer.save_wanted.connect(self.save)
        tab.viewer.drag_wanted.connect(lambda: self._with_inspected(act.drag))

    @Slot()
    def _data_changed(self) -> None:
        self._first, self._behind = 0, None
        self.rebuild()

    @Slot()
    def rebuild(self, *, all_now: bool = False) -> None:
        """Show a column for every chosen model and draw anew in those that came."""
        cards = self._fitting()
        wanted = dict(self.copies.columns(cards))
        for name in [name for name in self.columns if name not in wanted]:
            self.columns.pop(name).close()
        now, late = some_of(wanted, self.columns, all_now=all_now)
        self._tab.set_columns(tuple(spec_of(wanted[name], name) for name in now))
        if cards:
            self.asking.show(cards[0])
            if display_of(cards[0].kind).has_backdrop and not late:
                self._backdrop.submit(backdrop(self._session.data))
        for name in [name for name in now if name not in self.columns]:
            self._add(name, wanted[name])
        if self._inspected and self._inspected[0] not in wanted:
            self._inspected = None
            self._tab.viewer.clear()
        self.batches.keep_data(self._session.data)
        if late:
            QTimer.singleShot(0, self, self.rebuild)

    def _fitting(self) -> tuple[Card, ...]:
        """The chosen models whose examples this tab can show."""
        return tuple(card for card in self._session.chosen() if not DISPLAYS.refusal(card.kind))

    def _add(self, name: str, card: Card) -> None:
        widget = self._tab.column(name)
        assert widget is not None, f"the tab has no column {name}"
        channel = self._channels.of(f"sampling: {name}")
        column = SamplingColumn(card, name, widget, channel, self._session.open, self)
        column.knobs_known.connect(self._show_knobs)
        column.shown.connect(self._follow_inspected)
        column.shown.connect(lambda name: self._large.hear(name, column.frame))
        self.columns[name] = column
        self._live(name)

    @Slot()
    def _seed_changed(self) -> None:
        self._first = 0
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Draw live in every column with the controls as they stand."""
        for name in self.columns:
            self._live(name)

    @Slot()
    def _prompt_changed(self) -> None:
        for name in [name for name, c in self.columns.items() if reads_text(c.card)]:
            self._live(name)

    def _live(self, name: str) -> None:
        column = self.columns[name]
        if self._unseen.holds(name):
            return
        column.live(self._request(name), self._session.prompt_of(column.card))
        self.batches.mark()

    def _request(self, name: str, count: int | None = None) -> SampleRequest:
        card, knobs = self.columns[name].card, self.knobs.get(name, {})
        first = self._first if count is None else 0
        return self.asking.request(card, self._session.seed, knobs, count=count, first=first)

    @Slot()
    def _controls_changed(self) -> None:
        if cards := self._fitting():
            self.asking.take(cards[0])
        self._first = 0
        self.refresh()

    @Slot(str, str, float)
    def turn(self, name: str, knob: str, value: float) -> None:
        """Set one knob of one column and draw anew."""
        self.knobs.setdefault(name, {})[knob] = value
        self._live(name)

    @Slot(str)
    def _show_knobs(self, name: str) -> None:
        self._tab.set_knobs(name, self.columns[name].specs, self.knobs.get(name, {}))

    @Slot(object)
    def _show_backdrop(self, found: Backdrop) -> None:
        if found.data != self._session.data:
            return
        self._behind = found
        for name in self._tab.names():
            column = self.columns.get(name)
            if column is not None and (display := display_of(column.card.kind)).has_backdrop:
                display.set_backdrop(column.column.body, found)

    # what is remembered

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time."""
        self.asking.remember(settings)
        self._tab.batch.setValue(settings.batch)
        if sizes := settings.splitters.get("sampling"):
            self._tab.splitter.setSizes(list(sizes))
        self.knobs = {name: dict(values) for name, values in settings.knobs.items()}
        self.copies.remember(settings.copies)

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them."""
        return replace(
            self.asking.settings(settings),
            batch=int(self._tab.batch.value()),
            knobs={name: values for name, values in self.knobs.items() if values},
            copies=dict(self.copies.counts),
            splitters={**settings.splitters, "sampling": tuple(self._tab.splitter.sizes())},
        )

    # batches

    def run(self, *, first: bool) -> None:
        """Queue a batch of the size that stands beside the button."""
        # what was just typed counts without leaving its field
        self._tab.batch.interpretText()
        self._tab.prompt.settle()
        self.generate(int(self._tab.batch.value()), first=first)

    @Slot(int, bool)
    def generate(self, count: int, first: bool = False) -> None:
        """Queue a batch of `count` for every model shown, before those that wait if `first`."""
        self.rebuild(all_now=True)  # those that were to come in the next turn, too
        prompt = self._session.prompt_of
        orders = [
            self.batches.order(name, c.card, self._request(name, count), prompt(c.card))
            for name, c in self.columns.items()
        ]
        self._jobs.submit_all(orders, first=first)

    @Slot(bool)
    def show_last_batch(self, shown: bool = True) -> None:
        """Show the last finished batch of every model, or else the preview again."""
        if shown:
            self.batches.show()
        else:
            self.refresh()

    def stop(self) -> None:
        """Stop the live draws of this tab and the batches it follows."""
        for column in self.columns.values():
            column.halt()

    # one picture

    def recipe(self, name: str, index: int) -> Recipe | None:
        """The recipe of a picture on show."""
        return column.recipe(index) if (column := self.columns.get(name)) else None

    @Slot(str, int)
    def _inspect(self, name: str, index: int) -> None:
        self._inspected = name, index
        self._follow_inspected(name)

    @Slot(str)
    def _follow_inspected(self, name: str) -> None:
        """Keep the inspector on the picture chosen, as its column changes."""
        if self._inspected is None or self._inspected[0] != name:
            return
        index = self._inspected[1]
        column, recipe = self.columns[name], self.recipe(name, index)
        if column.frame is None or recipe is None:
            if column.frame is not None and index >= column.frame.request.count:
                self._inspected = None
                self._tab.viewer.clear()
            return
        if column.column.body.current() != index:
            column.column.body.set_current(index)
        value = column.frame.values[index]
        table = rows(recipe, column.card, column.frame.knobs)
        view = view_of(column.card)
        picture = view.picture(value)
        if picture is not None:
            self._tab.viewer.show_picture(picture, table)
        else:
            thing = column.card.kind.thing
            self._tab.viewer.show_text(view.said(value), table, thing=thing)

    @Slot(str, int, QPoint)
    def _open_menu(self, name: str, index: int, at: QPoint) -> None:
        self._actions.open_menu(self.columns[name], index, at)

    def _with_inspected(self, act: Act) -> None:
        if self._inspected is not None and self._inspected[0] in self.columns:
            name, index = self._inspected
            act(self.columns[name], index)

    def figure(self) -> Drawn | None:
        """What all columns show."""
        names = [name for name in self._tab.names() if name in self.columns]
        columns = [figure.shown(self.columns[name]) for name in names]
        if not any(column.recipe for column in columns):
            return None
        display = display_of(columns[0].card.kind)
        return display.figure(columns, self._session.data, self._behind)

    def save(self) -> None:
        """Save the picture in the inspector."""
        self._with_inspected(self._actions.save)

    def adopt(self, source: Path | bytes) -> bool:
        """Pictures without a recipe say nothing here."""
        return False

    # one column

    @Slot(str)
    def duplicate(self, name: str) -> None:
        """One more column of the same model, whose knobs begin as they stand here."""
        if self.copies.add(name, self.knobs) is None:
            said = f"There are {MOST} columns of this model: close one of them first."
            self._messages.tell(said, severity=Severity.NOTE)
        self.rebuild()

    @Slot(str)
    def sweep(self, name: str) -> None:
        """Show what one knob of a column does, at one seed."""
        self.sweeping.begin(self.columns[name], self._request(name), self._behind)

    @Slot(str)
    def _close(self, name: str) -> None:
        """A copy goes alone, and those behind it move up; the last column takes its model along."""
        moved = self.copies.drop(name, self.knobs)
        if not moved:
            self._buttons.close(name)
            return
        for each in moved & self.columns.keys():
            self.batches.drop(each)
            self.columns.pop(each).close()
        self._tab.drop_columns(moved)
        self.rebuild()

    @Slot(str)
    def _retry(self, name: str) -> None:
        """Once more, with the card as it is on disk now and without knobs that were refused."""
        column = self.columns[name]
        column.card = self._session.reread(name)
        if column.failure is not None and column.failure.kind == "ValueError":
            self.knobs.pop(name, None)
        self._live(name)

    # recipes from outside

    def restore(self, recipe: Recipe) -> None:
        """Set model, seed, class and knobs as in the recipe, and re-make its pictures.

        Raises RecipeError, and changes nothing, when this catalogue cannot follow it.
        """
        card = card_among(self._session.cards, recipe)
        recipe = narrowed(recipe, card)
        self._check_seed_and_knobs(card, recipe)
        self.asking.adopt(card, recipe)
        self.knobs[card.name] = dict(recipe.knobs)
        adopt(self._session, recipe, card)
        self.rebuild(all_now=True)
        self.asking.show(card)
        self._show_knobs(card.name)
        self._first = self.asking.first_of(card, recipe)
        self.refresh()
        if recipe.count > view_of(card).most_live:
            self._large.take(card, recipe)
        if recipe.index is not None:
            # its frame has yet to come; the ring goes there with it
            self._inspected = card.name, recipe.index - self._first

    def restore_sweep(self, recipes: Sequence[Recipe]) -> bool:
        """Open a saved sweep once more; False where these recipes are none. Raises RecipeError."""
        if (found := sweep_in(recipes)) is not None:
            self.restore(recipes[0])
            column = self.columns[card_among(self._session.cards, recipes[0]).name]
            self.sweeping.expect(column, request_of(recipes[0]), *found)
        return found is not None

    def restore_copies(self, recipes: Sequence[Recipe]) -> None:
        """Further columns of models that have one: recipes of a figure beyond the first of each.

        Raises RecipeError.
        """
        cards = [card_among(self._session.cards, recipe) for recipe in recipes]
        for card in cards:
            self.copies.counts.pop(card.name, None)
        for card, recipe in zip(cards, recipes, strict=True):
            self._check_seed_and_knobs(card, recipe)
            if (copy := self.copies.add(card.name, self.knobs)) is not None:
                self.knobs[copy] = dict(recipe.knobs)
        self.rebuild()
        self.refresh()

    def resume(self, recipe: Recipe) -> None:
        """Queue what a recipe asks for. Raises RecipeError."""
        card = card_among(self._session.cards, recipe)
        asked = request_of(recipe), prompt_of(recipe)
        self._jobs.submit(self.batches.order(card.name, card, *asked))

    def _check_seed_and_knobs(self, card: Card, recipe: Recipe) -> None:
        """Raise RecipeError for what the window's own controls could not say."""
        DISPLAYS.checked(card.kind)
        check_seed(recipe, Task.SAMPLE)
        if (column := self.columns.get(card.name)) is not None:
            column.check(recipe)
