"""Cards, pictures, curves and time in the middle of the tab, shown and asked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from widgets.learn.bench import Bench
from widgets.learn.field import Field, Picture
from widgets.learn.learner_card import CardFace
from widgets.learn.plot import Line, ProgressPlot
from widgets.learn.transport import PLACES, Transport
from widgets.look import theme

LEFT = Qt.MouseButton.LeftButton
BOX = (0.0, 4.0, 0.0, 4.0)


def face(**changes):
    base = CardFace("Flow", "flow", None, "exact", "Why.", "step 1", "tip", "loss", np.ones(3), 0.5)
    return replace(base, **changes)


@pytest.fixture
def bench(qtbot):
    bench = Bench()
    qtbot.addWidget(bench)
    bench.resize(720, 640)
    bench.show()
    return bench


def grabbed(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_six_cards_fill_the_room(bench, qtbot):
    assert bench.nothing.isVisible()
    bench.show_faces({key: face() for key in range(1, 7)}, 2)
    qtbot.waitUntil(lambda: all(card.width() > 150 for card in bench.cards.values()))
    assert not bench.nothing.isVisible()
    columns = {card.x() for card in bench.cards.values()}
    assert len(columns) == 3
    first = bench.cards[1]
    bench.show_faces({key: face() for key in (1, 3)}, 1)
    assert bench.cards[1] is first
    assert list(bench.cards) == [1, 3]


def test_a_card_tells_which_button(bench, qtbot):
    bench.show_faces({5: face(title="Flow 2")}, 5)
    for button, signal in (
        (bench.cards[5].twin, bench.twin_wanted),
        (bench.cards[5].rewind, bench.rewind_wanted),
        (bench.cards[5].close_it, bench.close_wanted),
        (bench.cards[5].field, bench.chosen),
    ):
        with qtbot.waitSignal(signal) as told:
            QTest.mouseClick(button, LEFT)
        assert told.args == [5]
    assert bench.cards[5].twin.accessibleName() == "Duplicate Flow 2"


def test_trouble_stands_over_the_picture(bench):
    bench.show_faces({1: face(trouble="Flow exploded at step 7.")}, 1)
    assert bench.cards[1].trouble.isVisible()
    bench.show_faces({1: face()}, 1)
    assert not bench.cards[1].trouble.isVisible()


def test_a_map_is_the_right_way_up_and_samples_lie_on_it(qtbot):
    field = Field()
    qtbot.addWidget(field)
    field.resize(200, 200)
    field.show()
    values = np.full((4, 4), -50.0, np.float32)
    values[0, 0] = 0.0  # lowest row, first column: bottom left
    field.show_picture(Picture(BOX, map=values, top=0.0))
    pixels = grabbed(field).astype(int)
    assert pixels[180, 20].sum() > pixels[20, 180].sum() + 200
    field.set_colour(theme.family_colour("flow"))
    field.show_picture(Picture(BOX, samples=np.array([[3.0, 3.5]], np.float32)))
    dark = grabbed(field).astype(int).sum(2)
    row, column = np.unravel_index(dark[5:-5, 5:-5].argmin(), (190, 190))
    assert (column + 5, row + 5) == pytest.approx((150, 25), abs=2)


def test_arrows_and_lines_are_painted(qtbot):
    field = Field()
    qtbot.addWidget(field)
    field.resize(200, 200)
    field.show()
    field.show_picture(Picture(BOX))
    before = grabbed(field)
    arrows = np.array([[1, 2, 3, 2]], np.float32)
    lines = np.array([[[0.5, 0.5], [3.5, 0.5], [np.nan, 1.0]]], np.float32)
    field.show_picture(Picture(BOX, lines=lines, arrows=arrows))
    after = grabbed(field)
    changed = (before != after).any(2)
    assert changed[98:103, 60:140].any(0).all()
    assert changed[173:178, 30:170].any(0).all()


def test_curves_say_their_last_values(qtbot):
    plot = ProgressPlot()
    qtbot.addWidget(plot)
    x, y = np.array([1.0, 2.0, 4.0]), np.array([1.0, np.nan, 0.1])
    plot.show_lines("Gap", "s", [Line("VAE", "vae", x, y)], logarithmic=True, mark=2.0)
    plot.resize(300, 112)
    plot.grab()
    assert plot.toolTip() == "Gap\nVAE: 0.100"
    plot.show_lines("Gap", "s", [], logarithmic=False, mark=None)
    plot.grab()


@pytest.mark.parametrize("logarithmic", [False, True])
def test_one_that_is_far_off_does_not_flatten_the_others_and_is_at_the_edge(qtbot, logarithmic):
    plot = ProgressPlot()
    qtbot.addWidget(plot)
    plot.resize(300, 112)
    x = np.array([1.0, 2.0])
    good, bad = (Line(name, name, x, y) for name, y in (("vae", x / 2), ("gan", 1e4 * x)))
    plot.show_lines("Gap", "s", [good, bad], logarithmic=logarithmic, mark=None)
    low, high = plot._ends(np.concatenate([good.y, bad.y]))
    assert high <= 7
    assert plot._share(1.0, low, high) - plot._share(0.5, low, high) > 0.05
    assert plot._share(1e4, low, high) == 1
    assert plot._share(-1e4, low, high) == 0


def test_time_is_asked_by_hand(qtbot):
    transport = Transport()
    qtbot.addWidget(transport)
    transport.resize(500, 80)
    transport.show()
    with qtbot.waitSignal(transport.play_toggled) as told:
        QTest.mouseClick(transport.play, LEFT)
    assert told.args == [True]
    assert transport.play.text() == "Pause"
    transport.set_playing(False)
    assert transport.play.text() == "Play"
    with qtbot.waitSignal(transport.burst_wanted) as told:
        QTest.mouseClick(transport.bursts[100], LEFT)
    assert told.args == [100]
    assert not transport.go_on.isEnabled()
    with qtbot.waitSignal(transport.scrubbed):
        QTest.mouseClick(transport.slider, LEFT, pos=QPoint(transport.slider.width() // 2, 8))
    assert transport.place() == pytest.approx(0.5, abs=0.02)
    assert transport.go_on.isEnabled()
    with qtbot.waitSignal(transport.go_on_wanted):
        QTest.mouseClick(transport.go_on, LEFT)
    transport.slider.reset_wanted.emit()
    assert transport.place() is None
    assert transport.slider.value() == PLACES
