"""Slim banners for errors, warnings and notes: the one place where the window says such things.

They lie over the content, in a corner of it: no widget moves when one comes or goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, QPointF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFontDatabase,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, GlyphButton, draw, side

MOST = 3
NOTE_MS = 6000
WIDTH = 448
"""How wide a banner is at most, in device-independent pixels."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Cause(StrEnum):
    """What a message can be about, where a later success or another choice settles it."""

    OPENING = "opening a file"
    SAVING = "saving a file"
    RECIPE = "a recipe that is shown otherwise than it was made"
    HISTORY = "the history"
    KEEPING = "what is remembered for the next start"


_GLYPHS = {Severity.ERROR: Glyph.ERROR, Severity.WARNING: Glyph.WARN, Severity.NOTE: Glyph.INFO}


def severity_colour(severity: Severity) -> QColor:
    if severity is Severity.WARNING:
        return theme.colour("warning")
    return theme.colour("danger" if severity is Severity.ERROR else "accent")


@dataclass(frozen=True)
class Action:
    """What a message offers to do: the words on its button, its tool tip, and what it does."""

    title: str
    tip: str
    run: Callable[[], object]


class Details(QDialog):
    """The whole story of a message, to read and to copy."""

    def __init__(self, text: str, details: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Details")
        self.resize(80 * theme.UNIT, 48 * theme.UNIT)
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        self.story = QPlainTextEdit(details, self)
        self.story.setReadOnly(True)
        self.story.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.story.setAccessibleName("Details")
        self.story.setToolTip("The full report, as text to select.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip("Close this window.")
        buttons.rejected.connect(self.reject)
        self.copy = QPushButton("Copy", self)
        self.copy.setToolTip("Copy message and details to the clipboard.")
        self.copy.clicked.connect(self._on_copy)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        for button in buttons.buttons():
            assert isinstance(button, QPushButton)
            button.setAutoDefault(False)
        lay.down(label, (self.story, 1), buttons, on=self, margins=None, spacing=None)
        self._whole = f"{text}\n\n{details}"

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._whole)


class Message(QWidget):
    """One banner. `over` when it wants to go: dismissed, or a note whose time is up."""

    over = Signal()

    def __init__(
        self,
        text: str,
        details: str,
        severity: Severity,
        note_ms: int,
        parent: QWidget,
        *,
        about: str = "",
    ) -> None:
        super().__init__(parent)
        self.text = text
        self.severity = severity
        self.about = about
        self.count = 1
        self._details = details
        self.label = QLabel(text, self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.times = QLabel(self)
        self.times.setProperty("faint", True)
        self.more = QPushButton("Details", self)
        self.more.setToolTip("Read or copy the full report.")
        self.more.setAccessibleName(f"Details: {text}")
        self.more.setVisible(bool(details))
        self.act = QPushButton(self)
        self.dismiss = GlyphButton(Glyph.CROSS, "Dismiss", "Dismiss this message (Esc).", self)
        self.dismiss.setAccessibleName(f"Dismiss: {text}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{severity.value}: {text}")
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(note_ms)
        self._arrange()
        self.timer.timeout.connect(self.over)
        self.dismiss.clicked.connect(self.over)
        self.more.clicked.connect(self._on_more)
        self.act.clicked.connect(self._on_act)
        self.set_action(None)
        self._start()

    def set_action(self, action: Action | None) -> None:
        """What can be done about it: one click does it, and the banner goes."""
        self._action = action
        self.act.setVisible(action is not None)
        if action is not None:
            self.act.setText(action.title)
            self.act.setToolTip(action.tip)

    @Slot()
    def _on_act(self) -> None:
        if self._action is not None:
            run = self._action.run
            self.over.emit()
            run()

    def repeat(self, details: str, action: Action | None = None) -> None:
        """The same once more: count it, keep the newest details, and give a note its time again."""
        self.count += 1
        self.set_action(action or self._action)
        self.times.setText(f"×{self.count}")
        self._details = details or self._details
        self.more.setVisible(bool(self._details))
        self._start()

    def _start(self) -> None:
        if self.severity is Severity.NOTE:
            self.timer.start()

    def event(self, event: QEvent) -> bool:
        """Claim Esc before a shortcut of the window gets it: there it cancels a job."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.over.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tone = severity_colour(self.severity)
        box = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        # The warning ink is dark enough to read, and mud as a wash: that takes the amber.
        warns = self.severity is Severity.WARNING
        wash = theme.badge_colour("estimate") if warns else QColor(tone)
        wash.setAlphaF(0.12)
        painter.setBrush(wash)
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        draw(
            painter,
            _GLYPHS[self.severity],
            QPointF(theme.UNIT + side() / 2 + 2, box.center().y()),
            tone,
        )
        painter.end()

    @Slot()
    def _on_more(self) -> None:
        Details(self.text, self._details, self.window()).open()

    def _arrange(self) -> None:
        left = 2 * theme.UNIT + side() + 2
        lay.across(
            (self.label, 1),
            self.times,
            self.act,
            self.more,
            self.dismiss,
            on=self,
            margins=(left, theme.UNIT // 2, theme.UNIT // 2, theme.UNIT // 2),
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * theme.UNIT, 4 * theme.UNIT + 2)


class Messages(QWidget):
    """At most three banners, the newest on top; not in view while there are none.

    Errors and warnings stay until they are dismissed or what they are about is settled; notes go
    after `note_ms` milliseconds.
    """

    def __init__(self, parent: QWidget | None = None, *, note_ms: int = NOTE_MS) -> None:
        super().__init__(parent)
        self._note_ms = note_ms
        self.rows: list[Message] = []  # newest first
        self._over: QWidget | None = None
        self._column = lay.down(on=self, spacing=theme.UNIT // 2)
        self.hide()

    def lie_over(self, view: QWidget) -> None:
        """Stay in the lower right corner of `view`, whose parent is that of the messages, too."""
        self._over = view
        view.installEventFilter(self)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def _place(self) -> None:
        """As wide as there is room for, as high as the words need, above all else."""
        if self._over is None:
            return
        around, margin = self._over.geometry(), theme.UNIT
        wide = max(0, min(theme.px(WIDTH), around.width() - 2 * margin))
        high = max(0, min(self._column.totalHeightForWidth(wide), around.height() - 2 * margin))
        self.setGeometry(
            around.right() + 1 - margin - wide, around.bottom() + 1 - margin - high, wide, high
        )
        self.raise_()

    def tell(
        self,
        text: str,
        details: str = "",
        severity: Severity | str = Severity.ERROR,
        action: Action | None = None,
        *,
        about: str = "",
    ) -> Message:
        """Show one sentence, and what can be done; the same again only counts up.

        `about` names its cause for `settle`. Raises ValueError for an unknown severity.
        """
        severity = Severity(severity)
        for row in self.rows:
            if (row.text, row.severity) == (text, severity):
                row.repeat(details, action)
                self._announce(row)
                return row
        if len(self.rows) == MOST:
            self._remove(self._least())
        row = Message(text, details, severity, self._note_ms, self, about=about)
        row.set_action(action)
        row.over.connect(self._on_over)
        self.rows.insert(0, row)
        self._column.insertWidget(0, row)
        self.show()
        row.show()
        self._place()
        self._announce(row)
        return row

    def _announce(self, row: Message) -> None:
        """Let a screen reader say it: the focus stays where it is."""
        event = QAccessibleAnnouncementEvent(self, row.accessibleName())
        if row.severity is not Severity.NOTE:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)

    def settle(self, *causes: str) -> None:
        """Take back what was said about these: it is mended, or concerns nobody any more."""
        for row in tuple(self.rows):
            if row.about in causes:
                self._remove(row)

    def dismiss(self) -> bool:
        """Take the newest banner away; False where there is none."""
        if self.rows:
            self._remove(self.rows[0])
            return True
        return False

    def withdraw(self, row: Message) -> None:
        """Take back what holds no longer; nothing happens if it has gone already."""
        if row in self.rows:
            self._remove(row)

    def clear(self) -> None:
        for row in tuple(self.rows):
            self._remove(row)

    def _least(self) -> Message:
        """The row to give up for a new one: the oldest note, or else the oldest of all."""
        notes = [row for row in self.rows if row.severity is Severity.NOTE]
        return (notes or self.rows)[-1]

    def _remove(self, row: Message) -> None:
        row.timer.stop()
        self.rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.setVisible(bool(self.rows))
        self._place()

    @Slot()
    def _on_over(self) -> None:
        row = self.sender()
        if isinstance(row, Message) and row in self.rows:
            self._remove(row)
