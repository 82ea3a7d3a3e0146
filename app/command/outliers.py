"""Outliers from the command line: conformal p-values of pictures as a table. No Qt."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.command.density import say_skipped
from app.command.names import card_named, opened
from app.command.output import UsageError, driven, prepared, say
from app.kinds import view_of
from app.recipes import files
from engines.checkpoints.catalog import ROOT, no_density
from engines.data.own import DataError
from engines.kinds import Pictures
from engines.model import Step
from engines.steps import mapped

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeVar

    from torch import Tensor

    from engines.model import Card, Model
    from engines.uses.outliers.candidates import Group
    from engines.uses.outliers.codelength import Coder
    from engines.uses.outliers.measuring import Part
    from engines.uses.outliers.reference import Judged, Reference

    T = TypeVar("T")

_TITLES = {
    "nll": "−log p",
    "typicality": "typicality",
    "complexity": "complexity-corrected",
    "own": "own",
}


@dataclass(frozen=True)
class OutlierOptions:
    """What the command line asks for: pictures of a folder, probes, or both."""

    model: str
    images: Path | None = None
    probes: tuple[str, ...] = ()
    rate: float = 5.0
    """False alarms in percent."""
    count: int = 50
    seed: int = 7
    reference: Path | None = None
    """A folder of held-out pictures; None for those that come with the data set."""


def outliers(
    options: OutlierOptions, out: Path | None, *, device: str | None = None, root: Path = ROOT
) -> tuple[Path | None, int]:
    """Judge pictures, print how each score does, and write a row for each picture.

    Returns the table written, if any, and how many pictures could not be read.
    """
    from engines.uses.outliers import codelength, conformal, reference

    card = card_named(options.model, root)
    _check(options, card)
    model = opened(card, device, root)
    if model.density is None:
        raise UsageError(no_density(card))
    groups, skipped = _groups(options, card)
    held_out = _held_out(options, card)
    if out is not None:
        prepared(out)
    coders = codelength.coders()
    if why := codelength.lacking():
        say(why)
    against = _driven(reference.refer(model, held_out, coders), f"{card.name}: held-out pictures")
    rate = options.rate / 100
    try:
        conformal.threshold(against.scores["nll"], rate)
    except ValueError as error:
        raise UsageError(f"--rate: {error}") from error
    judged = {group.name: _judge(model, group, coders, against) for group in groups}
    _print(card, judged, against, rate)
    if out is not None:
        files.write_atomically(out, _table(groups, judged, rate).encode())
    return out, skipped


def _check(options: OutlierOptions, card: Card) -> None:
    from engines.uses.outliers import candidates

    if not isinstance(card.kind, Pictures):
        raise UsageError(
            f"{card.name} is of {card.kind.things}; outliers from the command line are pictures"
        )
    if not 0 < options.rate < 100:
        raise UsageError(f"--rate is a share of false alarms in percent, got {options.rate:g}")
    if not 1 <= options.count <= 800:
        raise UsageError(f"--count must lie in 1 … 800, got {options.count}")
    for name in options.probes:
        if name not in candidates.choices():
            raise UsageError(
                f"there is no probe '{name}'; there are: {', '.join(candidates.choices())}"
            )


def _groups(options: OutlierOptions, card: Card) -> tuple[list[Group], int]:
    from engines.uses.outliers.candidates import Group, fresh, probe_group

    groups, skipped = [], 0
    if options.images is not None:
        x, names, skipped = _folder(options.images, card)
        groups.append(Group("images", x, names))
    if options.probes:
        try:
            x = fresh(card, options.count)
        except DataError as error:
            raise UsageError(f"--probes: {error}") from error
        groups += [probe_group(name, x, options.seed) for name in dict.fromkeys(options.probes)]
    return groups, skipped


def _held_out(options: OutlierOptions, card: Card) -> Tensor:
    from engines.uses.outliers import reference

    if options.reference is None:
        try:
            return reference.examples_of(card)
        except DataError as error:
            raise UsageError(f"{error}; name a folder of some with --reference") from error
    x, _, _ = _folder(options.reference, card)
    if len(x) < 12:
        raise UsageError(f"--reference: {len(x)} pictures are too few; there must be at least 12")
    return x


def _folder(folder: Path, card: Card) -> tuple[Tensor, tuple[str, ...], int]:
    view = view_of(card)
    try:
        found = view.examples({"images": folder})
    except ValueError as error:
        raise UsageError(str(error)) from error
    say_skipped(found)
    return view.tensor_of(found.values), found.names, len(found.skipped)


def _judge(model: Model, group: Group, coders: tuple[Coder, ...], against: Reference) -> Judged:
    from engines.uses.outliers import measuring, reference

    run = measuring.measure(model, group.x, coders)
    return reference.judge(_driven(run, f"{model.card.name}: {group.name}"), against)


def _driven(run: Generator[Part, None, T], name: str) -> T:
    """Drive a measurement with its progress on stderr."""

    steps = mapped(run, lambda p: Step(0 if p.so_far is None else len(p.so_far), p.total))
    return driven(steps, name)


def _print(card: Card, judged: dict[str, Judged], against: Reference, rate: float) -> None:
    """How each score does, and what the threshold holds."""
    from engines.uses.outliers import conformal, measuring, summary

    limit = conformal.threshold(against.scores["nll"], rate)
    print(
        f"{card.name} against {against.held_out:,} held-out pictures. Flagged at p ≤ {rate:.3g}: "
        f"the true false-alarm rate lies in {100 * limit.low:.2g} … {100 * limit.high:.2g} % (95 %)"
    )
    titles = dict(_TITLES)
    for name, title, says in measuring.sayings(against.way, against.own):
        titles[name] = title
        print(f"  {title}: {says}")
    print(f"{'group':<12}{'score':<28}{'flagged':>12}  {'AUROC':<20}{'AUPR':>6}{'FPR95':>7}")
    for row in summary.summary(judged, against, rate):
        area = row.detection.auroc
        interval = f"{area.value:.3f} [{area.low:.2f}, {area.high:.2f}]"
        print(
            f"{row.group:<12}{titles[row.score]:<28}{f'{row.flagged} of {row.total}':>12}  "
            f"{interval:<20}{row.detection.aupr.value:>6.2f}{row.detection.fpr95.value:>7.2f}"
        )


def _table(groups: list[Group], judged: dict[str, Judged], rate: float) -> str:
    """A row for each picture: its scores, p-values, and by which of them it is flagged."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n")
    names = tuple(next(iter(judged.values())).scores)
    write.writerow(("file", *names, *(f"p_{name}" for name in names), "group", "flagged"))
    for group in groups:
        for row in _rows(group, judged[group.name], names, rate):
            write.writerow(row)
    return text.getvalue()


def _rows(
    group: Group, judged: Judged, names: tuple[str, ...], rate: float
) -> Iterator[tuple[str, ...]]:
    for i, file in enumerate(group.names):
        scores = (f"{judged.scores[name][i]:.6g}" for name in names)
        p = [float(judged.p[name][i]) for name in names]
        flagged = " ".join(name for name, each in zip(names, p, strict=True) if each <= rate)
        yield (file, *scores, *(f"{each:.6g}" for each in p), group.name, flagged)
