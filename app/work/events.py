"""What the lane says of its jobs: events, failures as text, who does not answer. Plain Python."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

_FOR_PEOPLE = (
    "CheckpointError",
    "DataError",
    "MissingExtra",
    "NotFiniteError",
    "RecipeError",
    "SaveError",
    "UnansweredError",
    "ValueError",
)
_LONGEST = 300
"""Letters of what is said of a failure; the rest is in its details."""
Job: TypeAlias = Callable[[], Generator[Any, None, Any]]


class Kind(Enum):
    """What happened to a job. Each ticket gets exactly one of DONE, FAILED and STOPPED, last."""

    STARTED = auto()
    STEP = auto()
    PAUSED = auto()
    RESUMED = auto()
    DONE = auto()
    FAILED = auto()
    STOPPED = auto()


@dataclass(frozen=True)
class Failure:
    """What went wrong, as text: a live exception would keep the job's tensors alive."""

    summary: str
    details: str

    @property
    def sentence(self) -> str:
        """The summary without the error's name where its message was written for a person."""
        text = self.summary.partition(": ")[2] if self.is_expected else self.summary
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

    @property
    def is_expected(self) -> bool:
        """Whether this is a refusal in words, and no fault of the program."""
        return self.kind in _FOR_PEOPLE and bool(self.summary.partition(": ")[2])

    @property
    def kind(self) -> str:
        """The name of the error, such as "ValueError"."""
        return self.summary.partition(": ")[0].rpartition(".")[2]


@dataclass(frozen=True, eq=False)  # compared by identity: payloads may be tensors
class Event:
    """One thing that happened to the job of `ticket`.

    `channel` is that of a live job, `owner` that of a background job; a queued one has neither.

    `payload` is what the job yielded (STEP) or returned (DONE), a Failure (FAILED), or None.
    """

    channel: str | None
    ticket: int
    kind: Kind
    payload: Any = None
    owner: str | None = None


@dataclass(frozen=True)
class Silence:
    """The job that runs, and the seconds since it began, went on or yielded last."""

    channel: str | None
    ticket: int
    seconds: float


def share_of(payload: object) -> float | None:
    """How much of a job is done, 0 … 1, where what it yields, or a part of that, has a `share`."""
    if isinstance(payload, tuple):
        found = [share for part in payload if (share := share_of(part)) is not None]
        return found[0] if found else None
    share = getattr(payload, "share", None)
    return min(max(float(share), 0.0), 1.0) if isinstance(share, int | float) else None


def stands_at(thread: threading.Thread) -> str:
    """Where a thread is, as text in the form of a traceback."""
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return "The thread has ended."
    return "It stood here (most recent call last):\n" + "".join(traceback.format_stack(frame))


def described(error: BaseException) -> Failure:
    # not str(error), which may itself raise
    summary = "".join(traceback.format_exception_only(error)).strip()
    return Failure(
        summary.removeprefix(f"{type(error).__module__}."),
        "".join(traceback.format_exception(error)),
    )
