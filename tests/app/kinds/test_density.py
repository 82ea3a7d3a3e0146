"""A kind of our own in the density tab: a page of the test, and one line in PAGES."""

import math

import pytest
from PySide6.QtWidgets import QLabel

from app.density.page import Page, PageEntry
from app.density.pages import PAGES
from app.kinds import view_of
from app.recipes.recipe import Recipe, RecipeError
from engines import log_density, open_model
from tests.kinds.symbols import KIND, NAME, Symbols

PLACE = 3
SONG = "abcdabcdabcd"


class Look:
    """A sequence and the models that look at it."""

    def __init__(self, models, song):
        self.models, self.song = models, song


class SongPage(Page):
    """The bits of one sequence under the first model."""

    def __init__(self, tab, parts):
        super().__init__(tab)
        self.view, self.song, self.saved = QLabel(tab), "aaaaaaaaaaaa", []
        self._models, self._session = parts.session.open, parts.session
        self._look = parts.channels.open("density: songs")
        self._look.stepped.connect(self.show_bits)

    def show_bits(self, step):
        if isinstance(step, str):  # else the model is being loaded
            self.view.setText(step)

    def rebuild(self):
        card, song = self._session.chosen()[0], self.song

        def job():
            model = yield from self._models.get(card)
            x = view_of(KIND).tensor_of(view_of(KIND).read(song).value[None])
            nats = log_density(model, x).value.item()
            yield f"{song}: {KIND.per_unit(-nats):.4f} {KIND.unit}"

        self._look.submit(job)

    def save(self):
        self.saved.append(self.view.text())

    def restore(self, view):
        self.song = view.song
        self.rebuild()


def read(recipe, cards):
    if recipe.extra.keys() != {"song"}:
        raise RecipeError("the recipe has no sequence")
    return Look((NAME,), recipe.extra["song"])


def recipe_of(card, **extra):
    return Recipe(task="density", model=card.name, sha256=card.sha256, seed=3, count=1, extra=extra)


def said(stage, song):
    model = open_model(NAME, root=stage.window.session.root)
    x = view_of(KIND).tensor_of(view_of(KIND).read(song).value[None])
    bits = -log_density(model, x).value.item() / (12 * math.log(2))
    return f"{song}: {bits:.4f} bits per symbol"


@pytest.fixture
def stage(open_songs, monkeypatch):
    monkeypatch.setitem(PAGES, Symbols, PageEntry(SongPage, read=read))
    stage = open_songs(PLACE)
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None and presenter.page.view.text())
    return stage


def test_its_page_is_in_view_and_saves(stage):
    presenter = stage.window.presenters[PLACE]
    assert presenter.page.view.isVisible()
    assert presenter.page.view.text() == said(stage, "aaaaaaaaaaaa")
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
    stage.until(lambda: presenter.page.view.text() == said(stage, SONG))
    assert stage.window.session.seed == 3
    with pytest.raises(RecipeError, match="no sequence"):
        presenter.restore(recipe_of(card, map=1))
