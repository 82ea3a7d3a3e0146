"""Driving a run: its steps one after the other, then its result."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


class Steps(Iterator[S], Generic[S, T]):
    """What a run yields, one after the other, and then its `result`.

    `with Steps(run) as steps` closes the run when the block is left, as `close` does at once.
    """

    def __init__(self, run: Generator[S, None, T]) -> None:
        self._run = run
        self._ended: list[T] = []

    def __next__(self) -> S:
        try:
            return next(self._run)
        except StopIteration as end:
            if not self._ended:
                self._ended.append(end.value)
            raise

    @property
    def result(self) -> T:
        """What the run returned. Raises RuntimeError before its end, and where it was closed."""
        if not self._ended:
            raise RuntimeError("a run has a result at its end only")
        return self._ended[0]

    def close(self) -> None:
        """End the run where it stands; what it holds is given back."""
        self._run.close()

    def __enter__(self) -> Steps[S, T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def finish(run: Generator[Any, None, T]) -> T:
    """Drive a run to its end and return its result."""
    steps = Steps(run)
    for _ in steps:
        pass
    return steps.result
