"""Presents the page of comparison: log p of held-out examples under the models chosen."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.kinds import view_of
from app.models.open_models import Loading
from app.models.titles import family_title
from app.session.settings import Settings
from app.tab.answers import BackgroundAnswers
from app.tab.parts import Parts
from app.tasks.uses.judging import Measuring, Unjudged
from app.tasks.uses.law import Compared, law
from app.uses.comparison.samples import SampleComparison
from app.uses.page import Page
from app.work.lane import Failure
from engines.checkpoints.catalog import density_refusal
from engines.kinds import Pictures
from engines.model import Meaning
from engines.uses.comparison import paired, ranks
from engines.uses.comparison.paired import Law
from engines.uses.outliers import reference
from widgets.uses.comparison_view import ComparisonView


class ComparisonPage(Page):
    """One background job a model; they rest while the page is out of view."""

    view: ComparisonView

    def __init__(self, view: ComparisonView, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._session = view, parts.session
        self.laws: dict[str, Law] = {}
        self._said: dict[str, str] = {}
        self._rows = BackgroundAnswers(parts.channels, "uses: comparison", self)
        self._rows.stepped.connect(self._take)
        self._rows.failed.connect(self._fail)
        view.count.setValue(parts.settings.compared)
        view.changed.connect(self.rebuild)
        view.looked.connect(self._show_scatter)
        view.scatter.chosen.connect(self._choose)
        self.samples = SampleComparison(view, parts)
        view.samples_wanted.connect(self.samples.ask)

    @Slot()
    def rebuild(self) -> None:
        """Ask the models chosen; nothing is asked twice."""
        if not self.view.isVisible():
            return
        self._rows.go_on()
        cards = self._session.chosen()
        for name in self._rows.keep(card.name for card in cards):
            self.laws.pop(name, None)
            self._said.pop(name, None)
        pictures = bool(cards) and isinstance(cards[0].kind, Pictures)
        self.view.box.setVisible(pictures)
        count = int(self.view.count.value())
        for card in cards:
            title = f"{family_title(card)}: log p of {count} held-out examples"
            job = law(self._session.open, card, count)
            if self._rows.ask(card.name, (card.sha256, count), title, job):
                self.laws.pop(card.name, None)
                self._said[card.name] = "waiting"
        self._show()

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Measuring | Compared | Unjudged) -> None:
        match step:
            case Compared():
                self.laws[name] = step.law
                self._said.pop(name, None)
                self._show()
            case Measuring():
                self._say(name, f"{step.done} of {step.total}")
            case Unjudged():
                self._say(name, step.reason)
            case _:
                self._say(name, "loading")

    def _say(self, name: str, text: str) -> None:
        self._said[name] = text
        self.view.says.setText(self.text())

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        self._say(name, failure.sentence)

    def _show(self) -> None:
        known = [card for card in self._session.chosen() if density_refusal(card) is None]
        self.view.set_models([(card.name, family_title(card)) for card in known])
        self.view.says.setText(self.text())
        self.samples.show()
        self._show_scatter()

    def text(self) -> str:
        """All that can be said so far."""
        cards = self._session.chosen()
        laws = [self.laws[card.name] for card in cards if card.name in self.laws]
        lines = [_mean(each) for each in laws]
        lines += [
            f"{family_title(card)}: {self._said[card.name]}"
            for card in cards
            if card.name in self._said
        ]
        if len(laws) < 2:
            return "\n".join((*lines, "", "Two models with a density can be compared."))
        found = paired.differences(laws)
        if found:
            many = "s that hold at once" if len(found) > 1 else ""
            lines += ["", f"Differences of log p in nats an example, 95 % interval{many}:"]
        for one in found:
            decided = "" if one.decided else " (may be chance)"
            lines.append(
                f"{one.a} − {one.b}: {_number(one.mean, 2)} ± {one.stderr:.2f} "
                f"[{_number(one.low, 2)}, {_number(one.high, 2)}]{decided}"
            )
        lines += ["", *dict.fromkeys(paired.refusals(laws))]
        lines += ["", "Rank correlations of log p (Spearman):"]
        for a, b in combinations(laws, 2):
            rho = ranks.spearman(a.log_p, b.log_p)
            lines.append(
                f"{a.card.name} and {b.card.name}: {_number(rho.value, 2)} "
                f"[{_number(rho.low, 2)}, {_number(rho.high, 2)}]"
            )
        return "\n".join(lines)

    @Slot()
    def _show_scatter(self) -> None:
        a, b = (self.laws.get(name) for name in self.view.pair())
        if a is None or b is None:
            empty = np.empty(0)
            self.view.scatter.show_points(empty, empty, ("", ""))
            return
        x, y = ((ranks.ranks(each.log_p) - 0.5) / len(each.log_p) for each in (a, b))
        self.view.scatter.show_points(x, y, (family_title(a.card), family_title(b.card)))

    @Slot(int)
    def _choose(self, place: int) -> None:
        """Show the example behind a point, and its numbers."""
        a, b = (self.laws[name] for name in self.view.pair())
        value = reference.examples_of(a.card)[place : place + 1]
        view = view_of(a.card)
        self.view.box.set_picture(view.picture(view.array_of(value)[0]))
        self.view.chosen.setText(
            f"Held-out example {place + 1}. log p: {family_title(a.card)} "
            f"{_number(a.log_p[place], 1)}, {family_title(b.card)} "
            f"{_number(b.log_p[place], 1)} nats."
        )

    def stop(self) -> None:
        """Stop all that is asked."""
        self._rows.stop()
        self.samples.stop()

    def rest(self) -> None:
        """Out of view: the models wait."""
        self._rows.rest()

    def settings(self, settings: Settings) -> Settings:
        """The settings with the number of examples."""
        return replace(settings, compared=int(self.view.count.value()))


def _mean(each: Law) -> str:
    title = family_title(each.card)
    if each.meaning is Meaning.UNNORMALISED:
        return f"{title}: {each.meaning.value}"
    mean, error = paired.mean_and_error(each.log_p)
    unit = f"{each.card.kind.per_unit(-mean):.3f} {each.card.kind.unit}"
    return f"{title}: {each.meaning.value}, mean {_number(mean, 1)} ± {error:.1f} nats ({unit})"


def _number(value: float, digits: int) -> str:
    """With the sign of minus, which no hyphen is."""
    return f"{value:.{digits}f}".replace("-", "−")
