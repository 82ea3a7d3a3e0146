"""Raster-order models: exact mass, exact samples pixel by pixel, their noise as latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.drawing import (
    GUIDANCE,
    TEMPERATURE,
    Guided,
    class_indices,
    in_batches,
    need_exact,
    tempered,
)
from engines.families.autoregressive.lines import grid_of, scores, solve
from engines.families.autoregressive.mixtures import LineMixture
from engines.families.autoregressive.net import PictureRaster, PointConditionals
from engines.finite import check_numbers
from engines.kinds import Kind, Pictures, Points
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
    Knob,
    Knobs,
    Latents,
    LogDensity,
    Meaning,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams, streams_of

LOGITS = Knob(
    "temperature",
    "Temperature",
    1.0,
    0.05,
    1.5,
    0.05,
    "Divides the logits of every pixel. "
    "1 is the model's distribution; below, samples are more typical and less varied.",
    warn="not the model's distribution",
)

_NETS: Mapping[type[Kind], Callable[..., PictureRaster | PointConditionals]] = MappingProxyType(
    {Pictures: PictureRaster, Points: PointConditionals}
)
_PICTURES = 1
_POINTS = 4096
_SHOWN = 14
_UNKNOWN = 0.0
_NATURE = "noise of the conditionals in raster order, exact inverse; not a learned space"
_POINT_NATURE = "noise of p(x1), p(x2 | x1), exact inverse; not a learned space"
_SOURCE = "Van den Oord et al. 2016"
ROSENBLATT = Procedure(
    Exactness.EXACT,
    "u = F(x − 1) + v p(x) in turn, z = Φ⁻¹(u)",
    "Rosenblatt 1952; Rüschendorf 2009",
)


def to_indices(x: Tensor, levels: int = 256) -> Tensor:
    """Pictures (n, 1, H, W) in [-1, 1] as levels 0 … levels − 1: (n, H, W) int64."""
    return ((x[:, 0] + 1) * ((levels - 1) / 2)).round().clamp(0, levels - 1).long()


def to_pictures(indices: Tensor, levels: int = 256) -> Tensor:
    """Levels (n, H, W) as pictures (n, 1, H, W) in [-1, 1]."""
    return (indices.float() / ((levels - 1) / 2) - 1)[:, None]


def draw_levels(logits: Tensor, u: Tensor) -> Tensor:
    """The level x with F(x − 1) < u ≤ F(x): logits (…, L), u (…) in (0, 1) float64 -> (…).

    Raises NotFiniteError where the logits are not numbers.
    """
    cumulative = logits.double().softmax(-1).cumsum(-1)
    check_numbers(cumulative[..., -1], "the probabilities of the next pixels")
    # the last cumulative sum may fall short of 1 by rounding
    return (cumulative < u[..., None]).sum(-1).clamp_max(logits.shape[-1] - 1)


def noise_of_levels(log_p: Tensor, levels: Tensor, v: Tensor) -> Tensor:
    """The randomised Rosenblatt map u = F(x − 1) + v p(x), v uniform: the inverse of drawing.

    Rüschendorf 2009, "On the distributional transform", section 2. log_p (…, L), levels (…).
    """
    cumulative = log_p.double().softmax(-1).cumsum(-1)
    upper = cumulative.gather(-1, levels[..., None])[..., 0]
    lower = cumulative.gather(-1, (levels[..., None] - 1).clamp_min(0))[..., 0]
    lower = torch.where(levels > 0, lower, 0.0)
    return (lower + v * (upper - lower)).clamp(1e-300, 1 - 2**-53)


class Levels:
    """What the part `conditionals` of one-channel pictures has in common for all orders."""

    card: Card

    @property
    def symbols(self) -> int:
        return self._levels

    @property
    def _levels(self) -> int:
        raise NotImplementedError

    def indices(self, x: Tensor) -> Tensor:
        return to_indices(x, self._levels).flatten(1)

    def examples(self, symbols: Tensor) -> Tensor:
        return to_pictures(symbols.view(-1, *self.card.shape[1:]), self._levels).cpu()


class Coordinates:
    """What the part `axes` has in common for all orders."""

    net: PointConditionals

    @property
    def dims(self) -> int:
        return self.net.dim

    def enter(self, x: Tensor) -> Tensor:
        return self.net.enter(x)

    def leave(self, y: Tensor) -> Tensor:
        return self.net.leave(y)

    def along(self, y: Tensor, known: Tensor, labels: Tensor, axis: int) -> LineMixture:
        return self.net(y, known, labels, axis)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class RasterPictures(Levels):
    """The raster model of pictures; `net` gives the conditionals."""

    card: Card
    net: PictureRaster
    device: torch.device

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Those of its samples."""
        return (LOGITS, GUIDANCE) if self.card.labels else (LOGITS,)

    @property
    def exact(self) -> Knobs:
        """The model's own distribution."""
        return {knob.name: knob.rest for knob in self.knobs}

    # the part `conditionals`

    any_order = False

    @property
    def _levels(self) -> int:
        return self.net.levels

    def logits(self, symbols: Tensor, known: Tensor, place: Tensor, labels: Tensor) -> Tensor:
        n, k = place.shape
        levels = symbols.view(-1, *self.card.shape[1:]).to(self.device)
        if k == self.pixels and bool((place == torch.arange(k, device=place.device)).all()):
            return self.net.everywhere(levels, labels).to(symbols.device)
        which = torch.arange(n, device=self.device).repeat_interleave(k)
        found: Tensor = self.net(levels, labels, which, place.flatten().to(self.device))
        return found.view(n, k, -1).to(symbols.device)

    # what the model can do

    @property
    def pixels(self) -> int:
        return math.prod(self.card.shape)

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x_i ~ p(x_i | x_<i, c), one uniform number a pixel."""
        return self._fill(
            self._uniforms(request), labels, knobs["temperature"], knobs.get("guidance", 1.0)
        )

    def _uniforms(self, request: SampleRequest) -> Tensor:
        return Streams(request.seed, request.indices).uniform(self.pixels).double()

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """Φ⁻¹ of the uniform numbers of a request: (n, H·W) float64."""
        need_exact(self.knobs, request, self.exact)
        z: Tensor = torch.special.ndtri(self._uniforms(request))
        return z

    @torch.no_grad()
    def _fill(
        self, u: Tensor, labels: Tensor, temperature: float = 1.0, guidance: float = 1.0
    ) -> Run:
        """Pictures for their uniform numbers (n, H·W), in raster order."""
        n, total = len(u), self.pixels
        u, labels = u.to(self.device), labels.to(self.device)
        guided = Guided.of(labels, self.net.classes, guidance)
        levels = torch.zeros(n, *self.card.shape[1:], dtype=torch.int64, device=self.device)
        flat = levels.view(n, -1)
        for place in range(total):
            found = self.net.pixel(guided.spread(levels), guided.labels, place)
            logits = guided.combined(found) / temperature
            flat[:, place] = draw_levels(logits, u[:, place])
            done = place + 1
            if done % _SHOWN == 0 and done < total:
                guess = to_pictures(levels, self.net.levels).cpu()
                guess.view(n, -1)[:, done:] = _UNKNOWN
                yield Step(n * done // total, n, guess, calls=guided.copies * done)
        x = to_pictures(levels, self.net.levels).cpu()
        yield Step(n, n, x.clone(), calls=guided.copies * total)
        return x

    @torch.no_grad()
    def log_mass(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log P(x | c) = Σ_i log p(x_i | x_<i, c)."""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        levels = to_indices(x, self.net.levels).to(self.device)
        values = []
        for part in torch.arange(len(x)).split(_PICTURES):
            found = self.net.log_mass(levels[part], classes[part])
            values.append(found.double().flatten(1).sum(1).cpu())
            yield Step(int(part[-1]) + 1, len(x), calls=self.pixels)
        method = f"sum of {self.pixels} conditionals, {self.net.levels} levels"
        return LogDensity(torch.cat(values), Meaning.EXACT, method)

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, H·W) standard normal -> pictures."""
        u = torch.special.ndtr(z.double())
        return self._fill(u, class_indices(self.card, labels, len(z)))

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Pictures -> (n, H·W) float64; the place in a level's cell is the picture's own noise."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        levels = to_indices(x, self.net.levels)
        v = streams_of(x).uniform(self.pixels).double().view_as(levels)
        scores = []
        for part in torch.arange(len(x)).split(_PICTURES):
            log_p = self.net.conditionals(levels[part].to(self.device), classes[part]).cpu()
            u = noise_of_levels(log_p, levels[part], v[part])
            scores.append(torch.special.ndtri(u).flatten(1))
            yield Step(int(part[-1]) + 1, len(x), calls=self.pixels)
        return torch.cat(scores)


@dataclass(frozen=True)
class RasterPoints(Coordinates):
    """The raster model of points; `net` gives the conditionals."""

    card: Card
    net: PointConditionals
    device: torch.device

    any_order = False  # of the part `axes`

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x_k ~ p(x_k | x_<k, c) by inverse distribution functions of T e, e ~ N(0, I)."""
        e = self.drawn_codes(replace(request, knobs=knobs))
        x = solve(self.net, e, labels.to(self.device), range(self.net.dim))
        yield Step(request.count, request.count, x.clone(), calls=self.net.dim)
        return x

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """T e (n, D)."""
        e = Streams(request.seed, request.indices).normal(self.net.dim)
        return settle((TEMPERATURE,), request.knobs)["temperature"] * e

    @torch.no_grad()
    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log p(x1 | c) + log p(x2 | x1, c) + …"""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        values = []
        for part in torch.arange(len(x)).split(_POINTS):
            y = x[part].to(self.device, torch.float64)
            values.append(self.net.log_density(y, classes[part], range(self.net.dim)).cpu())
            yield Step(int(part[-1]) + 1, len(x), calls=self.net.dim)
        method = f"sum of {self.net.dim} conditionals, mixtures of Gaussians"
        return LogDensity(torch.cat(values), Meaning.EXACT, method)

    def log_grid(self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs) -> DensityRun:
        """The same on a grid of the plane: p(x2 | x1) is asked once for every x1."""
        settle((), knobs)
        classes = class_indices(self.card, None if label is None else [label], 1)
        found = yield from grid_of(self.net, xs, ys, classes.to(self.device), range(2))
        method = f"sum of {self.net.dim} conditionals, mixtures of Gaussians"
        return LogDensity(found, Meaning.EXACT, method)

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, D) standard normal -> points."""
        classes = class_indices(self.card, labels, len(z)).to(self.device)
        x = solve(self.net, z, classes, range(self.net.dim))
        yield Step(len(z), len(z), x.clone(), calls=self.net.dim)
        return x

    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """Points -> (n, D) standard normal scores, float64."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        z = scores(self.net, x.to(self.device), classes, range(self.net.dim)).cpu()
        yield Step(len(x), len(x), calls=self.net.dim)
        return z


def load(card: Card, device: torch.device) -> Model:
    """Open a checkpoint. Raises CheckpointError when its weights do not fit its card."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    return of_net(card, net.eval().requires_grad_(False).to(device), device)


def of_net(card: Card, net: PictureRaster | PointConditionals, device: torch.device) -> Model:
    """The model that a network of conditionals defines."""
    if isinstance(net, PointConditionals):
        points = RasterPoints(card, net, device)
        latents = Latents(
            (net.dim,),
            _POINT_NATURE,
            points.decode,
            points.encode,
            ROSENBLATT,
            drawn=points.drawn_codes,
        )
        grid = points.log_grid if net.dim == 2 else None
        density = Density(Meaning.EXACT, points.log_density, grid=grid)
        return _model(points, (TEMPERATURE,), "axis by axis", density, latents)
    pictures = RasterPictures(card, net, device)
    latents = Latents(
        (pictures.pixels,),
        _NATURE,
        pictures.decode,
        pictures.encode,
        ROSENBLATT,
        Pace.SLOW,
        drawn=pictures.drawn_codes,
        exact=pictures.exact,
    )
    density = Density(Meaning.EXACT, pictures.log_mass)
    return _model(pictures, pictures.knobs, "pixel by pixel", density, latents)


def _model(
    engine: RasterPictures | RasterPoints,
    knobs: tuple[Knob, ...],
    how: str,
    density: Density,
    latents: Latents,
) -> Model:
    ancestral = Procedure(Exactness.EXACT, f"ancestral, {how}", _SOURCE)
    return Model(
        card=engine.card,
        sample=in_batches(engine.draw, engine.card, knobs),
        procedure=lambda given: tempered(ancestral, settle(knobs, given)),
        knobs=knobs,
        density=density,
        latents=latents,
        conditionals=engine if isinstance(engine, RasterPictures) else None,
        axes=engine if isinstance(engine, RasterPoints) else None,
    )
