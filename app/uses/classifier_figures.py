"""What the classifier's page shows of numbers: texts, curves, counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.models.titles import family_title
from engines.model import Card
from engines.uses.classifier import bayes, calibration, rejection
from engines.uses.classifier.bayes import Classes, Floats
from widgets.uses.classifier_plots import ShareCurve

_UNUSUAL = 0.05


@dataclass(frozen=True, eq=False)
class Tested:
    """log p(x | c) of test pictures and their classes: one half fits, the other is judged."""

    log_p: Floats
    labels: Classes
    total: int

    @property
    def half(self) -> int:
        """How many of them fit the temperature, the first ones; 0 until there are enough."""
        return self.total // 2 if len(self.log_p) > self.total // 2 else 0

    @cached_property
    def temperature(self) -> float | None:
        """Fitted with a uniform prior on the first half; None until that is there."""
        half = self.half
        if half < 1:
            return None
        prior = bayes.uniform(self.log_p.shape[1])
        return bayes.fitted_temperature(self.log_p[:half], self.labels[:half], prior)

    def judged(self) -> tuple[Floats, Classes]:
        """The second half."""
        return self.log_p[self.half :], self.labels[self.half :]

    def reference(self, prior: Floats) -> Floats:
        """log Σ p(c) p(x | c) of the first half, which p-values are counted against."""
        return bayes.log_mixture(self.log_p[: self.half], prior)


@dataclass(frozen=True)
class Setting:
    """The prior, and whether a fitted temperature is used."""

    prior: tuple[float, ...]
    calibrated: bool


def read(names: tuple[str, ...], p: Floats) -> str:
    """ "3, p = 0.982" of one picture's p (classes,)."""
    top = int(p.argmax())
    return f"{names[top]}, p = {_share(float(p[top]))}"


def _share(p: float) -> str:
    return "1 − " + f"{1 - p:.1g}" if 0.9995 < p < 1 else f"{p:.3f}"


def doubts(outside: float | None, temperature: float | None) -> list[str]:
    """What is known besides: how unusual the picture is, and the temperature."""
    parts = []
    if outside is not None:
        value = 1 - outside
        said = "as likely as held-out ones" if value > _UNUSUAL else "less likely than most"
        parts.append(f"p-value {value:.2f}: {said}")
    if temperature is not None:
        parts.append(f"T = {temperature:.3g}")
    return parts


def moved(prior: Floats) -> list[str]:
    """The share of each class, and by how many nats it moves the log-odds."""
    odds = bayes.log_odds_moved(prior)
    return [
        f"{100 * share:.1f} % "
        + ("never" if np.isneginf(nats) else f"{nats:+.2f}".replace("-", "−"))
        for share, nats in zip(prior.tolist(), odds.tolist(), strict=True)
    ]


def reliability(card: Card, tested: Tested, setting: Setting) -> ShareCurve | None:
    """The reliability of the judged half; None while there are too few."""
    log_p, labels = tested.judged()
    if not tested.half or len(labels) < 2:
        return None
    p = posterior_of(tested, log_p, setting)
    found = calibration.reliability(p, labels)
    share, error = calibration.accuracy(p, labels)
    low, high = found.interval
    right = f"right {100 * share:.0f} ± {100 * error:.0f} %"
    says = f"{right}, ECE {found.ece:.3f} ({low:.3f} … {high:.3f})"
    points = tuple(zip(found.confidence.tolist(), found.accuracy.tolist(), strict=True))
    return ShareCurve(family_title(card), card.family, points, says=says)


def rejects(card: Card, tested: Tested, setting: Setting) -> list[ShareCurve]:
    """Risk and coverage by the doubt between classes, and (dashed) by that of being outside."""
    log_p, labels = tested.judged()
    if not tested.half or len(labels) < 2:
        return []
    prior = np.array(setting.prior)
    p = posterior_of(tested, log_p, setting)
    wrong = (p.argmax(1) != labels).astype(np.float64)
    mixture = bayes.log_mixture(log_p, prior)
    curves = []
    for dashed, name, doubt in (
        (False, "between", rejection.between(p)),
        (True, "outside", rejection.outside(mixture, tested.reference(prior))),
    ):
        found = rejection.risk_coverage(doubt, wrong)
        points = tuple(zip(found.coverage.tolist(), found.risk.tolist(), strict=True))
        title = f"{family_title(card)}, {name}"
        says = f"mean risk {100 * found.area:.1f} %"
        curves.append(ShareCurve(title, card.family, points, dashed, says))
    return curves


def posterior_of(tested: Tested | None, log_p: Floats, setting: Setting) -> Floats:
    """p(c | x) under a setting; T is 1 where none is fitted or asked for."""
    t = tested.temperature if tested is not None and setting.calibrated else None
    return bayes.posterior(log_p, np.array(setting.prior), t or 1.0)
