"""What is kept on disk: written whole or not at all, read with suspicion. No Qt, no torch."""

from __future__ import annotations

import contextlib
import errno
import math
import reprlib
import sys
import traceback
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from engines.checkpoints import disk
from engines.naming import Sentence

APP = "genscope"
WORKSPACE = ".workspace"
"""How files end that hold all tabs; those of exported models end otherwise."""

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "there is no permission to write there",
    errno.EPERM: "there is no permission to write there",
    errno.EROFS: "the disk is read-only",
    errno.EEXIST: "a part of its path is a file",
    errno.ENOTDIR: "a part of its path is a file",
    errno.ENAMETOOLONG: "its name is too long",
}
_WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Any: "finite numbers and text",
}
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LOG_BYTES, _DEEPEST = 1_000_000, 30
_MOST_PARTS = 1 << 15
"""Chunks of a PNG: what programs write in 64 MiB has fewer."""
_MOST_BLOCKS = 1 << 19
"""Blocks of a GIF, of at most 255 bytes each: twice what a file of 64 MiB needs."""
_MOST_HEAD = 4096
"""Bytes of a text's keyword and language."""


class SaveError(Sentence):
    """A file could not be written; the message is one sentence for a person."""


class NotPng(ValueError):
    """The bytes are those of no PNG."""


class NotGif(ValueError):
    """The bytes are those of no GIF."""


def write_atomically(path: Path, raw: bytes) -> None:
    """Write whole or not at all. Raises SaveError and leaves the old file as it was on failure."""
    try:
        disk.write_atomically(path, raw)
    except OSError as error:
        raise SaveError(unwritable(path, error)) from error


def read_bytes(path: Path, limit: int) -> bytes:
    """The whole of a file of at most `limit` bytes. Raises ValueError saying what is wrong."""
    try:
        if path.exists() and not path.is_file():
            raise ValueError("is not a file")
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(f"cannot be read ({reason.lower()})") from error
    if len(raw) > limit:
        raise ValueError(f"is larger than {limit >> 10:,} KiB")
    return raw


def unwritable(path: Path, error: OSError) -> str:
    """One sentence: what could not be written, why, and what to do."""
    return (
        f"{path} was not saved: {reason(error)}; choose another place or make room, and save again"
    )


def reason(error: OSError) -> str:
    """Why the system did not write a file, in words."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


def log_failure(folder: Path, error: BaseException) -> Path | None:
    """Append the traceback to the log in `folder`; None where even that cannot be written."""
    log = folder / "errors.log"
    text = "".join(traceback.format_exception(error))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = not log.exists() or log.stat().st_size > _LOG_BYTES
        with log.open("w" if fresh else "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}\n{text}\n")
    except OSError:
        return None
    return log


def typed(value: Any, hint: Any) -> Any:
    """A value out of JSON as the type `hint` asks: lists become tuples, 1 a float where one is due.

    Knows str, int, float (finite), bool, None, Any, Literal, unions, tuple[X, ...] and
    Mapping[str, X]. Raises ValueError saying what was expected and what was found.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        for choice in arguments:
            with contextlib.suppress(ValueError):
                return typed(value, choice)
    elif origin is tuple and isinstance(value, list):
        return tuple(typed(item, arguments[0]) for item in value)
    elif origin is Mapping and isinstance(value, dict):
        return {key: typed(item, arguments[1]) for key, item in value.items()}
    elif hint is float and type(value) in (int, float):
        if abs(value) <= sys.float_info.max:  # neither infinite nor nan nor a huge int
            return float(value)
    elif origin is Literal:
        if any(value == choice and type(value) is type(choice) for choice in arguments):
            return value
    elif hint is Any:
        if _is_finite(value):
            return value
    elif type(value) is hint:  # `is`: true is no whole number here
        return value
    raise ValueError(f"should be {_described(hint)}, not {reprlib.repr(value)}")


def _is_finite(value: Any, depth: int = 0) -> bool:
    """Whether a value can be written as JSON: no number infinite or NaN, no list without end."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, list | dict):
        inside = value if isinstance(value, list) else value.values()
        return all(_is_finite(each, depth + 1) for each in inside)
    return not isinstance(value, float) or math.isfinite(value)


def _described(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(_described(choice) for choice in arguments)
    if origin is Literal:
        return " or ".join(repr(choice) for choice in arguments)
    if hint is NoneType:
        return "null"
    return {tuple: "a list", Mapping: "a table"}.get(origin) or _WORDS[hint]


def gif_comment(raw: bytes, limit: int) -> bytes | None:
    """The first comment of a GIF, at most `limit` bytes of it; None where there is none.

    Pixels are never decoded. Raises ValueError when `raw` is no GIF, has too many blocks, or a
    larger comment.
    """
    if raw[:6] not in (b"GIF87a", b"GIF89a") or len(raw) < 13:
        raise NotGif("is not a GIF")
    left = iter(range(_MOST_BLOCKS))
    at = 13 + _colours(raw[10])
    while at < len(raw) and raw[at] != 0x3B:  # the trailer
        if raw[at] == 0x2C:  # a frame: ten bytes, perhaps colours, a byte, blocks
            at += 10 + _colours(raw[at + 9] if at + 9 < len(raw) else 0) + 1
            _, at = _blocks(raw, at, 0, left)
            continue
        if raw[at] != 0x21:
            break
        label, at = raw[at + 1 : at + 2], at + 2
        body, at = _blocks(raw, at, limit + 1 if label == b"\xfe" else 0, left)
        if label == b"\xfe":
            if len(body) > limit:
                raise ValueError(f"holds a recipe larger than {limit >> 10:,} KiB")
            return body
    return None


def _colours(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(raw: bytes, at: int, kept: int, left: Iterator[int]) -> tuple[bytes, int]:
    """At most about `kept` bytes of a chain of blocks, and where it ends.

    Raises ValueError where nothing is `left` of the blocks that a file may have.
    """
    body = bytearray()
    while True:
        if next(left, None) is None:
            raise ValueError(f"has more than {_MOST_BLOCKS:,} parts")
        if at >= len(raw) or not raw[at]:
            return bytes(body), at + 1
        if len(body) < kept:
            body += raw[at + 1 : at + 1 + raw[at]]
        at += 1 + raw[at]


def png_chunks(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each whole, undamaged chunk of a PNG, in order; a cut file ends early."""
    for kind, start, length in _spans(raw):
        if _is_sound(raw, start, length):
            yield kind, raw[start : start + length]


def _spans(raw: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and length of the body of each whole chunk. Raises ValueError for too many."""
    at = len(_SIGNATURE)
    for _ in range(_MOST_PARTS):
        length = int.from_bytes(raw[at : at + 4])
        if at + 12 + length > len(raw):
            return
        yield raw[at + 4 : at + 8], at + 8, length
        at += 12 + length
    if at + 12 <= len(raw):
        raise ValueError(f"has more than {_MOST_PARTS:,} parts")


def _is_sound(raw: bytes, start: int, length: int) -> bool:
    """Whether a chunk is as it was written, by its check sum."""
    end = start + length
    return zlib.crc32(memoryview(raw)[start - 4 : end]) == int.from_bytes(raw[end : end + 4])


def png_text(raw: bytes, keyword: str, limit: int) -> bytes | None:
    """The international text (iTXt) a PNG holds under `keyword`, at most `limit` bytes of it.

    Pixels are never decoded, so no picture can be a bomb, nor read: time goes by the number of
    chunks, which has a limit. None when there is no such text. Raises ValueError when `raw` is no
    PNG, has too many chunks, or the text is larger than `limit` or damaged.
    """
    if not raw.startswith(_SIGNATURE):
        raise NotPng("is not a PNG")
    mark = keyword.encode("latin-1") + b"\0"
    for kind, start, length in _spans(raw):
        if kind != b"iTXt" or not raw.startswith(mark, start, start + length):
            continue
        if length > limit + _MOST_HEAD:
            raise ValueError(f"holds a recipe larger than {limit >> 10:,} KiB")
        if not _is_sound(raw, start, length):
            continue
        body = raw[start + len(mark) : start + length]
        compressed, parts = body[:1], body[2:].split(b"\0", 2)  # language, keyword, text
        if len(parts) != 3:
            raise ValueError("holds a damaged recipe")
        text = _inflated(parts[2], limit) if compressed == b"\1" else parts[2]
        if len(text) > limit:
            raise ValueError(f"holds a recipe larger than {limit >> 10:,} KiB")
        return text
    return None


def _inflated(text: bytes, limit: int) -> bytes:
    """Decompress no more than one byte beyond `limit`."""
    try:
        return zlib.decompressobj().decompress(text, limit + 1)
    except zlib.error as error:
        raise ValueError("holds a damaged recipe") from error
