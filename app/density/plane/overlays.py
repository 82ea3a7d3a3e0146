"""What lies over the maps of the plane: points of the data, and samples of every model."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.models.open_models import Loading
from app.recipes.condition import Condition
from app.session.session import Session
from app.tab.answers import LiveAnswers
from app.tasks.mapping import Values
from app.tasks.sampling import Backdrop, Frame, backdrop, draw
from app.work.channels import Channels
from engines.model import Card, SampleRequest

SAMPLES = 1000


class Overlays(QObject):
    """`arrived` with the points of a new data set, `changed` when samples have come."""

    arrived = Signal()
    changed = Signal()

    def __init__(self, channels: Channels, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.backdrop: Backdrop | None = None
        self._data = ""
        self._samples: dict[str, Frame] = {}
        self._drawing = LiveAnswers(channels, "density: samples of ", self)
        self._drawing.stepped.connect(self._take_samples)
        self._look = channels.open("density: data")
        self._look.stepped.connect(self._take_backdrop)

    def show_data(self, data: str) -> None:
        """Look at another data set."""
        self._data, self.backdrop = data, None
        self.clear()
        self._look.submit(backdrop(data))

    def clear(self) -> None:
        """Forget all samples: they were of another condition."""
        self._samples.clear()
        self._drawing.keep(())

    def points(self) -> Values | None:
        """Points of the data (n, 2)."""
        return self.backdrop.points if self.backdrop else None

    def samples(self, card: Card, asked: Condition) -> Values | None:
        """The samples of a model so far (n, 2); until those asked for come, the ones before."""
        self._draw(card, asked.of(card))
        frame = self._samples.get(card.name)
        if frame is None:
            return None
        return np.asarray(frame.values[: frame.begun], np.float32)

    def _draw(self, card: Card, asked: Condition) -> None:
        request = SampleRequest(SAMPLES, self._session.seed, asked.one, given=asked.given)
        self._drawing.ask(card.name, request, draw(self._session.open, card, request))

    @Slot(str, object)
    def _take_samples(self, name: str, step: Loading | Frame) -> None:
        if isinstance(step, Frame):
            self._samples[name] = step
            self.changed.emit()

    @Slot(object)
    def _take_backdrop(self, found: Backdrop) -> None:
        if found.data == self._data:
            self.backdrop = found
            self.arrived.emit()
