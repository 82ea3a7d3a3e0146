"""Moments of a training that are kept in memory, so that it can be gone back to."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from torch import Tensor

_EVERY, _MOST, _FEWEST, _BYTES = 50, 32, 8, 24 << 20
"""Steps between states; how many there are beside those of powers of two, at most, and at least
before bytes count; and how many bytes all of them may take."""


class History:
    """States by step: the first, every power of two, and every 50 steps.

    Where there are too many, or they take too many bytes, those between are kept half as often, so
    that what they take stays bounded. A state may be of any nesting of dicts, lists and tensors,
    and is not changed: whoever puts it in or takes it out has a copy.
    """

    def __init__(self) -> None:
        self._states: dict[int, Any] = {}
        self._every = _EVERY

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps that are kept, in order."""
        return tuple(sorted(self._states))

    def asks(self, step: int) -> bool:
        """Whether the state at this step should be kept."""
        return _is_power(step) or step % self._every == 0

    def keep(self, step: int, state: Any) -> None:
        """Keep the state."""
        self._states[step] = state
        room = _BYTES // max(1, _size(state)) - sum(map(_is_power, self._states))
        most = min(_MOST, max(_FEWEST, room))
        while sum(not _is_power(step) for step in self._states) > most:
            self._every *= 2
            self._states = {step: each for step, each in self._states.items() if self.asks(step)}

    def before(self, step: int) -> int:
        """The last kept step that is not after this one."""
        kept = self.steps
        return kept[max(0, bisect_right(kept, step) - 1)]

    def at(self, step: int) -> Any:
        """The state that was kept at exactly this step. Raises KeyError."""
        return self._states[step]

    def forget_after(self, step: int) -> None:
        """Drop what came later, which another future takes the place of."""
        self._states = {kept: state for kept, state in self._states.items() if kept <= step}


def _is_power(step: int) -> bool:
    """Whether it is 0 or a power of two."""
    return step & (step - 1) == 0


def _size(state: Any) -> int:
    """Bytes of the tensors in a state."""
    if isinstance(state, Tensor):
        return state.numel() * state.element_size()
    if isinstance(state, dict):
        return sum(map(_size, state.values()))
    return sum(map(_size, state)) if isinstance(state, list | tuple) else 0


def copied(state: Any) -> Any:  # whatever torch's state dicts hold
    """The same with tensors, dicts and lists of its own."""
    if isinstance(state, Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {key: copied(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(copied(value) for value in state)
    return state
