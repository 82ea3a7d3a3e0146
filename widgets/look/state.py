"""How a row or column of a tab stands."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How a column stands; whatever it is, the last good content stays in view."""

    EMPTY = "empty"
    LOADING = "loading"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"
