"""`python -m tests.benchmarks` measures and writes docs/benchmarks.md."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.benchmarks import (
    density,
    engines,
    history,
    inpainting,
    interpolation,
    mask,
    startup,
    uses,
    window,
)
from tests.benchmarks.table import hardware

_HEAD = """# Benchmarks

Look up here how long it takes until the window answers, and how that compares with a baseline.

Written by `make bench` (`python -m tests.benchmarks`, Qt platform "offscreen") on {day}, on
{hardware}. Each line stands beside a baseline measured in the same run.

| what | measured | baseline | ratio | goal | met |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Measure everything and write the table."""
    lines = []
    for part in (startup, window, mask, interpolation, inpainting, engines, density, history, uses):
        for row in part.rows():
            print(row.line(), flush=True)
            lines.append(row.line())
    head = _HEAD.format(day=date.today(), hardware=hardware())
    Path("docs/benchmarks.md").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
