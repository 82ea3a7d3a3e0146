"""The page of the classifier: a picture or a sheet on the left, what models read on the right."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from widgets.controls.combo import Combo
from widgets.controls.help_mark import explained
from widgets.controls.source_bar import SourceBar
from widgets.density.picture_pages import PictureBox
from widgets.look import lay, theme
from widgets.look.frames import card, scrolled
from widgets.look.labels import small_print
from widgets.look.reading_row import ReadingRows
from widgets.pictures.gallery import Gallery
from widgets.uses.classifier_pen import SIDE, Pen
from widgets.uses.classifier_plots import Confusion, SharePlot
from widgets.uses.classifier_prior import PriorSliders
from widgets.uses.classifier_rows import ClassRow

VIEWS = (
    ("classes", "Classes", "p(class | picture) of every model."),
    ("reliability", "Reliability", "How often a model is right where it says that it is sure."),
    ("confusion", "Confusion", "Which classes are taken for which; a cell opens its pictures."),
    ("reject", "Reject", "What leaving doubtful pictures unread saves, by two doubts."),
)
"""Name, title, and what it shows."""
_BAYES = (
    "p(c | x) ∝ p(x | c)^(1/T) p(c): Bayes' rule with the density of the picture under each class. "
    "Where the models' own numbers are bounds or estimates, so are the bars."
)
_PRIOR = (
    "p(c): what is known of the class before the picture is seen. A prior is changed without any "
    "training; the number behind each class is by how many nats it moves the log-odds."
)


class ClassifierPage(QWidget):
    """`view_changed` carries the name of what is shown, `drawing_changed` whether a sheet is."""

    view_changed = Signal(str)
    drawing_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source, self.box, self.pen = SourceBar(self), PictureBox(self), Pen(self)
        self.draw, self.clear = QPushButton("Draw a digit", self), QPushButton("Clear", self)
        self.prior = PriorSliders(self)
        self.calibrated = QCheckBox("Calibrated", self)
        self.rows, self.confusion, self.cell = (
            ReadingRows(ClassRow, self),
            Confusion(self),
            Gallery(self),
        )
        self.reliability = SharePlot(
            "mean of max p(c | x) in the bin", "share that is right", diagonal=True, parent=self
        )
        self.reject = SharePlot(
            "share that is read (coverage)",
            "share of those that is wrong (risk)",
            diagonal=False,
            parent=self,
        )
        self.models, self.cell_title = Combo(self), QLabel(self)
        self.doubt, self.figures = QLabel(self), QLabel(self)
        self._sheet, self._views = QStackedWidget(self), QStackedWidget(self)
        self._buttons = QButtonGroup(self)
        self._dress()
        self._build()
        self.draw.toggled.connect(self._turn_sheet)
        self._buttons.idToggled.connect(self._turn)

    def _dress(self) -> None:
        self.draw.setCheckable(True)
        self.draw.setToolTip("A sheet to draw on: what the models read follows the pen.")
        self.clear.setToolTip("An empty sheet.")
        self.clear.setEnabled(False)
        self.calibrated.setChecked(True)
        self.calibrated.setToolTip(
            "Divide log p(x | c) by one temperature T, fitted on the first half of the test "
            "pictures; figures are those of the second half. Without it T is 1: the densities of "
            "784 pixels add up, and nearly every reading is far too sure."
        )
        self.models.setAccessibleName("Model of the confusion matrix")
        small_print(self.doubt, self.figures, self.cell_title, wrap=True)

    def _build(self) -> None:
        unit = theme.UNIT
        left = QWidget(self)
        column = lay.down(self.source, on=left, margins=unit)
        self._sheet.addWidget(self.box)
        self._sheet.addWidget(self.pen)
        self._sheet.setFixedHeight(SIDE)
        column.addWidget(self._sheet)
        buttons = lay.across(self.draw, self.clear, lay.STRETCH, spacing=unit // 2)
        column.addLayout(buttons)
        column.addWidget(explained("Prior", _PRIOR, "Bayes' rule"))
        column.addWidget(self.prior)
        column.addWidget(self.calibrated)
        column.addStretch(1)
        self.splitter = lay.split(self, card(scrolled(left), least=SIDE + 32))
        self.splitter.addWidget(self._right())  # made now, the keys reach it after the left
        self.splitter.setStretchFactor(1, 1)
        lay.across(self.splitter, on=self, spacing=None)

    def _right(self) -> QWidget:
        unit, right = theme.UNIT, QWidget(self)
        tabs = QHBoxLayout()
        tabs.setSpacing(unit // 2)
        for place, (_, title, tip) in enumerate(VIEWS):
            button = QPushButton(title, self)
            button.setCheckable(True)
            button.setToolTip(tip)
            self._buttons.addButton(button, place)
            tabs.addWidget(button)
        self._buttons.button(0).setChecked(True)
        tabs.addStretch(1)
        lay.down(tabs, (self._views, 1), on=right)
        self._views.addWidget(
            _page(explained("Classes", _BAYES, "Bayes' rule"), scrolled(self.rows))
        )
        self._views.addWidget(_page(self.figures, self.reliability))
        self._views.addWidget(self._confusion())
        self._views.addWidget(_page(self.doubt, self.reject))
        return right

    def _confusion(self) -> QWidget:
        beside = _page(self.cell_title, self.cell)
        both = lay.split(self, self.confusion, beside, sizes=(480, 240))
        head = QWidget(self)
        lay.across(self.models, lay.STRETCH, on=head, spacing=None)
        return _page(head, both)

    def button(self, name: str) -> QPushButton:
        """The button that brings a view to the front."""
        found = self._buttons.button([view[0] for view in VIEWS].index(name))
        assert isinstance(found, QPushButton)
        return found

    def shown(self) -> str:
        """The view in front."""
        return VIEWS[self._buttons.checkedId()][0]

    def content(self) -> QWidget:
        """What is in front."""
        found = self._views.currentWidget()
        assert found is not None
        return found

    def _turn(self, place: int, on: bool) -> None:
        if on:
            self._views.setCurrentIndex(place)
            self.view_changed.emit(VIEWS[place][0])

    def _turn_sheet(self, on: bool) -> None:
        self._sheet.setCurrentIndex(int(on))
        self.clear.setEnabled(on)
        self.source.setEnabled(not on)
        self.drawing_changed.emit(on)


def _page(head: QWidget, body: QWidget) -> QWidget:
    holder = QWidget()
    lay.down(head, (body, 1), on=holder)
    return holder
