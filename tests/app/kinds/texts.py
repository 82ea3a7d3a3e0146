"""What a kind of our own, sequences of symbols, brings for files and for the sampling tab."""

from pathlib import Path

import numpy as np
import torch
from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QListWidget

from app.kinds import VIEWS
from app.kinds.arrays import ArrayView
from app.kinds.view import Examples, Format, Hole, Option, Read
from app.recipes.recipe import KEYWORD
from app.sampling.displays import DISPLAYS
from app.tab.by_kind import Entry
from tests.kinds import symbols


class TextView(ArrayView):
    """A sequence is a line of letters."""

    live, most_live = 6, 50
    example = "letters"
    options = (
        Option("text", "inpaint", "the file of one text"),
        Option("span", "inpaint", "the letters that are unknown, from 0", "FROM:TO"),
        Option("text", "score", "a file of texts"),
    )
    hole_options = ("text", "span")
    score_options = ("text",)

    def __init__(self, kind):
        super().__init__(kind)
        self.formats = (Format(".txt", "Text", self._pack),)

    def _pack(self, values, recipe):
        lines = [f"# {KEYWORD} {recipe.to_json()}", *map(self.text, values)]
        return ("\n".join(lines) + "\n").encode()

    def text(self, value):
        return self.kind.text(value)

    def read(self, words):
        if len(words) != self.kind.length or set(words) - set(self.kind.alphabet):
            raise ValueError(f"'{words}' is no sequence of {self.kind.length} letters")
        return Read(np.array([self.kind.alphabet.index(each) for each in words], np.float32))

    def hole(self, options):
        lines = Path(options["text"]).read_text("utf-8").split("\n")
        first, _, last = options["span"].partition(":")
        mask = np.zeros(self.kind.length, np.bool_)
        mask[int(first) : int(last)] = True
        return Hole(self.read(lines[0]).value, mask)

    def examples(self, options):
        lines = Path(options["text"]).read_text("utf-8").split("\n")
        rows = [line for line in lines if line and not line.startswith("#")]
        values = np.stack([self.read(row).value for row in rows])
        return Examples(tuple(str(i + 1) for i in range(len(rows))), values)


class Lines(QListWidget):
    """A body: a line for each sequence."""

    chosen, menu_wanted, copy_wanted = Signal(int), Signal(int, QPoint), Signal(int)

    def __init__(self, parent):
        super().__init__(parent)
        self.currentRowChanged.connect(self.chosen)

    def set_stale(self, stale):
        self.setEnabled(not stale)

    def current(self):
        return self.currentRow() if self.currentRow() >= 0 else None

    def set_current(self, i):
        self.blockSignals(True)
        self.setCurrentRow(-1 if i is None else i)
        self.blockSignals(False)


class Display:
    """Sequences in a list."""

    per_row, has_backdrop = 3, False

    def make(self, parent):
        return Lines(parent)

    def show(self, body, card, frame, final, *, fresh):
        body.set_stale(False)
        body.clear()
        body.addItems([card.kind.text(row) for row in frame.values[: frame.begun]])

    def stop(self, body, frame):
        body.set_stale(True)

    def set_backdrop(self, body, found):
        raise AssertionError("there is none")


def register(monkeypatch):
    """Everything that the product is told: the engines' half, the view, the display."""
    symbols.register(monkeypatch)
    monkeypatch.setitem(VIEWS, symbols.Symbols, TextView)
    monkeypatch.setitem(DISPLAYS, symbols.Symbols, Entry(Display))


def letters(x):
    """Sequences of the engines (n, length) as lines."""
    return [symbols.KIND.text(row) for row in torch.as_tensor(x)]
