"""Points in the real window: a line dragged by mouse, two exact families, draws that follow."""

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.session.settings import Settings
from app.tasks.line import usual
from engines.checkpoints.catalog import ROOT
from tests.e2e.test_first_look import LEFT

MFA, KDE = "moons/mfa", "moons/kde"
START = Settings(data="moons", models={"moons": (MFA, KDE)}, points=50, line_draws=400)


def test_a_line_is_dragged_and_turned_and_draws_and_densities_follow(open_window):
    stage = open_window(START, ROOT)
    stage.window.resize(1280, 800)
    bar, tab = stage.window.tabs.tabBar(), stage.window.tabs.widget(1)
    stage.click(bar, bar.tabRect(1).center())
    presenter, line = stage.window.presenters[1], tab.desk.line
    plane = line.plane

    def answered():
        """Whether every row has complete draws and the density of the line as it stands."""
        rows, (axis, value) = presenter.rows.values(), line.line()
        return len(rows) == 2 and all(
            row.frame is not None
            and row.frame.complete
            and row.curve is not None
            and row.truth is not None
            and (row.frame.request.axis, row.frame.request.value) == (axis, value)
            and all((c.line.axis, c.line.value) == (axis, value) for c in (row.curve, row.truth))
            for row in rows
        )

    stage.until(answered)

    # across the gap between the moons, with stops on the way
    start = plane.place_of(line.line()[1], 0.0).toPoint()
    end = plane.place_of(0.5, 0.0).toPoint()
    QTest.mousePress(plane, LEFT, pos=start)
    for share in (0.25, 0.5, 0.75, 1.0):
        QTest.mouseMove(plane, start + QPoint(round(share * (end - start).x()), 0))
    QTest.mouseRelease(plane, LEFT, pos=end)
    axis, value = line.line()
    assert axis == 0
    assert abs(value - 0.5) < 0.02
    stage.until(answered)
    for row in presenter.rows.values():
        assert row.frame.kept is True
        assert (row.frame.points[:, 0] == np.float32(value)).all()
        assert row.gap(row.curve) < 1.3 * usual(400), "the draws are not of the density shown"
        assert (row.frame.values > 0.5).mean() > 0.2, "nothing of the upper moon"
        assert (row.frame.values < 0).mean() > 0.2, "nothing of the lower one"
        assert not row.view.plot.is_stale()

    # the other way round, by keys
    QTest.keyClick(plane, Qt.Key.Key_X)
    QTest.keyClick(plane, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    stage.until(answered)
    axis, value = line.line()
    assert axis == 1
    for row in presenter.rows.values():
        assert (row.frame.points[:, 1] == np.float32(value)).all()
        assert row.gap(row.truth) < 2 * usual(400)
