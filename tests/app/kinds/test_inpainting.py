"""A kind of our own in the in-painting tab: small widgets of the test, and one line in EDITORS."""

import numpy as np
import pytest
import torch
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget

from app.inpainting.editor import Editor, Inspector
from app.inpainting.editors import EDITORS
from app.kinds import view_of
from app.tab.by_kind import Entry
from app.tab.method_row import MethodRow
from app.tasks import filling_recipe
from app.tasks.filling import FillRequest, fill
from engines import finish, inpaint, open_model
from tests.app.kinds import texts
from tests.kinds.symbols import KIND, NAME, Symbols
from widgets.inpainting.desk import Desk
from widgets.inpainting.filling_row import FillingRow

PLACE = 1
START = "a???????????"


class SongRow(FillingRow):
    """Draws as lines of letters."""

    def __init__(self, parent):
        super().__init__(parent)
        self.list = QListWidget(self)
        self.stage.addWidget(self.list, 0, 0)


class SongDesk(Desk):
    """Letters to edit, "?" where they are unknown."""

    def __init__(self, parent):
        super().__init__(parent)
        self.given, self.inspected = QLineEdit(START, parent), QLabel(parent)

    def row(self, name, parent):
        return SongRow(parent)


class Songs(MethodRow):
    """The row of a model."""

    def __init__(self, card, widget, channel, models, parent):
        super().__init__(card, widget, channel, models, fill, parent)

    def present(self, frame):
        self.row.list.clear()
        self.row.list.addItems([KIND.text(row) for row in frame.values])


class SongInspector(Inspector):
    """The first draw of a row in letters."""

    def __init__(self, desk, rows):
        super().__init__(rows, desk)
        self.label, self.saved = desk.inspected, []

    def inspect(self, name, index=0):
        self.expect(name, index)
        self.follow(name)

    def follow(self, name):
        row = self.rows.get(name)
        if name == self.name and row is not None and row.frame is not None:
            self.label.setText(KIND.text(row.frame.values[0]))

    def clear(self):
        self.label.clear()

    def save(self):
        row = self.rows[self.name]
        recipe = filling_recipe.recipe_of(row.card, row.frame.request)
        self.saved.append(recipe)


class SongEditor(Editor):
    """A sequence with a hole, as it is typed."""

    usual = 5

    def __init__(self, tab, parts):
        super().__init__(tab, parts)
        self.desk = SongDesk(tab)
        self.inspector = SongInspector(self.desk, self.rows)
        self.desk.given.textEdited.connect(lambda _: self.changed.emit())

    def show(self, card):
        self.found.emit()

    def missing(self):
        return "" if len(self.desk.given.text()) == KIND.length else "Type twelve letters."

    def request(self, card, asked):
        typed = self.desk.given.text()
        if self.missing():
            return None
        mask = np.array([letter == "?" for letter in typed])
        value = view_of(card).read(typed.replace("?", "a")).value
        return FillRequest(
            value,
            mask,
            asked.count,
            asked.seed,
            asked.method,
            asked.knobs,
            asked.label,
            asked.prompt,
            asked.given,
        )

    def read(self, recipe, card):
        return filling_recipe.request_of(recipe, card)

    def put(self, card, request):
        letters = KIND.text(request.picture)
        shown = ["?" if gap else each for each, gap in zip(letters, request.mask, strict=True)]
        self.desk.given.setText("".join(shown))

    def make_row(self, card, widget):
        models = self.parts.session.open
        return Songs(card, widget, self.channel(card.name), models, self)


@pytest.fixture
def open_tab(open_songs, monkeypatch):
    monkeypatch.setitem(EDITORS, Symbols, Entry(SongEditor))

    def make():
        stage = open_songs(PLACE)
        stage.until(lambda: offered(stage))
        return stage

    return make


def offered(stage):
    row = stage.window.presenters[PLACE].rows.get(NAME)
    return row is not None and row.offer is not None


def drawn(stage, **wanted):
    """The letters of complete draws that answer the controls, None before."""
    presenter = stage.window.presenters[PLACE]
    row, request = presenter.rows.get(NAME), presenter.request(stage.window.session.cards[NAME])
    if row is None or row.frame is None or request is None or row.batch is not None:
        return None
    if not row.frame.complete or not row.answers(request):
        return None
    return [row.row.list.item(i).text() for i in range(row.row.list.count())]


def filled(stage):
    tab = stage.window.tabs.widget(PLACE)
    stage.click(tab.fill)
    stage.until(lambda: drawn(stage))
    return drawn(stage)


def expected(stage, typed, **given):
    """What the engine's default method draws."""
    model = open_model(NAME, root=stage.window.session.root)
    method = inpaint.methods_for(model)[0]
    value = view_of(KIND).read(typed.replace("?", "a")).value
    x = view_of(KIND).tensor_of(value[None])[0]
    known = ~np.array([letter == "?" for letter in typed])
    run = method.run(model, x, torch.from_numpy(known), 5, 7, {}, None, given=given)
    return texts.letters(finish(run))


def test_a_hole_is_typed_and_filled_as_the_engine_does(open_tab):
    stage = open_tab()
    assert stage.window.tabs.isTabEnabled(PLACE)
    tab = stage.window.tabs.widget(PLACE)
    assert filled(stage) == expected(stage, START)
    assert tab.desk.inspected.text() == drawn(stage)[0]
    tab.desk.given.setFocus()
    tab.desk.given.selectAll()
    QTest.keyClicks(tab.desk.given, "aaaa????dddd")
    assert filled(stage) == expected(stage, "aaaa????dddd")
    assert all(row[:4] == "aaaa" and row[8:] == "dddd" for row in drawn(stage))


def test_a_recipe_brings_the_hole_back(open_tab):
    stage = open_tab()
    first = filled(stage)
    presenter = stage.window.presenters[PLACE]
    presenter.save()
    (recipe,) = presenter.editor.inspector.saved
    other = open_tab()
    other.window.tabs.widget(PLACE).desk.given.setText("????????????")
    other.window.presenters[PLACE].restore(recipe)
    other.until(lambda: drawn(other))
    assert other.window.tabs.widget(PLACE).desk.given.text() == START
    assert drawn(other) == first


def test_other_data_bring_their_own_editor_and_count(open_tab):
    stage = open_tab()
    tab = stage.window.tabs.widget(PLACE)
    mine, tab_draws = tab.desk, tab.draws()
    assert tab_draws == 5
    stage.window.session.choose("moons", ("moons/kde",))
    assert tab.desk is not mine
    assert not mine.given.isVisible()
    assert tab.draws() == 500
    stage.window.session.choose("songs", (NAME,))
    assert tab.desk is mine
    assert tab.draws() == 5
    assert mine.given.isVisible()


def test_each_attribute_has_a_menu_and_goes_into_the_recipe(open_tab):
    stage = open_tab()
    tab, presenter = stage.window.tabs.widget(PLACE), stage.window.presenters[PLACE]
    assert list(tab.attributes.menus) == ["mood", "key"]
    assert not tab.classes.isVisible()
    mood = tab.attributes.menus["mood"]
    mood.setCurrentIndex(mood.findData("wild"))
    assert filled(stage) == expected(stage, START, mood="wild")
    assert drawn(stage) != expected(stage, START)
    presenter.save()
    (recipe,) = presenter.editor.inspector.saved
    assert recipe.given == {"mood": "wild"}
    stage.window.session.choose("moons", ("moons/kde",))
    assert not tab.attributes.isVisible()
    assert tab.classes.isVisible()
    stage.window.session.choose("songs", (NAME,))
    assert tab.attributes.given() == {"mood": "wild"}
    other = open_tab()
    other.window.presenters[PLACE].restore(recipe)
    other.until(lambda: drawn(other))
    assert other.window.tabs.widget(PLACE).attributes.given() == {"mood": "wild"}
    assert drawn(other) == expected(stage, START, mood="wild")
