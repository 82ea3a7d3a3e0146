"""Fixtures of the tests of app: a lane that is watched, windows on tiny checkpoints, puppets."""

from tests.app.puppet_methods import methods
from tests.app.puppets import puppets
from tests.app.work.recording import busy, lane, rec, started
from tests.windows import catalogue, open_window, root

__all__ = [
    "busy",
    "catalogue",
    "lane",
    "methods",
    "open_window",
    "puppets",
    "rec",
    "root",
    "started",
]
