"""Tensors in the pickles of torch, as records: which bytes, of which type, in which strides.

`torch.save` before version 1.6 wrote a row of pickles and then the numbers; a pickled tensor holds
its numbers in the same form. Both are read here by `pickles.Machine`, without torch.
"""

from __future__ import annotations

import io
import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from engines.checkpoints.catalog import CheckpointError
from engines.model import finish
from engines.outside.formats.pickles import MOST, Box, Machine, Maker, Name, Reader, is_key

MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The first pickle of a file by torch.save before 1.6: the number 0x1950a86a20f9469cfc6c."""
KINDS = {
    "DoubleStorage": ("float64", 8),
    "FloatStorage": ("float32", 4),
    "HalfStorage": ("float16", 2),
    "BFloat16Storage": ("bfloat16", 2),
    "LongStorage": ("int64", 8),
    "IntStorage": ("int32", 4),
    "ShortStorage": ("int16", 2),
    "CharStorage": ("int8", 1),
    "ByteStorage": ("uint8", 1),
    "BoolStorage": ("bool", 1),
}
"""Type of the values, and bytes of one."""
STORAGES = frozenset(f"torch {kind}" for kind in KINDS)
_MOST_SIDES, _PROTOCOL = 16, 1001
_MOST_STORAGES, _MOST_WORDS = 10_000, 300
"""Storages that lie in bytes of their own in one file, and instructions of each."""


@dataclass
class Storage:
    """Numbers of one type in a row; `raw` is empty until they are read."""

    kind: str
    count: int
    raw: bytes = b""


@dataclass(frozen=True)
class Strided:
    """A tensor: the numbers of a storage from `offset` on, in strides."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _naturals(value: Any) -> tuple[int, ...]:
    good = isinstance(value, tuple | list) and len(value) <= _MOST_SIDES
    if not good or not all(type(v) is int and 0 <= v < 2**48 for v in value):
        raise ValueError("a tensor of impossible shape")
    return tuple(value)


def strided(given: tuple[Any, ...]) -> Strided:
    """What _rebuild_tensor and its second version are called with. Raises ValueError."""
    storage, offset, shape, strides = given[0], given[1], *map(_naturals, given[2:4])
    if type(storage) is not Storage or type(offset) is not int or offset < 0:
        raise ValueError("a tensor without a storage")
    if len(shape) != len(strides):
        raise ValueError("a tensor of impossible shape")
    last = offset + sum((s - 1) * step for s, step in zip(shape, strides, strict=True))
    size = math.prod(shape)
    if size and (last >= storage.count or size > storage.count):
        raise ValueError("a tensor that is larger than what it is stored in")
    return Strided(storage, offset, shape, strides)


def table(given: tuple[Any, ...]) -> dict[Any, Any]:
    """An OrderedDict, from nothing or from pairs. Raises ValueError."""
    pairs = given[0] if given else []
    if not isinstance(pairs, list) or not all(
        isinstance(p, list | tuple) and len(p) == 2 and is_key(p[0]) for p in pairs
    ):
        raise ValueError("a table with impossible keys")
    return dict(pairs)


def first(given: tuple[Any, ...]) -> Any:
    """What a parameter, a size or a set is made of."""
    return given[0] if given else []


TENSORS: dict[str, Maker] = {
    "collections OrderedDict": table,
    "torch Size": first,
    "torch._utils _rebuild_tensor": strided,
    "torch._utils _rebuild_tensor_v2": strided,
    "torch._utils _rebuild_parameter": first,
}
"""Names that a state dict needs."""


def from_bytes(title: str, size: int) -> Maker:
    """What torch.storage._load_from_bytes would do, for a storage alone and by our own reader.

    All together come from a file of `size` bytes: none is read again and again.
    """
    done = {"bytes": 0, "storages": 0}

    def make(given: tuple[Any, ...]) -> Storage:
        raw = first(given)
        if not isinstance(raw, bytes | bytearray):
            raise ValueError("a storage without bytes")
        done["bytes"] += len(raw)
        done["storages"] += 1
        if done["bytes"] > size or done["storages"] > _MOST_STORAGES:
            raise ValueError("more numbers than the file holds")
        reader = Reader(io.BytesIO(raw), len(raw))
        found = finish(reading(reader, title, {}, _MOST_WORDS))
        if type(found) is not Storage:
            raise ValueError("bytes that are no storage")
        return found

    return make


def encoded(size: int) -> Maker:
    """Bytes, which protocol 2 keeps as text in latin-1; together no more than the file's `size`."""
    left = [size]

    def make(given: tuple[Any, ...]) -> bytes:
        text, *coding = given
        if not isinstance(text, str) or coding not in (["latin1"], ["latin-1"]):
            raise ValueError("bytes in another coding")
        left[0] -= len(text)
        if left[0] < 0:
            raise ValueError("more bytes than the file holds")
        return text.encode("latin-1")

    return make


def reading(
    reader: Reader, title: str, makers: dict[str, Maker] = TENSORS, most: int = MOST
) -> Generator[None, None, Any]:
    """What torch.save wrote before 1.6, its tensors as Strided, in steps.

    Raises CheckpointError.
    """
    storages: dict[str, Storage] = {}

    def elsewhere(key: Any) -> Storage:
        if not (
            isinstance(key, tuple) and len(key) in (5, 6) and key[0] in ("storage", b"storage")
        ):
            raise CheckpointError(
                f"{title} holds a network's code, not its weights alone; ask for its state dict"
            )
        _, kind, name, _, count, *view = key
        good = type(kind) is Name and type(name) is str and type(count) is int and count >= 0
        if not good or view not in ([], [None]):
            raise ValueError("a storage of another kind")
        return storages.setdefault(name, Storage(kind.text.removeprefix("torch "), count))

    plain = Machine(title, {}, most=most)
    if reader.read(len(MAGIC)) != MAGIC:
        raise CheckpointError(f"{title} was not written by torch.save")
    protocol = yield from plain.reading(reader)
    system = yield from plain.reading(reader)
    if protocol != _PROTOCOL or not isinstance(system, dict) or not system.get("little_endian"):
        raise CheckpointError(f"{title} was written by another version of torch.save than known")
    found = yield from Machine(title, makers, STORAGES, elsewhere, most).reading(reader)
    keys = yield from plain.reading(reader)
    if not isinstance(keys, list):
        raise CheckpointError(f"{title} has no list of its tensors")
    for key in keys:
        _fill(reader, storages.get(key) if isinstance(key, str) else None, title)
        yield
    if any(len(s.raw) != s.count * KINDS[s.kind][1] for s in storages.values()):
        raise CheckpointError(f"{title} lacks numbers of its tensors")
    return found


def _fill(reader: Reader, storage: Storage | None, title: str) -> None:
    """The numbers of a storage, which stand behind their count."""
    try:
        count = int.from_bytes(reader.read(8), "little")
        if storage is None or count != storage.count:
            raise CheckpointError(f"{title} holds other numbers than its tensors have")
        storage.raw = reader.read(count * KINDS[storage.kind][1])
    except EOFError as error:
        raise CheckpointError(f"{title} is cut off") from error


def boxed(name: str) -> Maker:
    """A maker of inert records."""
    return lambda given: Box(name, given)
