"""The gallery by hand: what is painted, chosen, dragged, copied, dimmed."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from widgets.pictures.gallery import Gallery
from widgets.pictures.size import WIDTHS, SizeSlider, ThumbnailSize

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def pictures(n, size=28):
    """n pictures, each of one colour that names it."""
    out = np.zeros((n, size, size, 3), np.uint8)
    out[..., 0] = (np.arange(n) % 251)[:, None, None]
    out[..., 2] = 200
    return out


@pytest.fixture
def gallery(qtbot):
    widget = Gallery()
    qtbot.addWidget(widget)
    widget.resize(300, 300)
    widget.set_count(16)
    widget.put(0, pictures(16))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def centre(gallery, i):
    return gallery.tile_rect(i).center().toPoint()


def pixel(gallery, i, dx=0, dy=0):
    tone = gallery.grab().toImage().pixelColor(centre(gallery, i) + QPoint(dx, dy))
    return tone.red(), tone.green(), tone.blue()


def test_pixels_are_whole_and_unblended(gallery):
    board = np.indices((28, 28)).sum(axis=0) % 2 * 255
    gallery.put(3, np.repeat(board[None, :, :, None], 3, axis=3).astype(np.uint8))
    rect = gallery.tile_rect(3).toRect()
    image = gallery.grab(gallery.viewport().geometry()).toImage()
    scale = rect.width() // 28
    for row in (0, 13, 27):
        for column in (0, 14, 27):
            for corner in (0, scale - 1):
                at = rect.topLeft() + QPoint(column * scale + corner, row * scale + corner)
                assert image.pixelColor(at).red() == board[row, column]


def test_only_visible_tiles_are_painted(gallery, monkeypatch):
    gallery.set_count(10_000)
    gallery.put(0, pictures(10_000))
    painted = []
    paint = Gallery._paint_tile

    def note(self, painter, i, *colours):
        painted.append(i)
        paint(self, painter, i, *colours)

    monkeypatch.setattr(Gallery, "_paint_tile", note)
    gallery.verticalScrollBar().setValue(gallery.verticalScrollBar().maximum() // 2)
    gallery.grab()
    assert 0 < len(set(painted)) < 60
    assert min(painted) > 1000
    assert set(painted) == set(gallery.visible())


def test_a_click_chooses(gallery, qtbot):
    with qtbot.waitSignal(gallery.chosen) as seen:
        QTest.mouseClick(gallery.viewport(), LEFT, NONE, centre(gallery, 6))
    assert seen.args == [6]
    assert gallery.current() == 6


def test_a_click_on_an_empty_well_does_nothing(gallery, qtbot):
    gallery.set_count(20)
    with qtbot.assertNotEmitted(gallery.chosen):
        QTest.mouseClick(gallery.viewport(), LEFT, NONE, centre(gallery, 18))


@pytest.mark.parametrize(
    ("key", "target"),
    [
        (Qt.Key.Key_Right, 6),
        (Qt.Key.Key_Left, 4),
        (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_Down, 9),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, 15),
        (Qt.Key.Key_PageDown, 13),
        (Qt.Key.Key_PageUp, 1),
        (Qt.Key.Key_Return, 5),
    ],
)
def test_keys_move(gallery, qtbot, key, target):
    gallery.columns_hint(4)
    gallery.set_current(5)
    with qtbot.waitSignal(gallery.chosen) as seen:
        QTest.keyClick(gallery, key)
    assert seen.args == [target]


def test_the_first_key_starts_at_the_first_picture(gallery, qtbot):
    with qtbot.waitSignal(gallery.chosen) as seen:
        QTest.keyClick(gallery, Qt.Key.Key_Down)
    assert seen.args == [0]


def test_keys_stay_on_pictures_and_in_view(gallery):
    gallery.set_count(10_000)
    gallery.put(0, pictures(5000))
    QTest.keyClick(gallery, Qt.Key.Key_Home)
    QTest.keyClick(gallery, Qt.Key.Key_End)
    assert gallery.current() == 4999
    assert 4999 in gallery.visible()


def test_other_keys_are_left_to_the_window(gallery, qtbot):
    gallery.set_current(5)
    with qtbot.assertNotEmitted(gallery.chosen):
        QTest.keyClick(gallery, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(gallery, Qt.Key.Key_Escape)


def test_copy(gallery, qtbot):
    gallery.set_current(2)
    with qtbot.waitSignal(gallery.copy_wanted) as seen:
        QTest.keyClick(gallery, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert seen.args == [2]


def test_a_drag_starts_once(gallery, qtbot):
    dragged = []
    gallery.drag_wanted.connect(dragged.append)
    start = centre(gallery, 4)
    far = QPoint(QApplication.startDragDistance() + 1, 0)
    QTest.mousePress(gallery.viewport(), LEFT, NONE, start)
    QTest.mouseMove(gallery.viewport(), start + QPoint(1, 0))
    assert dragged == []
    QTest.mouseMove(gallery.viewport(), start + far)
    QTest.mouseMove(gallery.viewport(), start + 2 * far)
    QTest.mouseRelease(gallery.viewport(), LEFT, NONE, start + 2 * far)
    assert dragged == [4]


def test_the_context_menu_chooses_first(gallery, qtbot):
    at = centre(gallery, 7)
    where = gallery.viewport().mapToGlobal(at)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where)
    with qtbot.waitSignal(gallery.menu_wanted) as seen:
        QApplication.sendEvent(gallery.viewport(), event)
    assert seen.args == [7, where]
    assert gallery.current() == 7


def test_the_menu_key_opens_at_the_current_picture(gallery, qtbot):
    gallery.set_current(9)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    with qtbot.waitSignal(gallery.menu_wanted) as seen:
        QApplication.sendEvent(gallery.viewport(), event)
    assert seen.args == [9, gallery.viewport().mapToGlobal(centre(gallery, 9))]


def test_stale_pictures_dim_and_new_ones_are_fresh(gallery):
    bright = pixel(gallery, 3)
    gallery.set_stale(True)
    assert pixel(gallery, 3) != bright
    gallery.put(3, pictures(4)[3:])
    assert pixel(gallery, 3) == bright
    assert pixel(gallery, 2) != (2, 0, 200)
    gallery.set_stale(False)
    assert pixel(gallery, 2) == (2, 0, 200)


def test_the_ring_and_the_hover_show(gallery):
    plain = gallery.grab().toImage()
    QTest.mouseMove(gallery.viewport(), centre(gallery, 1))
    hovered = gallery.grab().toImage()
    gallery.set_current(1)
    assert plain != hovered != gallery.grab().toImage()


def test_pictures_survive_a_change_of_count_but_not_of_size(gallery):
    gallery.set_count(20)
    assert gallery.picture(15)[0, 0, 0] == 15
    assert gallery.picture(16) is None
    gallery.set_current(15)
    gallery.set_count(8)
    assert gallery.current() is None
    gallery.put(0, pictures(1, size=32))
    assert gallery.picture(0).shape == (32, 32, 3)
    assert gallery.picture(1) is None


def test_the_gallery_keeps_its_own_copy(gallery):
    mine = pictures(1)
    gallery.put(0, mine)
    mine[:] = 9
    assert gallery.picture(0)[0, 0, 2] == 200
    with pytest.raises(ValueError, match="read-only"):
        gallery.picture(0)[:] = 0


def test_clear_leaves_wells(gallery):
    gallery.clear()
    assert gallery.count() == 16
    assert all(gallery.picture(i) is None for i in range(16))
    gallery.grab()


def test_captions_take_room_only_when_wanted(gallery):
    bare = gallery.tile_rect(4).top()
    gallery.resize(400, 400)
    gallery.set_captions([str(i) for i in range(16)])
    with_captions = gallery.tile_rect(4).top()
    gallery.grab()
    gallery.set_captions([])
    assert gallery.tile_rect(4).top() != with_captions
    assert bare > 0


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (np.zeros((1, 28, 28, 3), np.float32), ValueError),
        (np.zeros((28, 28, 3), np.uint8), ValueError),
        (np.zeros((1, 28, 28, 1), np.uint8), ValueError),
        (np.zeros((17, 28, 28, 3), np.uint8), IndexError),
    ],
)
def test_wrong_pictures_are_refused_early(gallery, wrong, error):
    with pytest.raises(error):
        gallery.put(0, wrong)


def test_a_ring_outside_is_refused(gallery):
    with pytest.raises(IndexError):
        gallery.set_current(16)


def test_reduced_pictures_paint(gallery):
    gallery.set_count(100)
    gallery.put(0, pictures(100, size=128))
    assert gallery.tile_rect(0).width() < 128
    red, green, blue = pixel(gallery, 50)
    assert (red, green, blue) == (50, 0, 200)


def test_it_has_an_accessible_name(gallery):
    assert gallery.accessibleName()
    gallery.set_current(0)
    assert gallery.accessibleDescription() == "Picture 1 of 16"


@pytest.fixture
def size():
    made = ThumbnailSize.of()
    yield made
    made.set_width(0)


def spin(gallery, steps):
    """Ctrl and the wheel over a gallery."""
    at = QPointF(gallery.viewport().rect().center())
    for _ in range(abs(steps)):
        turned = QWheelEvent(
            at,
            gallery.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120 if steps > 0 else -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.ControlModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(gallery.viewport(), turned)


def test_one_size_holds_for_every_gallery(qtbot, size):
    galleries = Gallery(), Gallery()
    slider = SizeSlider()
    for widget in (*galleries, slider):
        qtbot.addWidget(widget)
        widget.show()
    for gallery, (wide, high) in zip(galleries, ((500, 300), (260, 700)), strict=True):
        gallery.resize(wide, high)
        gallery.set_count(30)
        gallery.put(0, np.zeros((30, 28, 28, 3), np.uint8))
    slider.setValue(WIDTHS.index(56))
    assert [g.tile_rect(0).width() for g in galleries] == [56, 56]
    spin(galleries[1], 1)
    assert slider.value() == WIDTHS.index(84)
    assert galleries[0].verticalScrollBar().maximum() > 0
    assert [g.tile_rect(0).width() for g in galleries] == [84, 84]
    spin(galleries[0], -3)
    assert [g.tile_rect(0).width() for g in galleries] == [28, 28]
    spin(galleries[0], -1)
    assert size.width() == 0
    assert galleries[0].verticalScrollBar().maximum() == 0


def test_one_picture_alone_fills_its_place(qtbot, size):
    gallery = Gallery()
    qtbot.addWidget(gallery)
    gallery.resize(300, 300)
    gallery.set_count(1)
    gallery.put(0, np.zeros((1, 28, 28, 3), np.uint8))
    gallery.show()
    size.set_width(28)
    assert gallery.tile_rect(0).width() > 200
