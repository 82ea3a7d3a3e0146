"""How a picture travels from one tab to another: "send to …" in every context menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.recipes.pictures import Pixels

Receive = Callable[[Pixels, str], None]
"""Takes a picture uint8 (H, W, 3) and what it is, such as "mnist/vae, seed 7, picture 3"."""


@dataclass(frozen=True)
class Target:
    """A tab that takes pictures."""

    task: str
    title: str
    receive: Receive


class Travel(QObject):
    """The tabs that take pictures; `arrived` carries the task of the one that just got one."""

    arrived = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.targets: list[Target] = []

    def add(self, target: Target) -> None:
        """A tab says that it takes pictures."""
        self.targets.append(target)

    def send(self, target: Target, picture: Pixels, origin: str) -> None:
        """Hand a picture over and bring its new tab to the front."""
        self.arrived.emit(target.task)
        target.receive(picture, origin)
