"""The plane through three pictures: in a model's latent space where it has one, else in pixels.

Coordinates on the plane are distances, with the first picture at the origin and the second on the
first axis. What is mapped is the log-density of the latent or of the picture there: said which.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.maps.fields import Field
from engines.maps.kinds import Kind, kind_of
from engines.model import DensityRun, LogDensity, Meaning, Model, Run, Step
from engines.noise import log_normal
from engines.steps import showing

T = TypeVar("T")

_ENCODED = frozenset({"posterior", "bijection", "decoded", "denoise", "codec"})
_ROWS = 64


@dataclass(frozen=True, eq=False)
class Plane:
    """x(a, b) = origin + a·along + b·across, in a space of `latent` codes or of pixels.

    `corners` (3, 2) are where the three pictures are; `space` says where in words.
    """

    origin: Tensor
    along: Tensor
    across: Tensor
    corners: Tensor
    latent: bool
    space: str

    def points(self, a: Tensor, b: Tensor) -> Tensor:
        """Places (n,) and (n,) -> points of the space (n, …)."""
        wide = [-1, *[1] * self.origin.dim()]
        return self.origin + a.float().view(wide) * self.along + b.float().view(wide) * self.across


def plane_through(model: Model, pictures: Tensor) -> Generator[Step, None, Plane]:
    """The plane through pictures (3, C, H, W). Raises ValueError where they lie on one line."""
    card, latents = model.card, model.latents
    # codes that neighbours share: not those of an order of places, nor those that are searched for
    latent = (
        latents is not None and latents.encode is not None and bool(_ENCODED & model.part_names)
    )
    if latent:
        assert latents is not None
        assert latents.encode is not None
        z = (yield from latents.encode(pictures, None)).float()
        space = f"latents of {card.name}: {latents.nature}"
    else:
        z, space = pictures, "pixels: pictures are mixed, not latents"
    along, other = z[1] - z[0], z[2] - z[0]
    reach = float(along.norm())
    if reach < 1e-6:
        raise ValueError("the first two pictures are the same; choose three that differ")
    along = along / reach
    c = float((other * along).sum())
    across = other - c * along
    height = float(across.norm())
    if height < 1e-6:
        raise ValueError("the three pictures lie on one line; choose three that differ")
    corners = torch.tensor([[0.0, 0.0], [reach, 0.0], [c, height]])
    return Plane(z[0], along, across / height, corners, latent, space)


def decoded(model: Model, plane: Plane, a: Tensor, b: Tensor) -> Run:
    """The pictures at places of the plane: (n, C, H, W) in [-1, 1]."""
    points = plane.points(a, b)
    if plane.latent:
        assert model.latents is not None
        return (yield from model.latents.decode(points, None))
    x = ((points.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1
    yield Step(len(x), len(x), x.clone())
    return x


def of_latent(plane: Plane) -> Field:
    """log N(z; 0, I): the density of the latent itself, in closed form."""

    def grid(xs: Tensor, ys: Tensor) -> DensityRun:
        places, values = torch.cartesian_prod(xs, ys), []
        for part in places.split(4096):
            values.append(log_normal(plane.points(part[:, 0], part[:, 1])).double())
            yield Step(sum(map(len, values)), len(places))
        method = "log N(z; 0, I), the density of the latent, not of the picture"
        return LogDensity(torch.cat(values), Meaning.EXACT, method)

    return Field(Kind.EXACT, grid)


def of_picture(model: Model, plane: Plane, rows: int = _ROWS) -> Field:
    """log P of the decoded 8-bit picture, as −bits per dimension so that families compare.

    An unnormalised density has no bits: −E(x) in nats, up to a constant.
    """
    density = model.density
    if density is None:
        raise ValueError(no_density(model.card))
    lacks = density.meaning is Meaning.UNNORMALISED
    unit = 1.0 if lacks else model.card.kind.per_unit(1.0)
    run = density.run

    def grid(xs: Tensor, ys: Tensor) -> DensityRun:
        places, values, method = torch.cartesian_prod(xs, ys), [], ""
        done = 0
        for part in places.split(rows):
            total = len(places)
            here = Step(done, total)
            x = yield from showing(decoded(model, plane, *part.T), here)
            found = yield from showing(run(x, None, density.rough), here)
            values.append(found.value * unit)
            method, done = found.method, done + len(part)
            yield Step(done, len(places))
        return LogDensity(torch.cat(values), density.meaning, f"{method}, of the decoded picture")

    return Field(kind_of(density.meaning), grid, least=rows)
