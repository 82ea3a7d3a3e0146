"""Values by slider and by number: evenly, by ratio or by cubes; changed once the hand is off."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from widgets.learn.values import Values, ValueSpec

RATE = ValueSpec("rate", "Learning rate", 1e-5, 0.1, False, True, "Adam's steps.", 0.002)
KL = ValueSpec("kl", "KL weight", 0, 100, False, True, "Weighs KL.", 1.0)
DEPTH = ValueSpec("layers", "Depth", 1, 6, True, False, "Hidden layers.", 2.0)
WIDTH = ValueSpec("bandwidth", "Bandwidth", 0, 2, False, True, "Of bumps.", 0.0, "search")
ALL = (DEPTH, RATE, KL, WIDTH)


@pytest.mark.parametrize("spec", ALL, ids=[spec.name for spec in ALL])
def test_a_place_and_its_value_belong_together(spec):
    assert spec.value_at(0) == spec.low
    assert spec.value_at(200) == spec.high
    found = [spec.value_at(place) for place in range(201)]
    assert found == sorted(found)
    for value in (*found[::20], spec.usual):
        assert spec.value_at(spec.place_of(value)) == pytest.approx(value, rel=0.05, abs=0.02)


@pytest.fixture
def values(qtbot):
    values = Values()
    qtbot.addWidget(values)
    values.set_specs(ALL, {"rate": 0.002, "kl": 1.0, "layers": 2.0, "bandwidth": 0.0})
    values.resize(240, 300)
    values.show()
    return values


def test_those_that_begin_anew_come_last(values):
    assert list(values.rows) == ["rate", "kl", "bandwidth", "layers"]
    assert values.rows["bandwidth"].number.text() == "search"


def test_a_value_is_told_when_the_hand_is_off(values, qtbot):
    told = []
    values.settled.connect(lambda name, value: told.append((name, value)))
    slider = values.rows["rate"].slider
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, 8))
    QTest.mouseMove(slider, QPoint(slider.width() - 4, 8))
    assert not told
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 4, 8))
    assert [name for name, _ in told] == ["rate"]
    assert told[0][1] > 0.05
    values.rows["layers"].number.setValue(4)
    assert told[-1] == ("layers", 4.0)
    slider.reset_wanted.emit()
    assert told[-1] == ("rate", 0.002)


def test_what_a_hand_holds_is_not_taken_away(values):
    slider = values.rows["kl"].slider
    slider.setSliderDown(True)
    values.set_specs(ALL, {"rate": 0.01, "kl": 7.0, "layers": 2.0, "bandwidth": 0.0})
    assert values.rows["kl"].value() == 1.0
    assert values.rows["rate"].value() == 0.01
