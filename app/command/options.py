"""How the words of options are read, and which options kinds of data bring. No Qt."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeAlias

from app.kinds import Option
from engines.maps.coordinate import coordinate

DEVICE = "where to compute, such as cpu or cuda (default: the best available)"
Groups: TypeAlias = list[tuple[Option, ...]]
"""The options that kinds of data bring to a command, those of one kind together."""


def knob(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        if name and equals:
            return name, float(value)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"must be NAME=NUMBER, such as temperature=0.8, got '{text}'")


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"must be NAME=VALUE, such as class=3, got '{text}'")
    return name, value


def number(text: str) -> float:
    """A coordinate of the plane."""
    try:
        return coordinate(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_of_kinds(parser: argparse.ArgumentParser, groups: Groups) -> list[tuple[str, ...]]:
    """Add the options that kinds of data bring to a command; their names, those of a kind together.

    Kinds may share the name of an option, which is read as the first of them does.
    """
    known: set[str] = set()
    for option in (option for group in groups for option in group):
        if option.name not in known:
            known.add(option.name)
            reads = _typed(option.reads)
            parser.add_argument(
                f"--{option.name}", type=reads, metavar=option.metavar, help=option.help
            )
    return [tuple(option.name for option in group) for group in groups]


def _typed(reads: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return reads(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read
