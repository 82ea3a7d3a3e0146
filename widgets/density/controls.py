"""How the maps of the plane are shown: scale, class, detail, what lies over them, differences."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from widgets.controls.attribute_menus import AttributeMenus
from widgets.controls.class_menu import ClassMenu
from widgets.controls.combo import Combo
from widgets.controls.help_mark import HelpMark, explained
from widgets.controls.number import NumberBox
from widgets.controls.time_bar import TimeBar
from widgets.look import lay, theme

LOG, PLAIN = "log-density", "density"
SIDES = (256, 512, 1024)


class DensityControls(QWidget):
    """Everything a person sets leaves as `changed` (maps anew) or `look_changed` (colours only)."""

    changed = Signal()
    look_changed = Signal()
    difference_changed = Signal()
    save_picture_wanted = Signal()
    save_values_wanted = Signal()
    reset_wanted = Signal()
    clear_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale, self.detail = Combo(self), Combo(self)
        self.classes, self.attributes = ClassMenu(self), AttributeMenus(self)
        self._form = QFormLayout()
        self.range = NumberBox(self)
        self.contours, self.data = QCheckBox("Contours", self), QCheckBox("Data", self)
        self.samples = QCheckBox("Samples", self)
        self.first, self.second = Combo(self), Combo(self)
        self.time = TimeBar(self)
        self.save_picture = QPushButton("Save picture…", self)
        self.save_values = QPushButton("Save values…", self)
        self.reset, self.clear = QPushButton("Whole plane", self), QPushButton("Clear points", self)
        self._dress()
        self._build()
        self._join()

    def _dress(self) -> None:
        for side in SIDES:
            self.detail.addItem(f"{side}² pixels", side)
        self.detail.setCurrentIndex(1)
        for text in (LOG, PLAIN):
            self.scale.addItem(text.capitalize(), text)
        self.range.setDecimals(0)
        self.range.setRange(2, 200)
        self.range.setValue(12)
        self.contours.setChecked(True)
        self.contours.setToolTip(
            "Lines round the smallest regions that hold 50 % (thick), 90 % and 99 % (thin) "
            "of each map's mass."
        )
        self.data.setToolTip("Show 2,000 points of the data over the maps.")
        self.samples.setToolTip("Show 1,000 samples of each model over its map.")
        self.save_picture.setToolTip(
            "Save all maps with their scale as one PNG with its recipe inside."
        )
        self.save_values.setToolTip(
            "Save the log-densities of all maps as .npz, or as .csv with their recipe inside."
        )
        self.reset.setToolTip("Show the whole plane again (Ctrl+0, or double-click a map).")
        self.clear.setToolTip("Remove the points that clicks have added.")
        named = (
            (self.scale, "Scale"),
            (self.range, "Range in nats"),
            (self.detail, "Detail"),
            (self.first, "First map of the difference"),
            (self.second, "Second map of the difference"),
        )
        for widget, name in named:
            widget.setAccessibleName(name)
        for widget in (self.classes, *(widget for widget, _ in named)):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.scale.setToolTip("Colour by log p(x) in nats, or by p(x) per unit area.")
        self.range.setToolTip("How many nats below the highest value the colours reach.")
        self.classes.setToolTip("Map p(x) over all classes, or p(x | c) of one.")
        self.detail.setToolTip(
            "Pixels along the longer side of every map, twice as many up to 1024 once less than "
            "half of the plane is in view. A map starts coarse and is refined."
        )
        self.first.setToolTip("The map from which another is subtracted.")
        self.second.setToolTip("The map that is subtracted.")

    def _build(self) -> None:
        unit = theme.UNIT
        form = self._form
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setSpacing(unit)
        form.addRow("Scale", _with_mark(self.scale, _SCALE_HELP, "log-density"))
        form.addRow("Range", _with_mark(self.range, _RANGE_HELP, "nats"))
        form.addRow("Class", self.classes)
        form.addRow(self.attributes)
        self.attributes.hide()
        form.addRow("Detail", self.detail)
        over = lay.across(self.contours, self.data, self.samples, lay.STRETCH)
        layout = lay.down(form, over, on=self, margins=unit)
        for part in (
            explained("Difference", _DIFFERENCE_HELP, above=unit),
            self.first,
            self.second,
            explained("Look inside", _TIME_HELP, above=unit),
            self.time,
        ):
            layout.addWidget(part)
        layout.addStretch(1)
        for pair in ((self.reset, self.clear), (self.save_picture, self.save_values)):
            layout.addLayout(lay.across(*pair))

    def _join(self) -> None:
        self.scale.currentIndexChanged.connect(self.look_changed)
        self.range.valueChanged.connect(self.look_changed)
        self.contours.toggled.connect(self.look_changed)
        self.data.toggled.connect(self.look_changed)
        self.samples.toggled.connect(self.look_changed)
        self.classes.currentIndexChanged.connect(self.changed)
        self.attributes.changed.connect(self.changed)
        self.detail.currentIndexChanged.connect(self.changed)
        self.first.currentIndexChanged.connect(self.difference_changed)
        self.second.currentIndexChanged.connect(self.difference_changed)
        self.save_picture.clicked.connect(self.save_picture_wanted)
        self.save_values.clicked.connect(self.save_values_wanted)
        self.reset.clicked.connect(self.reset_wanted)
        self.clear.clicked.connect(self.clear_wanted)

    def logarithmic(self) -> bool:
        return bool(self.scale.currentData() == LOG)

    def side(self) -> int:
        return int(self.detail.currentData())

    def show_classes(self, classes: bool) -> None:
        """Whether there is a menu of classes; otherwise there are those of attributes."""
        self._form.setRowVisible(self.classes, classes)

    def show_view(
        self,
        *,
        label: int | None,
        side: int,
        logarithmic: bool,
        range_: float,
        contours: bool,
        data: bool,
        difference: tuple[str, str] | None,
        inside: tuple[str, float] | None,
        samples: bool,
    ) -> None:
        """Set every control, silently."""
        blockers = [
            QSignalBlocker(w)
            for w in (
                self.range,
                self.contours,
                self.data,
                self.samples,
                self.time,
            )
        ]
        self.scale.choose(LOG if logarithmic else PLAIN)
        self.range.setValue(range_)
        self.classes.choose(label)
        if self.detail.findData(side) < 0:
            self.detail.addItem(f"{side}² pixels", side)
        self.detail.choose(side)
        self.contours.setChecked(contours)
        self.data.setChecked(data)
        self.samples.setChecked(samples)
        for combo, name in zip((self.first, self.second), difference or ("", ""), strict=True):
            combo.choose(name)
        name, place = inside or ("", 1.0)
        self.time.models.choose(name)
        self.time.set_place(place)
        del blockers

    def difference(self) -> tuple[str, str] | None:
        """The names of the two maps to subtract, None for no difference."""
        first, second = self.first.currentData(), self.second.currentData()
        return (first, second) if first and second else None

    def set_maps(self, names: Sequence[tuple[str, str]]) -> None:
        """Offer these maps, (name, title), for a difference; what was chosen stays, silently."""
        for combo, nothing in ((self.first, "No difference"), (self.second, "minus…")):
            sign = "" if combo is self.first else "minus "
            combo.offer([(nothing, ""), *((f"{sign}{title}", name) for name, title in names)])


def _with_mark(field: QWidget, text: str, term: str) -> QHBoxLayout:
    return lay.across((field, 1), HelpMark(text, term), spacing=theme.UNIT // 2)


_SCALE_HELP = (
    "A density p(x) is probability per unit area: its integral over the plane is 1. "
    "log p(x), in nats, shows what lies between and beyond the modes."
)
_RANGE_HELP = (
    "Colours end this far below the highest value of the truth. "
    "One nat is a factor of e ≈ 2.72 in density: log p = log p_max − range."
)
_DIFFERENCE_HELP = (
    "log p₁(x) − log p₂(x) in nats, or p₁(x) − p₂(x): red where the first is denser, blue "
    "where the second is. If one of them is a bound or a kernel density, so is the "
    "difference."
)
_TIME_HELP = (
    "How a model gets from noise, t = 0, to its density, t = 1: a diffusion by noise "
    "level, a flow layer by layer, an energy by its Markov chain. Its map shows the chosen "
    "moment."
)
