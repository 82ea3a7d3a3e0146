"""Kernel density estimate (Parzen 1962): the classical baseline, every answer in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.drawing import class_indices, in_batches
from engines.families.kde.net import PictureKernels, PointKernels, level_table
from engines.kinds import Kind, Pictures, Points, UnfitKindError, chosen, is_plane
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
    Knob,
    Knobs,
    LogDensity,
    Meaning,
    Model,
    NotFiniteError,
    Procedure,
    Run,
    SampleRequest,
    Step,
    Steps,
    settle,
)
from engines.noise import Streams, choose
from engines.parts import Noise

BANDWIDTH = Knob(
    "bandwidth",
    "Bandwidth",
    1.0,
    0.0,
    4.0,
    0.05,
    "Scales the fitted kernel width h. 1 is the width of highest leave-one-out likelihood; "
    "0 shows the training examples themselves.",
    warn="not the model's distribution",
)

_KERNELS: Mapping[type[Kind], Callable[..., PictureKernels | PointKernels]] = MappingProxyType(
    {Pictures: PictureKernels, Points: PointKernels}
)
_CENTRES = {Pictures: "levels", Points: "centres"}
"""What a checkpoint calls the examples."""
_ROWS = {Pictures: 512, Points: 4_096}


@dataclass(frozen=True)
class KDE:
    """One loaded density estimate: kernels of width h, in units of the spread for points."""

    card: Card
    kernels: PictureKernels | PointKernels
    h: float

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """A training example of the class, chosen uniformly, plus kernel noise."""
        streams = Streams(request.seed, request.indices)
        u, e = streams.uniform(), streams.normal(*self.card.shape)
        pick = torch.empty(request.count, dtype=torch.int64)
        for label in labels.unique().tolist():
            members, rows = self.members(label), labels == label
            pick[rows] = members[(u[rows] * len(members)).long()]
        x = self.kernels.draw(pick, e, self.h * knobs["bandwidth"])
        yield Step(request.count, request.count, x.clone(), calls=0)
        return x

    def members(self, label: int) -> Tensor:
        """Indices of the centres of a class, or of all for "any"."""
        if label == len(self.card.labels):
            return torch.arange(len(self.kernels.labels))
        return torch.nonzero(self.kernels.labels == label)[:, 0]

    # the part `components`

    @property
    def conditional_method(self) -> str:
        return "a training example weighed by the known values, plus kernel noise"

    @property
    def conditional_source(self) -> str:
        return "Parzen 1962; Nadaraya 1964; Watson 1964"

    def conditional(self, x: Tensor, known: Tensor, label: int, noise: Noise) -> Tensor:
        """A centre i by w_i ∝ k(x_o, x_io), then the missing values from its kernel: (n, …).

        Nadaraya 1964 and Watson 1964 as a distribution, not only its mean.
        """
        members = self.members(label)
        log_w = self.kernels.log_of_known(members, x, known, self.h)
        pick = members[choose(log_w.log_softmax(0), noise.uniform())]
        return self.kernels.draw(pick, noise.normal(*self.card.shape), self.h)

    # the part `kernels`

    @property
    def scale(self) -> Tensor:
        return self.kernels.scale

    def examples(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        return self.kernels.examples(count)

    def centre_levels(self) -> tuple[Tensor, Tensor]:
        if not isinstance(self.kernels, PictureKernels):
            raise UnfitKindError(f"kernels on {self.card.kind.things} have no levels")
        return self.kernels.levels, self.kernels.labels

    def log_of_levels(self) -> Tensor:
        return level_table(self.h)

    # what the model can do

    def log_grid(self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs) -> DensityRun:
        """log p at every point of a grid in the plane, by products of matrices."""
        assert isinstance(self.kernels, PointKernels)
        h = self._width(knobs)
        class_indices(self.card, None if label is None else [label], 1)
        shares, total = Steps(self.kernels.log_grid(xs, ys, h, label=label)), len(xs) * len(ys)
        for share in shares:
            yield Step(int(share * total), total, calls=0)
        return LogDensity(shares.result, Meaning.EXACT, "sum over all kernels")

    def preview(self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs) -> DensityRun:
        """The same with few, wider kernels."""
        assert isinstance(self.kernels, PointKernels)
        few = self.kernels.thinned()
        found = yield from replace(self, kernels=few).log_grid(xs, ys, label, knobs)
        method = f"a first look: sum over {len(few.labels):,} of the kernels, made wider"
        return replace(found, method=method)

    def _width(self, knobs: Knobs) -> float:
        h = self.h * settle((BANDWIDTH,), knobs)["bandwidth"]
        if h == 0:
            raise ValueError("a bandwidth of 0 has no density; choose a larger one")
        return h

    def log_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log (1/N) Σ_i k_h(x, x_i), over the centres of the class where one is given."""
        h = self._width(knobs)
        classes = class_indices(self.card, labels, len(x))
        value = torch.empty(len(x), dtype=torch.float64)
        for part in torch.arange(len(x)).split(chosen(self.card.kind, _ROWS, "kernels")):
            for label in classes[part].unique().tolist():
                rows = part[classes[part] == label]
                value[rows] = self._log_density(x[rows], h, label)
            yield Step(int(part[-1]) + 1, len(x), calls=0)
        return LogDensity(value, Meaning.EXACT, "sum over all kernels")

    def _log_density(self, x: Tensor, h: float, label: int) -> Tensor:
        only = None if label == len(self.card.labels) else label
        if isinstance(self.kernels, PointKernels):
            return self.kernels.log_density(x, h, label=only)
        return self.kernels.log_mass(x, h, label=only)


def load(card: Card, device: torch.device) -> Model:
    """Open a KDE checkpoint. Raises CheckpointError when its weights do not fit its card."""
    tensors = weights.load(card)
    kind = weights.of_kind(_KERNELS, card)
    try:
        kernels, h = kind(**tensors), float(card.net["bandwidth"])
    except NotFiniteError as error:
        raise CheckpointError(
            f"{card.name}: its centres hold values that are not finite"
        ) from error
    except (TypeError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{card.name}: the weights do not fit the card: {error}") from error
    _check(tensors, card)
    if not (math.isfinite(h) and h > 0):
        raise CheckpointError(f"{card.name}: the bandwidth must be positive, got {h:g}")
    kde = KDE(card, kernels, h)
    return Model(
        card=card,
        sample=in_batches(kde.draw, card, (BANDWIDTH,)),
        procedure=_procedure,
        knobs=(BANDWIDTH,),
        density=_density(kde),
        components=kde,
        kernels=kde,
    )


def _density(kde: KDE) -> Density:
    """Its density, in the plane with a way of its own on grids."""
    if not is_plane(kde.card.kind):
        return Density(Meaning.EXACT, kde.log_density, (BANDWIDTH,))
    return Density(Meaning.EXACT, kde.log_density, (BANDWIDTH,), kde.log_grid, preview=kde.preview)


def _check(tensors: Mapping[str, Tensor], card: Card) -> None:
    """Raise CheckpointError unless there are finite centres of the card's shape in every class."""
    centres, labels = tensors[weights.of_kind(_CENTRES, card)], tensors["labels"]
    if tuple(centres.shape[1:]) != card.shape or labels.shape != centres.shape[:1]:
        raise CheckpointError(f"{card.name}: the centres have shape {tuple(centres.shape)}")
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(f"{card.name}: '{name}' holds values that are not finite")
    classes = list(range(len(card.labels)))
    if labels.unique().tolist() != (classes or [0]):
        raise CheckpointError(f"{card.name}: not every class of the card has centres")
    if "scale" in tensors and not (tensors["scale"] > 0).all():
        raise CheckpointError(f"{card.name}: 'scale' must be positive")


def _procedure(knobs: Knobs) -> Procedure:
    width = knobs.get("bandwidth", 1.0)
    method = "a training example chosen at random, plus kernel noise"
    if width == 1.0:
        return Procedure(Exactness.EXACT, method, "Parzen 1962")
    method += f"; bandwidth × {width:g}: not the model's distribution"
    return Procedure(Exactness.HEURISTIC, method, "Parzen 1962")
