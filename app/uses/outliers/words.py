"""What the page of outliers says: titles, cells, and why a score fails."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from app.models.open_models import Loading
from app.models.titles import family_title
from app.tasks.uses.judging import Measuring, Unjudged, Verdicts
from engines.data import examples
from engines.data.own import DataError
from engines.model import Card
from engines.uses.outliers import candidates, codelength, conformal, curves, measuring
from engines.uses.outliers.probes import PROBES
from widgets.uses.classifier_plots import ShareCurve
from widgets.uses.outlier_table import Cell

WAITING = "waiting"
CLICK = "Click a picture to see why it is found strange."
FAILURES = (
    "A black picture is likelier than every digit: each black pixel costs almost nothing, and a "
    "digit pays for its strokes. So −log p calls it the least strange of all (AUROC 0.00). The "
    "correction −log₂ p − L(x) takes out how simple a picture is and finds it. But L(x) of "
    "shuffled pixels is large: a weak model, such as KDE, needs fewer bits than the codecs there, "
    "and the corrected score calls them ordinary. No single score is safe: look at several."
)
_TITLES = {
    measuring.NLL: "−log p",
    measuring.TYPICALITY: "Typicality",
    measuring.COMPLEXITY: "Complexity-corrected",
    measuring.RATIO: "Ratio to a background",
    measuring.OWN: "The model's own",
}
_LACKING = {
    measuring.RATIO: "no model of its background",
    measuring.OWN: "no score of its own",
}
"""Why a model has no score of a name that others have."""
_ON = ("black", "noise", "shuffled", "thin", candidates.DIGITS)


def offers() -> list[tuple[str, str, bool]]:
    """The kinds of pictures that can be made: name, what it is, whether it is on at first."""
    found = [(name, probe.says, name in _ON) for name, probe in PROBES.items()]
    return [*found, (candidates.DIGITS, "held-out pictures, no outliers", True)]


def scores(verdicts: Sequence[Verdicts]) -> list[tuple[str, str, str]]:
    """The scores that any model has: name, title, what it is."""
    has = {name: each.says[name] for each in verdicts for name in each.titles}
    said = [(name, title, has[name]) for name, title in _TITLES.items() if name in has]
    return said or [(measuring.NLL, _TITLES[measuring.NLL], "")]


def state(step: Loading | Measuring | Unjudged) -> str:
    """What a model does that judges nothing yet."""
    if isinstance(step, Measuring):
        return f"held-out pictures: {step.done:,} of {step.total:,}"
    return step.reason if isinstance(step, Unjudged) else "loading"


def progress(found: Verdicts) -> str:
    """How far it has come; "" at the end."""
    done, total = len(found), len(found.candidates.groups)
    return "" if done == total else f"{done} of {total}"


def head(card: Card, found: Verdicts | None, score: str, said: str) -> str:
    """What stands over a model's histogram."""
    title = family_title(card)
    if found is None:
        return f"{title}: {said}"
    name = found.titles.get(score, _LACKING.get(score, "no such score"))
    return f"{title}: {name}" + (f" ({said})" if said else "")


def cell(found: Verdicts | None, group: str, score: str, rate: float) -> Cell:
    """How well a score tells a group from held-out pictures."""
    if found is None:
        return Cell("…")
    values, p = found.of(group, score)
    if not len(values):
        return Cell("–" if score not in found.titles else "…")
    flagged = int((p <= rate).sum())
    known = found.figures.get((group, score))
    if known is None:
        area = curves.auroc(values, found.held_out[score])
        return Cell(f"{area:.2f} · {flagged}/{len(p)}", "Its interval is on its way.")
    low, high = conformal.share_between(flagged, len(p))
    tip = (
        f"AUROC {known.auroc.value:.3f} [{known.auroc.low:.3f}, {known.auroc.high:.3f}]: how often "
        f"one of them is stranger than a held-out picture; 0.5 is chance. AUPR "
        f"{known.aupr.value:.3f}, FPR95 {known.fpr95.value:.3f}, of {known.outliers} against "
        f"{known.held_out:,}. Flagged: {100 * flagged / len(p):.0f} % "
        f"[{100 * low:.0f}, {100 * high:.0f}]."
    )
    area = known.auroc.value
    text = f"{area:.2f} [{known.auroc.low:.2f}, {known.auroc.high:.2f}] · {flagged}/{len(p)}"
    return Cell(text, tip, poor=group != candidates.DIGITS and area < 0.5)


def curve(found: Verdicts, group: str, score: str) -> ShareCurve | None:
    """The ROC curve of a group judged so far; None where there is none."""
    values, _ = found.of(group, score)
    if not len(values):
        return None
    false, true = curves.roc(values, found.held_out[score])
    # corners alone: what lies between them lies on a line
    across, up = np.diff(false), np.diff(true)
    turn = np.ones(len(false), bool)
    turn[1:-1] = np.abs(across[:-1] * up[1:] - across[1:] * up[:-1]) > 1e-12
    points = tuple(zip(false[turn].tolist(), true[turn].tolist(), strict=True))
    area = curves.auroc(values, found.held_out[score])
    return ShareCurve(family_title(found.card), found.card.family, points, says=f"{area:.2f}")


def why(place: int, verdicts: Sequence[Verdicts]) -> str:
    """What is known of one picture: what each model finds, and what it looks like most."""
    first = verdicts[0]
    lines = [f"{first.candidates.names[place]}: {_nearest(first, place)}."]
    for each in verdicts:
        if place >= len(each):
            continue
        bits = each.card.kind.per_unit(float(each.scores[measuring.NLL][place]))
        lacks = each.titles[measuring.NLL].startswith("energy")
        amount = "" if lacks else f"{bits:.3g} {each.card.kind.unit}, "
        ranks = ", ".join(f"{each.titles[name]} p = {each.p[name][place]:.2g}" for name in each.p)
        lines.append(f"{family_title(each.card)}: {amount}{ranks}.")
    return "\n".join(lines)


def _nearest(found: Verdicts, place: int) -> str:
    """The held-out picture that is most like it, and how far away that is."""
    try:
        others = _held_out(found.card.data)
    except DataError as error:
        return str(error)
    picture = found.candidates.pictures[place].reshape(-1)[::3].astype(np.float32)
    gaps = np.sqrt(((others[0] - picture) ** 2).mean(1))
    gaps[gaps == 0] = np.inf  # itself
    at = int(gaps.argmin())
    return (
        f"most like test picture {others[1][at]:,}, {others[2][at]}, of {len(gaps):,}: "
        f"{gaps[at]:.0f} of 255 levels away (root mean square)"
    )


@cache
def _held_out(data: str) -> tuple[np.ndarray, tuple[int, ...], tuple[str, ...]]:
    shown = examples.held_out(data)
    levels = shown.levels[..., 0].reshape(len(shown.levels), -1).astype(np.float32)
    names = tuple(f"class {shown.classes[i]}" if shown.classes else "" for i in shown.labels)
    return levels, shown.indices, names


@cache
def lacking() -> str:
    """What the codes are the shortest of, where a codec is missing."""
    said = codelength.lacking()
    return f"{said[:1].upper()}{said[1:]}." if said else ""
