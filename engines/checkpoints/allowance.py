"""A limit to what building a network may allocate: a card's sizes are only numbers in a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

LARGEST_SIZE = 8192
"""No size of a network here comes near it: the widest layer so far has 384 units."""

_LEAST = 8192
"""Bytes that even the smallest tensor is charged: many of them cost time."""


class AllowanceError(Exception):
    """More was allocated than allowed."""


class Allowance(TorchDispatchMode):
    """Within it, results of torch's operations may take `limit` bytes in all.

    Freed memory counts, too: what is built is to stay. A tensor's memory is not touched before
    the first operation on it, so the tensor that goes beyond the limit costs nothing.
    Raises AllowanceError.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._left = limit

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        # operations in place, and views, make nothing new
        if not func.is_view and not func._schema.is_mutable:
            for tensor in result if isinstance(result, tuple | list) else (result,):
                if isinstance(tensor, Tensor):
                    self._left -= max(_LEAST, tensor.untyped_storage().nbytes())
            if self._left < 0:
                raise AllowanceError
        return result


def impossible(sizes: Any) -> Iterator[int]:
    """The whole numbers among sizes that no network here has."""
    if isinstance(sizes, Mapping):
        for value in sizes.values():
            yield from impossible(value)
    elif isinstance(sizes, list | tuple):
        if len(sizes) > LARGEST_SIZE:
            yield len(sizes)
        for value in sizes[:LARGEST_SIZE]:
            yield from impossible(value)
    elif isinstance(sizes, int) and abs(sizes) > LARGEST_SIZE:
        yield sizes
