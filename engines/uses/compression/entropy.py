"""The entropy coder: probabilities as whole numbers, and bytes that are no longer than needed.

Wraps `constriction` (Bamler 2022), of the extra "density". It raises a panic of Rust, which is no
Exception, where it is fed nonsense, so that every stream is checked by its CRC32 before.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from engines import extras

Symbols: TypeAlias = npt.NDArray[np.int32]
Counts: TypeAlias = npt.NDArray[np.float32]
"""Whole numbers below 2^24 for each symbol, (places, symbols): their shares are the code's."""

TOTAL = 1 << 22
"""What counts add up to, nearly: whole numbers that a float32 holds, and sums of them, too."""
_WORD = 4
_AHEAD = bytes(2 * _WORD)
"""The decoder looks so far beyond its place; what was cut off were zeros."""


def constriction() -> Any:
    """The package. Raises MissingExtra."""
    return extras.module("density", "constriction")


def counts_of(p: npt.NDArray[np.float64]) -> Counts:
    """Probabilities (places, symbols) as counts of at least 1: every symbol can be coded."""
    room = TOTAL - p.shape[1]
    return np.asarray(np.floor(p * room) + 1, np.float32)


def bits_of(counts: Counts, symbols: Symbols) -> float:
    """−Σ log₂ of the shares of these symbols (places,): what an ideal coder takes."""
    shares = counts.astype(np.float64)
    taken = shares[np.arange(len(symbols)), symbols] / shares.sum(1)
    return float(-np.log2(taken).sum())


def family() -> Any:
    """constriction's model of symbols by their counts, place by place."""
    return constriction().stream.model.Categorical(perfect=False)


def encoded(counts: Counts, symbols: Symbols) -> bytes:
    """The symbols (places,) by a range coder: the shortest bytes that decode to them.

    At most 9 bits above `bits_of`: the code is the shortest number of whole bytes in the final
    interval, where constriction writes whole words of 32 bits.
    """
    coder = constriction().stream.queue.RangeEncoder()
    coder.encode(symbols, family(), counts)
    whole: bytes = coder.get_compressed().astype(">u4").tobytes()
    for length in range(max(0, len(whole) - _WORD - 1), len(whole)):
        for raw in _rounded(whole, length):
            if _decodes_to(raw, counts, symbols):
                return raw
    return whole


def _decodes_to(raw: bytes, counts: Counts, symbols: Symbols) -> bool:
    try:
        return np.array_equal(decoder_of(raw).decode(family(), counts), symbols)
    except AssertionError:  # what constriction says of bytes that are no code of these counts
        return False


def _rounded(whole: bytes, length: int) -> list[bytes]:
    """The numbers of so many bytes on either side of a longer one."""
    below = int.from_bytes(whole[:length], "big")
    return [n.to_bytes(length, "big") for n in (below, below + 1) if n < 1 << 8 * length]


def decoder_of(raw: bytes) -> Any:
    """A range decoder at the beginning of what `encoded` made."""
    padded = raw + bytes(-len(raw) % _WORD) + _AHEAD
    words = np.frombuffer(padded, ">u4").astype(np.uint32)
    return constriction().stream.queue.RangeDecoder(words)
