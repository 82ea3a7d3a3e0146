"""The page of the classifier by mouse: pictures, priors, figures of test pictures, and a pen."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.uses.classifier import Classifier
from engines.uses.classifier import bayes
from tests.app.uses.conftest import FEW
from widgets.uses.classifier_page import ClassifierPage

KDE, ENERGY = "mnist/kde", "mnist/energy"
LEFT = Qt.MouseButton.LeftButton


def test_a_digit_is_read_and_a_prior_moves_it(page_of, qtbot):
    stage, page = page_of(ClassifierPage(), Classifier, (KDE,))
    view = page.view
    stage.until(lambda: KDE in page.found)
    row = view.rows.rows[KDE]
    stage.until(lambda: len(getattr(page.tests.get(KDE), "log_p", ())) == FEW)
    assert row.badge.text() == "calibrated"
    assert row.bars.p.sum() == pytest.approx(1)
    label = page.bar.examples.pictures.labels[page.bar.place]
    assert row.bars.p.argmax() == label
    assert "p-value" in row.says.text()

    # a class without a prior is never read
    slider = view.prior.sliders[label]
    QTest.mouseClick(slider, LEFT, pos=QPoint(1, slider.height() // 2))
    assert view.prior.weights()[label] < 0.01
    before = float(row.bars.p[label])
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert view.prior.weights()[label] == 0
    assert row.bars.p[label] == 0 <= before
    expected = bayes.posterior(
        page.found[KDE].log_p, np.array(page.setting().prior), page.tests[KDE].temperature
    )
    assert row.bars.p == pytest.approx(expected[0])

    # a prior of 0 for every class is refused in one sentence
    for each in view.prior.sliders:
        each.setFocus()
        QTest.keyClick(each, Qt.Key.Key_Home)
    assert "0 for every class" in row.says.text()
    stage.click(view.prior.training)
    assert row.bars.p.argmax() == label
    shares = view.prior.weights()
    assert shares[1] > shares[5]  # MNIST has more ones than fives

    # without the temperature the reading is surer
    calm = float(row.bars.p.max())
    stage.click(view.calibrated, QPoint(8, view.calibrated.height() // 2))
    assert row.badge.text() == ""
    assert row.bars.p.max() >= calm


def test_a_model_that_cannot_says_why(page_of):
    stage, page = page_of(ClassifierPage(), Classifier, (ENERGY,))
    row = page.view.rows.rows[ENERGY]
    stage.until(lambda: "differs from class to class" in row.says.text())
    assert len(row.bars.p) == 0


def test_figures_of_the_test_pictures(page_of):
    stage, page = page_of(ClassifierPage(), Classifier, (KDE,))
    view = page.view
    stage.until(lambda: len(getattr(page.tests.get(KDE), "log_p", ())) == FEW)
    stage.click(view.button("reliability"))
    (curve,) = view.reliability.curves
    assert "ECE" in curve.says
    assert f"Judged on {FEW // 2} test pictures" in view.figures.text()
    stage.click(view.button("reject"))
    assert [curve.dashed for curve in view.reject.curves] == [False, True]
    assert all(curve.points[-1][0] == 1 for curve in view.reject.curves)
    stage.click(view.button("confusion"))
    assert view.confusion.counts.sum() == FEW
    assert (view.confusion.counts.sum(1) == FEW // 10).all()
    row, column = map(int, np.argwhere(view.confusion.counts)[0])
    QTest.mouseClick(view.confusion, LEFT, pos=view.confusion.cell(row, column).center().toPoint())
    assert view.cell.count() == view.confusion.counts[row, column]
    assert view.cell.picture(0) is not None
    assert "read as" in view.cell_title.text()


def test_what_is_drawn_is_read_as_the_pen_moves(page_of):
    stage, page = page_of(ClassifierPage(), Classifier, (KDE,))
    view, pen = page.view, page.view.pen
    stage.until(lambda: KDE in page.found)
    stage.click(view.draw)
    bars = view.rows.rows[KDE].bars
    assert len(bars.p) == 0  # an empty sheet is nothing to read
    assert "Draw a digit" in view.rows.rows[KDE].says.text()
    QTest.mousePress(pen, LEFT, pos=QPoint(140, 30))
    for y in range(40, 250, 15):
        QTest.mouseMove(pen, QPoint(140, y))
    stage.until(lambda: len(bars.p) == 10)  # while the button is still down
    QTest.mouseRelease(pen, LEFT, pos=QPoint(140, 250))
    stage.until(lambda: bars.p.argmax() == 1 and not bars._stale)
    seen = page.picture[..., 0]
    rows = np.flatnonzero(seen.any(1))
    assert np.ptp(rows) + 1 == 20  # scaled into the box of MNIST
    stage.click(view.clear)
    assert not pen.ink().any()
    assert len(bars.p) == 0
    stage.click(view.draw)  # back to the picture
    stage.until(lambda: len(bars.p) == 10)
