"""Presents the tab Learn: makes it when it is first shown, and says why where it cannot be."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.exchange.intake import sentence
from app.learn.kinds import NOTHING, refusal
from app.recipes.recipe import Recipe, RecipeError
from app.session.settings import Settings
from app.tab.continuing import Continuing
from app.tab.figures import Drawing
from app.tab.parts import Parts
from app.work.lane import Failure
from widgets.learn.tab import TABLES, LearnTab

if TYPE_CHECKING:
    from app.learn.desk import Desk


class Learn(QObject, Continuing, Drawing):
    """One per window. Rests while its tab is out of view."""

    def __init__(self, tab: LearnTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab, self._parts = tab, parts
        self._settings = parts.settings
        self.desk: Desk | None = None
        """All that the tab does, once it has been in view."""
        self._ready = parts.channels.open("learn: start")
        self._ready.done.connect(self._make)
        self._ready.failed.connect(self._refuse)
        tab.entered.connect(self.enter)
        tab.left.connect(self._rest)
        parts.session.data_changed.connect(self.enter)
        parts.session.models_changed.connect(self.enter)

    @Slot()
    def enter(self) -> None:
        """Come into view: what is behind the tab is loaded on the lane first."""
        if not self._tab.isVisible():
            return
        cards = self._parts.session.chosen()
        if reason := refusal(cards[0].kind) if cards else NOTHING:
            self._rest()
            self._tab.show_reason(reason)
        elif self.desk is None:
            self._tab.show_reason("Loading…")
            self._ready.submit(_loading)
        else:
            self._tab.show_body()
            self.desk.go_on()

    @Slot(object)
    def _make(self, _: object) -> None:
        if self.desk is None:
            from app.learn.desk import Desk

            self.desk = Desk(self._tab, self._parts, self._settings, self)
        self.enter()

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._tab.show_reason(sentence(failure.sentence))
        self._parts.messages.tell(sentence(failure.sentence), failure.details)

    @Slot()
    def _rest(self) -> None:
        if self.desk is not None:
            self.desk.rest()

    def run(self, *, first: bool) -> None:
        """Let the learners go on."""
        if self.desk is not None:
            self.desk.run()

    def stop(self) -> None:
        """Pause the learners."""
        if self.desk is not None:
            self.desk.pause()

    def save(self) -> None:
        """Keep the model that is chosen."""
        if self.desk is not None:
            self.desk.save()

    def adopt(self, source: Path | bytes) -> bool:
        """Take a table of points."""
        if self.desk is None or not isinstance(source, Path) or source.suffix.lower() not in TABLES:
            return False
        self.desk.open(source)
        return True

    def restore(self, recipe: Recipe) -> None:
        """No recipe is of this tab. Raises RecipeError."""
        raise RecipeError(f"a recipe of the task '{recipe.task}' is not of the tab Learn")

    def settings(self, settings: Settings) -> Settings:
        """The settings with the tab's controls in them."""
        return settings if self.desk is None else self.desk.settings(settings)


def _loading() -> Generator[None, None, None]:
    """A job: import what the tab needs, which takes seconds where torch is not there yet."""
    import app.learn.desk  # noqa: F401

    yield
