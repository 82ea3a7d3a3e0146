"""Names that nothing has: what was probably meant, or at most ten of those there are; sentences.

Knows only strings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MOST = 10
"""Names in one sentence."""
LONGEST = 300
"""Letters of a sentence for a person."""
_GUESSES, _LONG = 3, 40
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""A data set or a model of the user's own, as a folder or a file may be called anywhere."""
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{kind}{i}" for kind in ("com", "lpt") for i in range(10)),
}
"""What Windows takes for a device, whatever its suffix."""
_ENDLESS = re.compile(r"(\S{100})\S{20,}(\S{40})")


class Sentence(Exception):
    """An error whose message is one sentence for a person, and no longer than one reads."""

    def __init__(self, message: str = "") -> None:
        super().__init__(within(message))


def listed(names: Iterable[str], most: int = MOST) -> str:
    """At most ten names, and how many more there are: "a, b and 7 more"; "none" for none."""
    every = list(names)
    said = ", ".join(every[:most]) or "none"
    return said + f" and {len(every) - most:,} more" * (len(every) > most)


def last(name: str) -> str:
    """What stands behind the data set in "<data set>/<name>"."""
    return name.partition("/")[2]


def is_part(text: str) -> bool:
    """Whether a data set or a model of the user's own can be called so."""
    good = _PART.fullmatch(text) and not text.endswith((".", ".toml"))
    return bool(good) and text.partition(".")[0].casefold() not in _DEVICES


def part_of(text: str, otherwise: str) -> str:
    """What a data set or a model can be called after a file or a title: "Été 2024" is "ete-2024".

    `otherwise` where nothing of it is left.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    made = re.sub(r"[^a-z0-9_.]+", "-", plain).strip("-_.")[:60].rstrip("-_.")
    made = made.removesuffix(".toml")
    if not made:
        return otherwise
    return made if is_part(made) else f"{otherwise}-{made}"


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, or with -2, -3, … behind it where it is taken; small and capital are one."""
    known, made, number = {each.casefold() for each in taken}, name, 1
    while made.casefold() in known:
        number += 1
        made = f"{name}-{number}"
    return made


def shortened(name: str, most: int = 100) -> str:
    """A name that somebody gave, or its first hundred letters, on one line."""
    shown = "".join(letter if letter.isprintable() else "�" for letter in name[:most])
    return shown if len(name) <= most else f"{shown}…"


def within(text: str, most: int = LONGEST) -> str:
    """A sentence of at most so many letters: of a longer one the middle is left out.

    Its end says what to do.
    """
    if len(text) <= most:
        return text
    end = most // 3
    return f"{text[: most - end - 3]} … {text[-end:]}"


def readable(sentence: str) -> str:
    """The sentence with the middle of endless words, such as hostile file names, left out."""
    return _ENDLESS.sub(r"\1…\2", sentence)


def nearest(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """At most three known names that a slip of the hand turns into this one, the nearest first."""
    found = [(slips, each) for each in known if (slips := _slips(name, each)) is not None]
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0])[:_GUESSES])


def nearest_models(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """As `nearest` of "<data set>/<family>", where both halves or the one given are near."""
    halves, found = name.split("/"), []
    for each in known:
        own = each.split("/")
        if len(halves) == len(own):
            slips = [_slips(*pair) for pair in zip(halves, own, strict=True)]
        else:
            slips = [
                min((s for s in (_slips(name, o) for o in own) if s is not None), default=None)
            ]
        good = [s for s in slips if s is not None]
        if len(good) == len(slips):
            found.append((sum(good), each))
    return tuple(each for _, each in sorted(found, key=lambda pair: pair[0])[:_GUESSES])


def guessed(names: Iterable[str]) -> str:
    """ "did you mean 'a', 'b' or 'c'?" """
    quoted = [f"'{name}'" for name in names]
    first = ", ".join(quoted[:-1])
    return f"did you mean {first}{' or ' * bool(first)}{quoted[-1]}?"


def offered(name: str, known: Iterable[str], there: str) -> str:
    """What was probably meant by a name that nothing has, else `there` and what there is."""
    every = list(known)
    near = nearest(name, every)
    return guessed(near) if near else f"{there}: {listed(every)}"


def _slips(given: str, known: str) -> int | None:
    """How many letters were left out, added, changed or swapped; None where that is too many."""
    given, known = given.casefold(), known.casefold()
    most = min(2, max(1, len(known) // 3))
    if abs(len(given) - len(known)) > most or max(len(given), len(known)) > _LONG:
        return None
    slips = _distance(given, known)
    return slips if slips <= most and slips < len(known) else None


def _distance(a: str, b: str) -> int:
    """The optimal string alignment distance (Damerau, 1964): a swap of neighbours counts once."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], before[j - 2] + 1)
        before, last = last, row
    return last[-1]
