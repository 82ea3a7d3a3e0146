"""The History panel, by mouse and keys, over results that a window has really made."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QMessageBox

from app.history.history import History
from app.history.store import Query, Store
from app.recipes.recipe import read_png
from tests.app.history.records import record
from tests.controls import faults
from tests.terms import unexplained
from tests.windows import BOTH, DIGITS, LEFT
from widgets.history.dialog import BIN, EMPTY, NONE, OFF
from widgets.history.list import star_box

BARE = Qt.KeyboardModifier.NoModifier


class Panel:
    """A window, its History panel, and what lies in the store."""

    def __init__(self, stage, folder):
        self.stage, self.path = stage, folder / "history.db"
        self.history = stage.window.keeping.history

    @property
    def dialog(self):
        return self.history.dialog

    @property
    def lines(self):
        return self.dialog.list.lines

    def show(self, count):
        """Open the panel by its key and wait until so many lines are there."""
        self.stage.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
        self.until_lines(count)
        self.stage.until(self.dialog.isActiveWindow)

    def until_lines(self, count):
        rows = range(count)
        self.stage.until(
            lambda: self.lines.rowCount() == count and all(self.lines.line(r) for r in rows)
        )

    def titles(self):
        return [self.lines.line(row).title for row in range(self.lines.rowCount())]

    def looks(self, row):
        """Wait until a row is shown in full."""
        look, number = self.dialog.look, self.lines.id(row)
        shown = look.gallery
        self.stage.until(lambda: look.shows == number and look.facts.text())
        self.stage.until(lambda: shown.isHidden() or shown.picture(0) is not None)

    def at(self, row):
        index = self.lines.index(row)
        self.dialog.list.scrollTo(index)
        return self.dialog.list.visualRect(index)

    def click(self, row, *, twice=False, star=False):
        box = self.at(row)
        place = star_box(box).center() if star else box.center()
        act = QTest.mouseDClick if twice else QTest.mouseClick
        act(self.dialog.list.viewport(), LEFT, BARE, place)

    def kept(self, **query):
        with Store(self.path) as store:
            return store.entries(store.find(Query(**query)))

    def until_kept(self, count, **query):
        with Store(self.path) as store:
            self.stage.until(lambda: len(store.entries(store.find(Query(**query)))) == count)


@pytest.fixture
def panel(open_window, tmp_path):
    """A window that has generated a batch of five for each of two models."""
    folder = tmp_path / "data"
    stage = open_window(BOTH, folder=folder)
    stage.ready()
    stage.tab.batch.setValue(5)
    stage.window.presenters[0].run(first=False)
    made = Panel(stage, folder)
    made.until_kept(2, text="5 pictures")
    made.until_kept(4)  # the live samples, once the hand had rested
    return made


@pytest.fixture
def filled(open_window, tmp_path):
    """A window with some results that nobody made here."""
    folder = tmp_path / "data"
    with Store(folder / "history.db") as store:
        for number in range(200):
            store.add(record(number, model=f"mnist/{'vae' if number % 2 else 'kde'}"))
    return Panel(open_window(DIGITS, folder=folder), folder)


def test_a_click_looks_and_a_double_click_restores_everything(panel):
    panel.show(4)
    batch = panel.titles().index("5 pictures")
    panel.click(batch)
    panel.looks(batch)
    assert panel.dialog.look.gallery.count() == 5
    window = panel.stage.window
    wanted = panel.lines.line(batch)
    window.session.set_seed(99)
    window.presenters[0].turn("mnist/kde", "bandwidth", 0.3)
    panel.click(batch, twice=True)
    panel.stage.taken_in()
    assert window.session.seed == 7
    assert f"seed {window.session.seed}" in wanted.detail
    name = "mnist/flow" if "Flow" in wanted.detail else "mnist/kde"
    panel.stage.until_shows(name, seed=7)
    shown = panel.stage.picture(name)
    assert (panel.dialog.look.gallery.picture(0) == shown).all()


def test_enter_restores_and_arrow_keys_look(panel):
    panel.show(4)
    panel.looks(0)  # the newest is looked at from the start
    QTest.keyClick(panel.dialog.list, Qt.Key.Key_Down)
    panel.looks(1)
    panel.stage.window.session.set_seed(99)
    QTest.keyClick(panel.dialog.list, Qt.Key.Key_Return)
    panel.stage.taken_in()
    assert panel.stage.window.session.seed == 7


def test_a_new_result_comes_into_the_open_panel(panel):
    panel.show(4)
    panel.stage.window.session.set_seed(11)
    panel.until_lines(6)
    assert "seed 11" in panel.lines.line(0).detail


def test_stars_notes_and_search(filled):
    filled.stage.ready()
    filled.until_kept(201)
    panel = filled
    panel.stage.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    panel.stage.until(lambda: panel.lines.rowCount() == 201 and panel.lines.line(3))
    panel.click(3, star=True)
    panel.until_kept(1, starred=True)
    panel.stage.until(lambda: panel.lines.line(3).star)
    panel.click(2)
    panel.stage.until(lambda: panel.dialog.look.shows == panel.lines.id(2))
    QTest.keyClick(panel.dialog.list, Qt.Key.Key_S)
    panel.until_kept(2, starred=True)
    panel.dialog.look.note.setFocus()
    QTest.keyClicks(panel.dialog.look.note, "for the lecture")
    QTest.keyClick(panel.dialog.look.note, Qt.Key.Key_Return)
    panel.until_kept(1, text="LECTURE")
    QTest.keyClicks(panel.dialog.field, "lecture")
    panel.until_lines(1)
    panel.dialog.field.clear()
    panel.dialog.starred.click()
    panel.until_lines(2)
    QTest.keyClicks(panel.dialog.field, "no such word")
    panel.until_lines(0)
    assert panel.dialog.list.empty == NONE


def test_what_is_chosen_stays_chosen_when_a_result_is_made_again(filled):
    filled.stage.ready()
    filled.until_kept(201)
    filled.stage.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    filled.stage.until(lambda: filled.lines.rowCount() == 201 and filled.lines.line(0))
    bar = filled.dialog.list.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    row = filled.dialog.list.rowAt(5) + 1
    filled.stage.until(lambda: filled.lines.line(row))
    filled.click(row)
    number, place = filled.lines.id(row), bar.value()
    filled.stage.until(lambda: filled.dialog.look.shows == number)
    again = record(3, model="mnist/vae", made=10**10)
    filled.history._keeper.do(lambda store: store.add(again))
    filled.stage.until(lambda: filled.lines.line(0) and filled.lines.line(0).title == "3 pictures")
    assert filled.dialog.list.current() == number
    assert filled.dialog.list.chosen() == (number,)
    assert bar.value() == place


def test_the_model_and_the_tab_narrow_the_list(filled):
    filled.stage.ready()
    filled.until_kept(201)
    filled.stage.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    combo = filled.dialog.model
    filled.stage.until(lambda: combo.count() > 2)
    place = next(i for i in range(combo.count()) if combo.itemData(i) == ("mnist", "mnist/vae"))
    combo.setCurrentIndex(place)
    filled.stage.until(lambda: filled.lines.rowCount() == 100)
    filled.dialog.tab.setCurrentIndex(filled.dialog.tab.findData("inpaint"))
    filled.until_lines(0)


def test_deleted_results_go_to_the_bin_and_come_back_or_are_erased(panel):
    panel.show(4)
    panel.click(0)
    panel.looks(0)
    title = panel.lines.line(0).detail
    QTest.keyClick(panel.dialog.list, Qt.Key.Key_Delete)
    panel.until_lines(3)
    assert "put in the bin" in panel.stage.said()[0]
    panel.dialog.bin.click()
    panel.until_lines(1)
    assert panel.lines.line(0).detail == title
    panel.looks(0)
    panel.stage.until(lambda: panel.dialog.look.restore.text() == "Take back")
    panel.dialog.look.restore.click()
    panel.until_lines(0)
    assert panel.dialog.list.empty == BIN
    panel.dialog.bin.click()
    panel.until_lines(4)
    panel.click(1)
    panel.dialog.look.delete.click()
    panel.until_lines(3)
    panel.dialog.bin.click()
    panel.until_lines(1)
    panel.stage.until(lambda: panel.dialog.look.delete.text() == "Erase…")
    panel.dialog.look.delete.click()
    answer(panel, "Cancel")
    assert len(panel.kept(binned=True)) == 1
    panel.dialog.look.delete.click()
    answer(panel, "Erase")
    panel.until_kept(0, binned=True)


def answer(panel, text):
    (box,) = [b for b in panel.dialog.findChildren(QMessageBox) if b.isVisible()]
    (button,) = [b for b in box.buttons() if b.text().replace("&", "") == text]
    button.click()
    panel.stage.until(lambda: not panel.dialog.findChildren(QMessageBox))


def test_erase_all_asks_and_leaves_nothing(panel):
    panel.show(4)
    panel.dialog.erase.click()
    answer(panel, "Cancel")
    assert len(panel.kept()) == 4
    panel.dialog.erase.click()
    answer(panel, "Erase")
    panel.until_lines(0)
    assert panel.dialog.list.empty == EMPTY
    assert panel.kept() == []


def test_the_switch_stops_keeping_and_is_remembered(panel):
    panel.show(4)
    panel.dialog.keep.click()
    panel.stage.window.session.set_seed(12)
    panel.stage.until_shows("mnist/kde", seed=12)
    panel.stage.window.presenters[0].run(first=False)
    panel.stage.until(lambda: not panel.stage.window.jobs.unfinished())
    panel.dialog.room.setValue(512)
    settings = panel.stage.window.settings()
    assert (settings.keep_history, settings.history_megabytes) == (False, 512)
    assert len(panel.kept()) == 4
    panel.history._erase_all()
    panel.until_lines(0)
    assert panel.dialog.list.empty == OFF


def test_a_result_is_dragged_with_its_recipe_and_sent_to_a_tab(panel, monkeypatch):
    dragged, menus = [], []
    export = panel.stage.window.export
    monkeypatch.setattr(export, "drag", lambda source, *what: dragged.append(what))
    monkeypatch.setattr(QMenu, "popup", lambda menu, *_: menus.append(menu))
    panel.show(4)
    batch = panel.titles().index("5 pictures")
    panel.click(batch)
    panel.looks(batch)
    view, start = panel.dialog.list.viewport(), panel.at(batch).center()
    QTest.mousePress(view, LEFT, BARE, start)
    QTest.mouseMove(view, start + QPoint(40, 0))
    QTest.mouseRelease(view, LEFT, BARE, start + QPoint(40, 0))
    (picture, recipe) = dragged.pop()
    assert recipe.count == 5
    assert recipe.index is None
    assert picture.shape[2] == 3
    panel.dialog.look.drag_wanted.emit(2)
    picture, recipe = dragged.pop()
    assert recipe.index == 2
    assert (picture == panel.dialog.look.gallery.picture(2)).all()
    panel.dialog.look.menu_wanted.emit(2, QPoint())
    sent = {action.text(): action for action in menus[-1].actions()}
    assert {"Restore", "Star", "Copy picture", "Copy recipe", "Export…", "Delete"} <= sent.keys()
    sent["Send to In-painting"].trigger()
    assert panel.stage.window.tabs.front_task() == "inpaint"


def test_a_result_is_exported_with_its_recipe(panel, monkeypatch, tmp_path):
    place = tmp_path / "saved.png"
    monkeypatch.setattr("app.exchange.file_dialogs.save_file", lambda *_: place)
    panel.show(4)
    panel.looks(0)
    panel.dialog.look.export.click()
    assert read_png(place).seed == 7


def test_every_control_works_by_click_and_keys_and_explains_itself(panel, monkeypatch):
    monkeypatch.setattr("app.exchange.file_dialogs.save_file", lambda *_: None)
    monkeypatch.setattr(History, "_erase_all", lambda _: None)
    panel.show(4)
    panel.looks(0)
    assert unexplained(panel.dialog) == []
    assert faults(panel.dialog) == []


def test_two_windows_share_the_history(panel, open_window):
    other = Panel(open_window(DIGITS, folder=panel.path.parent), panel.path.parent)
    other.stage.ready()
    other.stage.window.session.set_seed(21)
    other.until_kept(1, text="seed 21")
    panel.stage.window.activateWindow()
    panel.stage.until(panel.stage.window.isActiveWindow)
    panel.stage.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    panel.stage.until(
        lambda: any(
            "seed 21" in line.detail
            for row in range(panel.lines.rowCount())
            if (line := panel.lines.line(row))
        )
    )


def test_a_model_that_is_gone_leaves_its_thumbnail_and_its_words(open_window, tmp_path):
    folder = tmp_path / "data"
    with Store(folder / "history.db") as store:
        store.add(record(1, model="mnist/gone", recipe='{"format": 99}'))
    panel = Panel(open_window(DIGITS, folder=folder), folder)
    panel.stage.ready()
    panel.stage.press(Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    panel.stage.until(lambda: panel.lines.rowCount() and panel.lines.line(0))
    row = panel.titles().index("1 pictures")
    panel.click(row)
    panel.looks(row)
    assert panel.dialog.look.words.isVisible()
    panel.click(row, twice=True)
    panel.stage.taken_in()
    assert "newer Genscope" in panel.stage.said()[0]
