"""Small icons drawn from vector strokes, and a button that wears one.

They take their colour from the palette in force when painted, so a change of theme needs no reload.
"""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

from widgets import theme

SIZE = 16
"""Side of a glyph in device-independent pixels; the strokes below live on this grid."""


class Glyph(Enum):
    """Each value is the body of a 16 × 16 SVG, stroked in one colour; class "f" fills instead."""

    BACK = '<path d="M3 6h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3.2 3 6l2.8 2.8"/>'
    CHECK = '<path d="m3 8.5 3.2 3.2L13 5"/>'
    CLOCK = '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2.2 1.3"/>'
    CROSS = '<path d="m4.5 4.5 7 7m0-7-7 7"/>'
    DETAILS = '<path d="M3.5 4.5h9M3.5 8h9m-9 3.5H9"/>'
    DICE = (
        '<rect x="2.5" y="2.5" width="11" height="11" rx="2.5"/><g class="f">'
        '<circle cx="5.5" cy="5.5" r="1"/><circle cx="10.5" cy="5.5" r="1"/>'
        '<circle cx="8" cy="8" r="1"/>'
        '<circle cx="5.5" cy="10.5" r="1"/><circle cx="10.5" cy="10.5" r="1"/></g>'
    )
    DOWN = '<path d="m5 6.5 3 3 3-3"/>'
    ERROR = '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.5m0 2.3v.1"/>'
    FIRST = '<path d="M3.5 2.8h9M8 13.2V6M4.7 9.2 8 5.9l3.3 3.3"/>'
    INFO = '<circle cx="8" cy="8" r="5.5"/><path d="M8 7.6V11M8 5.2v-.1"/>'
    LOCK = (
        '<rect x="3.5" y="7.2" width="9" height="6.3" rx="1.5"/>'
        '<path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>'
    )
    PAUSE = '<path d="M5.7 4.2v7.6m4.6-7.6v7.6"/>'
    PLAY = '<path class="f" d="M5.2 3.6 12.4 8l-7.2 4.4z"/>'
    QUESTION = '<path d="M5.8 6.1a2.3 2.3 0 1 1 3.3 2C8.3 8.5 8 9 8 9.8m0 2.6v.1"/>'
    RESET = '<path d="M3.3 7.2a4.8 4.8 0 1 1 .6 3.3M3 3.6v3.7h3.7"/>'
    RETRY = '<path d="M12.7 7.2a4.8 4.8 0 1 0-.6 3.3M13 3.6v3.7H9.3"/>'
    STOP = '<rect class="f" x="4.8" y="4.8" width="6.4" height="6.4" rx="1"/>'
    UNLOCK = (
        '<rect x="3.5" y="7.2" width="9" height="6.3" rx="1.5"/>'
        '<path d="M5.5 7V4.3a2.5 2.5 0 0 1 4.8-.9"/>'
    )
    WARN = '<path d="m8 2.8 5.9 10.4H2.1zM8 6.6v3m0 1.8v.1"/>'


def draw(painter: QPainter, glyph: Glyph, centre: QPointF, colour: QColor) -> None:
    """Draw `glyph` around `centre` at its natural size, opacity included in `colour`."""
    ink = colour.name()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}"><g fill="none" '
        f'stroke="{ink}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">'
        f"{glyph.value}</g></svg>"
    ).replace('class="f"', f'fill="{ink}"')
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(painter.opacity() * colour.alphaF())
    box = QRectF(centre.x() - SIZE / 2, centre.y() - SIZE / 2, SIZE, SIZE)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, box)
    painter.restore()


class GlyphButton(QToolButton):
    """A square button showing one glyph; flat unless `framed`, tinted while checked."""

    def __init__(
        self,
        glyph: Glyph,
        name: str,
        tip: str,
        parent: QWidget | None = None,
        *,
        framed: bool = False,
    ) -> None:
        super().__init__(parent)
        self._glyph = glyph
        self._framed = framed
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def glyph(self) -> Glyph:
        return self._glyph

    def set_glyph(self, glyph: Glyph) -> None:
        self._glyph = glyph
        self.update()

    def sizeHint(self) -> QSize:
        side = 3 * theme.UNIT + (4 if self._framed else 0)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint without the style: a style sheet would cost a polish per button and theme."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hot = self.isEnabled() and self.underMouse()
        fill = theme.colour("raised") if self._framed else QColor(Qt.GlobalColor.transparent)
        if self.isDown() or self.isChecked() or (hot and not self._framed):
            fill = theme.colour("well")
        line = theme.colour("line") if self._framed else QColor(Qt.GlobalColor.transparent)
        if self.hasFocus() or (hot and self._framed):
            line = theme.colour("accent")
        painter.setBrush(fill)
        painter.setPen(QPen(line, 1))
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, theme.RADIUS, theme.RADIUS)
        draw(painter, self._glyph, box.center(), self._ink(hot))
        painter.end()

    def _ink(self, hot: bool) -> QColor:
        if not self.isEnabled():
            ink = theme.colour("faint")
            ink.setAlpha(110)
            return ink
        return theme.colour("accent" if self.isChecked() else "text" if hot else "faint")
