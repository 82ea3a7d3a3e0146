"""The in-painting tab by itself: controls out as signals, rows in as specs."""

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, QWidget

from widgets.inpainting.filling_row import MethodSpec
from widgets.inpainting.line_desk import LineDesk
from widgets.inpainting.picture_desk import PictureDesk
from widgets.inpainting.tab import InpaintingTab
from widgets.look.specs import RowSpec
from widgets.look.state import State

METHODS = (MethodSpec("a", "Exact", "Says <so>."), MethodSpec("b", "Rough", "Says no."))


def spec(family):
    return RowSpec(f"data/{family}", family.upper(), family)


@pytest.fixture
def tab(qtbot):
    widget = InpaintingTab()
    qtbot.addWidget(widget)
    widget.resize(1260, 680)
    widget.show_desk(PictureDesk(widget))
    widget.set_rows((spec("vae"), spec("kde")))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_rows_come_go_and_keep_their_draws(tab):
    kept = tab.row("data/kde")
    tab.set_rows((spec("flow"), spec("kde")))
    assert tab.names() == ("data/flow", "data/kde")
    assert tab.row("data/kde") is kept
    assert tab.row("data/vae") is None


def test_a_row_offers_its_methods_and_tells_the_choice(tab, qtbot):
    row = tab.row("data/vae")
    assert not row.methods.isEnabled()
    with qtbot.assertNotEmitted(tab.method_chosen):
        row.set_methods(METHODS, "b")
    assert row.methods.currentText() == "Rough"
    assert "&lt;so&gt;" in row.methods.itemData(0, 3)  # Qt.ItemDataRole.ToolTipRole
    with qtbot.waitSignal(tab.method_chosen) as told:
        row.methods.activated.emit(0)
    assert told.args == ["data/vae", "a"]


def test_a_click_on_typical_or_diverse_is_one_on_that_draw(tab, qtbot):
    row = tab.row("data/vae")
    row.show_draws(np.zeros((8, 4, 4, 3), np.uint8))
    row.show_summary(np.zeros((5, 4, 4, 3), np.uint8), (6, 2))
    with qtbot.waitSignal(tab.desk.chosen) as told:
        row.summary.chosen.emit(4)
    assert told.args == ["data/vae", 2]
    with qtbot.waitSignal(tab.desk.summary_chosen) as told:
        row.summary.chosen.emit(2)
    assert told.args == ["data/vae", 2]


def test_a_failure_dims_the_draws_and_offers_another_try(tab, qtbot):
    row = tab.row("data/kde")
    row.show_draws(np.zeros((3, 4, 4, 3), np.uint8))
    row.set_state(State.FAILED, "Out of paint.")
    assert row.draws.is_stale(2)
    with qtbot.waitSignal(tab.retry_wanted) as told:
        row._message.retry.click()
    assert told.args == ["data/kde"]


def test_words_lie_over_nothing_before_the_first_draws(tab):
    row = tab.row("data/kde")
    parts = (row.draws, row.summary, row.legend)
    row.set_state(State.EMPTY, "Press Fill.")
    assert row._message.isVisible()
    assert not any(part.isVisible() for part in parts)
    row.show_draws(np.zeros((8, 28, 28, 3), np.uint8))
    row.show_summary(np.zeros((5, 28, 28, 3), np.uint8), (0, 1))
    row.set_state(State.READY)
    assert not row._message.isVisible()
    assert all(part.isVisible() for part in parts)


def test_digits_are_shown_at_twice_their_size_with_captions(tab, qtbot):
    row = tab.row("data/kde")
    row.show_draws(np.zeros((8, 28, 28, 3), np.uint8))
    row.show_summary(np.zeros((5, 28, 28, 3), np.uint8), (0, 1))
    row.set_state(State.READY)
    qtbot.waitUntil(lambda: row.draws.tile_rect(0).width() == row.summary.tile_rect(0).width())
    for gallery in (row.draws, row.summary):
        assert gallery.tile_rect(0).width() >= 56
        assert not gallery.verticalScrollBar().maximum()
    assert row.summary._tiling.caption


def test_what_the_program_sets_is_silent(tab, qtbot):
    with qtbot.assertNotEmitted(tab.settings_changed), qtbot.assertNotEmitted(tab.live_toggled):
        tab.classes.set_classes(("x", "y"), 1)
        tab.set_draws(12)
        tab.set_live(False)
    assert (tab.classes.label(), tab.draws(), tab.live.isChecked()) == (1, 12, False)


def test_without_a_picture_the_reason_is_in_view(tab):
    tab.set_ready("Nothing to fill.")
    assert tab.nothing.isVisible()
    assert tab.fill.toolTip() == "Nothing to fill."
    assert not tab.row("data/vae").isVisible()
    tab.set_ready("")
    assert tab.row("data/vae").isVisible()


@pytest.mark.parametrize("desk", [PictureDesk, LineDesk])
def test_every_control_says_what_it_does(tab, desk):
    tab.set_rows(())
    tab.show_desk(desk(tab))
    tab.set_rows((spec("kde"),))
    kinds = (QAbstractButton, QComboBox, QAbstractSpinBox, QSlider)
    bare: list[QWidget] = [
        child
        for kind in kinds
        for child in tab.findChildren(kind)
        if child.isVisible() and not child.toolTip()
    ]
    assert [type(child).__name__ for child in bare] == []


def test_a_row_of_points_dims_its_draws_and_hides_no_curve(tab, qtbot):
    tab.set_rows(())
    tab.show_desk(LineDesk(tab))
    tab.set_rows((RowSpec("plane/kde", "KDE", "kde"),))
    row = tab.row("plane/kde")
    row.plot.set_axis("x", -1.0, 1.0)
    row.plot.set_values(np.array([0.0, 0.25, 5.0, np.nan], np.float32))
    edges, heights = row.plot.heights()
    assert (heights * np.diff(edges)).sum() == pytest.approx(2 / 3)
    assert row.plot.share_in_view() == pytest.approx(2 / 3)
    row.set_state(State.EMPTY, "Press Fill.")
    assert row.plot.key.hint() == "Press Fill."
    assert not row._message.isVisible()
    row.set_state(State.FAILED, "Out of paint.")
    assert row.plot.is_stale()
    with qtbot.waitSignal(tab.desk.chosen) as told:
        row.plot.pressed.emit()
    assert told.args == ["plane/kde"]


def test_all_three_parts_have_room_in_a_small_window(tab):
    left, middle, right = tab.splitter.sizes()
    assert left >= 340
    assert middle >= 400
    assert right >= 248
