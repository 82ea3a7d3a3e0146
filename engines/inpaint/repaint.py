"""RePaint (Lugmayr et al. 2022): replacement, walked again and again from a little further up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from engines.inpaint.denoising import Scene, Turn, Walk, descending, is_diffusion, steps_knob
from engines.inpaint.method import Hole, Method, filling
from engines.inpaint.replacement import replaced
from engines.model import Exactness, Knob, Knobs, Model, Procedure, settle

RESAMPLINGS = Knob(
    "resamplings",
    "Resamplings",
    6,
    1,
    50,
    1,
    (
        "How many times r every stretch of levels is repeated. More make the hole and its "
        "surroundings agree; 1 is replacement. A sample costs r · N calls."
    ),
)
JUMP = Knob(
    "jump",
    "Jump length",
    1,
    1,
    20,
    1,
    "Levels j in one stretch: how far noise is added again before it is repeated.",
)
KNOBS = (steps_knob(20, "A sample costs r · N calls."), RESAMPLINGS, JUMP)


def walk(scene: Scene) -> Walk:
    """Lugmayr et al. 2022, algorithm 1, on the levels of the ancestral sampler.

    Theirs are 250 levels, j = 10, r = 10; with fewer levels each is a longer jump.
    """
    knobs = scene.hole.knobs
    sigmas = [*scene.levels(int(knobs["steps"])), 0.0]
    observed = scene.observe()
    y = sigmas[0] * scene.noise()
    for now, then in route(len(sigmas) - 1, int(knobs["jump"]), int(knobs["resamplings"])):
        if then < now:  # back up: q(y_then | y_now)
            y = y + math.sqrt(sigmas[then] ** 2 - sigmas[now] ** 2) * scene.noise()
            continue
        clean = scene.denoise(y, sigmas[now])
        y = replaced(scene, y, clean, observed, sigmas[now], sigmas[then])
        yield Turn(clean)
    return y


def route(levels: int, jump: int, times: int) -> Iterator[tuple[int, int]]:
    """Moves (from, to) between levels 0 … `levels`: every stretch of `jump` is walked `times`.

    The last move, to no noise at all, is made once.
    """
    for start in range(0, levels - 1, jump):
        stop = min(start + jump, levels - 1)
        for again in range(times):
            if again:
                yield stop, start
            yield from ((i, i + 1) for i in range(start, stop))
    yield levels - 1, levels


def calls(hole: Hole) -> int:
    """Network calls of a draw."""
    return int(hole.knobs["resamplings"]) * (int(hole.knobs["steps"]) - 1) + 1


def _procedure(model: Model, knobs: Knobs) -> Procedure:
    settled = settle(KNOBS, knobs)
    n, r, j = (int(settled[name]) for name in ("steps", "resamplings", "jump"))
    method = f"RePaint, {n} steps, each stretch of {j} walked {r} times"
    return Procedure(Exactness.HEURISTIC, method, "Lugmayr et al. 2022, algorithm 1")


REPAINT = Method(
    name="repaint",
    title="RePaint",
    says=(
        "The known part, with noise of the right level, is put in place at every step, and "
        "every step is repeated several times so that the hole can adapt; no error bound is "
        "known."
    ),
    fits=is_diffusion,
    procedure=_procedure,
    run=filling(descending(walk, calls), KNOBS),
    knobs=KNOBS,
)
