"""The tabs of the window, and what each is given and must answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.channels import Channels
from app.export import Export
from app.jobs import Jobs
from app.recipes import Recipe
from app.sampling import Sampling
from app.session import Session
from app.settings import Settings
from widgets.messages import Messages
from widgets.sampling_tab import SamplingTab


class Presenter(Protocol):
    """What the window asks of a tab."""

    def run(self, *, first: bool) -> None:
        """Queue the tab's long work, before the jobs that wait if `first`."""

    def stop(self) -> None:
        """Stop what the tab is doing."""

    def save(self) -> None:
        """Save what the tab has in its inspector."""

    def restore(self, recipe: Recipe) -> None:
        """Re-make a recipe of this tab's task. Raises RecipeError and changes nothing."""

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them."""


@dataclass(frozen=True)
class Parts:
    """What every tab shares."""

    session: Session
    channels: Channels
    jobs: Jobs
    export: Export
    messages: Messages
    settings: Settings


def _sampling(parts: Parts, window: QWidget) -> tuple[QWidget, Presenter]:
    tab = SamplingTab(window)
    presenter = Sampling(
        tab, parts.session, parts.channels, parts.jobs, parts.export, parts.messages, window
    )
    presenter.remember(parts.settings)
    return tab, presenter


TABS: tuple[tuple[str, str, Callable[[Parts, QWidget], tuple[QWidget, Presenter]]], ...] = (
    ("sample", "Sampling", _sampling),
)
"""The task of its recipes, its title, and how it is made."""
