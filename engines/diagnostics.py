"""What a run finds of its own quality, and what to do where that is poor: one rule for all runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.model import Exactness

ACCEPTED = 0.15
"""Fewer proposals of a chain accepted than this share: its steps are far too long."""
MOVED = 0.6
"""Below √½ = 0.71, which chains reach even from starts spread much wider than where they end."""
_NUMBERS = 16
COUNTED, LEAST = 0.05, 2.0
"""Particles are poor where fewer count than this share of them, or than two."""


@dataclass(frozen=True)
class Diagnosis:
    """Figures of one run so far; None for what it has not.

    `acceptance` is the share of proposals accepted, `moved` as of the function below, `effective`
    1 / Σ w² of `particles` where it was lowest (Kong et al. 1994). `remedy` is the title of the
    knob to turn up.
    """

    acceptance: float | None = None
    moved: float | None = None
    effective: float | None = None
    particles: int = 0
    remedy: str = "Steps"

    @property
    def note(self) -> str:
        """All figures, such as "acceptance 0.57"; empty for none."""
        parts = []
        if self.acceptance is not None:
            parts.append(f"accepted {100 * self.acceptance:.0f} %")
        if self.moved is not None:
            parts.append(f"chains moved {self.moved:.2f} of their distance")
        if self.effective is not None:
            parts.append(f"ESS {self.effective:.1f} of {self.particles} (lowest)")
        return ", ".join(parts)

    @property
    def poor(self) -> str:
        """The remedy, then what is poor, without a full stop; empty if nothing.

        A narrow row shows the beginning alone.
        """
        parts = []
        if self.acceptance is not None and self.acceptance < ACCEPTED:
            parts.append(f"accepted {100 * self.acceptance:.0f} %")
        if self.moved is not None and self.moved < MOVED:
            parts.append(f"chains moved {self.moved:.2f} of their distance")
        if self.effective is not None and self.effective < max(LEAST, COUNTED * self.particles):
            parts.append(f"ESS {self.effective:.1f} of {self.particles} (lowest)")
        return f"Raise {self.remedy}: {' and '.join(parts)}" if parts else ""


def moved(now: Tensor, start: Tensor) -> float | None:
    """Distance of chains (n, …) from their starts, by that between the starts of two chains.

    Chains that have forgotten where they began are at 1 or above; None for a single chain, for too
    few numbers to tell, and where all start together.
    """
    if len(now) < 2 or (len(now) - 1) * now[0].numel() < _NUMBERS:
        return None
    apart = 2 * start.double().flatten(1).var(0).mean()
    if not apart > 0:
        return None
    return float(((now - start).double().square().mean() / apart).sqrt())


def counted(least: Iterable[Tensor | None], particles: int) -> Diagnosis:
    """Of weighed particles the smallest effective number that a draw came through, mean over draws.

    `least` holds it for some draws a piece, None for walks that weigh nothing; one particle has no
    weight to lose.
    """
    seen = [part for part in least if part is not None]
    if particles == 1 or not seen:
        return Diagnosis()
    effective = float(torch.cat(seen).double().mean())
    return Diagnosis(effective=effective, particles=particles, remedy="Particles")


def by_length(steps: int, enough: int) -> Exactness:
    """How chains of so many steps stand: too short, they still say where they began."""
    return Exactness.ASYMPTOTIC if steps >= enough else Exactness.HEURISTIC


def short(steps: int, enough: int) -> str:
    """Words for the end of a method's sentence where its chains are too short; else empty."""
    return "" if steps >= enough else f"; fewer than {enough:,}: still near their start"
