"""ROC curves of one group of pictures, a curve a model."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from widgets.controls.combo import Combo
from widgets.look import theme
from widgets.uses.classifier_plots import ShareCurve, SharePlot

LEAST = (200, 130)
NOTHING = "A curve appears as soon as pictures of this kind are judged."


class RocPanel(QWidget):
    """Which share of a group is flagged, against the share of held-out pictures that is."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.groups = Combo(self)
        self.groups.setAccessibleName("ROC curve of")
        self.groups.setToolTip("Of which kind of pictures the curves are.")
        self.groups.currentIndexChanged.connect(self.changed)
        self.plot = SharePlot("held-out flagged", "found", diagonal=True, parent=self)
        self.plot.setMinimumSize(*LEAST)
        self.plot.setToolTip(
            "ROC: at each threshold, the share of these pictures that is found, over the share of "
            "held-out pictures flagged by mistake. The area below is the AUROC; the dotted line is "
            "chance."
        )
        head = QHBoxLayout()
        head.addWidget(QLabel("ROC of", self))
        head.addWidget(self.groups, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT // 2)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)

    def offer(self, groups: Sequence[str]) -> None:
        """Offer these kinds of pictures; the one chosen stays."""
        if [self.groups.itemText(i) for i in range(self.groups.count())] == list(groups):
            return
        with QSignalBlocker(self.groups):
            before = self.groups.currentText()
            self.groups.clear()
            self.groups.addItems(list(groups))
            self.groups.setCurrentIndex(max(0, self.groups.findText(before)))

    def group(self) -> str:
        """The kind chosen; "" where there is none."""
        return self.groups.currentText()

    def show_curves(self, curves: Sequence[ShareCurve]) -> None:
        """Show the curves of the models."""
        self.plot.show_curves(curves, NOTHING)
