"""What the pages with a map of the plane for each model share: asking, waiting, resting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Slot

from app.models.open_models import Loading
from app.models.titles import family_title
from app.tab.answers import BackgroundAnswers
from app.tab.parts import Parts
from app.tasks.uses.judging import Measuring, Unjudged
from app.uses.page import Page
from app.work.lane import Failure, Job
from engines.maps.area import Area
from engines.maps.kinds import Kind
from engines.model import Card
from widgets.look.state import State
from widgets.uses.plane_panels import PlanePanels


class Mapped(Protocol):
    """What a job finds of a model: an area, and the density that says so."""

    @property
    def area(self) -> Area: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def method(self) -> str: ...


M = TypeVar("M", bound=Mapped)


class PlaneMaps(Page, Generic[M]):
    """One background job a model; they rest while the page is out of view.

    `jobs` makes the job that yields what `show` shows, which a subclass answers.
    """

    def __init__(
        self,
        maps: PlanePanels,
        parts: Parts,
        what: str,
        jobs: Callable[[Card], Job],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._maps, self._session, self._what, self._jobs = maps, parts.session, what, jobs
        self.found: dict[str, M] = {}
        self._rows = BackgroundAnswers(parts.channels, f"uses: {what}", self)
        self._rows.stepped.connect(self._take)
        self._rows.failed.connect(self._fail)
        maps.retry_wanted.connect(self._retry)

    @Slot()
    def rebuild(self) -> None:
        """Map what is chosen; nothing is mapped twice."""
        cards = self._session.chosen()
        if not self.view.isVisible() or not cards:
            return
        self._rows.go_on()
        self._maps.set_models([(card.name, family_title(card), card.family) for card in cards])
        for name in self._rows.keep(card.name for card in cards):
            self.found.pop(name, None)
        for card in cards:
            title = f"{family_title(card)}: {self._what}"
            if self._rows.ask(card.name, card.sha256, title, self._jobs(card)):
                self._maps.panels[card.name].set_state(State.LOADING, "waiting")
        self.show()

    def arrive(self, name: str, found: M) -> None:
        """Take up what was found of a model, once."""

    def show(self) -> None:
        """Show what is found, as the controls ask."""
        raise NotImplementedError

    @Slot(str)
    def _retry(self, name: str) -> None:
        self._rows.forget(name)
        self.rebuild()

    @Slot(str, object)
    def _take(self, name: str, step: Any) -> None:
        panel = self._maps.panels[name]
        match step:
            case Loading():
                panel.set_state(State.LOADING, "loading")
            case Measuring():
                panel.set_state(State.WORKING, f"{100 * step.done // max(1, step.total)} %")
                panel.set_progress(step.done / max(1, step.total))
            case Unjudged():
                panel.set_state(State.EMPTY, step.reason)
            case _:
                if name not in self.found:
                    panel.map.set_range(*step.area.box)
                self.found[name] = step
                panel.set_kind(step.kind.value, f"{step.kind.says} {step.method}.")
                panel.set_state(State.READY)
                self.arrive(name, step)
                self.show()

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        self._maps.panels[name].set_state(State.FAILED, failure.sentence)

    def stop(self) -> None:
        """Stop all that is asked."""
        self._rows.stop()

    def rest(self) -> None:
        """Out of view: the models wait."""
        self._rows.rest()
