"""The bottom bar: the running job with progress, time left and cancel; the queue opens above it."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QWidget

from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, GlyphButton, draw, side
from widgets.look.progress import ProgressLine
from widgets.queue.job_list import JobList, state_colour, state_glyph
from widgets.queue.jobs import Job, JobAction, JobState, JobTable
from widgets.queue.live_work import LiveSign, LiveWork

__all__ = ["JobBar", "JobState"]


_STOP_LIVE = "Stop what this tab computes (Esc). What is shown stays."
_STOP_BEHIND = "Stop the background work. It starts again when it is needed."


class Line(QWidget):
    """One line of painted text, cut where it ends: new text costs a repaint, never a layout."""

    def __init__(self, letters: int | None, parent: QWidget) -> None:
        """As wide as `letters` letters, or as wide as there is room for None."""
        super().__init__(parent)
        self._text = ""
        self._faint = letters is not None
        self._letters = letters
        fixed = QSizePolicy.Policy.Fixed
        self.setSizePolicy(fixed if letters else QSizePolicy.Policy.Expanding, fixed)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str, *, faint: bool | None = None) -> None:
        faint = self._faint if faint is None else faint
        if (text, faint) != (self._text, self._faint):
            self._text, self._faint = text, faint
            self.setAccessibleName(text)
            self.setToolTip(text)
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance("n" * (self._letters or 20)), metrics.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.colour("faint" if self._faint else "text"))
        metrics = self.fontMetrics()
        cut = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, cut)
        painter.end()


class StateSign(QWidget):
    """The glyph of a job's state, or nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self.setFixedSize(side() + 2, side() + 2)

    def show_job(self, job: Job | None) -> None:
        self._job = job
        self.setVisible(job is not None)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._job is not None:
            painter = QPainter(self)
            centre = self.rect().toRectF().center()
            draw(painter, state_glyph(self._job), centre, state_colour(self._job))
            painter.end()


class JobBar(QWidget):
    """The queue as a person sees it. The program tells what happens to each ticket; the signals
    say what the person asks for. Asking is shown at once ("stopping…"), the end when it comes.

    `clock` gives seconds that never go back, for the time left.
    """

    cancel_wanted = Signal(int)
    cancel_waiting_wanted = Signal()
    run_first_wanted = Signal(int)
    retry_wanted = Signal(int)
    details_wanted = Signal(int)
    stop_background_wanted = Signal()
    stop_live_wanted = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.table = JobTable(self, clock=clock)
        self.live = LiveSign(self, clock=clock)
        self._background: tuple[str, ...] = ()
        self.panel = QFrame(self)
        self.list = JobList(self.table, self.panel)
        self.cancel_waiting = QPushButton("Cancel waiting", self.panel)
        self.cancel_waiting.setToolTip("Cancel all waiting jobs. The running one goes on.")
        self.clear_ended = QPushButton("Clear finished", self.panel)
        self.clear_ended.setToolTip("Remove finished jobs from the list. Their results stay.")
        self.sign = StateSign(self)
        self.title = Line(None, self)
        self.line = ProgressLine(self)
        self.line.setAccessibleName("Progress of the running job")
        self.time = Line(12, self)
        self.cancel = GlyphButton(Glyph.CROSS, "Cancel the running job", "Stop this job.", self)
        self.toggle = QPushButton(self)
        self.toggle.setCheckable(True)
        self.toggle.setToolTip("Show or hide the list of jobs.")
        self._arrange()
        self.live.changed.connect(self._refresh_job)
        self.list.wanted.connect(self._on_wanted)
        self.cancel.clicked.connect(self._on_cancel)
        self.cancel_waiting.clicked.connect(self._on_cancel_waiting)
        self.clear_ended.clicked.connect(self._on_clear_ended)
        self.toggle.toggled.connect(self._on_toggled)
        self._refresh()

    def add(self, ticket: int, title: str, detail: str, *, expects: float | None = None) -> None:
        """A new waiting job, of so many seconds if that is known; raises ValueError for a ticket
        in use. Unknown tickets below raise KeyError."""
        self.table.add(ticket, title, detail, expects=expects)
        self._refresh()

    def start(self, ticket: int) -> None:
        self.table.start(ticket)
        self._refresh()

    def progress(self, ticket: int, done: int, total: int | None) -> None:
        """Steps done so far, of a total if there is one; costs two small repaints."""
        self.table.progress(ticket, done, total)
        if self._shown() is self.table.job(ticket):
            self._refresh_progress()

    def pause(self, ticket: int) -> None:
        """A live job took its turn; paused time does not count for the time left."""
        self.table.pause(ticket)
        self._refresh_job()

    def resume(self, ticket: int) -> None:
        self.table.resume(ticket)
        self._refresh_job()

    def end(self, ticket: int, state: JobState, message: str = "") -> None:
        """The one closing event of a job: DONE, FAILED or STOPPED, with a sentence if it failed."""
        self.table.end(ticket, state, message)
        self._refresh()

    def order(self, tickets: tuple[int, ...]) -> None:
        """The order in which the waiting jobs will run."""
        self.table.order(tickets)

    def set_background(self, titles: tuple[str, ...]) -> None:
        """What is worked out while nothing else is to do; it is said while no job runs."""
        if titles != self._background:
            self._background = titles
            self._refresh_job()

    def set_live(self, work: LiveWork | None) -> None:
        """What is computed for the eyes; said while no job of the queue runs, or one waits for it.

        Work that ends soon is not said.
        """
        self.live.set_work(work)

    def append(self, widget: QWidget) -> None:
        """Put something at the end of the line; the list of jobs lies above all of it."""
        self._bar.addSpacing(theme.UNIT)
        self._bar.addWidget(widget)

    def is_open(self) -> bool:
        return self.toggle.isChecked()

    def set_open(self, wanted: bool) -> None:
        self.toggle.setChecked(wanted)

    def _shown(self) -> Job | None:
        return next(iter(self.table.current()), None)

    def _refresh(self) -> None:
        """After a job came, went or changed its place."""
        waiting, ended = len(self.table.waiting()), len(self.table.ended())
        arrow = "▾" if self.is_open() else "▴"
        self.toggle.setText(f"{waiting} waiting {arrow}" if waiting else f"Jobs {arrow}")
        self.toggle.setAccessibleName(f"List of jobs, {waiting} waiting")
        self.cancel_waiting.setEnabled(waiting > 0)
        self.clear_ended.setEnabled(ended > 0)
        self._refresh_job()

    def _live(self) -> LiveWork | None:
        """The live work to say: a job of the queue that runs has the word."""
        job = self._shown()
        return self.live.work() if job is None or job.state is JobState.PAUSED else None

    @Slot()
    def _refresh_job(self) -> None:
        if (live := self._live()) is not None:
            self._show_live(live)
            return
        job = self._shown()
        last = job or next(iter(self.table.ended()), None)
        self.sign.show_job(last if job or not self._background else None)
        self.cancel.setToolTip("Stop this job." if job or not self._background else _STOP_BEHIND)
        if job is None and self._background:
            more = len(self._background) - 1
            others = f", and {more} more" if more else ""
            self.title.set_text(f"In the background: {self._background[0]}{others}", faint=True)
        elif last is None:
            self.title.set_text("No job is running", faint=True)
        else:
            state = "" if last.state is JobState.RUNNING and not last.stopping else last.status()
            parts = (state, last.title, last.words())
            self.title.set_text(" · ".join(filter(None, parts)), faint=job is None)
        self.line.setVisible(job is not None)
        behind = job is None and bool(self._background)
        self.cancel.setVisible(job is not None or behind)
        self.cancel.setEnabled(behind or (job is not None and JobAction.CANCEL in job.actions()))
        self._refresh_progress()

    def _show_live(self, live: LiveWork) -> None:
        paused = self._shown()
        then = "" if paused is None else f" · then {paused.title}, which waits for it"
        self.sign.show_job(None)
        self.title.set_text(f"{live.title}{then}", faint=False)
        self.cancel.setToolTip(_STOP_LIVE)
        self.cancel.setVisible(True)
        self.cancel.setEnabled(True)
        self.line.setVisible(True)
        self.line.show_progress(live.done, live.total)
        self.time.set_text(self.live.time())

    def _refresh_progress(self) -> None:
        if self._live() is not None:
            return
        job = self._shown()
        if job is None:
            last = next(iter(self.table.ended()), None)
            self.time.set_text("" if last is None or self._background else last.time())
            return
        dim = job.state is JobState.PAUSED or job.stopping
        self.line.show_progress(job.done, job.total, dim=dim)
        self.time.set_text(job.time())

    def _stop(self, ticket: int) -> None:
        self.table.stop(ticket)
        self._refresh_job()

    @Slot(object, int)
    def _on_wanted(self, action: JobAction, ticket: int) -> None:
        match action:
            case JobAction.CANCEL:
                self._stop(ticket)
                self.cancel_wanted.emit(ticket)
            case JobAction.RUN_FIRST:
                self.run_first_wanted.emit(ticket)
            case JobAction.RETRY:
                self.retry_wanted.emit(ticket)
            case JobAction.DETAILS:
                self.details_wanted.emit(ticket)

    @Slot()
    def _on_cancel(self) -> None:
        job = self._shown()
        if self._live() is not None:
            self.stop_live_wanted.emit()
        elif job is not None:
            self._on_wanted(JobAction.CANCEL, job.ticket)
        elif self._background:
            self.stop_background_wanted.emit()

    @Slot()
    def _on_cancel_waiting(self) -> None:
        for job in self.table.waiting():
            self.table.stop(job.ticket)
        self.cancel_waiting_wanted.emit()

    @Slot()
    def _on_clear_ended(self) -> None:
        self.table.clear_ended()
        self._refresh()

    @Slot(bool)
    def _on_toggled(self, wanted: bool) -> None:
        self.panel.setVisible(wanted)
        self._refresh()

    def _arrange(self) -> None:
        self.panel.setProperty("card", True)
        self.panel.hide()
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        buttons = lay.across(lay.STRETCH, self.cancel_waiting, self.clear_ended, spacing=None)
        lay.down(self.list, buttons, on=self.panel, margins=theme.UNIT, spacing=None)
        self._bar = lay.across(
            self.sign, self.title, self.line, self.time, self.cancel, self.toggle
        )
        for part in (self.line, self.cancel):  # what comes and goes must not move the tabs
            policy = part.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            part.setSizePolicy(policy)
        # Room for "200 waiting" from the start: counting must not move the bar.
        self.toggle.setMinimumWidth(self.fontMetrics().horizontalAdvance("200 waiting ▴") + 24)
        lay.down(self.panel, self._bar, on=self, spacing=theme.UNIT // 2)
