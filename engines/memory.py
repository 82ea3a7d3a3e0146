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

from engines.catalog import CheckpointError
from engines.model import Card
from engines.outside import files

_FLOAT, _WIDENED = 4, {"F16": 2, "BF16": 2}
_STATM = Path("/proc/self/statm")


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


def give_back() -> None:
    """Return what is free to the system: allocators keep it for later otherwise."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    with suppress(OSError, AttributeError):  # only glibc knows this call
        ctypes.CDLL(None).malloc_trim(0)
