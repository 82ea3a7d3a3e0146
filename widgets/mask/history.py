"""Undo and redo of a mask: the changed rectangles, one bit a pixel, compressed, under a byte cap.

Knows masks, not strokes or windows.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from widgets.mask.strokes import NOWHERE, Box, Mask, changed_box, whole

CAP = 64 * 2**20
"""Bytes kept; a hundred random masks of 2048² pixels, which nothing compresses, take 52 MB."""

_OVERHEAD = 128
"""What a patch of no content costs, more or less."""


@dataclass(frozen=True)
class Beside:
    """What changed together with a mask and is not the mask's, such as the picture below it."""

    undo: Callable[[], object]
    redo: Callable[[], object]


@dataclass(frozen=True)
class Patch:
    """Which pixels of a box changed. The same patch undoes and redoes: a mask has two values."""

    box: Box
    bits: bytes
    beside: Beside | None = None

    def size(self) -> int:
        return len(self.bits) + _OVERHEAD

    def toggle(self, mask: Mask) -> None:
        """Flip the changed pixels in place."""
        rows, columns = self.box.shape()
        packed = np.frombuffer(zlib.decompress(self.bits), np.uint8)
        mask[self.box.slices()] ^= (
            np.unpackbits(packed, count=rows * columns).reshape(rows, columns).astype(np.bool_)
        )


class History:
    """Steps of one mask, oldest dropped first once they take more than `cap` bytes."""

    def __init__(self, cap: int = CAP) -> None:
        self._cap = cap
        self._done: deque[Patch] = deque()
        self._undone: list[Patch] = []

    def record(
        self,
        before: Mask,
        after: Mask,
        within: Box | None = None,
        beside: Beside | None = None,
    ) -> Box | None:
        """Remember a change; what could be redone is gone. Where it is, None if nothing changed.

        `within` is a box outside which both masks are known to be equal. With something `beside`
        it is a step also where the masks are equal.
        """
        outer = whole(after.shape) if within is None else within
        difference = before[outer.slices()] ^ after[outer.slices()]
        inner = changed_box(difference)
        if inner.empty() and beside is None:
            return None
        bits = np.packbits(difference[inner.slices()]).tobytes()
        top, left = outer.top, outer.left
        box = Box(top + inner.top, left + inner.left, top + inner.bottom, left + inner.right)
        box = NOWHERE if inner.empty() else box
        self._undone.clear()
        self._done.append(Patch(box, zlib.compress(bits, 1), beside))
        while self.size() > self._cap:
            self._done.popleft()
        return box

    def undo(self, mask: Mask) -> Box | None:
        """Take the last step back, in place; where the mask changed, None if there is no step."""
        if not self._done:
            return None
        patch = self._done.pop()
        patch.toggle(mask)
        self._undone.append(patch)
        if patch.beside is not None:
            patch.beside.undo()
        return patch.box

    def redo(self, mask: Mask) -> Box | None:
        """Take the last undone step again, in place."""
        if not self._undone:
            return None
        patch = self._undone.pop()
        patch.toggle(mask)
        self._done.append(patch)
        if patch.beside is not None:
            patch.beside.redo()
        return patch.box

    def clear(self) -> None:
        self._done.clear()
        self._undone.clear()

    def undoable(self) -> int:
        """How many steps can be undone."""
        return len(self._done)

    def redoable(self) -> int:
        """How many steps can be redone."""
        return len(self._undone)

    def size(self) -> int:
        """Bytes in use."""
        return sum(patch.size() for patch in (*self._done, *self._undone))
