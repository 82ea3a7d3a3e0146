"""The page of numbers: bits per dimension of a picture under every model, and of the test set."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.density.pictures.export import Table
from app.density.pictures.source import PictureSource
from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.condition import known_to
from app.tab.answers import BackgroundAnswers, LiveAnswers
from app.tab.parts import Parts
from app.tasks.scoring import TEST_PICTURES, HeldOut, Score, Unable, bits_of, score, score_tests
from app.work.lane import Failure
from engines.data.fitting import all_fitted
from engines.maps.kinds import Kind, comparable, in_doubt
from engines.model import Card, Given
from widgets.controls.combo import Combo
from widgets.controls.help_mark import explained
from widgets.density.picture_pages import PicturePages
from widgets.density.score_rows import ScoreRow
from widgets.look import lay
from widgets.look.frames import scrolled
from widgets.look.reading_row import ReadingRows
from widgets.look.specs import RowSpec
from widgets.window.messages import Severity

AS_LISTED, BY_BITS = "as listed", "bits"
_HELP = (
    "−log₂ p(x) / D: how many bits per pixel the model needs for the picture; fewer is likelier. "
    "bits/dim = −ln p(x) / (D ln 2). ≲ marks what a lower bound on log p gives on average over its "
    "random draws, ≈ an estimate; ± is one standard error, which without ± is not known. An energy "
    "has no bits: E(x) in nats is −log p(x) up to a constant, and larger is less likely."
)


class Numbers(QObject):
    """One row per model; works while its page is in front."""

    def __init__(self, view: PicturePages, source: PictureSource, parts: Parts) -> None:
        super().__init__(view)
        self._view, self._source = view, source
        self._session, self._messages = parts.session, parts.messages
        self._asked = LiveAnswers(parts.channels, "density: number of ", self)
        self._asked.stepped.connect(self._take)
        self._asked.failed.connect(self._fail)
        self._tested = BackgroundAnswers(parts.channels, "density: numbers of test pictures", self)
        self._tested.stepped.connect(self._take_tests)
        self.rows, self.sort = ReadingRows(ScoreRow, view), Combo(view)
        self.scores: dict[str, Score] = {}
        self.tests: dict[str, HeldOut] = {}
        self._build()

    def _build(self) -> None:
        self.sort.addItem("Sort: as listed", AS_LISTED)
        self.sort.addItem("Sort: fewest bits first", BY_BITS)
        self.sort.setAccessibleName("Order of the models")
        self.sort.setToolTip(
            "Sort the models by the bits of this picture. Only numbers of the same kind "
            "can be compared, and only where they differ by more than their errors."
        )
        self.sort.currentIndexChanged.connect(self._sort)
        controls = QWidget(self._view)
        lay.down(explained("Bits per dimension", _HELP), self.sort, lay.STRETCH, on=controls)
        self._view.add_page("numbers", scrolled(self.rows), controls)

    def histograms(self) -> list[tuple[str, Score, HeldOut | None, str]]:
        """The numbers in the order of the rows: title, what was found, and the number in words."""
        known = [(name, self.scores.get(name)) for name in self.rows.rows]
        return [
            (family_title(found.card), found, self.tests.get(name), shown(found)[0])
            for name, found in known
            if found is not None
        ]

    def content(self) -> Table | None:
        """The numbers as lines, each with its kind."""
        found = [
            self.scores[card.name] for card in self._session.chosen() if card.name in self.scores
        ]
        if not found:
            return None
        lacks = [s.kind is Kind.UNNORMALISED for s in found]
        amounts = list(zip(lacks, (s.amount for s in found), strict=True))
        return Table(
            {
                "model": [s.card.name for s in found],
                "log_p_nats": [s.value for s in found],
                "bits_per_dim": [math.nan if lack else amount for lack, amount in amounts],
                "kind": [s.kind.value for s in found],
                "stderr_nats": [
                    math.nan if s.known_error is None else s.known_error for s in found
                ],
                "method": [s.method for s in found],
                "meaning": [s.kind.says for s in found],
                "energy_nats": [amount if lack else math.nan for lack, amount in amounts],
            },
            (self._source.title,),
        )

    @Slot()
    def refresh(self) -> None:
        """Ask every model for the picture, and for the test set behind it."""
        self._tested.go_on()
        cards = self._session.chosen()
        for name in self._asked.keep(card.name for card in cards):
            self.scores.pop(name, None)
        self._order(cards)
        if self._source.picture is None:
            return
        label = self._view.classes.label()
        for card in cards:
            given = known_to(card, self._view.attributes.given())
            asked = (card.sha256, label, given, self._source.picture.tobytes())
            job = score(self._session.open, card, self._source.picture, label, given)
            self._asked.ask(card.name, asked, job)
        for card in cards:
            self._ask_tests(card, label, known_to(card, self._view.attributes.given()))

    def _ask_tests(self, card: Card, label: int | None, given: Given) -> None:
        found = self._source.bar.examples
        asked = (card.sha256, label, given, found)
        if found is None or found.pictures is None or found.data != card.data:
            return
        first = found.pictures.levels[:TEST_PICTURES]

        def job() -> Generator[Any, None, Any]:
            pictures = all_fitted(first, card.shape)
            return score_tests(self._session.open, card, pictures, label, given=given)()

        title = f"{family_title(card)}: numbers of {len(first)} test pictures"
        if self._tested.ask(card.name, asked, title, job):
            self.tests.pop(card.name, None)

    def stop(self) -> None:
        """Stop what is asked for the page."""
        self._tested.stop()

    def rest(self) -> None:
        """The page is out of view: the test pictures wait."""
        self._tested.rest()

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Score | Unable) -> None:
        row = self.rows.rows.get(name)
        if row is None:
            return
        if isinstance(step, Loading):
            row.bar.set_busy(True)
        elif isinstance(step, Unable):
            row.bar.set_busy(False)
            row.show_number("none", "", step.reason, step.reason)
        else:
            row.bar.set_busy(False)
            self.scores[name] = step
            self._show(name, row)
            self._sort()

    @Slot(str, object)
    def _take_tests(self, name: str, step: Loading | HeldOut) -> None:
        """Numbers of the test set hold whether or not their row is in view."""
        if isinstance(step, HeldOut):
            self.tests[name] = step
            if name in self.rows.rows:
                self._show(name, self.rows.rows[name])

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        if name in self.rows.rows:
            self.rows.rows[name].bar.set_busy(False)
            self.rows.rows[name].show_number("–", "", failure.sentence, failure.sentence)

    def _show(self, name: str, row: ScoreRow) -> None:
        found, tests = self.scores.get(name), self.tests.get(name)
        if found is not None:
            text, tip = shown(found)
            row.show_number(text, found.kind.value, tip, place_of(found, tests))
        amounts = np.empty(0) if tests is None else tests.amounts
        row.histogram.show_values(amounts, found.amount if found else None)
        lacks = found is not None and found.kind is Kind.UNNORMALISED
        unit = "E(x) in nats" if lacks else "Bits per dimension"
        row.histogram.setToolTip(
            f"{unit} of {len(amounts)} held-out pictures; the line is this picture. "
            "Further to the right is less likely."
        )

    def _order(self, cards: tuple[Card, ...]) -> None:
        wanted = list(cards)
        if self.sort.currentData() == BY_BITS:
            known = {name: found.amount for name, found in self.scores.items()}
            wanted.sort(key=lambda c: known.get(c.name, math.inf))
        before = set(self.rows.rows)
        self.rows.set_rows([RowSpec(c.name, family_title(c), c.family) for c in wanted])
        for name in set(self.rows.rows) - before:
            self._show(name, self.rows.rows[name])

    @Slot()
    def _sort(self) -> None:
        """Rank, unless the numbers are of different kinds or as close as their errors: say so."""
        cards = self._session.chosen()
        found = [self.scores[card.name] for card in cards if card.name in self.scores]
        if self.sort.currentData() == BY_BITS and (reason := unranked(found)):
            self.sort.setCurrentIndex(0)
            self._messages.tell(f"Not sorted. {reason}", severity=Severity.NOTE)
            return
        self._order(cards)


def unranked(found: Sequence[Score]) -> str:
    """Why these numbers cannot be ranked, "" where they can."""
    return comparable([one.kind for one in found]) or in_doubt(
        [(family_title(one.card), one.value, one.known_error) for one in found]
    )


def shown(found: Score) -> tuple[str, str]:
    """The number with the sign of its kind and its error where that is known, and what it is."""
    tip = f"log p = {found.value:.2f} nats. {found.kind.says} {found.method}."
    if found.kind is Kind.UNNORMALISED:
        text = f"E(x) = {found.amount:.1f} nats"
        tip = f"{found.kind.says} {found.method}."
    else:
        text = f"{found.kind.bits_sign}{found.amount:.3f}"
        if (error := found.known_error) is not None:
            text += f" ± {bits_of(found.card, -error):.3f}"
            tip += f" ± is one standard error: {error:.2g} nats."
        text += " bits/dim"
    return text.replace("-", "−"), tip.replace(" -", " −")


def place_of(found: Score, tests: HeldOut | None) -> str:
    """Where the picture lies among the test pictures."""
    if tests is None or not len(tests.amounts):
        return "computing the test set…"
    more = float((tests.amounts > found.amount).mean())
    count = len(tests.amounts)
    known = "" if count == tests.total else f" (of {tests.total})"
    return f"likelier than {100 * more:.0f} % of {count}{known} test pictures"
