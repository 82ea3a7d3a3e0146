"""A kind of our own in the interpolation tab: small widgets of the test, and one line in PATHS."""

import pytest
import torch
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QListWidget

from app.interpolation.kinds import PATHS
from app.interpolation.paths import Key, Paths
from app.kinds import view_of
from app.recipes.recipe import read_png
from app.tab.by_kind import Entry
from engines import open_model
from engines.latents import walks
from engines.model import finish
from engines.paths import Way
from tests.app.kinds import texts
from tests.kinds.symbols import KIND, NAME, Symbols
from tests.windows import LEFT
from widgets.interpolation.frame import Frame
from widgets.look.state import State

PLACE = 2
SONGS = ("aaaaaaaaaaaa", "dddddddddddd", "abcdabcdabcd")


class SongFrame(Frame):
    """One sequence where one is, and a list of those along the path."""

    def __init__(self, parent):
        super().__init__(parent)
        self.spot, self.strip = QLabel(parent), QListWidget(parent)
        self.ends = ()

    def show_still(self, value, *, rough=False):
        self.spot.setText(KIND.text(value))

    def show_film(self, values, done, ends):
        self.strip.clear()
        self.strip.addItems([KIND.text(row) for row in values[:done]])

    def set_keys(self, frames):
        self.ends = frames


class SongPaths(Paths):
    """Three sequences as examples."""

    def __init__(self, tab, parts):
        super().__init__(tab, parts)
        self._data = ""

    def frame(self, parent):
        return SongFrame(parent)

    def show(self, card):
        if card.data != self._data:
            self._data = card.data
            self.tab.source.set_classes(("any",))
            self.lost.emit()
            self.found.emit()

    def leave(self):
        self._data = ""

    def places(self):
        return list(range(len(SONGS)))

    def first(self):
        return 0, 1

    def key(self, place):
        return self.key_of(view_of(KIND).read(SONGS[place]).value, "")

    def key_of(self, value, title):
        return Key(value, KIND.text(value))


@pytest.fixture
def open_tab(open_songs, monkeypatch):
    monkeypatch.setitem(PATHS, Symbols, Entry(SongPaths))

    def make():
        stage = open_songs(PLACE)
        stage.until(lambda: filmed(stage))
        return stage

    return make


def row_of(stage):
    return stage.window.presenters[PLACE].rows.get(NAME)


def filmed(stage):
    row = row_of(stage)
    return (
        row is not None
        and row.film is not None
        and row.film.complete
        and row.film.wish is row.wish
        and row.film.log_p is not None
        and row.row.state is State.READY
        and row.still is not None
        and not row.late()
    )


def lines(stage):
    strip = row_of(stage).row.frame.strip
    return [strip.item(i).text() for i in range(strip.count())]


def expected(stage, a, b, count=9):
    """What the engine's own walk has between two sequences."""
    walk = walks.walk_of(open_model(NAME, root=stage.window.session.root))
    view = view_of(KIND)
    x = view.tensor_of([view.read(each).value for each in (a, b)])
    z = finish(walk.encode(x, None))
    lam = torch.linspace(1, 0, count, dtype=torch.float64)
    frames = texts.letters(
        finish(walk.decode(walk.between(Way.SLERP, z[0], z[1], lam).to(z), None))
    )
    return [a, *frames[1:-1], b]


def test_a_path_is_that_of_the_engine(open_tab):
    stage = open_tab()
    tab, row = stage.window.tabs.widget(PLACE), row_of(stage)
    assert stage.window.tabs.isTabEnabled(PLACE)
    assert lines(stage) == expected(stage, SONGS[0], SONGS[1])
    assert row.row.frame.spot.text() == SONGS[0]
    assert row.row.frame.ends == (0, 8)
    assert row.row.errors() == "distance: A 0.000 · B 0.000"
    assert not tab.source.open.isVisible()
    tab.player.slider.setValue(tab.player.slider.maximum())
    stage.until(lambda: row.row.frame.spot.text() == SONGS[1])


def test_end_points_are_stepped_through_drawn_and_saved(open_tab, tmp_path, monkeypatch):
    stage = open_tab()
    presenter, tab = stage.window.presenters[PLACE], stage.window.tabs.widget(PLACE)
    QTest.mouseClick(tab.keys.button(1), LEFT)
    stage.click(tab.source.next)
    stage.until(lambda: filmed(stage) and lines(stage)[-1] == SONGS[2])
    assert tab.source.title() == SONGS[2]
    stage.click(tab.sample)
    stage.until(lambda: tab.source.title() not in SONGS)
    stage.until(lambda: filmed(stage) and lines(stage)[-1] == tab.source.title())
    path = tmp_path / "path.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    tab.film.setValue(5)
    menu = presenter.menus.films()
    (save,) = menu.actions()
    assert save.text() == "Text…"
    save.trigger()
    stage.until(lambda: any("Saved" in said for said in stage.said()))
    saved = path.read_text().splitlines()[1:]
    assert (saved[0], saved[-1], len(saved)) == (SONGS[0], tab.source.title(), 5)
    other = open_tab()
    other.window.presenters[PLACE].restore(read_png(path))
    other.until(lambda: filmed(other) and lines(other)[-1] == saved[-1])


def test_other_data_bring_their_own_frames(open_tab):
    stage = open_tab()
    stage.window.session.choose("moons", ("moons/kde",))
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.rows["moons/kde"].film is not None)
    assert presenter.keys.keys[0].value.shape == (2,)
    stage.window.session.choose("songs", (NAME,))
    stage.until(lambda: filmed(stage))
    assert lines(stage) == expected(stage, SONGS[0], SONGS[1])


def test_codes_are_decoded_as_what_the_menus_of_attributes_say(open_tab):
    stage = open_tab()
    presenter, tab = stage.window.presenters[PLACE], stage.window.tabs.widget(PLACE)
    plain = lines(stage)
    mood = tab.attributes.menus["mood"]
    mood.setCurrentIndex(mood.findData("wild"))
    stage.until(lambda: filmed(stage) and row_of(stage).film.wish.given == {"mood": "wild"})
    assert lines(stage) != plain
    recipe = presenter.menus.recipe(row_of(stage))
    assert recipe.given == {"mood": "wild"}
    wild = lines(stage)
    other = open_tab()
    other.window.presenters[PLACE].restore(recipe)
    other.until(lambda: filmed(other) and row_of(other).film.wish.given == {"mood": "wild"})
    assert other.window.tabs.widget(PLACE).attributes.given() == {"mood": "wild"}
    assert lines(other) == wild
