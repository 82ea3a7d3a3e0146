"""What the columns of a sheet are: types, codes for gaps, and the reason for each guess.

Every guess may be overruled by a `Choice`. Nothing depends on the order of rows or columns.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from engines.kinds import ColumnType
from engines.naming import listed
from engines.tables.sheet import Sheet

WORDS = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "?", ".", "*"})
"""Texts that stand for a gap in any column, in small letters."""
CODES = frozenset({-9, -99, -999, -9999, -99999, 99, 999, 9999, 99999})
"""Numbers that often stand for a gap; taken for one where they lie far outside the others."""
FEW_LEVELS, MOST_LEVELS = 5, 200
_STRAY = 0.05
"""Share of texts in a column of numbers that are taken for gaps."""
_DATES = (
    re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?"),
    re.compile(r"\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})( .*)?"),
    re.compile(
        r"\d{1,2}[ -](jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -]\d{2,4}", re.I
    ),
)
_ID = re.compile(r"(.*[ _.-])?(id|key|index|rownames?|row_names|uuid|guid)(\.\d+)?|unnamed.*", re.I)
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_DIGITS = re.compile(r"[-+.0-9]*")
_LONG = 2000
"""Rows from which numbers are read all at once."""
_MOST_DIGITS, _CHECKED = 6, 1000


class Role(Enum):
    """What a column is taken for. Those of no `type` are kept, but neither used nor imputed."""

    NUMBER = "number"
    INTEGER = "integer"
    ORDERED = "ordered"
    CATEGORY = "category"
    ID = "id"
    DATE = "date"
    TEXT = "text"

    @property
    def type(self) -> ColumnType | None:
        """The type of a column that takes part; None for one that does not."""
        return None if self in (Role.ID, Role.DATE, Role.TEXT) else ColumnType(self.value)


@dataclass(frozen=True)
class Choice:
    """What a person says of a column; None leaves it to the guess.

    `gaps` are all texts that stand for a gap, beside the empty cell; `levels` their order.
    """

    role: Role | None = None
    gaps: tuple[str, ...] | None = None
    levels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Code:
    """A text that may stand for a gap: how often it is there, and whether it is taken for one.

    `sure` for words such as NA; a number such as −999 is a guess, to be looked at.
    """

    text: str
    count: int
    taken: bool
    sure: bool


@dataclass(frozen=True)
class Guess:
    """What a column is taken for, and why; `examples` are its most frequent texts."""

    name: str
    role: Role
    why: str
    codes: tuple[Code, ...]
    gaps: int
    distinct: int
    examples: tuple[str, ...]
    chosen: bool = False
    """Whether a person said so."""


@dataclass(frozen=True)
class Numbers:
    """The texts of a column that are numbers, as such; `digits` as of a Column."""

    of: Mapping[str, float]
    digits: int | None


@dataclass(frozen=True, eq=False)
class Many:
    """A long column of plain numbers: values (n,), NaN for an empty cell, and decimals."""

    values: npt.NDArray[np.float64]
    digits: int | None


def many_numbers(cells: tuple[str, ...]) -> Many | None:
    """The values of a long column of plain numbers and empty cells; None for any other.

    What follows in this file for texts one by one takes ten times as long.
    """
    if len(cells) < _LONG or not _DIGITS.fullmatch("".join(cells)):
        return None
    if len(set(cells[:_LONG])) < _LONG // 10:
        return None
    try:
        values = np.array([float(cell) if cell else math.nan for cell in cells])
    except ValueError:
        return None
    some = values[~np.isnan(values)]
    near = 1e-12 * np.maximum(np.abs(some), 1e-3)
    fits = (d for d in range(_MOST_DIGITS + 1) if (np.abs(np.round(some, d) - some) <= near).all())
    return Many(values, next(fits, None))


def guess(
    sheet: Sheet,
    choices: Mapping[str, Choice] | None = None,
    many: Sequence[Many | None] | None = None,
) -> tuple[Guess, ...]:
    """What each column of a sheet is. Raises KeyError for a choice of no column.

    `many` are the columns as `many_numbers` gives them, where somebody has them.
    """
    said = choices or {}
    if unknown := [name for name in said if name not in sheet.header]:
        raise KeyError(f"no column is called {listed(unknown)}")
    found = map(many_numbers, sheet.columns) if many is None else many
    return tuple(
        _guess(name, cells, said.get(name, Choice()), sheet.decimal_comma, numeric)
        for name, cells, numeric in zip(sheet.header, sheet.columns, found, strict=True)
    )


def numbers(texts: Iterable[str], decimal_comma: bool) -> Numbers:
    """Which texts are numbers: with a point or a comma, or with commas between thousands."""
    uniques = [
        (text, text.replace("−", "-").replace(" ", "").replace("\xa0", "")) for text in texts
    ]
    commas = [plain for _, plain in uniques if "," in plain]
    thousands = bool(commas) and not decimal_comma and all(map(_THOUSANDS.fullmatch, commas))
    found, digits = {}, 0
    for text, given in uniques:
        plain = given
        if "," in plain:
            plain = plain.replace(",", "") if thousands else plain.replace(",", ".", 1)
        if _PLAIN.fullmatch(plain) and math.isfinite(value := float(plain)):
            found[text] = value
            mantissa, _, power = plain.lower().partition("e")
            places = len(mantissa.partition(".")[2].rstrip("0")) - int(power or 0)
            digits = max(digits, places)
    return Numbers(found, digits if digits <= _MOST_DIGITS else None)


def _guess(
    name: str, cells: tuple[str, ...], choice: Choice, decimal_comma: bool, many: Many | None
) -> Guess:
    if many is not None:
        return _of_many(name, cells, choice, many)
    counts = Counter(cells)
    words = {text for text in counts if text.casefold() in WORDS}
    if choice.gaps is not None:
        words &= {"", *choice.gaps}
    known = numbers((text for text in counts if text not in words), decimal_comma).of
    suspects = _suspects(known, counts, words)
    stray = _stray(known, counts, words)
    asked = suspects | stray if choice.gaps is None else set(choice.gaps)
    gaps = (words | asked) & set(counts)
    possible = words | suspects | stray | gaps | {t for t, v in known.items() if v in CODES}
    codes = tuple(
        Code(text, counts[text], text in gaps, text in words)
        for text in sorted(possible, key=lambda text: (-counts[text], text))
    )
    left = {text: count for text, count in counts.items() if text not in gaps}
    guessed, why = _role(name, cells, left, {t: v for t, v in known.items() if t in left})
    role = choice.role or guessed
    if choice.role is not None and choice.role is not guessed:
        why = "you said so"
    examples = tuple(heapq.nsmallest(5, left, key=lambda text: (-left[text], text)))
    missing = len(cells) - sum(left.values())
    return Guess(name, role, why, codes, missing, len(left), examples, choice.role is not None)


def _of_many(name: str, cells: tuple[str, ...], choice: Choice, many: Many) -> Guess:
    """The same of a long column of numbers."""
    uniques, counts = np.unique(many.values[~np.isnan(many.values)], return_counts=True)
    possible = [value for value in CODES if value in uniques]
    texts = {
        cells[i]: float(many.values[i]) for i in np.flatnonzero(np.isin(many.values, possible))
    }
    often = Counter(cell for cell in cells if cell in texts)
    others = uniques[~np.isin(uniques, possible)]
    ends = {str(value): float(value) for value in (others[0], others[-1])}
    suspects = _suspects(texts | ends, Counter({*texts, *ends}), set()) & set(texts)
    taken = suspects if choice.gaps is None else set(choice.gaps) & set(texts)
    empty = int(np.isnan(many.values).sum())
    codes = [Code("", empty, True, True)] if empty else []
    codes += [Code(text, often[text], text in taken, False) for text in sorted(texts)]
    gone = sum(often[text] for text in taken)
    n, left = len(cells) - empty - gone, uniques[~np.isin(uniques, [texts[t] for t in taken])]
    whole = bool((left == np.round(left)).all())
    complete = len(left) == n == len(cells)
    if complete and whole and (_ID.fullmatch(name) or _consecutive(left.tolist())):
        role, why = Role.ID, "each row has its own, and the name or the count says so"
    else:
        role, why = (Role.INTEGER, "whole numbers") if whole else (Role.NUMBER, "numbers")
    if choice.role is not None and choice.role is not role:
        role, why = choice.role, "you said so"
    first = [int(np.argmax(many.values == value)) for value in uniques[np.argsort(-counts)[:5]]]
    examples = tuple(cells[i] for i in first)
    chosen = choice.role is not None
    return Guess(name, role, why, tuple(codes), empty + gone, len(left), examples, chosen)


def _suspects(known: Mapping[str, float], counts: Counter[str], words: set[str]) -> set[str]:
    """Numbers such as −999 that lie far outside all others, or stand among words."""
    codes = {text for text, value in known.items() if value in CODES}
    others = [value for text, value in known.items() if text not in codes]
    texts = len(counts) - len(words) - len(known)
    if not codes or (not others and not texts):
        return set()
    if not others:
        return codes
    low, high = min(others), max(others)
    wide = max(high - low, 1.0)

    def far(value: float) -> bool:
        return value < low - wide or value > high + wide or (value < 0 <= low)

    return {text for text in codes if far(known[text])}


def _stray(known: Mapping[str, float], counts: Counter[str], words: set[str]) -> set[str]:
    """The few texts in a column of numbers."""
    rest = {text for text in counts if text not in words and text not in known}
    total = sum(count for text, count in counts.items() if text not in words)
    few = sum(counts[text] for text in rest) <= _STRAY * total
    return rest if few and len(known) > FEW_LEVELS else set()


def _role(
    name: str, cells: tuple[str, ...], left: Mapping[str, int], known: Mapping[str, float]
) -> tuple[Role, str]:
    """What a column is by its cells without gaps, and why."""
    n, distinct = sum(left.values()), len(left)
    if not distinct:
        return Role.TEXT, "it has no value at all"
    all_numbers = len(known) == distinct
    whole = all_numbers and all(value.is_integer() for value in known.values())
    complete = distinct == n == len(cells) and n > 2
    if complete and (whole or not all_numbers) and _ID.fullmatch(name):
        return Role.ID, "each row has its own, and the name says so"
    if complete and whole and _consecutive(known.values()):
        return Role.ID, "it counts the rows"
    if not all_numbers and _dates(left):
        return Role.DATE, "dates are neither used nor imputed"
    if all_numbers:
        if distinct == 2:
            return Role.CATEGORY, "it has two values"
        if whole and 2 < distinct <= FEW_LEVELS:
            return Role.ORDERED, f"it has {distinct} whole numbers"
        return (Role.INTEGER, "whole numbers") if whole else (Role.NUMBER, "numbers")
    if distinct > MOST_LEVELS or (distinct > 2 * FEW_LEVELS and distinct > n / 3):
        return Role.TEXT, f"{distinct:,} different texts in {n:,} rows are too many to learn from"
    return Role.CATEGORY, f"{distinct} texts"


def _consecutive(values: Iterable[float]) -> bool:
    found = sorted(values)
    return found[0] in (0, 1) and len(found) > 10 and found[-1] - found[0] == len(found) - 1


def _dates(texts: Iterable[str]) -> bool:
    some = sorted(texts)[:_CHECKED]
    return any(all(map(pattern.fullmatch, some)) for pattern in _DATES)
