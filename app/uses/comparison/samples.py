"""The part of the comparison that holds samples against data, queued by a button."""

from __future__ import annotations

from app.models.open_models import Loading
from app.models.titles import family_title
from app.tab.parts import Parts
from app.tasks.uses.judging import Measuring
from app.tasks.uses.sample_quality import Assessed, assess, progress
from app.work.jobs import Order
from app.work.lane import Failure
from engines.model import Card
from engines.uses.comparison.samples import Quality
from widgets.uses.comparison_view import ComparisonView


class SampleComparison:
    """What is known of samples of each model; asked anew where weights, seed or count differ."""

    def __init__(self, view: ComparisonView, parts: Parts) -> None:
        self._view, self._parts = view, parts
        self.found: dict[str, Quality] = {}
        self._of: dict[str, tuple[str, int, int]] = {}
        self._failed: dict[str, str] = {}
        self._tickets: dict[str, int] = {}

    def ask(self) -> None:
        """Queue what is not known of the models chosen."""
        session, count = self._parts.session, int(self._view.samples.value())
        for card in session.chosen():
            key = (card.sha256, session.seed, count)
            if self._of.get(card.name) == key and card.name not in self._failed:
                continue
            if card.name in self._tickets:
                self._parts.jobs.cancel(self._tickets[card.name])
            self._of[card.name] = key
            self.found.pop(card.name, None)
            self._failed.pop(card.name, None)
            self._queue(card, key)

    def _queue(self, card: Card, key: tuple[str, int, int]) -> None:
        _, seed, count = key

        def step(step: Loading | Measuring | Assessed) -> None:
            if isinstance(step, Assessed) and self._of.get(card.name) == key:
                self.found[card.name] = step.quality
                self.show()

        def fail(failure: Failure) -> None:
            if self._of.get(card.name) == key:
                self._failed[card.name] = failure.sentence
                self.show()

        def forget(_: None) -> None:
            if self._of.get(card.name) == key:
                del self._of[card.name]

        self._tickets[card.name] = self._parts.jobs.submit(
            Order(
                f"{family_title(card)}: {count} samples against data",
                f"seed {seed}",
                assess(self._parts.session.open, card, count, seed),
                progress,
                stepped=step,
                failed=fail,
                stopped=forget,
            )
        )

    def show(self) -> None:
        """Show what is known, in the order of the models."""
        lines = []
        for card in self._parts.session.chosen():
            if card.name in self.found:
                lines += [family_title(card), *_lines(self.found[card.name]), ""]
            elif card.name in self._failed:
                lines += [f"{family_title(card)}: {self._failed[card.name]}", ""]
        self._view.quality.setText("\n".join(lines).strip())

    def stop(self) -> None:
        """Stop what is queued."""
        for ticket in self._tickets.values():
            self._parts.jobs.cancel(ticket)


def _lines(found: Quality) -> list[str]:
    """Each figure beside its floor: the same of held-out data against other held-out data."""
    shares = ", ".join(
        f"{name} {value:.2f} ({found.shares_floor[name]:.2f})"
        for name, value in found.shares.items()
    )
    return [
        f"  Fréchet {found.frechet.at_n:.2f}, extrapolated {found.frechet.at_infinity:.2f} "
        f"({found.frechet_floor.at_infinity:.2f})",
        f"  {shares}",
        f"  MMD² {found.mmd.statistic:.4f}, p {found.mmd.p:.3g}; a classifier tells "
        f"{100 * found.told_apart.statistic:.0f} % apart, p {found.told_apart.p:.3g}",
    ]
