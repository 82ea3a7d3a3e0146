"""Where the engines compute: the best device at hand, and how much of the CPU they may take."""

from __future__ import annotations

import contextlib
import os
import threading

import torch

from engines.checkpoints import memory


def choose(name: str | None = None) -> torch.device:
    """The named device, or the best of cuda, xpu, cpu.

    mps has no float64, in which densities and chains are computed: it is taken only by name.
    Raises ValueError when the named one is unknown or not at hand.
    """
    at_hand = [kind for kind in ("cuda", "mps", "xpu") if _available(kind)] + ["cpu"]
    if name is None:
        return torch.device(next(kind for kind in at_hand if kind != "mps"))
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"'{name}' is no device; at hand: {', '.join(at_hand)}") from error
    if device.type not in at_hand:
        raise ValueError(f"no {device.type} device here; at hand: {', '.join(at_hand)}")
    return device


def _available(kind: str) -> bool:
    backend = getattr(torch, kind, None) or getattr(torch.backends, kind, None)
    return bool(backend is not None and backend.is_available())


def prepare_thread() -> None:
    """Called first on a lane's thread: leave one core and the priority to the window."""
    memory.keep()
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))
    torch.set_flush_denormal(True)  # numbers below 1e-38 cost a processor a hundredfold
    if hasattr(os, "setpriority"):
        # on Linux the niceness of a thread is its own, elsewhere this may be refused
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)


def describe(device: torch.device) -> str:
    """The device and its memory in words, for the status line."""
    if device.type != "cuda":
        threads = torch.get_num_threads()
        return f"{device.type.upper()}, {threads} thread{'s' if threads > 1 else ''}"
    free, total = torch.cuda.mem_get_info(device)
    used = (total - free) / 2**30
    return f"{torch.cuda.get_device_name(device)}, {used:.1f} of {total / 2**30:.0f} GiB"
