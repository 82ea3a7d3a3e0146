"""Presents the interpolation tab: end points, λ and sliders into jobs, frames into rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, QPoint, QTimer, Slot

from app.exchange.figures import Drawn
from app.exchange.travel import Target
from app.interpolation import figure
from app.interpolation.keys import Keys
from app.interpolation.kinds import PATHS
from app.interpolation.menus import PathMenus
from app.interpolation.panel import Panel
from app.interpolation.paths import Paths
from app.interpolation.remembering import place_near, remember, settings_of
from app.interpolation.row import WalkRow, channels_of
from app.interpolation.undoing import undo_of
from app.models.titles import family_title
from app.recipes.recipe import Recipe, card_among
from app.session.settings import Settings
from app.tab.by_kind import Made
from app.tab.conditions import Conditions
from app.tab.continuing import Continuing, Standing
from app.tab.parts import Parts
from app.tab.restoring import adopt, check_seed
from app.tab.row_buttons import RowButtons
from app.tasks import walking
from app.tasks.encoding import Asked
from app.tasks.walking import Walks, Wish
from app.tasks.walking_recipe import Plan, Sample, plan_of
from engines.facts.abilities import reads_text
from engines.facts.tasks import Task
from engines.model import Card, Prompt
from widgets.interpolation.tab import InterpolationTab
from widgets.look.specs import RowSpec

NOTHING = "Choose a model to see what lies between two examples."
REST_MS = 200
"""How long a hand is still before slow models refine and strips follow."""


class Interpolation(QObject, Continuing):
    """One per window. Rests while its tab is out of view: nothing is made that nobody sees."""

    def __init__(self, tab: InterpolationTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab = tab
        self._session = parts.session
        self._channels = parts.channels
        self.rows: dict[str, WalkRow] = {}
        self.walks = Walks(parts.session.open)
        self._made = Made(PATHS, tab, parts)
        self.paths: Paths | None = None
        """Those of the kind of data in view."""
        self.keys, self.conditions = Keys(tab, parts), Conditions(tab.attributes)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.settle)
        self.panel = Panel(tab, self.rows, parts.channels, self.walks, lambda: len(self.keys.keys))
        self.menus = PathMenus(tab, self.rows, self.keys, self.panel, parts, self.walks)
        self._buttons = RowButtons(
            tab, parts.session, parts.messages, lambda name: self.rows[name].failure
        )
        self.undo = undo_of(tab, self.keys, self.panel, parts.session)
        self._pending: tuple[Card, Plan] | None = None
        self._chosen = ""
        self._unsettled: set[str] = set()
        self._stale_films: set[str] = set()
        parts.travel.add(Target(Task.INTERPOLATE, Task.INTERPOLATE.tab, self.keys.receive))
        for signal in (parts.session.data_changed, parts.session.models_changed):
            signal.connect(self.rebuild)
        for signal in (parts.session.prompt_changed, tab.prompt.other_changed):
            signal.connect(self._heed_prompt)
        self._connect_tab()

    def _connect_tab(self) -> None:
        tab = self._tab
        tab.entered.connect(self.rebuild)
        self.keys.changed.connect(self._keys_changed)
        self.keys.searched.connect(self._say_what_is_missing)
        for signal in (tab.way_changed, tab.class_changed):
            signal.connect(self._paths_changed)
        tab.encoder_changed.connect(self._keys_changed)
        tab.frames_changed.connect(self._frames_changed)
        tab.player.moved.connect(self.go)
        tab.player.rested.connect(self.settle)
        tab.place_wanted.connect(self._go_by_strip)
        tab.released.connect(self.settle)
        tab.sample_wanted.connect(self._draw_key)
        tab.selected.connect(self.select)
        tab.point_wanted.connect(self._point_clicked)
        self.panel.turned.connect(self._turned)
        self.panel.rested.connect(self.settle)
        tab.class_slid.connect(self._class_slid)
        tab.latents.classes.rested.connect(self.settle)
        self.panel.mixed.connect(self._mixed)
        self.panel.picked.connect(self.keys.adopt)
        tab.close_wanted.connect(self._buttons.close)
        tab.retry_wanted.connect(self._retry)
        tab.details_wanted.connect(self._buttons.tell_details)

    # what is shown

    @Slot()
    def rebuild(self) -> None:
        """Show a row for every chosen model, once the tab is in view."""
        if not self._tab.isVisible():
            return
        cards, reason = PATHS.taken(self._session.chosen(), NOTHING)
        for name in [name for name in self.rows if name not in {card.name for card in cards}]:
            self.rows.pop(name).close()
        self.paths = self._made.of(cards[0].kind) if cards else None
        specs = tuple(RowSpec(c.name, family_title(c), c.family) for c in cards)
        self._tab.set_rows(specs, self.paths.frame if self.paths is not None else None)
        self._tab.set_samplers(
            tuple(c.name for c in cards), tuple(f"Sample from {family_title(c)}" for c in cards)
        )
        self._tab.show_below(self.paths.below if self.paths is not None else None)
        if self.paths is None:
            self._tab.set_ready(reason)
            return
        self._tab.set_files(self.paths.files)
        self._heed_prompt()
        new = [card for card in cards if card.name not in self.rows]
        for card in new:
            self._add(card, self.paths)
        self._tab.set_classes(cards[0].labels, self._tab.label())
        self.conditions.offer(cards)
        self.keys.show(cards[0], self.paths)
        if self.keys.keys:
            for card in new:
                self._encode(self.rows[card.name])
        if self._chosen not in self.rows:
            self.select(cards[0].name)
        self._say_what_is_missing()
        self._restore_pending()

    def _add(self, card: Card, paths: Paths) -> None:
        widget = self._tab.row(card.name)
        assert widget is not None, f"the tab has no row for {card.name}"
        row = WalkRow(card, widget, channels_of(self._channels, card), self.walks, paths, self)
        row.encoded.connect(self._encoded)
        row.filmed.connect(self.panel.draw_path)
        row.filmed.connect(self.menus.keep)
        row.read(self._prompt_of(card))
        row.set_count(self.count())
        row.go(self._tab.player.place(), resting=False)
        self.rows[card.name] = row
        row.attend(self._tab.entered, self._tab.left)

    def _prompt_of(self, card: Card) -> Prompt:
        """The session's text at A, and at B the one that this tab may have besides."""
        prompt = self._session.prompt_of(card)
        return replace(prompt, other=self._tab.prompt.other_text()) if reads_text(card) else prompt

    @Slot()
    def _heed_prompt(self) -> None:
        """Rows of other texts than those that hold find their codes anew, once they are seen."""
        if self._tab.isVisible():
            for row in self.rows.values():
                row.read(self._prompt_of(row.card))

    @Slot()
    def _say_what_is_missing(self) -> None:
        self._tab.set_ready(self.keys.missing())
        for row in self.rows.values():
            row.paths.dress(row.row.frame)

    def count(self) -> int:
        """Frames of every strip: as many as asked for, and some more for an end point at each."""
        gaps = max(1, len(self.keys.keys) - 1)
        return -(-(self._tab.count() - 1) // gaps) * gaps + 1

    @Slot()
    def _keys_changed(self) -> None:
        self._tab.player.set_keys(len(self.keys.keys))
        self._say_what_is_missing()
        for row in self.rows.values():
            self._encode(row)
            row.set_count(self.count())
        self._refresh_below()
        self._mark_keys()

    def _refresh_below(self) -> None:
        cards = self._session.chosen()
        if self.paths is not None and cards and self.keys.keys:
            self.paths.refresh(cards[0], self.keys.values(), self.count())

    def _mark_keys(self) -> None:
        last, keys = self.count() - 1, len(self.keys.keys)
        marks = tuple(last * k // max(1, keys - 1) for k in range(keys))
        below = self.paths.below if self.paths is not None else None
        for row in (*(row.row for row in self.rows.values()), below):
            if row is not None:
                row.frame.set_keys(marks)

    def _encode(self, row: WalkRow) -> None:
        draw = self._tab.encoder.currentData() == "draw"
        row.set_keys(self.keys.values(), self._session.seed if draw else None, self._asked(row))

    def _asked(self, row: WalkRow) -> Asked:
        label = self._tab.label() if row.card.labels else None
        samples = self.keys.samples(row.card, row.prompt)
        return Asked(samples, label, self.conditions.of(row.card))

    @Slot(str)
    def _encoded(self, name: str) -> None:
        row = self.rows[name]
        if row.codes is not None:
            row.set_wish(self.wish(row), resting=True)
        if name == self._chosen or any(self.panel.turned_of(name)):
            self.panel.choose(name if name == self._chosen else self._chosen)

    def wish(self, row: WalkRow) -> Wish:
        """What the controls ask of a row whose codes are known."""
        assert row.codes is not None
        asked, offset = self._asked(row), self.panel.offset(row.card.name)
        return Wish(row.codes, self._tab.way.currentText(), offset, asked.label, asked.given)

    @Slot()
    def _paths_changed(self) -> None:
        for row in self.rows.values():
            asked = self._asked(row)
            if asked.matters and asked != row.asked:  # its samples are decoded as something else
                self._encode(row)
            elif row.codes is not None:
                row.set_wish(self.wish(row), resting=True)

    @Slot()
    def _frames_changed(self) -> None:
        for row in self.rows.values():
            row.set_count(self.count())
        self._refresh_below()
        self._mark_keys()

    # the hand

    @Slot(float)
    def _go_by_strip(self, place: float) -> None:
        self._tab.player.pause()
        self._tab.player.set_place(place)
        self.go(place)

    @Slot(float)
    def go(self, place: float) -> None:
        """Be at a place 0 … 1 of the path, in every row."""
        for name, row in self.rows.items():
            row.go(place, resting=False)
            self._unsettled.add(name)
        if self.paths is not None and self.keys.keys:
            self.paths.go(place, self.keys.values())
        self._rest.start()

    @Slot()
    def settle(self) -> None:
        """The hand rests: slow models refine."""
        self._rest.stop()
        for name in self._unsettled & self.rows.keys():
            self.rows[name].refine()
        self._unsettled.clear()
        for name in self._stale_films & self.rows.keys():
            self.rows[name].refresh_film()
        self._stale_films.clear()

    @Slot(str)
    def _turned(self, name: str) -> None:
        """A slider or the pad has moved: the picture follows, the strip once the hand rests."""
        row = self.rows.get(name)
        if row is None or row.codes is None:
            return
        wish = self.wish(row)
        if row.wish is not None and wish.plain and row.wish.plain and wish.way == row.wish.way:
            return
        row.set_wish(wish, resting=False)
        self._unsettled.add(name)
        self._stale_films.add(name)
        self._rest.start()

    @Slot()
    def _class_slid(self) -> None:
        for name in self.rows:
            self._turned(name)

    @Slot(str, object)
    def _mixed(self, name: str, weights: walking.Reals) -> None:
        if name in self.rows:
            self.rows[name].mix(weights)

    # end points

    @Slot(str)
    def _draw_key(self, name: str) -> None:
        card = self._session.cards[name]
        label = self._tab.source.chosen_class() if card.labels else None
        last, here = len(self.keys.keys) - 1, self._tab.keys.current()
        sample = Sample(self._session.seed, here, label, self.conditions.of(card))
        self.keys.draw(card, sample, self._prompt_of(card).at(here / max(1, last)))

    @Slot(str, float, float)
    def _point_clicked(self, name: str, x: float, y: float) -> None:
        self.keys.adopt(np.array([x, y], np.float32), "")

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture without a recipe as the end point chosen, where the kind has a use."""
        return self.keys.open(source)

    @Slot(str)
    def select(self, name: str) -> None:
        """Let the inspector be about this row."""
        if name == self._chosen and name == self.panel.name:
            return
        self._chosen = name
        self.panel.choose(name)
        for known, row in self.rows.items():
            row.row.set_chosen(known == name)

    # what every tab does

    def run(self, *, first: bool) -> None:
        """Make all strips anew."""
        for row in self.rows.values():
            row.refresh_film()

    def stop(self) -> None:
        """Stop everything that runs for this tab."""
        self._tab.player.pause()
        for row in self.rows.values():
            row.stop()

    def save(self) -> None:
        """Save the path of the chosen row."""
        self.menus.offer(self._tab.export.mapToGlobal(QPoint(0, 0)))

    def figure(self) -> Drawn | None:
        """The strips of all rows."""
        return figure.drawn(list(self.rows.values()), self.menus.film)

    @Slot(str)
    def _retry(self, name: str) -> None:
        row = self.rows[name]
        row.card = self._session.reread(name)
        row.again()

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time."""
        self._remembered = settings
        remember(self._tab, self.panel, settings)

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them."""
        return settings_of(self._tab, self.panel, settings, shown=bool(self.rows))

    def restore(self, recipe: Recipe) -> None:
        """Set end points, model, way, sliders and place as in the recipe.

        Raises RecipeError, and changes nothing, when this catalogue cannot follow it.
        """
        card = card_among(self._session.cards, recipe)
        PATHS.checked(card.kind)
        plan = plan_of(recipe, card)
        check_seed(recipe)
        self._tab.player.pause()
        if reads_text(card):
            self._tab.prompt.set_other(plan.prompt.other)
        self._tab.show_plan(plan.way, plan.encoder, plan.easing)
        self._tab.player.set_place(plan.places()[recipe.index or 0])
        self.panel.expect(card.name, plan.basis, plan.turned)
        self._pending = card, plan
        adopt(self._session, recipe, card)
        self.rebuild()

    def recall(self, recipe: Recipe) -> None:
        """As `restore`: a path is made live, nothing is queued. The place is that of the last time
        to a thousandth; a recipe knows the nearest frame."""
        self.restore(recipe)
        player = self._tab.player
        player.set_place(place_near(player.place(), recipe.count, self._remembered))

    def standing(self) -> Standing | None:
        """End points, controls and place of the chosen row."""
        return self.menus.standing(self._chosen) if self._pending is None else None

    def _restore_pending(self) -> None:
        """What a recipe asks for, as soon as the tab can show it."""
        if self._pending is None or self._pending[0].name not in self.rows:
            return
        (card, plan), self._pending = self._pending, None
        self._tab.set_classes(card.labels, plan.label)
        self.conditions.put(card, plan.given)
        self._tab.set_film_count(plan.count)
        self.keys.restore(card, self._made.of(card.kind), plan)
        self.select(card.name)
        self.go(self._tab.player.place())
