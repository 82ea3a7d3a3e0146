"""Films of several rows side by side: each under its name, with one line for all below them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from widgets.figure.painting import font
from widgets.look.images import Picture

SIDES = 280, 140
"""About how large a picture is in a film of a few rows, and in one of many."""
FEW, ABREAST = 3, 5
"""As many rows are a few; as many stand beside each other."""
_GAP, _HEAD, _FOOT = 12, 26, 30
_NAME, _CAPTION = 14, 16
_WHITE = 255


def composed(rows: Sequence[tuple[str, Picture]], captions: Sequence[str]) -> Picture:
    """Frames (n, height, width, 3), dark on white, of rows with a name and pictures (n, H, W, 3).

    Pictures are enlarged by whole pixels. `captions` are one for each frame.
    """
    side = SIDES[len(rows) > FEW]
    large = [(name, _enlarged(pictures, side)) for name, pictures in rows]
    high, wide = (max(pictures.shape[axis] for _, pictures in large) for axis in (1, 2))
    abreast = min(len(rows), ABREAST)
    lines = -(-len(rows) // abreast)
    pitch = _HEAD + high, wide + _GAP
    size = lines * pitch[0] + _FOOT, abreast * pitch[1] + _GAP
    made = np.full((len(captions), *size, 3), _WHITE, np.uint8)
    for place, (name, pictures) in enumerate(large):
        top, left = place // abreast * pitch[0], place % abreast * pitch[1] + _GAP
        made[:, top : top + _HEAD, left : left + wide] = _written(name, wide, _HEAD, _NAME)
        top, left = top + _HEAD, left + (wide - pictures.shape[2]) // 2
        made[:, top : top + pictures.shape[1], left : left + pictures.shape[2]] = pictures
    for frame, caption in zip(made, captions, strict=True):
        frame[-_FOOT:] = _written(caption, size[1], _FOOT, _CAPTION)
    return made


def _enlarged(pictures: Picture, side: int) -> Picture:
    factor = max(1, side // max(pictures.shape[1:3]))
    return pictures.repeat(factor, 1).repeat(factor, 2)


def _written(text: str, wide: int, high: int, size: int) -> NDArray[np.uint8]:
    """A line of words (high, wide, 1) in levels of grey: a film of grey pictures stays grey."""
    image = QImage(wide, high, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    made = font(size)
    painter.setFont(made)
    shown = QFontMetricsF(made).elidedText(text, Qt.TextElideMode.ElideRight, wide)
    painter.drawText(QRectF(0, 0, wide, high), Qt.AlignmentFlag.AlignCenter, shown)
    painter.end()
    levels = np.frombuffer(image.constBits(), np.uint8).reshape(high, image.bytesPerLine())
    return levels[:, :wide, None].copy()
