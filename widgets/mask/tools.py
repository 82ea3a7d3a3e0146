"""The tool bar of the mask canvas: tools, brush size, commands, presets, and how the mask looks."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QIcon, QPixmap
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QMenu, QWidget

from widgets.controls.number import NumberBox
from widgets.controls.slider import Slider
from widgets.look import lay, theme
from widgets.look.glyphs import Glyph, GlyphButton
from widgets.mask.canvas import MaskCanvas
from widgets.mask.gestures import Tool
from widgets.mask.keys import Command, keys_of
from widgets.mask.layers import COLOURS
from widgets.mask.presets import Preset

SHARES = (10, 25, 50, 75, 90)
"""Per cent of all pixels that the menu offers to scatter."""

_TOOLS = (
    (Tool.BRUSH, Glyph.BRUSH, Command.BRUSH, "Paint what is unknown. Shift+click draws a line."),
    (Tool.ERASER, Glyph.ERASER, Command.ERASER, "Erase. Right-drag erases with any tool."),
    (Tool.LASSO, Glyph.LASSO, Command.LASSO, "Outline a region to mask; with Ctrl: to unmask."),
    (
        Tool.RECTANGLE,
        Glyph.RECTANGLE,
        Command.RECTANGLE,
        "Drag a rectangle to mask; with Ctrl: to unmask, with Shift: a square.",
    ),
    (
        Tool.FILL,
        Glyph.BUCKET,
        Command.FILL,
        "Mask the region inside painted lines; a right click unmasks one.",
    ),
)
_COMMANDS = (
    (Glyph.BACK, Command.UNDO, "Undo", "Undo the last change of the mask."),
    (Glyph.REDO, Command.REDO, "Redo", "Redo the change."),
    (Glyph.INVERT, Command.INVERT, "Invert", "Swap known and unknown."),
    (Glyph.TRASH, Command.CLEAR, "Clear", "Make every pixel known."),
    (Glyph.ALL, Command.MASK_ALL, "Mask all", "Make every pixel unknown."),
    (Glyph.GROW, Command.GROW, "Grow", "Grow the mask by one pixel on all sides."),
    (Glyph.SHRINK, Command.SHRINK, "Shrink", "Shrink the mask by one pixel on all sides."),
    (Glyph.FIT, Command.FIT, "Fit", "Show the whole picture."),
)
_COLOUR_NAMES = ("Red", "Orange", "Blue", "Green", "White", "Black")
_SIZE_STEPS = 100


class MaskTools(QWidget):
    """Acts on one canvas and follows it; `import_wanted` and `export_wanted` ask the app."""

    import_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, canvas: MaskCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._seed = 0
        self.tools = QButtonGroup(self)
        self.commands: dict[Command, GlyphButton] = {}
        self.size_slider, self.size_number = Slider(self), NumberBox(self)
        self.opacity = Slider(self)
        self.presets = GlyphButton(
            Glyph.CHECKERBOARD, "Presets", "Replace the mask by a ready-made one.", self
        )
        self.colour = _Swatch(self)
        self._dress()
        self._arrange()
        self._join()

    def _dress(self) -> None:
        self.size_slider.setRange(0, _SIZE_STEPS)
        self.size_slider.setAccessibleName("Brush size")
        keys = f"{keys_of(Command.SMALLER)} and {keys_of(Command.LARGER)}, or Ctrl+wheel"
        tip = f"Diameter of brush and eraser in picture pixels ({keys})."
        self.size_slider.setToolTip(tip)
        self.size_number.setAccessibleName("Brush size, as a number")
        self.size_number.setToolTip(tip)
        self.size_number.setDecimals(0)
        self.size_number.setFixedWidth(7 * theme.UNIT)
        self.size_number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(round(100 * self._canvas.overlay_opacity()))
        self.opacity.setAccessibleName("Mask opacity")
        self.opacity.setToolTip("Opacity of the mask on the screen. It does not change the result.")
        self.presets.setMenu(self._preset_menu())
        self.colour.setMenu(self._colour_menu())
        self.colour.show_colour(self._canvas.overlay_colour())

    def _arrange(self) -> None:
        unit = theme.UNIT
        rows = lay.down(on=self, spacing=unit // 2)
        hand, edit, overlay = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (hand, edit, overlay):
            row.setSpacing(unit // 4)
            rows.addLayout(row)
        for number, (tool, glyph, command, tip) in enumerate(_TOOLS):
            button = GlyphButton(glyph, tool.value, _with_keys(tool.value, command, tip), self)
            button.setCheckable(True)
            self.tools.addButton(button, number)
            hand.addWidget(button)
        hand.addSpacing(unit)
        hand.addWidget(_faint("Size", self.size_slider, self))
        hand.addWidget(self.size_slider, 1)
        hand.addWidget(self.size_number)
        for glyph, command, name, tip in _COMMANDS:
            button = GlyphButton(glyph, name, _with_keys(name, command, tip), self)
            button.clicked.connect(self._runner(command))
            self.commands[command] = button
            edit.addWidget(button)
            if command in (Command.REDO, Command.SHRINK):
                edit.addSpacing(unit)
        edit.addWidget(self.presets)
        for glyph, name, tip, wanted in (
            (
                Glyph.IMPORT,
                "Import mask",
                "Open a PNG as the mask; white is unknown.",
                self.import_wanted,
            ),
            (
                Glyph.EXPORT,
                "Export mask",
                "Save the mask as a 1-bit PNG.",
                self.export_wanted,
            ),
        ):
            button = GlyphButton(glyph, name, tip, self)
            button.clicked.connect(wanted)
            edit.addWidget(button)
        edit.addStretch(1)
        overlay.addWidget(self.colour)
        overlay.addWidget(_faint("Opacity", self.opacity, self))
        overlay.addWidget(self.opacity, 1)

    def _join(self) -> None:
        canvas = self._canvas
        self.tools.idClicked.connect(self._choose_tool)
        self.size_slider.valueChanged.connect(self._on_slid)
        self.size_number.valueChanged.connect(self._on_typed)
        self.opacity.valueChanged.connect(self._on_opacity)
        canvas.tool_changed.connect(self._show_tool)
        canvas.size_changed.connect(self._show_size)
        canvas.mask_shown.connect(self._show_mask)
        self._show_tool(canvas.tool())
        self._show_size(canvas.brush_size())
        self._show_mask()

    def _runner(self, command: Command) -> Callable[[], None]:
        return lambda: self._canvas.run(command)

    def _preset_menu(self) -> QMenu:
        menu = QMenu(self)
        for preset in Preset:
            action = menu.addAction(preset.value)
            action.triggered.connect(lambda _=False, p=preset: self._canvas.apply_preset(p))
        menu.addSeparator()
        for share in SHARES:
            action = menu.addAction(f"Random {share} %")
            action.triggered.connect(lambda _=False, s=share: self._scatter(s / 100))
        return menu

    def _scatter(self, share: float) -> None:
        """Another random mask each time, the same ones in every session."""
        self._canvas.apply_scattered(share, self._seed)
        self._seed += 1

    def _colour_menu(self) -> QMenu:
        menu = QMenu(self)
        for name, tone in zip(_COLOUR_NAMES, COLOURS, strict=True):
            action = QAction(_chip(QColor(tone)), name, menu)
            action.triggered.connect(lambda _=False, t=tone: self._choose_colour(QColor(t)))
            menu.addAction(action)
        return menu

    def _choose_colour(self, colour: QColor) -> None:
        self._canvas.set_overlay_colour(colour)
        self.colour.show_colour(colour)

    def set_overlay(self, colour: str, per_cent: int) -> None:
        """Take up how the mask looked the last time; a colour that is none is left out."""
        if QColor.isValidColorName(colour):
            self._choose_colour(QColor(colour))
        self.opacity.setValue(per_cent)

    @Slot(int)
    def _choose_tool(self, number: int) -> None:
        self._canvas.set_tool(_TOOLS[number][0])

    @Slot(object)
    def _show_tool(self, tool: Tool) -> None:
        self.tools.button([row[0] for row in _TOOLS].index(tool)).setChecked(True)

    @Slot(int)
    def _show_size(self, size: int) -> None:
        largest = self._canvas.largest_brush()
        with QSignalBlocker(self.size_number), QSignalBlocker(self.size_slider):
            self.size_number.setRange(1, largest)
            self.size_number.setValue(size)
            self.size_slider.setValue(_position(size, largest))

    @Slot(int)
    def _on_slid(self, position: int) -> None:
        size = _size_at(position, self._canvas.largest_brush())
        self._canvas.set_brush_size(size)
        with QSignalBlocker(self.size_number):
            self.size_number.setValue(size)

    @Slot(float)
    def _on_typed(self, size: float) -> None:
        self._canvas.set_brush_size(int(size))

    @Slot(int)
    def _on_opacity(self, per_cent: int) -> None:
        self._canvas.set_overlay_opacity(per_cent / 100)

    @Slot()
    def _show_mask(self) -> None:
        canvas, there = self._canvas, self._canvas.has_picture()
        share = canvas.unknown_share()
        able = {
            Command.UNDO: canvas.undoable() > 0,
            Command.REDO: canvas.redoable() > 0,
            Command.CLEAR: share > 0,
            Command.GROW: 0 < share < 1,
            Command.SHRINK: 0 < share < 1,
            Command.MASK_ALL: share < 1,
        }
        for command, button in self.commands.items():
            button.setEnabled(there and able.get(command, True))
        self.presets.setEnabled(there)


class _Swatch(GlyphButton):
    """Shows the colour of the mask and opens the others."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Glyph.ALL, "Mask colour", "Choose the colour of the mask.", parent)
        self._colour = QColor()

    def show_colour(self, colour: QColor) -> None:
        self._colour = QColor(colour)
        self.update()

    def _ink(self, hot: bool) -> QColor:
        return self._colour


def _with_keys(name: str, command: Command, tip: str) -> str:
    keys = keys_of(command)
    return f"{name} ({keys}): {tip[0].lower()}{tip[1:]}" if keys else tip


def _position(size: int, largest: int) -> int:
    """Each step of the slider makes the brush larger by the same factor."""
    return round(_SIZE_STEPS * math.log(size) / math.log(largest)) if largest > 1 else 0


def _size_at(position: int, largest: int) -> int:
    return round(math.pow(largest, position / _SIZE_STEPS))


def _chip(colour: QColor) -> QIcon:
    pixmap = QPixmap(2 * theme.UNIT, 2 * theme.UNIT)
    pixmap.fill(colour)
    return QIcon(pixmap)


def _faint(text: str, buddy: QWidget, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("faint", True)
    label.setBuddy(buddy)
    return label
