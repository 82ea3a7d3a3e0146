"""The half of the in-painting tab that fills points: one line, and a row for every model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.inpainting.points.inspector import LineInspector
from app.inpainting.points.row import LineRow
from app.inpainting.points.source import LineSource
from app.session.session import Session
from app.tab.parts import Parts
from app.tasks.line import PLACES, QUICK_PLACES, Curve, Line
from app.work.channels import Channel, Channels
from engines.model import Card
from widgets.inpainting.tab import InpaintingTab

if TYPE_CHECKING:
    from widgets.inpainting.conditional_row import ConditionalRow

LOOKING = "Looking for the data…"


class LineDesk(QObject):
    """Holds line, rows and inspector; what is asked of a model, the tab's presenter knows."""

    def __init__(self, tab: InpaintingTab, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._tab: InpaintingTab = tab
        self._session: Session = parts.session
        self._channels: Channels = parts.channels
        self._opened: dict[str, tuple[Channel, Channel]] = {}
        self.rows: dict[str, LineRow] = {}
        self.source = LineSource(tab.line, parts.channels, self)
        self.inspector = LineInspector(tab, self.rows, parts.export)
        self.source.true.connect(self._show_truth)
        self._truth: Curve | None = None

    def add(self, card: Card, widget: ConditionalRow) -> LineRow:
        """A row for a model; its channels are those it had before."""
        if card.name not in self._opened:
            self._opened[card.name] = (
                self._channels.open(f"in-painting: {card.name}"),
                self._channels.open(f"in-painting: density of {card.name}"),
            )
        row = LineRow(card, widget, self._opened[card.name], self._session.open, self)
        row.shown.connect(self.inspector.follow)
        self.rows[card.name] = row
        if self._truth is not None and self._truth.line.data == card.data:
            row.show_truth(self._truth)
        return row

    def look(self) -> Line | None:
        """Ask for every density along the line as it stands; the line, None while unknown."""
        label = self._tab.label()
        line, held = self.source.line(label), self._tab.line.plane.held()
        if line is None:
            return None
        line = replace(line, places=QUICK_PLACES if held else PLACES)
        if self._truth is None or self._truth.line != line:
            self.source.ask_truth(line)
        for row in self.rows.values():
            own = label if row.card.labels else None
            views = self.source.view(0), self.source.view(1)
            row.look(replace(line, label=own), views, held=held)
        return line

    @Slot(object)
    def _show_truth(self, curve: Curve) -> None:
        if curve.line.data != self.source.data:
            return  # of the data set before
        self._truth = curve
        for row in self.rows.values():
            row.show_truth(curve)

    def stop(self, name: str) -> None:
        """Stop what is drawn live for a row."""
        for channel in self._opened[name]:
            channel.stop()
