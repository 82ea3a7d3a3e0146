"""Conditionals that keep what they have read, such as ImageGPT: the raster methods, fewer at once.

The known pixels of ImageGPT count as their nearest colours of a palette.
"""

from __future__ import annotations

from engines.inpaint.raster import Places, method
from engines.model import Model
from engines.parts import Reads


def _fits(model: Model) -> bool:
    return isinstance(model.conditionals, Reads)


def _most(model: Model) -> int:
    assert isinstance(model.conditionals, Reads)
    return model.conditionals.rows


METHODS = (
    method(Places, _fits, 16, live=False, most=_most),
    method(Places, _fits, None, live=False, most=_most),
)
