"""The sampling tab by itself: controls out as signals, columns in as specs."""

import pytest
from PySide6.QtCore import Qt

from widgets.controls.knob_fields import KnobSpec
from widgets.pictures.gallery import Gallery
from widgets.plots.scatter import Scatter
from widgets.sampling.tab import ColumnSpec, SamplingTab

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
HEAT = KnobSpec("temperature", "Temperature", 1.0, 0.0, 1.5, 0.05, "Scales the noise.")


def spec(family, make=Gallery, per_row=5):
    about = (f"data/{family}", family.upper(), "1 k parameters", family)
    return ColumnSpec(*about, make, "examples", per_row)


@pytest.fixture
def tab(qtbot):
    widget = SamplingTab()
    qtbot.addWidget(widget)
    widget.resize(1000, 600)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_columns_come_go_and_keep_their_pictures(tab):
    tab.set_columns((spec("vae"), spec("kde")))
    kept = tab.column("data/kde")
    tab.set_columns((spec("flow"), spec("kde")))
    assert tab.names() == ("data/flow", "data/kde")
    assert tab.column("data/kde") is kept
    assert tab.column("data/vae") is None


@pytest.mark.parametrize(("make", "per_row", "rows"), [(Gallery, 5, 1), (Scatter, 2, 2)])
def test_three_plots_take_two_rows_and_three_galleries_one(tab, qtbot, make, per_row, rows):
    tab.set_columns(tuple(spec(family, make, per_row) for family in ("vae", "flow", "kde")))
    columns = [tab.column(name) for name in tab.names()]
    qtbot.waitUntil(lambda: len({column.y() for column in columns}) == rows, timeout=5000)
    assert isinstance(columns[0].body, make)


def test_what_the_program_sets_is_silent(tab, qtbot):
    with qtbot.assertNotEmitted(tab.live_changed):
        tab.set_classes(("a", "b"), "each")
        tab.set_count(12, most=400)
    assert (tab.class_mode(), tab.live_count()) == ("each", 12)
    tab.set_classes((), "each")
    assert tab.class_mode() == "all"
    assert not tab.classes.isEnabled()


def test_what_the_hand_changes_is_told(tab, qtbot):
    tab.set_classes(("a", "b"), "all")
    for change in (lambda: tab.count.setValue(3), lambda: tab.classes.setCurrentIndex(2)):
        with qtbot.waitSignal(tab.live_changed):
            change()
    assert tab.class_mode() == 0


@pytest.mark.parametrize("shift", [False, True])
def test_generate_tells_the_size_and_whether_it_goes_first(tab, qtbot, shift):
    tab.batch.setValue(64)
    modifier = SHIFT if shift else Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(tab.generate_wanted) as caught:
        qtbot.mouseClick(tab.generate, LEFT, modifier)
    assert caught.args == [64, shift]


def test_knobs_stand_below_their_model_and_tell_its_name(tab, qtbot):
    tab.set_columns((spec("vae"), spec("flow")))
    assert tab.knobs("data/flow") == {}
    tab.set_knobs("data/flow", (HEAT,), {"temperature": 0.5})
    assert tab.knobs("data/flow") == {"temperature": 0.5}
    slider = tab._sections["data/flow"].panel.knobs["temperature"].field.slider
    with qtbot.waitSignal(tab.knob_changed) as caught:
        slider.setValue(slider.value() + 1)
    assert caught.args == ["data/flow", "temperature", 0.55]
    tab.set_knobs("data/gan", (HEAT,), {})
    assert tab.knobs("data/gan") == {}


def test_attributes_stand_in_place_of_the_classes(tab, qtbot):
    tab.set_classes((), "each")
    tab.set_attributes([("hair", ("long", "none")), ("glasses", ("yes",))], {"hair": "none"})
    assert tab.classes.isHidden()
    assert tab.attributes.given() == {"hair": "none"}
    with qtbot.waitSignal(tab.live_changed):
        tab.attributes.menus["glasses"].setCurrentIndex(1)
    assert tab.attributes.given() == {"hair": "none", "glasses": "yes"}
    with qtbot.assertNotEmitted(tab.live_changed):
        tab.set_attributes((), {})
        tab.set_classes(("a",), 0)
    assert tab.attributes.isHidden()
    assert not tab.classes.isHidden()


def test_guidance_is_idle_while_nothing_is_given(qtbot, tab):
    guidance = KnobSpec("guidance", "Guidance", 1.0, 0.0, 4.0, 0.1, "Weight.", of_class=True)
    tab.set_classes((), "each")
    tab.set_attributes([("hair", ("long",))], {})
    tab.set_columns((spec("diffusion"),))
    tab.set_knobs("data/diffusion", (guidance,), {})
    qtbot.waitUntil(tab.updatesEnabled)  # columns are painted once all have their place
    panel = tab._sections["data/diffusion"].panel
    idle = panel.grab().toImage()
    tab.set_attributes([("hair", ("long",))], {"hair": "long"})
    assert panel.grab().toImage() != idle
