"""The list of finished results: a thumbnail, two lines of words and a star for each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelectionModel,
    QPoint,
    QRect,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from widgets.history.lines import Index, Lines, ResultLine
from widgets.look import theme
from widgets.look.glyphs import Glyph, draw

HEIGHT = 72
_SIDE = 64
_STAR = 32


class LinePainter(QStyledItemDelegate):
    """Paints the lines: with widgets in them ten thousand could not be opened."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, theme.px(HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        lines = index.model()
        assert isinstance(lines, Lines)
        line = lines.line(index.row())
        painter.save()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(cell, theme.colour("well"))
            painter.fillRect(QRect(cell.topLeft(), QSize(3, cell.height())), theme.colour("accent"))
        unit = theme.UNIT
        well = QRect(cell.left() + unit, cell.top() + unit // 2, theme.px(_SIDE), theme.px(_SIDE))
        image = lines.image(index.row())
        if image is None or image.isNull():
            painter.fillRect(well, theme.colour("base" if chosen else "well"))
        else:
            size = image.size().scaled(well.size(), Qt.AspectRatioMode.KeepAspectRatio)
            box = QRect(QPoint(0, 0), size)
            box.moveCenter(well.center())
            small = image.width() < box.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not small)
            painter.drawImage(box, image)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawRect(box.adjusted(-1, -1, 0, 0))
        if line is not None:
            words = cell.adjusted(theme.px(_SIDE) + 2 * unit, unit, -theme.px(_STAR), -unit)
            self._write(painter, words, line)
            if line.star or chosen:  # where a click stars it
                ink = theme.colour("warning" if line.star else "line")
                draw(painter, Glyph.STAR, QRectF(star_box(cell)).center(), ink)
        painter.restore()

    def _write(self, painter: QPainter, box: QRect, line: ResultLine) -> None:
        bold, small = QFont(painter.font()), theme.small_font(painter.font())
        bold.setBold(True)
        third = " · ".join(part for part in (line.when, line.note) if part)
        rows = ((line.title, bold, "text"), (line.detail, small, "text"), (third, small, "faint"))
        high = box.height() // len(rows)
        for place, (text, font, role) in enumerate(rows):
            painter.setFont(font)
            painter.setPen(theme.colour(role))
            row = QRect(box.left(), box.top() + place * high, box.width(), high)
            cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, row.width())
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, cut)


def star_box(cell: QRect) -> QRect:
    """Where the star of a line is, and is clicked."""
    return QRect(cell.right() - theme.px(_STAR) + 1, cell.top(), theme.px(_STAR), cell.height())


class ResultList(QTableView):
    """`looked(id)` follows a click and the arrow keys, `restore_wanted(id)` a double click or
    Enter, `drag_wanted(id)` a drag, `star_wanted(id)` a click on the star or the key S,
    `delete_wanted` the key Delete, `menu_wanted(id, global position)` the context menu.
    """

    looked = Signal(int)
    restore_wanted = Signal(int)
    drag_wanted = Signal(int)
    star_wanted = Signal(int)
    delete_wanted = Signal()
    menu_wanted = Signal(int, QPoint)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines = Lines(self)
        self.empty = ""
        self.setModel(self.lines)
        self.setItemDelegate(LinePainter(self))
        # a table of fixed rows: a list view would look at ten thousand of them at each change
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.px(HEIGHT))
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName("Finished results")
        self.setToolTip(
            "Click to look, double-click to restore, drag into a tab. S stars, Delete deletes."
        )
        self.verticalScrollBar().setSingleStep(theme.px(HEIGHT) // 2)
        self._pressed: tuple[int, QPoint] | None = None
        self.selectionModel().currentChanged.connect(self._look)

    def chosen(self) -> tuple[int, ...]:
        """The ids of the selected results, in the order of the list."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(number for row in rows if (number := self.lines.id(row)) is not None)

    def current(self) -> int | None:
        """The id of the result looked at."""
        return self.lines.id(self.currentIndex().row())

    def choose(self, row: int) -> None:
        """Look at a row, as a click on it does."""
        choose = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().setCurrentIndex(self.lines.index(row), choose)

    def set_ids(self, ids: Sequence[int]) -> None:
        """Show these results; what is chosen and in view stays so, as far as it is still there."""
        current, chosen, place = self.current(), self.chosen(), self.verticalScrollBar().value()
        self.lines.set_ids(ids)
        if current is None or self.current() == current:
            return
        selection, flags = self.selectionModel(), QItemSelectionModel.SelectionFlag
        with QSignalBlocker(selection):
            for number in chosen:
                if (row := self.lines.row(number)) is not None:
                    selection.select(self.lines.index(row), flags.Select)
            if (row := self.lines.row(current)) is not None:
                selection.setCurrentIndex(self.lines.index(row), flags.NoUpdate)
        self.verticalScrollBar().setValue(place)
        self.viewport().update()

    def set_empty(self, text: str) -> None:
        """What stands in a list without results."""
        self.empty = text
        self.viewport().update()

    def _look(self, now: Index, _before: Index) -> None:
        if (number := self.lines.id(now.row())) is not None:
            self.looked.emit(number)

    def _at(self, position: QPoint) -> int | None:
        return self.lines.id(self.indexAt(position).row())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        number = self._at(position)
        left = event.button() is Qt.MouseButton.LeftButton
        if left and number is not None:
            if star_box(self.visualRect(self.indexAt(position))).contains(position):
                self.star_wanted.emit(number)
                return
            self._pressed = number, position
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            return
        number, start = self._pressed
        far = (event.position().toPoint() - start).manhattanLength()
        if far >= 2 * theme.UNIT:
            self._pressed = None
            self.drag_wanted.emit(number)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        number = self._at(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and number is not None:
            self.restore_wanted.emit(number)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        number = self.lines.id(index.row())
        if number is not None:
            at = self.visualRect(index).center() if by_key else event.pos()
            self.menu_wanted.emit(number, self.viewport().mapToGlobal(at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = self.current()
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if number is not None:
                self.restore_wanted.emit(number)
            case Qt.Key.Key_S if number is not None and not event.modifiers():
                self.star_wanted.emit(number)
            case Qt.Key.Key_Delete if number is not None:
                self.delete_wanted.emit()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.lines.rowCount() or not self.empty:
            return
        painter = QPainter(self.viewport())
        painter.setPen(theme.colour("faint"))
        margin = 3 * theme.UNIT
        box = self.viewport().rect().adjusted(margin, margin, -margin, -margin)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(box, int(flags), self.empty)
        painter.end()
