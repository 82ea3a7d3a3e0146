"""The large view: what it shows, what it offers, and how it says that there is nothing."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from widgets.pictures.viewer import EMPTY, Viewer

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
ROWS = (("model", "mnist/vae"), ("seed", "7"), ("note", "a < b & c"))


@pytest.fixture
def host(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(300, 600)
    return widget


@pytest.fixture
def viewer(qtbot, host):
    widget = Viewer(host)
    widget.setGeometry(host.rect())
    host.show()
    qtbot.waitExposed(host)
    return widget


def red_and_blue():
    picture = np.zeros((28, 28, 3), np.uint8)
    picture[:, :14, 0] = 255
    picture[:, 14:, 2] = 255
    return picture


def buttons(viewer):
    return {button.text(): button for button in viewer.findChildren(QPushButton)}


def canvas(viewer):
    return viewer.childAt(QPoint(150, 100))


def test_nothing_yet(viewer):
    assert canvas(viewer).accessibleName() == EMPTY
    assert not any(button.isEnabled() for button in buttons(viewer).values())
    assert viewer.recipe_text() == ""
    viewer.grab()


def test_a_picture_is_shown_at_a_whole_scale(viewer):
    viewer.show_picture(red_and_blue(), ROWS)
    image = canvas(viewer).grab().toImage()
    middle = image.height() // 2
    tones = [image.pixelColor(x, middle) for x in range(image.width())]
    red, blue = tones.count(QColor("#FF0000")), tones.count(QColor("#0000FF"))
    assert red == blue
    assert red % 14 == 0
    assert red >= 14 * 9


def test_the_recipe_can_be_read_and_selected(viewer):
    viewer.show_picture(red_and_blue(), ROWS)
    assert viewer.recipe_text() == "model: mnist/vae\nseed: 7\nnote: a < b & c"
    recipe = next(label for label in viewer.findChildren(QLabel) if label.isVisible())
    assert recipe.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    assert "a &lt; b &amp; c" in recipe.text()


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Copy picture", "copy_wanted"),
        ("Copy recipe", "copy_recipe_wanted"),
        ("Save PNG…", "save_wanted"),
    ],
)
def test_buttons_ask(viewer, qtbot, text, signal):
    viewer.show_picture(red_and_blue(), ROWS)
    with qtbot.waitSignal(getattr(viewer, signal)):
        QTest.mouseClick(buttons(viewer)[text], LEFT)


def test_a_point_has_a_recipe_but_no_picture(viewer):
    viewer.show_text("x = 0.5\ny = −1.25", ROWS)
    assert canvas(viewer).accessibleName() == "x = 0.5\ny = −1.25"
    offered = buttons(viewer)
    assert offered["Copy recipe"].isEnabled()
    for text in ("Copy picture", "Save PNG…"):
        assert not offered[text].isEnabled()
        assert "A point has no picture." in offered[text].toolTip()
    viewer.grab()


def test_a_drag_starts_once(viewer, qtbot):
    viewer.show_picture(red_and_blue(), ROWS)
    dragged = []
    viewer.drag_wanted.connect(lambda: dragged.append(1))
    far = QPoint(QApplication.startDragDistance() + 1, 0)
    area = canvas(viewer)
    QTest.mousePress(area, LEFT, NONE, QPoint(100, 100))
    QTest.mouseMove(area, QPoint(100, 100) + far)
    QTest.mouseMove(area, QPoint(100, 100) + 2 * far)
    QTest.mouseRelease(area, LEFT, NONE, QPoint(100, 100) + 2 * far)
    assert dragged == [1]


def test_nothing_can_be_dragged_out_of_an_empty_view(viewer, qtbot):
    with qtbot.assertNotEmitted(viewer.drag_wanted):
        QTest.mousePress(canvas(viewer), LEFT, NONE, QPoint(100, 100))
        QTest.mouseMove(canvas(viewer), QPoint(180, 100))


def test_clear_goes_back(viewer):
    viewer.show_picture(red_and_blue(), ROWS)
    viewer.clear()
    test_nothing_yet(viewer)


def test_tool_tips_have_at_most_two_sentences(viewer):
    for show in (viewer.clear, lambda: viewer.show_picture(red_and_blue(), ROWS)):
        show()
        for button in buttons(viewer).values():
            assert 1 <= button.toolTip().count(".") <= 2


def test_a_picture_larger_than_the_view_is_reduced(viewer):
    viewer.show_picture(np.full((600, 600, 3), 77, np.uint8), ROWS)
    image = canvas(viewer).grab().toImage()
    assert image.pixelColor(image.rect().center()) == QColor(77, 77, 77)
