"""The picker by mouse and keys: what it tells, what it remembers, and that one model stays."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolTip

from widgets.window.model_picker import Entry, ModelPicker

LEFT = Qt.MouseButton.LeftButton
FAMILIES = ("vae", "flow", "kde", "energy")


def entry(data, family, problem=""):
    return Entry(
        name=f"{data}/{family}",
        data=data,
        data_title=data.title(),
        title=family.upper(),
        family=family,
        tip=f"The {family} of {data}.",
        problem=problem,
    )


ENTRIES = (
    *(entry("mnist", family) for family in FAMILIES[:3]),
    entry("mnist", "energy", problem="weights are damaged: the sha256 differs"),
    *(entry("moons", family) for family in FAMILIES),
)


@pytest.fixture
def picker(qtbot):
    widget = ModelPicker()
    qtbot.addWidget(widget)
    widget.set_entries(ENTRIES)
    widget.resize(900, 40)
    widget.show()
    yield widget
    QToolTip.hideText()


@pytest.fixture
def told(picker):
    """Everything the picker has said, in order."""
    said = []
    picker.data_changed.connect(said.append)
    picker.models_changed.connect(said.append)
    return said


def click(qtbot, picker, name, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(picker.chip(name), LEFT, modifier)


def test_opens_on_the_first_data_set_with_one_model(picker, told):
    assert picker.data() == "mnist"
    assert picker.models() == ("mnist/vae",)
    assert told == []


def test_without_entries_nothing_is_chosen(qtbot):
    widget = ModelPicker()
    qtbot.addWidget(widget)
    assert (widget.data(), widget.models()) == ("", ())
    widget.set_entries(())
    assert (widget.data(), widget.models()) == ("", ())


def test_models_come_in_catalogue_order_whatever_the_order_of_clicks(qtbot, picker, told):
    click(qtbot, picker, "mnist/kde")
    click(qtbot, picker, "mnist/flow")
    assert told == [("mnist/vae", "mnist/kde"), ("mnist/vae", "mnist/flow", "mnist/kde")]
    assert picker.models() == told[-1]
    assert picker.chip("mnist/flow").isChecked()


def test_the_last_model_stays_and_says_so(qtbot, picker, told):
    click(qtbot, picker, "mnist/vae")
    assert picker.models() == ("mnist/vae",)
    assert picker.chip("mnist/vae").isChecked()
    assert told == []
    assert QToolTip.text() == "At least one model stays chosen."


def test_shift_click_leaves_only_this_one(qtbot, picker, told):
    picker.choose_models(["mnist/vae", "mnist/flow"])
    click(qtbot, picker, "mnist/kde", Qt.KeyboardModifier.ShiftModifier)
    assert told == [("mnist/kde",)]
    click(qtbot, picker, "mnist/kde", Qt.KeyboardModifier.ShiftModifier)
    assert told == [("mnist/kde",)], "choosing what is chosen already is no change"


def test_keys_reach_and_toggle_the_chips(qtbot, picker, told):
    picker.combo.setFocus()
    qtbot.keyClick(picker.combo, Qt.Key.Key_Tab)
    assert picker.chip("mnist/vae").hasFocus()
    qtbot.keyClick(picker.chip("mnist/vae"), Qt.Key.Key_Tab)
    qtbot.keyClick(picker.chip("mnist/flow"), Qt.Key.Key_Space)
    assert told == [("mnist/vae", "mnist/flow")]


def test_a_damaged_model_is_shown_but_not_choosable(qtbot, picker, told):
    chip = picker.chip("mnist/energy")
    assert not chip.isEnabled()
    assert chip.toolTip() == "weights are damaged: the sha256 differs"
    click(qtbot, picker, "mnist/energy")
    picker.choose_models(["mnist/energy"])
    assert picker.models() == ("mnist/vae",)
    assert told == []


def test_a_change_of_data_set_tells_data_then_models(qtbot, picker, told):
    picker.combo.setFocus()
    qtbot.keyClick(picker.combo, Qt.Key.Key_Down)
    assert told == ["moons", ("moons/vae",)]
    assert picker.data() == "moons"


def test_each_data_set_remembers_its_models(qtbot, picker):
    picker.choose_models(["mnist/flow", "mnist/kde"])
    picker.choose_data("moons")
    assert picker.models() == ("moons/flow", "moons/kde"), "the same families at a first visit"
    click(qtbot, picker, "moons/energy", Qt.KeyboardModifier.ShiftModifier)
    picker.choose_data("mnist")
    assert picker.models() == ("mnist/flow", "mnist/kde")
    picker.choose_data("moons")
    assert picker.models() == ("moons/energy",)


def test_what_the_program_sets_is_silent(picker, told):
    picker.choose_models(["mnist/kde"])
    picker.choose_data("moons")
    picker.choose_data("no such set")
    picker.choose_models(["no/such"])
    picker.set_entries(ENTRIES)
    assert (picker.data(), picker.models()) == ("moons", ("moons/kde",))
    assert told == []


def test_new_entries_keep_the_choice_where_it_still_stands(picker):
    picker.choose_models(["mnist/vae", "mnist/kde"])
    picker.set_entries(tuple(e for e in ENTRIES if e.name != "mnist/vae"))
    assert picker.models() == ("mnist/kde",)
    assert len(picker.row.chips) == 3


def test_chips_wrap_instead_of_running_out_of_the_row(picker):
    row = picker.row
    one_line = row.heightForWidth(2000)
    assert row.heightForWidth(row.sizeHint().width()) == one_line
    assert row.heightForWidth(row.sizeHint().width() - 1) > one_line
    picker.resize(picker.minimumSizeHint().width(), 200)
    picker.layout().activate()
    boxes = [chip.geometry() for chip in row.chips]
    assert all(row.rect().contains(box) for box in boxes)
    assert not any(a.intersects(b) for a in boxes for b in boxes if a is not b)
