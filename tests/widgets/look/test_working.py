"""A card that works says how far it is, and its own cross stops it; nothing moves for that."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from widgets.look import focus
from widgets.look.state import State
from widgets.plots.heat_panel import HeatPanel


@pytest.fixture
def panel(qtbot):
    card = HeatPanel()
    card.set_identity("Flow", "flow")
    card.set_stoppable()
    qtbot.addWidget(card)
    card.resize(300, 300)
    card.show()
    return card


def test_work_that_lasts_shows_its_share_and_a_stop_and_moves_nothing(qtbot, panel):
    before = panel.map.geometry()
    panel.set_state(State.WORKING)
    panel.set_progress(0.43)
    assert not panel.working.isVisible()
    qtbot.waitUntil(panel.working.isVisible, timeout=1000)
    assert panel.working.label.text() == "43 %"
    assert panel.rect().contains(panel.working.geometry())
    assert panel.map.geometry() == before
    assert panel.working.stop.accessibleName() == "Stop Flow"
    panel.set_kind("exact", "by change of variables")
    names = [w.accessibleName() for w in focus.order(panel)]
    assert (
        names.index("Stop Flow") < names.index("Close Flow") < names.index("Flow: exact, explain")
    )
    panel.set_progress(0.5)
    assert panel.working.label.text().startswith("50 %")
    panel.resize(200, 200)
    qtbot.waitUntil(lambda: panel.rect().contains(panel.working.geometry()))
    with qtbot.waitSignal(panel.stop_wanted):
        qtbot.mouseClick(panel.working.stop, Qt.MouseButton.LeftButton)
    panel.set_state(State.READY)
    assert not panel.working.isVisible()


def test_work_that_nobody_can_stop_offers_no_stop(qtbot):
    card = HeatPanel()
    qtbot.addWidget(card)
    card.set_state(State.WORKING)
    assert not card.working._due.isActive()
