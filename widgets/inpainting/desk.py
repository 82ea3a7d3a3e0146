"""What the in-painting tab shows for one kind of data, beside the controls of every kind."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from widgets.inpainting.filling_row import FillingRow


class Desk(QObject):
    """`given` is the example and the editor of its hole, `inspected` what is seen of one row.

    `switches` stand beside the tab's own. `compared(on)` follows the key that shows the example
    itself as long as it is held.
    """

    compared = Signal(bool)

    given: QWidget
    inspected: QWidget
    switches: tuple[QWidget, ...] = ()

    def take_key(self, event: QKeyEvent) -> bool:
        """Use a key that no part of the tab took; False where it means nothing here."""
        return False

    def row(self, name: str, parent: QWidget) -> FillingRow:
        """A new row for a model."""
        raise NotImplementedError
