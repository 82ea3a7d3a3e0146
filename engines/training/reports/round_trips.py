"""Test digits through every coder and back: docs/round-trips.md, picture by picture.

A run goes on from the counts that the page has for the same weights, so that it may be cut short
at any time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from engines.checkpoints.disk import write_atomically
from engines.model import NO_KNOBS, Model, finish
from engines.opening import open_model
from engines.training.datasets import load
from engines.uses.compression import codec, coders
from engines.uses.compression.bits_back import CHAIN, BitsBackCoder

DOCUMENT = Path("docs/round-trips.md")
_DRAWS = 64


@dataclass(frozen=True)
class Question:
    """How many digits of a model are asked for, and how many are in a file. `groups` 0: its own."""

    name: str
    count: int
    chunk: int
    groups: int = 0
    allowed: float = 0.02

    @property
    def title(self) -> str:
        """What its row begins with."""
        return f"{self.name}, pixel by pixel" if self.groups else self.name


QUESTIONS = (
    Question("mnist/autoregressive", 200, 16),
    Question("mnist/any-order", 10, 5, groups=784),
    Question("mnist/any-order", 100, 10),
    Question("mnist/vae", 1_000, CHAIN, allowed=0.03),
    Question("mnist/kde", 1_000, 50),
)


@dataclass(frozen=True)
class Row:
    """Digits done of a model with these weights: bits by its own −log₂ p (or ELBO), and in frames.

    `beside` are the bits of headers, lengths and CRCs, of files of `chunk` digits.
    """

    title: str
    sha256: str
    done: int = 0
    own: int = 0
    coded: int = 0
    beside: int = 0


Opener = Callable[[str], Model]


def extended(row: Row, question: Question, model: Model, x: Tensor) -> Row:
    """The row with digits x (n, 1, H, W) more. Raises AssertionError if they do not come back."""
    groups = question.groups or None
    file = finish(codec.compress(model, x, groups=groups))
    again = finish(codec.decompress(file.raw, lambda _: model))
    if again.lost or not torch.equal(again.x, x):
        raise AssertionError(f"{question.title}: digits from {row.done} on do not come back")
    return replace(
        row,
        done=row.done + len(x),
        own=row.own + round(_own_bits(model, x, groups)),
        coded=row.coded + 8 * sum(file.frames),
        beside=row.beside + 8 * file.overhead,
    )


def _own_bits(model: Model, x: Tensor, groups: int | None) -> float:
    """−log₂ p of pictures by the model's density, −ELBO of the code's own q for bits-back."""
    coder = coders.coder_of(model, groups=groups)
    if isinstance(coder, BitsBackCoder):
        levels = codec.levels_of(x, coders.symbols_of(model), model.card)
        return sum(coder.bits(picture, _DRAWS) for picture in levels)
    assert model.density is not None
    knobs: Mapping[str, float] = {"groups": groups} if groups else NO_KNOBS
    nats = finish(model.density.run(x, None, knobs)).value
    return -float(nats.double().sum()) / math.log(2)


@cache
def _tested() -> Tensor:
    return load("mnist").test.x


def digits(first: int, count: int) -> Tensor:
    """Test digits (count, 1, 28, 28) in [-1, 1], in the order of the set."""
    return _tested()[first : first + count]


def write(
    names: Iterable[str] = (),
    *,
    minutes: float = math.inf,
    document: Path = DOCUMENT,
    questions: Iterable[Question] = QUESTIONS,
    open_one: Opener = open_model,
    draw: Callable[[int, int], Tensor] = digits,
) -> None:
    """Go on with all models, or those of these names, for so many minutes; write the page."""
    torch.set_num_threads(1)
    asked, chosen = tuple(questions), set(names)
    rows, until = _kept(document), time.monotonic() + 60 * minutes
    for question in asked:
        if chosen and question.name not in chosen:
            continue
        model = open_one(question.name)
        sha256 = model.card.sha256[:12]
        row = rows.get(question.title, Row(question.title, sha256))
        row = row if row.sha256 == sha256 else Row(question.title, sha256)
        while row.done < question.count and time.monotonic() < until:
            x = draw(row.done, min(question.chunk, question.count - row.done))
            row = rows[question.title] = extended(row, question, model, x)
            write_atomically(document, page(rows, asked).encode())
            print(row, flush=True)


_HEAD = """# Round trips

Look up here how many digits were coded by each model, came back bit by bit, and in how many bits.

Written by `python -m engines.training round-trips`, which goes on from the counts that stand here:
with a model's name it takes that one alone, with `--minutes 10` it stops after so long. A row is
added to only after the pictures of a file were decoded from its bytes and compared. *Own* is the
model's −log₂ p by its density (for bits-back the −ELBO of the Gaussian q that the code takes,
{draws} draws of each digit), *frames* the bits of the pictures' bytes, with what a chain begins
with, *beside* the header, lengths and CRCs. The digits are the first of MNIST's
test set, in its order.

| model | weights | digits | of | own | frames | frames above own | allowed | beside |
|---|---|---|---|---|---|---|---|---|
"""


def page(rows: Mapping[str, Row], questions: Iterable[Question]) -> str:
    """The page of all rows."""
    lines = [_line(rows[q.title], q) for q in questions if q.title in rows]
    return _HEAD.format(draws=_DRAWS) + "".join(lines)


def _line(row: Row, question: Question) -> str:
    above = 100 * (row.coded / row.own - 1)
    cells = [
        row.title,
        row.sha256,
        f"{row.done:,}",
        f"{question.count:,}",
        f"{row.own:,}",
        f"{row.coded:,}",
        f"{above:+.2f} %".replace("-", "−"),
        f"{100 * question.allowed:.0f} %",
        f"{row.beside:,}",
    ]
    return f"| {' | '.join(cells)} |\n"


def _kept(document: Path) -> dict[str, Row]:
    """The rows that a page has, by title."""
    found = {}
    text = document.read_text("utf-8") if document.is_file() else ""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if len(cells) == 9 and "/" in cells[0]:
            done, own, coded, beside = (int(cells[k].replace(",", "")) for k in (2, 4, 5, 8))
            found[cells[0]] = Row(cells[0], cells[1], done, own, coded, beside)
    return found
