"""Where the picture with the hole comes from: held-out examples, or one of one's own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from widgets.controls.class_menu import ClassMenu
from widgets.look import lay, theme
from widgets.look.labels import ElidedLabel, small_print


class SourceBar(QWidget):
    """Steps through the examples, of every class or of one; `opened` asks for a file."""

    stepped = Signal(int)
    """The next (1) or previous (-1) example is wanted."""
    class_changed = Signal()
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.previous, self.next = QPushButton("‹", self), QPushButton("›", self)
        self.classes = ClassMenu(self, anything="Any class")
        self.open = QPushButton("Open…", self)
        self._title = ElidedLabel(self)
        self._dress()
        row = lay.across(
            self.previous, self.next, (self.classes, 1), self.open, spacing=theme.UNIT // 2
        )
        row.addStretch(0)  # without the menu of classes the arrows stay together
        lay.down(row, self._title, on=self, spacing=theme.UNIT // 2)
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.classes.currentIndexChanged.connect(self.class_changed)
        self.open.clicked.connect(self.opened)

    def _dress(self) -> None:
        for button, name in ((self.previous, "Previous example"), (self.next, "Next example")):
            button.setAccessibleName(name)
            button.setToolTip(f"{name}: a held-out picture that no model was trained on.")
            button.setFixedWidth(4 * theme.UNIT)
        self.classes.setAccessibleName("Class of the examples")
        self.classes.setToolTip("Which class of held-out examples the arrows step through.")
        self.classes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.open.setToolTip(
            "Open a picture of your own; it can also be dropped on the canvas or pasted."
        )
        small_print(self._title)
        self._title.setAccessibleName("Picture")
        self._title.tip = "Which example is shown: its place among those held out, or its values."

    def set_classes(self, names: tuple[str, ...]) -> None:
        """Offer the examples' classes, silently; none disables the arrows."""
        self.classes.set_classes(names, None)
        for widget in (self.classes, self.previous, self.next):
            widget.setEnabled(bool(names))

    def chosen_class(self) -> int | None:
        """The class to step through, None for every one."""
        return self.classes.label()

    def set_title(self, text: str) -> None:
        """Say what the picture is: "Test picture 17, a 3"."""
        self._title.setText(text)

    def title(self) -> str:
        return self._title.text()
