"""Comparison of models from the command line: paired differences, ranks, samples. No Qt."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from app.command.names import card_named, opened
from app.command.output import UsageError, driven, prepared
from app.recipes import files
from engines.checkpoints.catalog import ROOT, no_density
from engines.data.own import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from engines.model import Card, Model
    from engines.uses.comparison.paired import Law
    from engines.uses.comparison.samples import Quality


@dataclass(frozen=True)
class CompareOptions:
    """Which models to compare, on how many held-out examples, and with how many samples."""

    models: tuple[str, ...]
    count: int = 100
    samples: int = 0
    seed: int = 7


def compare(
    options: CompareOptions, out: Path | None, *, device: str | None = None, root: Path = ROOT
) -> Path | None:
    """Print what can be said, and write log p of each example under each model."""
    from engines.uses.comparison import scoring
    from engines.uses.outliers import reference

    cards = _cards(options, root)
    if out is not None:
        prepared(out)
    try:
        x = reference.examples_of(cards[0])
    except DataError as error:
        raise UsageError(str(error)) from error
    if not 4 <= options.count <= len(x):
        raise UsageError(f"--count must lie in 4 … {len(x):,}, got {options.count}")
    x = x[: options.count]
    laws, left = [], []
    for card in cards:
        model = opened(card, device, root)
        if model.density is None:
            left.append(f"{no_density(card)}; it is compared by its samples alone.")
        else:
            laws.append(driven(scoring.law_of(model, x), card.name))
        if options.samples:
            _print_samples(card, _quality(model, options, device))
    _print(cards, laws, left, options)
    if out is not None:
        files.write_atomically(out, _table(laws).encode())
    return out


def _cards(options: CompareOptions, root: Path) -> list[Card]:
    names = list(dict.fromkeys(options.models))
    if len(names) < 2:
        raise UsageError("name at least two models to compare")
    cards = [card_named(name, root) for name in names]
    other = next((c for c in cards if c.data != cards[0].data or c.kind != cards[0].kind), None)
    if other is not None:
        raise UsageError(
            f"{cards[0].name} and {other.name} are of different data: no example is one of both"
        )
    if options.samples and not 20 <= options.samples <= 1000:
        raise UsageError(f"--samples must lie in 20 … 1,000, got {options.samples}")
    return cards


def _print(cards: list[Card], laws: list[Law], left: list[str], options: CompareOptions) -> None:
    from engines.uses.comparison import paired, ranks

    print(f"{cards[0].data}: {options.count} held-out {cards[0].kind.things}")
    for law in laws:
        print(f"  {law.card.name:<24}{_mean(law)}; {law.method}")
    found = paired.differences(laws, options.seed)
    if found:
        many = " that hold at once" if len(found) > 1 else ""
        print(f"paired differences of log p, nats an example, 95 % intervals{many}")
    for one in found:
        print(
            f"  {one.a} − {one.b}: {one.mean:.2f} ± {one.stderr:.2f} "
            f"[{one.low:.2f}, {one.high:.2f}]{'' if one.decided else ', not decided'}"
        )
    for sentence in dict.fromkeys((*paired.refusals(laws), *left)):
        print(f"  {sentence}")
    if len(laws) > 1:
        print("rank correlations of log p (Spearman)")
    for a, b in combinations(laws, 2):
        rho = ranks.spearman(a.log_p, b.log_p)
        print(f"  {a.card.name} and {b.card.name}: {rho.value:.2f} [{rho.low:.2f}, {rho.high:.2f}]")


def _mean(law: Law) -> str:
    """The mean of log p, as far as it is one."""
    from engines.model import Meaning
    from engines.uses.comparison import paired

    if law.meaning is Meaning.UNNORMALISED:
        return str(law.meaning.value)
    mean, error = paired.mean_and_error(law.log_p)
    unit = f"{law.card.kind.per_unit(-mean):.4f} {law.card.kind.unit}"
    said: str = law.meaning.value
    return f"{said}: mean {mean:.2f} ± {error:.2f} nats, {unit}"


def _quality(model: Model, options: CompareOptions, device: str | None) -> Quality:
    """The figures of samples, from the disk where they are there."""
    from engines.checkpoints import devices
    from engines.uses.comparison import drawing, keeping, samples

    card = model.card
    on = str(devices.choose(device))
    if (known := keeping.kept(card, options.samples, options.seed, on)) is not None:
        return known
    try:
        real, other = drawing.real_features(card, options.samples)
    except DataError as error:
        raise UsageError(f"--samples: {error}") from error
    drawn: Tensor = driven(drawing.features_of(model, options.samples, options.seed), card.name)
    found = driven(samples.quality(drawn, real, other, options.seed), card.name)
    keeping.keep(found, card, options.samples, options.seed, on)
    return found


def _print_samples(card: Card, found: Quality) -> None:
    said = (
        f"{name} {value:.2f} ({found.shares_floor[name]:.2f})"
        for name, value in found.shares.items()
    )
    print(
        f"{card.name}: {found.samples} samples against as many held-out (in brackets: data against "
        f"data)\n  Fréchet {found.frechet.at_n:.2f}, extrapolated {found.frechet.at_infinity:.2f} "
        f"({found.frechet_floor.at_infinity:.2f}); {', '.join(said)}\n  MMD² "
        f"{found.mmd.statistic:.4f}, p {found.mmd.p:.3g}; told apart by a classifier "
        f"{100 * found.told_apart.statistic:.1f} %, p {found.told_apart.p:.3g}"
    )


def _table(laws: list[Law]) -> str:
    """log p in nats: a row for each example, a column for each model."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    write.writerow(("example", *(law.card.name for law in laws)))
    for i, values in enumerate(zip(*(law.log_p.tolist() for law in laws), strict=True)):
        write.writerow((i + 1, *(f"{value:.6f}" for value in values)))
    return text.getvalue()
