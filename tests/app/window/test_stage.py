"""How the window is looked at: zoom, full screen, one card alone, folded panels, presentation."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest

from app.window import stage as stage_of
from tests.windows import BOTH, PLANE
from widgets.look import theme
from widgets.window.zoom import Zoom

CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
FLOW, KDE = "mnist/flow", "mnist/kde"


@pytest.fixture
def hand(open_window, qapp):
    """A window with two columns."""
    made = open_window(BOTH)
    made.ready()
    yield made
    made.close()
    Zoom.of(qapp).set(100)


def double_click(widget, at=None):
    left, at = Qt.MouseButton.LeftButton, at or QPoint(30, 12)
    QTest.mouseClick(widget, left, pos=at)
    QTest.mouseDClick(widget, left, pos=at)  # the second press only
    QTest.mouseRelease(widget, left, pos=at)


def test_keys_zoom_and_the_zoom_is_remembered(hand):
    for _ in range(2):
        hand.press(Qt.Key.Key_Plus, CONTROL | ALT)
    assert (theme.zoom(), hand.window.settings().zoom) == (1.25, 125)
    hand.press(Qt.Key.Key_Minus, CONTROL | ALT)
    assert theme.zoom() == 1.1
    hand.press(Qt.Key.Key_0, CONTROL | ALT)
    assert (theme.zoom(), hand.window.settings().zoom) == (1.0, 100)


def test_a_window_opens_at_the_zoom_of_the_last_one(open_window, qapp):
    open_window(replace(BOTH, zoom=150)).close()
    assert theme.zoom() == 1.5
    Zoom.of(qapp).set(100)


def test_a_card_fills_the_page_and_goes_back_to_its_place(hand):
    column, others = hand.column(KDE), hand.column(FLOW)
    place, wide = column.pos(), column.width()
    double_click(column)
    assert column.isVisible()
    assert not others.isVisible()
    assert not hand.viewer.isVisible()
    hand.until(lambda: column.width() > 0.9 * hand.window.width())
    double_click(column)
    hand.until(lambda: column.pos() == place and column.width() == wide)
    assert others.isVisible()
    assert hand.viewer.isVisible()


def test_keys_fill_the_page_with_the_card_that_has_the_focus(hand):
    hand.column(KDE).body.setFocus()
    hand.press(Qt.Key.Key_F11, SHIFT)
    assert hand.column(KDE).isVisible()
    assert not hand.column(FLOW).isVisible()
    hand.press(Qt.Key.Key_Escape)
    assert hand.column(FLOW).isVisible()


def test_another_choice_of_models_or_tab_ends_it(hand):
    double_click(hand.column(KDE))
    hand.window.session.choose("mnist", (FLOW,))
    hand.until(lambda: hand.tab.names() == (FLOW,) and hand.column(FLOW).isVisible())
    double_click(hand.column(FLOW))
    assert not hand.viewer.isVisible()
    hand.window.tabs.setCurrentIndex(1)
    hand.window.tabs.setCurrentIndex(0)
    assert hand.viewer.isVisible()


def test_a_card_that_is_closed_while_it_is_alone_leaves_no_hole(hand):
    double_click(hand.column(KDE))
    hand.column(KDE)._close.click()
    hand.until(lambda: hand.tab.names() == (FLOW,) and hand.column(FLOW).isVisible())


def test_a_plot_shows_all_at_a_double_click_and_then_fills_the_page(open_window):
    hand = open_window(PLANE)
    hand.ready()
    body = hand.column("moons/kde").body
    view, middle = body._plot.viewport(), body._plot.viewport().rect().center()
    body._view.scaleBy((0.5, 0.5))
    double_click(view, middle)
    assert hand.viewer.isVisible()
    double_click(view, middle)
    hand.until(lambda: not hand.viewer.isVisible())


def test_side_panels_fold_and_what_is_remembered_are_their_widths(hand):
    before = hand.tab.splitter.sizes()
    hand.press(Qt.Key.Key_F9)
    assert not hand.viewer.isVisible()
    assert not hand.tab.count.isVisible()
    assert hand.window.settings().splitters["sampling"] == tuple(before)
    hand.press(Qt.Key.Key_F9)
    assert hand.viewer.isVisible()
    assert hand.tab.splitter.sizes() == before


def test_a_presentation_is_large_and_bare_and_gives_back_what_was(hand):
    window, before = hand.window, hand.window.settings()
    size, sizes = window.size(), hand.tab.splitter.sizes()
    hand.press(Qt.Key.Key_F5)
    assert theme.zoom() == stage_of.LARGER / 100
    assert theme.stroke(1) == pytest.approx(theme.zoom() * stage_of.THICKER)
    shown = (window.menuBar(), window.picker, window.bar, hand.viewer, hand.tab.count)
    assert not any(part.isVisible() for part in shown)
    assert hand.column(KDE).isVisible()
    assert window.isFullScreen()
    assert replace(window.settings(), geometry=before.geometry) == before
    hand.press(Qt.Key.Key_Escape)
    assert all(part.isVisible() for part in shown)
    hand.until(lambda: window.size() == size and hand.tab.splitter.sizes() == sizes)
    assert (theme.zoom(), theme.stroke(1), window.isFullScreen()) == (1.0, 1.0, False)


def test_full_screen_by_its_key(hand):
    hand.press(Qt.Key.Key_F11)
    assert hand.window.isFullScreen()
    hand.press(Qt.Key.Key_F11)
    assert not hand.window.isFullScreen()


def test_a_first_window_fits_its_screen():
    class Small:
        def availableSize(self):
            return QSize(1024, 740)

    assert stage_of.fitting(Small()) == QSize(1024, 700)


def test_a_presentation_on_one_tab_leaves_the_panels_of_the_others(hand):
    """While they are out of view, tabs have the width that large type needs."""
    hand.window.resize(1024, 700)
    hand.tab.splitter.setSizes([240, 500, 260])
    before = hand.tab.splitter.sizes()
    hand.window.tabs.setCurrentIndex(1)
    hand.press(Qt.Key.Key_F5)
    assert hand.tab.splitter.sizes() != before
    hand.press(Qt.Key.Key_Escape)
    hand.window.tabs.setCurrentIndex(0)
    hand.until(lambda: hand.tab.splitter.sizes() == before)
