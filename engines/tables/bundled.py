"""The tables that come with Genscope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engines.naming import listed
from engines.tables.data import DataTable, open_table
from engines.tables.sheet import TableError

ROOT = Path(__file__).resolve().parents[2] / "assets" / "tables"


@dataclass(frozen=True)
class Bundled:
    """A shipped table: its title, what it is, whose it is, and an analysis to begin with."""

    title: str
    about: str
    licence: str
    analysis: str


TABLES: Mapping[str, Bundled] = {
    "penguins": Bundled(
        "Penguins",
        "344 penguins of three species; 19 cells are missing, most of them the sex",
        "CC0, Gorman and Palmer Station LTER; palmerpenguins by Horst, Hill and Gorman 2020",
        "body_mass_g ~ flipper_length_mm + sex",
    ),
    "titanic": Bundled(
        "Titanic",
        "1,313 passengers; the age of 557 is missing",
        "public domain",
        "survived ~ age + sex",
    ),
}


def path_of(name: str) -> Path:
    """The file of a shipped table. Raises TableError where there is none of this name."""
    if name not in TABLES:
        raise TableError(f"no table '{name}' is shipped; there are: {listed(TABLES)}")
    return ROOT / f"{name}.csv"


def bundled(name: str) -> DataTable:
    """A shipped table, read."""
    return open_table(path_of(name))
