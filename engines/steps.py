"""Driving a run: its steps one after the other, then its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Generic, TypeVar

R = TypeVar("R")
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


class Timed(Steps[S, T]):
    """The same, with the `seconds` that the run itself has taken, not those who watch it."""

    def __init__(self, run: Generator[S, None, T]) -> None:
        super().__init__(run)
        self.seconds = 0.0

    def __next__(self) -> S:
        before = time.perf_counter()
        try:
            return super().__next__()
        finally:
            self.seconds += time.perf_counter() - before


def mapped(run: Generator[S, None, T], show: Callable[[S], R]) -> Generator[R, None, T]:
    """Drive a run inside another: yields what each of its steps is shown as, returns its result."""
    steps = Steps(run)
    for step in steps:
        yield show(step)
    return steps.result


def showing(run: Generator[Any, None, T], shown: R) -> Generator[R, None, T]:
    """Drive a run inside another: yields the same after each step, so that other jobs can run."""
    return mapped(run, lambda _: shown)


def quietly(run: Generator[Any, None, T]) -> Generator[None, None, T]:
    """The same where there is nothing to show."""
    return showing(run, None)


def finish(run: Generator[Any, None, T]) -> T:
    """Drive a run to its end and return its result."""
    steps = Steps(run)
    for _ in steps:
        pass
    return steps.result
