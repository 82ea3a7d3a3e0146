"""The middle of the tab Learn: the learners side by side, their progress, and time below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.controls.combo import Combo
from widgets.learn.learner_card import CardFace, LearnerCard
from widgets.learn.line import Line
from widgets.learn.plot import ProgressPlot
from widgets.learn.transport import Transport
from widgets.look import theme

_NARROW = 150
"""Cards are never narrower than this many pixels, if there can be fewer beside each other."""


class Bench(QWidget):
    """`added(offer)` and `look_changed`; signals about one learner carry its key."""

    added = Signal(str)
    look_changed = Signal()
    chosen = Signal(int)
    twin_wanted = Signal(int)
    rewind_wanted = Signal(int)
    close_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[int, LearnerCard] = {}
        self.families, self.looks = Combo(self), Combo(self)
        self.plot, self.transport = ProgressPlot(self), Transport(self)
        self.says, self.nothing = Line(self, right=True), QLabel("Add a learner.", self)
        self._grid, self._room = QGridLayout(), QWidget(self)
        self._across = 0
        self._dress()
        self._build()
        self.families.activated.connect(self._add)
        self.looks.currentIndexChanged.connect(self.look_changed)

    def _dress(self) -> None:
        self.families.setAccessibleName("Add a learner")
        self.families.setToolTip("Let another family learn the points, up to six at once.")
        for combo in (self.families, self.looks):  # a narrow window has room for them
            combo.setMinimumContentsLength(14)
            combo.setSizeAdjustPolicy(combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.families.setPlaceholderText("Add a learner…")
        self.looks.setAccessibleName("What cards show")
        self.looks.setToolTip(
            "Samples over the density; the density in nats; its difference from the truth, or from "
            "kernels on the points where that is unknown: red where the model has too much."
        )
        self.says.tip = "Steps of all learners together in each second of the wall clock."
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setProperty("faint", True)

    def _build(self) -> None:
        unit = theme.UNIT
        head, column = QHBoxLayout(), QVBoxLayout(self)
        head.setSpacing(unit)
        head.addWidget(self.families)
        head.addWidget(self.looks)
        head.addWidget(self.says, 1)
        self._room.setLayout(self._grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(unit)
        self._grid.addWidget(self.nothing, 0, 0)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit)
        column.addLayout(head)
        column.addWidget(self._room, 1)
        column.addWidget(self.plot)
        column.addWidget(self.transport)

    def set_families(self, offers: Sequence[tuple[str, str, str]]) -> None:
        """Offer families: name, title, tip."""
        with QSignalBlocker(self.families):
            self.families.clear()
            for place, (name, title, tip) in enumerate(offers):
                self.families.addItem(title, name)
                self.families.setItemData(place, tip, Qt.ItemDataRole.ToolTipRole)
            self.families.setCurrentIndex(-1)

    def set_looks(self, looks: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer ways to show learners: name, title."""
        with QSignalBlocker(self.looks):
            self.looks.clear()
            for name, title in looks:
                self.looks.addItem(title, name)
            self.looks.setCurrentIndex(max(0, self.looks.findData(chosen)))

    @Slot(int)
    def _add(self, place: int) -> None:
        name = str(self.families.itemData(place))
        with QSignalBlocker(self.families):
            self.families.setCurrentIndex(-1)
        self.added.emit(name)

    def show_faces(self, faces: Mapping[int, CardFace], chosen: int) -> None:
        """A card for each learner, by key, in this order."""
        gone = [key for key in self.cards if key not in faces]
        for key in gone:
            card = self.cards.pop(key)
            card.hide()
            card.deleteLater()
        new = [key for key in faces if key not in self.cards]
        for key in new:
            self.cards[key] = self._card(key)
        if gone or new:
            self._across = 0
            self._arrange()
        for key, face in faces.items():
            self.cards[key].show_face(face)
            self.cards[key].set_current(key == chosen)

    def _card(self, key: int) -> LearnerCard:
        card = LearnerCard(self._room)
        card.chosen.connect(lambda: self.chosen.emit(key))
        card.twin_wanted.connect(lambda: self.twin_wanted.emit(key))
        card.rewind_wanted.connect(lambda: self.rewind_wanted.emit(key))
        card.close_wanted.connect(lambda: self.close_wanted.emit(key))
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """As many beside each other as make the largest pictures."""
        count = len(self.cards)
        self.nothing.setVisible(not count)
        wide, high = max(1, self._room.width()), max(1, self._room.height())
        fitting = max(1, min(count or 1, wide // _NARROW))
        across = max(
            range(1, fitting + 1),
            key=lambda n: min(wide / n - 18, high / -(-max(count, 1) // n) - 92),
        )
        if across == self._across:
            return
        self._across = across
        rows = -(-count // across)
        for k in range(6):
            self._grid.setRowStretch(k, int(k < rows))
            self._grid.setColumnStretch(k, int(k < across))
        for place, key in enumerate(sorted(self.cards)):
            self._grid.addWidget(self.cards[key], place // across, place % across)
            self.cards[key].show()
