"""The density tab for pictures: a picture on the left, and on the right what models say of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from widgets.controls.attribute_menus import AttributeMenus
from widgets.controls.class_menu import ClassMenu
from widgets.controls.source_bar import SourceBar
from widgets.look import lay, theme
from widgets.look.frames import card, scrolled
from widgets.look.images import Picture, image_of

LEFT_WIDTH = 264
PAGES = (
    ("numbers", "Numbers", "log p(x) of the picture under every model, in bits per dimension."),
    ("pixels", "Pixels", "Where in the picture each model spends its bits."),
    ("plane", "Plane", "The plane through three pictures, in latents or in pixels."),
    ("samples", "Samples and data", "Where a model's samples are and where the data are."),
    ("dimensions", "Dimensions", "How density estimates get worse as the dimension grows."),
)
"""Name, title, and what it shows."""


OF_NO_PICTURE = "samples", "dimensions"
"""The pages that look at no single picture."""


class PictureBox(QWidget):
    """One picture as large as whole pixels allow; `clicked` when it is pressed."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_picture(self, picture: Picture | None) -> None:
        """uint8 (H, W, 3), None for none."""
        self._picture = None if picture is None else picture.copy()
        self.update()

    def picture(self) -> Picture | None:
        return self._picture

    def sizeHint(self) -> QSize:
        return QSize(224, 224)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._picture is None:
            painter.fillRect(self.rect(), theme.colour("well"))
            return
        high, wide = self._picture.shape[:2]
        scale = max(1, min(self.width() // wide, self.height() // high))
        left, top = (self.width() - scale * wide) // 2, (self.height() - scale * high) // 2
        room = self.rect().adjusted(left, top, 0, 0)
        room.setSize(QSize(scale * wide, scale * high))
        painter.drawImage(room, image_of(self._picture, scale * wide))
        painter.setPen(theme.colour("line"))
        painter.drawRect(room.adjusted(-1, -1, 0, 0))


class PicturePages(QWidget):
    """`page_changed` carries the page's name; a page's own controls live in `controls(name)`."""

    page_changed = Signal(str)
    class_changed = Signal()
    save_picture_wanted = Signal()
    save_values_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source, self.box = SourceBar(self), PictureBox(self)
        self.classes, self.attributes = ClassMenu(self), AttributeMenus(self)
        self._asked, self._asked_for = QFormLayout(), QWidget(self)
        self._buttons = QButtonGroup(self)
        self._controls, self._pages = QStackedWidget(self), QStackedWidget(self)
        self._names: list[str] = []
        self.save_picture = QPushButton("Save picture…", self)
        self.save_values = QPushButton("Save values…", self)
        self._build()
        self.save_picture.clicked.connect(self.save_picture_wanted)
        self.save_values.clicked.connect(self.save_values_wanted)
        self._buttons.idToggled.connect(self._turn)
        self.classes.currentIndexChanged.connect(self.class_changed)
        self.attributes.changed.connect(self.class_changed)

    def _build(self) -> None:
        unit = theme.UNIT
        left, right = QWidget(self), QWidget(self)
        self.classes.setToolTip("Density p(x) over all classes, or p(x | c) of one class.")
        self._asked.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._asked.addRow("Class", self.classes)
        self._asked.addRow(self.attributes)
        self.attributes.hide()
        self._asked.setContentsMargins(0, 0, 0, 0)
        self._asked_for.setLayout(self._asked)
        parts = self.source, self.box, self._asked_for, self._controls, lay.STRETCH
        column = lay.down(*parts, on=left, margins=unit)
        saves = QHBoxLayout()
        saves.setSpacing(unit)
        for save, tip in (
            (self.save_picture, "Save what this page shows as one PNG with its recipe inside."),
            (
                self.save_values,
                "Save this page's values as .npz or .csv, with their recipe inside.",
            ),
        ):
            save.setToolTip(tip)
            saves.addWidget(save)
        column.addLayout(saves)
        tabs = QHBoxLayout()
        tabs.setSpacing(unit // 2)
        for place, (name, title, tip) in enumerate(PAGES):
            button = QPushButton(title, self)
            button.setCheckable(True)
            button.setToolTip(tip)
            self._buttons.addButton(button, place)
            tabs.addWidget(button)
            self._names.append(name)
        self._buttons.button(0).setChecked(True)
        tabs.addStretch(1)
        lay.down(tabs, (self._pages, 1), on=right)
        self.splitter = lay.split(self, card(scrolled(left), least=LEFT_WIDTH), (right, 1))
        lay.across(self.splitter, on=self, spacing=None)

    def add_page(self, name: str, page: QWidget, controls: QWidget) -> None:
        """Give a page its content and its controls; pages are added in the order of PAGES."""
        self._pages.addWidget(page)
        self._controls.addWidget(controls)

    def button(self, name: str) -> QPushButton:
        """The button that brings a page to the front."""
        found = self._buttons.button(self._names.index(name))
        assert isinstance(found, QPushButton)
        return found

    def page(self) -> str:
        """The page in front."""
        return self._names[self._buttons.checkedId()]

    def content(self) -> QWidget:
        """What the page in front shows."""
        found = self._pages.currentWidget()
        assert found is not None
        return found

    def show_classes(self, classes: bool) -> None:
        """Whether there is a menu of classes; otherwise there are those of attributes."""
        self._asked.setRowVisible(self.classes, classes)

    def _turn(self, place: int, on: bool) -> None:
        if on:
            self._pages.setCurrentIndex(place)
            self._controls.setCurrentIndex(place)
            for part in (self.source, self.box):
                part.setVisible(self._names[place] not in OF_NO_PICTURE)
            self._asked_for.setVisible(self._names[place] != "dimensions")
            self.page_changed.emit(self._names[place])
