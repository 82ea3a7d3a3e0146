"""Knobs by hand: live while dragging, settled at the end, silent when the program sets them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolTip

from widgets.controls.knobs import KnobPanel, KnobSpec

LEFT = Qt.MouseButton.LeftButton
TEMPERATURE = KnobSpec(
    "temperature",
    "Temperature",
    default=1.0,
    minimum=0.0,
    maximum=2.0,
    step=0.1,
    help="Scales the noise: z ~ N(0, T²I), T > 0.",
    warn="not the model's distribution",
)
STEPS = KnobSpec("steps", "Steps", 18, 2, 100, 1, "How many steps the solver takes.")
SOLVER = KnobSpec("solver", "Solver", 1, 0, 2, 1, "Which solver.", choices=("Euler", "Heun", "DPM"))


@pytest.fixture
def panel(qtbot):
    widget = KnobPanel()
    qtbot.addWidget(widget)
    widget.set_specs((TEMPERATURE, STEPS, SOLVER))
    widget.resize(300, 300)
    widget.show()
    yield widget
    QToolTip.hideText()


@pytest.fixture
def told(panel):
    """Changes as (name, value), releases as None, in order."""
    said = []
    panel.changed.connect(lambda name, value: said.append((name, value)))
    panel.released.connect(lambda: said.append(None))
    return said


def at(slider, position):
    return QPoint(round(slider.x_of(position)), slider.height() // 2)


def test_knobs_start_at_their_defaults_or_at_what_is_given(panel):
    assert panel.values() == {"temperature": 1.0, "steps": 18.0, "solver": 1.0}
    panel.set_specs((STEPS,), {"steps": 40, "unknown": 1})
    assert panel.values() == {"steps": 40.0}


def test_a_drag_tells_every_value_and_its_end(qtbot, panel, told):
    slider = panel.knobs["temperature"].field.slider
    qtbot.mousePress(slider, LEFT, pos=at(slider, 10))
    for position in (11, 12, 12, 13):
        qtbot.mouseMove(slider, at(slider, position))
    assert told == [("temperature", value) for value in (1.1, 1.2, 1.3)]
    assert panel.knobs["temperature"].field.number.value() == 1.3
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 13))
    assert told[3:] == [None]


def test_a_click_on_the_groove_goes_there(qtbot, panel, told):
    slider = panel.knobs["steps"].field.slider
    qtbot.mouseClick(slider, LEFT, pos=at(slider, 98))
    assert told == [("steps", 100.0), None]


def test_taking_hold_beside_the_centre_of_the_handle_moves_nothing(qtbot, panel, told):
    slider = panel.knobs["temperature"].field.slider
    qtbot.mousePress(slider, LEFT, pos=at(slider, 10) + QPoint(4, 0))
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 10) + QPoint(4, 0))
    assert told == [None]


def test_keys_and_typing_tell_a_value_that_is_settled(qtbot, panel, told):
    field = panel.knobs["temperature"].field
    qtbot.keyClick(field.slider, Qt.Key.Key_Right)
    field.number.selectAll()
    qtbot.keyClicks(field.number, "0.25")
    assert told == [("temperature", 1.1), None]
    qtbot.keyClick(field.number, Qt.Key.Key_Return)
    # The step is 0.1: one decimal is what the field takes.
    assert told[2:] == [("temperature", 0.2), None]
    assert field.slider.value() == 2


def test_a_choice_tells_its_number(qtbot, panel, told):
    qtbot.keyClick(panel.knobs["solver"].field, Qt.Key.Key_Down)
    assert told == [("solver", 2.0), None]


@pytest.mark.parametrize("where", ["slider", "title", "button"])
def test_every_way_back_to_the_default(qtbot, panel, told, where):
    knob = panel.knobs["temperature"]
    panel.set_values({"temperature": 0.4})
    target = {"slider": knob.field.slider, "title": knob.title, "button": knob.reset}[where]
    press = qtbot.mouseClick if where == "button" else qtbot.mouseDClick
    press(target, LEFT)
    assert panel.values()["temperature"] == 1.0
    assert told[-2:] == [("temperature", 1.0), None]
    assert knob.reset.isHidden()


def test_reset_and_warning_show_only_away_from_the_default(panel):
    knob = panel.knobs["temperature"]
    assert knob.reset.isHidden()
    assert knob.warning.isHidden()
    place = panel.knobs["steps"].y()
    panel.set_values({"temperature": 0.7})
    assert knob.reset.isVisible()
    assert not knob.warning.isHidden()
    assert knob.warning.text() == "not the model's distribution"
    panel.layout().activate()
    assert panel.knobs["steps"].y() == place, "a warning must not push what the hand aims at"
    assert panel.knobs["steps"].warning is None


def test_what_the_program_sets_is_silent(panel, told):
    panel.set_values({"temperature": 0.3, "steps": 7, "solver": 0, "unknown": 1})
    assert panel.values() == {"temperature": 0.3, "steps": 7.0, "solver": 0.0}
    panel.set_values({"steps": 1000, "solver": 9})
    assert panel.values()["steps"] == 100.0
    assert panel.values()["solver"] == 2.0
    assert told == []


def test_equal_specs_keep_the_controls_and_a_drag_under_way(qtbot, panel, told):
    knob = panel.knobs["temperature"]
    slider = knob.field.slider
    qtbot.mousePress(slider, LEFT, pos=at(slider, 5))
    panel.set_specs((TEMPERATURE, STEPS, SOLVER), {"temperature": 2.0, "steps": 30})
    assert panel.knobs["temperature"] is knob
    assert panel.values() == {"temperature": 0.5, "steps": 30.0, "solver": 1.0}
    qtbot.mouseMove(slider, at(slider, 6))
    qtbot.mouseRelease(slider, LEFT, pos=at(slider, 6))
    assert told == [("temperature", 0.5), ("temperature", 0.6), None]


def test_no_knobs_says_so(panel):
    assert not panel.nothing.isVisible()
    panel.set_specs(())
    assert panel.values() == {}
    assert panel.nothing.isVisible()
    assert panel.nothing.text() == "This model has no knobs."


def test_the_question_mark_tells_the_help(qtbot, panel):
    qtbot.mouseClick(panel.knobs["temperature"].help, LEFT)
    assert QToolTip.text() == "<qt>Scales the noise: z ~ N(0, T²I), T &gt; 0.</qt>"


def test_every_control_explains_itself_to_all(panel):
    for knob in panel.knobs.values():
        field = knob.field
        parts = (field,) if knob.spec.choices else (field.slider, field.number)
        for control in (knob.reset, knob.help, *parts):
            assert control.toolTip()
            assert control.accessibleName()
            assert control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_numbers_show_as_many_digits_as_the_step_needs(panel):
    assert panel.knobs["steps"].field.number.text() == "18"
    assert panel.knobs["temperature"].field.number.text() == "1.0"
    fine = KnobSpec("g", "G", 0.0, -1.0, 4.0, 0.25, "")
    assert fine.decimals() == 2
    assert [fine.value_at(i) for i in (0, 1, 20)] == [-1.0, -0.75, 4.0]
    tiny = KnobSpec("e", "E", 1e-5, 1e-5, 1e-3, 1e-5, "")
    assert tiny.decimals() == 5


def test_values_carry_no_binary_residue():
    assert [TEMPERATURE.value_at(i) for i in (3, 6, 7)] == [0.3, 0.6, 0.7]


@pytest.mark.parametrize(
    "numbers", [(1.0, 0.0, 2.0, 0.0), (1.0, 2.0, 0.0, 0.1), (3.0, 0.0, 2.0, 0.1)]
)
def test_an_impossible_knob_is_refused(numbers):
    with pytest.raises(ValueError, match="knob 'k'"):
        KnobSpec("k", "K", *numbers, help="")


def test_a_recommended_setting_warns_until_the_button_takes_it_back(qtbot, panel, told):
    guidance = KnobSpec("guidance", "Guidance", 1.5, 0, 4, 0.1, "How much.", warn="not own", own=1)
    panel.set_specs((guidance, STEPS))
    knob = panel.knobs["guidance"]
    assert not knob.warning.isHidden()
    assert knob.reset.isHidden()
    panel.adjustSize()
    qtbot.waitUntil(panel.own.isVisible)
    qtbot.mouseClick(panel.own, LEFT)
    assert told == [("guidance", 1.0), None]
    assert knob.warning.isHidden()
    assert not panel.own.isEnabled()
    qtbot.mouseClick(knob.reset, LEFT)
    assert knob.value() == 1.5
    assert panel.own.isEnabled()
    panel.set_specs((STEPS,))
    assert panel.own.isHidden()


def test_a_knob_of_the_class_is_idle_where_none_is_asked(panel):
    guidance = KnobSpec(
        "guidance", "Guidance", 1.5, 0, 4, 0.1, "How much.", warn="not own", own=1, of_class=True
    )
    panel.set_specs((guidance, STEPS))
    panel.set_classless(True)
    knob = panel.knobs["guidance"]
    assert not knob.field.isEnabled()
    assert "no class" in knob.toolTip()
    assert knob.warning.isHidden()
    assert not panel.own.isEnabled()
    assert panel.knobs["steps"].field.isEnabled()
    panel.set_classless(False)
    assert knob.field.isEnabled()
    assert not knob.warning.isHidden()
    assert panel.own.isEnabled()
