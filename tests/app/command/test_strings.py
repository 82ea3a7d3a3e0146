"""The list of strings, `make strings`, has every command and what kinds of data bring to it."""

from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QListView

from app.command.parser import COMMANDS
from tests.strings import command_line, widgets


def test_every_command_and_the_options_of_kinds_are_listed():
    found = dict(command_line.strings())
    for command in COMMANDS:
        assert any(place == f"genscope {command}" for place in found), command
    assert found["genscope inpaint --fix"]
    assert found["genscope inpaint --mask"]
    assert found["genscope score --images"]


def test_a_list_is_read_by_its_one_column(qtbot):
    view = QListView()
    qtbot.addWidget(view)
    view.setModel(QStringListModel(["first", "second"]))
    assert {"first", "second"} <= {text for _, text in widgets.strings(view)}
