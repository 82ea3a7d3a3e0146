"""A grid of many small pictures: arrays in, the index of the chosen picture out.

Only visible tiles are converted and painted, so ten thousand pictures scroll like ten.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from widgets.look import focus, theme
from widgets.look.images import Picture
from widgets.look.tiling import Space, arrange
from widgets.pictures.album import Album
from widgets.pictures.size import ThumbnailSize

STALE_OPACITY = 0.35
"""How much of a stale picture still shows over its well."""


class Gallery(QAbstractScrollArea):
    """`count` tiles at the largest crisp scale that fits; a well where no picture is yet.

    `chosen(i)` follows a click, the arrow keys or Enter; `menu_wanted(i, global position)` the
    context menu; `drag_wanted(i)` a drag out of tile i (the receiver supplies the data);
    `copy_wanted(i)` Ctrl+C.
    """

    chosen = Signal(int)
    menu_wanted = Signal(int, QPoint)
    drag_wanted = Signal(int)
    copy_wanted = Signal(int)
    scrolled = Signal(float)
    """The tile at the top, by a hand; between two rows it is a fraction."""
    sized = True
    """Whether its pictures have the size of all galleries; else they are as large as fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._album = Album()
        self._captions: list[str] = []
        self._hint: int | None = None
        self._current: int | None = None
        self._hovered: int | None = None
        self._pressed: tuple[int, QPoint] | None = None
        self._size = ThumbnailSize.of()
        self._size.changed.connect(self._arrange)
        self._unit = self.devicePixelRatioF()
        self._tiling = arrange(0, self._album.size, Space(1, 1))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Pictures")
        self.verticalScrollBar().valueChanged.connect(self._announce_top)
        self.setToolTip(
            "Click a picture to inspect it, or drag it out. Arrow keys move; Ctrl and the wheel "
            "make pictures larger or smaller."
        )

    def count(self) -> int:
        """How many tiles there are, with or without a picture."""
        return len(self._album)

    def set_count(self, n: int) -> None:
        """Show n tiles; pictures already there stay, new tiles are empty wells."""
        self._album.resize(n)
        if self._current is not None and self._current >= n:
            self._current = None
        self._hovered = self._pressed = None
        self._arrange()

    def put(self, first: int, pictures: Picture) -> None:
        """Show pictures, uint8 (k, H, W, 3), in tiles first … first + k − 1; they are fresh.

        Pictures of another size than those shown replace the whole set. Raises ValueError for
        another shape or type, IndexError for tiles that do not exist.
        """
        size = self._album.size
        self._album.put(first, pictures)
        if self._album.size != size:
            self._current = None
            self._arrange()
        self.viewport().update()

    def clear(self) -> None:
        """Empty every well; the number of tiles stays."""
        self._album.clear()
        self.set_current(None)

    def picture(self, i: int) -> Picture | None:
        """Picture i as a read-only uint8 (H, W, 3) array, None if it is not there (yet)."""
        return self._album.picture(i)

    def set_captions(self, captions: list[str]) -> None:
        """A short text under each tile, shown where tiles are wide enough; [] for none."""
        self._captions = list(captions)
        self._arrange()

    def columns_hint(self, columns: int | None) -> None:
        """Ask for a number of columns (10 puts each of ten classes in its own), None for any."""
        self._hint = columns
        self._arrange()

    def set_stale(self, stale: bool) -> None:
        """Dim all pictures that are there now; each is fresh again once it is `put` anew."""
        self._album.set_stale(stale)
        self.viewport().update()

    def is_stale(self, i: int) -> bool:
        """Whether picture `i` is shown dimmed."""
        return self._album.stale(i)

    def current(self) -> int | None:
        """The tile with the selection ring."""
        return self._current

    def set_current(self, i: int | None) -> None:
        """Move the selection ring without a signal; raises IndexError outside the gallery."""
        if i is not None and not 0 <= i < self.count():
            raise IndexError(f"picture {i} of a gallery of {self.count()}")
        self._current = i
        if i is not None:
            if self.isVisible():  # before that, nobody knows what is in view
                self._reveal(i)
            self.setAccessibleDescription(f"Picture {i + 1} of {self.count()}")
        self.viewport().update()

    def _choose(self, i: int) -> None:
        """Choose picture i, or the last one before it that is there."""
        found = next((k for k in range(i, -1, -1) if self.picture(k) is not None), None)
        if found is not None:
            self.set_current(found)
            self.chosen.emit(found)

    def _reveal(self, i: int) -> None:
        top = self._tiling.corner(i)[1] / self._unit
        below = top + (self._tiling.height + self._tiling.caption) / self._unit
        bar, margin = self.verticalScrollBar(), theme.UNIT // 2
        if top < bar.value():
            bar.setValue(int(top) - margin)
        elif below > bar.value() + self.viewport().height():
            bar.setValue(int(below) + margin - self.viewport().height())

    def link(self, other: Gallery) -> None:
        """Let both scroll together, tile by tile; of three, link every pair."""
        self.scrolled.connect(other._follow)
        other.scrolled.connect(self._follow)

    @Slot(int)
    def _announce_top(self, value: int) -> None:
        rows = value * self._unit / self._tiling.pitch[1]
        self.scrolled.emit(rows * self._tiling.columns)

    @Slot(float)
    def _follow(self, tile: float) -> None:
        bar = self.verticalScrollBar()
        was = bar.blockSignals(True)  # it is the other one that leads
        bar.setValue(round(tile / self._tiling.columns * self._tiling.pitch[1] / self._unit))
        bar.blockSignals(was)
        self.viewport().update()

    def visible(self) -> range:
        """The tiles at least partly in view."""
        top = self.verticalScrollBar().value() * self._unit
        return self._tiling.visible(top, top + self.viewport().height() * self._unit)

    def tile_rect(self, i: int) -> QRectF:
        """Where picture i is now, in viewport coordinates; tests and tours point at it."""
        x, y = self._tiling.corner(i)
        lift = round(self.verticalScrollBar().value() * self._unit)
        size = self._tiling.width / self._unit, self._tiling.height / self._unit
        return QRectF(x / self._unit, (y - lift) / self._unit, *size)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._current is not None:
            self._reveal(self._current)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            shown = round(self._tiling.width / self._unit)
            self._size.step(1 if event.angleDelta().y() > 0 else -1, shown)
            event.accept()
        else:
            super().wheelEvent(event)

    @Slot()
    def _arrange(self) -> None:
        unit = self._unit = self.devicePixelRatioF()
        room = self.maximumViewportSize()
        line = QFontMetrics(theme.small_font(self.font())).height()
        space = Space(
            round(room.width() * unit),
            round(room.height() * unit),
            unit,
            caption=round(line * unit) if self._captions else 0,
            bar=round(self.verticalScrollBar().sizeHint().width() * unit),
        )
        # one picture alone is as large as its place
        wanted = round(self._size.pixels() * unit) if self.sized and self.count() > 1 else 0
        self._tiling = arrange(
            self.count(), self._album.size, space, hint=self._hint, wanted=wanted
        )
        bar = self.verticalScrollBar()
        bar.setRange(0, max(round(self._tiling.bottom / unit) - room.height(), 0))
        bar.setSingleStep(round(self._tiling.pitch[1] / unit))
        bar.setPageStep(room.height())
        self.viewport().update()

    def _at(self, position: QPointF) -> int | None:
        lift = self.verticalScrollBar().value()
        return self._tiling.at(position.x() * self._unit, (position.y() + lift) * self._unit)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.devicePixelRatioF() != self._unit:  # moved to a screen of another density
            self._arrange()
        painter = QPainter(self.viewport())
        painter.setFont(theme.small_font(self.font()))
        faint, well, edge = (theme.colour(role) for role in ("faint", "well", "line"))
        for i in self.visible():
            self._paint_tile(painter, i, well, edge)
            self._paint_caption(painter, i, faint)
        if self._hovered is not None and self._hovered != self._current:
            self._paint_ring(painter, self._hovered, faint, 1.0)
        if self._current is not None:
            self._paint_ring(painter, self._current, theme.colour("accent"), 2.0)
        focus.ring(self, painter)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def _paint_tile(self, painter: QPainter, i: int, well: QColor, edge: QColor) -> None:
        rect = self.tile_rect(i)
        image = self._album.image(i, self._tiling.width)
        stale = self._album.stale(i)
        if image is None or stale:
            painter.fillRect(rect, well)
        if image is not None:
            painter.setOpacity(STALE_OPACITY if stale else 1.0)
            painter.drawImage(rect, image)
            painter.setOpacity(1.0)
        # a hairline outside, lest black pictures melt into a dark card
        hair = 1 / self.devicePixelRatioF()
        painter.setPen(QPen(edge, hair))
        painter.drawRect(rect.adjusted(-hair, -hair, 0, 0))

    def _paint_caption(self, painter: QPainter, i: int, ink: QColor) -> None:
        if not self._tiling.caption or i >= len(self._captions):
            return
        tile, high = self.tile_rect(i), self._tiling.caption / self._unit
        rect = QRectF(tile.left(), tile.bottom(), tile.width(), high)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(self._captions[i], Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.setPen(ink)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_ring(self, painter: QPainter, i: int, ink: QColor, width: float) -> None:
        painter.setPen(QPen(ink, width, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(self.tile_rect(i).adjusted(-width / 2, -width / 2, width / 2, width / 2))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self._hover(None)
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        i = self._at(event.position())
        if event.button() is not Qt.MouseButton.LeftButton or i is None or self.picture(i) is None:
            return
        self._pressed = i, event.position().toPoint()
        self._choose(i)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._at(event.position()))
        if self._pressed is None:
            return
        i, start = self._pressed
        moved = (event.position().toPoint() - start).manhattanLength()
        if moved >= QApplication.startDragDistance():
            self._pressed = None
            self.drag_wanted.emit(i)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def _hover(self, i: int | None) -> None:
        if i != self._hovered:
            self._hovered = i
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        i = self._current if by_key else self._at(QPointF(event.pos()))
        if i is None or self.picture(i) is None:
            return
        if not by_key:
            self._choose(i)
        centre = self.viewport().mapToGlobal(self.tile_rect(i).center().toPoint())
        self.menu_wanted.emit(i, centre if by_key else event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        target = self._key_target(event)
        if event.matches(QKeySequence.StandardKey.Copy) and self._current is not None:
            self.copy_wanted.emit(self._current)
        elif target is not None:
            self._choose(target)
        else:
            event.ignore()  # Esc, Ctrl+Enter and the like belong to the window

    def _key_target(self, event: QKeyEvent) -> int | None:
        """The tile that a navigation key leads to, None for any other key."""
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or not self.count():
            return None
        key, now, grid = Qt.Key(event.key()), self._current or 0, self._tiling
        page = max(int(self.viewport().height() * self._unit // grid.pitch[1]), 1)
        rows = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
        }
        places = {
            Qt.Key.Key_Left: now - 1,
            Qt.Key.Key_Right: now + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: grid.count - 1,
            Qt.Key.Key_Return: now,
            Qt.Key.Key_Enter: now,
        }
        if self._current is None and (key in rows or key in places):
            return 0
        target = grid.below(now, rows[key]) if key in rows else places.get(key)
        return None if target is None else min(max(target, 0), grid.count - 1)
