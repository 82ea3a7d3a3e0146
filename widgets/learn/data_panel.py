"""The left of the tab Learn: the points to learn, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.controls.help_mark import HelpMark
from widgets.controls.number import NumberBox
from widgets.controls.slider import Slider
from widgets.learn.canvas import SIZES, PointCanvas, Tool
from widgets.learn.swatches import Swatches
from widgets.look import theme
from widgets.look.glyphs import Glyph, GlyphButton

_HELP = (
    "Every family learns these points; a tenth of them is held out, and how likely the models find "
    "that tenth says how well they do. Points may be changed while families learn: the next batch "
    "is drawn from the new ones."
)
_TOOLS = (
    (Tool.DRAW, Glyph.PENCIL, "Draw", "Draw a line of points (D)."),
    (Tool.SPRAY, Glyph.SPRAY, "Spray", "Spray points; they go on while the button is held (S)."),
    (Tool.ERASE, Glyph.ERASER, "Erase", "Take points away (E); a right drag does so always."),
)


class DataPanel(QWidget):
    """`taken(name)` when a ready set is wanted, `open_wanted` and `save_wanted` by the buttons.

    `classes_toggled` when the classes are to be learned or not.
    """

    taken = Signal(str)
    open_wanted = Signal()
    save_wanted = Signal()
    classes_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas, self.swatches = PointCanvas(self), Swatches(self)
        self.size_slider, self.sets, self.count = Slider(self), Combo(self), NumberBox(self)
        self.with_classes = QCheckBox("Learn the classes", self)
        self.open = QPushButton("Open CSV…", self)
        self.save = QPushButton("Save", self)
        self.says = QLabel(self)
        self.undo = GlyphButton(Glyph.BACK, "Undo", "Take the last stroke back (Ctrl+Z).", self)
        self.redo = GlyphButton(
            Glyph.REDO, "Redo", "Take the last undone stroke again (Ctrl+Y).", self
        )
        self.clear = GlyphButton(
            Glyph.TRASH, "Clear", "Take all points away; this can be undone.", self
        )
        self._tools = QButtonGroup(self)
        self.tools: dict[Tool, GlyphButton] = {}
        for place, (tool, glyph, name, tip) in enumerate(_TOOLS):
            button = GlyphButton(glyph, name, tip, self)
            button.setCheckable(True)
            self._tools.addButton(button, place)
            self.tools[tool] = button
        self._dress()
        self._build()
        self._join()
        self.follow()

    def _dress(self) -> None:
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.canvas.setSizePolicy(policy)
        self.size_slider.setRange(0, len(SIZES) - 1)
        self.size_slider.setAccessibleName("Size of spray and eraser")
        self.size_slider.setToolTip("How far spray and eraser reach ([ and ]).")
        self.sets.setAccessibleName("Take points")
        self.sets.setToolTip(
            "Take points of a ready set, as many as the number beside says. This can be undone."
        )
        self.sets.setPlaceholderText("Take points…")
        self.sets.setMinimumContentsLength(8)
        self.sets.setSizeAdjustPolicy(
            self.sets.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.count.setDecimals(0)
        self.count.setRange(20, 20_000)
        self.count.setValue(2000)
        self.count.setSingleStep(100)
        self.count.setAccessibleName("Number of points to take")
        self.count.setToolTip("How many points of a ready set are taken (20–20,000).")
        self.with_classes.setToolTip(
            "Learn p(x | class) beside p(x), one colour a class. Families begin anew when this "
            "changes."
        )
        self.open.setToolTip(
            "Take the points of a CSV file: two columns of numbers, and perhaps one of classes. "
            "A file can be dropped on the tab, too."
        )
        self.save.setToolTip("Keep the points as a data set of your own, for every tab.")
        self.says.setWordWrap(True)
        self.says.setFont(theme.small_font(self.font()))
        self.says.setProperty("faint", True)

    def _build(self) -> None:
        unit = theme.UNIT
        head, tools, take, files = (QHBoxLayout() for _ in range(4))
        for row in (head, tools, take, files):
            row.setSpacing(unit // 2)
        title = QLabel("Points", self)
        title.setFont(theme.title_font(self.font()))
        head.addWidget(title)
        head.addWidget(HelpMark(_HELP, "held-out points", self))
        head.addStretch(1)
        for button in (self.undo, self.redo, self.clear):
            head.addWidget(button)
        for button in self.tools.values():
            tools.addWidget(button)
        tools.addWidget(self.size_slider, 1)
        take.addWidget(self.sets, 1)
        take.addWidget(self.count)
        files.addWidget(self.open, 1)
        files.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(unit, unit, unit, unit)
        column.setSpacing(unit)
        column.addLayout(head)
        column.addWidget(self.canvas)
        column.addLayout(tools)
        classes = QGridLayout()
        classes.setContentsMargins(0, 0, 0, 0)
        classes.setVerticalSpacing(unit // 2)
        classes.addWidget(self.swatches, 0, 0)
        classes.addWidget(self.with_classes, 1, 0)
        column.addLayout(classes)
        column.addLayout(take)
        column.addLayout(files)
        column.addWidget(self.says)
        column.addStretch(1)

    def _join(self) -> None:
        canvas = self.canvas
        self._tools.idToggled.connect(self._choose)
        self.tools[Tool.DRAW].setChecked(True)
        self.size_slider.setValue(canvas.size_index)
        self.size_slider.valueChanged.connect(canvas.set_size)
        self.size_slider.reset_wanted.connect(lambda: self.size_slider.setValue(3))
        self.swatches.chosen.connect(self._choose_class)
        self.undo.clicked.connect(canvas.undo)
        self.redo.clicked.connect(canvas.redo)
        self.clear.clicked.connect(canvas.clear)
        canvas.edited.connect(self.follow)
        canvas.tool_changed.connect(self._follow_tool)
        self.sets.activated.connect(self._take)
        self.open.clicked.connect(self.open_wanted)
        self.save.clicked.connect(self.save_wanted)
        self.with_classes.toggled.connect(self.classes_toggled)

    def set_sets(self, sets: Sequence[tuple[str, str]]) -> None:
        """Offer ready sets, (name, title)."""
        with QSignalBlocker(self.sets):
            self.sets.clear()
            for name, title in sets:
                self.sets.addItem(title, name)
            self.sets.setCurrentIndex(-1)

    def say(self, text: str, *, warn: bool = False) -> None:
        """Say how many points there are, or why they will not do."""
        self.says.setText(text)
        self.says.setProperty("faint", not warn)
        self.says.setProperty("warning", warn)
        self.says.style().polish(self.says)

    @Slot()
    def follow(self) -> None:
        """Enable what can be done."""
        sheet = self.canvas.sheet
        self.undo.setEnabled(sheet.undoable() > 0)
        self.redo.setEnabled(sheet.redoable() > 0)
        self.clear.setEnabled(len(sheet) > 0)
        self.save.setEnabled(len(sheet) > 0)

    @Slot(int)
    def _take(self, place: int) -> None:
        self.taken.emit(str(self.sets.itemData(place)))

    def _choose(self, place: int, on: bool) -> None:
        if on and self.canvas.tool is not _TOOLS[place][0]:
            self.canvas.set_tool(_TOOLS[place][0])

    @Slot()
    def _follow_tool(self) -> None:
        self.tools[self.canvas.tool].setChecked(True)
        with QSignalBlocker(self.size_slider):
            self.size_slider.setValue(self.canvas.size_index)

    @Slot(int)
    def _choose_class(self, label: int) -> None:
        self.canvas.label = label
        self.canvas.update()
