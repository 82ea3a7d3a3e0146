"""A place shows that it takes what is dragged over it, as long as it is there."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from widgets.learn.tab import LearnTab
from widgets.library.dialog import LibraryDialog
from widgets.look.frames import DropFrame
from widgets.mask.canvas import MaskCanvas


def mime(*names):
    made = QMimeData()
    made.setUrls([QUrl.fromLocalFile(f"/nowhere/{name}") for name in names])
    return made


def enter(place, dragged):
    bare, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    event = QDragEnterEvent(QPoint(9, 9), copy, dragged, Qt.MouseButton.LeftButton, bare)
    event.ignore()
    QApplication.sendEvent(place, event)
    return event.isAccepted()


def drop(place, dragged):
    bare, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    left = Qt.MouseButton.LeftButton
    QApplication.sendEvent(place, QDropEvent(QPointF(9, 9), copy, dragged, left, bare))


@pytest.mark.parametrize(
    ("make", "taken"), [(MaskCanvas, "a.png"), (LearnTab, "a.csv"), (LibraryDialog, "a.toml")]
)
def test_only_what_is_taken_is_shown_to_be_taken(qtbot, make, taken):
    place = make()
    qtbot.addWidget(place)
    place.resize(300, 200)
    place.show()
    (frame,) = place.findChildren(DropFrame)
    before = place.grab().toImage()
    other = QMimeData()
    other.setText("words")
    assert not enter(place, other)
    assert not frame.isVisible()
    for end in (
        lambda: QApplication.sendEvent(place, QDragLeaveEvent()),
        lambda: drop(place, mime(taken)),
    ):
        assert enter(place, mime(taken))
        assert frame.isVisible()
        assert frame.geometry() == place.rect()
        assert place.grab().toImage() != before
        end()
        assert not frame.isVisible()
