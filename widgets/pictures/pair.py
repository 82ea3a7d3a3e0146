"""Two pictures compared: a curtain between them, side by side, in turn, or their difference."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QSizePolicy, QWidget

from widgets.controls.combo import Combo
from widgets.look import lay, theme
from widgets.look.colours import DIVERGING
from widgets.look.images import Picture, image_of
from widgets.look.labels import small_print

BLINK_MS = 600
_STEP = 0.05


class Way(Enum):
    """How two pictures are compared."""

    CURTAIN = "Curtain"
    BESIDE = "Side by side"
    TURN = "In turn"
    DIFFERENCE = "Difference"


class PairView(QWidget):
    """Two pictures in one place. `place` 0 … 1 is where the curtain hangs: A on its left."""

    moved = Signal(float)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._pair: tuple[Picture, Picture] | None = None
        self.way, self.place, self.second = Way.CURTAIN, 0.5, False
        self.setMinimumSize(240, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Comparison of two pictures")
        self.setToolTip("Drag the curtain, or move it by the arrow keys.")

    def sizeHint(self) -> QSize:
        return QSize(560, 560)

    def show_pair(self, a: Picture, b: Picture) -> None:
        """Show two pictures uint8 (H, W, 3); another size of B is brought to that of A."""
        self._pair = a, _fitted(b, a.shape[:2])
        self.update()

    def set_way(self, way: Way) -> None:
        self.way = way
        self.update()

    def set_place(self, place: float) -> None:
        """Hang the curtain elsewhere."""
        self.place = min(1.0, max(0.0, place))
        self.moved.emit(self.place)
        self.update()

    def turn(self) -> None:
        """Show the other picture, where they are shown in turn."""
        self.second = not self.second
        self.update()

    def difference(self) -> Picture | None:
        """Blue where B is brighter, red where A is, as in maps of densities; white for none."""
        if self._pair is None:
            return None
        a, b = (picture.astype(np.int16).mean(2) for picture in self._pair)
        return np.ascontiguousarray(DIVERGING[((a - b) / 2 + 127.5).round().astype(np.uint8)])

    def frames(self) -> list[QRectF]:
        """Where pictures are: one place, or two beside each other."""
        if self._pair is None:
            return []
        rows, columns = self._pair[0].shape[:2]
        count = 2 if self.way is Way.BESIDE else 1
        wide = self.width() / count - (theme.UNIT if count == 2 else 0)
        unit = self.devicePixelRatioF()
        scale = min(wide * unit / columns, self.height() * unit / rows)
        scale = math.floor(scale) if scale >= 1 else scale
        size = columns * scale / unit, rows * scale / unit
        top = (self.height() - size[1]) / 2
        lefts = [
            (self.width() / count) * k + (self.width() / count - size[0]) / 2 for k in range(count)
        ]
        return [QRectF(left, top, *size) for left in lefts]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("well"))
        if self._pair is None:
            return
        (first, second), frames = self._pair, self.frames()
        match self.way:
            case Way.BESIDE:
                for frame, picture in zip(frames, (first, second), strict=True):
                    _draw(painter, frame, picture)
            case Way.TURN:
                _draw(painter, frames[0], second if self.second else first)
            case Way.DIFFERENCE:
                gap = self.difference()
                assert gap is not None
                _draw(painter, frames[0], gap)
            case Way.CURTAIN:
                self._paint_curtain(painter, frames[0], first, second)

    def _paint_curtain(self, painter: QPainter, frame: QRectF, a: Picture, b: Picture) -> None:
        edge = frame.left() + self.place * frame.width()
        for picture, left, right in ((a, frame.left(), edge), (b, edge, frame.right())):
            painter.save()
            painter.setClipRect(QRectF(left, frame.top(), right - left, frame.height()))
            _draw(painter, frame, picture)
            painter.restore()
        painter.setPen(QPen(theme.colour("accent"), 2))
        painter.drawLine(QPointF(edge, frame.top()), QPointF(edge, frame.bottom()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)

    def _drag(self, event: QMouseEvent) -> None:
        frames = self.frames()
        if self.way is Way.CURTAIN and frames:
            self.set_place((event.position().x() - frames[0].left()) / frames[0].width())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -_STEP, Qt.Key.Key_Right: _STEP}
        if (step := steps.get(Qt.Key(event.key()))) is not None and self.way is Way.CURTAIN:
            self.set_place(self.place + step)
        else:
            event.ignore()


class PairDialog(QDialog):
    """Pictures A and B, what they are, and how they are compared; M goes to the next way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare")
        self.view, self.ways = PairView(self), Combo(self)
        self.swap = QPushButton("Swap", self)
        self.names = QLabel(self), QLabel(self)
        self.note = QLabel(self)
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(self.view.turn)
        self._shown: tuple[tuple[Picture, str], tuple[Picture, str]] | None = None
        for way in Way:
            self.ways.addItem(way.value, way)
        self._dress()
        top = lay.across((self.names[0], 1), (self.names[1], 1))
        foot = lay.across(self.ways, self.swap, (self.note, 1))
        lay.down(top, (self.view, 1), foot, on=self, margins=theme.UNIT)
        self.ways.currentIndexChanged.connect(self._choose)
        self.swap.clicked.connect(self.exchange)

    def _dress(self) -> None:
        self.ways.setAccessibleName("Way to compare")
        self.ways.setToolTip("How the two are compared; M goes to the next way.")
        self.swap.setAutoDefault(False)
        self.swap.setToolTip("Let A and B change places (C).")
        small_print(self.note)
        self.names[1].setAlignment(Qt.AlignmentFlag.AlignRight)
        for name in self.names:
            name.setWordWrap(True)

    def show_pair(self, a: tuple[Picture, str], b: tuple[Picture, str]) -> None:
        """Compare two pictures, each with what it is."""
        self._shown = a, b
        self.view.show_pair(a[0], b[0])
        for label, letter, (_, said) in zip(self.names, "AB", (a, b), strict=True):
            label.setText(f"{letter}: {said}")
        self.note.setText(_apart(a[0], b[0]))
        self.show()
        self.raise_()
        self.activateWindow()
        self.view.setFocus()

    @Slot()
    def exchange(self) -> None:
        """Let A and B change places."""
        if self._shown is not None:
            self.show_pair(self._shown[1], self._shown[0])

    @Slot()
    def _choose(self) -> None:
        way = Way(self.ways.currentData())
        self.view.set_way(way)
        if way is Way.TURN and self.isVisible():
            self._blink.start()
        else:
            self._blink.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        self._blink.stop()

    def showEvent(self, event: QShowEvent) -> None:
        self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_M:
            self.ways.setCurrentIndex((self.ways.currentIndex() + 1) % self.ways.count())
        elif event.key() == Qt.Key.Key_C and not event.modifiers():
            self.exchange()
        else:
            super().keyPressEvent(event)


def _apart(a: Picture, b: Picture) -> str:
    """How far two pictures of one size are from each other."""
    if a.shape != b.shape:
        (h0, w0), (h1, w1) = a.shape[:2], b.shape[:2]
        return f"B has {w1} × {h1} pixels and is shown at the {w0} × {h0} of A."
    gap = a.astype(np.int16) - b.astype(np.int16)
    other = int((gap != 0).any(2).sum())
    if not other:
        return "Every pixel is the same."
    psnr = 10 * math.log10(255**2 / float((gap.astype(float) ** 2).mean()))
    share = 100 * other / (a.shape[0] * a.shape[1])
    return f"{share:.0f} % of the pixels differ; PSNR {psnr:.1f} dB."


def _fitted(picture: Picture, shape: tuple[int, ...]) -> Picture:
    """A picture at another size, by the nearest pixels."""
    if picture.shape[:2] == shape:
        return picture
    rows = np.arange(shape[0]) * picture.shape[0] // shape[0]
    columns = np.arange(shape[1]) * picture.shape[1] // shape[1]
    return np.ascontiguousarray(picture[rows][:, columns])


def _draw(painter: QPainter, frame: QRectF, picture: Picture) -> None:
    painter.drawImage(frame, image_of(np.ascontiguousarray(picture), max(1, round(frame.width()))))
