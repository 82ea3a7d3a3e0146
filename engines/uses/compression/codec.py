"""Pictures to the bytes of a `.gsz` file and back, step by step; what a file says of itself.

Models are opened on the CPU: a GPU's numbers are not the same from one kind to another.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from engines.model import Card, Model, Step
from engines.uses.compression import arithmetic, coders, container
from engines.uses.compression.coder import Coded, Coder, Levels, Plain
from engines.uses.compression.container import CHECKED, Header
from engines.uses.compression.errors import CompressionError

TOGETHER = 16
"""Pictures computed at once, where a coder can; fewer for fewer."""


@dataclass(frozen=True)
class Progress(Step):
    """How far a run is: `share` of the whole, 0 … 1, and the bits of the pictures done."""

    share: float = 0.0
    bits: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Compressed:
    """A file's bytes, and what they are made of.

    `bits` are what the probabilities given to the coder say, of each picture (n,); `frames` the
    bytes of the frames, `overhead` those of the header, lengths and CRCs, `initial` the bits that
    chains begin with, which are in the frames.
    """

    raw: bytes
    bits: tuple[float, ...]
    frames: tuple[int, ...]
    overhead: int
    initial: float
    method: str


@dataclass(frozen=True, eq=False)
class Decompressed:
    """Pictures (n, C, H, W) in [-1, 1], and which are lost (black there), by their places."""

    x: Tensor
    lost: tuple[int, ...]
    note: str = ""


CompressRun: TypeAlias = Generator[Progress, None, Compressed]
DecompressRun: TypeAlias = Generator[Progress, None, Decompressed]


def compress(
    model: Model, x: Tensor, *, groups: int | None = None, together: int | None = None
) -> CompressRun:
    """A file of pictures x (n, C, H, W) in [-1, 1] by a model on the CPU.

    Raises CompressionError for a model that codes none and for pictures that are not its levels.
    """
    if not len(x):
        raise CompressionError("there are no pictures to compress")
    coder = coders.coder_of(model, groups=groups, together=together)
    symbols = coders.symbols_of(model)
    levels = levels_of(x, symbols, model.card)
    header = _header(model.card, coder, symbols, len(x))
    frames: list[Coded] = []
    for step in coder.encode(levels):
        if isinstance(step, Coded):
            frames.append(step)
        bits = tuple(b for each in frames for b in each.bits)
        share = 1.0 if len(bits) == len(x) else (step if isinstance(step, float) else len(bits))
        yield Progress(len(bits), len(x), share=min(1.0, share / len(x)), bits=bits)
    raw, checks = [each.raw for each in frames], _checks(levels)
    return Compressed(
        container.packed(header, checks, raw),
        tuple(b for each in frames for b in each.bits),
        tuple(map(len, raw)),
        container.overhead(header, checks, raw),
        sum(8 * len(each.raw) - sum(each.bits) for each in frames) if coder.chain > 1 else 0.0,
        coder.method,
    )


def levels_of(x: Tensor, symbols: int, card: Card) -> Levels:
    """Pictures as levels (n, places). Raises CompressionError where they are not exactly these."""
    if tuple(x.shape[1:]) != card.shape:
        raise CompressionError(
            f"{card.name} codes pictures of shape {card.shape}, got {tuple(x.shape[1:])}"
        )
    half = (symbols - 1) / 2
    levels = ((x.double() + 1) * half).round()
    if not ((levels / half - 1 - x).abs() < 1e-6).all() or x.abs().max() > 1:
        raise CompressionError(f"{card.name} codes pictures of {symbols} levels, and no others")
    return levels.flatten(1).numpy().astype(np.uint8)


def _header(card: Card, coder: Coder, symbols: int, count: int) -> Header:
    groups = len(coder.groups) if hasattr(coder, "groups") else 0
    return Header(
        card.name,
        card.sha256,
        card.shape,
        symbols,
        count,
        coder.chain,
        coder.together,
        groups,
        arithmetic.here(),
        coder.trial(),
    )


def _checks(levels: Levels) -> list[int]:
    return [zlib.crc32(part.tobytes()) for part in _in_parts(levels)]


def _in_parts(levels: Levels) -> list[Levels]:
    return [levels[i : i + CHECKED] for i in range(0, len(levels), CHECKED)]


# reading


def unreadable(header: Header, card: Card | None) -> str | None:
    """Why this computer cannot read a file, known without opening the model; None if it may."""
    if card is None:
        return f"it was written by {header.model}, and there is no such model here"
    if card.sha256 != header.sha256:
        return (
            f"it was written by {header.model} with other weights ({header.sha256[:12]}…, here "
            f"{card.sha256[:12]}…), and can be read with those alone"
        )
    if card.shape != header.shape:
        return f"its pictures have shape {header.shape}, and those of {card.name} {card.shape}"
    if (other := arithmetic.differs(header.arithmetic)) is not None:
        return f"it was written with {other}, whose probabilities may differ in the last bit"
    return None


def reader(header: Header, model: Model) -> Coder:
    """The coder that reads a file, after a trial of its arithmetic. Raises CompressionError."""
    if (why := unreadable(header, model.card)) is not None:
        raise CompressionError(why)
    part = model.conditionals
    groups = header.groups if part is not None and part.any_order else None
    coder = coders.coder_of(model, groups=groups, together=header.together)
    if coders.symbols_of(model) != header.symbols or coder.chain != header.chain:
        raise CompressionError("its header does not fit its model")
    with _in_words("its header does not fit its model"):
        same = coder.trial() == header.trial
    if not same:
        raise CompressionError(
            "a trial of its model gives other probabilities here than where it was written, so "
            "that its pictures cannot be read on this computer"
        )
    return coder


def decompress(raw: bytes, open_model: Callable[[Header], Model]) -> DecompressRun:
    """The pictures of a file; `open_model` opens the model that its header names, on the CPU.

    Pictures of damaged frames are black and named. Raises CompressionError where nothing can be
    read, and where what was decoded is not what was coded.
    """
    file = container.unpacked(raw)
    header = file.header
    coder = reader(header, open_model(header))
    counts = [header.held(frame) for frame in range(header.frames)]
    lost = lost_of(file)
    if len(lost) == header.count:
        raise CompressionError("all of its pictures are damaged or cut off")
    parts: list[Levels] = []
    with _in_words("its bytes are no code of its model"):
        for step in coder.decode(file.frames, counts):
            if isinstance(step, Plain):
                parts.append(step.levels)
            done = sum(map(len, parts))
            share = step if isinstance(step, float) else done
            yield Progress(done, header.count, share=min(1.0, share / header.count))
    levels = np.concatenate(parts)
    _check_levels(levels, file.checks, lost)
    half = (header.symbols - 1) / 2
    x = torch.from_numpy(levels.astype(np.float32)) / half - 1
    return Decompressed(x.view(-1, *header.shape), lost, said_lost(header, lost))


def lost_of(file: container.File) -> tuple[int, ...]:
    """The places of the pictures whose frames are damaged."""
    header = file.header
    found: list[int] = []
    for frame, raw in enumerate(file.frames):
        if raw is None:
            first = frame * header.chain
            found += range(first, first + header.held(frame))
    return tuple(found)


def said_lost(header: Header, lost: Sequence[int]) -> str:
    """What damage costs, in one sentence; "" for none. Pictures are counted from 1."""
    if not lost:
        return ""
    from engines.naming import listed

    names = listed(str(place + 1) for place in lost)
    are = "picture" if len(lost) == 1 else "pictures"
    why = (
        f"; they are chained, {header.chain} to a stream, so that damage costs a whole chain"
        if header.chain > 1
        else ""
    )
    return f"{are} {names} of {header.count} cannot be read, for the file is damaged there{why}"


def _check_levels(levels: Levels, checks: Sequence[int], lost: Sequence[int]) -> None:
    """Raise CompressionError where what was decoded is not what was coded."""
    gone = {place // CHECKED for place in lost}
    for part, (found, check) in enumerate(zip(_checks(levels), checks, strict=True)):
        if part not in gone and found != check:
            raise CompressionError(
                "what was decoded is not what was coded: the arithmetic differs here, and no "
                "picture of it is shown"
            )


@contextmanager
def _in_words(what: str) -> Iterator[None]:
    """Any fault of the coder becomes a sentence; Rust's panics are no Exceptions."""
    try:
        yield
    except (CompressionError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise CompressionError(f"{what} ({type(error).__name__})") from None


def size(card: Card, raw: int, count: int) -> float:
    """Bits per pixel and channel of so many bytes."""
    return 8 * raw / (count * math.prod(card.shape))
