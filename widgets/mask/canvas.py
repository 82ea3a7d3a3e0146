"""The mask canvas: a picture, what is unknown of it painted over it, and the hand that paints.

This file turns mouse, wheel, keys and drops into gestures and commands.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from widgets.look.frames import DropFrame
from widgets.mask import file as mask_file
from widgets.mask.board import MaskBoard
from widgets.mask.keys import Command, command_of

_PAINTING = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
_CTRL = Qt.KeyboardModifier.ControlModifier
_NOTCH = 120
"""What one notch of a wheel turns, in eighths of a degree (QWheelEvent)."""


class MaskCanvas(MaskBoard):
    """The board with a hand at it.

    Left paints with the tool in hand, right erases, wheel zooms, Ctrl+wheel sizes the brush,
    Space or the middle button moves the picture. Keys: `mask_keys.SHORTCUTS`.
    """

    files_dropped = Signal(object)
    """Paths (a tuple of str) of files dropped; what they are for, the app decides."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._button = Qt.MouseButton.NoButton
        self._last = QPointF()
        self._panning = False
        self._space = False
        self._turned = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._drop = DropFrame(self)
        self.setAccessibleName("Mask canvas")
        self.tool_changed.connect(self._dress_pointer)
        self.mask_shown.connect(self._dress_pointer)
        self._dress_pointer()

    @Slot()
    def _dress_pointer(self) -> None:
        """The ring is the brush's pointer; the other tools have a cross."""
        shape = Qt.CursorShape.CrossCursor
        if not self.has_picture():
            shape = Qt.CursorShape.ArrowCursor
        elif self._panning:
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self.tool().has_size():
            shape = Qt.CursorShape.BlankCursor
        if self.cursor().shape() is not shape:
            self.setCursor(shape)

    # mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.has_picture() or self._panning:
            return
        button, at = event.button(), event.position()
        self._last = at
        by_space = self._space and button is Qt.MouseButton.LeftButton
        if by_space or button is Qt.MouseButton.MiddleButton:
            self._panning = True
            self._dress_pointer()
        elif button in _PAINTING and self._gesture is None:
            self._button = button
            erase = button is Qt.MouseButton.RightButton
            self._move_cursor(self.point_at(at))
            self._begin(self.point_at(at), event.modifiers(), erase=erase)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.has_picture():
            return
        at = event.position()
        step, self._last = at - self._last, at
        # with a shape on its way, Space takes the picture along and the shape stays as it is
        carries = self._panning or (self._space and self._gesture is not None)
        if carries:
            self.pan(step.x(), step.y())
        self._move_cursor(self.point_at(at))
        if not carries:
            self._go_on(self.point_at(at), event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        ends_pan = event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton)
        if self._panning and ends_pan:
            self._panning = False
            self._dress_pointer()
        elif event.button() is self._button:
            self._button = Qt.MouseButton.NoButton
            self._finish()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._move_cursor(None)
        if self._gesture is None:
            self._show_outline([])

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._let_go()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._space = False
        self._dress_pointer()
        self._update_cursor()

    def _let_go(self) -> None:
        """End what a hand was doing when the canvas goes out of its reach."""
        self._panning = self._space = False
        self._button = Qt.MouseButton.NoButton
        self._finish()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if not self.has_picture() or not turned:
            event.ignore()
            return
        if (turned > 0) != (self._turned > 0):
            self._turned = 0
        self._turned += turned
        notches = int(self._turned / _NOTCH)  # a touchpad sends parts of one
        self._turned -= notches * _NOTCH
        if not notches:
            return
        if event.modifiers() & _CTRL:
            self.resize_brush(notches)
        else:
            self.zoom_steps(notches, event.position())
            self._move_cursor(self.point_at(event.position()))

    # keys

    def event(self, event: QEvent) -> bool:
        """Claim our keys before menus with the same ones do: Ctrl+C here copies the mask."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._wants(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _wants(self, event: QKeyEvent) -> bool:
        command = command_of(event)
        if command is None or not self.has_picture():
            return False
        if command is Command.ABANDON:  # else Esc stops the job of this tab
            return self._gesture is not None
        if command is Command.PASTE:  # else the window may paste a picture or a recipe
            return self._clipboard_mask() is not None
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = command_of(event)
        if event.key() == Qt.Key.Key_Space and self.has_picture():
            if not event.isAutoRepeat():
                self._space = True
                self._dress_pointer()
        elif command is not None and self._wants(event):
            self.run(command)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = False
                self._dress_pointer()
        elif event.key() == Qt.Key.Key_Shift and self._gesture is None:
            self._show_outline([])
        else:
            super().keyReleaseEvent(event)

    # drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if any(url.isLocalFile() for url in data.urls()) or self._mask_in(event):
            event.acceptProposedAction()
            self._drop.offer()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = tuple(u.toLocalFile() for u in event.mimeData().urls() if u.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.files_dropped.emit(paths)
        elif self._mask_in(event):
            event.acceptProposedAction()
            mask = mask_file.from_mime(event.mimeData(), self.picture_size())
            if mask is not None:
                self.apply(mask)

    def _mask_in(self, event: QDropEvent) -> bool:
        if not self.has_picture():
            return False
        return mask_file.from_mime(event.mimeData(), self.picture_size()) is not None
