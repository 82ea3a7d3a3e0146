"""Files beside a card from outside: only plain files of its own folder, and only so much of them.

Imports nothing heavy: what a file holds can be said before torch is there.
"""

from __future__ import annotations

import hashlib
import json
import pickletools
import zipfile
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from engines import naming
from engines.checkpoints.catalog import CheckpointError, reason
from engines.model import finish

ITEM_BYTES: Mapping[str, int] = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
"""Types of safetensors that a network here may hold, and bytes of one value."""

_BLOCK = 8 << 20
"""Bytes hashed between two steps: some 20 ms where the disk keeps up."""
_MAX_HEADER = 16 << 20
_MAX_PICKLE = 4 << 20
_INERT = {
    "collections OrderedDict",
    "torch Size",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    *(
        f"torch {kind}Storage"
        for kind in (
            "Double",
            "Float",
            "Half",
            "BFloat16",
            "Long",
            "Int",
            "Short",
            "Char",
            "Byte",
            "Bool",
        )
    ),
}
"""What the pickle inside a torch archive may name: enough for tensors in nested tables."""
_NAMING = {"GLOBAL", "INST", "STACK_GLOBAL", "EXT1", "EXT2", "EXT4", "OBJ", "NEWOBJ", "NEWOBJ_EX"}


@dataclass(frozen=True)
class Entry:
    """One tensor of a file as its header describes it."""

    kind: str
    shape: tuple[int, ...]
    size: int


def beside(folder: Path, name: str) -> Path:
    """The plain file `name` in `folder`, which may be a path below it.

    Raises CheckpointError for what is missing, is no file, or leads out of the folder.
    """
    try:
        home = folder.resolve(strict=True)
        path = (home / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise CheckpointError(f"{folder / name!s} is missing or cannot be read") from error
    if not path.is_relative_to(home):
        raise CheckpointError(f"'{name}' leads out of its folder {folder}; it was not opened")
    if not path.is_file():
        raise CheckpointError(f"{path} is not a file")
    return path


def read_limited(path: Path, limit: int) -> bytes:
    """The whole of a plain file. Raises CheckpointError when it has more than `limit` bytes."""
    try:
        if not path.is_file():
            raise CheckpointError(f"{path} is missing or is not a file")
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error
    if len(raw) > limit:
        raise CheckpointError(f"{path} is larger than {limit:,} bytes")
    return raw


def hashing(path: Path) -> Generator[None, None, str]:
    """The sha256 of a file, in steps of some milliseconds: one of several GB takes seconds.

    Raises CheckpointError when it cannot be read.
    """
    whole = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                whole.update(block)
                yield
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error
    return whole.hexdigest()


def sha256_of(path: Path) -> str:
    """`hashing` in one go."""
    return finish(hashing(path))


def safetensors_header(path: Path) -> dict[str, Entry]:
    """The tensors of a safetensors file by name, from its header alone.

    Raises CheckpointError for a header that is damaged or promises what the file does not hold.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(_MAX_HEADER, size - 8):
                raise CheckpointError(
                    f"{path} is not safetensors, or is cut off: its header is longer than the file"
                )
            table = json.loads(file.read(length))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not safetensors, or is cut off") from error
    if not isinstance(table, dict):
        raise CheckpointError(f"{path} is not safetensors: its header is no table")
    rest = size - 8 - length
    return {
        name: _entry(path, name, value, rest)
        for name, value in table.items()
        if name != "__metadata__"
    }


def _entry(path: Path, name: str, value: Any, rest: int) -> Entry:
    """One line of a header, checked. Every value must lie within the `rest` bytes of data."""
    shown = naming.shortened(name)
    table = value if isinstance(value, dict) else {}
    kind, shape, ends = (table.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(kind, str) or kind not in ITEM_BYTES:
        raise CheckpointError(f"{path}: '{shown}' is of a type that networks here do not have")
    if not (_naturals(shape) and _naturals(ends)) or len(ends) != 2:
        raise CheckpointError(f"{path}: the header describes '{shown}' wrongly")
    size = ITEM_BYTES[kind]
    for side in shape:
        size *= side
    if ends[1] - ends[0] != size:
        raise CheckpointError(f"{path}: '{shown}' has not as many bytes as its shape asks for")
    if ends[1] > rest:
        raise CheckpointError(f"{path} is cut off: '{shown}' ends behind the end of the file")
    return Entry(kind, tuple(shape), size)


def _naturals(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= 16
        and all(type(v) is int and 0 <= v < 2**62 for v in value)
    )


def check_archive(path: Path) -> int:
    """Look through a torch archive without unpickling it; bytes of the tensors in it.

    Raises CheckpointError when it is packed, holds more than the file can, or when its pickle
    names anything but tensors: then opening it would mean to run code that came with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
            held = path.stat().st_size
            packed = any(record.compress_type != zipfile.ZIP_STORED for record in records)
            if packed or sum(record.file_size for record in records) > held:
                raise CheckpointError(
                    f"{path} unpacks to more than it holds, which torch never writes; not opened"
                )
            pickles = [r for r in records if r.filename.endswith(".pkl")]
            if len(pickles) != 1 or not pickles[0].filename.endswith("data.pkl"):
                raise CheckpointError(f"{path} is a zip archive, but not one written by torch.save")
            if pickles[0].file_size > _MAX_PICKLE:
                raise CheckpointError(f"{path} describes its tensors in too many words")
            with archive.open(pickles[0]) as file:
                described = file.read(_MAX_PICKLE + 1)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise CheckpointError(f"{path} is cut off or damaged") from error
    _check_pickle(described, path)
    return sum(record.file_size for record in records if "/data/" in f"/{record.filename}")


def _check_pickle(raw: bytes, path: Path) -> None:
    """Read a pickle's instructions, following none, and refuse what is not about tensors."""
    try:
        for name in _named(raw):
            if name not in _INERT:
                shown = name.replace(" ", ".")[:80]
                raise CheckpointError(
                    f"{path} can only be opened by running code that it names ({shown}); "
                    "ask for the weights as safetensors, or save the state dict alone"
                )
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError) as error:
        raise CheckpointError(
            f"{path} is damaged: what describes its tensors breaks off"
        ) from error


def _named(raw: bytes) -> Iterator[str]:
    """What a pickle's instructions name, as "module name"; by number where they hide it."""
    for code, argument, _ in pickletools.genops(raw):
        if code.name == "GLOBAL":
            yield str(argument)
        elif code.name == "PROTO" and argument != 2:
            yield f"protocol {argument}"
        elif code.name in _NAMING:  # torch.save writes protocol 2, which has no need of these
            yield f"by {code.name.lower()}"
