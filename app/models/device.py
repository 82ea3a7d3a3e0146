"""Where the models compute: the lane made ready, and the device in words."""

from __future__ import annotations

import sys
from collections.abc import Generator

from app.work.lane import Job


def prepare_lane() -> None:
    """Set up the lane's thread before its first job."""
    # window and lane share the interpreter: hand it over sooner than every 5 ms
    sys.setswitchinterval(0.0005)
    from engines.checkpoints import devices

    devices.prepare_thread()


def describe(device: str | None) -> Job:
    """A job that yields what the status line says of a torch device, None for the best at hand."""

    def job() -> Generator[str, None, None]:
        from engines.checkpoints import devices

        yield devices.describe(devices.choose(device))

    return job
