"""A kind of our own in the sampling tab: nothing in the product names it."""

import pytest
from PySide6.QtCore import Qt

from app.session.settings import Settings
from app.window.window import Window
from engines import finish, open_model
from engines.model import SampleRequest
from tests.app.kinds import texts
from tests.checkpoints import ship_kernels
from tests.kinds import symbols
from tests.kinds.symbols import NAME
from tests.windows import Stage

SONGS = Settings(data="songs", models={"songs": (NAME,)}, seed=7)
SAMPLING = 0


@pytest.fixture
def open_stage(tmp_path, monkeypatch, qtbot):
    texts.register(monkeypatch)
    root = ship_kernels(tmp_path / "assets")
    symbols.ship(root)
    windows = []

    def make(settings):
        window = Window(settings, device="cpu", root=root)
        qtbot.addWidget(window)
        windows.append(window)
        window.show_then_begin()
        stage = Stage(window, qtbot)
        stage.until(lambda: stage.tab.names())
        return stage

    yield make
    for window in windows:
        window.close()


@pytest.fixture
def stage(open_stage):
    found = open_stage(SONGS)
    found.until_shows(NAME)
    return found


def shown(stage):
    body = stage.column(NAME).body
    return [body.item(i).text() for i in range(body.count())]


def drawn(stage, **given):
    model = open_model(NAME, root=stage.window.session.root)
    return texts.letters(finish(model.sample(SampleRequest(6, 7, given=given))))


def choose(stage, name, value):
    menu = stage.tab.attributes.menus[name]
    menu.setFocus()
    menu.setCurrentIndex(menu.findData(value))


def test_its_samples_stand_in_its_own_body(stage):
    assert shown(stage) == drawn(stage)
    assert stage.column(NAME).body.isEnabled()
    assert stage.tab.count.maximum() == 50
    stage.column(NAME).body.setCurrentRow(2)
    stage.until(lambda: stage.viewer.recipe_text())
    rows = stage.viewer.recipe_text()
    assert "Sequence: 2" in rows
    assert "Mood: any" in rows


def test_each_attribute_has_a_menu_with_any(stage):
    menus = stage.tab.attributes.menus
    assert list(menus) == ["mood", "key"]
    assert menus["mood"].itemText(0) == "any"
    assert stage.tab.classes.isHidden()
    choose(stage, "mood", "wild")
    stage.until_shows(NAME, given={"mood": "wild"})
    assert shown(stage) == drawn(stage, mood="wild")
    choose(stage, "key", "high")
    stage.until_shows(NAME, given={"mood": "wild", "key": "high"})
    choose(stage, "mood", None)
    stage.until_shows(NAME, given={"key": "high"})
    assert stage.window.settings().given == {"songs": {"key": "high"}}


def test_a_recipe_brings_its_condition_back(stage, open_stage):
    choose(stage, "mood", "wild")
    stage.until_shows(NAME, given={"mood": "wild"})
    recipe = stage.recipe(NAME, 3)
    other = open_stage(SONGS)
    other.until_shows(NAME, given={})
    other.window.presenters[SAMPLING].restore(recipe)
    other.until_shows(NAME, given={"mood": "wild"})
    assert other.tab.attributes.given() == {"mood": "wild"}
    assert shown(other) == shown(stage)


def test_tabs_without_it_are_disabled_and_say_why(stage):
    tabs = stage.window.tabs
    assert tabs.isTabEnabled(SAMPLING)
    for place in range(1, tabs.count()):
        assert not tabs.isTabEnabled(place)
        assert "sequences" in tabs.tabToolTip(place)
    tabs.turn(1)
    assert tabs.currentIndex() == SAMPLING
    stage.window.picker.choose_data("moons")
    stage.window._picked()
    assert all(tabs.isTabEnabled(place) for place in range(tabs.count()))
    assert not any(tabs.tabToolTip(place) for place in range(tabs.count()))


def test_the_data_menu_is_grouped_by_kind(stage):
    combo = stage.window.picker.combo
    items = [combo.itemText(i) for i in range(combo.count())]
    headings = [i for i in range(combo.count()) if not combo.model().item(i).isEnabled()]
    assert {items[i] for i in headings} == {"Pictures", "Points", "Sequences"}
    songs = items.index("Songs")
    assert max(i for i in headings if i < songs) == items.index("Sequences")
    combo.setCurrentIndex(songs)
    combo.setFocus()
    for _ in range(3):  # the keys pass over headings
        stage.press(Qt.Key.Key_Up)
        assert combo.currentIndex() not in headings
