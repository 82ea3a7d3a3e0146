"""Two pictures in one place: what the curtain hides, what the difference shows."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from widgets.pictures.pair import PairDialog, Way

LEFT = Qt.MouseButton.LeftButton
DARK, BRIGHT = np.full((10, 10, 3), 40, np.uint8), np.full((10, 10, 3), 220, np.uint8)


@pytest.fixture
def dialog(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = PairDialog(parent)
    dialog.show_pair((DARK, "the dark one"), (BRIGHT, "the bright one"))
    yield dialog
    dialog.hide()


def grey(dialog, share):
    """The grey of the middle row at a share of the frame's width."""
    frame = dialog.view.frames()[0]
    image = dialog.view.grab().toImage()
    at = QPoint(round(frame.left() + share * frame.width()), round(frame.center().y()))
    return image.pixelColor(at).red()


def test_the_curtain_shows_a_on_its_left_and_follows_a_drag_and_the_keys(dialog):
    assert (grey(dialog, 0.3), grey(dialog, 0.7)) == (40, 220)
    frame = dialog.view.frames()[0]
    QTest.mousePress(dialog.view, LEFT, pos=QPoint(round(frame.left() + 0.8 * frame.width()), 100))
    assert grey(dialog, 0.7) == 40
    for _ in range(4):
        QTest.keyClick(dialog.view, Qt.Key.Key_Left)
    assert dialog.view.place == pytest.approx(0.6, abs=0.02)
    assert grey(dialog, 0.7) == 220


def test_the_ways_go_round_by_a_key(dialog):
    seen = []
    for _ in Way:
        seen.append(dialog.view.way)
        QTest.keyClick(dialog, Qt.Key.Key_M)
    assert seen == list(Way)
    assert dialog.view.way is Way.CURTAIN


def test_side_by_side_and_in_turn_show_both(dialog):
    dialog.ways.setCurrentIndex(1)
    left, right = dialog.view.frames()
    assert left.right() <= right.left()
    dialog.ways.setCurrentIndex(2)
    assert grey(dialog, 0.5) == 40
    dialog.view.turn()
    assert grey(dialog, 0.5) == 220


def test_the_difference_is_blue_where_b_is_brighter_and_white_where_nothing_differs(dialog):
    red, _, blue = dialog.view.difference()[5, 5]
    assert blue > red
    dialog.exchange()
    red, _, blue = dialog.view.difference()[5, 5]
    assert red > blue
    dialog.show_pair((DARK, "a"), (DARK, "b"))
    assert dialog.view.difference()[5, 5].min() > 240
    assert dialog.note.text() == "Every pixel is the same."


def test_it_says_what_they_are_and_how_far_apart(dialog):
    assert [name.text() for name in dialog.names] == ["A: the dark one", "B: the bright one"]
    assert "100 % of the pixels differ; PSNR 3.0 dB" in dialog.note.text()
    QTest.keyClick(dialog, Qt.Key.Key_C)
    assert dialog.names[0].text() == "A: the bright one"
    dialog.show_pair((DARK, "a"), (np.zeros((4, 6, 3), np.uint8), "b"))
    assert dialog.note.text() == "B has 6 × 4 pixels and is shown at the 10 × 10 of A."
    assert grey(dialog, 0.9) == 0
