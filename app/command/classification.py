"""The generative classifier from the command line: p(class | picture) by Bayes' rule. No Qt."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.command.names import card_named, opened
from app.command.output import UsageError, driven, prepared, say
from app.kinds import view_of
from app.recipes import files
from engines.checkpoints.catalog import ROOT
from engines.model import Card
from engines.uses.classifier import bayes, calibration, likelihoods
from engines.uses.classifier.bayes import Classes, Floats
from engines.uses.errors import UseError

if TYPE_CHECKING:
    from app.recipes.pictures import Values
    from engines.uses.classifier.likelihoods import Likelihoods

_COUNTS = "training"


@dataclass(frozen=True)
class Asked:
    """Which examples to classify, with which prior: a word, or a number for each class."""

    model: str
    folder: Path | None
    count: int | None
    prior: str | tuple[float, ...] | None = None
    temperature: float | None = None


@dataclass(frozen=True, eq=False)
class _Examples:
    """Examples (n, …), their names, their classes where those are known, and how many are left
    out."""

    values: Values
    names: tuple[str, ...]
    labels: Classes | None
    skipped: tuple[str, ...] = ()


def classify(
    asked: Asked, out: Path | None, *, device: str | None = None, root: Path = ROOT
) -> int:
    """Print how well a model classifies, or write p of each class; returns how many are left out.

    With known classes one temperature is fitted on the first half, and the second half is read.
    """
    card = card_named(asked.model, root)
    if (why := likelihoods.refusal_of_card(card)) is not None:
        raise UseError(why)
    prior = prior_named(asked.prior, card)
    if asked.temperature is not None and not bayes.COLDEST <= asked.temperature <= bayes.HOTTEST:
        raise UsageError(f"--temperature must lie in {bayes.COLDEST:g} … {bayes.HOTTEST:g}")
    examples = _examples(asked, card)
    if out is not None:
        if out.suffix.lower() != ".csv":
            raise UsageError(f"{out} must end in .csv")
        prepared(out)
    model = opened(card, device, root)
    x = view_of(card).tensor_of(examples.values)
    found = driven(likelihoods.of_classes(model, x), card.name)
    temperature = asked.temperature
    if examples.labels is not None:
        temperature = _evaluated(found, examples.labels, prior, temperature)
    p = bayes.posterior(found.log_p, prior, temperature or 1.0)
    if out is not None:
        files.write_atomically(out, _table(card, examples.names, p))
        print(out)
    elif examples.labels is None:
        print(_table(card, examples.names, p).decode(), end="")
    for fault in examples.skipped:
        say(f"skipped: {fault}")
    return len(examples.skipped)


def prior_named(asked: str | tuple[float, ...] | None, card: Card) -> Floats:
    """p(c) by a word or by numbers. Raises UseError or UsageError."""
    classes = len(card.labels)
    if isinstance(asked, tuple):
        return bayes.prior_of(asked, classes)
    if asked != _COUNTS:
        return bayes.uniform(classes)
    from engines.data import examples

    try:
        shares = examples.class_counts(card.data)
    except FileNotFoundError:
        shares = ()
    if len(shares) != classes:
        raise UsageError(f"the shares of the classes of '{card.data}' are not known here")
    return bayes.prior_of(shares, classes)


def _examples(asked: Asked, card: Card) -> _Examples:
    view = view_of(card)
    if asked.folder is not None:
        try:
            read = view.examples({"images": asked.folder})
        except (ValueError, KeyError) as error:
            raise UsageError(str(error)) from error
        return _Examples(read.values, read.names, None, read.skipped)
    from engines.data import examples

    try:
        held = examples.pictures(card.data)
    except FileNotFoundError:
        raise UsageError(
            f"there are no test pictures of the data '{card.data}' here; say --images FOLDER"
        ) from None
    assert asked.count is not None
    if not 2 <= asked.count <= len(held.levels):
        raise UsageError(f"--count must lie in 2 … {len(held.levels)}, got {asked.count}")
    part = slice(asked.count)
    labels = np.array(held.labels[part], np.int64)
    return _Examples(held.levels[part], tuple(map(str, held.indices[part])), labels)


def _evaluated(
    found: Likelihoods, labels: Classes, prior: Floats, temperature: float | None
) -> float:
    """Print the figures of the held-out half, and return the temperature."""
    fitted, half = temperature is None, len(labels) // 2
    fit, rest = slice(half), slice(half if fitted else 0, None)
    if temperature is None:
        temperature = bayes.fitted_temperature(found.log_p[fit], labels[fit], prior)
    raw, p = (bayes.posterior(found.log_p[rest], prior, t) for t in (1.0, temperature))
    read = labels[rest]
    right, error = calibration.accuracy(p, read)
    print(f"log p(x | class): {found.method}")
    how = f"fitted on {len(labels[fit])} examples" if fitted else "as asked"
    print(f"temperature {temperature:.3g}, {how}; figures of {len(read)} examples")
    print(f"accuracy {100 * right:.1f} ± {100 * error:.1f} %")
    for name, each in (("at temperature 1", raw), ("calibrated", p)):
        ece = calibration.reliability(each, read)
        low, high = ece.interval
        print(
            f"{name}: log-loss {bayes.log_loss(each, read):.4f} nats, "
            f"ECE {ece.ece:.4f} (95 % {low:.4f} … {high:.4f})"
        )
    _print_confusion(calibration.confusion(p, read))
    return temperature


def _print_confusion(counts: Classes) -> None:
    """Rows are the true classes, columns what was read."""
    print("\nconfusion (rows: true class, columns: read)")
    for label, row in enumerate(counts):
        print(f"{label:>3} " + " ".join(f"{n:>4}" if n else "   ·" for n in row))


def _table(card: Card, names: tuple[str, ...], p: Floats) -> bytes:
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(("file", *card.labels))
    for name, row in zip(names, p, strict=True):
        write.writerow((name, *(f"{value:.6g}" for value in row)))
    return text.getvalue().encode()
