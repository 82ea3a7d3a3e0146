"""Masks on their way out, as 1-bit PNG, and on the clipboard: white is unknown, black is known.

No file of others is read here: what reads one from a QBuffer may outlive it, and crash.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage, qRgb

from widgets.mask.strokes import Mask

PNG = "image/png"


def to_image(mask: Mask) -> QImage:
    """A mask (H, W) as an image of one bit a pixel."""
    rows, columns = mask.shape
    packed = np.packbits(mask, axis=1)
    view = QImage(packed.tobytes(), columns, rows, packed.shape[1], QImage.Format.Format_Mono)
    view.setColorTable([qRgb(0, 0, 0), qRgb(255, 255, 255)])
    return view.copy()  # the bytes above go away


def to_png(mask: Mask) -> bytes:
    """A mask as the bytes of a 1-bit PNG file."""
    buffer = QBuffer()  # with bytes of its own: given ones might be freed before it
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    to_image(mask).save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def to_mime(mask: Mask) -> QMimeData:
    """A mask for the clipboard or a drag, as PNG and as an image."""
    data = QMimeData()
    data.setData(PNG, to_png(mask))
    data.setImageData(to_image(mask))
    return data


def from_mime(data: QMimeData, shape: tuple[int, ...]) -> Mask | None:
    """The mask of this shape (H, W) on a clipboard, None if what is there is anything else."""
    if not data.hasImage():
        return None
    image = data.imageData()
    if not isinstance(image, QImage) or (image.height(), image.width()) != tuple(shape):
        return None
    plain = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    pixels = np.frombuffer(plain.constBits(), np.uint8).reshape(*shape, 4)
    sums = pixels[..., :3].sum(axis=2, dtype=np.int32)
    white: Mask = sums == 3 * 255
    return white if (white | (sums == 0)).all() else None
