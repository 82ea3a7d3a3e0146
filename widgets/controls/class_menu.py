"""A menu of one model's classes: any of them, or one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.controls.combo import Combo


class ClassMenu(Combo):
    """`currentIndexChanged` follows a choice by hand; what is set here is silent."""

    def __init__(self, parent: QWidget | None = None, anything: str = "Any: p(x)") -> None:
        super().__init__(parent)
        self._anything = anything
        self.setAccessibleName("Class")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_classes(self, names: Sequence[str], label: int | None) -> None:
        """Offer these classes and choose one, or None for any."""
        classes = ((name, index) for index, name in enumerate(names))
        self.offer([(self._anything, None), *classes], label)
        self.setEnabled(bool(names))

    def label(self) -> int | None:
        """The class chosen, None for any."""
        found = self.currentData()
        return found if isinstance(found, int) else None
