"""What a coder of pictures by a model is: frames of bytes out of levels, and back."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Levels: TypeAlias = npt.NDArray[np.uint8]
"""Pictures as (n, places): levels 0 … symbols − 1."""


@dataclass(frozen=True, eq=False)
class Coded:
    """One frame: the bytes of its pictures, and what their probabilities say they should take."""

    raw: bytes
    bits: tuple[float, ...]
    """−log₂ of the probabilities that the coder was given, of each picture."""


@dataclass(frozen=True, eq=False)
class Plain:
    """The pictures (n, places) of one frame."""

    levels: Levels


class Coder(Protocol):
    """Codes pictures of one model. Its runs yield frames as they come, and between them numbers:
    how many pictures are done, fractions of them too.

    `method` says how, for people. A frame holds `chain` pictures, the last one maybe fewer;
    `together` of them are computed at once, which is part of the arithmetic.
    """

    method: str
    chain: int
    together: int

    def trial(self) -> str:
        """A digest of some probabilities: what differs by it decodes to other pictures."""

    def encode(self, levels: Levels) -> Generator[Coded | float, None, None]:
        """Frames of pictures (n, places), in order."""

    def decode(
        self, frames: Sequence[bytes | None], counts: Sequence[int]
    ) -> Generator[Plain | float, None, None]:
        """The pictures of frames that hold so many each, in order.

        One that is None is passed over, and gives black pictures.
        """
