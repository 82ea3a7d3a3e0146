"""The list of strings, `make strings`, has every command and what kinds of data bring to it."""

from app.command.parser import COMMANDS
from tests.strings import command_line


def test_every_command_and_the_options_of_kinds_are_listed():
    found = dict(command_line.strings())
    for command in COMMANDS:
        assert any(place == f"genscope {command}" for place in found), command
    assert found["genscope inpaint --fix"]
    assert found["genscope inpaint --mask"]
    assert found["genscope score --images"]
