"""Presents the page of outliers: the models chosen judge the pictures that are ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.exchange.own_pictures import reading
from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.pictures import Pixels
from app.session.settings import Settings
from app.tab.answers import BackgroundAnswers
from app.tab.parts import Parts
from app.tasks.uses.judging import OWN, SENT, Asked, Measuring, Memo, Unjudged, Verdicts, judge
from app.uses.outliers import table, words
from app.uses.page import Page
from app.work.lane import Failure
from engines.data.fitting import Foreign, all_fitted, fitted
from engines.model import Card
from engines.uses.outliers import candidates, conformal
from widgets.uses.outlier_table import Cell
from widgets.uses.outlier_view import OutlierView
from widgets.window.messages import Cause

MOST_OWN = 200
FAILURES = ("black", "shuffled", "held-out")


class OutliersPage(Page):
    """One background job a model; they rest while the page is out of view."""

    view: OutlierView

    def __init__(self, view: OutlierView, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session, self._parts = view, parts.session, parts
        self.verdicts: dict[str, Verdicts] = {}
        self.sent: list[Pixels] = []
        self.explains = False
        self.refused: dict[str, str] = {}
        """Models that judge nothing, and why."""
        self._memo: Memo = {}
        self._said: dict[str, str] = {}
        self._order: list[int] = []
        self._rows = BackgroundAnswers(parts.channels, "uses: outliers", self)
        self._rows.stepped.connect(self._take)
        self._rows.failed.connect(self._fail)
        self._read = parts.channels.open("uses: a picture to judge")
        self._read.stepped.connect(self._take_foreign)
        self._read.failed.connect(self._refuse)
        view.offer_groups(words.offers())
        self._recall(parts.settings)
        view.changed.connect(self._ask_again)
        view.looked.connect(self.show)
        view.known_failures_wanted.connect(self.show_failures)
        view.save_wanted.connect(self.save)
        view.gallery.chosen.connect(self._explain_picture)
        parts.session.examples_changed.connect(self._ask_again)

    # asking

    @Slot()
    def rebuild(self) -> None:
        """Let the models chosen judge what is ticked; nothing is judged twice."""
        if not self.view.isVisible():
            return
        self._rows.go_on()
        cards = self._session.chosen()
        self.view.set_columns([(c.name, family_title(c), c.family) for c in cards])
        self._offer_own()
        for name in self._rows.keep(card.name for card in cards):
            self.verdicts.pop(name, None)
        asked = self.asked()
        for card in cards:
            self._ask(card, asked)
        self.show()

    def _ask(self, card: Card, asked: Asked) -> None:
        title = f"{family_title(card)}: outliers"
        job = judge(self._session.open, card, asked, self._memo)
        if self._rows.ask(card.name, (card.sha256, asked), title, job):
            self._said[card.name] = words.WAITING
            self.refused.pop(card.name, None)
            self.verdicts.pop(card.name, None)

    def asked(self) -> Asked:
        """What is ticked."""
        ticked = self.view.chosen_groups()
        own = []
        pictures = self._session.examples.get(self._session.data)
        if OWN in ticked and pictures is not None:
            own.append((OWN, pictures.levels[:MOST_OWN]))
        if SENT in ticked and self.sent:
            own.append((SENT, np.stack(self.sent)))
        shape = self._session.chosen()[0].shape
        return Asked(
            tuple(name for name in ticked if name not in (OWN, SENT)),
            int(self.view.count.value()),
            self._session.seed,
            tuple((name, len(v), _bytes(v, shape)) for name, v in own),
        )

    def _offer_own(self) -> None:
        if self._session.data in self._session.examples:
            self.view.offer_groups([(OWN, "the folder that was opened", True)])
        if OWN in self.view.groups:
            self.view.groups[OWN].setEnabled(self._session.data in self._session.examples)
        if self.sent:
            self.view.offer_groups([(SENT, "pictures of other tabs and files", True)])

    @Slot()
    def _ask_again(self, _: object = None) -> None:
        self.explains = False
        self.rebuild()

    @Slot()
    def show_failures(self) -> None:
        """Judge black and shuffled pictures, and say what is known of them."""
        self.view.tick(FAILURES)
        self.rebuild()
        self.explains = True
        self.show()

    # what comes

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Measuring | Verdicts | Unjudged) -> None:
        if step is self.verdicts.get(name):
            return  # again: a step of nothing would have replaced it
        if isinstance(step, Unjudged):
            self.refused[name] = step.reason
        if isinstance(step, Verdicts):
            self.verdicts[name] = step
            self._said[name] = words.progress(step)
        else:
            self._said[name] = words.state(step)
        if isinstance(step, Loading | Measuring):
            self._show_head(name)  # nothing else has changed
        else:
            self.show()

    def _show_head(self, name: str) -> None:
        card = next((c for c in self._session.chosen() if c.name == name), None)
        if card is not None and name in self.view.columns:
            said = self._said.get(name, "")
            self.view.head(name, words.head(card, self.verdicts.get(name), self.score(), said))

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        self._said[name] = failure.sentence
        self.show()

    # showing

    @Slot()
    def show(self) -> None:
        """Show what is judged so far, for the score, the rate and the order chosen."""
        if not self.view.isVisible():
            return
        judged = self.judged()
        self.view.set_scores(words.scores(judged))
        self.view.set_sorters([(each.card.name, family_title(each.card)) for each in judged])
        score, rate = self.score(), self.view.false_alarms()
        for card in self._session.chosen():
            found = self.verdicts.get(card.name)
            p = found.p.get(score, np.empty(0)) if found else np.empty(0)
            plot = self.view.columns[card.name]
            plot.show_values(p, card.family, rate)
            self._show_head(card.name)
        self._show_rate(rate)
        self._show_table(score, rate)
        self._show_roc(score)
        self._show_pictures(score, rate)
        self.view.says.setText(words.FAILURES if self.explains else words.lacking())

    def judged(self) -> list[Verdicts]:
        """What the models found so far, in the order of the models."""
        names = [card.name for card in self._session.chosen()]
        return [self.verdicts[name] for name in names if name in self.verdicts]

    def score(self) -> str:
        """The score chosen."""
        return str(self.view.scores.currentData() or "nll")

    def _show_rate(self, rate: float) -> None:
        held_out = next((v.held_out["nll"] for v in self.verdicts.values()), None)
        if held_out is None:
            self.view.rate_says.setText(f"p ≤ {rate:g}")
            return
        try:
            limit = conformal.threshold(held_out, rate)
        except ValueError as error:
            text = str(error)
            self.view.rate_says.setText(f"{text[:1].upper()}{text[1:]}.")
            return
        self.view.rate_says.setText(
            f"{100 * rate:g} %: flagged where p ≤ {rate:g}. By {limit.held_out:,} held-out "
            f"pictures the true rate lies in {100 * limit.low:.2g} … {100 * limit.high:.2g} %."
        )

    def _show_table(self, score: str, rate: float) -> None:
        cards = self._session.chosen()
        groups = self.groups()
        self.view.table.set_lines(groups, [(c.name, family_title(c)) for c in cards])
        for card in cards:
            found = self.verdicts.get(card.name)
            for group in groups:
                refused = found is None and card.name in self.refused
                cell = Cell("–") if refused else words.cell(found, group, score, rate)
                self.view.table.set_cell(group, card.name, cell)

    def _show_roc(self, score: str) -> None:
        panel = self.view.roc
        panel.offer([group for group in self.groups() if group != candidates.DIGITS])
        found = [words.curve(each, panel.group(), score) for each in self.judged()]
        panel.show_curves([each for each in found if each is not None])

    def groups(self) -> list[str]:
        """The kinds of pictures that are judged, in order."""
        found = self._sorter()
        return list(dict.fromkeys(found.candidates.groups)) if found else []

    def _sorter(self) -> Verdicts | None:
        """The verdicts that the pictures are sorted by."""
        chosen = str(self.view.model.currentData() or "")
        return self.verdicts.get(chosen) or next(iter(self.judged()), None)

    def _show_pictures(self, score: str, rate: float) -> None:
        """All pictures judged so far, the strangest first."""
        found = self._sorter()
        p = found.p.get(score) if found else None
        gallery = self.view.gallery
        if found is None or p is None or not len(p):
            self._order = []
            gallery.set_count(0)
            self.view.why.setText("")
            return
        order = np.lexsort((-found.scores[score], p)).tolist()
        if order != self._order:
            gallery.set_current(None)
            self.view.why.setText(words.CLICK)
        self._order = order
        gallery.set_count(len(order))
        gallery.put(0, np.ascontiguousarray(found.candidates.pictures[order]))
        marks = ("⚑ " if p[i] <= rate else "" for i in order)
        gallery.set_captions([f"{mark}{p[i]:.2g}" for mark, i in zip(marks, order, strict=True)])

    def order(self) -> Sequence[int]:
        """Which candidate stands in each tile."""
        return tuple(self._order)

    @Slot(int)
    def _explain_picture(self, tile: int) -> None:
        found = self._sorter()
        if found is not None and tile < len(self._order):
            self.view.why.setText(words.why(self._order[tile], self.judged()))

    # in and out

    def receive(self, picture: Pixels, title: str) -> None:
        """Judge a picture of another tab, too."""
        if cards := self._session.chosen():
            self.sent = [*self.sent, fitted(np.asarray(picture), cards[0].shape)][-MOST_OWN:]
            self._ask_again()

    def adopt(self, source: Path | bytes) -> bool:
        """Judge a picture file, too."""
        self._read.submit(reading(source))
        return True

    @Slot(object)
    def _take_foreign(self, foreign: Foreign) -> None:
        self._parts.messages.settle(Cause.OPENING)
        self.receive(foreign.pixels, foreign.name)

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._parts.messages.settle(Cause.OPENING)
        self._parts.messages.tell(failure.sentence, about=Cause.OPENING)

    @Slot()
    def save(self) -> None:
        """Save scores and p-values of all pictures as a table."""
        if not self.verdicts:
            self._parts.messages.tell("Nothing is judged yet: wait for this page.")
            return
        raw = table.packed(self.judged())
        kinds = "Comma-separated values (*.csv)"
        self._parts.export.save_values("outliers.csv", kinds, lambda _: raw)

    def _recall(self, settings: Settings) -> None:
        if kinds := [name for name in settings.outlier_kinds if name in self.view.groups]:
            self.view.tick(kinds)
        self.view.count.setValue(settings.outlier_count)
        self.view.set_false_alarms(settings.outlier_rate / 1000)

    def settings(self, settings: Settings) -> Settings:
        """The settings with what is ticked, how many of each, and the rate."""
        made = tuple(n for n in self.view.chosen_groups() if n not in (OWN, SENT))
        return replace(
            settings,
            outlier_kinds=made,
            outlier_count=int(self.view.count.value()),
            outlier_rate=round(1000 * self.view.false_alarms()),
        )

    def stop(self) -> None:
        """Stop all that is asked."""
        self._rows.stop()

    def rest(self) -> None:
        """Out of view: the models wait."""
        self._rows.rest()


def _bytes(pictures: Pixels, shape: tuple[int, ...]) -> bytes:
    return all_fitted(pictures, shape).tobytes()
