"""Masks as 1-bit PNG: white is unknown, black is known. Arrays and bytes in and out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage, QImageReader, QImageWriter, qRgb

from widgets.strokes import Mask

LARGEST = 4096
"""The longest side that is read, in pixels: a small file can hold a huge picture."""

PNG = "image/png"


class NotAMask(ValueError):
    """The bytes cannot be read as a mask; the text says why, for a person."""


@dataclass(frozen=True)
class Reading:
    """A mask as read. Not `exact`: the file had more than black and white, cut at half grey."""

    mask: Mask
    exact: bool


def to_image(mask: Mask) -> QImage:
    """A mask (H, W) as an image of one bit a pixel."""
    rows, columns = mask.shape
    packed = np.packbits(mask, axis=1)
    view = QImage(packed.tobytes(), columns, rows, packed.shape[1], QImage.Format.Format_Mono)
    view.setColorTable([qRgb(0, 0, 0), qRgb(255, 255, 255)])
    return view.copy()  # the bytes above go away


def to_png(mask: Mask) -> bytes:
    """A mask as the bytes of a 1-bit PNG file; `from_png` gives exactly this mask back."""
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"png").write(to_image(mask)):
        raise NotAMask(f"A mask of {mask.shape} pixels cannot be written.")
    return bytes(store.data())


def from_png(data: bytes) -> Reading:
    """Read the bytes of a picture file as a mask; what is transparent is known.

    Raises NotAMask for anything that is no picture, damaged, animated, or too large.
    """
    store = QByteArray(data)
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()
    if not reader.canRead():
        raise NotAMask("This is not a picture.")
    if max(size.width(), size.height()) > LARGEST:
        given = f"{size.width()} × {size.height()}"
        raise NotAMask(f"The picture has {given} pixels; a mask has at most {LARGEST} a side.")
    if reader.supportsAnimation() and reader.imageCount() > 1:
        raise NotAMask("The picture is animated; a mask is one still picture.")
    image = reader.read()
    if image.isNull():
        raise NotAMask("The picture is damaged.")
    return from_image(image)


def from_image(image: QImage) -> Reading:
    """An image as a mask: at least half grey is unknown, transparent counts as black."""
    plain = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    rows, columns = plain.height(), plain.width()
    pixels = np.frombuffer(plain.constBits(), np.uint8).reshape(rows, columns, 4)
    sums = pixels[..., :3].sum(axis=2, dtype=np.int32)
    exact = bool(((sums == 0) | (sums == 3 * 255)).all())
    return Reading(2 * sums >= 3 * 255, exact)


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
    reading = from_image(image)
    return reading.mask if reading.exact else None
