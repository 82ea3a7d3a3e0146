"""The History panel: search and filters, the list of results, one of them in full, the switches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.controls.number import NumberBox
from widgets.history.list import ResultList
from widgets.history.look import ResultLook
from widgets.look import lay, theme
from widgets.look.frames import card

TYPING_MS = 200
"""How long a search waits for the next letter."""
EMPTY = "Nothing here yet. Results are kept when they are finished: samples, fills, paths and maps."
OFF = "Results are not kept: tick “Keep results” to begin."
NONE = "No result fits the search."
BIN = "The bin is empty. Deleted results stay here for 30 days."


@dataclass(frozen=True)
class Asked:
    """Which results the controls ask for; "" stands for all."""

    text: str = ""
    task: str = ""
    data: str = ""
    model: str = ""
    starred: bool = False
    binned: bool = False


class HistoryDialog(QDialog):
    """`asked(Asked)` follows the search; `keep_toggled`, `room_changed(megabytes)` the switches;
    `erase_all_wanted` comes once a person has confirmed it."""

    asked = Signal(object)
    keep_toggled = Signal(bool)
    room_changed = Signal(int)
    erase_all_wanted = Signal()

    def __init__(self, tasks: Sequence[tuple[str, str]], parent: QWidget) -> None:
        """`tasks` are the names and titles of the tabs that results come from."""
        super().__init__(parent)
        self.setWindowTitle("History")
        self.field, self.tab, self.model = QLineEdit(self), Combo(self), Combo(self)
        self.starred, self.bin = QCheckBox("Starred", self), QCheckBox("Bin", self)
        self.list, self.look = ResultList(self), ResultLook(self)
        self.keep, self.room = QCheckBox("Keep results", self), NumberBox(self)
        self.taken, self.erase = QLabel(self), QPushButton("Erase all…", self)
        self.tab.addItem("All tabs", "")
        for name, title in tasks:
            self.tab.addItem(title, name)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._dress()
        self._arrange()
        self._join()

    def asks(self) -> Asked:
        """What the controls ask for."""
        data, model = self.model.currentData() or ("", "")
        return Asked(
            self.field.text(),
            str(self.tab.currentData()),
            data,
            model,
            self.starred.isChecked(),
            self.bin.isChecked(),
        )

    def set_models(self, groups: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]) -> None:
        """The data sets that results are of, each with (name, title) of its models; what is chosen
        stays where it is still there."""
        chosen = self.model.currentData()
        with QSignalBlocker(self.model):
            self.model.clear()
            self.model.addItem("All models", ("", ""))
            for data, title, models in groups:
                self.model.addItem(title, (data, ""))
                for name, family in models:
                    self.model.addItem(f"    {family}", (data, name))
            places = range(self.model.count())
            found = [place for place in places if self.model.itemData(place) == chosen]
            self.model.setCurrentIndex(found[0] if found else 0)

    def set_switches(self, *, keep: bool, megabytes: int) -> None:
        """Whether results are kept, and in how much room."""
        with QSignalBlocker(self.keep), QSignalBlocker(self.room):
            self.keep.setChecked(keep)
            self.room.setValue(megabytes)
        self.show_emptiness()

    def set_taken(self, text: str, where: str) -> None:
        """How many results there are, and where they lie."""
        self.taken.setText(text)
        self.taken.setToolTip(where)

    def show_emptiness(self) -> None:
        """Why the list is empty, if it is."""
        asked = self.asks()
        if asked.binned:
            self.list.set_empty(BIN)
        elif asked != Asked():
            self.list.set_empty(NONE)
        else:
            self.list.set_empty(EMPTY if self.keep.isChecked() else OFF)

    def confirm(self, title: str, text: str, more: str, agreed: Callable[[], object]) -> None:
        """Ask before something is erased; Cancel is what Enter and Escape answer."""
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        box.setInformativeText(more)
        erase = box.addButton("Erase", QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        erase.clicked.connect(lambda: agreed())
        box.open()

    def _join(self) -> None:
        self.field.textChanged.connect(lambda _: self._typing.start())
        self._typing.timeout.connect(self._ask)
        for combo in (self.tab, self.model):
            combo.currentIndexChanged.connect(self._ask)
        for box in (self.starred, self.bin):
            box.toggled.connect(self._ask)
        self.keep.toggled.connect(self._keep)
        self.room.valueChanged.connect(lambda value: self.room_changed.emit(int(value)))
        self.erase.clicked.connect(self._erase_all)

    @Slot()
    def _ask(self, _: object = None) -> None:
        self._typing.stop()
        self.show_emptiness()
        self.asked.emit(self.asks())

    @Slot(bool)
    def _keep(self, keep: bool) -> None:
        self.show_emptiness()
        self.keep_toggled.emit(keep)

    @Slot()
    def _erase_all(self) -> None:
        self.confirm(
            "Erase the history",
            "Erase all results?",
            "Starred results and those in the bin are erased, too. This cannot be undone. Files "
            "that you have saved stay.",
            self.erase_all_wanted.emit,
        )

    def _dress(self) -> None:
        self.field.setPlaceholderText("Search")
        self.field.setClearButtonEnabled(True)
        self.field.setAccessibleName("Search the history")
        self.field.setToolTip("Words of the title, model, data, method, settings or note.")
        self.tab.setAccessibleName("Tab")
        self.tab.setToolTip("Show the results of one tab only.")
        self.model.setAccessibleName("Model or data set")
        self.model.setToolTip("Show the results of one model or data set only.")
        self.starred.setToolTip("Show starred results only.")
        self.bin.setToolTip("Show deleted results. They are erased after 30 days.")
        self.keep.setToolTip("Keep finished results on this computer. Off: nothing new is kept.")
        self.room.setDecimals(0)
        self.room.setRange(16, 1_000_000)
        self.room.setSuffix(" MB")
        self.room.setAccessibleName("Room for results, in megabytes")
        self.room.setToolTip(
            "Disk space for results, 16–1,000,000 MB. When it is full, the oldest results without "
            "a star are removed."
        )
        self.taken.setProperty("faint", True)
        self.erase.setToolTip("Erase all results from the disk, after a question.")
        self.erase.setAutoDefault(False)
        self.set_models(())

    def _arrange(self) -> None:
        unit = theme.UNIT
        top, foot = QHBoxLayout(), QHBoxLayout()
        for line in (top, foot):
            line.setSpacing(unit)
        top.addWidget(self.field, 1)
        for widget in (self.tab, self.model, self.starred, self.bin):
            top.addWidget(widget)
        foot.addWidget(self.keep)
        foot.addWidget(self.room)
        foot.addWidget(self.taken)
        foot.addStretch(1)
        foot.addWidget(self.erase)
        splitter = lay.split(self, (self.list, 1), (card(self.look, least=352), 1))
        column = QVBoxLayout(self)
        column.setContentsMargins(*(4 * (2 * unit,)))
        column.setSpacing(unit)
        column.addLayout(top)
        column.addWidget(splitter, 1)
        column.addLayout(foot)
        self.resize(118 * unit, 76 * unit)
