"""How well the models of digits read test digits by Bayes' rule: docs/classifiers.md.

log p(x | c) is kept for each digit under runs/, by the weights' sha256, so that a run goes on from
what is there and may be cut short at any time. Beside the models stands our own classifier, a
discriminative network.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engines.checkpoints.disk import replacing, write_atomically
from engines.model import finish
from engines.opening import open_model
from engines.readers.classifier import open_classifier, read
from engines.training.datasets import Split, load
from engines.uses.classifier import bayes, calibration, rejection
from engines.uses.classifier.bayes import Classes, Floats
from engines.uses.classifier.likelihoods import of_classes

DOCUMENT, FOLDER = Path("docs/classifiers.md"), Path("runs/classifiers")
READER, _READER = "reader", "our own classifier, discriminative"
_BINS, _KEPT = 5, (1.0, 0.95, 0.9)
FITTED_FROM = 9_000
"""Test digits from this place on are for the temperature; those before it are read."""


@dataclass(frozen=True)
class Question:
    """How many digits are read, how many others T is fitted on, and how many are asked at once.

    At most 9,000 and 1,000 of MNIST's 10,000.
    """

    name: str
    count: int
    fitted: int
    chunk: int


QUESTIONS = (
    Question(READER, 9_000, 1_000, 500),
    Question("mnist/mfa", 9_000, 1_000, 500),
    Question("mnist/flow", 2_000, 500, 25),
    Question("mnist/autoregressive", 500, 200, 10),
    Question("mnist/kde", 2_000, 500, 50),
    Question("mnist/diffusion", 1_000, 200, 5),
    Question("mnist/latent-diffusion", 200, 50, 5),
    Question("mnist/vae", 200, 50, 5),
    Question("mnist/any-order", 100, 25, 5),
)


@dataclass(frozen=True, eq=False)
class Known:
    """log p(x | c) (n, classes) of the first test digits, (m, classes) of those from 9,000 on."""

    first: Floats
    last: Floats

    def save(self, path: Path) -> None:
        """Keep it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.savez_compressed(file, first=self.first, last=self.last)


def known_of(path: Path, classes: int) -> Known:
    """What is kept there, or nothing."""
    if not path.is_file():
        return Known(*(np.empty((0, classes)) for _ in range(2)))
    with np.load(path) as found:
        return Known(found["first"], found["last"])


Ask = Callable[[torch.Tensor], Floats]


def asked(name: str) -> tuple[str, Ask]:
    """The sha256 of a model's weights, and what gives log p(x | c) of pictures."""
    if name == READER:
        reader, card = open_classifier("mnist"), read("mnist")

        def by_reader(x: torch.Tensor) -> Floats:
            with torch.inference_mode():
                found: Floats = reader(x).double().log_softmax(1).numpy()
            return found

        return card.sha256, by_reader
    model = open_model(name)
    return model.card.sha256, lambda x: finish(of_classes(model, x)).log_p


def more(
    known: Known, question: Question, ask: Ask, test: Split, fitted_from: int = FITTED_FROM
) -> Known:
    """A chunk more of what lacks most, so that what is known can be shown at any time."""
    x = test.x[fitted_from : fitted_from + question.fitted]
    done, goal = len(known.last), question.fitted
    if done < goal and done * question.count <= len(known.first) * goal:
        return Known(
            known.first, np.concatenate([known.last, ask(x[done : done + question.chunk])])
        )
    start = len(known.first)
    part = test.x[start : min(start + question.chunk, question.count)]
    return Known(np.concatenate([known.first, ask(part)]), known.last)


def write(names: Iterable[str] = (), *, minutes: float = math.inf) -> None:
    """Go on with all of them, or those of these names, for so many minutes; write the page."""
    torch.set_num_threads(1)
    chosen, until, test = set(names), time.monotonic() + 60 * minutes, load("mnist").test
    for question in QUESTIONS:
        if chosen and question.name not in chosen:
            continue
        sha256, ask = asked(question.name)
        path = place(question, sha256)
        known = known_of(path, len(set(test.labels.tolist())))
        while len(known.first) < question.count and time.monotonic() < until:
            known = more(known, question, ask, test)
            known.save(path)
    write_page(test)


def place(question: Question, sha256: str) -> Path:
    """Where what is known of these weights is kept."""
    return FOLDER / f"{question.name.replace('/', '-')}-{sha256[:12]}.npz"


def write_page(test: Split) -> None:
    """The page of all that is known."""
    rows, bins = [], []
    for question in QUESTIONS:
        name = question.name.replace("/", "-")
        for path in sorted(FOLDER.glob(f"{name}-????????????.npz"))[-1:]:
            known = known_of(path, 10)
            if len(known.first) and len(known.last):
                row, reliable = lines_of(question.name, known, test.labels.numpy())
                rows.append(row)
                bins.append(reliable)
    columns = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|\n"
    text = _HEAD + columns + "".join(rows) + _RELIABLE + "".join(bins)
    write_atomically(DOCUMENT, text.encode())


def lines_of(
    name: str, known: Known, labels: Classes, fitted_from: int = FITTED_FROM
) -> tuple[str, str]:
    """The figures of a model as a line of the first table, and its bins as one of the second."""
    first, last = labels[: len(known.first)], labels[fitted_from:][: len(known.last)]
    prior = bayes.uniform(known.first.shape[1])
    t = bayes.fitted_temperature(known.last, last, prior)
    raw, p = (bayes.posterior(known.first, prior, each) for each in (1.0, t))
    right, error = calibration.accuracy(p, first)
    eces = [calibration.reliability(each, first) for each in (raw, p)]
    wrong = (p.argmax(1) != first).astype(np.float64)
    mixtures = [bayes.log_mixture(part, prior) for part in (known.first, known.last)]
    doubts = {"between": rejection.between(p), "outside": rejection.outside(*mixtures)}
    risks = [_risks(doubts["between"], wrong)]
    risks += ["–" if name == READER else _risks(doubts["outside"], wrong)]
    title = _READER if name == READER else name
    cells = [
        title,
        f"{len(first):,}",
        f"{len(last):,}",
        f"{t:.3g}",
        f"{100 * right:.1f} ± {100 * error:.1f} %",
        f"{bayes.log_loss(raw, first):.3f} → {bayes.log_loss(p, first):.3f}",
        *(f"{e.ece:.3f} ({e.interval[0]:.3f} … {e.interval[1]:.3f})" for e in eces),
        *risks,
    ]
    few = calibration.reliability(p, first, bins=_BINS)
    pairs = [f"{c:.3f} / {a:.3f}" for c, a in zip(few.confidence, few.accuracy, strict=True)]
    return f"| {' | '.join(cells)} |\n", f"| {title} | {' | '.join(pairs)} |\n"


def _risks(doubt: Floats, wrong: Floats) -> str:
    """Per cent wrong of the least doubted shares."""
    curve = rejection.risk_coverage(doubt, wrong)
    found = [curve.risk[max(0, math.ceil(share * len(wrong)) - 1)] for share in _KEPT]
    return " / ".join(f"{100 * risk:.1f}" for risk in found) + " %"


_HEAD = """# Generative classifiers of digits

Look up here how well each model reads digits by Bayes' rule, and how sure it may be.

Written by `python -m engines.training classifiers`, which goes on where it was stopped: with names
it takes those models alone, with `--minutes 10` it stops after so long. *Read* are the first test
digits of MNIST in the order of the set, with a uniform prior; T is fitted by log-loss on those from
the 9,001st on. ECE has 15 equal-mass bins, in brackets a 95 % bootstrap. *Wrong* is the share of
errors among all digits, the 95 % and the 90 % that are doubted least: by the doubt between classes,
and by that of being outside all of them (against the digits that T was fitted on). Our own
classifier is a discriminative network; it has no p(x), and so no second doubt.

"""
_COLUMNS = (
    "model",
    "read",
    "fitted on",
    "T",
    "accuracy ± s.e.",
    "log-loss at T = 1 → T",
    "ECE at T = 1",
    "ECE at T",
    "wrong, by doubt between",
    "wrong, by doubt outside",
)
_RELIABLE = """
## Reliability

max p(c | x) at T / share right, in five bins with as many digits each, from the least sure on.

| model | 1 | 2 | 3 | 4 | 5 |
|---|---|---|---|---|---|
"""
