"""The help of the command line and of every command in it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from app.command.parser import COMMANDS, build_parser


def strings() -> Iterator[tuple[str, str]]:
    """The command ("genscope sample --out") and what its help says."""
    said: set[tuple[str, str]] = set()
    for command in COMMANDS:  # what kinds bring is read for the command that is asked for
        for each in _of(build_parser(lambda _: 0, command)):
            if each not in said:
                said.add(each)
                yield each


def _of(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for text in (parser.description, parser.epilog):
        yield parser.prog, text or ""
    for action in parser._actions:
        name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.help is not argparse.SUPPRESS:
            yield f"{parser.prog} {name}", action.help or ""
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield f"{parser.prog} {choice.dest}", choice.help or ""
            for child in action.choices.values():
                yield from _of(child)
