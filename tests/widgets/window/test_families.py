"""The table of families: widths, wrapping, copying, words for gaps, and the choice of data."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from widgets.controls.family_table import (
    Cell,
    Column,
    FamilyRow,
    FamilyTable,
    measured_paper,
    widths,
)
from widgets.look import theme
from widgets.window.families import FamiliesDialog

COLUMNS = (Column("Density", "Can it be computed?", False), Column("16 samples", "Time.", True))


def table(data, time):
    rows = (
        FamilyRow("vae", "VAE", (Cell("lower bound, fast"), Cell(time, "median of 9"))),
        FamilyRow("gan", "GAN", (Cell("none: implicit"), Cell("–", "Not measured <yet>."))),
    )
    return FamilyTable(data, data.title(), COLUMNS, rows, f"On {data}.", f"| {data} |\n")


@pytest.fixture
def dialog(qtbot):
    widget = FamiliesDialog()
    qtbot.addWidget(widget)
    widget.set_tables([table("digits", "23 ms, 1 call"), table("moons", "1 ms, 1 call")], "moons")
    widget.resize(900, 500)
    widget.show()
    return widget


@pytest.mark.parametrize(
    ("least", "whole", "room", "expected"),
    [
        ([50, 50], [50, 150], 300, [100, 200]),  # nothing wraps, the rest is spread evenly
        ([50, 50], [50, 150], 150, [50, 100]),  # who would wrap gets the spare
        ([50, 50], [150, 250], 190, [80, 110]),  # in proportion
        ([50, 50], [90, 90], 40, [50, 50]),  # words stay whole, the table scrolls
    ],
)
def test_widths(least, whole, room, expected):
    assert widths(least, whole, room) == expected


def test_it_opens_on_the_data_asked_for_and_changes_by_hand(qtbot, dialog):
    assert dialog.table().data == "moons"
    assert dialog.view.item(0, 2).text().replace("\u00a0", " ") == "1 ms, 1 call"
    dialog.data.setCurrentIndex(0)
    assert dialog.view.item(0, 2).text().replace("\u00a0", " ") == "23 ms, 1 call"
    assert dialog.note.text().endswith("On digits.")


def test_it_is_not_modal(dialog):
    assert not dialog.isModal()


def test_gaps_and_headings_explain_themselves(dialog):
    assert "Not measured &lt;yet&gt;." in dialog.view.item(1, 2).toolTip()
    assert "Time." in dialog.view.horizontalHeaderItem(2).toolTip()


def test_columns_fill_the_view_and_no_word_is_cut(qtbot, dialog):
    header, room = dialog.view.horizontalHeader(), dialog.view.viewport().width()
    assert header.length() == room
    dialog.resize(760, 500)
    qtbot.waitUntil(lambda: header.length() == dialog.view.viewport().width())
    assert header.length() < room
    names = [title for title, _, _ in dialog.band.spans()]
    assert names == ["In theory", "Measured"]
    theory, measured = dialog.band.spans()
    assert measured[1] == theory[1] + theory[2]


def test_it_copies_as_markdown_and_as_text(qtbot, dialog):
    qtbot.mouseClick(dialog.markdown, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "| moons |\n"
    qtbot.mouseClick(dialog.text, Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[1] == "VAE\tlower bound, fast\t1 ms, 1 call"
    assert {line.count("\t") for line in lines} == {2}
    assert dialog.said.text() == "Copied."
    dialog.data.setCurrentIndex(0)
    assert dialog.said.text() == ""


def test_chosen_cells_are_copied_by_key(qtbot, dialog):
    dialog.view.selectRow(0)
    dialog.view.setFocus()
    qtbot.keyClick(dialog.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "VAE\tlower bound, fast\t1 ms, 1 call"


def test_the_family_colour_and_the_tint_are_painted(qtbot, dialog):
    image = dialog.view.viewport().grab().toImage()
    bar = dialog.view.visualItemRect(dialog.view.item(0, 0))
    assert image.pixelColor(bar.left() + 1, bar.center().y()) == theme.family_colour("vae")
    cell = dialog.view.visualItemRect(dialog.view.item(0, 2))
    assert image.pixelColor(cell.right() - 2, cell.top() + 2).name() == measured_paper().name()


def test_without_models_it_says_so(qtbot, dialog):
    dialog.set_tables([], "moons")
    assert dialog.table() is None
    assert dialog.note.text() == "There are no models to compare."
    assert not dialog.markdown.isEnabled()


def test_every_control_has_a_name_and_a_tip(dialog):
    for control in (dialog.data, dialog.markdown, dialog.text):
        assert control.toolTip()
    assert dialog.data.accessibleName()
    assert dialog.view.accessibleName()
