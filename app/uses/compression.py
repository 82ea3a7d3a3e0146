"""Presents compression: test pictures to a file and back by a model, beside other codecs."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QObject, QSignalBlocker, Slot

from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.pictures import Pixels
from app.session.settings import Settings
from app.tab.example_bar import NO_EXAMPLES
from app.tab.parts import Parts
from app.tasks.uses.compressing import CodecRow, Coding, Compressing, compress
from app.uses.page import Page
from app.work.jobs import Order
from app.work.lane import Failure
from engines import extras
from engines.data.fitting import all_fitted
from engines.kinds import Pictures
from engines.model import Card
from widgets.look import theme
from widgets.uses.compression_page import CompressionPage, TableRow

_FIRST = 10
"""Pictures that are coded where nobody says how many."""
_KINDS = "Compressed pictures (*.gsz)"


class Compression(Page):
    """Works when a person asks; a job in the queue that can be cancelled there, too."""

    view: CompressionPage

    def __init__(self, view: CompressionPage, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._parts, self._session = view, parts, parts.session
        self._look = parts.channels.open("uses: pictures to compress")
        self._look.stepped.connect(self._take_pictures)
        self._session.examples_changed.connect(self._look_again)
        self._data, self._all = "", np.zeros((0, 1, 1, 3), np.uint8)
        self._ticket: int | None = None
        self._dims = self._count = 1
        self.known = Compressing()
        view.compress_wanted.connect(self._compress)
        view.cancel_wanted.connect(self.stop)
        view.save_wanted.connect(self.save)
        view.count_changed.connect(self._show_pictures)
        view.models.currentIndexChanged.connect(self._show_family)

    # as a page

    @Slot()
    def rebuild(self) -> None:
        """Offer the models chosen and the pictures of their data."""
        cards = self._cards()
        if not self.view.isVisible() or not cards:
            return
        self.view.models.offer([(family_title(card), card.name) for card in cards])
        self._show_family()
        if self._data != cards[0].data:
            self._data = cards[0].data
            self.view.compress.setEnabled(False)  # until its pictures are there
            from app.exchange.own_pictures import look

            self._look.submit(look(self._data, self._session.examples.get(self._data)))

    @Slot()
    def _look_again(self) -> None:
        self._data = ""
        self.rebuild()

    def _cards(self) -> list[Card]:
        return [card for card in self._session.chosen() if isinstance(card.kind, Pictures)]

    def rest(self) -> None:
        """Out of view: what was asked for goes on in the queue."""

    def settings(self, settings: Settings) -> Settings:
        """Nothing of this page is remembered."""
        return settings

    def receive(self, picture: Pixels, title: str) -> None:
        """One picture is compressed alone."""
        cards = self._cards()
        if cards:
            self._take(all_fitted([picture], cards[0].shape))

    # the pictures

    @Slot(object)
    def _take_pictures(self, found: object) -> None:
        from app.exchange.own_pictures import Examples

        assert isinstance(found, Examples)
        cards = self._cards()
        if found.data != self._data or not cards:
            return
        if found.pictures is None:
            self.view.state.setText(NO_EXAMPLES)
            self._take(self._all[:0])
            return
        self._take(all_fitted(found.pictures.levels, cards[0].shape))

    def _take(self, pictures: Pixels) -> None:
        self._all = pictures
        with QSignalBlocker(self.view.count):
            self.view.count.setRange(1, max(1, len(pictures)))
            self.view.count.setValue(min(_FIRST, max(1, len(pictures))))
        self.view.compress.setEnabled(len(pictures) > 0 and self._ticket is None)
        self._show_pictures()

    @Slot()
    @Slot(int)
    def _show_pictures(self, _: int = 0) -> None:
        shown = self._all[: int(self.view.count.value())]
        self.view.pictures.set_count(len(shown))
        if len(shown):
            self.view.pictures.put(0, np.ascontiguousarray(shown))

    @Slot()
    def _show_family(self) -> None:
        if (card := self._card()) is not None:
            self.view.bar.set_colour(theme.family_colour(card.family))

    def _card(self) -> Card | None:
        name = self.view.models.currentData()
        return self._session.cards.get(name) if isinstance(name, str) else None

    # the work

    def run(self, *, first: bool) -> None:
        """Compress the pictures, read them back, and ask the other codecs."""
        self._compress()

    @Slot()
    def _compress(self) -> None:
        card, count = self._card(), int(self.view.count.value())
        if card is None or self._ticket is not None or not len(self._all):
            return
        if (why := extras.missing("density")) is not None:
            self.view.state.setText(f"{why[:1].upper()}{why[1:]}")
            return
        pictures = np.ascontiguousarray(self._all[:count])
        self._dims, self._count = math.prod(card.shape), len(pictures)
        self.known = Compressing()
        self.view.show_rows(())
        self.view.trip.setText("")
        self.view.save.setEnabled(False)
        self.view.set_running(True)
        things = "1 picture" if count == 1 else f"{count} pictures"
        self._ticket = self._parts.jobs.submit(
            Order(
                f"{family_title(card)}: compress {things}",
                card.name,
                compress(self._session.open, card, pictures),
                _progress,
                stepped=self._take_step,
                done=self._finish,
                failed=self._fail,
                stopped=self._stopped,
            )
        )

    def _take_step(self, step: Loading | Compressing) -> None:
        view = self.view
        if isinstance(step, Loading):
            view.state.setText(f"Loading {step.name}…")
            view.bar.set_busy(True)
            return
        before, self.known = self.known, step
        if step.coding is not None:
            view.bar.set_busy(True, step.coding.done / step.coding.total)
            view.state.setText(coding_text(step.coding, reads=step.raw is not None))
        if step.rows != before.rows:
            view.show_rows([self._row(row) for row in step.rows])
        if step.same is not None:
            view.trip.setText(trip_text(step.same, self._count))

    def _row(self, row: CodecRow) -> TableRow:
        ways = [
            None if size is None else (size / self._count, 8 * size / (self._count * self._dims))
            for size in (row.each, row.stacked)
        ]
        return TableRow(row.name, ways[0], ways[1], row.ours, row.is_file)

    def _finish(self, found: Compressing) -> None:
        self._take_step(found)
        self._end()
        if found.refused:
            self.view.state.setText(found.refused)
        elif found.raw is not None:
            things = "1 picture" if self._count == 1 else f"{self._count} pictures"
            method = f"{found.method[:1].upper()}{found.method[1:]}"
            self.view.state.setText(f"{things} in {len(found.raw):,} bytes. {method}.")
            self.view.save.setEnabled(bool(found.same))

    def _end(self) -> None:
        self._ticket = None
        self.view.bar.set_busy(False)
        self.view.set_running(False)

    def _stopped(self, _: object = None) -> None:
        self._end()
        self.known = Compressing()
        self.view.show_rows(())
        self.view.trip.setText("")
        self.view.state.setText("Stopped: nothing was kept.")

    def _fail(self, failure: Failure) -> None:
        self._end()
        self.view.state.setText(failure.sentence)

    @Slot()
    def stop(self) -> None:
        """Stop the coder."""
        if self._ticket is not None:
            self._parts.jobs.cancel(self._ticket)

    @Slot()
    def save(self) -> None:
        """Save the file that was written."""
        if (raw := self.known.raw) is not None:
            name = f"{self._data}-{self._count}.gsz"
            self._parts.export.save_values(name, _KINDS, lambda path: raw)


def coding_text(step: Coding, *, reads: bool) -> str:
    """ "Coding: 3 of 10 pictures, 0.774 bits per pixel…" """
    doing = "Reading back" if reads else "Coding"
    rate = "" if step.rate is None else f", {step.rate:.3f} bits per pixel so far"
    return f"{doing}: {step.done} of {step.total} pictures{rate}…"


def trip_text(same: bool, count: int) -> str:
    """Whether the pictures came back."""
    if not same:
        return "✗ What was read back differs from the pictures: this is a fault, please report it."
    things = "the picture" if count == 1 else f"all {count} pictures"
    return f"✓ Read back: {things}, bit by bit."


def _progress(step: Loading | Compressing) -> tuple[int, int | None] | None:
    """Pictures coded, then read back: of twice as many."""
    if isinstance(step, Loading) or step.coding is None:
        return None
    first = step.coding.total if step.raw is not None else 0
    return first + step.coding.done, 2 * step.coding.total
