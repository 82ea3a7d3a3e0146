"""One measured line, always beside a named baseline of the same run."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """`value` and `baseline` in `unit`; `goal` is what the value should stay below."""

    what: str
    value: float
    unit: str
    against: str
    baseline: float
    goal: float | None = None

    def line(self) -> str:
        goal = "" if self.goal is None else f"≤ {self.goal:g} {self.unit}"
        met = "" if self.goal is None else ("yes" if self.value <= self.goal else "**no**")
        ratio = self.value / self.baseline if self.baseline else float("nan")
        return (
            f"| {self.what} | {self.value:.3g} {self.unit} | {self.against}: "
            f"{self.baseline:.3g} {self.unit} | {ratio:.2f} | {goal} | {met} |"
        )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def hardware() -> str:
    """Processor, cores and versions of this machine."""
    import os

    import torch

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )
