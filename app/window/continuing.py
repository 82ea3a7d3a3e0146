"""What the window was doing, on disk; and what a window before it left, restored or offered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Qt, Slot

from app.recipes.recipe import Recipe, RecipeError, card_among
from app.session.lock import LockError
from app.session.recovery import Found, Job, Left, Recovery
from app.session.session import Session
from app.session.writer import Writer
from app.tab.continuing import Standing
from app.window.tabs import TABS, Tabs
from app.work.jobs import Jobs, Order
from widgets.window.messages import Action, Messages, Severity

if TYPE_CHECKING:
    from widgets.window.messages import Message

log = logging.getLogger(__name__)

_FILE = "open tabs and jobs"
_TASKS = tuple(tab[0] for tab in TABS)


class Continued(Protocol):
    """What is asked of the window."""

    session: Session
    jobs: Jobs
    messages: Messages
    tabs: Tabs


class Continuation(QObject):
    """Writes what the window does as it changes; what was left before is recalled or offered."""

    def __init__(self, folder: Path, window: Continued, writer: Writer, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._writer = window, writer
        self._keep = True
        self._found: Found | None = None
        self._offer: Message | None = None
        self._orders: tuple[Order, ...] = ()
        self._standing: dict[str, Standing] = {}
        self._front = ""
        self._before = Left()
        """What stood in tabs that nobody has seen since."""
        self._recovery: Recovery | None = None
        try:
            self._recovery = Recovery(folder)
        except LockError as error:
            log.warning("nothing can be continued after a sudden end: %s", error)

    # the start

    def begin(self, *, keep: bool) -> None:
        """Recall what a window that was closed had in its tabs; offer what one that died left."""
        self._keep = keep
        found = self._recovery.take() if self._recovery is not None else None
        if found is None:
            return
        self._found = found
        if found.left.ended:
            self._recall(found.left)
            self._write(self._now())  # here and now: it is on disk before the old is gone
            if not found.left.jobs:
                self._let_go()
                return
        ended = (
            "When Genscope was closed, jobs were left"
            if found.left.ended
            else ("Genscope ended unexpectedly")
        )
        self._offer = self._window.messages.tell(
            f"{ended}. Continue: {found.left.sentence()}?",
            severity=Severity.WARNING,
            action=Action(
                "Continue",
                "Restore the tabs and queue the jobs again; the cross dismisses this.",
                self.resume,
            ),
        )
        # queued: a click on the action is over, too, before it continues
        self._offer.over.connect(self._dismiss, Qt.ConnectionType.QueuedConnection)

    @Slot()
    def resume(self) -> None:
        """Take up what the window before left behind."""
        if self._found is None:
            return
        left = self._found.left
        if not left.ended:
            self._recall(left)
        failed: list[str] = []
        for job in left.jobs:
            try:
                self._window.tabs.of_task(job.task).resume(Recipe.from_json(job.recipe))
            except (RecipeError, ValueError) as error:
                failed.append(f"{job.title} ({job.detail}): {error}")
        if failed:
            count = f"{len(failed)} job{'s' * (len(failed) != 1)}"
            self._window.messages.tell(f"{count} could not be continued.", "\n".join(failed))
        self._write(self._now())  # here and now: it is on disk before the old is gone
        self._let_go()

    def _recall(self, left: Left) -> None:
        """Set what stood in the tabs, of the data set in view."""
        self._before = left
        recall(left, self._window.tabs, self._window.session)

    @Slot()
    def _dismiss(self) -> None:
        if self._found is not None and not self._found.left.ended:
            self._before = Left()
        self._let_go()

    def _let_go(self) -> None:
        if self._found is not None:
            self._found.drop()
            self._found = None

    # as it goes on

    def set_keep(self, keep: bool) -> None:
        """Keep what the window does, or nothing of it: it may hold private pictures."""
        self._keep = keep
        if self._recovery is not None and not keep:
            self._orders, self._standing, self._front = (), {}, ""
            self._writer.put(_FILE, self._recovery.forget)

    def look(self) -> None:
        """Have written what has changed since the last look."""
        if self._recovery is None or not self._keep:
            return
        orders = tuple(o for o in self._window.jobs.unfinished() if o.recipe is not None)
        front = self._window.tabs.front_task()
        standing = standings(self._window.tabs)
        same = standing.keys() == self._standing.keys() and all(
            each.same(self._standing[task]) for task, each in standing.items()
        )
        if same and front == self._front and _same_orders(orders, self._orders):
            return
        self._orders, self._standing, self._front = orders, standing, front
        self._writer.put(_FILE, partial(self._write, self._now()))

    def _now(self, *, ended: bool = False) -> Callable[[], Left]:
        """What makes the state as it is: recipes are packed on the thread that writes."""
        return partial(_left, self._front, self._standing, self._orders, self._before, ended)

    def _write(self, left: Callable[[], Left]) -> None:
        if self._recovery is None or not self._keep:
            return
        now = left()
        if now.empty:
            self._recovery.forget()
        else:
            self._recovery.write(now)

    # the end

    def end(self) -> None:
        """The window is being closed: what it does is there at the next start."""
        if self._keep and self._recovery is not None:
            self._writer.put(_FILE, partial(self._write, self._now(ended=True)))

    def close(self) -> None:
        """Once everything is written: another window may take it."""
        if self._found is not None:
            self._found.leave()
            self._found = None
        if self._recovery is not None:
            self._recovery.close()


def recall(left: Left, tabs: Tabs, session: Session) -> None:
    """Set what stood in the tabs, of the data set in view, and bring the one in front there."""
    for task, text in left.tabs.items():
        try:
            recipe = Recipe.from_json(text)
            if task in _TASKS and card_among(session.cards, recipe).data == session.data:
                tabs.of_task(task).recall(recipe)
        except (RecipeError, ValueError) as error:
            log.warning("what stood in the tab %s cannot be recalled: %s", task, error)
    if left.front in _TASKS:
        tabs.show_task(left.front)


def standings(tabs: Tabs) -> dict[str, Standing]:
    """What stands in the tabs that were seen, by their tasks."""
    found = {}
    for task, presenter in zip(_TASKS, tabs.presenters, strict=False):
        if (standing := presenter.standing()) is not None:
            found[task] = standing
    return found


def left_of(tabs: Tabs) -> Left:
    """What stands in the tabs now, without the jobs of the queue."""
    return _left(tabs.front_task(), standings(tabs), (), Left(), ended=True)


def _same_orders(some: tuple[Order, ...], others: tuple[Order, ...]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))


def _left(
    front: str,
    standing: Mapping[str, Standing],
    orders: tuple[Order, ...],
    before: Left,
    ended: bool,
) -> Left:
    """The state as it is written; tabs that nobody has seen keep what stood in them before."""
    tabs = {task: text for task, text in before.tabs.items() if task not in standing}
    titles = {task: before.titles.get(task, "") for task in tabs}
    for task, each in standing.items():
        tabs[task], titles[task] = each.recipe().to_json(), each.title
    jobs = []
    for order in orders:
        assert order.recipe is not None
        recipe: Recipe = order.recipe()
        jobs.append(Job(recipe.task, order.title, order.detail, recipe.to_json()))
    return Left(front, tabs, titles, tuple(jobs), ended)
