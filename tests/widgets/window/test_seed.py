"""The seed field: its whole range, its history, its lock, and what it refuses."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.window.seed import LARGEST, REMEMBERED, SeedField

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def field(qtbot):
    rolls = iter((LARGEST, 42, 42, 7))
    widget = SeedField(draw=lambda: next(rolls))
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def told(field):
    said = []
    field.changed.connect(said.append)
    return said


def wheel(widget):
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_typing_tells_once_when_entered(qtbot, field, told):
    field.box.selectAll()
    qtbot.keyClicks(field.box, "4294967295")
    assert told == []
    qtbot.keyClick(field.box, Qt.Key.Key_Return)
    assert told == [LARGEST]
    assert isinstance(told[0], int)
    assert field.value() == LARGEST


@pytest.mark.parametrize("text", ["-5", "abc", "1.5", "1e3", "٣"])
def test_what_is_no_digit_is_not_taken(qtbot, field, told, text):
    field.set_value(8)
    field.box.selectAll()
    qtbot.keyClick(field.box, Qt.Key.Key_Delete)
    field.box.lineEdit().insert(text)
    qtbot.keyClick(field.box, Qt.Key.Key_Return)
    assert field.value() == 8
    assert told == []


def test_nothing_beyond_the_range_is_taken(qtbot, field, told):
    field.box.selectAll()
    qtbot.keyClicks(field.box, str(LARGEST + 1))
    qtbot.keyClick(field.box, Qt.Key.Key_Return)
    assert told == [LARGEST // 10], "the last digit was refused"


def test_an_empty_field_goes_back_to_its_value(qtbot, field, told):
    field.set_value(123)
    field.box.selectAll()
    qtbot.keyClick(field.box, Qt.Key.Key_Backspace)
    qtbot.keyClick(field.box, Qt.Key.Key_Return)
    assert field.box.text() == "123"
    assert told == []


def test_a_seed_is_pasted_with_blanks_around_it(qtbot, field, told):
    QGuiApplication.clipboard().setText("  3000000000 ")
    field.box.selectAll()
    qtbot.keyClick(field.box, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(field.box, Qt.Key.Key_Return)
    assert told == [3_000_000_000]


def test_arrow_keys_step_by_one_and_page_keys_by_a_thousand(qtbot, field, told):
    qtbot.keyClick(field.box, Qt.Key.Key_Up)
    qtbot.keyClick(field.box, Qt.Key.Key_PageUp)
    qtbot.keyClick(field.box, Qt.Key.Key_Down)
    assert told == [1, 1001, 1000]


def test_set_value_is_silent_and_checks_its_range(field, told):
    field.set_value(LARGEST)
    assert field.value() == LARGEST
    assert told == []
    for seed in (-1, LARGEST + 1):
        with pytest.raises(ValueError, match=str(seed)):
            field.set_value(seed)


def test_the_dice_draws_and_tells_real_changes_only(qtbot, field, told):
    for _ in range(3):
        qtbot.mouseClick(field.dice, LEFT)
    assert told == [LARGEST, 42]


def test_the_lock_stops_the_dice_but_not_the_hand(qtbot, field, told):
    qtbot.mouseClick(field.lock, LEFT)
    assert field.locked()
    qtbot.mouseClick(field.dice, LEFT)
    assert told == []
    assert "locked" in field.dice.toolTip()
    qtbot.keyClick(field.box, Qt.Key.Key_Up)
    assert told == [1]


def test_back_walks_through_the_history(qtbot, field, told):
    assert not field.back.isEnabled()
    field.set_value(5)
    qtbot.mouseClick(field.dice, LEFT)
    qtbot.mouseClick(field.back, LEFT)
    qtbot.mouseClick(field.back, LEFT)
    assert told == [LARGEST, 5, 0]
    assert not field.back.isEnabled()


def test_the_history_ends_after_fifty(qtbot, field, told):
    for seed in range(1, REMEMBERED + 10):
        field.set_value(seed)
    while field.back.isEnabled():
        qtbot.mouseClick(field.back, LEFT)
    assert len(told) == REMEMBERED
    assert field.value() == 9


def test_the_wheel_works_only_with_focus(qtbot, field, told):
    field.dice.setFocus()
    wheel(field.box)
    assert told == []
    assert not field.box.hasFocus()
    field.box.setFocus()
    qtbot.waitUntil(field.box.hasFocus)
    wheel(field.box)
    assert told == [1]


def test_every_control_explains_itself_to_all(field):
    for control in (field.box, field.dice, field.lock, field.back):
        assert control.toolTip()
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
