"""What every tab shares, and what the window asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.exchange.export import Export
from app.exchange.figures import Drawn, Figures
from app.exchange.intake import Intake
from app.exchange.travel import Travel
from app.recipes.recipe import Recipe
from app.session.session import Session
from app.session.settings import Settings
from app.tab.continuing import Standing
from app.work.channels import Channels
from app.work.jobs import Jobs
from widgets.window.messages import Messages


class Presenter(Protocol):
    """What the window asks of a tab."""

    def run(self, *, first: bool) -> None:
        """Queue the tab's long work, before the jobs that wait if `first`."""

    def stop(self) -> None:
        """Stop what the tab is doing."""

    def save(self) -> None:
        """Save what the tab has in its inspector."""

    def figure(self) -> Drawn | None:
        """What is on show as a figure, None where there is nothing."""

    def adopt(self, source: Path | bytes) -> bool:
        """Take a picture file without a recipe; False where the tab has no use for it."""

    def restore(self, recipe: Recipe) -> None:
        """Re-make a recipe of this tab's task. Raises RecipeError and changes nothing."""

    def remember(self, settings: Settings) -> None:
        """Take up the controls of the last time, or of a workspace."""

    def settings(self, settings: Settings) -> Settings:
        """The settings with this tab's controls in them."""

    def standing(self) -> Standing | None:
        """What stands in the tab beyond its settings, None for nothing; asked every second."""

    def recall(self, recipe: Recipe) -> None:
        """Set what stood in the tab, and queue nothing. Raises RecipeError."""

    def resume(self, recipe: Recipe) -> None:
        """Queue a job once more that had not ended. Raises RecipeError."""


@dataclass(frozen=True)
class Parts:
    """What every tab shares."""

    session: Session
    channels: Channels
    jobs: Jobs
    export: Export
    figures: Figures
    intake: Intake
    travel: Travel
    messages: Messages
    settings: Settings
