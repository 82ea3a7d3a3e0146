"""A mask under a hand: strokes that grow while they last and then are one step of its history.

Plain numpy; what asks for a stroke, and what shows it, is elsewhere.
"""

from __future__ import annotations

import numpy as np

from widgets.mask.history import CAP, Beside, History
from widgets.mask.strokes import NOWHERE, Box, Mask, Shape


class Sheet:
    """The mask (H, W), True = unknown. Every method returns where it changed the mask."""

    def __init__(self, shape: Shape = (0, 0), *, cap: int = CAP) -> None:
        self.mask: Mask = np.zeros(shape, np.bool_)
        self.history = History(cap)
        self._before: Mask | None = None
        self._touched = NOWHERE

    def shape(self) -> Shape:
        rows, columns = self.mask.shape
        return rows, columns

    def begin(self) -> None:
        """Open a stroke."""
        self._before, self._touched = self.mask.copy(), NOWHERE

    def paint(self, box: Box, part: Mask, unknown: bool) -> Box:
        """Set the pixels of `part`, a mask of the box, within the open stroke."""
        view = self.mask[box.slices()]
        if unknown:
            view |= part
        else:
            view &= ~part
        self._touched = self._touched.united(box)
        return box

    def end(self) -> Box | None:
        """Close the stroke: one step of the history, or none if it changed nothing."""
        before, self._before = self._before, None
        if before is None:
            return None
        return self.history.record(before, self.mask, self._touched)

    def cancel(self) -> Box:
        """Close the stroke and undo what it did so far."""
        before, self._before = self._before, None
        if before is None:
            return NOWHERE
        inside = self._touched.slices()
        self.mask[inside] = before[inside]
        return self._touched

    def stamp(self, box: Box, part: Mask, unknown: bool) -> Box | None:
        """A stroke all at once."""
        self.begin()
        self.paint(box, part, unknown)
        return self.end()

    def replace(self, mask: Mask, beside: Beside | None = None) -> Box | None:
        """Take another mask of the same shape as one step, together with what is `beside` it."""
        box = self.history.record(self.mask, mask, beside=beside)
        self.mask = mask.copy()
        return box

    def undo(self) -> Box | None:
        return self.history.undo(self.mask)

    def redo(self) -> Box | None:
        return self.history.redo(self.mask)

    def share(self) -> float:
        """The unknown share of all pixels, 0 … 1."""
        return float(self.mask.mean()) if self.mask.size else 0.0
