"""The objective's own picture of a learner: what its training works on, seen in the plane.

Each has two sentences and a formula. Like portraits they are drawn by fixed seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engines.families.diffusion.probability_flow import angle
from engines.families.flow.net import PointFlow
from engines.learning.learner import Learner
from engines.learning.portrait import View
from engines.maps.area import Area
from engines.maps.grids import log_density_grid
from engines.maps.noised import Sweep, trajectories
from engines.model import Model, Steps
from engines.noise import log_normal
from engines.training.loop import Training
from engines.training.randomness import normal, seeded
from engines.training.recipes.point_energy import Chains

Values = NDArray[np.float32]
_SIDE, _ARROWS, _ELLIPSES, _PATHS = 48, 13, 32, 20
_ROUND = 25
_SIGMAS = 2.0, 0.03
"""The most and the least noise that is shown; data have a spread of 0.5."""
_LINES, _ALONG, _REACH = 13, 40, 2.5


@dataclass(frozen=True)
class Choice:
    """Which learner is looked into, and at which moment of a process: 0 is noise, 1 the model."""

    key: int
    place: float = 0.5


@dataclass(frozen=True, eq=False)
class Inside:
    """A picture of what a learner works on, in the box of `area`.

    `heat` (high, wide), the lowest row first, is coloured from blue over white to red around 0
    where `signed`. `lines` (n, k, 2) are curves, `arrows` (n, 4) go from x, y to x, y, `dots`
    (n, 2) are points. `numbers` are named figures. `moving` says that the moment matters.
    """

    title: str
    words: str
    formula: str
    area: Area
    heat: Values | None = None
    signed: bool = False
    lines: Values | None = None
    arrows: Values | None = None
    dots: Values | None = None
    numbers: tuple[tuple[str, float], ...] = ()
    moving: bool = False
    axes: tuple[str, str] = ("x", "y")


Look = Generator[None, None, Inside | None]


def look_inside(made: Learner, choice: Choice, view: View) -> Look:
    """What a learner works on; None where there is nothing to see yet."""
    draw = _PICTURES.get(made.family)
    model = None if draw is None else made.model()
    if draw is None or model is None:
        return None
    yield
    return (yield from draw(made, model, choice, view.area))


def _vae(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    part = model.posterior
    assert part is not None
    x = made.data.train.x[:400]
    anyone = torch.full((len(x),), len(made.data.labels))
    with torch.no_grad():
        mean, log_sd = part.encoder(x, anyone)
        e = normal(seeded(0), *mean.shape)
        z = mean + log_sd.exp() * e
        rest = (log_normal(e) - log_sd.sum(1) - part.log_prior(z, anyone)).mean()
        fit = part.log_p(part.view(z, anyone), x, torch.ones(2, dtype=torch.bool)).mean()
    yield
    plane = mean if mean.shape[1] > 1 else torch.cat([mean, torch.zeros_like(mean)], 1)
    spread = log_sd.exp() if mean.shape[1] > 1 else log_sd.exp().expand(-1, 2)
    lines = _ellipses(plane[:_ELLIPSES, :2], spread[:_ELLIPSES, :2])
    half = max(2.5, float(plane.abs().max()) * 1.1)
    return Inside(
        "Codes and the split ELBO",
        "Each ellipse is what the encoder believes of one point's code, one standard deviation "
        "wide. The ELBO trades how well codes give points back against how much they say.",
        "ELBO = E_q log p(x | z) − KL(q(z | x) ‖ p(z))",
        Area(-half, half, -half, half),
        lines=lines,
        dots=plane[:, :2].float().numpy(),
        numbers=(
            ("log p(x | z)", float(fit)),
            ("KL", float(rest)),
            ("ELBO", float(fit - rest)),
        ),
        axes=("z₁", "z₂"),
    )


def _gan(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    part = model.generator
    assert part is not None
    grid = _grid(area, _SIDE)
    scores, _ = made.critic(grid)
    yield
    with torch.no_grad():
        z = normal(seeded(0), 60, part.latent)
        x = part.generate(z, torch.zeros(60, dtype=torch.int64)).float()
    _, slopes = made.critic(x)
    values = _square(scores - scores.median(), _SIDE)
    step = 0.06 * area.size[0]
    size = slopes.norm(dim=1, keepdim=True)
    arrows = torch.cat([x, x + step * slopes / size.clamp_min(1e-9) * size.clamp_max(1)], 1)
    return Inside(
        "The critic and where it sends samples",
        "Red is what the critic takes for real, blue for made. Arrows are its slopes at samples: "
        "along them the generator moves what it makes.",
        "min_D E softplus(D(G(z)) − D(x)) + γ/2 E(|∇D(x)|² + |∇D(G(z))|²); "
        "min_G E softplus(D(x) − D(G(z)))",
        area,
        heat=values,
        signed=True,
        arrows=arrows.numpy(),
        dots=x.numpy(),
        numbers=(("E |∇D|", float(size.mean())),),
    )


def _conditional(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    xs, ys = (torch.from_numpy(axis).float() for axis in area.axes(_SIDE, _SIDE))
    run = Steps(log_density_grid(model, xs, ys))
    for _ in run:
        yield
    log_p = run.result.value.view(_SIDE, _SIDE)
    cell = area.size[1] / _SIDE
    slices = log_p - torch.logsumexp(log_p, 1, keepdim=True) - math.log(cell)
    marginal = torch.logsumexp(log_p, 1).exp() * cell
    foot, high = area.y0, 0.25 * area.size[1]
    curve = torch.stack([xs.double(), foot + high * marginal / marginal.max()], 1)
    return Inside(
        "One coordinate after the other",
        "Each column is p(y | x): where y lies once x is known, each column with a mass of 1. The "
        "curve at the foot is p(x), which is drawn first.",
        "log p(x, y) = log p(x) + log p(y | x)",
        area,
        heat=slices.T.contiguous().float().numpy(),
        lines=curve.float().numpy()[None],
    )


def _flow(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    net = getattr(model.bijection, "net", None)
    if not isinstance(net, PointFlow):
        return None
    layers, z = net.layers, _mesh()
    count = math.ceil(choice.place * layers)
    yield
    with torch.no_grad():
        x = net.decode_partly(z, torch.full((len(z),), net.classes), count)
    lines = x.view(2 * _LINES, _ALONG, 2).float().numpy()
    return Inside(
        "A grid of noise, warped",
        f"Straight lines of the noise z after {count} of {layers} layers. Where lines crowd, "
        "points are likely; no two ever meet, so that the way back is exact.",
        "log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|",
        area,
        lines=lines,
        moving=True,
    )


def _diffusion(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    part = model.denoise
    assert part is not None
    sweep = Sweep(model.card, part, None)
    most, least = _SIGMAS
    sigma = max(most * (least / most) ** choice.place, part.span[0])
    phi = angle(sigma)
    grid = _grid(area, _ARROWS)
    anyone = torch.full((len(grid),), len(made.data.labels))
    with torch.no_grad():
        y, _ = part.enter(grid)
        to = part.leave(part.denoise(y, sigma, anyone))
    yield
    arrows = torch.cat([grid, grid + 0.5 * (to - grid)], 1)
    start = made.data.train.x[:_PATHS]
    with torch.no_grad():
        paths = trajectories(sweep, start, phi, 12)
    return Inside(
        "Denoising, arrow by arrow",
        f"At noise σ = {2 * sigma:.2g} of the data's spread, arrows go towards the mean of what a "
        "noisy point may have been: the score. Lines are paths of points between data and noise.",
        "∇ log p_σ(x) = (E[x₀ | x] − x) / σ²",
        area,
        lines=paths.float().numpy(),
        arrows=arrows.float().numpy(),
        moving=True,
    )


_ENERGIES = {
    "likelihood": "p(x) = e^(−E(x)) / Z; min E_data E(x) + log Z",
    "contrast": "p(x) = e^(c − E(x)), h = p / (p + ν n); "
    "max E_data log h(x) + ν E_noise log(1 − h(x))",
    "chains": "p(x) = e^(−E(x)) / Z; min E_data E(x) − E_chains E(x)",
}
"""What an energy is trained by, for each objective; n is the density of the noise."""


def _energy(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    part = model.energy
    assert part is not None
    grid = _grid(area, _SIDE)
    value, _ = part.of(grid, None, part.sigma_min)
    yield
    few = _grid(area, _ARROWS)
    _, slope = part.of(few, None, part.sigma_min)
    size = slope.norm(dim=1, keepdim=True)
    step = 0.05 * area.size[0]
    arrows = torch.cat([few, few - step * slope / size.clamp_min(1e-9) * size.clamp_max(1)], 1)
    trainer = made.course.trainer if isinstance(made.course, Training) else None
    chains = trainer.chains if isinstance(trainer, Chains) else None
    low = value.min()
    return Inside(
        "The energy and its slope",
        "Bright is low energy, where points are likely; arrows go downhill. Training lowers the "
        "energy of data and lifts it elsewhere"
        + ("; dots are the persistent chains." if chains is not None else "."),
        _ENERGIES[str(made.knobs["objective"])],
        area,
        heat=_square(-(value - low).clamp_max(12), _SIDE),
        arrows=arrows.float().numpy(),
        dots=None if chains is None else chains[:200].float().numpy(),
        numbers=(("accepted", trainer.accepted),) if isinstance(trainer, Chains) else (),
    )


def _mixture(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    found = made.course.sketch()
    assert found is not None
    yield
    lines = []
    turn = torch.linspace(0, 2 * math.pi, _ROUND)
    circle = torch.stack([turn.cos(), turn.sin()], 1)
    for mean, load, noise in zip(found["mean"], found["loading"], found["noise"], strict=True):
        cover = load @ load.T + torch.diag(noise)
        root = torch.linalg.cholesky(cover.double() + 1e-12 * torch.eye(2, dtype=torch.float64))
        lines.append(mean + 2 * (circle.double() @ root.T).float())
    return Inside(
        "The components",
        "Each ellipse is one normal distribution, two standard deviations wide. A step of EM first "
        "shares every point out among them, then fits each to its share.",
        "p(x) = Σ_k π_k N(x; μ_k, Λ_k Λ_kᵀ + Ψ_k)",
        area,
        lines=torch.stack(lines).numpy(),
        dots=found["mean"].float().numpy(),
    )


def _kernels(made: Learner, model: Model, choice: Choice, area: Area) -> Look:
    part = model.kernels
    assert part is not None
    h = float(model.card.net["bandwidth"])
    yield
    x, _ = part.examples(120)
    spread = (h * part.scale).expand(len(x), 2)
    return Inside(
        "A bump on every point",
        "Each ring is one standard deviation of the bump on one of 120 points. A narrow bump says "
        "only what was seen; a wide one blurs it.",
        "p(x) = 1/n Σ_i N(x; x_i, h² diag(s²))",
        area,
        lines=_ellipses(x.float(), spread.float()),
        dots=x.float().numpy(),
        numbers=(("bandwidth h", h),),
    )


def _grid(area: Area, side: int) -> Tensor:
    """Points (side², 2) of the area, x by x."""
    xs, ys = area.axes(side, side)
    return torch.cartesian_prod(torch.from_numpy(xs), torch.from_numpy(ys)).float()


def _square(values: Tensor, side: int) -> Values:
    found: Values = values.detach().view(side, side).T.contiguous().float().numpy()
    return found


def _ellipses(centres: Tensor, spread: Tensor) -> Values:
    """Rings (n, k, 2) of one standard deviation around points (n, 2)."""
    turn = torch.linspace(0, 2 * math.pi, _ROUND)
    circle = torch.stack([turn.cos(), turn.sin()], 1)
    rings = centres[:, None] + spread[:, None] * circle
    found: Values = rings.float().numpy()
    return found


def _mesh() -> Tensor:
    """Points of straight lines across and up: (2 · lines · along, 2)."""
    at, along = torch.linspace(-_REACH, _REACH, _LINES), torch.linspace(-_REACH, _REACH, _ALONG)
    across = torch.stack(torch.meshgrid(at, along, indexing="ij"), -1)
    return torch.cat([across, across.flip(-1)]).reshape(-1, 2)


_PICTURES: Mapping[str, Callable[[Learner, Model, Choice, Area], Look]] = {
    "vae": _vae,
    "gan": _gan,
    "autoregressive": _conditional,
    "any-order": _conditional,
    "flow": _flow,
    "diffusion": _diffusion,
    "energy": _energy,
    "mfa": _mixture,
    "kde": _kernels,
}
