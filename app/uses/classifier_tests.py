"""The test pictures of the classifier's page: their classes by every model, in the background."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.exchange.own_pictures import Examples
from app.models.titles import family_title
from app.tab.asking import Answer, Questions, answering
from app.tab.parts import Parts
from app.tasks.uses.classifying import Classes, classify_tests
from app.uses.classifier_figures import Tested
from engines.data.fitting import fitted
from engines.model import Card


class TestPictures(QObject):
    """What is known of each model by its name; `changed` as more comes."""

    __test__ = False
    changed = Signal()

    def __init__(self, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self._session = parts.session
        self._background = parts.channels.background("uses: classes of test pictures")
        self._tickets: dict[int, tuple[str, tuple[str, Examples]]] = {}
        self._asked = Questions()
        self.known: dict[str, Tested] = {}
        self._background.stepped.connect(self._take)
        self._background.done.connect(self._end)
        self._background.failed.connect(self._ask_again)
        self._background.stopped.connect(self._ask_again)

    def ask(self, cards: Sequence[Card], examples: Examples | None) -> None:
        """Let every model read the examples that have its classes, once."""
        if examples is None or examples.pictures is None:
            return
        held = examples.pictures
        for card in cards:
            question = (card.sha256, examples)
            if held.classes != card.labels or examples.data != card.data:
                continue
            if not self._asked.ask(card.name, question):
                continue
            self.known.pop(card.name, None)
            pictures = np.stack([fitted(each, card.shape) for each in held.levels])
            ticket = self._background.submit(
                f"{family_title(card)}: classes of {len(pictures)} test pictures",
                answering(question, classify_tests(self._session.open, card, pictures)),
            )
            self._tickets[ticket] = card.name, question

    def go_on(self) -> None:
        """Work again."""
        self._background.go_on()

    def rest(self) -> None:
        """The page is out of view."""
        self._background.hold()

    def stop(self) -> None:
        """Drop what is on its way."""
        self._background.stop()

    @Slot(int, object)
    def _take(self, ticket: int, answer: Answer | None) -> None:
        name, (_, examples) = self._tickets[ticket]
        if answer is None or not self._asked.wants(name, answer):
            return
        if isinstance(answer.step, Classes) and examples.pictures is not None:
            labels = np.array(examples.pictures.labels[: len(answer.step.log_p)], np.int64)
            self.known[name] = Tested(answer.step.log_p, labels, answer.step.total)
            self.changed.emit()

    @Slot(int, object)
    def _end(self, ticket: int, _: object) -> None:
        del self._tickets[ticket]

    @Slot(int)
    @Slot(int, object)
    def _ask_again(self, ticket: int, _: object = None) -> None:
        """A job that ended without its numbers is asked for when the page is looked at next."""
        name, question = self._tickets.pop(ticket)
        self._asked.forget(name, question)
