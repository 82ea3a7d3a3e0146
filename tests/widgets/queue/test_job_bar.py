"""The queue as a person works it: rows, order, buttons, keys, and what each asks for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from widgets.queue.job_bar import JobBar, JobState
from widgets.queue.job_list import action_boxes
from widgets.queue.jobs import KEPT, Column, JobAction
from widgets.queue.live_work import LiveWork

LEFT = Qt.MouseButton.LeftButton


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bar(qtbot, clock):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1000, 600)
    column = QVBoxLayout(window)
    column.addStretch(1)
    bar = JobBar(clock=clock)
    column.addWidget(bar)
    window.show()
    yield bar
    window.close()  # and so the window outlives the test: qtbot holds it only weakly


@pytest.fixture
def asked(bar):
    """Everything the person asked for, in order."""
    said = []
    bar.cancel_wanted.connect(lambda ticket: said.append(("cancel", ticket)))
    bar.cancel_waiting_wanted.connect(lambda: said.append(("cancel waiting",)))
    bar.run_first_wanted.connect(lambda ticket: said.append(("first", ticket)))
    bar.retry_wanted.connect(lambda ticket: said.append(("retry", ticket)))
    bar.details_wanted.connect(lambda ticket: said.append(("details", ticket)))
    return said


def fill(bar, *tickets):
    for ticket in tickets:
        bar.add(ticket, f"job {ticket}", "VAE · 64")


def tickets(bar):
    return [bar.table.job_at(row).ticket for row in range(bar.table.rowCount())]


def cell(bar, ticket, column):
    return bar.table.index(tickets(bar).index(ticket), column)


def text(bar, ticket, column):
    return bar.table.data(cell(bar, ticket, column))


def press(qtbot, bar, ticket, action):
    """Click on a button of a row where it is painted."""
    box = bar.list.visualRect(cell(bar, ticket, Column.ACTIONS))
    place = action_boxes(bar.table.job(ticket), box)[action].center()
    qtbot.mouseClick(bar.list.viewport(), LEFT, pos=place)


def test_idle_it_says_so_and_offers_nothing(bar):
    assert bar.title.text() == "No job is running"
    assert not bar.cancel.isVisible()
    assert not bar.line.isVisible()
    assert not bar.cancel_waiting.isEnabled()
    assert not bar.clear_ended.isEnabled()


def test_the_bar_follows_the_running_job(bar, clock):
    fill(bar, 1, 2, 3)
    assert bar.toggle.text().startswith("3 waiting")
    bar.start(1)
    assert bar.toggle.text().startswith("2 waiting")
    assert bar.title.text() == "job 1 · VAE · 64"
    for done in range(1, 11):
        clock.now += 1
        bar.progress(1, done, 100)
    assert (bar.line.value(), bar.line.maximum()) == (10, 100)
    assert bar.time.text() == "1 min 30 s left"
    bar.end(1, JobState.DONE)
    assert bar.title.text() == "done · job 1 · VAE · 64"
    assert bar.time.text() == "took 10 s"
    assert not bar.line.isVisible()


def test_a_pause_shows_and_costs_no_time_left(bar, clock):
    fill(bar, 1)
    bar.start(1)
    for done in (1, 2, 3):
        clock.now += 1
        bar.progress(1, done, 13)
    bar.pause(1)
    clock.now += 500
    assert bar.title.text().startswith("paused")
    assert text(bar, 1, Column.TIME) == "10 s left"
    bar.resume(1)
    assert text(bar, 1, Column.STATE) == "running"


def test_a_paused_job_says_what_it_waits_for(bar):
    fill(bar, 1)
    bar.start(1)
    bar.pause(1)
    assert "goes first" in text(bar, 1, Column.TITLE)
    assert "goes first" in bar.title.text()
    bar.resume(1)
    assert "goes first" not in text(bar, 1, Column.TITLE)


def test_waiting_jobs_say_when_they_start_if_all_before_them_are_known(bar, clock):
    bar.add(1, "VAE: 500 pictures", "seed 1", expects=30)
    bar.add(2, "Flow: 500 pictures", "seed 1")
    bar.add(3, "VAE: 500 pictures", "seed 2", expects=30)
    assert text(bar, 1, Column.TIME) == "", "nothing has begun"
    bar.start(1)
    clock.now += 10
    assert text(bar, 1, Column.TIME) == "20 s left"
    assert text(bar, 2, Column.TIME) == "starts in 20 s"
    assert text(bar, 3, Column.TIME) == "", "nobody knows how long the second takes"
    bar.end(1, JobState.DONE)
    bar.start(2)
    clock.now += 40
    bar.end(2, JobState.DONE)
    # what a job took is what the next of its name is expected to take
    bar.add(4, "Flow: 500 pictures", "seed 2")
    bar.add(5, "Flow: 500 pictures", "seed 3")
    bar.start(3)
    assert text(bar, 5, Column.TIME) == "starts in 1 min 10 s"


def test_live_work_is_said_once_it_lasts_and_can_be_stopped(qtbot, bar, clock):
    high = bar.height()
    bar.set_live(LiveWork("Sampling: VAE"))
    bar.set_live(None)
    bar.set_live(LiveWork("Density: Flow", 0, 1000))
    assert bar.title.text() == "No job is running"
    assert bar.live._due.interval() < 300, "what has begun can be stopped by then"
    with qtbot.waitSignal(bar.live.changed, timeout=5000):
        pass
    assert bar.title.text() == "Density: Flow"
    bar.window().layout().activate()
    assert bar.height() == high, "nothing moves when it comes"
    for tenth in range(1, 5):
        clock.now += 1
        bar.set_live(LiveWork("Density: Flow", 100 * tenth, 1000))
    assert (bar.line.value(), bar.time.text()) == (400, "6 s left")
    # a job that pauses for it is named; one that runs has the word
    fill(bar, 1)
    bar.start(1)
    assert bar.title.text().startswith("job 1")
    bar.pause(1)
    assert bar.title.text() == "Density: Flow · then job 1, which waits for it"
    with qtbot.waitSignal(bar.stop_live_wanted):
        qtbot.mouseClick(bar.cancel, LEFT)
    bar.set_live(None)
    assert bar.title.text().startswith("paused")


def test_progress_of_unknown_length_is_shown_as_such(bar):
    fill(bar, 1)
    bar.start(1)
    bar.progress(1, 5, None)
    assert (bar.line.minimum(), bar.line.maximum()) == (0, 0)
    assert text(bar, 1, Column.PROGRESS) == "5 steps"
    assert text(bar, 1, Column.TIME) == ""
    bar.grab()


def test_rows_are_current_then_waiting_then_ended_newest_first(bar):
    fill(bar, 1, 2, 3, 4)
    bar.start(1)
    bar.end(1, JobState.DONE)
    bar.start(3)
    bar.end(4, JobState.STOPPED)
    assert tickets(bar) == [3, 2, 4, 1]
    fill(bar, 5)
    assert tickets(bar) == [3, 2, 5, 4, 1]
    assert text(bar, 2, Column.PROGRESS) == "next"
    assert text(bar, 5, Column.PROGRESS) == "1 ahead"


def test_order_arranges_the_waiting_and_keeps_the_selection_on_its_job(bar):
    fill(bar, 1, 2, 3, 4)
    bar.start(1)
    bar.list.setCurrentIndex(cell(bar, 3, Column.STATE))
    bar.order((4, 3))
    assert tickets(bar) == [1, 4, 3, 2]
    bar.end(1, JobState.DONE)
    assert tickets(bar) == [4, 3, 2, 1]
    assert bar.list.currentIndex().row() == 1


def test_only_the_last_twenty_ended_stay(bar):
    total = KEPT + 5
    fill(bar, *range(total))
    for ticket in range(total):
        bar.start(ticket)
        bar.end(ticket, JobState.DONE)
    assert tickets(bar) == list(range(total - 1, total - 1 - KEPT, -1))
    with pytest.raises(KeyError):
        bar.progress(0, 1, 2)


def test_cancel_in_the_bar_is_acknowledged_at_once(qtbot, bar, asked):
    fill(bar, 1)
    bar.start(1)
    qtbot.mouseClick(bar.cancel, LEFT)
    assert asked == [("cancel", 1)]
    assert bar.title.text().startswith("stopping…")
    assert not bar.cancel.isEnabled()
    qtbot.mouseClick(bar.cancel, LEFT)
    assert asked == [("cancel", 1)], "asking once is enough"
    bar.end(1, JobState.STOPPED)
    assert bar.title.text().startswith("stopped")


def test_the_list_opens_above_the_bar_inside_the_window(qtbot, bar):
    assert not bar.panel.isVisible()
    qtbot.mouseClick(bar.toggle, LEFT)
    assert bar.is_open()
    bar.window().layout().activate()
    assert bar.panel.isVisible()
    assert bar.panel.window() is bar.window()
    assert bar.panel.geometry().bottom() < bar.toggle.geometry().top()
    bar.set_open(False)
    assert not bar.panel.isVisible()


def test_buttons_in_the_rows(qtbot, bar, asked):
    fill(bar, 1, 2, 3, 4)
    bar.set_open(True)
    bar.start(1)
    bar.end(1, JobState.FAILED, "out of memory")
    bar.start(2)
    press(qtbot, bar, 4, JobAction.RUN_FIRST)
    press(qtbot, bar, 3, JobAction.CANCEL)
    press(qtbot, bar, 2, JobAction.CANCEL)
    press(qtbot, bar, 1, JobAction.RETRY)
    press(qtbot, bar, 1, JobAction.DETAILS)
    assert asked == [("first", 4), ("cancel", 3), ("cancel", 2), ("retry", 1), ("details", 1)]
    assert text(bar, 3, Column.STATE) == "stopping…"
    assert text(bar, 1, Column.PROGRESS) == "out of memory"


def test_a_click_beside_the_buttons_only_selects(qtbot, bar, asked):
    fill(bar, 1)
    bar.set_open(True)
    qtbot.mouseClick(bar.list.viewport(), LEFT, pos=QPoint(60, 10))
    assert asked == []
    assert bar.list.currentIndex().row() == 0


def test_keys_do_what_the_buttons_do(qtbot, bar, asked):
    fill(bar, 1, 2, 3)
    bar.set_open(True)
    bar.start(1)
    bar.end(1, JobState.FAILED, "no")
    bar.list.setCurrentIndex(cell(bar, 2, Column.STATE))
    qtbot.keyClick(bar.list, Qt.Key.Key_R)
    assert asked == [], "a waiting job has nothing to retry"
    qtbot.keyClick(bar.list, Qt.Key.Key_Down)
    qtbot.keyClick(bar.list, Qt.Key.Key_F)
    qtbot.keyClick(bar.list, Qt.Key.Key_Delete)
    qtbot.keyClick(bar.list, Qt.Key.Key_Down)
    qtbot.keyClick(bar.list, Qt.Key.Key_R)
    qtbot.keyClick(bar.list, Qt.Key.Key_Return)
    assert asked == [("first", 3), ("cancel", 3), ("retry", 1), ("details", 1)]


def test_the_menu_of_a_row_offers_the_same(qtbot, bar, asked):
    fill(bar, 1, 2)
    bar.set_open(True)
    bar.list.setCurrentIndex(cell(bar, 2, Column.TITLE))
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(bar.list, QContextMenuEvent(reason, QPoint(), QPoint()))
    menu = QApplication.activePopupWidget()
    assert [action.text() for action in menu.actions()] == ["Run next (F)", "Cancel (Delete)"]
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    with qtbot.waitSignal(menu.destroyed):
        qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert asked == [("first", 2)]


def test_every_control_explains_itself_to_all(bar):
    controls = [*bar.findChildren(QPushButton), bar.cancel, bar.list]
    assert all(control.toolTip() for control in controls)
    assert all(control.accessibleName() or control.text() for control in controls)
    assert all(control.focusPolicy() & Qt.FocusPolicy.TabFocus for control in controls)


def test_cancel_waiting_leaves_the_running_one(qtbot, bar, asked):
    fill(bar, 1, 2, 3)
    bar.set_open(True)
    bar.start(1)
    qtbot.mouseClick(bar.cancel_waiting, LEFT)
    assert asked == [("cancel waiting",)]
    assert [text(bar, ticket, Column.STATE) for ticket in (1, 2, 3)] == [
        "running",
        "stopping…",
        "stopping…",
    ]
    bar.end(2, JobState.STOPPED)
    bar.end(3, JobState.STOPPED)
    assert bar.toggle.text().startswith("Jobs")
    qtbot.mouseClick(bar.clear_ended, LEFT)
    assert tickets(bar) == [1]
    assert not bar.clear_ended.isEnabled()


def test_a_progress_event_lays_nothing_out(qtbot, bar, clock, monkeypatch):
    fill(bar, *range(200))
    bar.set_open(True)
    bar.start(0)
    bar.progress(0, 0, 1000)
    bar.window().layout().activate()
    asked = []
    for widget in (bar, bar.title, bar.time, bar.line, bar.list):
        monkeypatch.setattr(widget, "updateGeometry", lambda: asked.append(True))
    sizes = [widget.geometry() for widget in (bar.title, bar.line, bar.time, bar.panel)]
    touched = []
    bar.table.dataChanged.connect(lambda first, last: touched.append((first.row(), last.row())))
    for done in range(1, 100):
        clock.now += 0.1
        bar.progress(0, done, 1000)
    assert set(touched) == {(0, 0), (1, 199)}
    assert touched.count((1, 199)) <= 10, "when the others start is said once a second"
    assert asked == []
    assert sizes == [widget.geometry() for widget in (bar.title, bar.line, bar.time, bar.panel)]


def test_wrong_events_are_refused(bar):
    fill(bar, 1)
    with pytest.raises(ValueError, match="job 1"):
        bar.add(1, "again", "")
    with pytest.raises(ValueError, match="running"):
        bar.end(1, JobState.RUNNING)
    with pytest.raises(KeyError):
        bar.start(99)
