"""The bytes of a `.gsz` file: what it needs to be read, then a frame with a CRC32 for each picture.

    magic 4 · length of the header 2 · header (JSON, deflated) · checks 4 each · CRC32 of it all 4
    frame: length (7 bits a byte) · CRC32 of its number and its bytes 4 · its bytes

A check is the CRC32 of the levels of `CHECKED` pictures in a row. Frames know their numbers, so
that behind damage the next whole one is found again, at its place. Knows no models.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from engines.uses.compression.errors import CompressionError

MAGIC = b"GSZ"
VERSION = 1
CHECKED = 50
"""Pictures that share one check of what decoding gave."""
MOST_PICTURES, MOST_VALUES = 1_000_000, 1 << 30
_CRC = 4
_MOST_HEADER = 1 << 16
_MOST_FRAME = 1 << 24
_SEARCHED = 1 << 16
"""Bytes behind a damaged place in which the next whole frame is looked for."""
_SKIPPED = 4
"""Frames that one damaged place may cost before nothing more is found behind it."""


@dataclass(frozen=True)
class Header:
    """What a file needs to be read: the model, its weights, and the arithmetic."""

    model: str
    sha256: str
    shape: tuple[int, ...]
    symbols: int
    count: int
    chain: int
    together: int
    groups: int
    """Network calls a picture, for models that code several pixels at once; 0 for the others."""
    arithmetic: dict[str, str]
    trial: str
    """A digest of some probabilities, as the computer that wrote the file had them."""

    @property
    def frames(self) -> int:
        return -(-self.count // self.chain)

    def held(self, frame: int) -> int:
        """How many pictures a frame holds."""
        return min(self.chain, self.count - frame * self.chain)


@dataclass(frozen=True, eq=False)
class File:
    """A file's header, its checks, and its frames: None for one that is damaged."""

    header: Header
    checks: tuple[int, ...]
    frames: tuple[bytes | None, ...]


def packed(header: Header, checks: Sequence[int], frames: Sequence[bytes]) -> bytes:
    """The bytes of a file."""
    text = json.dumps(asdict(header), separators=(",", ":")).encode()
    deflated = zlib.compress(text, 9)
    head = MAGIC + bytes([VERSION]) + len(deflated).to_bytes(2, "big") + deflated
    head += b"".join(check.to_bytes(_CRC, "big") for check in checks)
    out = [head, zlib.crc32(head).to_bytes(_CRC, "big")]
    for number, raw in enumerate(frames):
        out += [_varint(len(raw)), _crc(number, raw), raw]
    return b"".join(out)


def overhead(header: Header, checks: Sequence[int], frames: Sequence[bytes]) -> int:
    """Bytes of a file that are not of its pictures: the header, lengths and CRCs."""
    return len(packed(header, checks, frames)) - sum(map(len, frames))


def header_of(raw: bytes) -> Header:
    """What a file says of itself. Raises CompressionError in one sentence."""
    return _headed(raw)[0]


def unpacked(raw: bytes) -> File:
    """A file with its whole frames, the others None. Raises CompressionError for the header."""
    header, checks, start = _headed(raw)
    frames: list[bytes | None] = [None] * header.frames
    number, place = 0, start
    while number < header.frames:
        found = _next_frame(raw, place, number, header.frames)
        if found is None:
            break
        number, frames[number], place = found[0], found[1], found[2]
        number += 1
    return File(header, checks, tuple(frames))


def _headed(raw: bytes) -> tuple[Header, tuple[int, ...], int]:
    """The header, the checks, and where the frames begin."""
    if raw[: len(MAGIC)] != MAGIC or len(raw) < 6:
        raise CompressionError("it is no .gsz file")
    if raw[3] != VERSION:
        raise CompressionError(
            f"it is a .gsz file of version {raw[3]}; this Genscope reads version {VERSION}"
        )
    end = 6 + int.from_bytes(raw[4:6], "big")
    header = _parsed(raw[6:end]) if end <= len(raw) else None
    if header is not None:
        end += _CRC * -(-header.count // CHECKED)
        crc = raw[end : end + _CRC]
        if len(crc) == _CRC and zlib.crc32(raw[:end]) == int.from_bytes(crc, "big"):
            first = end - _CRC * -(-header.count // CHECKED)
            checks = [raw[i : i + _CRC] for i in range(first, end, _CRC)]
            return header, tuple(int.from_bytes(c, "big") for c in checks), end + _CRC
    raise CompressionError("its header is damaged or cut off, and nothing of it can be read")


def _parsed(deflated: bytes) -> Header | None:
    """A header that may be true, or None."""
    try:
        text = zlib.decompressobj().decompress(deflated, _MOST_HEADER)
        table: dict[str, Any] = json.loads(text)
        if not isinstance(table["arithmetic"], dict):
            return None
        given = {each.name: table[each.name] for each in fields(Header)}
        header = Header(**given | {"shape": tuple(table["shape"])})
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError):
        return None
    return header if _is_sound(header) else None


def _is_sound(header: Header) -> bool:
    """Whether every field has its type and a possible size."""
    numbers = (header.symbols, header.count, header.chain, header.together, *header.shape)
    texts = (header.model, header.sha256, header.trial, *header.arithmetic.values())
    if not all(isinstance(text, str) for text in texts):
        return False
    if not all(type(n) is int and n > 0 for n in numbers) or len(header.shape) != 3:
        return False
    if type(header.groups) is not int or header.groups < 0 or header.symbols > 256:
        return False
    whole = header.count * math.prod(header.shape)
    return header.count <= MOST_PICTURES and whole <= MOST_VALUES and header.together <= 4096


def _next_frame(raw: bytes, place: int, number: int, total: int) -> tuple[int, bytes, int] | None:
    """The first whole frame at or behind a place: its number, its bytes, and where it ends."""
    expected = _frame_at(raw, place, number)
    if expected is not None:
        return number, *expected
    numbers = range(number, min(number + _SKIPPED, total))
    for at in range(place + 1, min(len(raw), place + _SEARCHED)):
        for each in numbers:
            if found := _frame_at(raw, at, each):
                return each, *found
    return None


def _frame_at(raw: bytes, place: int, number: int) -> tuple[bytes, int] | None:
    """The bytes of a whole frame that begins at a place, and where it ends; None for none."""
    length, shift = 0, 0
    while True:
        if place >= len(raw) or shift > 21:
            return None
        length |= (raw[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if raw[place - 1] < 128:
            break
    end = place + _CRC + length
    if length > _MOST_FRAME or end > len(raw):
        return None
    body = raw[place + _CRC : end]
    return (body, end) if _crc(number, body) == raw[place : place + _CRC] else None


def _crc(number: int, raw: bytes) -> bytes:
    return zlib.crc32(raw, zlib.crc32(number.to_bytes(4, "big"))).to_bytes(_CRC, "big")


def _varint(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])
