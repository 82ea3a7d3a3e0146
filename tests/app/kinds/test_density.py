"""A kind of our own in the density tab: a page of the test, and one line in PAGES.

What is asked of its two attributes stands in the menus that every tab has.
"""

import math

import pytest
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.density.page import Page, PageEntry
from app.density.pages import PAGES
from app.kinds import view_of
from app.recipes.recipe import Recipe, RecipeError
from app.tab.conditions import Conditions
from engines import log_density, open_model
from tests.kinds.symbols import KIND, NAME, Symbols
from widgets.controls.attribute_menus import AttributeMenus

PLACE = 3
SONG = "abcdabcdabcd"


class Look:
    """A sequence, the models that look at it, and under which values."""

    def __init__(self, models, song, given):
        self.models, self.song, self.given = models, song, given


class SongPage(Page):
    """The bits of one sequence under the first model."""

    def __init__(self, tab, parts):
        super().__init__(tab)
        self.view, self.song, self.saved = QWidget(tab), "aaaaaaaaaaaa", []
        self.bits, self.attributes = QLabel(self.view), AttributeMenus(self.view)
        layout = QVBoxLayout(self.view)
        layout.addWidget(self.bits)
        layout.addWidget(self.attributes)
        self.conditions = Conditions(self.attributes)
        self.attributes.changed.connect(self.rebuild)
        self._models, self._session = parts.session.open, parts.session
        self._look = parts.channels.open("density: songs")
        self._look.stepped.connect(self.show_bits)

    def show_bits(self, step):
        if isinstance(step, str):  # else the model is being loaded
            self.bits.setText(step)

    def rebuild(self):
        card, song = self._session.chosen()[0], self.song
        self.conditions.offer([card])
        given = self.conditions.of(card)

        def job():
            model = yield from self._models.get(card)
            x = view_of(KIND).tensor_of(view_of(KIND).read(song).value[None])
            nats = log_density(model, x, given=given).value.item()
            yield f"{song}: {KIND.per_unit(-nats):.4f} {KIND.unit}"

        self._look.submit(job)

    def save(self):
        self.saved.append(self.bits.text())

    def restore(self, view):
        self.song = view.song
        self.conditions.put(self._session.chosen()[0], view.given)
        self.rebuild()


def read(recipe, cards):
    if recipe.extra.keys() != {"song"}:
        raise RecipeError("the recipe has no sequence")
    return Look((NAME,), recipe.extra["song"], recipe.given)


def recipe_of(card, given=None, **extra):
    made = {"task": "density", "model": card.name, "sha256": card.sha256, "seed": 3}
    return Recipe(**made, extra=extra, given=given or {})


def said(stage, song, **given):
    model = open_model(NAME, root=stage.window.session.root)
    x = view_of(KIND).tensor_of(view_of(KIND).read(song).value[None])
    bits = -log_density(model, x, given=given).value.item() / (12 * math.log(2))
    return f"{song}: {bits:.4f} bits per symbol"


@pytest.fixture
def stage(open_songs, monkeypatch):
    monkeypatch.setitem(PAGES, Symbols, PageEntry(SongPage, read=read))
    stage = open_songs(PLACE)
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None and presenter.page.bits.text())
    return stage


def test_its_page_is_in_view_and_saves(stage):
    presenter = stage.window.presenters[PLACE]
    assert presenter.page.view.isVisible()
    assert presenter.page.bits.text() == said(stage, "aaaaaaaaaaaa")
    presenter.save()
    assert presenter.page.saved == [said(stage, "aaaaaaaaaaaa")]
    stage.window.session.choose("moons", ("moons/kde",))
    assert not isinstance(presenter.page, SongPage)
    stage.window.session.choose("songs", (NAME,))
    assert isinstance(presenter.page, SongPage)


def test_its_recipes_are_read_by_its_own_entry(stage):
    presenter, card = stage.window.presenters[PLACE], stage.window.session.cards[NAME]
    stage.window.session.choose("moons", ("moons/kde",))
    presenter.restore(recipe_of(card, song=SONG))
    stage.until(lambda: presenter.page.bits.text() == said(stage, SONG))
    assert stage.window.session.seed == 3
    with pytest.raises(RecipeError, match="no sequence"):
        presenter.restore(recipe_of(card, map=1))


def test_its_attributes_have_menus_here_too(stage):
    page, card = stage.window.presenters[PLACE].page, stage.window.session.cards[NAME]
    menus = page.attributes.menus
    assert list(menus) == ["mood", "key"]
    menus["mood"].setCurrentIndex(menus["mood"].findData("wild"))
    stage.until(lambda: page.bits.text() == said(stage, page.song, mood="wild"))
    given = {"mood": "calm", "key": "high"}
    stage.window.presenters[PLACE].restore(recipe_of(card, given, song=SONG))
    stage.until(lambda: page.bits.text() == said(stage, SONG, **given))
    assert page.attributes.given() == given
