"""Kernel density estimates and mixtures of factor analysers: p(x_m | x_o) by closed forms."""

from __future__ import annotations

import torch

from engines.diagnostics import by_length, short
from engines.inpaint import cells
from engines.inpaint.method import Hole, Method, filling
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle

SWEEPS = Knob(
    "sweeps",
    "Sweeps",
    24,
    0,
    5000,
    1,
    (
        "Sweeps of Gibbs sampling, which find where in its cell each known pixel lies, given "
        "the others and the model. 0 places it uniformly, as if the pixels were independent."
    ),
)
_ENOUGH = 20


@torch.no_grad()
def fill(hole: Hole) -> Run:
    """All draws at once, or chains for as many sweeps as are asked."""
    if hole.knobs.get("sweeps"):
        return (yield from cells.fill(hole))
    part = hole.model.components
    assert part is not None
    x = part.conditional(hole.picture, hole.known, hole.label, hole.streams)
    yield Step(hole.count, hole.count, x.clone(), calls=1)
    return x


def _procedure(model: Model, knobs: Knobs) -> Procedure:
    settle((), knobs)
    part = model.components
    assert part is not None
    return Procedure(Exactness.EXACT, part.conditional_method, part.conditional_source)


def _of_cells(model: Model, knobs: Knobs) -> Procedure:
    sweeps = int(settle((SWEEPS,), knobs)["sweeps"])
    if sweeps == 0:
        method = (
            "a component given the known values, then its conditional Gaussian; known pixels "
            "dequantised uniformly, not by the model"
        )
        return Procedure(Exactness.HEURISTIC, method, _CONDITIONAL)
    method = (
        f"Gibbs sampling of component, factors and known pixels within their cells, {sweeps} "
        f"sweeps; then the conditional Gaussian{short(sweeps, _ENOUGH)}"
    )
    source = f"Geman & Geman 1984; {_CONDITIONAL}"
    return Procedure(by_length(sweeps, _ENOUGH), method, source)


def _closed(model: Model) -> bool:
    return model.components is not None and cells.mixture_of(model) is None


_CONDITIONAL = "Ghahramani & Jordan 1994, section 3"
METHODS = (
    Method(
        name="closed-form",
        title="Closed form",
        says="Samples from the exact conditional distribution of the model, at once.",
        fits=_closed,
        procedure=_procedure,
        run=filling(fill),
        live=True,
    ),
    Method(
        name="closed-form",
        title="Gibbs within cells",
        says=(
            "Alternates two closed forms: where the known pixels lie within their levels, and "
            "the component and factors that explain them."
        ),
        fits=lambda model: cells.mixture_of(model) is not None,
        procedure=_of_cells,
        run=filling(fill, (SWEEPS,)),
        knobs=(SWEEPS,),
        live=True,
    ),
)
