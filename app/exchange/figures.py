"""Figures of what a tab shows: looked at, copied, and saved with the recipes of all in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.exchange.export import Export
from app.recipes.figure import KEYWORD, to_text
from app.recipes.recipe import Recipe
from widgets.figure.dialog import FigureDialog
from widgets.figure.figure import Figure
from widgets.figure.files import WRITERS, Note, image_of
from widgets.window.messages import Messages, Severity

DENSITY = 2.0


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a figure can be made of: `make(n)` has n columns of `most`, `usual` at first.

    `recipes` make again what is in it; `name` is that of a file, without its suffix.
    """

    make: Callable[[int], Figure]
    most: int
    usual: int
    recipes: Callable[[], tuple[Recipe, ...]]
    name: str


class Figures(QObject):
    """The dialog of figures: one, which shows the newest."""

    def __init__(self, export: Export, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self._export, self._messages, self.window = export, messages, window
        self._drawn: Drawn | None = None
        self._ask: Callable[[], Drawn | None] = lambda: None
        self.dialog: FigureDialog | None = None

    def show(self, ask: Callable[[], Drawn | None], head: QWidget | None = None) -> None:
        """Open the dialog on what `ask` answers, now and when it is refreshed; None says that
        there is nothing to draw yet.

        A `head` with controls of its own stands above the figure.
        """
        drawn, self._ask = ask(), ask
        if drawn is None:
            self._messages.tell(
                "There is no figure of what is in view. Samples, fills, paths and densities have "
                "one, as soon as they are there.",
                severity=Severity.NOTE,
            )
            return
        self._drawn = drawn
        if self.dialog is None:
            self.dialog = FigureDialog(self.window)
            self.dialog.count_changed.connect(self._make)
            self.dialog.refresh_wanted.connect(self.again)
            self.dialog.save_wanted.connect(self.save)
            self.dialog.copy_wanted.connect(self.copy)
        self.dialog.set_head(head)
        self.dialog.offer(drawn.most, drawn.usual)
        self._make(drawn.usual)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    @Slot()
    def again(self) -> None:
        """Ask once more, and show that with as many columns as before."""
        drawn = self._ask()
        if drawn is None or self.dialog is None:
            return
        self._drawn, count = drawn, min(int(self.dialog.count.value()), drawn.most)
        self.dialog.offer(drawn.most, count)
        self._make(count)

    def shows(self, head: QWidget | None) -> bool:
        """Whether the dialog is open with this head."""
        return self.dialog is not None and self.dialog.isVisible() and self.dialog.head is head

    @Slot(int)
    def _make(self, count: int) -> None:
        if self._drawn is not None and self.dialog is not None:
            self.dialog.show_figure(self._drawn.make(count))

    @Slot()
    def save(self) -> None:
        """Ask for a place and write it there; the suffix tells the format."""
        laid = self.dialog.layout_now() if self.dialog is not None else None
        if laid is None or self._drawn is None:
            return
        note = Note(KEYWORD, to_text(self._drawn.recipes()))

        def raw(path: Path) -> bytes:
            _, write = WRITERS.get(path.suffix.lower(), WRITERS[".png"])
            return write(laid, note)

        kinds = ";;".join(f"{title} (*{suffix})" for suffix, (title, _) in WRITERS.items())
        self._export.save_values(f"{self._drawn.name}.png", kinds, raw)

    @Slot()
    def copy(self) -> None:
        """Put it on the clipboard as a picture."""
        laid = self.dialog.layout_now() if self.dialog is not None else None
        if laid is not None:
            QGuiApplication.clipboard().setImage(image_of(laid, DENSITY))
            self._messages.tell("Figure copied.", severity=Severity.NOTE)
