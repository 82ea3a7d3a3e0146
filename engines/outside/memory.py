"""Smaller batches when memory runs out, and the precision a device computes in.

Nothing here knows a network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor


class TooLargeError(Exception):
    """Even one picture needs more memory than there is; the message is a sentence for a person."""


@dataclass
class Portions:
    """How many rows a network takes at once: halved for good whenever memory runs out.

    When one row alone does not fit, the `reliefs` are tried in turn: slower ways that need less,
    each with its name.
    """

    reliefs: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    rows: int | None = None
    relieved: list[str] = field(default_factory=list)

    @property
    def note(self) -> str:
        """What a run says of it; empty while whole batches fit."""
        if self.rows is None:
            return ""
        return "; ".join([f"memory is short: {self.rows} at a time", *self.relieved])

    def run(self, call: Callable[..., Tensor], *rows: Tensor) -> Tensor:
        """call(*rows) for tensors (n, …), in portions that fit. Raises TooLargeError."""
        while True:
            size = min(len(rows[0]), self.rows or len(rows[0]))
            try:
                parts = [
                    call(*(t[i : i + size] for t in rows)) for i in range(0, len(rows[0]), size)
                ]
                return parts[0] if len(parts) == 1 else torch.cat(parts)
            except torch.OutOfMemoryError as error:
                if size == 1 and not self.reliefs:
                    raise TooLargeError(
                        "one picture of this model needs more memory than this device has"
                    ) from error
            # outside the handler: its traceback holds the tensors that did not fit
            self.rows = max(1, size // 2)
            if size == 1:
                name, relieve = self.reliefs.pop(0)
                relieve()
                self.relieved.append(name)
            _give_back()


def _give_back() -> None:
    """Let the device's allocator return what it holds unused."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def precision(device: torch.device) -> torch.dtype:
    """bfloat16 or float16 where the device computes in it, float32 elsewhere."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device.type in ("mps", "xpu") else torch.float32
