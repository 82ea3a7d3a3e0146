"""Tensors of a file from outside, read without running anything that came with it."""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from engines import naming
from engines.checkpoints import budget, files
from engines.checkpoints.catalog import CheckpointError
from engines.model import finish
from engines.outside.formats import storages
from engines.outside.formats.pickles import Reader
from engines.outside.formats.storages import Strided

_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def load(
    path: Path, entry: str = "", limit: int | None = None, beside: tuple[str, ...] = ()
) -> dict[str, Tensor]:
    """The state dict in a file, on the CPU; `entry` is where in it, such as "g_ema".

    Tensors that stand `beside` the entry under these names count as its own.

    safetensors, or what torch.save wrote of nothing but tensors, in any version. Raises
    CheckpointError with one sentence for anything else, and for more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(storages.MAGIC))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    # the length of a header of safetensors may look like the start of anything
    tensors = start[8:9] == b"{"
    if not tensors and start[:2] == b"PK":
        return _within(_archive(path, limit), entry, path, limit, beside)
    if start == storages.MAGIC:
        return _within(_legacy(path, limit), entry, path, limit, beside)
    if not tensors and start[:2] in _PICKLES:
        raise CheckpointError(
            f"{path} is a pickle and was not opened: a pickle may run code; ask for the weights "
            "as safetensors, or save the state dict alone with torch.save"
        )
    header = files.safetensors_header(path)
    budget.check(sum(tensor.size for tensor in header.values()), str(path), limit)
    if entry:
        raise CheckpointError(f"{path} is safetensors, which has no entry '{entry}'")
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is not safetensors, or is cut off") from error


def _archive(path: Path, limit: int | None) -> Any:
    budget.check(files.check_archive(path), str(path), limit)
    try:
        with path.open("rb") as file:  # of a path torch would go by its ending
            return torch.load(file, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        EOFError,
        OSError,
        AssertionError,
    ) as error:
        first = (str(error).splitlines() or [""])[0][:200]
        raise CheckpointError(f"{path} is damaged or is no state dict: {first}") from error


def _legacy(path: Path, limit: int | None) -> Any:
    """What torch.save wrote before version 1.6, tensors as records of them."""
    try:
        size = path.stat().st_size
        budget.check(2 * size, str(path), limit)
        with path.open("rb") as file:
            return finish(storages.reading(Reader(file, size), str(path)))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def made(records: Mapping[str, Strided], what: str, limit: int | None = None) -> dict[str, Tensor]:
    """Tensors of their records. Raises CheckpointError for more than `limit` bytes."""
    size = sum(math.prod(r.shape) * storages.KINDS[r.storage.kind][1] for r in records.values())
    budget.check(size, what, limit)
    return {name: _tensor(record) for name, record in records.items()}


def _tensor(record: Strided) -> Tensor:
    dtype: torch.dtype = getattr(torch, storages.KINDS[record.storage.kind][0])
    if not math.prod(record.shape):
        return torch.empty(record.shape, dtype=dtype)
    # of bytes that cannot be written torch makes a tensor with a warning
    flat = torch.frombuffer(bytearray(record.storage.raw), dtype=dtype)
    return flat.as_strided(record.shape, record.strides, record.offset).clone()


def _within(
    found: Any, entry: str, path: Path, limit: int | None, beside: tuple[str, ...] = ()
) -> dict[str, Tensor]:
    """The table of tensors at `entry`. What is no tensor beside them is left out."""
    near: dict[str, Any] = {}
    for part in entry.split(".") if entry else ():
        if not isinstance(found, Mapping) or part not in found:
            raise CheckpointError(f"{path} has no entry '{entry}'{_offers(found)}")
        near = {name: found[name] for name in beside if name in found}
        found = found[part]
    if not isinstance(found, Mapping):
        raise CheckpointError(f"{path} holds no state dict{_at(entry)}")
    found = {**near, **found}
    records = {str(name): value for name, value in found.items() if isinstance(value, Strided)}
    found = {**found, **made(records, f"{path}{_at(entry)}", limit)}
    tensors = {
        str(name): tensor.detach() for name, tensor in found.items() if isinstance(tensor, Tensor)
    }
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors{_at(entry)}{_offers(found)}")
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_quantized:
            raise CheckpointError(f"{path}: '{naming.shortened(name)}' is not a plain tensor")
    # a tensor may be larger than what it is stored in, by steps of length 0
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    budget.check(size, f"{path}{_at(entry)}", limit)
    return tensors


def _at(entry: str) -> str:
    return f" at '{entry}'" if entry else ""


def _offers(found: Any) -> str:
    names = (
        [naming.shortened(str(name), 40) for name in found] if isinstance(found, Mapping) else []
    )
    return f"; it has: {naming.listed(names, 6)}" if names else ""


def natural(name: str) -> tuple[int | str, ...]:
    """Key that sorts names as people count: main.3 before main.12."""
    return tuple(
        int(p) if p.isdecimal() and p.isascii() else p for p in re.split(r"([0-9]{1,9})", name)
    )


def grouped(tensors: Mapping[str, Tensor]) -> list[tuple[str, dict[str, Tensor]]]:
    """Tensors by the layer they belong to, in the order people count: "main.3" and its parts."""
    layers: dict[str, dict[str, Tensor]] = {}
    for name in sorted(tensors, key=natural):
        layer, _, part = name.rpartition(".")
        layers.setdefault(layer, {})[part] = tensors[name]
    return list(layers.items())
