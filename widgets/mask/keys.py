"""The keys of the mask canvas: what each does, and how the list of keys names it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent

from widgets.controls.shortcuts import Shortcut


class Command(Enum):
    """Everything that the canvas can be told by key or button."""

    BRUSH = auto()
    ERASER = auto()
    LASSO = auto()
    RECTANGLE = auto()
    FILL = auto()
    SWAP = auto()
    SMALLER = auto()
    LARGER = auto()
    UNDO = auto()
    REDO = auto()
    INVERT = auto()
    CLEAR = auto()
    MASK_ALL = auto()
    GROW = auto()
    SHRINK = auto()
    COPY = auto()
    PASTE = auto()
    FIT = auto()
    FULL_SIZE = auto()
    ZOOM_IN = auto()
    ZOOM_OUT = auto()
    LEFT = auto()
    RIGHT = auto()
    UP = auto()
    DOWN = auto()
    PRESS = auto()
    PRESS_LINE = auto()
    ABANDON = auto()


@dataclass(frozen=True)
class Binding:
    """Keys as the list writes them, and as Qt sends them."""

    command: Command
    written: str
    title: str
    keys: tuple[QKeyCombination, ...]


_NONE, _CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
_SHIFT, _K, _C = Qt.KeyboardModifier.ShiftModifier, Qt.Key, Command


def _on(*keys: Qt.Key, held: Qt.KeyboardModifier = _NONE) -> tuple[QKeyCombination, ...]:
    return tuple(QKeyCombination(held, key) for key in keys)


BINDINGS = (
    Binding(_C.BRUSH, "B", "Brush", _on(_K.Key_B)),
    Binding(_C.ERASER, "E", "Eraser", _on(_K.Key_E)),
    Binding(_C.LASSO, "L", "Lasso", _on(_K.Key_L)),
    Binding(_C.RECTANGLE, "U", "Rectangle", _on(_K.Key_U)),
    Binding(_C.FILL, "G", "Fill a region", _on(_K.Key_G)),
    Binding(_C.SWAP, "X", "Swap brush and eraser", _on(_K.Key_X)),
    Binding(_C.SMALLER, "[", "Smaller brush", _on(_K.Key_BracketLeft)),
    Binding(_C.LARGER, "]", "Larger brush", _on(_K.Key_BracketRight)),
    Binding(_C.UNDO, "Ctrl+Z", "Undo", _on(_K.Key_Z, held=_CTRL)),
    Binding(
        _C.REDO,
        "Ctrl+Shift+Z or Ctrl+Y",
        "Redo",
        (*_on(_K.Key_Z, held=_CTRL | _SHIFT), *_on(_K.Key_Y, held=_CTRL)),
    ),
    Binding(_C.INVERT, "Ctrl+I", "Invert the mask", _on(_K.Key_I, held=_CTRL)),
    Binding(_C.CLEAR, "Delete", "Clear the mask", _on(_K.Key_Delete, _K.Key_Backspace)),
    Binding(_C.MASK_ALL, "Ctrl+A", "Mask all", _on(_K.Key_A, held=_CTRL)),
    Binding(_C.GROW, ">", "Grow by one pixel", _on(_K.Key_Greater)),
    Binding(_C.SHRINK, "<", "Shrink by one pixel", _on(_K.Key_Less)),
    Binding(_C.COPY, "Ctrl+C", "Copy the mask", _on(_K.Key_C, held=_CTRL)),
    Binding(_C.PASTE, "Ctrl+V", "Paste a mask of this size", _on(_K.Key_V, held=_CTRL)),
    Binding(_C.FIT, "Ctrl+0", "Fit the picture", _on(_K.Key_0, held=_CTRL)),
    Binding(_C.FULL_SIZE, "Ctrl+1", "Show at 100 %", _on(_K.Key_1, held=_CTRL)),
    Binding(_C.ZOOM_IN, "Ctrl++", "Zoom in", _on(_K.Key_Plus, _K.Key_Equal, held=_CTRL)),
    Binding(_C.ZOOM_OUT, "Ctrl+-", "Zoom out", _on(_K.Key_Minus, held=_CTRL)),
    Binding(_C.LEFT, "", "", _on(_K.Key_Left)),
    Binding(_C.RIGHT, "", "", _on(_K.Key_Right)),
    Binding(_C.UP, "", "", _on(_K.Key_Up)),
    Binding(_C.DOWN, "", "", _on(_K.Key_Down)),
    Binding(
        _C.PRESS,
        "Enter",
        "Use the tool at the cursor; lasso and rectangle: begin, end",
        _on(_K.Key_Return, _K.Key_Enter),
    ),
    Binding(
        _C.PRESS_LINE,
        "Shift+Enter",
        "Straight line to the cursor",
        _on(_K.Key_Return, _K.Key_Enter, held=_SHIFT),
    ),
    Binding(_C.ABANDON, "Esc", "Abandon the stroke", _on(_K.Key_Escape)),
)

_BY_KEY = {key.toCombined(): b.command for b in BINDINGS for key in b.keys}
_PRINTED = {
    Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight,
    Qt.Key.Key_Less,
    Qt.Key.Key_Greater,
    Qt.Key.Key_Plus,
}

SHORTCUTS = (
    *(Shortcut("Mask", b.written, b.title) for b in BINDINGS if b.written),
    Shortcut("Mask", "Arrow keys", "Move the cursor by a pixel"),
    Shortcut("Mask", "Right button", "Erase with any tool"),
    Shortcut("Mask", "Shift+Click", "Straight line from the last stroke"),
    Shortcut("Mask", "Ctrl+Wheel", "Brush size"),
    Shortcut("Mask", "Wheel", "Zoom at the cursor"),
    Shortcut("Mask", "Space+Drag or Middle button", "Move the picture"),
)
"""For the list of keys (F1)."""


def keys_of(command: Command) -> str:
    """The keys of a command as written, "" without any; tool tips name them."""
    return next((b.written for b in BINDINGS if b.command is command), "")


def command_of(event: QKeyEvent) -> Command | None:
    """What a key event asks for, None for a key of someone else.

    Shift and AltGr count as part of the character where a character is what is asked for:
    layouts differ in how they make a bracket.
    """
    key = Qt.Key(event.key())
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if key in _PRINTED:
        held &= ~(_SHIFT | Qt.KeyboardModifier.GroupSwitchModifier)
        if held == _CTRL | Qt.KeyboardModifier.AltModifier:  # what AltGr is on Windows
            held = _NONE
    return _BY_KEY.get(QKeyCombination(held, key).toCombined())
