"""Small icons drawn from vector strokes, and a button that wears one.

They take their colour from the palette in force when painted, so a change of theme needs no reload.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

from widgets.look import theme

SIZE = 16
"""Side of a glyph at 100 %, in device-independent pixels; the strokes below live on this grid."""


class Glyph(Enum):
    """Each value is the body of a 16 × 16 SVG, stroked in one colour; class "f" fills instead."""

    BACK = '<path d="M3 6h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3.2 3 6l2.8 2.8"/>'
    ALL = '<rect class="f" x="3" y="3" width="10" height="10" rx="1.5"/>'
    BRUSH = (
        '<path d="M13.2 2.8 7.6 8.4m-1.2.3c-1.7 0-2.4 1.2-2.4 2.4 0 1-.6 1.6-1.5 1.9 2.6 1 5.9.5'
        ' 5.9-2 0-1.4-.9-2.3-2-2.3z"/>'
    )
    BUCKET = (
        '<path d="M6.8 3.2 2.6 7.6a1 1 0 0 0 0 1.4l3.6 3.5a1 1 0 0 0 1.4 0l4.6-4.6zM5.2 2l1.6'
        ' 1.2"/>'
        '<path class="f" d="M13.6 10.4c.7 1 1 1.5 1 2a1 1 0 0 1-2 0c0-.5.3-1 1-2z"/>'
    )
    CHECK = '<path d="m3 8.5 3.2 3.2L13 5"/>'
    CHECKERBOARD = (
        '<rect x="2.5" y="2.5" width="11" height="11" rx="1"/>'
        '<path class="f" stroke="none" d="M2.5 2.5H8V8H2.5zM8 8h5.5v5.5H8z"/>'
    )
    CLOCK = '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2.2 1.3"/>'
    COPY = (
        '<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/>'
        '<path d="M10.5 3.6A1.5 1.5 0 0 0 9 2.5H4A1.5 1.5 0 0 0 2.5 4v5A1.5 1.5 0 0 0 3.6 10.5"/>'
    )
    CROSS = '<path d="m4.5 4.5 7 7m0-7-7 7"/>'
    DETAILS = '<path d="M3.5 4.5h9M3.5 8h9m-9 3.5H9"/>'
    DICE = (
        '<rect x="2.5" y="2.5" width="11" height="11" rx="2.5"/><g class="f">'
        '<circle cx="5.5" cy="5.5" r="1"/><circle cx="10.5" cy="5.5" r="1"/>'
        '<circle cx="8" cy="8" r="1"/>'
        '<circle cx="5.5" cy="10.5" r="1"/><circle cx="10.5" cy="10.5" r="1"/></g>'
    )
    DOWN = '<path d="m5 6.5 3 3 3-3"/>'
    ERASER = '<path d="M8.7 3 3 8.7l3.6 3.6h2L14 6.9zM5.8 6l4.6 4.6M6.6 13h7"/>'
    ERROR = '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.5m0 2.3v.1"/>'
    EXPORT = '<path d="M3 10.5v2.5h10v-2.5M8 10V3M5.2 5.7 8 2.9l2.8 2.8"/>'
    FIRST = '<path d="M3.5 2.8h9M8 13.2V6M4.7 9.2 8 5.9l3.3 3.3"/>'
    FIT = '<path d="M2.8 6V2.8H6M10 2.8h3.2V6m0 4v3.2H10M6 13.2H2.8V10"/>'
    GROW = (
        '<rect class="f" x="6" y="6" width="4" height="4"/>'
        '<path d="M8 3.8V1.6m0 12.8v-2.2M3.8 8H1.6m12.8 0h-2.2"/>'
    )
    IMPORT = '<path d="M3 10.5v2.5h10v-2.5M8 3v7M5.2 7.3 8 10.1l2.8-2.8"/>'
    INFO = '<circle cx="8" cy="8" r="5.5"/><path d="M8 7.6V11M8 5.2v-.1"/>'
    INVERT = '<circle cx="8" cy="8" r="5.5"/><path class="f" d="M8 2.5a5.5 5.5 0 0 1 0 11z"/>'
    LASSO = (
        '<ellipse cx="8.4" cy="6.4" rx="5.3" ry="3.7"/>'
        '<path d="M4.6 9c-1.3.6-1.4 2.2-.2 2.6 1.3.4 1.5 1.3.7 2.4"/>'
    )
    LOCK = (
        '<rect x="3.5" y="7.2" width="9" height="6.3" rx="1.5"/>'
        '<path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>'
    )
    PAUSE = '<path d="M5.7 4.2v7.6m4.6-7.6v7.6"/>'
    PENCIL = '<path d="M3 13l.7-3L10.6 3.2a1.2 1.2 0 0 1 1.7 0l.5.5a1.2 1.2 0 0 1 0 1.7L6 12.3z"/>'
    PLAY = '<path class="f" d="M5.2 3.6 12.4 8l-7.2 4.4z"/>'
    PLUS = '<path d="M8 3.5v9M3.5 8h9"/>'
    QUESTION = '<path d="M5.8 6.1a2.3 2.3 0 1 1 3.3 2C8.3 8.5 8 9 8 9.8m0 2.6v.1"/>'
    RECTANGLE = '<rect x="2.5" y="3.5" width="11" height="9" stroke-dasharray="2.6 2"/>'
    REDO = '<path d="M13 6H6.5a3.5 3.5 0 0 0 0 7H10m.2-9.8L13 6l-2.8 2.8"/>'
    RESET = '<path d="M3.3 7.2a4.8 4.8 0 1 1 .6 3.3M3 3.6v3.7h3.7"/>'
    RETRY = '<path d="M12.7 7.2a4.8 4.8 0 1 0-.6 3.3M13 3.6v3.7H9.3"/>'
    STRIP = (
        '<rect x="1.8" y="5" width="3.6" height="6" rx=".8"/>'
        '<rect x="6.2" y="5" width="3.6" height="6" rx=".8"/>'
        '<rect x="10.6" y="5" width="3.6" height="6" rx=".8"/>'
    )
    SHRINK = (
        '<rect class="f" x="6.6" y="6.6" width="2.8" height="2.8"/>'
        '<path d="M8 1.6v2.6m0 7.6v2.6M1.6 8h2.6m7.6 0h2.6"/>'
        '<path d="M6.6 3 8 4.4 9.4 3M6.6 13 8 11.6 9.4 13"/>'
    )
    SPRAY = (
        '<rect x="6" y="6.5" width="5.5" height="7.3" rx="1"/><path d="M7.5 6.3V4h2.5v2.3"/>'
        '<g class="f" stroke="none"><circle cx="3" cy="3" r=".9"/>'
        '<circle cx="5.2" cy="4.6" r=".9"/>'
        '<circle cx="2.6" cy="6" r=".9"/><circle cx="5" cy="1.9" r=".9"/></g>'
    )
    STAR = (
        '<path class="f" d="m8 2.4 1.7 3.5 3.9.6-2.8 2.7.7 3.9L8 11.3l-3.5 1.8.7-3.9-2.8-2.7'
        ' 3.9-.6z"/>'
    )
    STOP = '<rect class="f" x="4.8" y="4.8" width="6.4" height="6.4" rx="1"/>'
    TRASH = '<path d="M3 4.5h10M6.5 4.3V2.8h3v1.5m-5.2.2.6 8.7h6.2l.6-8.7"/>'
    UNLOCK = (
        '<rect x="3.5" y="7.2" width="9" height="6.3" rx="1.5"/>'
        '<path d="M5.5 7V4.3a2.5 2.5 0 0 1 4.8-.9"/>'
    )
    WARN = '<path d="m8 2.8 5.9 10.4H2.1zM8 6.6v3m0 1.8v.1"/>'


def side() -> int:
    """Side of a glyph at the zoom in force."""
    return theme.px(SIZE)


def draw(painter: QPainter, glyph: Glyph, centre: QPointF, colour: QColor) -> None:
    """Draw `glyph` around `centre` at its usual size, opacity included in `colour`."""
    size = side()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setOpacity(painter.opacity() * colour.alphaF())
    box = QRectF(centre.x() - size / 2, centre.y() - size / 2, size, size)
    _renderer(glyph, colour.name()).render(painter, box)
    painter.restore()


@lru_cache(maxsize=512)
def _renderer(glyph: Glyph, ink: str) -> QSvgRenderer:
    """Parsed once for each colour: a window paints the same few glyphs dozens of times."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}"><g fill="none" '
        f'stroke="{ink}" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round">'
        f"{glyph.value}</g></svg>"
    ).replace('class="f"', f'fill="{ink}"')
    return QSvgRenderer(QByteArray(svg.encode()))


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
        # a menu opens at a plain click and at Space, not after holding the button
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def glyph(self) -> Glyph:
        return self._glyph

    def set_glyph(self, glyph: Glyph) -> None:
        self._glyph = glyph
        self.update()

    def sizeHint(self) -> QSize:
        wide = theme.px(28 if self._framed else 24)
        return QSize(wide, wide)

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
