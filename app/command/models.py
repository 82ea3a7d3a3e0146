"""The list of models from the command line, and what is done with the user's own. No Qt."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from app.command.output import UsageError, say
from app.recipes.files import SaveError, unwritable
from engines.checkpoints import archive, budget, own
from engines.checkpoints.catalog import FAMILY_TITLES, Broken, CheckpointError, scan, scan_all
from engines.checkpoints.catalog import own_models as own_folder
from engines.model import Card

_HEADLINES = {"bits_per_dim": "bits/dim", "cross_entropy": "nats"}


def act(arguments: argparse.Namespace) -> None:
    """Do what was asked. Raises UsageError, CheckpointError or SaveError."""
    actions: Mapping[str | None, Callable[[argparse.Namespace], None]] = {
        None: _list,
        "remove": _remove,
        "rename": _rename,
        "export": _export,
        "import": _import,
    }
    actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> None:
    if not arguments.own:
        _print(*scan_all(arguments.assets))
        return
    cards, broken = scan(own_folder())
    if cards or broken:
        _print(cards, broken)
    else:
        say("there are no models of your own yet; 'models import FILE' adds one")
    print(f"{budget.said(own.disk_use())} in {own_folder().parent}")


def _print(cards: Iterable[Card], broken: Iterable[Broken]) -> None:
    """Cards as a table, broken ones below it with the reason."""
    table = [("MODEL", "FAMILY", "PARAMETERS", "ON TEST DATA")]
    for card in cards:
        table.append(
            (
                card.name,
                FAMILY_TITLES.get(card.family, card.family),
                f"{card.parameters:,}",
                _headline(card),
            )
        )
    name, family, parameters = (max(len(row[i]) for row in table) for i in range(3))
    for row in table:
        print(f"{row[0]:{name}}  {row[1]:{family}}  {row[2]:>{parameters}}  {row[3]}".rstrip())
    for card_file in broken:
        print(f"broken: {card_file.reason}")


def _headline(card: Card) -> str:
    """How well the model fits the test set, and what kind of number says so."""
    for name, unit in _HEADLINES.items():
        figure = card.figures.get(name)
        if isinstance(figure, Mapping) and isinstance(figure.get("value"), int | float):
            return f"{figure['value']:.3f} {unit}, {figure.get('meaning', 'of unknown meaning')}"
    return ""


def _remove(arguments: argparse.Namespace) -> None:
    if not arguments.yes and not _agreed(arguments.name):
        raise CheckpointError(f"{arguments.name} was not removed, as you chose")
    print(f"{arguments.name} is removed: {budget.said(own.remove(arguments.name))}")


def _agreed(name: str) -> bool:
    """Ask before a model is lost. Raises UsageError where there is nobody to ask."""
    if all(card.name != name for card in own.cards()):
        return True  # there is nothing to lose, or nothing that can be read
    asked = f"remove {name} for good ({budget.said(own.size(own.card(name)))})"
    if sys.stdin is None or sys.stderr is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{asked}? --yes does; 'models export' keeps a copy")
    print(f"{asked[:1].upper()}{asked[1:]}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _rename(arguments: argparse.Namespace) -> None:
    print(own.rename(arguments.name, arguments.new, arguments.assets).name)


def _export(arguments: argparse.Namespace) -> None:
    out: Path = arguments.out
    if out.suffix.lower() != archive.SUFFIX:
        raise UsageError(f"--out must end in {archive.SUFFIX}, got '{out.name}'")
    try:
        print(own.export(arguments.name, out))
    except OSError as error:
        raise SaveError(unwritable(out, error)) from error


def _import(arguments: argparse.Namespace) -> None:
    print(own.import_file(arguments.file, arguments.assets).name)
