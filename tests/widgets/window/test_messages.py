"""Banners: what stays, what goes by itself, what counts up, and what Esc does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QWidget

from widgets.look import lay
from widgets.window.messages import Cause, Details, Messages, Severity

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot):
    widget = QMainWindow()
    qtbot.addWidget(widget)
    widget.setCentralWidget(Messages(widget))
    with qtbot.waitActive(widget):
        widget.show()
    return widget


@pytest.fixture
def messages(window):
    return window.centralWidget()


def texts(messages):
    return [row.text for row in messages.rows]


def test_takes_no_room_while_there_is_nothing_to_say(qtbot, messages):
    assert not messages.isVisible()
    messages.tell("No.")
    assert messages.isVisible()
    qtbot.mouseClick(messages.rows[0].dismiss, LEFT)
    assert texts(messages) == []
    assert not messages.isVisible()


def test_the_newest_is_on_top_and_only_three_stay(messages):
    for text in "abcd":
        messages.tell(text)
    assert texts(messages) == ["d", "c", "b"]


def test_an_error_drives_out_a_note_before_an_older_error(messages):
    messages.tell("old error")
    messages.tell("a note", severity="note")
    messages.tell("a warning", severity="warning")
    messages.tell("new error")
    assert texts(messages) == ["new error", "a warning", "old error"]


def test_the_same_again_counts_up_and_keeps_the_newest_details(qtbot, messages):
    messages.tell("Disk full.", "first")
    messages.tell("Disk full.", "second")
    messages.tell("Disk full.")
    (row,) = messages.rows
    assert row.times.text() == "×3"
    messages.tell("Disk full.", severity="note")
    assert len(messages.rows) == 2, "another severity is another message"
    qtbot.mouseClick(row.more, LEFT)
    (details,) = messages.window().findChildren(Details)
    assert details.story.toPlainText() == "second"
    details.close()


def test_a_note_goes_by_itself_and_an_error_does_not(qtbot):
    messages = Messages(note_ms=1)
    qtbot.addWidget(messages)
    messages.tell("stays")
    messages.tell("stays too", severity=Severity.WARNING)
    messages.tell("goes", severity=Severity.NOTE)
    (note, *others) = messages.rows
    assert not any(row.timer.isActive() for row in others)
    with qtbot.waitSignal(note.destroyed):
        pass
    assert texts(messages) == ["stays too", "stays"]


def test_a_dismissed_note_leaves_no_timer_behind(qtbot, messages):
    messages.tell("a note", severity="note")
    timer = messages.rows[0].timer
    assert timer.isActive()
    assert timer.isSingleShot()
    assert timer.interval() == 6000
    qtbot.mouseClick(messages.rows[0].dismiss, LEFT)
    assert not timer.isActive()
    messages.tell("another", severity="note")
    timer = messages.rows[0].timer
    messages.clear()
    assert not timer.isActive()


def test_esc_dismisses_the_focused_banner_and_not_the_running_job(qtbot, window, messages):
    cancelled = []
    shortcut = QShortcut(QKeySequence("Esc"), window)
    shortcut.activated.connect(lambda: cancelled.append(True))
    messages.tell("one")
    messages.tell("two")
    messages.rows[0].dismiss.setFocus()
    qtbot.keyClick(messages.rows[0].dismiss, Qt.Key.Key_Escape)
    assert texts(messages) == ["one"]
    assert cancelled == []


def test_details_are_copied_whole(qtbot, messages):
    messages.tell("It failed.", "line 1\nline 2")
    qtbot.mouseClick(messages.rows[0].more, LEFT)
    details = QApplication.activeModalWidget()
    assert isinstance(details, Details)
    assert details.story.isReadOnly()
    qtbot.mouseClick(details.copy, LEFT)
    assert QGuiApplication.clipboard().text() == "It failed.\n\nline 1\nline 2"
    with qtbot.waitSignal(details.destroyed):
        qtbot.keyClick(details, Qt.Key.Key_Escape)


def test_without_details_there_is_no_button_for_them(messages):
    messages.tell("Just so.")
    assert not messages.rows[0].more.isVisible()


def test_an_unknown_severity_is_refused(messages):
    with pytest.raises(ValueError, match="loud"):
        messages.tell("x", severity="loud")


def test_they_lie_in_a_corner_of_the_content_and_move_nothing(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    content, below = QLabel("content"), QLabel("below")
    lay.down((content, 1), below, on=window)
    messages = Messages(window)
    messages.lie_over(content)
    window.resize(600, 400)
    window.show()
    before = content.geometry(), below.geometry()
    messages.tell("Short.")
    messages.tell("A sentence that is much longer than one line of a banner can be. " * 3)
    messages.layout().activate()
    assert (content.geometry(), below.geometry()) == before
    for wide in (600, 300):
        window.resize(wide, 400)
        qtbot.waitUntil(lambda: messages.geometry().right() < content.geometry().right())
        assert content.geometry().contains(messages.geometry())
        for row in messages.rows:
            assert row.label.height() >= row.label.heightForWidth(row.label.width())
    messages.rows[0].dismiss.click()
    assert content.geometry().bottom() - messages.geometry().bottom() == 8
    assert messages.height() < 60, "as high as what is left"


def test_a_message_goes_with_its_cause(messages):
    messages.tell("broken.png is no picture.", about=Cause.OPENING)
    messages.tell("Disk full.", about=Cause.SAVING)
    messages.tell("Something went wrong.")
    messages.settle(Cause.OPENING, Cause.RECIPE)
    assert texts(messages) == ["Something went wrong.", "Disk full."]
    assert messages.dismiss()
    assert messages.dismiss()
    assert not messages.dismiss(), "nothing is left"


def test_a_screen_reader_says_them(messages, monkeypatch):
    said = []
    monkeypatch.setattr(
        QAccessible,
        "updateAccessibility",
        lambda event: said.append((event.message(), event.politeness())),
    )
    messages.tell("Disk full.")
    messages.tell("Saved.", severity="note")
    polite = QAccessible.AnnouncementPoliteness
    assert said == [("error: Disk full.", polite.Assertive), ("note: Saved.", polite.Polite)]
