"""The fixed path that probabilities are computed on, and what they depend on.

Decoding needs the very numbers that encoding had: one thread, one batch size, one processor's
instructions, one version of torch. What differs is said before anything is decoded.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING

import torch

from engines import extras

if TYPE_CHECKING:
    from engines.uses.compression.entropy import Counts

_WORDS = {
    "torch": "version of torch",
    "numpy": "version of numpy",
    "constriction": "version of constriction",
    "machine": "kind of processor",
    "features": "set of processor features",
}


def here() -> dict[str, str]:
    """What the probabilities depend on, as it is on this computer. Raises MissingExtra."""
    extras.require("density")
    found = {name: metadata.version(name) for name in ("torch", "numpy", "constriction")}
    features = torch.backends.cpu.get_cpu_capability()
    return found | {"machine": platform.machine(), "features": features}


def differs(there: Mapping[str, str]) -> str | None:
    """What of a file's arithmetic is not this computer's, in words; None where all is."""
    ours = here()
    found = [
        f"another {_WORDS[name]} ({there.get(name, 'unknown')}, here {value})"
        for name, value in ours.items()
        if there.get(name) != value
    ]
    return " and ".join(found) or None


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread, no gradients, no denormal numbers; put no `yield` of a run inside."""
    threads, flushed = torch.get_num_threads(), _flushes()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with torch.no_grad():
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)


def _flushes() -> bool:
    return float(torch.tensor([1e-323], dtype=torch.float64) * 1.0) == 0.0


def digest(counts: list[Counts]) -> str:
    """A trial of the arithmetic: 16 hexadecimal digits of what it gave."""
    found = hashlib.sha256()
    for each in counts:
        found.update(each.tobytes())
    return found.hexdigest()[:16]
