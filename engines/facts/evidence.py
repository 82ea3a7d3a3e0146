"""What stands behind the badges: in-painting methods measured where the answer is known.

Read from assets/evidence.toml, which `python -m engines.training inpainting-evidence` writes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engines.model import Card

ROOT = Path(__file__).resolve().parents[2] / "assets"
PATH = ROOT / "evidence.toml"


@dataclass(frozen=True)
class Evidence:
    """One method on one model whose conditional p(x_m | x_o) is known.

    It speaks for the same method on models of the same family and kind of data, and for no other:
    methods of one name are other code for pictures than for points.

    `value` is the distance of so many `draws` from the exact conditional by `measure`, `floor` the
    mean of as many exact draws over independent sets, `limit` what 99 % of the sets stay below:
    less cannot be asked. `calls` are network evaluations per draw.
    """

    method: str
    """The name of the method, as in `Method.name`."""
    family: str
    """Of the model that the method was run on, as in `Card.family`."""
    title: str
    how: str
    """The procedure at the knobs of this row."""
    exactness: str
    """The badge, as in `Exactness.value`."""
    oracle: str
    draws: int
    calls: int
    measure: str
    value: float
    floor: float
    limit: float
    verdict: str
    kind: str
    """Of data, "pictures" or "points", as by `kind_of`."""
    model: str = ""
    """The shipped checkpoint that was asked, "" for an oracle made for the purpose."""

    @property
    def subject(self) -> tuple[str, str, str]:
        """What it is evidence for: family, method, kind of data."""
        return self.family, self.method, self.kind


def kind_of(card: Card) -> str:
    """The kind of data that evidence is kept by."""
    return card.kind.name


def about(rows: Iterable[Evidence], card: Card, method: str) -> list[Evidence]:
    """The rows of this very method, family and kind of data, those of this checkpoint first."""
    asked = card.family, method, kind_of(card)
    found = [row for row in rows if row.subject == asked]
    return sorted(found, key=lambda row: row.model != card.name)


def read(path: Path = PATH) -> tuple[Evidence, ...]:
    """All evidence in the order of the page docs/inpainting.md, best known oracle first.

    Raises FileNotFoundError, or ValueError for a file that is no such table.
    """
    rows = tomllib.loads(path.read_text("utf-8")).get("evidence", [])
    try:
        return tuple(Evidence(**row) for row in rows)
    except TypeError as error:
        raise ValueError(f"{path} is no table of evidence: {error}") from error
