"""Pictures as arrays, and the form that paints fastest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

Picture = NDArray[np.uint8]


def image_of(picture: Picture, width: int) -> QImage:
    """A contiguous uint8 (H, W, 3) picture as a QImage, averaged down if wider than `width`.

    Pictures to be enlarged come back at their own size: painting repeats whole pixels.
    """
    rows, columns = picture.shape[:2]
    image = QImage(picture.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    if width < columns:
        image = image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
    return image.convertToFormat(QImage.Format.Format_RGB32)
