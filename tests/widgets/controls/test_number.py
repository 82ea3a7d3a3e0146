"""The field for a number: what it refuses, it explains."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from widgets.controls.number import NumberBox
from widgets.window.seed import SeedBox


@pytest.fixture
def seed(qtbot):
    box = SeedBox()
    qtbot.addWidget(box)
    box.show()
    qtbot.waitExposed(box)
    box.selectAll()
    yield box
    QToolTip.hideText()


def test_a_digit_too_many_is_refused_with_a_word(seed):
    QTest.keyClicks(seed, "500000000")
    assert not QToolTip.isVisible()
    QTest.keyClicks(seed, "0")
    assert seed.text() == "500000000"
    assert QToolTip.text() == "Whole numbers from 0 to 4,294,967,295."


def test_a_paste_that_is_no_seed_is_refused_with_a_word(seed):
    QGuiApplication.clipboard().setText("-3")
    QTest.keyClick(seed, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert seed.text() == "0"
    assert QToolTip.text() == seed.taken()


def test_the_same_digit_over_a_selection_is_no_refusal(seed):
    QTest.keyClicks(seed, "0")
    assert not QToolTip.isVisible()


@pytest.mark.parametrize(
    ("typed", "taken"),
    [("-2.2", -0.867), ("99", 1.427), ("-0.5", -0.5), ("1.x2", 1.2), ("-", 0.25)],
)
def test_a_number_beyond_the_range_counts_as_the_nearest(qtbot, typed, taken):
    box = NumberBox()
    qtbot.addWidget(box)
    box.setDecimals(3)
    box.setRange(-0.867, 1.427)
    box.setValue(0.25)
    box.show()
    box.selectAll()
    QTest.keyClick(box, Qt.Key.Key_Delete)
    QTest.keyClicks(box, typed)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == pytest.approx(taken)
    QToolTip.hideText()
