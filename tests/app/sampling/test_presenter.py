"""The live draw: every control redraws at once, the newest wins, and nothing stale is shown."""

import random
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engines.drawing import TEMPERATURE
from tests.windows import BOTH, DIGITS, PLANE
from widgets.look.labels import ElidedLabel
from widgets.look.state import State

KDE, FLOW = "mnist/kde", "mnist/flow"


@pytest.fixture
def stage(open_window, puppets):
    """One model, its first draw on show."""
    puppets[KDE].allow()
    stage = open_window(DIGITS)
    stage.ready()
    return stage


def drawn(stage, name=KDE, i=0):
    """Seed, 100 · temperature, class + 1 and index, as a puppet's picture tells them."""
    return stage.picture(name, i)[0, :4, 0].tolist()


def texts(stage, name):
    return [label.text() for label in stage.column(name).findChildren(ElidedLabel)]


def test_every_chosen_model_has_its_column_from_left_to_right(open_window):
    stage = open_window(BOTH)
    stage.ready()
    assert stage.tab.names() == (FLOW, KDE)
    for name, title in ((FLOW, "Flow"), (KDE, "KDE")):
        assert title in texts(stage, name)
        assert stage.column(name).body.count() == 6
        assert stage.column(name).badge.isVisible()
        assert any(" ms per sample · " in text for text in texts(stage, name))


def test_points_come_with_the_data_behind_them(open_window):
    stage = open_window(PLANE)
    stage.ready()
    for name in stage.tab.names():
        assert stage.column(name).body.count() == 1000
    home = stage.column("moons/kde").body.view_rect()
    assert home == stage.column("moons/flow").body.view_rect()


def test_every_control_redraws_at_once(stage, puppets):
    puppets[KDE].allow(100)
    stage.window.seed.box.setValue(8)
    stage.until_shows(KDE, seed=8)
    assert drawn(stage) == [8, 100, 1, 0]
    stage.tab.count.setValue(4)
    stage.until_shows(KDE, count=4)
    assert stage.column(KDE).body.count() == 4
    stage.tab.classes.setCurrentIndex(stage.tab.classes.findData(2))
    stage.until_shows(KDE, label=2)
    assert drawn(stage, i=3) == [8, 100, 3, 3]
    stage.tab.classes.setCurrentIndex(0)
    stage.until_shows(KDE, label=None)
    assert drawn(stage) == [8, 100, 0, 0]
    stage.tab._sections[KDE].panel.knobs["temperature"].field.slider.setValue(10)
    stage.until_shows(KDE, knobs={"temperature": 0.5})
    assert drawn(stage) == [8, 50, 0, 0]
    assert any("not the model's distribution" in text for text in texts(stage, KDE))


def test_what_a_card_recommends_is_drawn_and_warned_of_until_the_button_is_pressed(
    open_window, puppets, qtbot
):
    puppets[KDE].knob = replace(TEMPERATURE, default=0.75, own=1.0)
    puppets[KDE].allow(100)
    stage = open_window(DIGITS)
    stage.ready()
    assert drawn(stage)[1] == 75
    assert any("Temperature 0.75: not the model" in text for text in texts(stage, KDE))
    panel = stage.tab._sections[KDE].panel
    qtbot.mouseClick(panel.own, Qt.MouseButton.LeftButton)
    stage.until_shows(KDE, knobs={"temperature": 1.0})
    assert drawn(stage)[1] == 100
    assert not any("not the model" in text for text in texts(stage, KDE))


def test_classes_come_in_turn_below_their_names(stage):
    assert [drawn(stage, i=i)[2] for i in range(6)] == [1, 2, 3, 1, 2, 3]


def test_of_many_changes_behind_a_busy_model_only_the_newest_is_drawn(stage, puppets):
    puppet = puppets[KDE]
    stage.window.seed.box.setValue(50)
    stage.until(lambda: puppet.asked[-1].seed == 50)
    for seed in range(51, 90):
        stage.window.seed.box.setValue(seed)
    puppet.allow(2)
    stage.until_shows(KDE, seed=89)
    assert [request.seed for request in puppet.asked] == [7, 50, 89]
    assert drawn(stage)[0] == 89


@pytest.mark.parametrize("rng", [random.Random(1), random.Random(2)], ids=["1", "2"])
def test_no_frame_is_stale_or_out_of_order_whatever_the_models_take(open_window, puppets, rng):
    stage = open_window(BOTH)
    shown = {name: [] for name in (FLOW, KDE)}
    for name in shown:
        puppets[name].steps = 3
        columns = stage.window.presenters[0].columns
        stage.until(lambda name=name, columns=columns: name in columns)
        columns[name].shown.connect(lambda name: shown[name].append(drawn(stage, name)[0]))
    for seed in range(10, 110):
        stage.window.seed.box.setValue(seed)
        for name in shown:
            puppets[name].allow(rng.randrange(4))
        if rng.random() < 0.5:  # let the lane come to another gate
            stage.qtbot.wait(0)
        if seed % 10 == 9:  # while the hand rests, every column catches up
            for name in shown:
                puppets[name].allow(50)
            stage.until(lambda s=seed: all(seen and seen[-1] == s for seen in shown.values()))
    for name in shown:
        puppets[name].allow(500)
    stage.until_shows(FLOW, KDE, seed=109)
    for name, seeds in shown.items():
        assert seeds == sorted(seeds)
        assert seeds[-1] == 109
        assert len(set(seeds)) > 3, "no storm"
        assert len(puppets[name].asked) < 101
        assert len(puppets[name].closed) == len(puppets[name].asked)


def test_the_last_good_pictures_stay_while_the_next_are_drawn(stage, puppets):
    stage.window.seed.box.setValue(8)
    stage.until(lambda: len(puppets[KDE].asked) == 2)
    assert stage.column(KDE).state is State.WORKING
    assert drawn(stage)[0] == 7


def test_stopping_a_live_draw_leaves_the_column_at_rest(stage, puppets):
    stage.window.seed.box.setValue(8)
    stage.until(lambda: len(puppets[KDE].asked) == 2)
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    puppets[KDE].allow()
    stage.until(lambda: stage.column(KDE).state is State.READY)
    assert drawn(stage)[0] == 7
    # where nothing works, Esc takes a message away
    stage.window.messages.tell("Something is said.")
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    assert stage.said() == []


def test_what_nobody_sees_is_drawn_once_its_tab_is_in_view(stage, puppets):
    puppets[KDE].allow(100)
    tabs, channel = stage.window.tabs, stage.window.channels.of(f"sampling: {KDE}")
    tabs.setCurrentIndex(1)
    stage.window.seed.box.setValue(8)
    assert not channel.busy
    tabs.setCurrentIndex(0)
    assert channel.busy
    stage.until_shows(KDE, seed=8)
    assert not channel.busy


def test_the_cross_of_a_working_column_stops_it_alone(stage, puppets):
    stage.window.seed.box.setValue(8)
    working = stage.column(KDE).working
    stage.until(working.isVisible)
    assert stage.window.bar.title.text() == "Sampling: KDE"
    stage.click(working.stop)
    puppets[KDE].allow(100)
    stage.until(lambda: stage.column(KDE).state is State.READY)
    assert not working.isVisible()
    assert not stage.window.channels.live()
    assert stage.recipe(KDE) is None or stage.recipe(KDE).seed == 7


def test_a_column_closes_by_its_cross_and_the_last_one_stays(open_window, puppets):
    for name in (FLOW, KDE):
        puppets[name].allow()
    stage = open_window(BOTH)
    stage.ready()
    stage.click(stage.column(FLOW)._close)
    stage.until(lambda: stage.tab.names() == (KDE,))
    assert stage.window.picker.models() == (KDE,)
    stage.click(stage.column(KDE)._close)
    assert stage.tab.names() == (KDE,)
    assert stage.said() == ["At least one model must stay: choose another first."]


def test_a_model_that_comes_back_draws_with_the_controls_as_they_stand(open_window, puppets):
    for name in (FLOW, KDE):
        puppets[name].allow(10)
    stage = open_window(BOTH)
    stage.ready()
    stage.click(stage.window.picker.chip(FLOW))
    stage.window.seed.box.setValue(9)
    stage.click(stage.window.picker.chip(FLOW))
    stage.until_shows(FLOW, KDE, seed=9)
    assert drawn(stage, FLOW)[0] == 9


def test_the_inspector_follows_its_picture_as_controls_move(stage, puppets):
    stage.click_picture(KDE, 4)
    assert "7" in stage.viewer.recipe_text()
    puppets[KDE].allow()
    stage.window.seed.box.setValue(123)
    stage.until_shows(KDE, seed=123)
    assert "123" in stage.viewer.recipe_text()


def test_the_inspector_empties_when_its_picture_is_gone(stage, puppets):
    stage.click_picture(KDE, 4)
    puppets[KDE].allow()
    stage.tab.count.setValue(2)
    stage.until_shows(KDE, count=2)
    assert stage.viewer.recipe_text() == ""
    assert not stage.button("Copy picture").isEnabled()


def test_a_point_shows_its_coordinates(open_window):
    stage = open_window(PLANE)
    stage.ready()
    body = stage.column("moons/kde").body
    body.setFocus()
    QTest.keyClick(body, Qt.Key.Key_Home)
    assert "moons/kde" in stage.viewer.recipe_text()
    assert stage.button("Copy recipe").isEnabled()
    assert not stage.button("Copy picture").isEnabled()
