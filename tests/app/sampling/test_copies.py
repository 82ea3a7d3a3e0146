"""A model may have several columns, each with knobs of its own; they draw from the same seed."""

import pytest

from app.exchange import file_dialogs
from app.sampling.copies import MOST, Copies, model_of, number_of
from tests.windows import BOTH, DIGITS

KDE, FLOW = "mnist/kde", "mnist/flow"
SECOND, THIRD = f"{KDE} #2", f"{KDE} #3"


@pytest.fixture
def stage(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    return stage


def duplicate(stage, name=KDE):
    stage.click(stage.tab._sections[name].duplicate)


def turn(stage, name, value):
    stage.window.presenters[0].turn(name, "bandwidth", value)
    stage.until_shows(name, knobs={"bandwidth": value})


def test_a_copy_begins_as_its_model_stands_and_turns_alone(stage):
    turn(stage, KDE, 0.5)
    duplicate(stage)
    stage.until_shows(KDE, SECOND, knobs={"bandwidth": 0.5})
    assert (stage.picture(KDE, 2) == stage.picture(SECOND, 2)).all()
    turn(stage, SECOND, 0.2)
    assert stage.recipe(KDE).knobs == {"bandwidth": 0.5}
    assert (stage.picture(KDE, 2) != stage.picture(SECOND, 2)).any()
    assert stage.column(SECOND).title() == "KDE 2"
    stage.window.seed.box.setValue(11)
    stage.until_shows(KDE, SECOND, seed=11)


def test_closing_one_moves_those_behind_it_up(stage):
    duplicate(stage)
    duplicate(stage)
    stage.until_shows(KDE, SECOND, THIRD)
    for name, value in ((KDE, 0.1), (SECOND, 0.2), (THIRD, 0.3)):
        turn(stage, name, value)
    stage.click(stage.column(KDE)._close)
    stage.until_shows(KDE, knobs={"bandwidth": 0.2})
    stage.until_shows(SECOND, knobs={"bandwidth": 0.3})
    assert stage.tab.names() == (KDE, SECOND)
    stage.click(stage.column(SECOND)._close)
    assert stage.tab.names() == (KDE,)
    assert stage.window.session.models == (KDE,)


def test_batches_of_copies_are_apart_and_copies_are_remembered(stage):
    duplicate(stage)
    stage.until_shows(KDE, SECOND)
    turn(stage, SECOND, 0.2)
    stage.window.presenters[0].generate(8)
    stage.until(lambda: all(stage.column(n).body.count() == 8 for n in (KDE, SECOND)))
    stage.until_shows(KDE, SECOND, count=8)
    assert stage.recipe(SECOND).knobs == {"bandwidth": 0.2}
    assert stage.recipe(KDE).knobs != {"bandwidth": 0.2}
    settings = stage.window.settings()
    assert settings.copies == {KDE: 2}
    assert settings.knobs[SECOND] == {"bandwidth": 0.2}


def test_a_figure_of_copies_brings_them_back(open_window, tmp_path, monkeypatch):
    stage = open_window(BOTH)
    stage.ready()
    duplicate(stage)
    stage.until_shows(KDE, SECOND, FLOW)
    turn(stage, SECOND, 0.2)
    stage.window.figures.show(stage.window.tabs.front().figure)
    path = tmp_path / "a.png"
    monkeypatch.setattr(file_dialogs, "save_file", lambda *_: path)
    stage.window.figures.save()
    stage.click(stage.column(SECOND)._close)
    turn(stage, KDE, 0.4)
    stage.drop(path)
    stage.until_shows(SECOND, knobs={"bandwidth": 0.2})
    stage.until(lambda: stage.shows(KDE) and stage.recipe(KDE).knobs["bandwidth"] != 0.4)
    assert stage.tab.names() == (FLOW, KDE, SECOND)


def test_there_is_a_most(stage):
    for _ in range(MOST):
        duplicate(stage)
    assert len(stage.tab.names()) == MOST
    assert stage.said() == [f"There are {MOST} columns of this model: close one of them first."]


def test_names_of_copies():
    assert (model_of("a/b #3"), number_of("a/b #3")) == ("a/b", 3)
    assert (model_of("a/b #1"), number_of("a #b")) == ("a/b #1", 1)
    copies = Copies()
    copies.remember({"a": 3, "b": 1, "c": 99})
    assert copies.counts == {"a": 3, "c": MOST}
    knobs = {"a": {"t": 1.0}, "a #2": {"t": 2.0}, "a #3": {"t": 3.0}}
    assert copies.drop("a #2", knobs) == {"a #2", "a #3"}
    assert knobs == {"a": {"t": 1.0}, "a #2": {"t": 3.0}}
    assert copies.drop("a", knobs) == {"a", "a #2"}
    assert knobs == {"a": {"t": 3.0}}
    assert copies.drop("a", knobs) == set()
