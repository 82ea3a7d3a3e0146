"""Kernel density estimates and mixtures of factor analysers: p(x_m | x_o) by closed forms."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.special import log_ndtr

from engines.diagnostics import by_length, short
from engines.families.kde.model import KDE
from engines.families.kde.net import PictureKernels, to_levels
from engines.families.mfa.model import MFA
from engines.inpaint import cells
from engines.inpaint.method import Hole, Method, filling
from engines.model import Exactness, Knob, Knobs, Model, Procedure, Run, Step, settle
from engines.noise import choose

SWEEPS = Knob(
    "sweeps", "Sweeps", 24, 0, 5000, 1,
    "Turns of Gibbs sampling, which find where in its cell each known pixel lies, given the others "
    "and the model. 0 places it uniformly, as if the pixels knew nothing of each other.",
)  # fmt: skip
_CHUNK, _ENOUGH = 1_000, 20


@torch.no_grad()
def fill(hole: Hole) -> Run:
    """All draws at once, or chains for as many sweeps as are asked."""
    native = hole.model.native
    if hole.knobs.get("sweeps"):
        return (yield from cells.fill(hole))
    if isinstance(native, KDE):
        x = from_kernels(native, hole)
    else:
        assert isinstance(native, MFA)
        x = from_analysers(native, hole)
    yield Step(hole.count, hole.count, x.clone(), calls=1)
    return x


def from_kernels(kde: KDE, hole: Hole) -> Tensor:
    """A centre i by w_i ∝ k(x_o, x_io), then the missing values from its kernel: (count, …).

    Nadaraya 1964 and Watson 1964 as a distribution, not only its mean.
    """
    members, streams = kde.members(hole.label), hole.streams
    if isinstance(kde.kernels, PictureKernels):
        log_w = log_kernels(hole, kde.kernels.levels[members], kde.h)
    else:
        known, h = hole.known, kde.h * kde.kernels.scale.double()
        gap = (hole.picture.double() - kde.kernels.centres[members].double()) / h
        log_w = -0.5 * gap[:, known].square().sum(1)
    pick = members[choose(log_w.log_softmax(0), streams.uniform())]
    return kde.kernels.draw(pick, streams.normal(*hole.card.shape), kde.h)


def log_kernels(hole: Hole, centres: Tensor, h: float) -> Tensor:
    """log P(x_o | centre) in nats of the known pixels' levels: (N,) float64, for centres (N, …).

    Not expanded in 1/h as in the density: one picture needs only a table of 256 × 256 levels.
    """
    known = hole.known.flatten()
    levels = to_levels(hole.picture).flatten()[known].long()
    table, found = level_table(h), []
    for part in centres.split(_CHUNK):
        seen = part.flatten(1)[:, known].long()
        found.append(table.flatten()[256 * levels + seen].sum(1))
    return torch.cat(found)


def level_table(h: float) -> Tensor:
    """log P(level k | centre c) of x = clip(round(c + h ε)): (256, 256) float64."""
    k = torch.arange(256, dtype=torch.float64)
    gap = (k[:, None] - k).abs()  # P is symmetric in the sign of k − c: look from the right tail
    near, far = log_ndtr((0.5 - gap) / h), log_ndtr((-0.5 - gap) / h)
    table: Tensor = near + torch.log1p(-(far - near).exp())
    table[0], table[255] = log_ndtr((0.5 - k) / h), log_ndtr((k - 254.5) / h)
    return table


def from_analysers(mfa: MFA, hole: Hole) -> Tensor:
    """x_m from Σ_j w_j(x_o) N(x_m; μ_j(x_o), Σ_j): (count, …). Ghahramani & Jordan 1994.

    Pictures live on normal scores, where a known pixel is a cell: here every draw has the known
    pixels dequantised anew, uniformly as in training, and is exact given those. See cells.py.
    """
    streams, known = hole.streams, hole.known.flatten()
    mixture = mfa.classes[hole.label]
    x = hole.picture.flatten().double().expand(hole.count, -1)
    u, z = streams.uniform(), streams.normal(mixture.loading.shape[2])
    e = streams.normal(int((~known).sum()))
    if mfa.scores is not None:
        levels = to_levels(hole.picture).flatten().long().expand(hole.count, -1)
        x, _ = mfa.scores.encode(levels, streams.uniform(mfa.dims))
    x = x.clone()
    x[:, ~known] = mixture.conditional(x, known).draw(u, z, e)
    if mfa.scores is not None:
        x = mfa.scores.decode(x) / 127.5 - 1
    return x.float().view(hole.count, *hole.card.shape)


def _procedure(model: Model, knobs: Knobs) -> Procedure:
    settle((), knobs)
    if isinstance(model.native, KDE):
        method = "a training example weighed by the known values, plus kernel noise"
        return Procedure(Exactness.EXACT, method, "Parzen 1962; Nadaraya 1964; Watson 1964")
    method = "a component given the known values, then its conditional Gaussian"
    return Procedure(Exactness.EXACT, method, _CONDITIONAL)


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


def _of_analysed_pictures(model: Model) -> bool:
    return isinstance(model.native, MFA) and model.card.is_picture


_CONDITIONAL = "Ghahramani & Jordan 1994, section 3"
METHODS = (
    Method(
        name="closed-form",
        title="Closed form",
        says="Draws from the exact conditional distribution of the model, in no time.",
        fits=lambda model: isinstance(model.native, KDE | MFA) and not _of_analysed_pictures(model),
        procedure=_procedure,
        run=filling(fill),
        live=True,
    ),
    Method(
        name="closed-form",
        title="Gibbs within cells",
        says="Closed forms by turns: where the known pixels lie within their levels, and the "
        "component and factors that explain them.",
        fits=_of_analysed_pictures,
        procedure=_of_cells,
        run=filling(fill, (SWEEPS,)),
        knobs=(SWEEPS,),
        live=True,
    ),
)
