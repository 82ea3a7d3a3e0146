"""A training's own random numbers, whatever else draws in the same process.

Layers start from torch's default generator and have no other, so it is lent: within `with`, it
stands where this training left it, and after it where the others left it.
"""

from __future__ import annotations

from types import TracebackType

import torch
from torch import Tensor


class Randomness:
    """The random numbers of one training, from its seed on: initial weights, batches, noise.

    Use it as a context round work that does not yield. What is drawn within depends on the seed
    and on what was drawn within before; the default generators are as they were afterwards.
    """

    def __init__(self, seed: int, device: str = "cpu") -> None:
        self._device = torch.device(device)
        self._own = {
            kind: torch.Generator(kind).manual_seed(seed).get_state()
            for kind in dict.fromkeys(("cpu", self._device.type))
        }
        self._lent: dict[str, Tensor] = {}

    def __enter__(self) -> Randomness:
        self._lent = self._read()
        self._write(self._own)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._own = self._read()
        self._write(self._lent)

    def state_dict(self) -> dict[str, Tensor]:
        """Where each generator stands, by its device."""
        return dict(self._own)

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from there; a device that is not named goes on from the seed."""
        self._own |= {kind: state[kind].cpu() for kind in self._own if kind in state}

    def _read(self) -> dict[str, Tensor]:
        found = {"cpu": torch.get_rng_state()}
        if self._device.type != "cpu":
            found[self._device.type] = torch.get_device_module(self._device).get_rng_state()
        return found

    def _write(self, state: dict[str, Tensor]) -> None:
        torch.set_rng_state(state["cpu"])
        if self._device.type != "cpu":
            torch.get_device_module(self._device).set_rng_state(state[self._device.type])
