"""A training in the terminal: its options, progress on stderr, Ctrl+C, a cap in minutes."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from types import FrameType
from typing import TextIO

import torch

from engines.checkpoints import memory
from engines.training.loop import Course, Lesson, Moment

_SHOWN_EVERY, _TOLD_EVERY = 0.25, 15.0
"""Seconds between lines: where a line can be written over, and where each is a new one."""


def with_options(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The parser with the options of every training."""
    parser.add_argument("--steps", type=_count, help="how many (default: the recipe's)")
    parser.add_argument("--minutes", type=_minutes, help="stop there, if it comes first")
    parser.add_argument("--seed", type=int, help="of weights, batches and noise (default: 1)")
    parser.add_argument("--batch", type=_count, help="examples a step (default: the recipe's)")
    parser.add_argument("--resume", action="store_true", help="go on from the last state")
    parser.add_argument("--threads", type=_count, help="CPU threads (default: all)")
    parser.add_argument("--device", default="cpu", help="where to train: cpu, cuda …")
    return parser


def prepare(options: argparse.Namespace) -> None:
    """Threads, memory and device of a process that does nothing but train."""
    memory.keep()
    torch.set_num_threads(options.threads or os.cpu_count() or 1)
    torch.set_flush_denormal(True)  # as on the window's own thread
    if options.device != "cpu":  # a default device makes every call of torch slower
        torch.set_default_device(options.device)


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"at least 1, got {text}")
    return number


def _minutes(text: str) -> float:
    if not (number := float(text)) > 0:
        raise argparse.ArgumentTypeError(f"more than 0, got {text}")
    return number


class End(Enum):
    """How a drive ended."""

    WHOLE = "at the end of its steps"
    CAPPED = "at the cap in minutes"
    INTERRUPTED = "interrupted"


def drive(run: Lesson, course: Course, *, minutes: float | None = None) -> End:
    """Drive `run` of a course to its end, to the cap, or to Ctrl+C; between two steps.

    `minutes` are those of the course itself, earlier parts included. A second Ctrl+C does not wait
    for the step: KeyboardInterrupt.
    """
    meter = Meter(sys.stderr, course, minutes)
    with _interrupts() as asked:
        for moment in run:
            meter.show(moment)
            if asked.is_set():
                run.close()
                meter.close()
                return End.INTERRUPTED
            if minutes is not None and course.seconds >= 60 * minutes:
                run.close()
                meter.close()
                return End.CAPPED
    meter.close()
    return End.WHOLE


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    asked = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


class Meter:
    """One line of progress: steps, time left, losses."""

    def __init__(self, out: TextIO, course: Course, minutes: float | None) -> None:
        self._out, self._minutes = out, minutes
        self._over = out.isatty()
        self._began = self._shown = time.monotonic()
        self._first = course.step
        self._last: Moment | None = None
        self._width = 0

    def show(self, moment: Moment) -> None:
        """Note the moment, and say it when it is time."""
        self._last = moment
        now = time.monotonic()
        if now - self._shown >= (_SHOWN_EVERY if self._over else _TOLD_EVERY):
            self._shown = now
            self._write(moment)

    def close(self) -> None:
        """Say the last moment."""
        if self._last is not None:
            self._write(self._last)
            if self._over:
                self._out.write("\n")

    def _write(self, moment: Moment) -> None:
        text = self._text(moment)
        if self._over:
            self._out.write(f"\r{text.ljust(self._width)}")
            self._width = len(text)
        else:
            self._out.write(f"{text}\n")
        self._out.flush()

    def _text(self, moment: Moment) -> str:
        losses = "  ".join(f"{name} {value:.4g}" for name, value in moment.losses.items())
        if moment.total is None:
            return f"stage {moment.step}  {losses}"
        share = f"step {moment.step:,} of {moment.total:,} ({moment.step / moment.total:.0%})"
        return f"{share}  {_clock(self._left(moment))} left  {losses}  rate {moment.rate:.2g}"

    def _left(self, moment: Moment) -> float:
        """Seconds to the end of the steps or to the cap, whichever comes first."""
        done = moment.step - self._first
        pace = (time.monotonic() - self._began) / max(1, done)
        left = pace * ((moment.total or 0) - moment.step)
        return left if self._minutes is None else min(left, 60 * self._minutes - moment.seconds)


def _clock(seconds: float) -> str:
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
