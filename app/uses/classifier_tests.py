"""The test pictures of the classifier's page: their classes by every model, in the background."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.own_pictures import Examples
from app.models.open_models import Loading
from app.models.titles import family_title
from app.tab.answers import BackgroundAnswers
from app.tab.parts import Parts
from app.tasks.uses.classifying import Classes, NoClasses, classify_tests
from app.uses.classifier_figures import Tested
from engines.data.examples import Pictures
from engines.data.fitting import all_fitted
from engines.model import Card


class TestPictures(QObject):
    """What is known of each model by its name; `changed` as more comes."""

    __test__ = False
    changed = Signal()

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._session = parts.session
        self._rows = BackgroundAnswers(parts.channels, "uses: classes of test pictures", self)
        self._rows.stepped.connect(self._take)
        self.go_on, self.rest, self.stop = self._rows.go_on, self._rows.rest, self._rows.stop
        self._labels: dict[str, npt.NDArray[np.int64]] = {}
        self.known: dict[str, Tested] = {}

    def ask(self, cards: Sequence[Card], examples: Examples | None) -> None:
        """Let every model read the examples that have its classes, once."""
        if examples is None or examples.pictures is None:
            return
        held = examples.pictures
        for card in cards:
            if held.classes == card.labels and examples.data == card.data:
                self._ask(card, examples, held)

    def _ask(self, card: Card, examples: Examples, held: Pictures) -> None:
        def job() -> Generator[Any, None, Any]:
            pictures = all_fitted(held.levels, card.shape)
            return classify_tests(self._session.open, card, pictures)()

        title = f"{family_title(card)}: classes of {len(held.levels)} test pictures"
        if self._rows.ask(card.name, (card.sha256, examples), title, job):
            self._labels[card.name] = np.array(held.labels, np.int64)
            self.known.pop(card.name, None)

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Classes | NoClasses) -> None:
        if isinstance(step, Classes):
            labels = self._labels[name][: len(step.log_p)]
            self.known[name] = Tested(step.log_p, labels, step.total)
            self.changed.emit()
