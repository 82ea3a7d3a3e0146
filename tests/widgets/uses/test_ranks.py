"""Histograms of p-values and the scatter of ranks, by mouse and by keys."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from widgets.uses.outlier_view import RATES, OutlierView
from widgets.uses.rank_histogram import RankHistogram
from widgets.uses.rank_scatter import RankScatter

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def shown(qtbot, widget, wide=300, high=200):
    qtbot.addWidget(widget)
    widget.resize(wide, high)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_a_press_on_a_histogram_is_a_p_value(qtbot):
    plot = shown(qtbot, RankHistogram())
    plot.show_values(np.array([0.001, 0.02, 0.5, 1.0]), "flow", 0.05)
    assert plot.flagged() == (2, 4)
    assert plot.accessibleName() == "2 of 4 pictures flagged"
    moved = []
    plot.moved.connect(moved.append)
    for p in (0.001, 0.03, 1.0):
        QTest.mouseClick(plot, LEFT, NONE, QPoint(round(plot.x_of(p)), 50))
    assert moved == pytest.approx([0.001, 0.03, 1.0], rel=0.03)
    QTest.mouseClick(plot, LEFT, NONE, QPoint(0, 50))
    assert moved[-1] == 0.001
    assert not plot.grab().isNull()


def test_the_threshold_is_one_for_all_columns(qtbot):
    view = shown(qtbot, OutlierView(), 900, 600)
    view.set_columns([("a/x", "X", "flow"), ("a/y", "Y", "kde")])
    looked = []
    view.looked.connect(lambda: looked.append(view.false_alarms()))
    plot = view.columns["a/x"]
    QTest.mouseClick(plot, LEFT, NONE, QPoint(round(plot.x_of(0.011)), 40))
    assert looked[-1] == 0.01
    QTest.keyClick(view.columns["a/y"], Qt.Key.Key_Right)
    assert looked[-1] == 0.02
    QTest.keyClick(view.columns["a/y"], Qt.Key.Key_Left)
    assert looked[-1] == 0.01
    assert tuple(sorted(RATES)) == RATES
    kept = dict(view.columns)
    view.set_columns([("a/x", "X", "flow"), ("a/y", "Y", "kde")])
    assert view.columns == kept


def test_points_of_a_scatter_are_chosen_by_click_and_key(qtbot):
    plot = shown(qtbot, RankScatter(), 300, 300)
    x, y = np.array([0.9, 0.1, 0.5]), np.array([0.2, 0.3, 0.9])
    plot.show_points(x, y, ("A", "B"))
    chosen = []
    plot.chosen.connect(chosen.append)
    QTest.mouseClick(plot, LEFT, NONE, plot.at(2).toPoint())
    QTest.mouseClick(plot, LEFT, NONE, QPoint(2, 2))
    QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert chosen == [2, 0, 1]
    assert plot.current() == 1
    plot.show_points(x, y, ("A", "B"))
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert chosen[-1] == 1, "the first from the left"
    assert not plot.grab().isNull()
