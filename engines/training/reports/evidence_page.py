"""docs/inpainting.md for readers and assets/evidence.toml for the window: all evidence of methods.

A run may measure a part of it; the rows of what it did not measure stay as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Protocol

import tomli_w
import torch

from engines.checkpoints.catalog import DATA_TITLES, FAMILY_TITLES, shipped
from engines.checkpoints.disk import write_atomically
from engines.facts.evidence import PATH, Evidence, kind_of, read
from engines.inpaint import methods_for
from engines.model import Card
from engines.opening import open_model
from engines.training.reports import plane_evidence
from engines.training.reports import questions as inpainting_questions
from engines.training.reports.evidence import SETS

PAGE = Path("docs/inpainting.md")
DRAWS = 400
"""Of each line of the plane."""
Offered = Mapping[tuple[str, str, str], str]
"""Titles of the methods of shipped models, by family, method and kind of data."""


class Trial(Protocol):
    """One method on one model, and how it is measured."""

    @property
    def key(self) -> tuple[str, str, str]: ...

    @property
    def words(self) -> frozenset[str]: ...

    def rows(self) -> Iterator[Evidence]: ...


def trials(draws: int = DRAWS) -> list[Trial]:
    """Everything that is measured, in the order of the page."""
    return [*inpainting_questions.trials(), *plane_evidence.trials(draws)]


def write(
    only: Collection[str] = (), draws: int = DRAWS, page: Path = PAGE, table: Path = PATH
) -> None:
    """Measure, and write both files.

    `only` are words of what is measured: a model's name, a data set, a family, a method, "oracle"
    or "plane"; two words may name a family and its method as "diffusion:tds". All else stays.
    Raises ValueError for a word that nothing answers to.
    """
    torch.set_num_threads(1)
    every = trials(draws)
    for word in only:
        if not any(answers(trial, word) for trial in every):
            raise ValueError(f"nothing to measure is called '{word}'")
    chosen = [t for t in every if not only or any(answers(t, word) for word in only)]
    rows = []
    for trial in chosen:
        for row in trial.rows():
            print(f"  {row.measure} {row.value:.3f} ({row.limit:.3f}): {row.verdict}", flush=True)
            rows.append(row)
    kept = read(table) if table.exists() else ()
    rows = merged(kept, rows, chosen=chosen, every=every)
    text = tomli_w.dumps({"evidence": [asdict(row) for row in rows]})
    write_atomically(table, text.encode())
    page.write_text(page_of(rows, offered()), encoding="utf-8")


def answers(trial: Trial, word: str) -> bool:
    """Whether a trial has all parts of a word, such as "plane" or "diffusion:tds"."""
    return trial.words.issuperset(word.split(":"))


def merged(
    kept: Iterable[Evidence],
    fresh: Iterable[Evidence],
    *,
    chosen: Sequence[Trial],
    every: Sequence[Trial],
) -> list[Evidence]:
    """Fresh rows in the place of those of the same trials; rows that no trial makes are gone."""
    again = {trial.key for trial in chosen}
    place = {trial.key: i for i, trial in reversed(list(enumerate(every)))}
    rows = [row for row in kept if key(row) not in again and key(row) in place]
    return sorted([*rows, *fresh], key=lambda row: place[key(row)])


def key(row: Evidence) -> tuple[str, str, str]:
    """The key of the trial that a row is from."""
    return row.oracle, row.model or row.family, row.method


def offered() -> Offered:
    """Of every family and kind of data the methods of a shipped model."""
    cards: dict[tuple[str, str], Card] = {}
    for card in shipped():
        cards.setdefault((card.family, kind_of(card)), card)
    return {
        (family, method.name, kind): method.title
        for (family, kind), card in cards.items()
        for method in methods_for(open_model(card.name, device="cpu"))
    }


def page_of(rows: Iterable[Evidence], methods: Offered) -> str:
    """The page: a table for each oracle, one of the checkpoints, and what is not measured."""
    rows = list(rows)
    parts = [_HEAD]
    for oracle, found in groupby((row for row in rows if not row.model), lambda row: row.oracle):
        parts += [f"\n## {oracle}\n\n{_COLUMNS}", *map(_line, found)]
    if shipped := [row for row in rows if row.model]:
        parts.append(_plane(shipped))
    parts.append(_missing(methods, {row.subject for row in rows}))
    return "".join(parts)


def _line(row: Evidence) -> str:
    return (
        f"| {row.title}: {row.how} | {row.exactness} | {row.draws:,} | {row.calls} "
        f"| {row.measure} | {row.value:.3f} | {row.floor:.3f} ({row.limit:.3f}) "
        f"| {row.verdict} |\n"
    )


def _plane(rows: Sequence[Evidence]) -> str:
    """Methods down, data sets across."""
    data = list(dict.fromkeys(_data(row) for row in rows))
    heads = [DATA_TITLES.get(name, name) for name in data]
    draws = " or ".join(f"{n:,}" for n in sorted({row.draws for row in rows}))
    floors = [row.floor for row in rows]
    limits = [row.limit for row in rows]
    parts = [
        f"\n## {plane_evidence.ORACLE}\n\n",
        _PLANE_HEAD.format(
            draws=draws,
            floor=f"{min(floors):.3f} … {max(floors):.3f}",
            limit=f"{min(limits):.3f} … {max(limits):.3f}",
        ),
        "| " + " | ".join(["family", "method", "standing", "calls per draw", *heads]) + " |\n",
        "|" + "---|" * (4 + len(heads)) + "\n",
    ]
    ways = dict.fromkeys((row.family, row.method) for row in rows)
    order = {family: i for i, family in enumerate(FAMILY_TITLES)}
    for family, method in sorted(ways, key=lambda way: order.get(way[0], len(order))):
        of = {_data(row): row for row in rows if (row.family, row.method) == (family, method)}
        first = next(iter(of.values()))
        cells = [_distance(of.get(name)) for name in data]
        about = [FAMILY_TITLES[family], f"{first.title}: {first.how}", first.exactness]
        calls = " or ".join(f"{n:,}" for n in sorted({row.calls for row in of.values()}))
        parts.append("| " + " | ".join([*about, calls, *cells]) + " |\n")
    return "".join(parts)


def _data(row: Evidence) -> str:
    return row.model.partition("/")[0]


def _distance(row: Evidence | None) -> str:
    """The distance; above the limit also how many times the floor it is."""
    if row is None:
        return "not measured"
    times = "" if row.value <= row.limit else f" ({row.value / row.floor:.1f} ×)"
    return f"{row.value:.3f}{times}"


def _missing(methods: Offered, measured: set[tuple[str, str, str]]) -> str:
    lines = [
        f"| {FAMILY_TITLES[family]} | {kind} | {title} (`{name}`) |\n"
        for (family, name, kind), title in methods.items()
        if (family, name, kind) not in measured
    ]
    if not lines:
        return ""
    return f"\n## Not measured\n\n{_MISSING_HEAD}| family | data | method |\n|---|---|---|\n" + (
        "".join(lines)
    )


_HEAD = f"""# In-painting methods against known answers

Look up here how close each in-painting method comes to the exact answer, where that is known.

Written by `python -m engines.training inpainting-evidence`, or a part of it with `--only`. Methods
fill holes of models whose conditional p(x_m | x_o) is known, through the code that the window runs;
what is measured is thus the error of the method alone. First come models made for the purpose,
known in closed form or by enumeration, then the shipped checkpoints of the plane, by quadrature. A
row speaks for the same method on the same family and kind of data, pictures or points, and for no
other: what has no row stands at the end as not measured. Two parts of the methods of pictures are
in no row. A known pixel is a cell of the density's numbers: factor analysers and flows sample
within it, twisted SMC of pictures takes it for a Gaussian, and RePaint, replacement and DPS draw it
once and keep it. And where no class is chosen, a separate classifier draws it first, where the
model's own posterior is not cheap. That classifier is not the model's own p(class | x_o); how
often it is right is in [models.md](models.md).

Calls are network evaluations per draw as the runs count them. TV is the total variation distance:
half the sum of the differences in probability over bins or outcomes.

The verdicts follow a rule that was fixed before the run. The floor is the mean distance of {SETS}
independent sets of as many exact draws, in brackets the value that 99 % of them stay below; a row
is at the sampling floor if it lies below that as well, which one exact row in a hundred misses by
chance. An exact method must be there. An asymptotically exact one with few steps or particles has
a tolerance: TV 0.08 on the mixture with 16 particles, 0.06 sd and 4 % for means and covariances;
where none was set the row says so. Of a heuristic the row says how far off it is.
"""
_COLUMNS = (
    "| method | standing | draws | calls per draw | measure | value | floor (99 %) | verdict |\n"
    "|---|---|---|---|---|---|---|---|\n"
)
_PLANE_HEAD = """Methods at their default knobs, one coordinate known and no class asked: {draws}
draws on each of three lines, at a quarter and three quarters of the training points' first
coordinate and at the median of the second. The number is the mean of the three TV distances, each
over 32 bins of equal mass under the model's own conditional, which is its density along the line by
quadrature; of VAEs and latent diffusions that density is a sum over a lattice of latents. A GAN has
no density: what its methods aim at, the relaxed conditional of their τ, is taken from 200,000
weighted samples. The floor is {floor}, and 99 % of sets of exact draws stay below a limit of
{limit}; in brackets how many times its floor a cell is that lies above its limit. A
few steps or particles leave more than the floor, and a heuristic any amount. The standing is that
for holes of any shape: some methods are exact where the hole comes last in their order. What has
not been run yet stands as not measured.

"""
_MISSING_HEAD = """Methods of shipped models that no row above speaks for. What there is of the
pictures' is calibration on held-out digits, in [models.md](models.md): it tests model and method
together.

"""
