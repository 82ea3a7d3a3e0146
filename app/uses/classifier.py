"""Presents the classifier: what every model reads in a picture or a drawing, and how rightly.

The mixture Σ p(c) p(x | c) is what classifies and what "outside" is judged by; it is not the law
p(x) that a conditional network has with no class given.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.models.open_models import Loading
from app.models.titles import family_title
from app.recipes.pictures import Pixels
from app.session.settings import Settings
from app.tab.answers import LiveAnswers
from app.tab.example_bar import ExampleBar
from app.tab.parts import Parts
from app.tasks.uses.classifying import Classes, NoClasses, classify
from app.uses import classifier_figures as figures
from app.uses.classifier_figures import Setting, Tested
from app.uses.classifier_tests import TestPictures
from app.uses.page import Page
from app.work.lane import Failure
from engines.data import examples
from engines.data.fitting import fitted
from engines.kinds import Pictures
from engines.model import Card
from engines.uses.classifier import bayes, calibration, centring, rejection
from engines.uses.errors import UseError
from widgets.look.specs import RowSpec
from widgets.uses.classifier_page import ClassifierPage
from widgets.uses.classifier_rows import ClassRow

_SPLITTER = "uses classifier"


class Classifier(Page):
    """Works while `view` is in view."""

    view: ClassifierPage

    def __init__(self, view: ClassifierPage, parts: Parts, parent: QObject) -> None:
        super().__init__(parent)
        self.view, self._parts, self._session = view, parts, parts.session
        self.bar = ExampleBar(view.source, "uses classifier", parts, view)
        self._tests = TestPictures(parts, self)
        self._asked = LiveAnswers(parts.channels, "uses: classes of ", self)
        self._asked.stepped.connect(self._take)
        self._asked.failed.connect(self._fail)
        self.found: dict[str, Classes] = {}
        self.picture: Pixels | None = None
        self._data = ""
        self._connect()
        if sizes := parts.settings.splitters.get(_SPLITTER):
            view.splitter.setSizes(list(sizes))

    def _connect(self) -> None:
        view, bar = self.view, self.bar
        bar.lost.connect(self._lose)
        bar.found.connect(self._begin)
        bar.chosen.connect(self._show_example)
        bar.brought.connect(self.receive)
        view.pen.moved.connect(self._follow)
        view.pen.rested.connect(self._settle)
        view.clear.clicked.connect(self._clear)
        view.drawing_changed.connect(self._change_source)
        view.prior.changed.connect(self.show)
        view.prior.uniform_wanted.connect(self._uniform)
        view.prior.training_wanted.connect(self._training)
        view.calibrated.toggled.connect(self.show)
        view.view_changed.connect(self.show)
        view.models.currentIndexChanged.connect(self.show)
        view.confusion.chosen.connect(self._open_cell)
        self._tests.changed.connect(self.show)

    @property
    def tests(self) -> dict[str, Tested]:
        """What is known of the test pictures, by the names of models."""
        return self._tests.known

    # as a page

    @Slot()
    def rebuild(self) -> None:
        """Look with the models chosen."""
        cards = [card for card in self._session.chosen() if isinstance(card.kind, Pictures)]
        if not self.view.isVisible() or not cards:
            return
        self._tests.go_on()
        self._offer(cards)
        self.bar.show(cards[0])
        self.ask()
        self._tests.ask(cards, self.bar.examples)
        self.show()

    def stop(self) -> None:
        """Stop what is on its way."""
        self._tests.stop()
        self._asked.stop()

    def rest(self) -> None:
        """Out of view: the test pictures wait."""
        self._tests.rest()

    def settings(self, settings: Settings) -> Settings:
        """The settings with the page in them."""
        sizes = {**settings.splitters, _SPLITTER: tuple(self.view.splitter.sizes())}
        return replace(settings, splitters=sizes)

    @Slot(object, str, object)
    def receive(self, picture: Pixels, title: str, _: object = None) -> None:
        """Read this picture."""
        if self.bar.card is None:
            return
        self.view.draw.setChecked(False)
        self.view.source.set_title(title)
        self.view.box.set_picture(fitted(picture, self.bar.card.shape))
        self._read(fitted(picture, self.bar.card.shape))

    def _offer(self, cards: list[Card]) -> None:
        """Rows for these models, sliders for their classes."""
        view = self.view
        for name in self._asked.keep(card.name for card in cards):
            self.found.pop(name, None)
        view.rows.set_rows([RowSpec(c.name, family_title(c), c.family) for c in cards])
        if self._data != cards[0].data:
            self._data = cards[0].data
            self.tests.clear()
            view.prior.set_classes(cards[0].labels)
            view.prior.training.setEnabled(len(self._counts()) == len(cards[0].labels))
        view.models.offer([(family_title(card), card.name) for card in cards])

    # the picture

    @Slot()
    def _lose(self) -> None:
        self.picture = None

    @Slot()
    def _begin(self) -> None:
        if self.picture is None and (place := self.bar.first()) is not None:
            self._show_example(place)
        if self.view.isVisible():
            self._tests.ask(self._cards(), self.bar.examples)

    @Slot(int)
    def _show_example(self, place: int) -> None:
        self.bar.place = place
        self.receive(self.bar.picture(place), self.bar.title(place))

    @Slot(bool)
    def _change_source(self, drawing: bool) -> None:
        if drawing:
            self._settle()
        elif (picture := self.view.box.picture()) is not None:
            self._read(picture)

    @Slot()
    def _clear(self) -> None:
        self.view.pen.clear()
        self._settle()

    @Slot()
    def _follow(self) -> None:
        self._read_sheet(moving=True)

    @Slot()
    def _settle(self) -> None:
        self._read_sheet(moving=False)

    def _read_sheet(self, *, moving: bool) -> None:
        """The drawing as the models know digits."""
        ink = self.view.pen.ink()
        if self.bar.card is None:
            return
        if not ink.any():
            self._forget_reading()
            return
        field = self.bar.card.shape[1]
        box = round(field * centring.BOX / centring.FIELD)
        small = centring.centred(ink, field=field, box=box)
        picture = np.ascontiguousarray(np.repeat(small[..., None], 3, 2))
        self.view.pen.show_seen(picture)
        self._read(picture, moving=moving)

    def _forget_reading(self) -> None:
        self.picture = None
        self.found.clear()
        self._asked.keep(())
        self.show()

    def _read(self, picture: Pixels, *, moving: bool = False) -> None:
        self.picture = picture
        for row in self.view.rows.rows.values():
            row.bars.set_stale(True)
        self.ask(moving=moving)

    def ask(self, *, moving: bool = False) -> None:
        """Ask every model for the picture."""
        if self.picture is None or not self.view.isVisible():
            return
        for card in self._cards():
            question = (card.sha256, self.picture.tobytes(), moving)
            job = classify(
                self._session.open, card, self.picture[None], moving=moving, slow=not moving
            )
            self._asked.ask(card.name, question, job)

    @Slot(str, object)
    def _take(self, name: str, step: Loading | Classes | NoClasses) -> None:
        row = self.view.rows.rows.get(name)
        if row is None:
            return
        row.bar.set_busy(isinstance(step, Loading))
        if isinstance(step, NoClasses):
            self.found.pop(name, None)
            self._show_none(row, step.reason)
        elif isinstance(step, Classes):
            self.found[name] = step
            self._show_row(name, row)

    @Slot(str, object)
    def _fail(self, name: str, failure: Failure) -> None:
        if (row := self.view.rows.rows.get(name)) is not None:
            row.bar.set_busy(False)
            self._show_none(row, failure.sentence)

    # what is shown

    def _cards(self) -> list[Card]:
        return [card for card in self._session.chosen() if card.name in self.view.rows.rows]

    def setting(self) -> Setting | None:
        """The prior and the temperature that are chosen; None where every prior is 0."""
        weights = self.view.prior.weights()
        try:
            prior = bayes.prior_of(weights, len(weights))
        except UseError as error:
            self.view.prior.say([""] * len(weights))
            for row in self.view.rows.rows.values():
                self._show_none(row, f"{error}.")
            return None
        self.view.prior.say(figures.moved(prior))
        return Setting(tuple(prior.tolist()), self.view.calibrated.isChecked())

    @Slot()
    def show(self, _: object = None) -> None:
        """Show what is known under the prior and the temperature chosen."""
        if (setting := self.setting()) is None:
            return
        shown = self.view.shown()
        if shown == "classes":
            for name, row in self.view.rows.rows.items():
                self._show_row(name, row)
        elif shown == "confusion":
            self._show_confusion(setting)
        else:
            self._show_curves(shown, setting)

    def _show_row(self, name: str, row: ClassRow) -> None:
        found, setting = self.found.get(name), self.setting()
        if setting is None:
            return
        if found is None:
            if self.picture is None:
                self._show_none(row, "Draw a digit, or choose a picture.")
            return
        tested = self.tests.get(name)
        p = figures.posterior_of(tested, found.log_p, setting)[0]
        row.bars.show_classes(self._session.cards[name].labels, p)
        t = tested.temperature if tested is not None and setting.calibrated else None
        outside = self._outside(tested, found, setting)
        standing = "" if t is None else "calibrated"
        row.badge.set_standing(standing, "" if t is None else f"One temperature, T = {t:.3g}.")
        rough = ("a first look",) if found.quick else ()
        says = " · ".join((*rough, *figures.doubts(outside, t)))
        names = self._session.cards[name].labels
        row.show_read(figures.read(names, p), says, f"log p(x | class): {found.method}.")

    def _outside(self, tested: Tested | None, found: Classes, setting: Setting) -> float | None:
        if tested is None or not tested.half or found.quick:
            return None
        prior = np.array(setting.prior)
        mixture = bayes.log_mixture(found.log_p, prior)
        return float(rejection.outside(mixture, tested.reference(prior))[0])

    def _show_none(self, row: ClassRow, reason: str) -> None:
        row.bars.show_classes((), np.empty(0))
        row.badge.set_standing("", "")
        row.show_read("–", reason, reason)

    def _show_curves(self, shown: str, setting: Setting) -> None:
        known = [(card, self.tests[card.name]) for card in self._cards() if card.name in self.tests]
        waits = "The test pictures are on their way."
        if shown == "reliability":
            curves = [c for c in (figures.reliability(*one, setting) for one in known) if c]
            self.view.reliability.show_curves(curves, waits)
            self.view.figures.setText(self._said(known))
        else:
            curves = [c for one in known for c in figures.rejects(*one, setting)]
            self.view.reject.show_curves(curves, waits)
            self.view.doubt.setText(
                "Two doubts: between the classes (1 − max p(c | x), solid), and outside all of "
                "them (how unlikely Σ p(c) p(x | c) is against held-out digits, dashed). "
                + self._said(known)
            )

    def _said(self, known: list[tuple[Card, Tested]]) -> str:
        judged = sum(1 for _, tested in known if tested.half)
        if not judged:
            return ""
        size = max(len(tested.judged()[1]) for _, tested in known if tested.half)
        return f"Judged on {size} test pictures; temperatures are fitted on as many others."

    def _show_confusion(self, setting: Setting) -> None:
        name = str(self.view.models.currentData() or "")
        tested = self.tests.get(name)
        if tested is None:
            self.view.confusion.show_counts((), np.zeros((0, 0), np.int64))
            self.view.cell_title.setText("The test pictures are on their way.")
            return
        p = figures.posterior_of(tested, tested.log_p, setting)
        names = self._session.cards[name].labels
        self.view.confusion.show_counts(names, calibration.confusion(p, tested.labels))
        if self.view.confusion.current is not None:
            self._open_cell(*self.view.confusion.current)

    @Slot(int, int)
    def _open_cell(self, row: int, column: int) -> None:
        """The pictures of a cell of the confusion matrix."""
        setting, name = self.setting(), str(self.view.models.currentData() or "")
        tested = self.tests.get(name)
        if setting is None or tested is None or self.bar.card is None:
            return
        read = figures.posterior_of(tested, tested.log_p, setting).argmax(1)
        places = np.flatnonzero((tested.labels == row) & (read == column)).tolist()
        self.view.cell.set_count(len(places))
        self.view.cell.clear()
        if places:
            self.view.cell.put(0, np.stack([self.bar.picture(place) for place in places]))
        self.view.cell_title.setText(self.view.confusion.said(row, column))

    # the prior

    @Slot()
    def _uniform(self) -> None:
        self.view.prior.set_weights([1.0] * len(self.view.prior.sliders))
        self.show()

    @Slot()
    def _training(self) -> None:
        self.view.prior.set_weights([float(count) for count in self._counts()])
        self.show()

    def _counts(self) -> tuple[int, ...]:
        try:
            return examples.class_counts(self._data)
        except FileNotFoundError:
            return ()
