"""The page of compression: what is coded on the left, what it takes beside others on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.controls.help_mark import explained
from widgets.controls.number import NumberBox
from widgets.look import lay, theme
from widgets.look.family_bar import FamilyBar
from widgets.look.frames import card, scrolled
from widgets.look.labels import small_print
from widgets.pictures.gallery import Gallery

_LEFT = 300
_HEADS = ("Codec", "one by one: bytes", "bits/pixel", "stacked: bytes", "bits/pixel")
_TIPS = (
    "",
    "Bytes a picture, each by itself.",
    "Bits per pixel, each picture by itself.",
    "Bytes a picture of all together: a file, or one array.",
    "Bits per pixel of all pictures together.",
)
_CODE = (
    "An entropy coder turns probabilities into bytes: a picture takes −log₂ p(x) bits, nearly. "
    "Whoever knows the data better writes a shorter file; decoding needs the same model, weights "
    "and arithmetic."
)
_DEMO = (
    "A demonstration: a .gsz file is read by this version, on this kind of processor, with the "
    "very weights that wrote it; elsewhere it is refused, never read wrongly."
)


@dataclass(frozen=True)
class TableRow:
    """What a codec takes, as (bytes a picture, bits a pixel) one by one and stacked."""

    name: str
    each: tuple[float, float] | None
    stacked: tuple[float, float] | None
    strong: bool = False
    is_file: bool = True
    """Whether it may be the shortest: parts of a file may not."""


class CompressionPage(QWidget):
    """`compress_wanted`, `cancel_wanted` and `save_wanted` follow the buttons."""

    compress_wanted = Signal()
    cancel_wanted = Signal()
    save_wanted = Signal()
    count_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models, self.count, self.pictures = Combo(self), NumberBox(self), Gallery(self)
        self.compress = QPushButton("Compress", self)
        self.cancel, self.save = QPushButton("Cancel", self), QPushButton("Save file…", self)
        self.bar, self.state, self.trip = FamilyBar(self), QLabel(self), QLabel(self)
        self.demo, self.table = QLabel(_DEMO, self), QTableWidget(0, len(_HEADS), self)
        self.rows: list[TableRow] = []
        self._dress()
        self._build()
        self.compress.clicked.connect(self.compress_wanted)
        self.cancel.clicked.connect(self.cancel_wanted)
        self.save.clicked.connect(self.save_wanted)
        self.count.valueChanged.connect(lambda value: self.count_changed.emit(int(value)))

    def _dress(self) -> None:
        self.models.setAccessibleName("Model that compresses")
        self.count.setDecimals(0)
        self.count.setRange(1, 1)
        self.count.setAccessibleName("Number of pictures")
        self.count.setToolTip(
            "So many of the test pictures, the first ones. Drop a folder on the window to compress "
            "its pictures in their place."
        )
        self.compress.setToolTip("Write a file in memory, read it back, and compare.")
        self.cancel.setToolTip("Stop the coder; nothing is kept.")
        self.save.setToolTip("Save the file that was written (.gsz).")
        self.set_running(False)
        self.save.setEnabled(False)
        for label in (self.demo, self.state, self.trip):
            label.setWordWrap(True)
        small_print(self.demo)
        self.trip.setAccessibleName("Round trip")
        for column, (head, tip) in enumerate(zip(_HEADS, _TIPS, strict=True)):
            item = QTableWidgetItem(head)
            item.setToolTip(tip)
            self.table.setHorizontalHeaderItem(column, item)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName("What each codec takes")
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)

    def _build(self) -> None:
        unit = theme.UNIT
        left, right = QWidget(self), QWidget(self)
        column = lay.down(
            explained("Compression", _CODE, "entropy coder"), self.models, on=left, margins=unit
        )
        many = lay.across(QLabel("Pictures", self), (self.count, 1), spacing=None)
        column.addLayout(many)
        buttons = lay.across(self.compress, self.cancel, self.save, spacing=unit // 2)
        column.addLayout(buttons)
        column.addWidget(self.demo)
        column.addWidget(self.pictures, 1)
        middle = lay.down(on=right)
        status = QWidget(self)
        lines = lay.down(self.bar, on=status, margins=(0, 0, 0, unit))
        for label in (self.state, self.trip):
            row = lay.across(label, margins=(unit, 0, unit, 0), spacing=None)
            lines.addLayout(row)
        middle.addWidget(card(status))
        middle.addWidget(self.table, 1)
        splitter = lay.split(self, card(scrolled(left), least=_LEFT), (right, 1))
        lay.across(splitter, on=self, spacing=None)

    def set_running(self, running: bool) -> None:
        """Whether the coder is at work."""
        self.compress.setEnabled(not running)
        self.cancel.setEnabled(running)

    def show_rows(self, rows: Sequence[TableRow]) -> None:
        """The table, in this order; the shortest of each way is marked."""
        self.rows = list(rows)
        self.table.setRowCount(len(rows))
        files = [row for row in rows if row.is_file]
        best = [
            min((way[1] for way in ways if way), default=None)
            for ways in ([row.each for row in files], [row.stacked for row in files])
        ]
        for place, row in enumerate(rows):
            self._put(place, 0, row.name, bold=row.strong)
            for column, way, least in zip((1, 3), (row.each, row.stacked), best, strict=True):
                texts = ("", "") if way is None else (f"{way[0]:,.1f}", f"{way[1]:.3f}")
                for step, text in enumerate(texts):
                    bold = row.is_file and way is not None and way[1] == least
                    self._put(place, column + step, text, bold=bold)

    def _put(self, row: int, column: int, text: str, *, bold: bool) -> None:
        item = QTableWidgetItem(text)
        font = self.table.font()
        font.setBold(bold)
        item.setFont(font)
        if column:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.setItem(row, column, item)
