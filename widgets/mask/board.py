"""The doing half of the mask canvas: the mask, the tool in hand, gestures and commands.

Which events ask for them, and which pixels they cover, is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from widgets.look.images import Picture
from widgets.mask import file as mask_file
from widgets.mask import presets as mask_presets
from widgets.mask.gestures import Gesture, Lasso, Rectangle, Stroke, Tool, fill
from widgets.mask.history import Beside
from widgets.mask.keys import Command
from widgets.mask.presets import Preset
from widgets.mask.sheet import Sheet
from widgets.mask.strokes import Box, Mask, Point, grown, shrunk
from widgets.mask.view import MaskView

LARGEST_PICTURE = 2048
"""The longest side of a picture, in pixels."""

_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def default_size(rows: int, columns: int) -> int:
    """A brush for a picture: an eighth of the short side."""
    return max(min(rows, columns) // 8, 1)


class MaskBoard(MaskView):
    """Holds a binary mask (H, W), True = unknown, over a picture.

    `changed(mask)` comes once at the end of a stroke and once per command that changed anything,
    never from `set_picture` or `set_mask`; its array is the receiver's own. `stroke_moved` comes
    whenever an unfinished stroke has painted more.
    """

    changed = Signal(object)
    stroke_moved = Signal()
    tool_changed = Signal(object)
    size_changed = Signal(int)
    mask_shown = Signal()
    """The mask, or what can be undone, is another than before, by whomever."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture: Gesture | None = None
        self._anchor: Point | None = None
        self._commands = self._command_table()
        self._describe()

    # picture and mask

    def set_picture(self, picture: Picture) -> None:
        """Show a uint8 (H, W, 3) picture of 1 … 2048 pixels a side.

        One of the same size keeps the mask and its history, any other starts an empty mask; no
        signal. Raises ValueError for another shape or type.
        """
        rows, columns = picture.shape[:2] if picture.ndim == 3 else (0, 0)
        fits = min(rows, columns) >= 1 and max(rows, columns) <= LARGEST_PICTURE
        if picture.dtype != np.uint8 or picture.shape[2:] != (3,) or not fits:
            given = f"{picture.dtype} {picture.shape}"
            raise ValueError(f"a picture is uint8 (H, W, 3), sides 1 … 2048, not {given}")
        self._abandon()
        if (rows, columns) != self._sheet.shape():
            self._sheet, self._anchor = Sheet((rows, columns)), None
            self._size = default_size(rows, columns)
            self.size_changed.emit(self._size)
        self._show_picture(np.ascontiguousarray(picture))
        self._show_mask()

    def mask(self) -> Mask:  # type: ignore[override]  # a widget has an unrelated mask()
        """A copy of the mask (H, W), True = unknown; (0, 0) without a picture."""
        return self._sheet.mask.copy()

    def set_mask(self, mask: Mask, beside: Beside | None = None) -> None:
        """Show a bool (H, W) mask without a signal; it can be undone, and what is `beside` it in
        the same step. Raises ValueError if it is not of the picture's size."""
        self._replace(mask, beside)

    def apply(self, mask: Mask) -> None:
        """Like `set_mask`, but as a person's command: `changed` tells."""
        if self._replace(mask):
            self.changed.emit(self.mask())

    def apply_preset(self, preset: Preset) -> None:
        """Replace the mask by a ready-made one."""
        if self.has_picture():
            self.apply(mask_presets.make(preset, self.picture_size()))

    def apply_scattered(self, share: float, seed: int) -> None:
        """Replace the mask by this share of all pixels, scattered; a seed gives one mask."""
        if self.has_picture():
            self.apply(mask_presets.scattered(share, seed, self.picture_size()))

    def unknown_share(self) -> float:
        """The unknown share of all pixels, 0 … 1."""
        return self._sheet.share()

    def undoable(self) -> int:
        return self._sheet.history.undoable()

    def redoable(self) -> int:
        return self._sheet.history.redoable()

    def _replace(self, mask: Mask, beside: Beside | None = None) -> bool:
        if mask.dtype != np.bool_ or mask.shape != self._sheet.shape():
            given, allowed = f"{mask.dtype} {mask.shape}", self._sheet.shape()
            raise ValueError(f"a mask of this picture is bool {allowed}, not {given}")
        self._abandon()
        box = self._sheet.replace(mask, beside)
        if box is not None:
            self._refresh(box)
            self._describe()
        return box is not None

    def _show_mask(self) -> None:
        self._refresh_all()
        self._describe()

    def _describe(self) -> None:
        rows, columns = self.picture_size()
        share = f"{100 * self.unknown_share():.1f} % unknown"
        self.setAccessibleDescription(f"Painted = unknown. {columns} × {rows} pixels, {share}.")
        self.mask_shown.emit()

    def _settle(self, box: Box | None) -> None:
        """Show and tell the end of something that may have changed the mask."""
        if box is not None:
            self._refresh(box)
            self._describe()
            self.changed.emit(self.mask())

    # tool and size

    def tool(self) -> Tool:
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        self._update_cursor()
        self._tool = tool
        self._update_cursor()
        self.tool_changed.emit(tool)

    def brush_size(self) -> int:
        """Diameter of brush and eraser in picture pixels."""
        return self._size

    def largest_brush(self) -> int:
        return max(*self.picture_size(), 1)

    def set_brush_size(self, diameter: int) -> None:
        """Set the diameter, cut to 1 … the long side of the picture."""
        diameter = min(max(diameter, 1), self.largest_brush())
        if diameter != self._size:
            self._update_cursor()
            self._size = diameter
            self._update_cursor()
            self.size_changed.emit(diameter)

    def resize_brush(self, steps: int) -> None:
        """Larger or smaller by so many steps of 10 %, at least one pixel each."""
        size = self._size
        for _ in range(abs(steps)):
            step = max(round(size / 10), 1)
            size += step if steps > 0 else -step
        self.set_brush_size(size)

    # commands

    def run(self, command: Command) -> None:
        """Do what a key or a button asks for."""
        if self._gesture is None or command in _DURING:
            self._commands[command]()

    def _command_table(self) -> dict[Command, Callable[[], object]]:
        c, tool, moved = Command, self.set_tool, self._step_cursor
        return {
            c.BRUSH: lambda: tool(Tool.BRUSH),
            c.ERASER: lambda: tool(Tool.ERASER),
            c.LASSO: lambda: tool(Tool.LASSO),
            c.RECTANGLE: lambda: tool(Tool.RECTANGLE),
            c.FILL: lambda: tool(Tool.FILL),
            c.SWAP: lambda: tool(Tool.BRUSH if self._tool is Tool.ERASER else Tool.ERASER),
            c.SMALLER: lambda: self.resize_brush(-1),
            c.LARGER: lambda: self.resize_brush(1),
            c.UNDO: lambda: self._settle(self._sheet.undo()),
            c.REDO: lambda: self._settle(self._sheet.redo()),
            c.INVERT: lambda: self.apply(~self._sheet.mask),
            c.CLEAR: lambda: self.apply(np.zeros_like(self._sheet.mask)),
            c.MASK_ALL: lambda: self.apply(np.ones_like(self._sheet.mask)),
            c.GROW: lambda: self.apply(grown(self._sheet.mask)),
            c.SHRINK: lambda: self.apply(shrunk(self._sheet.mask)),
            c.COPY: self.copy,
            c.PASTE: self.paste,
            c.FIT: self.fit,
            c.FULL_SIZE: self.full_size,
            c.ZOOM_IN: lambda: self.zoom_steps(1),
            c.ZOOM_OUT: lambda: self.zoom_steps(-1),
            c.LEFT: lambda: moved(-1, 0),
            c.RIGHT: lambda: moved(1, 0),
            c.UP: lambda: moved(0, -1),
            c.DOWN: lambda: moved(0, 1),
            c.PRESS: lambda: self._press_at_cursor(line=False),
            c.PRESS_LINE: lambda: self._press_at_cursor(line=True),
            c.ABANDON: self._abandon,
        }

    @Slot()
    def copy(self) -> None:
        """The mask to the clipboard, as a 1-bit PNG."""
        if self.has_picture():
            QGuiApplication.clipboard().setMimeData(mask_file.to_mime(self._sheet.mask))

    @Slot()
    def paste(self) -> None:
        """Take a black and white picture of this size from the clipboard as the mask."""
        mask = self._clipboard_mask()
        if mask is not None:
            self.apply(mask)

    def _clipboard_mask(self) -> Mask | None:
        data = QGuiApplication.clipboard().mimeData()
        return mask_file.from_mime(data, self.picture_size()) if self.has_picture() else None

    # gestures

    def _begin(self, point: Point, held: Qt.KeyboardModifier, *, erase: bool) -> None:
        """Begin a gesture of the tool in hand. Ctrl subtracts; Shift joins the last stroke."""
        unknown = not (erase or bool(held & _CTRL) or self._tool is Tool.ERASER)
        if self._tool.has_size():
            anchor = self._anchor if held & _SHIFT else None
            stroke = Stroke(self._sheet, point, self._size, unknown=unknown, anchor=anchor)
            self._show_outline([])
            self._gesture, self._anchor = stroke, point
            self._refresh(stroke.first)
        elif self._tool is Tool.LASSO:
            self._gesture = Lasso(self._sheet, point, unknown=unknown)
        elif self._tool is Tool.RECTANGLE:
            self._gesture = Rectangle(self._sheet, point, unknown=unknown)
            self._show_outline(self._gesture.outline())
        else:
            self._settle(fill(self._sheet, point, unknown=unknown))

    def _go_on(self, point: Point, held: Qt.KeyboardModifier) -> None:
        if self._gesture is None:
            self._show_line(point, held)
            return
        box = self._gesture.move(point, steady=bool(held & _SHIFT))
        self._show_outline(self._gesture.outline(), closed=True)
        if not box.empty():
            self._anchor = point
            self._refresh(box)
            self.stroke_moved.emit()

    def _show_line(self, point: Point, held: Qt.KeyboardModifier) -> None:
        """While Shift is held, the line that a click would draw."""
        wanted = bool(held & _SHIFT) and self._tool.has_size() and self._anchor is not None
        line = [self._anchor, point] if wanted and self._anchor is not None else []
        self._show_outline(line, closed=False)

    def _finish(self) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            self._show_outline([])
            self._settle(gesture.finish())

    @Slot()
    def _abandon(self) -> None:
        gesture, self._gesture = self._gesture, None
        self._show_outline([])
        if gesture is not None:
            self._refresh(gesture.cancel())

    def _step_cursor(self, dx: int, dy: int) -> None:
        """Move the cursor from pixel to pixel, within the picture and the view."""
        rows, columns = self.picture_size()
        if not self.has_picture():
            return
        x, y = self._cursor or (columns / 2, rows / 2)
        if self._cursor is None:
            dx = dy = 0
        x = min(max(math.floor(x) + dx, 0), columns - 1) + 0.5
        y = min(max(math.floor(y) + dy, 0), rows - 1) + 0.5
        self._move_cursor((x, y))
        if self._gesture is not None:
            self._go_on((x, y), Qt.KeyboardModifier.NoModifier)
        at = self.position_of((x, y))
        if not self.rect().contains(at.toPoint()):
            self.pan(self.width() / 2 - at.x(), self.height() / 2 - at.y())

    def _press_at_cursor(self, *, line: bool) -> None:
        """What a click there would do. Lasso and rectangle begin with one press and end with the
        next; arrow keys draw meanwhile.
        """
        if self._gesture is not None:
            self._finish()
            return
        if self._cursor is None:
            self._step_cursor(0, 0)
        if self._cursor is None:
            return
        held = _SHIFT if line else Qt.KeyboardModifier.NoModifier
        self._begin(self._cursor, held, erase=False)
        if self._tool not in (Tool.LASSO, Tool.RECTANGLE):
            self._finish()


_DURING = (
    Command.ABANDON,
    Command.PRESS,
    Command.LEFT,
    Command.RIGHT,
    Command.UP,
    Command.DOWN,
)
"""What keys may do while something is drawn."""
