"""What the diffusion methods share: a batch of draws of one hole in the denoiser's coordinates.

There the noisy y_σ = y + σ ε descends from σ_max to σ_min. A known pixel is no one y but a cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from engines.diagnostics import Diagnosis, counted
from engines.drawing import to_levels
from engines.families.diffusion.probability_flow import schedule
from engines.inpaint.classes import classes
from engines.inpaint.method import Hole
from engines.kinds import Pictures, Points, Value, chosen, fits
from engines.model import Knob, Model, Run, Step, Steps
from engines.noise import Streams
from engines.parts import Denoise


@dataclass(frozen=True)
class Turn:
    """What a walk has after a network call: a guess of the clean y (n, …) of every draw.

    `least`, where states are weighed, is the smallest effective number 1 / Σ w² of states that each
    draw has come through (n,).
    """

    guess: Tensor
    least: Tensor | None = None


Walk: TypeAlias = Generator[Turn, None, Tensor]
"""Yields after every network call, and returns the y it ends at."""

_ROWS = {Pictures: 32, Points: 4096}
"""States that the network sees at once: at most about 100 ms a call, with its derivative."""

_PLACES = 64


@dataclass(frozen=True)
class Scene:
    """Draws that are made together, each with `particles` states in a row."""

    hole: Hole
    part: Denoise
    streams: Streams
    particles: int
    labels: Tensor
    """The class of every state: those of a draw have the same."""
    shape: tuple[int, ...] = ()
    """That of a state, where it is not that of the data: of codes."""

    @property
    def in_cells(self) -> bool:
        """Whether a known value is a level, and its y no number but a cell."""
        return self.hole.card.kind.value is Value.LEVEL

    @property
    def known(self) -> Tensor:
        """Where y is observed: bool of the data's shape."""
        return self.hole.known.to(self.part.device)

    def denoise(self, y: Tensor, sigma: float) -> Tensor:
        """D(y; σ, c): (n, …) -> (n, …)."""
        return self.part.denoise(y, sigma, self.labels.to(y.device))

    def levels(self, steps: int) -> list[float]:
        """Noise levels from σ_max to σ_min of the denoiser: as many as steps."""
        return schedule(steps, self.part.span)

    def noise(self) -> Tensor:
        """Standard normal draws for every state: (draws · particles, …)."""
        drawn = self.streams.normal(self.particles, *(self.shape or self.hole.card.shape))
        return drawn.flatten(0, 1).to(self.part.device)

    def expected(self) -> tuple[Tensor, Tensor]:
        """Mean and variance of every y where it is known: (1, …) each.

        A pixel is uniform in its cell before the logit, which spreads the end cells, most of a
        digit, over a fifth of the data's standard deviation. Points have no variance.
        """
        x = self.hole.picture[None].to(self.part.device)
        if not self.in_cells:
            y, _ = self.part.enter(x)
            return y, torch.zeros_like(y)
        inside = (torch.arange(_PLACES, device=x.device) + 0.5) / _PLACES
        cells = (torch.arange(256, device=x.device)[:, None] + inside) / 256
        y, _ = self.part.enter(cells.view(256, 1, 1, _PLACES))
        mean, variance = y.mean(3).flatten(), y.var(3, correction=0).flatten()
        level = ((x + 1) * 127.5).round().long()
        return mean[level], variance[level]

    def observe(self) -> Tensor:
        """One value for every known place: (draws, …), for methods that need it in full.

        Points have it; a pixel's is drawn uniformly from its cell, as in training.
        """
        x = self.hole.picture.to(self.part.device)
        if self.in_cells:
            inside = self.streams.uniform(*x.shape).to(x)
            x = (((x + 1) * 127.5).round() + inside) / 256
        else:
            x = x.expand(len(self.streams), *x.shape)
        y, _ = self.part.enter(x)
        return y

    def reveal(self, y: Tensor) -> Tensor:
        """Data for coordinates y (n, …), pictures in [-1, 1], on the CPU."""
        x = self.part.leave(y).cpu()
        return 2 * x - 1 if self.in_cells else x


def is_diffusion(model: Model) -> bool:
    """Whether the model has a denoiser of the data itself."""
    return model.denoise is not None and fits(model.card.kind, _ROWS)


def ancestral(y: Tensor, clean: Tensor, noise: Tensor, now: float, then: float) -> Tensor:
    """A draw of q(y_then | y_now, y_0 = `clean`), σ falling: Ho et al. 2020, equation 7, for VE."""
    keep = (then / now) ** 2
    return clean + keep * (y - clean) + then * math.sqrt(1 - keep) * noise


def steps_knob(default: int, says: str) -> Knob:
    """How many noise levels a method descends."""
    return Knob(
        "steps",
        "Steps",
        default,
        2,
        400,
        1,
        f"Number N of noise levels from σ_max to σ_min. {says}",
    )


def descending(
    walk: Callable[[Scene], Walk],
    calls: Callable[[Hole], int],
    particles: Callable[[Hole], int] = lambda hole: 1,
) -> Callable[[Hole], Run]:
    """The `fill` of a method that walks down the noise levels, some draws at a time.

    `calls(hole)` is how often its walk yields. The draws of a later batch show the first guess of
    all, the mean of the data, until their turn comes.
    """

    @torch.no_grad()
    def fill(hole: Hole) -> Run:
        denoise, total, states = hole.model.denoise, calls(hole), particles(hole)
        assert denoise is not None
        shown: Tensor | None = None
        before: tuple[Tensor | None, ...] = ()
        now = Diagnosis()
        size = max(1, chosen(hole.card.kind, _ROWS, "diffusions") // states)
        for start in range(0, hole.count, size):
            part = range(start, min(start + size, hole.count))
            labels = classes(hole, part).repeat_interleave(states, 0)
            scene = Scene(hole, denoise, Streams(hole.seed, part), states, labels)
            run = walk(scene)
            for turn in range(1, total + 1):
                found = next(run)
                guess, now = scene.reveal(found.guess), counted((*before, found.least), states)
                if shown is None:
                    shown = guess[:1].repeat(hole.count, *[1] * (guess.dim() - 1))
                shown[part.start : part.stop] = guess
                done = part.start + len(part) * turn // (total + 1)
                yield Step(done, hole.count, shown.clone(), turn * states, now.note, now.poor)
            before, x = (*before, found.least), scene.reveal(_end(run))
            if scene.in_cells:
                x = to_levels((x + 1) / 2)
            assert shown is not None  # a walk makes at least one call
            shown[part.start : part.stop] = x
            yield Step(part.stop, hole.count, shown.clone(), total * states, now.note, now.poor)
        assert shown is not None
        return shown.clone()

    return fill


def _end(run: Walk) -> Tensor:
    """What a walk that has made its calls ends at."""
    steps = Steps(run)
    for _ in steps:
        raise AssertionError("a walk made more calls than it said")
    return steps.result
