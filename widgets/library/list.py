"""The list of models: bundled and from outside, one line each, with what it is doing.

Takes plain rows; knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QIcon, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from widgets.look import theme

HEADINGS = ("Model", "Family", "Parameters", "Memory", "State")
_TIPS = (
    "Name of a bundled model, a folder, a card or a Hugging Face id.",
    "The kind of generative model.",
    "Numbers stored in the checkpoint.",
    "Memory of its tensors: estimated before it is loaded, measured afterwards.",
    "Whether it is loaded, and what is under way.",
)
_NAME = Qt.ItemDataRole.UserRole


class ModelAction(Enum):
    """What can be done with a model; the values are the words on the buttons."""

    USE = "Use"
    FETCH = "Download"
    CANCEL = "Cancel"
    PIN = "Pin"
    UNPIN = "Unpin"
    UNLOAD = "Unload"
    REMOVE = "Remove"
    RENAME = "Rename…"
    EXPORT = "Export…"
    DELETE = "Delete…"


@dataclass(frozen=True)
class Can:
    """What a model can do in one tab; `can` is None while nobody knows."""

    task: str
    can: bool | None
    says: str


@dataclass(frozen=True)
class ModelRow:
    """One model. `actions` holds what can be done with it, each with its tool tip, in order.

    `tone` is the colour of its state: a role of the theme. `progress` (done, total) is there while
    something is under way, its total None while unknown; `note` is a sentence on what went wrong.
    """

    name: str
    group: str
    title: str
    family: str
    family_title: str
    parameters: str
    memory: str
    state: str
    tone: str = "faint"
    progress: tuple[int, int | None] | None = None
    note: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    can: tuple[Can, ...] = ()
    actions: Mapping[ModelAction, str] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        return self.title, self.family_title, self.parameters, self.memory, self.state


class ModelList(QTreeWidget):
    """Groups of models. `chosen` tells the name in view, `action_wanted` what a hand asks of it."""

    chosen = Signal(str)
    action_wanted = Signal(str, ModelAction)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, ModelRow] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: dict[str, QTreeWidgetItem] = {}
        self.setAccessibleName("Models")
        self.setColumnCount(len(HEADINGS))
        self.setHeaderLabels(HEADINGS)
        for place, tip in enumerate(_TIPS):
            self.headerItem().setToolTip(place, tip)
        self.setUniformRowHeights(True)
        self.setIndentation(2 * theme.UNIT)
        self.setIconSize(QSize(10, 10))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.currentItemChanged.connect(self._tell_chosen)
        self.itemDoubleClicked.connect(self._use)
        self.customContextMenuRequested.connect(self._open_menu)

    def set_rows(self, rows: Sequence[ModelRow]) -> None:
        """Show these models, in this order; what is chosen stays chosen while it is there."""
        kept = {row.name for row in rows}
        if list(self.rows) == [row.name for row in rows]:
            for row in rows:
                self.set_row(row)
            return
        current = self.current()
        with QSignalBlocker(self):
            closed = {name for name, item in self._groups.items() if not item.isExpanded()}
            self.clear()
            self._items, self._groups = {}, {}
            self.rows = {row.name: row for row in rows}
            for row in rows:
                self._items[row.name] = QTreeWidgetItem(self._group(row.group, closed))
                self._fill(row)
        self.choose(current if current in kept else next(iter(self.rows), ""))

    def set_row(self, row: ModelRow) -> None:
        """Show a model of the list as it stands now."""
        if row != self.rows[row.name]:
            self.rows[row.name] = row
            self._fill(row)

    def current(self) -> str:
        """The name of the model that is chosen; empty for a heading or none."""
        item = self.currentItem()
        return str(item.data(0, _NAME) or "") if item else ""

    def choose(self, name: str) -> None:
        """Choose a model and bring it into view; a name that is not there is passed over."""
        if name in self._items:
            item = self._items[name]
            self.setCurrentItem(item)
            self.scrollToItem(self._groups[self.rows[name].group])  # where both fit
            self.scrollToItem(item)

    def item_of(self, name: str) -> QTreeWidgetItem:
        """The line of a model. Raises KeyError."""
        return self._items[name]

    def do(self, action: ModelAction) -> bool:
        """Ask for a action on the model that is chosen; False where it cannot be done."""
        row = self.rows.get(self.current())
        if row is None or action not in row.actions:
            return False
        self.action_wanted.emit(row.name, action)
        return True

    def _group(self, title: str, closed: set[str]) -> QTreeWidgetItem:
        if title not in self._groups:
            item = self._groups[title] = QTreeWidgetItem(self, [title])
            item.setFirstColumnSpanned(True)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled)
            item.setFont(0, theme.title_font(theme.small_font(self.font())))
            item.setExpanded(title not in closed)
        return self._groups[title]

    def _fill(self, row: ModelRow) -> None:
        item = self._items[row.name]
        item.setData(0, _NAME, row.name)
        item.setIcon(0, _dot(theme.family_colour(row.family)))
        for place, text in enumerate(row.cells()):
            item.setText(place, text)
            item.setToolTip(place, row.note or row.name)
        for place in (2, 3):
            item.setTextAlignment(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            )
        item.setForeground(4, QBrush(theme.colour(row.tone)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        actions = {
            Qt.Key.Key_Return: (ModelAction.USE, ModelAction.FETCH),
            Qt.Key.Key_Enter: (ModelAction.USE, ModelAction.FETCH),
            Qt.Key.Key_P: (ModelAction.PIN, ModelAction.UNPIN),
            Qt.Key.Key_U: (ModelAction.UNLOAD,),
            Qt.Key.Key_Delete: (ModelAction.CANCEL, ModelAction.REMOVE, ModelAction.DELETE),
            Qt.Key.Key_F2: (ModelAction.RENAME,),
        }.get(Qt.Key(event.key()), ())
        if not any(self.do(action) for action in actions):
            super().keyPressEvent(event)

    @Slot()
    def _tell_chosen(self) -> None:
        self.chosen.emit(self.current())

    @Slot()
    def _use(self) -> None:
        self.do(ModelAction.USE)

    @Slot(QPoint)
    def _open_menu(self, at: QPoint) -> None:
        row = self.rows.get(self.current())
        if row is None or not row.actions:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in row.actions:
            entry = menu.addAction(action.value)
            entry.triggered.connect(lambda _=False, action=action: self.do(action))
        menu.popup(self.viewport().mapToGlobal(at))


def _dot(colour: QColor) -> QIcon:
    """A family's mark, with a white rim where its line is chosen."""
    icon = QIcon(_disc(colour, QPen(Qt.PenStyle.NoPen)))
    icon.addPixmap(_disc(colour, QPen(Qt.GlobalColor.white)), QIcon.Mode.Selected)
    return icon


def _disc(colour: QColor, rim: QPen) -> QPixmap:
    pixels = QPixmap(20, 20)
    pixels.setDevicePixelRatio(2)
    pixels.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixels)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(rim)
    painter.setBrush(colour)
    painter.drawEllipse(1, 1, 8, 8)
    painter.end()
    return pixels
