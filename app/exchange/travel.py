"""Where a picture can go from every context menu: to another tab, or beside another picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.recipes.pictures import Pixels
from widgets.pictures.pair import PairDialog

Receive = Callable[[Pixels, str], None]
"""Takes a picture uint8 (H, W, 3) and what it is, such as "mnist/vae, seed 7, picture 3"."""


@dataclass(frozen=True)
class Target:
    """A tab that takes pictures."""

    task: str
    title: str
    receive: Receive


class Travel(QObject):
    """The tabs that take pictures; `arrived` carries the task of the one that just got one.

    One picture can be held, to compare others with it.
    """

    arrived = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.targets: list[Target] = []
        self.held: tuple[Pixels, str] | None = None
        self.pair: PairDialog | None = None

    def offer(self, menu: QMenu, picture: Pixels, origin: str) -> None:
        """Add to a menu where this picture can go; `origin` says what it is."""
        for target in self.targets:
            menu.addAction(f"Send to {target.title}", partial(self.send, target, picture, origin))
        menu.addSeparator()
        menu.addAction("Hold to compare", partial(self.hold, picture, origin))
        if self.held is not None:
            compare = partial(self.compare, self.held, (picture, origin))
            menu.addAction(f"Compare with {self.held[1]}", compare)

    def hold(self, picture: Pixels, origin: str) -> None:
        """Keep it as A of the next comparison."""
        self.held = picture, origin

    def compare(self, a: tuple[Pixels, str], b: tuple[Pixels, str]) -> None:
        """Show two pictures in one place."""
        if self.pair is None:
            self.pair = PairDialog(self._window)
        self.pair.show_pair(a, b)

    def add(self, target: Target) -> None:
        """A tab says that it takes pictures."""
        self.targets.append(target)

    def send(self, target: Target, picture: Pixels, origin: str) -> None:
        """Hand a picture over and bring its new tab to the front."""
        self.arrived.emit(target.task)
        target.receive(picture, origin)
