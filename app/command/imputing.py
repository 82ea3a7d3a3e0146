"""Tables imputed from the command line, as in `main.py impute table.csv --out long.csv`. No Qt."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch

from app.command.output import ProgressLine, UsageError, prepared, say
from app.recipes import files
from app.recipes.recipe import VERSION
from engines.naming import listed
from engines.steps import Steps
from engines.tables import analyses, exporting, imputing, sheet
from engines.tables.analyses import Result
from engines.tables.chains import POOR
from engines.tables.data import DataTable, table_of
from engines.tables.family import Ask
from engines.tables.guessing import Choice, Role, guess
from engines.tables.imputing import FAMILIES, Imputations
from engines.tables.recipe import TableRecipe, recipe_of
from engines.tables.sheet import TableError

T = TypeVar("T")
_EVERY, _PLAIN, _LONG = 0.25, 15.0, 1.0
_MOST_EVENTS = 12


@dataclass(frozen=True)
class ImputeOptions:
    """What the command line asks of a table; an empty family is the table's default."""

    family: str = ""
    m: int = 20
    seed: int = 1
    knob: tuple[tuple[str, float], ...] = ()
    column: tuple[tuple[str, str], ...] = ()
    gaps: tuple[tuple[str, str], ...] = ()
    pool: tuple[str, ...] = ()


def impute(path: Path, options: ImputeOptions, out: Path) -> list[str]:
    """Impute a table and write the long one; what to print: its path, then what was pooled.

    Raises UsageError for what cannot be asked, TableError for a table that will not do.
    """
    ask = _ask(options)
    _check_out(out)
    table = _table(path, options)
    family = options.family or imputing.default_family(table)
    for text in options.pool:
        analyses.analysis(text, table)  # before the work, not after
    return _carried_out(table, family, ask, tuple(options.pool), out)


def again(saved: Path, out: Path) -> list[str]:
    """Make a long table again by its recipe: the same bytes. Raises as `impute` does."""
    _check_out(out)
    recipe = exporting.recipe_in(saved)
    table = exporting.source(saved, recipe)
    if recipe.family not in FAMILIES:
        raise TableError(f"the recipe asks for the family '{recipe.family}', which is not here")
    if recipe.version != VERSION:
        say(f"made by Genscope {recipe.version or '?'}: this is {VERSION}, values may differ")
    return _carried_out(table, recipe.family, recipe.ask, recipe.pool, out, recipe)


def _carried_out(
    table: DataTable,
    family: str,
    ask: Ask,
    pool: tuple[str, ...],
    out: Path,
    recipe: TableRecipe | None = None,
) -> list[str]:
    prepared(out)
    torch.set_num_threads(1)  # small networks: more would cost time, and give other bits
    torch.set_flush_denormal(True)
    _say_estimate(table, family, ask)
    found = _driven(imputing.impute(table, family, ask), FAMILIES[family].title)
    if recipe is None:
        recipe = recipe_of(found, pool, VERSION)
    _say_events(found)
    results = [_driven(analyses.pooled(found, text), text) for text in pool]
    for ending, raw in exporting.packed(found, out.suffix.lower(), recipe).items():
        files.write_atomically(out.with_name(out.name + ending), raw)
    return [str(out), *(line for result in results for line in lines(result))]


def _ask(options: ImputeOptions) -> Ask:
    if options.family and options.family not in FAMILIES:
        raise UsageError(f"no family '{options.family}'; there are: {', '.join(FAMILIES)}")
    try:
        ask = Ask(options.m, options.seed, dict(options.knob))
        if options.family:
            FAMILIES[options.family].settled(ask.knobs)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return ask


def _check_out(out: Path) -> None:
    if out.suffix.lower() not in (exporting.CSV, exporting.PARQUET):
        raise UsageError(
            f"--out must end in {exporting.CSV} or {exporting.PARQUET}, got '{out.name}'"
        )


def _table(path: Path, options: ImputeOptions) -> DataTable:
    texts = sheet.read(path)
    choices: dict[str, Choice] = {}
    for name, _ in (*options.column, *options.gaps):
        if name not in texts.header:
            raise UsageError(f"no column is called '{name}'; there are: {listed(texts.header)}")
    for name, role in options.column:
        roles = [each.value for each in Role]
        if role not in roles:
            raise UsageError(f"a column is no '{role}'; there are: {', '.join(roles)}")
        choices[name] = Choice(Role(role))
    for name, codes in options.gaps:
        given = tuple(code.strip() for code in codes.split(","))
        choices[name] = Choice(choices.get(name, Choice()).role, given)
    for each in guess(texts, choices):
        for code in each.codes:
            if code.taken and not code.sure and each.name not in dict(options.gaps):
                say(
                    f"'{each.name}': {code.text} ({code.count:,} cells) is taken for a gap; "
                    f"--gaps '{each.name}=NA' keeps it"
                )
    return table_of(texts, choices)


def _say_estimate(table: DataTable, family: str, ask: Ask) -> None:
    if caution := imputing.caution(table, family):
        say(caution)
    seconds = imputing.estimate(table, family, ask)
    if seconds > _LONG:
        say(f"{FAMILIES[family].title}: about {seconds:.0f} s for {ask.m} imputations")


def _say_events(found: Imputations) -> None:
    """What was done to the table, and what of the draws is poor."""
    said = [event.text for event in found.events]
    for text in said[:_MOST_EVENTS]:
        say(text)
    if len(said) > _MOST_EVENTS:
        say(f"{len(said) - _MOST_EVENTS:,} more events are in the recipe")
    poor = [name for name, value in found.rhat.items() if value > POOR]
    if poor:
        say(f"R-hat is above {POOR} for {listed(poor)}: raise the sweeps of the chain")


def _driven(run: Generator[imputing.Progress | float, None, T], title: str) -> T:
    """Drive a run to its end, saying on stderr how far it is."""
    with ProgressLine(every=_EVERY, plain=_PLAIN) as line, Steps(run) as steps:
        for step in steps:
            share, phase = (
                (step, "pooling") if isinstance(step, float) else (step.share, step.phase)
            )
            left = line.seconds / max(share, 1e-6) * (1 - share)
            line.show(f"{title}: {phase}, {100 * share:.0f} %, {left:.0f} s left")
        return steps.result


def lines(result: Result) -> Iterator[str]:
    """A pooled result as a table in text, with the complete rows alone below each number."""
    yield result.title
    wide = max(len("complete rows"), *(len(row.pooled.name) for row in result.rows))
    heads = ("estimate", "s.e.", "95 % low", "95 % high", "d.f.", "FMI", "p")
    yield f"  {'':<{wide}}" + "".join(f"{head:>12}" for head in heads)
    for row in result.rows:
        value, low, high = row.shown()
        one = row.pooled
        numbers = (value, one.se, low, high, one.df, one.fmi, one.p_value())
        yield f"  {one.name:<{wide}}" + "".join(f"{number:>12.5g}" for number in numbers)
        if (alone := row.alone()) is not None and row.complete is not None:
            value, low, high = alone
            few = (value, row.complete[1], low, high, row.complete[2])
            yield f"  {'complete rows':<{wide}}" + "".join(f"{number:>12.5g}" for number in few)
    fmi = max(row.pooled.fmi for row in result.rows)
    m = result.rows[0].pooled.m
    yield f"  {result.rows_complete:,} of {result.rows_all:,} rows are complete; " + _advice(m, fmi)
    yield from (f"  {note}" for note in result.notes)


def _advice(m: int, fmi: float) -> str:
    enough = max(2, -int(-100 * fmi // 1))
    if m >= enough:
        return f"{m} imputations are enough (100 × FMI = {100 * fmi:.0f})"
    return f"{m} imputations are few: 100 × FMI = {100 * fmi:.0f}; ask for --m {enough}"
