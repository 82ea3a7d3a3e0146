"""In-painting: for every family the ways to draw what may be behind a hole, the best one first."""

from __future__ import annotations

from engines.inpaint import (
    along_line,
    annealed,
    any_order,
    closed_form,
    colours,
    decoded,
    foreign,
    latent,
    mala,
    raster,
    within_gibbs,
)
from engines.inpaint.guided import DPS, GUIDED
from engines.inpaint.method import Hole, InpaintRun, Method, filling
from engines.inpaint.repaint import REPAINT
from engines.inpaint.replacement import REPLACEMENT
from engines.inpaint.tds import PICTURE_TDS, TDS
from engines.model import Model

METHODS: tuple[Method, ...] = (
    *closed_form.METHODS,
    *any_order.METHODS,
    *raster.METHODS,
    *colours.METHODS,
    *within_gibbs.METHODS,
    *latent.METHODS,
    *mala.METHODS,
    *annealed.METHODS,
    TDS,
    PICTURE_TDS,
    *decoded.METHODS,
    REPAINT,
    GUIDED,
    REPLACEMENT,
    DPS,
    *along_line.METHODS,
    *foreign.METHODS,
)
"""Every method; of those that fit a model the first is its default."""


def methods_for(model: Model) -> tuple[Method, ...]:
    """The methods that fit a model, its default first; none for a family without one."""
    return tuple(method for method in METHODS if method.fits(model))


__all__ = ["METHODS", "Hole", "InpaintRun", "Method", "filling", "methods_for"]
