"""Whose turn it is among background jobs: the one that has had the least processor time.

A newcomer begins level with those that wait, so that it neither waits for them nor keeps them
waiting. Plain Python; whoever calls holds the lane's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Turn(Protocol):
    """What is asked of a job: whose it is, what it has spent, and whether it is to end."""

    spent: float
    """Seconds, by which turns are dealt out."""

    @property
    def owner(self) -> str | None: ...
    @property
    def stop(self) -> bool: ...
    @property
    def steps(self) -> object | None:
        """Its generator once it is under way."""


T = TypeVar("T", bound=Turn)


class Turns(Generic[T]):
    """The background jobs that do not run at the moment."""

    def __init__(self) -> None:
        self._tasks: list[T] = []
        self._held: set[str] = set()
        self._level = 0.0  # what the one that ran last had spent before its turn

    def add(self, task: T) -> None:
        """Let a job wait for its turn, a new one or one that has paused."""
        if task.steps is None:
            task.spent = self._level
        self._tasks.append(task)

    def take(self) -> T | None:
        """The job whose turn it is; of equals the one that has waited longest."""
        ready = [task for task in self._tasks if task.owner not in self._held]
        if not ready:
            return None
        task = min(ready, key=lambda task: task.spent)
        self._level = max(self._level, task.spent)
        self._tasks.remove(task)
        return task

    def stopped(self) -> T | None:
        """A job that is to end, held or not."""
        for task in self._tasks:
            if task.stop:
                self._tasks.remove(task)
                return task
        return None

    def waits(self) -> bool:
        """Whether there is one to run, or to end."""
        return any(task.stop or task.owner not in self._held for task in self._tasks)

    def is_held(self, owner: str) -> bool:
        """Whether the jobs of an owner rest."""
        return owner in self._held

    def hold(self, owner: str) -> None:
        """Let the jobs of an owner rest."""
        self._held.add(owner)

    def release(self, owner: str) -> None:
        """Let them take part again, level with the others: what they missed is not made up for."""
        self._held.discard(owner)
        for task in self._tasks:
            if task.owner == owner:
                task.spent = max(task.spent, self._level)

    def under_way(self) -> tuple[T, ...]:
        """Those that have begun."""
        return tuple(task for task in self._tasks if task.steps is not None)

    def withdraw(self, wanted: Callable[[T], bool]) -> list[T]:
        """Take out and return the wanted ones that have not begun."""
        gone = [task for task in self._tasks if task.steps is None and wanted(task)]
        self._tasks = [task for task in self._tasks if task not in gone]
        return gone
