"""Small labels that behave in narrow columns: one that elides, one that is a coloured pill."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QWidget

from widgets.look import theme
from widgets.look.explain import explain


class ElidedLabel(QLabel):
    """One line that ends in "…" where it does not fit; the tool tip then has all of it.

    Below that, or alone, the tool tip has `tip`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._explain()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _shown(self) -> str:
        metrics = QFontMetrics(self.font())
        return metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())

    def _explain(self) -> None:
        cut = self.text() if self._shown() != self.text() else ""
        self.setToolTip("\n\n".join(part for part in (cut, self.tip) if part))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment(), self._shown())


class Badge(QLabel):
    """A pill that says what kind of number or procedure this is: "exact", "bound", …

    `about` is what it speaks of, such as "sampler": an exact sampler says nothing of how good the
    model is. Its tool tip should name the method and its source. A click, Space or Enter opens the
    entry of its word in the glossary.
    """

    clicked = Signal()
    does = "explain"
    """What a click does."""

    def __init__(self, parent: QWidget | None = None, *, about: str = "") -> None:
        super().__init__(parent)
        self.about, self.standing = about, ""
        self.whose = ""
        """The model that it speaks of, for those who hear it read."""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFont(theme.small_font(self.font()))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hue = ""
        """The standing whose colour it has, where that is not its own text."""
        self.clicked.connect(self._clicked)

    def set_standing(self, standing: str, tip: str) -> None:
        """Say `standing` in its own colour; "" hides the badge."""
        self.standing = standing
        self.setText(f"{self.about}: {standing}" if self.about and standing else standing)
        self.setToolTip(tip)
        self._name()
        self.setAccessibleDescription(tip)
        self.setVisible(bool(standing))

    def set_whose(self, title: str) -> None:
        """Say which model it speaks of."""
        self.whose = title
        self._name()

    def _name(self) -> None:
        said = f"{self.whose}: {self.text()}" if self.whose else self.text()
        self.setAccessibleName(f"{said}, {self.does}")

    @Slot()
    def _clicked(self) -> None:
        explain(self, self.hue or self.standing)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() is Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def tones(self) -> tuple[QColor, QColor]:
        """Paper and ink in the palette in force, with a contrast of at least 4.5."""
        hue = theme.badge_colour(self.hue or self.standing)
        paper = theme.mix(theme.colour("raised"), hue, 0.16)
        return paper, theme.legible(hue, paper)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        wide = metrics.horizontalAdvance(self.text()) + 2 * theme.UNIT
        return QSize(wide, max(self._pill(), theme.px(theme.TARGET)))

    def _pill(self) -> int:
        """The height of what is seen of it: a hand may miss by some pixels."""
        return self.fontMetrics().height() + theme.UNIT // 2

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paper, ink = self.tones()
        painter.setPen(QPen(theme.mix(paper, ink, 0.3), 1.0))
        painter.setBrush(paper)
        pill = QRectF(0.5, (self.height() - self._pill()) / 2, self.width() - 1, self._pill())
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setPen(ink)
        painter.drawText(self.rect(), self.alignment(), self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 2.0))
            ring = pill.adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)


class BadgeButton(Badge):
    """A badge whose click shows its evidence, from where the glossary is one step away."""

    does = "show the evidence"

    def set_standing(self, standing: str, tip: str) -> None:
        super().set_standing(standing, f"{tip} Click for the evidence." if tip else "")

    @Slot()
    def _clicked(self) -> None:
        """Nothing of its own: whoever made it shows the evidence."""


def small_print(*labels: QLabel, wrap: bool = False) -> None:
    """Let labels be small and faint, and with `wrap` of as many lines as they need."""
    for label in labels:
        label.setFont(theme.small_font(label.font()))
        label.setProperty("faint", True)
        if wrap:
            label.setWordWrap(True)
