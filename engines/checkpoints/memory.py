"""What models take of the memory: before they are loaded, by their files, and measured afterwards.

Needs no torch to say what a model will take.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from engines.checkpoints import files
from engines.checkpoints.catalog import CheckpointError
from engines.model import Card

if TYPE_CHECKING:
    from engines.model import Model

_FLOAT, _WIDENED = 4, {"F16": 2, "BF16": 2}
_STATM = Path("/proc/self/statm")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def expected(card: Card) -> int:
    """Bytes that the model's tensors will take once it is loaded, half precision widened.

    By the header of a safetensors file, what an archive says of itself, or the parameters that
    the card counts, whichever is known. Raises CheckpointError where the file cannot be read.
    """
    counted = _FLOAT * card.parameters
    path = card.folder / card.weights
    if not path.is_file():
        return counted
    if card.net.get("architecture"):  # the file may hold more than the network that is loaded
        return counted
    try:
        header = files.safetensors_header(path)
    except CheckpointError:
        return counted or path.stat().st_size
    return sum(entry.size * _WIDENED.get(entry.kind, 1) for entry in header.values())


def resident() -> int | None:
    """Bytes of memory this process holds now; None where the system does not say."""
    with suppress(OSError, ValueError, IndexError, AttributeError):
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return None


def held_by(model: Model) -> int:
    """Bytes of all tensors that can be reached from an open model, each storage once."""
    import torch

    seen: set[int] = set()
    found: dict[tuple[torch.device, int], int] = {}
    todo: list[Any] = [model]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType):
            continue
        seen.add(id(thing))
        # by its type: to ask a thing for its class may import what it stands for
        if issubclass(type(thing), torch.Tensor) and thing.layout is torch.strided:
            storage = thing.untyped_storage()
            found[storage.device, storage.data_ptr()] = storage.nbytes()
        if isinstance(thing, FunctionType):  # its module, and so the whole program, is not its own
            todo += [thing.__closure__, thing.__defaults__, thing.__kwdefaults__]
        else:
            todo += gc.get_referents(thing)
    return sum(found.values())


def keep() -> None:
    """Let freed memory stay for the next step, up to a gigabyte, where glibc allocates.

    Networks free and take the same megabytes at every call. Handed back in between, each page is
    zeroed and mapped anew: that was over half of the time of a diffusion's map.
    """
    with suppress(OSError, AttributeError):
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_M_MMAP_THRESHOLD, 32 << 20)  # the most that every version takes
        allocator.mallopt(_M_TRIM_THRESHOLD, 1 << 30)


def give_back() -> None:
    """Return what is free to the system: allocators keep it for later otherwise."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    with suppress(OSError, AttributeError):  # only glibc knows this call
        ctypes.CDLL(None).malloc_trim(0)
