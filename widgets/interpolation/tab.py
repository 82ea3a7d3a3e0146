"""The interpolation tab: end points and λ on top, one row per model, the inspector on the right.

Holds no state of its own beyond its controls; everything a person does leaves as a signal.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.controls.attribute_menus import AttributeMenus
from widgets.controls.class_menu import ClassMenu
from widgets.controls.combo import Combo
from widgets.controls.number import NumberBox
from widgets.controls.prompt import PromptFields
from widgets.controls.source_bar import SourceBar
from widgets.interpolation.frame import Frame
from widgets.interpolation.latent_panel import LatentPanel
from widgets.interpolation.player import Player
from widgets.interpolation.row import InterpolationRow
from widgets.look import lay, theme
from widgets.look.frames import card, keep_only, paint_once, scrolled
from widgets.look.specs import RowSpec
from widgets.pictures.keyframes import KeyStrip

ROWS_WIDTH, INSPECTOR_WIDTH = 560, 300
USUAL_WIDTH = 956
"""Of the rows in a window of usual size: strips are worth more room than sliders."""
WAYS = ("slerp", "lerp")
_WAY_TIP = (
    "<qt><b>slerp</b> goes along the great circle and keeps the norm of codes, where "
    "samples of N(0, I) lie; <b>lerp</b> goes straight, and half-way the norm has fallen "
    "by about √2.</qt>"
)


class InterpolationTab(QWidget):
    """Signals about one row carry the model's name first."""

    entered = Signal()
    left = Signal()
    way_changed = Signal()
    frames_changed = Signal()
    class_changed = Signal()
    class_slid = Signal()
    encoder_changed = Signal()
    sample_wanted = Signal(str)
    """Of the model that is to draw the chosen end point."""
    export_wanted = Signal(QPoint)
    place_wanted = Signal(float)
    released = Signal()
    selected = Signal(str)
    point_wanted = Signal(str, float, float)
    menu_wanted = Signal(str, QPoint)
    drag_wanted = Signal(str)
    close_wanted = Signal(str)
    retry_wanted = Signal(str)
    details_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, InterpolationRow] = {}
        self.keys, self.source = KeyStrip(self), SourceBar(self)
        self.sampler, self.sample = Combo(self), QPushButton("Sample", self)
        self.player, self.prompt = Player(self), PromptFields(self, wide=True, path=True)
        self.way, self.encoder = Combo(self), Combo(self)
        self.classes = ClassMenu(self, anything="As encoded")
        self.frames, self.film = NumberBox(self), NumberBox(self)
        self.export, self.attributes = QPushButton("Export…", self), AttributeMenus(self)
        self._below: InterpolationRow | None = None
        self.latents = LatentPanel(self)
        self.nothing = QLabel(self)
        self._column = QVBoxLayout()
        self._dress()
        self._build()
        self._join()

    # what the program shows

    def row(self, name: str) -> InterpolationRow | None:
        """The row of a model, or None when it is not shown."""
        return self._rows.get(name)

    def names(self) -> tuple[str, ...]:
        """The models shown, from top to bottom."""
        return tuple(self._rows)

    def set_rows(
        self, specs: tuple[RowSpec, ...], frame: Callable[[QWidget], Frame] | None = None
    ) -> None:
        """Show these models; a row that stays keeps its frames, a new one is made with `frame`."""
        paint_once(self)
        keep_only(self._rows, {spec.name for spec in specs})
        for place, spec in enumerate(specs):
            if spec.name not in self._rows:
                assert frame is not None, "a new row needs a frame"
                self._add(spec, frame)
            self._column.insertWidget(place, self._rows[spec.name], 1)
        self._rows = {spec.name: self._rows[spec.name] for spec in specs}

    def set_samplers(self, names: tuple[str, ...], titles: tuple[str, ...]) -> None:
        """Offer these models to draw an end point, silently."""
        self.sampler.offer(zip(titles, names, strict=True))
        self.sample.setEnabled(bool(names))

    def set_classes(self, names: tuple[str, ...], label: int | None) -> None:
        """Offer to decode as encoded or as one of these classes, silently."""
        self.classes.set_classes(names, label)
        self.latents.classes.set_classes(names, self.label())

    def label(self) -> int | None:
        """The class that codes are decoded as, None for that of the code itself."""
        return self.classes.label()

    def count(self) -> int:
        """Frames of every strip."""
        return int(self.frames.value())

    def set_count(self, count: int) -> None:
        """Set the number of frames, silently."""
        with QSignalBlocker(self.frames):
            self.frames.setValue(count)

    def film_count(self) -> int:
        """Frames of what is exported."""
        return int(self.film.value())

    def set_film_count(self, count: int) -> None:
        """Set the number of frames to export; one that is not offered changes nothing."""
        if self.film.minimum() <= count <= self.film.maximum():
            self.film.setValue(count)

    def show_plan(self, way: str, encoder: str, easing: str) -> None:
        """Set the menus, silently."""
        for combo, place in (
            (self.way, self.way.findText(way)),
            (self.encoder, self.encoder.findData(encoder)),
            (self.player.easing, self.player.easing.findText(easing)),
        ):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(max(0, place))

    def set_files(self, files: bool) -> None:
        """Whether examples have classes, and may come out of files."""
        for widget in (self.source.open, self.source.classes):
            widget.setVisible(files)

    def show_below(self, row: InterpolationRow | None) -> None:
        """Show a row of no model below those of the models, or none."""
        if row is self._below:
            return
        if self._below is not None:
            self._below.hide()
        self._below = row
        if row is not None:
            self._column.insertWidget(len(self._rows), row, 1)
            row.setVisible(self.nothing.isHidden())

    def set_ready(self, reason: str) -> None:
        """Show the rows, or say why there is nothing to show."""
        self.nothing.setText(reason)
        self.nothing.setVisible(bool(reason))
        self.export.setEnabled(not reason)
        for row in (*self._rows.values(), self._below):
            if row is not None:
                row.setVisible(not reason)

    # how it is made

    def _dress(self) -> None:
        self.sampler.setAccessibleName("Model to draw from")
        self.sampler.setToolTip("The model to sample the end point from.")
        self.sample.setToolTip(
            "Use a sample of this model as the chosen end point, with the seed of the "
            "window and the class chosen here."
        )
        self.way.addItems(list(WAYS))
        self.way.setAccessibleName("Path")
        self.way.setToolTip(_WAY_TIP)
        self.encoder.addItem("Mean of q(z | x)", "mean")
        self.encoder.addItem("Sample of q(z | x)", "draw")
        self.encoder.setAccessibleName("Encoder")
        self.encoder.setToolTip(
            "Which latent code a VAE uses for an end point. Other families have one code "
            "for each picture."
        )
        self.classes.setAccessibleName("Class of the decoder")
        self.classes.setToolTip(
            "Decode every code as one class: the same z decoded as another class keeps its "
            "style. End points are then no longer reproduced."
        )
        self.frames.setDecimals(0)
        self.frames.setRange(3, 60)
        self.frames.setValue(9)
        self.frames.setAccessibleName("Thumbnails")
        self.frames.setToolTip(
            "Thumbnails per strip (3–60); a few more where each end point needs its own."
        )
        self.film.setDecimals(0)
        self.film.setRange(3, 240)
        self.film.setValue(60)
        self.film.setAccessibleName("Frames of exports")
        self.film.setToolTip("Frames of an exported film or sheet (3–240).")
        self.export.setToolTip(
            "Save a film of all rows side by side, or the path of one: GIF, MP4, frames or sheet."
        )
        self.nothing.setWordWrap(True)
        self.nothing.setProperty("faint", True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.hide()

    def _build(self) -> None:
        unit = theme.UNIT
        rows = QWidget(self)
        lay.bare(self._column)
        self._column.addWidget(self.nothing)
        rows.setLayout(self._column)
        right = card(scrolled(self.latents), least=INSPECTOR_WIDTH)
        self.splitter = lay.split(
            self,
            (scrolled(rows, least=ROWS_WIDTH), 5),
            (right, 1),
            sizes=(USUAL_WIDTH, INSPECTOR_WIDTH),
        )
        lay.down(card(self._head(), margin=unit), (self.splitter, 1), on=self, margins=unit)

    def _head(self) -> QWidget:
        unit = theme.UNIT
        head = QWidget(self)
        for combo in (self.sampler, self.way, self.encoder, self.classes):
            combo.setMinimumContentsLength(4)
            combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            combo.setMinimumWidth(7 * unit)
        draw = lay.across((self.sampler, 1), self.sample, spacing=unit // 2)
        source = lay.down(self.source, draw, spacing=unit // 2)
        forms = QHBoxLayout()
        forms.setSpacing(unit)
        pairs = (
            (("Path", self.way), ("Encoder", self.encoder)),
            (("Class", self.classes), ("Thumbnails", self.frames)),
            (("Frames", self.film), ("", self.export)),
        )
        for share, rows in zip((3, 2, 2), pairs, strict=True):
            form = QFormLayout()
            form.setSpacing(unit // 2)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            for title, widget in rows:
                form.addRow(title, widget)
            forms.addLayout(form, share)
        right = lay.down(forms, self.attributes, self.prompt)
        self.attributes.hide()
        right.addWidget(self.player)
        top = lay.across(self.keys, (source, 2), (right, 5))
        head.setLayout(top)
        return head

    def _join(self) -> None:
        self.way.currentIndexChanged.connect(self.way_changed)
        self.frames.valueChanged.connect(self.frames_changed)
        self.classes.currentIndexChanged.connect(self._class_chosen)
        self.attributes.changed.connect(self.class_changed)
        self.latents.classes.moved.connect(self._class_slid)
        self.encoder.currentIndexChanged.connect(self.encoder_changed)
        self.sample.clicked.connect(
            lambda: self.sample_wanted.emit(str(self.sampler.currentData()))
        )
        self.export.clicked.connect(
            lambda: self.export_wanted.emit(
                self.export.mapToGlobal(self.export.rect().bottomLeft())
            )
        )

    def _add(self, spec: RowSpec, frame: Callable[[QWidget], Frame]) -> None:
        row, name = InterpolationRow(frame, self), spec.name
        row.set_identity(spec.title, spec.name, spec.family)
        row.place_wanted.connect(self.place_wanted)
        row.released.connect(self.released)
        row.selected.connect(lambda: self.selected.emit(name))
        row.point_wanted.connect(lambda x, y: self.point_wanted.emit(name, x, y))
        row.menu_wanted.connect(lambda at: self.menu_wanted.emit(name, at))
        row.drag_wanted.connect(lambda: self.drag_wanted.emit(name))
        row.close_wanted.connect(lambda: self.close_wanted.emit(name))
        row.retry_wanted.connect(lambda: self.retry_wanted.emit(name))
        row.details_wanted.connect(lambda: self.details_wanted.emit(name))
        self._rows[name] = row

    # what the hand does

    @Slot()
    def _class_chosen(self) -> None:
        self.latents.classes.set_label(self.label())
        self.class_changed.emit()

    @Slot()
    def _class_slid(self) -> None:
        self.classes.choose(self.latents.classes.label())
        self.class_slid.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.entered.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.player.toggle()
        elif event.key() == Qt.Key.Key_Home and not event.modifiers():
            self.latents.sliders.reset_all()
        else:
            super().keyPressEvent(event)
