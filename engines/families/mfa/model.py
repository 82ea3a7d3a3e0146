"""Mixtures of factor analysers (Ghahramani & Hinton 1996): a closed form at picture scale.

No latents part: factors mean something only within their component, so there is no one space.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.drawing import TEMPERATURE, class_indices, in_batches, tempered
from engines.families.flow.model import DEQUANTISATION
from engines.families.mfa.net import FactorAnalysers, NormalScores
from engines.kinds import Kind, Pictures, Points
from engines.model import (
    Card,
    Density,
    DensityRun,
    Exactness,
    Knobs,
    LogDensity,
    Meaning,
    Model,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams, streams_of
from engines.parts import Noise
from engines.spread import log_mean

_SCORES: Mapping[type[Kind], Callable[[dict[str, Tensor]], NormalScores | None]] = MappingProxyType(
    {Pictures: lambda tensors: NormalScores(tensors.pop("marginals")), Points: lambda _: None}
)
_PICTURES, _POINTS = 256, 8_192
"""Examples that are taken at once."""
_EXACT = Procedure(
    Exactness.EXACT,
    "a component, its factors and its noise: x = μ + Λz + ε",
    "Ghahramani & Hinton 1996, equations 1 and 3",
)


@dataclass(frozen=True)
class MFA:
    """One loaded mixture: the mixture of each class and of all; on normal scores for pictures."""

    card: Card
    classes: tuple[FactorAnalysers, ...]
    """The mixture of each class, then that of all."""
    scores: NormalScores | None

    @property
    def dims(self) -> int:
        return math.prod(self.card.shape)

    # the part `components`

    @property
    def conditional_method(self) -> str:
        return "a component given the known values, then its conditional Gaussian"

    @property
    def conditional_source(self) -> str:
        return "Ghahramani & Jordan 1994, section 3"

    def conditional(self, x: Tensor, known: Tensor, label: int, noise: Noise) -> Tensor:
        """x_m from Σ_j w_j(x_o) N(x_m; μ_j(x_o), Σ_j): (n, …). Ghahramani & Jordan 1994.

        Pictures live on normal scores, where a known pixel is a cell: here every draw has the known
        pixels dequantised anew, uniformly as in training, and is exact given those. See
        engines/inpaint/cells.py.
        """
        known, mixture, n = known.flatten(), self.classes[label], len(noise)
        y = x.flatten().double().expand(n, -1)
        u, z = noise.uniform(), noise.normal(mixture.loading.shape[2])
        e = noise.normal(int((~known).sum()))
        if self.scores is not None:
            levels = ((x + 1) * 127.5).round().long().flatten().expand(n, -1)
            y, _ = self.scores.encode(levels, noise.uniform(self.dims))
        y = y.clone()
        y[:, ~known] = mixture.conditional(y, known).draw(u, z, e)
        if self.scores is not None:
            y = self.scores.decode(y) / 127.5 - 1
        return y.float().view(n, *self.card.shape)

    # what the model can do

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x = μ_j + T (Λ_j z + Ψ_j^½ e), j ~ w of the class."""
        streams, t = Streams(request.seed, request.indices), knobs["temperature"]
        u, z = streams.uniform(), t * streams.normal(self.classes[-1].loading.shape[2])
        e = t * streams.normal(self.dims)
        x = torch.empty(request.count, self.dims, dtype=torch.float64)
        for label in labels.unique().tolist():
            rows = labels == label
            x[rows] = self.classes[label].draw(u[rows], z[rows], e[rows])
        if self.scores is not None:
            x = self.scores.decode(x) / 127.5 - 1
        x = x.float().view(request.count, *self.card.shape)
        yield Step(request.count, request.count, x.clone(), calls=1)
        return x

    def point_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log Σ_j w_j N(x; μ_j, Λ_j Λ_jᵀ + Ψ_j), exact."""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x))
        values = []
        for part in torch.arange(len(x)).split(_POINTS):
            values.append(self._log_density(x[part], classes[part]))
            yield Step(int(part[-1]) + 1, len(x), calls=1)
        return LogDensity(torch.cat(values), Meaning.EXACT, "sum over all components")

    def picture_mass(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log of the mean of p(y) V over k uniform draws in the pixel cells: a bound on log P(x).

        Theis et al. 2016 (k = 1); Hoogeboom et al. 2020 (importance-weighted). Each picture has
        draws of its own, the same in any batch.
        """
        assert self.scores is not None
        k = int(settle((DEQUANTISATION,), knobs)["dequantisation"])
        classes = class_indices(self.card, labels, len(x))
        levels, found = ((x + 1) * 127.5).round().long().flatten(1), []
        for part in torch.arange(len(x)).split(_PICTURES):
            terms, noise = [], streams_of(x[part])
            for i in range(k):
                y, log_v = self.scores.encode(levels[part], noise.uniform(self.dims))
                terms.append(self._log_density(y, classes[part]) + log_v)
                if i < k - 1:
                    yield Step(int(part[0]), len(x), calls=i + 1)
            found.append(torch.stack(terms, 1))
            yield Step(int(part[-1]) + 1, len(x), calls=k)
        draws = "1 draw" if k == 1 else f"{k} draws"
        method = f"sum over all components, uniform dequantisation of normal scores, {draws}"
        value, error = log_mean(torch.cat(found))
        return LogDensity(value, Meaning.BOUND, method, error)

    def _log_density(self, x: Tensor, labels: Tensor) -> Tensor:
        value = torch.empty(len(x), dtype=torch.float64)
        for label in labels.unique().tolist():
            rows = labels == label
            value[rows] = self.classes[label].log_density(x[rows])
        return value


def load(card: Card, device: torch.device) -> Model:
    """Open an MFA checkpoint. Raises CheckpointError when its weights do not fit its card."""
    tensors = weights.load(card)
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise CheckpointError(f"{card.name}: '{name}' holds values that are not finite")
    try:
        scores = weights.of_kind(_SCORES, card)(tensors)
        mixture = FactorAnalysers(**tensors)
        mfa = MFA(card, _by_class(mixture, card), scores)
        _check_sizes(mixture, **card.net)
        if scores is not None and len(scores.marginals) != mfa.dims:
            raise ValueError(f"{len(scores.marginals)} marginals for {mfa.dims} pixels")
    except (TypeError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{card.name}: the weights do not fit the card: {error}") from error
    if scores is not None:
        density = Density(Meaning.BOUND, mfa.picture_mass, (DEQUANTISATION,))
    else:
        density = Density(Meaning.EXACT, mfa.point_density)
    return Model(
        card=card,
        sample=in_batches(mfa.draw, card, (TEMPERATURE,)),
        procedure=lambda knobs: tempered(_EXACT, knobs),
        knobs=(TEMPERATURE,),
        density=density,
        components=mfa,
    )


def _check_sizes(
    mixture: FactorAnalysers, *, components: int | Sequence[int], factors: int
) -> None:
    """Raise ValueError unless these are the components per class and the factors of the mixture."""
    counts = mixture.labels.bincount().tolist()
    told = [components] * len(counts) if isinstance(components, int) else list(components)
    if mixture.loading.shape[2] != factors or counts != told:
        raise ValueError(
            f"the loading has shape {tuple(mixture.loading.shape)}, which is not "
            f"{told} components of {factors} factors"
        )


def _by_class(mixture: FactorAnalysers, card: Card) -> tuple[FactorAnalysers, ...]:
    """The mixtures of the classes and of all. Raises ValueError when card and tensors disagree."""
    if mixture.mean.shape[1] != math.prod(card.shape):
        raise ValueError(f"{mixture.mean.shape[1]} dimensions for shape {card.shape}")
    classes = range(len(card.labels))
    if mixture.labels.unique().tolist() != (list(classes) or [0]):
        raise ValueError("not every class of the card has components")
    return (*(mixture.of_class(label) for label in classes), mixture)
