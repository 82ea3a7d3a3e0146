"""docs/tables.md for readers and assets/tables/evidence.toml for the badges: families of tables.

Every family answers the same protocol: penguins with a quarter of the known cells hidden; then,
where asked, simulated tables with a known truth. What a run does not measure stays as it is.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch

from engines.checkpoints.disk import write_atomically
from engines.steps import finish
from engines.tables import simulation, standing
from engines.tables.bundled import bundled
from engines.tables.family import Ask
from engines.tables.hiding import Hiding, hide
from engines.tables.imputing import FAMILIES, badge, impute
from engines.tables.quality import Quality, judge
from engines.tables.standing import Standing

PAGE = Path("docs/tables.md")
BEGIN, END = "<!-- measured: written by python -m engines.training tables -->", "<!-- /measured -->"
SHARE, SEEDS, M = 0.25, 3, 40


def write(arguments: list[str]) -> None:
    """Measure families and write both files."""
    parser = argparse.ArgumentParser(prog="python -m engines.training tables")
    parser.add_argument("names", nargs="*", metavar="FAMILY", help="these (default: all)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="hidings of penguins")
    parser.add_argument("--simulate", type=int, default=0, help="tables with a known truth")
    parser.add_argument("--words", action="store_true", help="measure nothing, write the page anew")
    options = parser.parse_args(arguments)
    names = options.names or list(FAMILIES)
    if unknown := [name for name in names if name not in FAMILIES]:
        parser.error(f"no family {', '.join(unknown)}; there are: {', '.join(FAMILIES)}")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    found = dict(standing.standings())
    for name in [] if options.words else names:
        found[name] = _measured(name, options.seeds, found.get(name))
        if options.simulate:
            cover = finish(simulation.covered(name, options.simulate))
            found[name] = replace(
                found[name], simulated=cover.tables, mean95=cover.mean, slope95=cover.slope
            )
        print(found[name], flush=True)
        _save(found)
    _write_page(found)


def _measured(name: str, seeds: int, before: Standing | None) -> Standing:
    whole, qualities = bundled("penguins"), []
    for seed in range(seeds):
        mask = hide(whole, Hiding.MCAR, SHARE, seed=seed)
        found = finish(impute(whole.hidden(mask), name, Ask(M, seed)))
        qualities.append(judge(whole, mask, found))
        print(f"{name}, seed {seed}: CRPS {qualities[-1].crps:.3f}", flush=True)
    mean = _means(qualities)
    kept = before or Standing(name, seeds, M, **mean)
    return replace(kept, seeds=seeds, m=M, **mean)


def _means(qualities: list[Quality]) -> dict[str, Any]:
    """Means over hidings of what is in Standing."""
    rows = [
        {
            "crps": each.crps,
            "energy": each.energy,
            "rmse": each.rmse,
            **{f"cover{level}": each.coverage[level] for level in (50, 90, 95)},
            "log_loss": each.log_loss,
            "accuracy": each.accuracy,
        }
        for each in qualities
    ]
    return {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}


def _save(found: dict[str, Standing]) -> None:
    rows = [asdict(found[name]) for name in FAMILIES if name in found]
    write_atomically(standing.PATH, tomli_w.dumps({"family": rows}).encode())
    standing.standings.cache_clear()


def _write_page(found: dict[str, Standing]) -> None:
    text = PAGE.read_text("utf-8")
    start, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_atomically(PAGE, f"{start}{BEGIN}\n\n{_table(found)}\n\n{END}{after}".encode())


def _table(found: dict[str, Standing]) -> str:
    rows = [
        "| family | badge | CRPS | energy score | 50 / 90 / 95 % cover | log loss | accuracy | "
        "RMSE | pooled 95 %: mean, slope | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, family in FAMILIES.items():
        if name in found:
            rows.append(_row(found[name], family.title, badge(family, {}).text))
    return "\n".join(rows)


def _row(each: Standing, title: str, words: str) -> str:
    covers = " / ".join(f"{100 * v:.0f}" for v in (each.cover50, each.cover90, each.cover95))
    simulated = (
        f"{100 * each.mean95:.0f}, {100 * each.slope95:.0f} ({each.simulated} tables)"
        if each.simulated
        else "not simulated"
    )
    cells = [
        f"{title} (`{each.family}`)",
        words,
        f"{each.crps:.3f}",
        f"{each.energy:.3f}",
        covers,
        f"{each.log_loss:.3f}",
        f"{100 * each.accuracy:.0f} %",
        f"{each.rmse:.2f}",
        simulated,
        _verdict(each),
    ]
    return f"| {' | '.join(cells)} |"


def _verdict(each: Standing) -> str:
    if standing.loses(each.family):
        return "**loses to marginal draws**"
    if each.family == standing.BASELINE:
        return "the baseline"
    if each.simulated and each.worst95 < standing.LOW:
        return f"too narrow by {100 * (0.95 - each.worst95):.0f} %"
    return "holds" if each.simulated else "beats marginal draws"
