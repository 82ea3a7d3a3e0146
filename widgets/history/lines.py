"""The lines of the history: only those in view are fetched, so ten thousand open like ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QImage

Index: TypeAlias = QModelIndex | QPersistentModelIndex

PAGE = 16
"""Lines that are fetched together."""
_AT_ONCE = 5 * PAGE
"""Lines that are asked for at once: more than a screen shows."""
_MOST = 4_000
"""Lines that are remembered; those far from the view are fetched again."""


@dataclass(frozen=True)
class ResultLine:
    """A finished result: what it is, of what, and when; `thumbnail` is a PNG, or empty."""

    id: int
    title: str
    detail: str
    when: str
    star: bool
    note: str
    thumbnail: bytes
    tip: str = ""


class Lines(QAbstractListModel):
    """Ids in their order. `wanted(ids)` asks for the lines of those that are about to be seen."""

    wanted = Signal(object)

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._ids: list[int] = []
        self._places: dict[int, int] = {}
        self._lines: dict[int, ResultLine] = {}
        self._images: dict[int, QImage] = {}
        self._old: set[int] = set()
        """Lines that are shown as they were until the new ones come."""
        self._asked: dict[int, None] = {}  # and not yet come, the newest last
        self._missing: dict[int, None] = {}
        self._ask = QTimer(self, singleShot=True, interval=0)
        self._ask.timeout.connect(self._ask_for_missing)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What screen readers and tool tips say; the painter asks for `line`."""
        line = self.line(index.row())
        if line is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            star = "starred, " if line.star else ""
            return f"{line.title}, {line.detail}, {star}{line.when}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return line.tip or None
        return None

    def line(self, row: int) -> ResultLine | None:
        """The line of a row; None, and it is asked for, where it has not been fetched yet."""
        if not 0 <= row < len(self._ids):
            return None
        line = self._lines.get(self._ids[row])
        if (line is None or line.id in self._old) and self._ids[row] not in self._asked:
            start = row // PAGE * PAGE
            self._missing |= dict.fromkeys(self._ids[start : start + PAGE])
            self._ask.start()
        return line

    def image(self, row: int) -> QImage | None:
        """The thumbnail of a row, None for none."""
        line = self.line(row)
        if line is None or not line.thumbnail:
            return None
        if line.id not in self._images:
            self._images[line.id] = QImage.fromData(line.thumbnail)
        return self._images[line.id]

    def id(self, row: int) -> int | None:
        """The id of a row, None for none."""
        return self._ids[row] if 0 <= row < len(self._ids) else None

    def row(self, number: int) -> int | None:
        """Where a result is, None where it is not in the list."""
        return self._places.get(number)

    def set_ids(self, ids: Sequence[int]) -> None:
        """Show these results. Where only new ones came first, the others stay in their places."""
        ids = list(ids)
        came = len(ids) - len(self._ids)
        if came > 0 and ids[came:] == self._ids:
            self.beginInsertRows(QModelIndex(), 0, came - 1)
            self._take(ids)
            self.endInsertRows()
        elif ids != self._ids:
            self.beginResetModel()
            self._take(ids)
            self.endResetModel()

    def _take(self, ids: list[int]) -> None:
        self._ids, self._places = ids, {number: row for row, number in enumerate(ids)}

    def renew(self) -> None:
        """The lines may be others by now: they are fetched anew when they are seen."""
        self._old = set(self._lines)
        self._asked.clear()
        if self._ids:
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def put(self, lines: Iterable[ResultLine]) -> None:
        """The lines that were asked for."""
        rows = []
        for line in lines:
            self._lines[line.id] = line
            self._images.pop(line.id, None)
            self._asked.pop(line.id, None)
            self._old.discard(line.id)
            if (row := self._places.get(line.id)) is not None:
                rows.append(row)
        while len(self._lines) > _MOST:
            oldest = next(iter(self._lines))
            del self._lines[oldest]
            self._images.pop(oldest, None)
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))

    def _ask_for_missing(self) -> None:
        known = self._lines.keys() - self._old
        # what has not come yet is asked for again, as far as it may still be in view
        wanted = [n for n in {**self._asked, **self._missing} if n not in known]
        missing = [n for n in wanted if n in self._places][-_AT_ONCE:]
        self._asked = dict.fromkeys(missing)
        self._missing.clear()
        if missing:
            self.wanted.emit(tuple(sorted(missing, key=lambda n: self._places.get(n, 0))))
