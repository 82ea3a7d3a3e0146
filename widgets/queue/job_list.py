"""The open queue: one painted row per job, with its buttons, keys and context menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QCursor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
    QWidget,
)

from widgets.look import progress, theme
from widgets.look.glyphs import Glyph, draw, side
from widgets.queue.jobs import CURRENT, Column, Index, Job, JobAction, JobState, JobTable

ROW = 32
_BUTTON = 24
_PAD = 8

_GLYPHS = {
    JobState.WAITING: Glyph.CLOCK,
    JobState.RUNNING: Glyph.PLAY,
    JobState.PAUSED: Glyph.PAUSE,
    JobState.DONE: Glyph.CHECK,
    JobState.FAILED: Glyph.WARN,
    JobState.STOPPED: Glyph.STOP,
}
_ACTION_GLYPHS = {
    JobAction.CANCEL: Glyph.CROSS,
    JobAction.RUN_FIRST: Glyph.FIRST,
    JobAction.RETRY: Glyph.RETRY,
    JobAction.DETAILS: Glyph.DETAILS,
}
_KEYS = {
    Qt.Key.Key_Delete: JobAction.CANCEL,
    Qt.Key.Key_F: JobAction.RUN_FIRST,
    Qt.Key.Key_R: JobAction.RETRY,
    Qt.Key.Key_Return: JobAction.DETAILS,
    Qt.Key.Key_Enter: JobAction.DETAILS,
}


def state_glyph(job: Job) -> Glyph:
    return Glyph.STOP if job.stopping else _GLYPHS[job.state]


def state_colour(job: Job) -> QColor:
    """One colour per state, always beside its glyph and its word."""
    if job.state is JobState.DONE:
        return theme.badge_colour("exact")
    if job.state is JobState.FAILED:
        return theme.colour("danger")
    if job.state is JobState.RUNNING and not job.stopping:
        return theme.colour("accent")
    return theme.colour("faint")


def action_boxes(job: Job, cell: QRect) -> dict[JobAction, QRect]:
    """Where the buttons of a job lie in its last cell, from the right edge inwards."""
    top = cell.top() + (cell.height() - theme.px(_BUTTON)) // 2
    boxes = {}
    for place, action in enumerate(reversed(job.actions()), start=1):
        left = cell.right() + 1 - theme.px(_PAD) // 2 - place * theme.px(_BUTTON)
        boxes[action] = QRect(left, top, theme.px(_BUTTON), theme.px(_BUTTON))
    return boxes


class JobPainter(QStyledItemDelegate):
    """Paints the cells: with widgets in them, two hundred waiting jobs would be felt."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell: QRect = option.rect
        state: QStyle.StateFlag = option.state
        table = index.model()
        assert isinstance(table, JobTable)
        job = table.job_at(index.row())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell, theme.colour("well"))
        inner = cell.adjusted(theme.px(_PAD), 0, -theme.px(_PAD), 0)
        match Column(index.column()):
            case Column.STATE:
                centre = QPointF(inner.left() + side() / 2, inner.center().y() + 1)
                draw(painter, state_glyph(job), centre, state_colour(job))
                self._write(painter, inner.adjusted(side() + 6, 0, 0, 0), job.status())
            case Column.TITLE:
                self._write_title(painter, inner, job)
            case Column.PROGRESS if job.state in CURRENT:
                busy = job.state is JobState.RUNNING and not job.stopping
                tone = theme.colour("accent" if busy else "faint")
                progress.paint(painter, QRectF(inner), job.done, job.total, tone)
            case Column.PROGRESS:
                failed = job.state is JobState.FAILED
                tone = theme.colour("danger" if failed else "faint")
                self._write(painter, inner, table.progress_text(job), tone)
            case Column.TIME:
                self._write(painter, inner, table.time(job), theme.colour("faint"))
            case Column.ACTIONS:
                self._draw_actions(painter, job, cell)
        painter.restore()

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        """Name the button under the mouse, or tell in full what a cell may have cut short."""
        if not index.isValid() or not isinstance(view, JobList):
            return False
        action = view.action_at(event.pos())
        text = action.value if action else str(index.data() or "")
        QToolTip.showText(event.globalPos(), text, view.viewport())
        return True

    def _write(
        self, painter: QPainter, box: QRect, text: str, colour: QColor | None = None
    ) -> None:
        painter.setPen(colour or theme.colour("text"))
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, cut)

    def _write_title(self, painter: QPainter, box: QRect, job: Job) -> None:
        self._write(painter, box, job.title)
        used = painter.fontMetrics().horizontalAdvance(job.title) + theme.UNIT + theme.px(_PAD) // 2
        if used < box.width():
            self._write(painter, box.adjusted(used, 0, 0, 0), job.words(), theme.colour("faint"))

    def _draw_actions(self, painter: QPainter, job: Job, cell: QRect) -> None:
        view = self.parent()
        assert isinstance(view, JobList)
        mouse = view.viewport().mapFromGlobal(QCursor.pos())
        for action, box in action_boxes(job, cell).items():
            hot = box.contains(mouse)
            if hot:
                painter.setPen(QPen(theme.colour("line"), 1))
                painter.setBrush(theme.colour("raised"))
                painter.drawRoundedRect(QRectF(box).adjusted(1, 1, -1, -1), 5, 5)
            ink = theme.colour("text" if hot else "faint")
            draw(painter, _ACTION_GLYPHS[action], QRectF(box).center(), ink)


class JobList(QTableView):
    """The rows; `wanted(action, ticket)` when a button, a key or the menu asks for something."""

    wanted = Signal(object, int)

    def __init__(self, table: JobTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setModel(table)
        self.setItemDelegate(JobPainter(self))
        self.setAccessibleName("Jobs")
        self.setToolTip("Jobs in the order they run. The context menu of a row has all actions.")
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Button)  # that of the card around it
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()

    def sizeHint(self) -> QSize:
        """Seven rows, however many there are: a job that comes or goes moves nothing."""
        return QSize(super().sizeHint().width(), 7 * theme.px(ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 3 * theme.px(ROW))

    def action_at(self, position: QPoint) -> JobAction | None:
        """The button at a point of the viewport."""
        index = self.indexAt(position)
        if not index.isValid() or index.column() != Column.ACTIONS:
            return None
        boxes = action_boxes(self._table.job_at(index.row()), self.visualRect(index))
        return next((action for action, box in boxes.items() if box.contains(position)), None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        position = event.position().toPoint()
        action = self.action_at(position)
        if action is not None and event.button() is Qt.MouseButton.LeftButton:
            self._ask(action, self.indexAt(position).row())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._repaint_actions()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._repaint_actions()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = _KEYS.get(Qt.Key(event.key()))
        row = self.currentIndex().row()
        if action is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif row >= 0 and action in self._table.job_at(row).actions():
            self._ask(action, row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        if not index.isValid():
            return
        job = self._table.job_at(index.row())
        if not job.actions():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in job.actions():
            menu.addAction(action.value).setData((action, job.ticket))
        menu.triggered.connect(self._on_menu)
        below = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
        menu.popup(event.globalPos() if by_mouse else below)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._table.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(theme.colour("faint"))
            text = "No jobs yet. What Generate starts appears here."
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, text)
            painter.end()

    @Slot(QAction)
    def _on_menu(self, choice: QAction) -> None:
        action, ticket = choice.data()
        self.wanted.emit(action, ticket)

    def _ask(self, action: JobAction, row: int) -> None:
        self.wanted.emit(action, self._table.job_at(row).ticket)

    def _repaint_actions(self) -> None:
        left = self.columnViewportPosition(Column.ACTIONS)
        self.viewport().update(left, 0, self.columnWidth(Column.ACTIONS), self.viewport().height())

    def _lay_out(self) -> None:
        """Fixed widths and heights: no progress event may cost a layout."""
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(theme.px(ROW))
        columns = self.horizontalHeader()
        columns.hide()
        columns.setMinimumSectionSize(1)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns.setSectionResizeMode(Column.TITLE, QHeaderView.ResizeMode.Stretch)
        letter = self.fontMetrics().horizontalAdvance("n")
        self.setColumnWidth(Column.STATE, 11 * letter + side() + 2 * theme.px(_PAD))
        self.setColumnWidth(Column.PROGRESS, 24 * letter + 2 * theme.px(_PAD))
        self.setColumnWidth(Column.TIME, 18 * letter + 2 * theme.px(_PAD))
        self.setColumnWidth(Column.ACTIONS, 2 * theme.px(_BUTTON) + theme.px(_PAD))
