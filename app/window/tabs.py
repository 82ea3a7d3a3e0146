"""The tabs of the window, and how each is made.

The first is in view when the window opens; the others are imported and made after its first paint.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QSizePolicy, QTabWidget, QWidget

from app.density.pages import PAGES
from app.inpainting.editors import EDITORS
from app.interpolation.kinds import PATHS
from app.learn import kinds
from app.sampling.displays import DISPLAYS
from app.sampling.presenter import Sampling
from app.tab.parts import Parts, Presenter
from app.tab.prompting import Prompting
from app.uses import pages
from engines.facts.tasks import Task
from engines.kinds import Kind
from widgets.sampling.tab import SamplingTab

Made = tuple[QWidget, Presenter]


def _sampling(parts: Parts, window: QWidget) -> Made:
    tab = SamplingTab(window)
    presenter = Sampling(tab, parts, window)
    presenter.remember(parts.settings)
    Prompting(tab.prompt, parts.session)
    return tab, presenter


def _inpainting(parts: Parts, window: QWidget) -> Made:
    from app.inpainting.presenter import Inpainting
    from widgets.inpainting.tab import InpaintingTab

    tab = InpaintingTab(window)
    presenter = Inpainting(tab, parts, window)
    presenter.remember(parts.settings)
    Prompting(tab.prompt, parts.session)
    return tab, presenter


def _interpolation(parts: Parts, window: QWidget) -> Made:
    from app.interpolation.presenter import Interpolation
    from widgets.interpolation.tab import InterpolationTab

    tab = InterpolationTab(window)
    presenter = Interpolation(tab, parts, window)
    presenter.remember(parts.settings)
    Prompting(tab.prompt, parts.session)
    return tab, presenter


def _density(parts: Parts, window: QWidget) -> Made:
    from app.density.presenter import Density
    from widgets.density.tab import DensityTab

    tab = DensityTab(window)
    return tab, Density(tab, parts, window)


def _uses(parts: Parts, window: QWidget) -> Made:
    from app.uses.presenter import Uses
    from widgets.uses.tab import UsesTab

    tab = UsesTab(window)
    return tab, Uses(tab, parts, window)


def _learn(parts: Parts, window: QWidget) -> Made:
    from app.learn.presenter import Learn
    from widgets.learn.tab import LearnTab

    tab = LearnTab(window)
    return tab, Learn(tab, parts, window)


TABS: tuple[tuple[str, str, Callable[[Parts, QWidget], Made], Callable[[Kind], str]], ...] = (
    (Task.SAMPLE, Task.SAMPLE.tab, _sampling, DISPLAYS.refusal),
    (Task.INPAINT, Task.INPAINT.tab, _inpainting, EDITORS.refusal),
    (Task.INTERPOLATE, Task.INTERPOLATE.tab, _interpolation, PATHS.refusal),
    (Task.DENSITY, Task.DENSITY.tab, _density, PAGES.refusal),
    ("uses", "Uses", _uses, pages.refusal),
    ("learn", "Learn", _learn, kinds.refusal),
)
"""The task of its recipes, its title, how it is made, and why it cannot show a kind of data."""


class Tabs(QTabWidget):
    """The tabs and their presenters, in the order of TABS."""

    def __init__(self, parts: Parts, window: QWidget) -> None:
        """Make the tab that the window opens with, and room for the others."""
        super().__init__(window)
        self._parts, self._window = parts, window
        self.presenters: list[Presenter] = []
        for place, (_, title, build, _) in enumerate(TABS):
            tab = QWidget(self)
            if place == 0:
                tab, presenter = build(parts, window)
                self.presenters.append(presenter)
            self.addTab(tab, title)
        self.setDocumentMode(True)
        self.tabBar().setAccessibleName("Tabs")
        self.tabBar().setDrawBase(False)
        self.tabBar().setChangeCurrentOnDrag(True)  # a drag waits there for another tab
        self.currentChanged.connect(self._make_room)
        parts.session.data_changed.connect(self.follow_kind)
        parts.session.models_changed.connect(self.follow_kind)

    @Slot()
    def follow_kind(self) -> None:
        """Disable what has nothing for the kind of data in view, and say why."""
        cards = self._parts.session.chosen()
        for place, (_, _, _, refusal) in enumerate(TABS):
            reason = refusal(cards[0].kind) if cards else ""
            self.setTabEnabled(place, not reason)
            self.setTabToolTip(place, reason)

    @Slot()
    def _make_room(self) -> None:
        """The window need not be larger than the tab in front wants it."""
        usual, ignored = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored
        for place in range(self.count()):
            policy = usual if place == self.currentIndex() else ignored
            if (page := self.widget(place)) is not None:
                page.setSizePolicy(policy, policy)

    def make_others(self) -> None:
        """Make the tabs that were not in view at the first paint; done once."""
        for place in range(len(self.presenters), len(TABS)):
            _, title, build, _ = TABS[place]
            tab, presenter = build(self._parts, self._window)
            self.presenters.append(presenter)
            room = self.widget(place)
            self.insertTab(place, tab, title)
            self.removeTab(place + 1)
            if room is not None:
                room.deleteLater()
        self._make_room()
        self.follow_kind()

    def front(self) -> Presenter:
        """The presenter of the tab in front."""
        self.make_others()
        return self.presenters[self.currentIndex()]

    def front_task(self) -> str:
        """The task of the tab in front."""
        return TABS[self.currentIndex()][0]

    def turn(self, by: int) -> None:
        """Bring the next (1) or previous (-1) tab that is enabled to the front, going round."""
        for step in range(1, self.count() + 1):
            place = (self.currentIndex() + step * by) % self.count()
            if self.isTabEnabled(place):
                self.setCurrentIndex(place)
                return

    def titles(self) -> tuple[str, ...]:
        """What the tabs are called."""
        return tuple(title for _, title, _, _ in TABS)

    def go(self, place: int) -> None:
        """Bring a tab to the front where it is enabled, and the keys to it."""
        if self.isTabEnabled(place):
            self.setCurrentIndex(place)

    def of_task(self, task: str) -> Presenter:
        """The presenter that makes the recipes of a task."""
        self.make_others()
        return self.presenters[_place(task)]

    @Slot(str)
    def show_task(self, task: str) -> None:
        """Bring the tab of a task to the front."""
        self.setCurrentIndex(_place(task))


def _place(task: str) -> int:
    """Where the tab of a task is."""
    return [tab[0] for tab in TABS].index(task)
