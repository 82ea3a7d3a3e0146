"""Numbers as colours: perceptually uniform maps, and a bar of them for a tool tip."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QByteArray, QIODevice

from widgets.album import Picture, image_of
from widgets.colours import MAGMA

_BAR = (180, 12)


def coloured(values: NDArray[np.floating], most: float) -> Picture:
    """Values (H, W) from 0 to `most` in magma, uint8 (H, W, 3); what lies outside is cut off."""
    place = np.nan_to_num(values / most).clip(0, 1)
    picture: Picture = MAGMA[(place * 255).round().astype(np.intp)]
    return picture


def bar_html(low: str, high: str) -> str:
    """A colour bar between two numbers, for the rich text of a tool tip."""
    width, height = _BAR
    ramp = np.tile(np.linspace(0, 1, width), (height, 1))
    store = QByteArray()
    buffer = QBuffer(store)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image_of(coloured(ramp, 1.0), width).save(buffer, "PNG")  # type: ignore[call-overload]
    picture = base64.b64encode(bytes(store.data())).decode()
    return f'{low} <img src="data:image/png;base64,{picture}"> {high}'
