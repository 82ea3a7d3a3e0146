"""Every tab for hands that are unsure, for ears in place of eyes, and for keys alone."""

import itertools
from collections import Counter

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QToolTip,
    QWidget,
)

from tests.windows import BOTH, PLANE
from widgets.look import focus, theme
from widgets.look.splitter import Splitter
from widgets.look.tips import LETTERS

KINDS = {"pictures": BOTH, "points": PLANE}
PAGES = ("outliers", "comparison", "classifier", "compression")


@pytest.fixture
def looks(qapp):
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().name()
    theme.apply(qapp, theme.Mode.LIGHT)
    yield
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setStyle(style)


@pytest.fixture(params=KINDS)
def hand(request, open_window, looks, monkeypatch):
    """A window that has drawn, as it looks for a person."""
    monkeypatch.setattr("app.density.pictures.numbers.TEST_PICTURES", 2)
    made = open_window(KINDS[request.param])
    made.ready()
    return made


def pages(hand):
    """Bring one tab, and one page of uses, to the front after the other."""
    tabs = hand.window.tabs
    for place in range(tabs.count()):
        if not tabs.isTabEnabled(place):
            continue
        tabs.setCurrentIndex(place)
        QApplication.processEvents()
        title, tab = tabs.tabText(place), tabs.currentWidget()
        for page in [p for p in PAGES if tab.button(p).isEnabled()] if title == "Uses" else [""]:
            if page:
                tab.choose(page)
                QApplication.processEvents()
            yield f"{title} {page}".strip()


def stops(hand):
    return focus.order(hand.window)


def name(widget):
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text.replace("&", "")


def small(widget):
    """Whether it is a button, a slider or the like, and less than a finger's or a tremor's."""
    side = theme.px(theme.TARGET)
    return (
        not isinstance(widget, QAbstractScrollArea) and min(widget.width(), widget.height()) < side
    )


def test_every_tab_for_keys_and_ears_and_an_unsure_hand(hand):
    """Names of their own, targets of 24 pixels, a focus that is seen, an order that the eye has."""
    faults = []
    for page in pages(hand):
        seen = stops(hand)
        counts = Counter(map(name, seen))
        faults += [f"{page}: named {n!r} × {k}" for n, k in counts.items() if k > 1 or not n]
        faults += [f"{page}: {name(w)!r} has {w.size()}" for w in seen if small(w)]
        faults += [f"{page}: {found}" for found in jumps(hand.window, seen)]
        faults += [f"{page}: {name(w)!r} hides its focus" for w in seen if hides_focus(w)]
    assert faults == []


def test_tab_stops_at_everything_once_and_comes_round(hand):
    hand.window.tabs.setCurrentIndex(1)
    QApplication.processEvents()
    seen, found = stops(hand), []
    assert len(seen) > 15
    seen[0].setFocus()
    for _ in seen:
        found.append(QApplication.focusWidget())
        QTest.keyClick(found[-1], Qt.Key.Key_Tab)
    assert [name(w) for w in found] == [name(w) for w in seen]
    assert QApplication.focusWidget() is seen[0]
    QTest.keyClick(seen[0], Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is seen[-1]


def jumps(window, seen):
    """Where the eye would have to go back: head, tabs, panels from left to right, foot; in a panel
    downwards and in a line to the right, in columns beside each other column by column.
    """
    places = [_place(window, widget) for widget in seen]
    for before, after in itertools.pairwise(zip(seen, places, strict=True)):
        (one, (part, box)), (two, (next_part, next_box)) = before, after
        beside = next_box.left() >= box.left() and next_box.bottom() > box.top()
        below, column = next_box.top() >= box.top(), next_box.left() >= box.right() - theme.UNIT
        if part > next_part or (part == next_part and not (beside or below or column)):
            yield f"{name(one)!r} before {name(two)!r}"


def _place(window, widget):
    """Which part of the window it is in, and where."""
    box = widget.rect().translated(widget.mapTo(window, QPoint()))
    around, part = widget, ()
    while around is not window:
        above = around.parentWidget()
        if isinstance(above, Splitter) and above.orientation() is Qt.Orientation.Horizontal:
            part = (above.indexOf(around), *part)
        around = above
    if any(part.isAncestorOf(widget) for part in (window.picker, window.seed)):
        return (0,), box
    if window.messages.isAncestorOf(widget):
        return (4,), box  # they lie over all, and come last
    if widget is window.tabs.tabBar():
        return (1,), box
    foot = window.bar.parentWidget()
    return ((3,) if foot.isAncestorOf(widget) else (2, *part)), box


def hides_focus(widget):
    """Whether its picture is the same with the focus and without."""
    while not widget.updatesEnabled():  # rows come, and all is painted once they are there
        QApplication.processEvents()
    widget.clearFocus()
    before = widget.grab().toImage()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    return before == widget.grab().toImage()


@pytest.mark.parametrize("mode", [theme.Mode.LIGHT, theme.Mode.DARK])
def test_words_can_be_read(qapp, looks, mode):
    """Contrast of at least 4.5 : 1 of every pair of colours that words are written in."""
    theme.apply(qapp, mode)
    inks = {"text": "window base raised well", "faint": "window base raised", "on accent": "accent"}
    inks |= {"danger": "window base raised", "warning": "window base raised"}
    pairs = [(ink, paper) for ink, papers in inks.items() for paper in papers.split()]
    found = {p: theme.contrast(theme.colour(p[0]), theme.colour(p[1])) for p in pairs}
    assert {pair: round(c, 2) for pair, c in found.items() if c < 4.5} == {}


def test_tips_are_broken_into_lines(qapp, qtbot, looks):
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.show()
    try:
        for text in ("A short one.", "of many words " * 20, "a line\n" + "and another one " * 9):
            QToolTip.showText(QPoint(5, 5), text, holder)
            (tip,) = [w for w in qapp.topLevelWidgets() if w.inherits("QTipLabel")]
            lines = tip.text().split("\n")
            assert " ".join(tip.text().split()) == " ".join(text.split())
            assert max(map(len, lines)) <= LETTERS
            wide = tip.fontMetrics().horizontalAdvance("n" * (LETTERS + 10))
            assert tip.width() < wide
    finally:
        QToolTip.hideText()
