"""The pictures that a gallery shows, and which of them are stale.

Nothing here knows where or how large a picture is shown.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from widgets.look.images import Picture, image_of

_KEPT_IMAGES = 4096


class Album:
    """Numbered places for pictures of one size, some of them still empty."""

    def __init__(self) -> None:
        self.size = (28, 28)
        """Height and width of every picture, in pixels."""
        self._pictures: list[Picture | None] = []
        self._stale: list[bool] = []
        self._images: dict[int, QImage] = {}
        self._width = 0

    def __len__(self) -> int:
        return len(self._pictures)

    def resize(self, n: int) -> None:
        """Make n places; pictures in the places that remain stay."""
        missing = n - len(self)
        del self._pictures[n:], self._stale[n:]
        self._pictures.extend([None] * missing)
        self._stale.extend([False] * missing)
        self._images = {i: image for i, image in self._images.items() if i < n}

    def clear(self) -> None:
        """Empty every place."""
        self._pictures = [None] * len(self)
        self._stale = [False] * len(self)
        self._images.clear()

    def put(self, first: int, pictures: Picture) -> None:
        """Copy pictures, uint8 (k, H, W, 3), to places first … first + k − 1; they are fresh.

        Pictures of another size than those held empty all other places. Raises ValueError for
        another shape or type, IndexError for places that do not exist.
        """
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            given = f"{pictures.dtype} {pictures.shape}"
            raise ValueError(f"pictures must be uint8 (k, H, W, 3), not {given}")
        if first < 0 or first + len(pictures) > len(self):
            last = first + len(pictures) - 1
            raise IndexError(f"places {first} … {last} in an album of {len(self)}")
        if pictures.shape[1:3] != self.size:
            self.clear()
            self.size = (pictures.shape[1], pictures.shape[2])
        own = pictures.copy()  # contiguous, and safe from a caller that reuses its buffer
        own.flags.writeable = False
        for i, picture in enumerate(own, start=first):
            self._pictures[i], self._stale[i] = picture, False
            self._images.pop(i, None)

    def picture(self, i: int) -> Picture | None:
        """Picture i as a read-only uint8 (H, W, 3) array, None where there is none."""
        return self._pictures[i] if 0 <= i < len(self) else None

    def set_stale(self, stale: bool) -> None:
        """Mark all pictures there are now; each is fresh again once it is `put` anew."""
        self._stale = [stale] * len(self)

    def stale(self, i: int) -> bool:
        """Whether picture i is the last good one, waiting for its successor."""
        return self._stale[i]

    def image(self, i: int, width: int) -> QImage | None:
        """Picture i ready to paint `width` device pixels wide; kept for the next time."""
        picture = self._pictures[i]
        if picture is None:
            return None
        if width != self._width or len(self._images) >= _KEPT_IMAGES:
            self._images.clear()
            self._width = width
        if i not in self._images:
            self._images[i] = image_of(picture, width)
        return self._images[i]
