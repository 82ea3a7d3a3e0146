"""Tensors of a file from outside, read without running anything that came with it."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from engines.checkpoints import budget, files
from engines.checkpoints.catalog import CheckpointError

_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def load(path: Path, entry: str = "", limit: int | None = None) -> dict[str, Tensor]:
    """The state dict in a file, on the CPU; `entry` is where in it, such as "g_ema".

    safetensors, or an archive by torch.save that holds nothing but tensors. Raises
    CheckpointError with one sentence for anything else, and for more than `limit` bytes.
    """
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    # the length of a header of safetensors may look like the start of anything
    tensors = start[8:] == b"{"
    if not tensors and start[:2] == b"PK":
        return _within(_archive(path, limit), entry, path, limit)
    if not tensors and start[:2] in _PICKLES:
        raise CheckpointError(
            f"{path} is a pickle and was not opened: a pickle may run code; ask for the weights "
            "as safetensors, or save the state dict anew with a torch of version 1.6 or later"
        )
    header = files.safetensors_header(path)
    budget.check(sum(tensor.size for tensor in header.values()), str(path), limit)
    if entry:
        raise CheckpointError(f"{path} is safetensors, which has no entry '{entry}'")
    try:
        return safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is not safetensors, or is cut off: {error}") from error


def _archive(path: Path, limit: int | None) -> Any:
    budget.check(files.check_archive(path), str(path), limit)
    try:
        with path.open("rb") as file:  # of a path torch would go by its ending
            return torch.load(file, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError, RuntimeError, ValueError, TypeError, KeyError, IndexError,
        AttributeError, EOFError, OSError, AssertionError,
    ) as error:  # fmt: skip
        first = (str(error).splitlines() or [""])[0][:200]
        raise CheckpointError(f"{path} is damaged or is no state dict: {first}") from error


def _within(found: Any, entry: str, path: Path, limit: int | None) -> dict[str, Tensor]:
    """The table of tensors at `entry`. What is no tensor beside them is left out."""
    for part in entry.split(".") if entry else ():
        if not isinstance(found, Mapping) or part not in found:
            raise CheckpointError(f"{path} has no entry '{entry}'{_offers(found)}")
        found = found[part]
    if not isinstance(found, Mapping):
        raise CheckpointError(f"{path} holds no state dict{_at(entry)}")
    tensors = {
        str(name): tensor.detach() for name, tensor in found.items() if isinstance(tensor, Tensor)
    }
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors{_at(entry)}{_offers(found)}")
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_quantized:
            raise CheckpointError(f"{path}: '{name}' is not a plain tensor")
    # a tensor may be larger than what it is stored in, by steps of length 0
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    budget.check(size, f"{path}{_at(entry)}", limit)
    return tensors


def _at(entry: str) -> str:
    return f" at '{entry}'" if entry else ""


def _offers(found: Any) -> str:
    names = [str(name) for name in found] if isinstance(found, Mapping) else []
    return f"; it has: {', '.join(names[:6])}{'…' * (len(names) > 6)}" if names else ""


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
