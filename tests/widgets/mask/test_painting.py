"""What the canvas repaints: no more than has changed, and never less."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

from tests.widgets.mask.hand import drag
from widgets.mask.canvas import MaskCanvas
from widgets.mask.layers import Layers, Ring
from widgets.mask.placement import Placement
from widgets.mask.strokes import Box, changed_bands


def pixels(canvas):
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    flat = np.frombuffer(image.constBits(), np.uint32)
    return flat.reshape(image.height(), image.width()).copy()


@pytest.fixture
def canvas(qtbot):
    widget = MaskCanvas()
    qtbot.addWidget(widget)
    widget.resize(420, 420)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.mark.parametrize("side", [28, 90, 300, 420, 1000])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.7, 1.0])
def test_the_ring_stays_within_the_region_that_it_asks_to_repaint(canvas, side, share):
    canvas.set_picture(np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8))
    canvas.set_brush_size(max(1, round(share * side)))
    for point in ((0.4 * side, 0.55 * side), (1.2, 2.7)):
        canvas._move_cursor(None)
        bare = pixels(canvas)
        canvas._move_cursor(point)
        rows, columns = np.nonzero(pixels(canvas) != bare)
        assert len(rows), "no ring"
        region = canvas._ring.region(canvas.placement(), point, canvas.brush_size())
        assert all(map(region.contains, map(QPoint, columns.tolist(), rows.tolist())))


def test_the_inside_of_a_large_ring_is_left_alone():
    at = Placement((2048, 2048), (2048, 2048))
    region = Ring().region(at, (1024.0, 1024.0), 512)
    area = sum(rect.width() * rect.height() for rect in region)
    assert area < 0.35 * 512**2


def test_bands_hold_every_change_and_little_else():
    rng = np.random.default_rng(0)
    before = rng.random((200, 150)) < 0.5
    after = before.copy()
    after[40:170, 30:40] ^= rng.random((130, 10)) < 0.3
    box = Box(10, 5, 190, 140)
    seen = np.zeros_like(before)
    for part in changed_bands(before, after, box):
        assert part.left >= 30
        assert part.right <= 40
        seen[part.slices()] = True
    assert seen[before != after].all()
    assert changed_bands(before, before, box) == []


def test_a_stroke_asks_only_for_its_front(canvas, qtbot):
    layers = Layers()
    layers.set_picture(np.zeros((400, 400, 3), np.uint8))
    mask = np.zeros((400, 400), np.bool_)
    mask[100:300, 100:300] = True
    assert layers.refresh(mask, Box(50, 50, 350, 350))[0].shape()[1] == 200
    mask[100:300, 300:306] = True
    parts = layers.refresh(mask, Box(50, 50, 350, 350))
    assert {part.shape()[1] for part in parts} == {6}
    assert layers.refresh(mask, Box(50, 50, 350, 350)) == []


def test_what_a_stroke_painted_is_what_is_shown(canvas):
    canvas.set_picture(np.full((300, 300, 3), 90, np.uint8))
    canvas.set_brush_size(60)
    drag(canvas, (80, 80), (200, 150), (90, 220))
    shown = canvas._layers._over != 0
    assert (shown == canvas.mask()).all()
    canvas.set_overlay_opacity(0.3)
    assert ((canvas._layers._over != 0) == canvas.mask()).all()
