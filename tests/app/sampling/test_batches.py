"""Batches from the queue: one job a column, steered by the buttons, never in the hand's way."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.windows import BOTH, DIGITS
from widgets.look.state import State
from widgets.queue.job_list import action_boxes
from widgets.queue.jobs import Column, JobAction, JobState

KDE, FLOW = "mnist/kde", "mnist/flow"
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def stage(open_window, puppets):
    """One model, its first draw on show, a batch size of three steps' pictures."""
    puppets[KDE].allow()
    stage = open_window(DIGITS)
    stage.ready()
    stage.tab.batch.setValue(70)  # 32 + 32 + 6
    return stage


def states(stage):
    table = stage.window.bar.table
    return [table.job_at(row).state for row in range(table.rowCount())]


def titles(stage):
    table = stage.window.bar.table
    return [table.job_at(row).title for row in range(table.rowCount())]


def press_action(stage, row, action):
    """Click a button of a row of the open queue."""
    stage.window.bar.set_open(True)
    jobs = stage.window.bar.list
    cell = jobs.visualRect(jobs.model().index(row, Column.ACTIONS))
    stage.click(
        jobs.viewport(), action_boxes(stage.window.bar.table.job_at(row), cell)[action].center()
    )


def test_generate_queues_one_job_for_every_column(open_window, puppets):
    for name in (FLOW, KDE):
        puppets[name].allow()
    stage = open_window(BOTH)
    stage.ready()
    stage.tab.batch.setValue(10)
    stage.click(stage.tab.generate)
    assert titles(stage) == ["Flow: 10 pictures", "KDE: 10 pictures"]
    for name in (FLOW, KDE):
        puppets[name].allow()
    stage.until_shows(FLOW, KDE, count=10)
    stage.until(lambda: states(stage) == [JobState.DONE] * 2)
    assert stage.said() == []


def test_the_gallery_fills_as_pictures_arrive(stage, puppets):
    stage.click(stage.tab.generate)
    puppets[KDE].allow()
    stage.until(lambda: stage.column(KDE).body.count() == 70)
    stage.until(lambda: stage.window.bar.line.value() == 32)
    assert stage.window.bar.line.maximum() == 70
    assert stage.picture(KDE, 31) is not None
    assert stage.picture(KDE, 69) is None
    assert stage.column(KDE).state is State.WORKING
    puppets[KDE].allow(2)
    stage.until_shows(KDE, count=32)  # the inspector's recipe asks for its own batch only
    assert stage.picture(KDE, 69)[0, 3, 0] == 69
    assert "done" in stage.window.bar.title.text()


def test_a_number_just_typed_counts_for_the_key_too(stage, puppets):
    stage.tab.batch.setFocus()
    stage.tab.batch.selectAll()
    QTest.keyClicks(stage.tab.batch, "40")
    QTest.keyClick(stage.tab.batch, Qt.Key.Key_Return, CONTROL)
    assert titles(stage) == ["KDE: 40 pictures"]
    puppets[KDE].allow(2)
    stage.until(lambda: states(stage) == [JobState.DONE])


@pytest.mark.parametrize("way", ["button", "key"])
def test_shift_puts_a_batch_before_those_that_wait(stage, puppets, way):
    stage.click(stage.tab.generate)
    stage.until(lambda: states(stage) == [JobState.RUNNING])
    stage.click(stage.tab.generate)
    stage.tab.batch.setValue(5)
    if way == "button":
        QTest.mouseClick(stage.tab.generate, Qt.MouseButton.LeftButton, SHIFT)
    else:
        QTest.keyClick(stage.window, Qt.Key.Key_Return, CONTROL | SHIFT)
    assert titles(stage) == ["KDE: 70 pictures", "KDE: 5 pictures", "KDE: 70 pictures"]
    puppets[KDE].allow(7)
    stage.until(lambda: states(stage) == [JobState.DONE] * 3)


def test_the_running_batch_is_cancelled_by_its_cross_and_its_column_rests(stage, puppets):
    stage.click(stage.tab.generate)
    puppets[KDE].allow()
    stage.until(lambda: stage.picture(KDE, 31) is not None and stage.picture(KDE, 31)[0, 3, 0])
    stage.click(stage.window.bar.cancel)
    puppets[KDE].allow()
    stage.until(lambda: states(stage) == [JobState.STOPPED])
    assert stage.column(KDE).state is State.READY
    assert stage.picture(KDE, 3)[0, 3, 0] == 3


def test_escape_stops_the_batch_that_the_tab_follows(stage, puppets):
    stage.click(stage.tab.generate)
    stage.until(lambda: states(stage) == [JobState.RUNNING])
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    puppets[KDE].allow()
    stage.until(lambda: states(stage) == [JobState.STOPPED])
    assert stage.column(KDE).state is State.READY


def test_waiting_batches_run_first_or_go_by_the_buttons_of_the_queue(stage, puppets):
    for size in (70, 11, 12, 13):
        stage.tab.batch.setValue(size)
        stage.click(stage.tab.generate)
    stage.until(lambda: states(stage)[0] is JobState.RUNNING)
    press_action(stage, 3, JobAction.RUN_FIRST)
    assert [title.split()[1] for title in titles(stage)] == ["70", "13", "11", "12"]
    press_action(stage, 2, JobAction.CANCEL)
    stage.until(lambda: states(stage).count(JobState.STOPPED) == 1)
    stage.click(stage.window.bar.cancel_waiting)
    stage.until(lambda: states(stage).count(JobState.STOPPED) == 3)
    puppets[KDE].allow(3)
    stage.until(lambda: states(stage)[0] is JobState.DONE)
    stage.click(stage.window.bar.clear_ended)
    assert states(stage) == []


def test_a_hand_on_a_control_goes_first_and_the_batch_is_kept(stage, puppets):
    puppet = puppets[KDE]
    stage.click(stage.tab.generate)
    stage.until(lambda: puppet.asked[-1].count == 32)
    stage.window.seed.box.setValue(8)
    puppet.allow(2)  # the step under way, then the live draw
    stage.until_shows(KDE, seed=8, count=6)
    assert stage.column(KDE).body.count() == 6
    puppet.allow(2)
    stage.until(lambda: states(stage) == [JobState.DONE])
    assert stage.said() == ["A batch is ready: press “Last batch” to see it."]
    assert stage.shows(KDE, seed=8)
    assert stage.tab.last_batch.text() == "Last batch (70, seed 7)"
    assert not stage.tab.last_batch.isChecked()
    stage.click(stage.tab.last_batch)
    assert stage.tab.last_batch.isChecked()
    assert stage.shows(KDE, seed=7)
    assert stage.column(KDE).body.count() == 70
    assert stage.picture(KDE, 40)[0, :4, 0].tolist() == [7, 100, 2, 40]
    stage.click(stage.tab.last_batch)
    puppet.allow(2)
    stage.until_shows(KDE, seed=8, count=6)
    assert not stage.tab.last_batch.isChecked()


def test_a_column_may_close_while_its_batch_runs(open_window, puppets):
    for name in (FLOW, KDE):
        puppets[name].allow()
    stage = open_window(BOTH)
    stage.ready()
    stage.click(stage.tab.generate)
    stage.until(lambda: states(stage)[0] is JobState.RUNNING)
    stage.click(stage.window.picker.chip(FLOW))
    stage.until(lambda: stage.tab.names() == (KDE,))
    for name in (FLOW, KDE):
        puppets[name].allow(20)
    stage.until(lambda: states(stage) == [JobState.DONE] * 2)
    stage.click(stage.window.picker.chip(FLOW))
    stage.until_shows(FLOW, count=6)
    stage.click(stage.tab.last_batch)
    assert stage.column(FLOW).body.count() == stage.column(KDE).body.count() == 500


def test_a_batch_that_fails_says_so_and_is_tried_again(stage, puppets):
    puppet = puppets[KDE]
    puppet.error = RuntimeError("the strings are tangled")
    stage.click(stage.tab.generate)
    puppet.allow()
    stage.until(lambda: states(stage) == [JobState.FAILED])
    assert stage.said() == ["KDE: 70 pictures failed. RuntimeError: the strings are tangled"]
    assert stage.column(KDE).state is State.FAILED
    assert stage.picture(KDE)[0, 0, 0] == 7
    press_action(stage, 0, JobAction.DETAILS)
    assert [row.count for row in stage.window.messages.rows] == [2]
    said = stage.said()
    puppet.error = None
    press_action(stage, 0, JobAction.RETRY)
    puppet.allow(3)
    stage.until(lambda: JobState.DONE in states(stage))
    assert stage.column(KDE).body.count() == 70
    assert stage.column(KDE).state is State.READY
    assert stage.said() == []  # a retry that ends well settles it
    press_action(stage, 1, JobAction.DETAILS)
    assert stage.said() == said
    assert stage.window.messages.rows[0].count == 1
