"""From a move of the mouse to its paint, on a mask of 2048² pixels shown one to one."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.benchmarks.table import Row, percentile
from widgets.mask.canvas import MaskCanvas

_SIDE, _BRUSH, _MOVES = 2048, 512, 240
_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class _Paints(QObject):
    """Counts what the canvas painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


def rows() -> list[Row]:
    """Big strokes, quick ones, and the ring alone; the baseline is a brush of one pixel."""
    app = QApplication.instance() or QApplication([])
    canvas = MaskCanvas()
    canvas.resize(_SIDE, _SIDE)
    noise = np.random.default_rng(0).integers(0, 255, (_SIDE, _SIDE, 3), np.uint8)
    canvas.set_picture(noise)
    canvas.show()
    QTest.qWaitForWindowExposed(canvas)
    if canvas.zoom() != 1:
        raise AssertionError(f"shown at {canvas.zoom()}, not one to one")
    small = _stroke(app, canvas, 1, step=12)
    measured = []
    for what, step, held in (
        ("stroke", 12, True),
        ("fast stroke, 200 px a move", 200, True),
        ("ring alone", 12, False),
    ):
        delays = _stroke(app, canvas, _BRUSH, step=step, held=held)
        name = f"mask {_SIDE}², {_BRUSH} px brush, {what}: pointer to paint"
        for share in (0.5, 0.95):
            goal = 16 if share == 0.95 else None
            measured.append(
                Row(
                    f"{name}, p{100 * share:.0f}",
                    percentile(delays, share),
                    "ms",
                    "brush of 1 px",
                    percentile(small, share),
                    goal,
                )
            )
    canvas.close()
    return measured


def _stroke(
    app: QApplication, canvas: MaskCanvas, size: int, *, step: float, held: bool = True
) -> list[float]:
    """Delays of each move of one stroke round the middle, in ms."""
    canvas.set_mask(np.zeros((_SIDE, _SIDE), np.bool_))
    canvas.set_brush_size(size)
    app.processEvents()
    watch, delays = _Paints(), []
    canvas.installEventFilter(watch)
    if held:
        QTest.mousePress(canvas, _LEFT, _NONE, _spot(0, step))
    for n in range(1, _MOVES + 1):
        before, start = watch.count, time.perf_counter()
        QTest.mouseMove(canvas, _spot(n, step))
        app.processEvents()
        delays.append(1000 * (time.perf_counter() - start))
        if watch.count == before:
            raise AssertionError(f"move {n} was not painted")
    if held:
        QTest.mouseRelease(canvas, _LEFT, _NONE, _spot(_MOVES, step))
    canvas.removeEventFilter(watch)
    return delays


def _spot(n: int, step: float) -> QPoint:
    """The nth place on a slow spiral, `step` pixels apart."""
    angle, radius = n * step / 650, 650 + n % 7
    middle = _SIDE / 2
    return QPoint(
        round(middle + radius * math.cos(angle)), round(middle + radius * math.sin(angle))
    )


if __name__ == "__main__":
    for row in rows():
        print(row.line())
