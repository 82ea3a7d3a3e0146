"""The lines of the history are fetched as they come into view, and a list of many costs no more."""

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from widgets.history.lines import PAGE, Lines, ResultLine
from widgets.history.list import ResultList, star_box

LEFT, BARE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def png():
    with io.BytesIO() as file:
        Image.fromarray(np.full((8, 8, 3), 128, np.uint8)).save(file, "PNG")
        return file.getvalue()


def line(number, **more):
    fields = {"title": f"result {number}", "detail": "KDE", "when": "today 12:00", "star": False}
    return ResultLine(number, note="", thumbnail=png(), **{**fields, **more})


@pytest.fixture
def view(qtbot):
    """A list of ten thousand results whose lines come as soon as they are asked for."""
    view = ResultList(None)
    qtbot.addWidget(view)
    view.resize(400, 600)
    view.asked = []

    def fetch(ids):
        view.asked.append(ids)
        view.lines.put([line(number) for number in ids])

    view.lines.wanted.connect(fetch)
    view.lines.set_ids(list(range(10_000, 0, -1)))
    view.show()
    qtbot.waitUntil(lambda: view.lines.line(0) is not None)
    return view


def test_only_what_is_in_view_is_fetched(view, qtbot):
    fetched = sum(map(len, view.asked))
    assert PAGE <= fetched <= 3 * PAGE
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: view.lines.line(9_999) is not None)
    assert sum(map(len, view.asked)) <= 6 * PAGE
    assert view.lines.line(9_999).title == "result 1"
    assert view.lines.image(9_999).width() == 8


def test_a_list_that_moves_fast_asks_once_and_for_the_newest_place(qtbot):
    lines = Lines()
    asked = []
    lines.wanted.connect(asked.append)
    lines.set_ids(list(range(10_000)))
    for row in range(0, 200):
        lines.line(row)
    qtbot.waitUntil(lambda: bool(asked))
    assert len(asked) == 1
    assert asked[0] == tuple(sorted(asked[0]))
    assert max(asked[0]) > 199 >= min(asked[0])  # where it has come to
    assert len(asked[0]) <= 5 * PAGE
    lines.line(500)  # before any of them has come
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert {199, 500} <= set(asked[1])
    lines.deleteLater()


def test_lines_that_are_renewed_stay_until_the_new_ones_come(qtbot):
    lines = Lines()
    asked = []
    lines.wanted.connect(asked.append)
    lines.set_ids([1, 2])
    lines.line(0)
    qtbot.waitUntil(lambda: bool(asked))
    lines.put([line(1), line(2)])
    asked.clear()
    assert lines.line(0).star is False
    lines.renew()
    assert lines.line(0).title == "result 1"  # as it was, and it is asked for
    qtbot.waitUntil(lambda: bool(asked))
    lines.put([line(1, star=True), line(2)])
    assert lines.line(0).star is True
    lines.deleteLater()


def test_what_is_gone_is_forgotten_and_what_stays_keeps_its_place(view, qtbot):
    view.choose(3)
    number, place = view.current(), view.verticalScrollBar().value()
    view.set_ids([20_000, *range(10_000, 0, -1)])
    assert (view.current(), view.chosen()) == (number, (number,))
    assert view.verticalScrollBar().value() in (place, place + view.rowHeight(0))
    view.set_ids([n for n in range(10_000, 0, -1) if n != number])
    assert view.current() != number
    view.set_ids([])
    assert view.chosen() == ()


def test_the_hand_looks_stars_drags_and_restores(view, qtbot):
    heard = []
    for name in ("looked", "restore_wanted", "drag_wanted", "star_wanted"):
        getattr(view, name).connect(lambda number, name=name: heard.append((name, number)))
    view.delete_wanted.connect(lambda: heard.append(("delete",)))
    box = view.visualRect(view.lines.index(1))
    QTest.mouseClick(view.viewport(), LEFT, BARE, box.center())
    QTest.mouseDClick(view.viewport(), LEFT, BARE, box.center())
    QTest.mouseClick(view.viewport(), LEFT, BARE, star_box(box).center())
    QTest.mousePress(view.viewport(), LEFT, BARE, box.center())
    QTest.mouseMove(view.viewport(), box.center() + QPoint(60, 0))
    QTest.mouseRelease(view.viewport(), LEFT, BARE, box.center() + QPoint(60, 0))
    for key in (Qt.Key.Key_S, Qt.Key.Key_Return, Qt.Key.Key_Delete, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    number = view.lines.id(1)
    assert heard == [
        ("looked", number),
        ("restore_wanted", number),
        ("star_wanted", number),
        ("drag_wanted", number),
        ("star_wanted", number),
        ("restore_wanted", number),
        ("delete",),
        ("looked", view.lines.id(2)),
    ]


def test_an_empty_list_says_why(view):
    view.set_ids([])
    before = view.grab().toImage()
    view.set_empty("Nothing here yet.")
    assert view.grab().toImage() != before


def test_a_screen_reader_hears_a_line(view):
    view.lines.put([line(10_000, star=True)])
    said = view.lines.data(view.lines.index(0))
    assert said == "result 10000, KDE, starred, today 12:00"
