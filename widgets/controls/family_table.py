"""The table of families: plain rows in, a wrapping table with family colours out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from widgets.look import theme

NOTHING = "–"
_NO_BREAK = "\u00a0"
_BAR = 4
_INDENT = 8
_PAD = 16
_WIDEST = 192
_FAMILY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Column:
    """A heading, its explanation, and whether what stands below was measured."""

    title: str
    tip: str
    measured: bool


@dataclass(frozen=True)
class Cell:
    """A text and its explanation: how it was measured, or why there is none."""

    text: str
    tip: str = ""


@dataclass(frozen=True)
class FamilyRow:
    """One family; `family` chooses the colour of its bar."""

    family: str
    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class FamilyTable:
    """The families on one data set; `markdown` is what is copied as such."""

    data: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[FamilyRow, ...]
    note: str
    markdown: str

    def text(self) -> str:
        """The table with tabs between cells, as spreadsheets take it."""
        lines = [["Family", *(column.title for column in self.columns)]]
        lines += [[row.title, *(cell.text for cell in row.cells)] for row in self.rows]
        return "\n".join("\t".join(line) for line in lines) + "\n"


def widths(least: Sequence[int], whole: Sequence[int], room: int) -> list[int]:
    """Column widths in pixels: `least` holds each longest word, `whole` each longest text.

    What `room` leaves beyond the least goes to the columns that would wrap, in proportion; what
    nobody needs is spread evenly, so that the table fills the room.
    """
    wishes = [max(0, w - v) for v, w in zip(least, whole, strict=True)]
    spare = max(0, room - sum(least))
    share = min(1.0, spare / sum(wishes)) if sum(wishes) else 0.0
    found = [v + int(share * wish) for v, wish in zip(least, wishes, strict=True)]
    each, rest = divmod(max(0, room - sum(found)), len(found))
    return [width + each + (place < rest) for place, width in enumerate(found)]


class FamilyCells(QStyledItemDelegate):
    """Cells in the colours in force: a family's bar, a tint behind measured ones, faint gaps."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.measured: tuple[bool, ...] = ()
        """Per column of the table, the family's own first."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        if self.measured[index.column()]:
            option.backgroundBrush = QBrush(measured_paper())
        if index.data() == NOTHING:
            option.palette.setColor(QPalette.ColorRole.Text, theme.colour("faint"))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        family = index.data(_FAMILY)
        whole = QRect(option.rect)
        if family:
            option.rect.adjust(theme.px(_INDENT), 0, 0, 0)
        super().paint(painter, option, index)
        painter.fillRect(
            QRect(whole.left(), whole.bottom(), whole.width(), 1), theme.colour("line")
        )
        if family:
            bar = QRect(whole.left(), whole.top() + 3, theme.px(_BAR), whole.height() - 7)
            painter.fillRect(bar, theme.family_colour(family))

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        if index.data(_FAMILY):
            option.rect.adjust(theme.px(_INDENT), 0, 0, 0)
        return super().sizeHint(option, index) + QSize(0, theme.UNIT)


def measured_paper() -> QColor:
    """The tint behind what was measured."""
    return theme.mix(theme.colour("base"), theme.colour("accent"), 0.07)


class FamilyView(QTableWidget):
    """All columns in view where the width allows it; texts wrap. Ctrl+C copies what is chosen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._least: list[int] = []
        self._whole: list[int] = []
        self._cells = FamilyCells(self)
        self.setItemDelegate(self._cells)
        self.setAccessibleName("Families")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        left, wrap = Qt.AlignmentFlag.AlignLeft, Qt.TextFlag.TextWordWrap
        header.setDefaultAlignment(left | Qt.AlignmentFlag.AlignVCenter | wrap)
        header.setStyleSheet(
            "QHeaderView::section { background: palette(window); color: palette(text);"
            " border: none; border-bottom: 1px solid palette(mid); padding: 3px;"
            " font-weight: 600; }"
        )

    def set_table(self, table: FamilyTable) -> None:
        """Show another table."""
        self.clear()
        self.setRowCount(len(table.rows))
        self.setColumnCount(1 + len(table.columns))
        self._cells.measured = (False, *(column.measured for column in table.columns))
        for place, column in enumerate((Column("Family", "", False), *table.columns)):
            head = QTableWidgetItem(column.title)
            head.setToolTip(_wrapped(column.tip))
            self.setHorizontalHeaderItem(place, head)
        for down, row in enumerate(table.rows):
            for place, cell in enumerate((Cell(row.title), *row.cells)):
                item = QTableWidgetItem(
                    _unbroken(cell.text) if self._cells.measured[place] else cell.text
                )
                item.setToolTip(_wrapped(cell.tip))
                if place == 0:
                    item.setData(_FAMILY, row.family)
                    item.setFont(_bold(self.font()))
                self.setItem(down, place, item)
        self._measure(table)
        self._spread()

    def _measure(self, table: FamilyTable) -> None:
        bold, plain = QFontMetrics(_bold(self.font())), QFontMetrics(self.font())
        self._least, self._whole = [], []
        heads = ["Family", *(column.title for column in table.columns)]
        for place, head in enumerate(heads):
            metrics = plain if place else bold
            lines = [(row.title, *(cell.text for cell in row.cells))[place] for row in table.rows]
            if self._cells.measured[place]:
                lines = [_unbroken(line) for line in lines]
            parts = [metrics.horizontalAdvance(p) for line in lines for p in line.split(" ")]
            wide = [metrics.horizontalAdvance(line) for line in lines]
            words = [bold.horizontalAdvance(word) for word in head.split()]
            extra = theme.px(_PAD) if place else theme.px(_PAD) + theme.px(_INDENT)
            self._least.append(extra + max(parts + words))
            self._whole.append(extra + min(theme.px(_WIDEST), max(wide + words)))
        # Qt gives headings one line only, however they wrap
        self.horizontalHeader().setFixedHeight(2 * bold.lineSpacing() + theme.UNIT)

    def _spread(self) -> None:
        if self._least:
            for place, width in enumerate(
                widths(self._least, self._whole, self.viewport().width())
            ):
                self.setColumnWidth(place, width)
            self.resizeRowsToContents()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._spread()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.chosen_text())
        else:
            super().keyPressEvent(event)

    def chosen_text(self) -> str:
        """The chosen cells, tabs between them."""
        rows: dict[int, list[str]] = {}
        for index in sorted(self.selectedIndexes(), key=lambda i: (i.row(), i.column())):
            rows.setdefault(index.row(), []).append(str(index.data()).replace(_NO_BREAK, " "))
        return "\n".join("\t".join(row) for row in rows.values())


class Band(QWidget):
    """Over the headings: which columns are theory and which were measured."""

    def __init__(self, view: FamilyView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._columns: tuple[Column, ...] = ()
        self.setFixedHeight(3 * theme.UNIT)
        view.horizontalHeader().sectionResized.connect(self._follow)
        view.horizontalScrollBar().valueChanged.connect(self._follow)

    def set_columns(self, columns: tuple[Column, ...]) -> None:
        """Take up the columns of another table."""
        self._columns = columns
        self.update()

    @Slot()
    def _follow(self) -> None:
        self.update()

    def spans(self) -> list[tuple[str, int, int]]:
        """Each group's title, left edge and width, in pixels of the view."""
        header, found = self._view.horizontalHeader(), []
        for title, measured in (("In theory", False), ("Measured", True)):
            places = [i for i, column in enumerate(self._columns, 1) if column.measured is measured]
            if places:
                left = header.sectionViewportPosition(places[0])
                found.append((title, left, sum(header.sectionSize(i) for i in places)))
        return found

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.small_font(self.font()))
        for title, left, wide in self.spans():
            box = QRect(left, 0, wide, self.height())
            if title == "Measured":
                painter.fillRect(box, measured_paper())
            painter.setPen(theme.colour("faint"))
            painter.drawText(box.adjusted(3, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, title)
        painter.end()


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _unbroken(figure: str) -> str:
    """A figure that wraps after its commas alone, not between a number and its unit."""
    return figure.replace(" ", _NO_BREAK).replace("," + _NO_BREAK, ", ")


def _wrapped(tip: str) -> str:
    """Qt wraps tool tips of rich text only."""
    return f"<p>{escape(tip)}</p>" if tip else ""
