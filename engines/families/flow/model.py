"""Normalizing flows: one inverse pass samples, the change of variables gives the density."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from engines.checkpoints import weights
from engines.drawing import TEMPERATURE, class_indices, in_batches, tempered, to_levels
from engines.families.flow.net import Invertible, PictureFlow, PointFlow
from engines.kinds import Kind, Pictures, Points, Value
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
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams, log_normal, streams_of
from engines.spread import log_mean

DEQUANTISATION = Knob(
    "dequantisation",
    "Dequantisation samples",
    1,
    1,
    256,
    1,
    "Number k of uniform draws inside the pixel cells. log of their mean density is a lower bound "
    "on the log mass of the 8-bit picture, tight as k grows.",
)

_NETS: Mapping[type[Kind], Callable[..., Invertible]] = MappingProxyType(
    {Pictures: PictureFlow, Points: PointFlow}
)
_PICTURES, _POINTS, _PATCH = 256, 32_768, 8192
"""Examples that the network sees at once."""


@dataclass(frozen=True)
class Flow:
    """One loaded flow and where it computes."""

    card: Card
    net: Invertible
    device: torch.device

    @property
    def dims(self) -> int:
        return math.prod(self.card.shape)

    @property
    def in_cells(self) -> bool:
        """Whether data are levels, which enter as cells of (0, 1)."""
        return self.card.kind.value is Value.LEVEL

    # the part `bijection`

    def to_noise(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self.net.encode(x, labels)

    def from_noise(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.net.decode(z, labels)

    @property
    def layers(self) -> int:
        return self.net.layers if isinstance(self.net, PointFlow) else 0

    def log_p_after(self, x: Tensor, labels: Tensor, count: int) -> Tensor:
        assert isinstance(self.net, PointFlow)
        return self.net.log_p_after(x, labels, count)

    # what the model can do

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """x = f⁻¹(T z), z ~ N(0, I)."""
        x = self._decode(self.drawn_codes(replace(request, knobs=knobs)), labels)
        yield Step(request.count, request.count, x.clone(), calls=1)
        return x

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """T z (n, D)."""
        z = Streams(request.seed, request.indices).normal(self.dims)
        return settle((TEMPERATURE,), request.knobs)["temperature"] * z

    def _decode(self, z: Tensor, labels: Tensor) -> Tensor:
        with torch.inference_mode():
            x = self.net.decode(z.to(self.device), labels.to(self.device)).cpu()
        # an ordinary tensor again, which whoever asked may differentiate
        return to_levels(x) if self.in_cells else x.clone()

    def point_density(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log p(x) = log N(f(x); 0, I) + log |det df/dx|, exact."""
        settle((), knobs)
        classes = class_indices(self.card, labels, len(x))
        values = torch.empty(len(x), dtype=torch.float64)
        done = 0
        for label in classes.unique().tolist():
            rows = (classes == label).nonzero()[:, 0]
            for part in rows.split(_POINTS):
                values[part] = self._of_points(x[part], label)
                done += len(part)
                yield Step(done, len(x), calls=1)
        return LogDensity(values, Meaning.EXACT, "change of variables")

    @torch.no_grad()
    def _of_points(self, x: Tensor, label: int) -> Tensor:
        """log p of points (n, D) of one class."""
        if not self.unrolls:
            return self._log_density(x, torch.full((len(x),), label))
        own, total = self._unrolled(label), []
        for part in x.float().to(self.device).split(_PATCH):
            total.append(own(*part.T).double().cpu())
        return torch.cat(total) if total else torch.empty(0, dtype=torch.float64)

    @property
    def unrolls(self) -> bool:
        """Whether its layers are known one by one: those of points in the plane trained here."""
        return self.dims == 2 and isinstance(self.net, PointFlow)

    @torch.no_grad()
    def log_grid(self, xs: Tensor, ys: Tensor, label: int | None, knobs: Knobs) -> DensityRun:
        """The same on a grid of the plane: what one coordinate decides is asked once for it."""
        settle((), knobs)
        class_ = int(class_indices(self.card, None if label is None else [label], 1)[0])
        own, up, values = self._unrolled(class_), ys.float().to(self.device), []
        for part in xs.float().to(self.device).split(max(1, _PATCH // len(ys))):
            values.append(own(part[:, None], up[None]).flatten().double().cpu())
            yield Step(sum(map(len, values)), len(xs) * len(ys), calls=1)
        return LogDensity(torch.cat(values), Meaning.EXACT, "change of variables")

    def _unrolled(self, label: int) -> Callable[[Tensor, Tensor], Tensor]:
        """log p(x, y | c) of coordinates in data units that broadcast."""
        assert isinstance(self.net, PointFlow)
        net = self.net
        run = net.unrolled(label)

        def log_p(x: Tensor, y: Tensor) -> Tensor:
            at = [(v - net.mean[k]) / net.scale[k] for k, v in enumerate((x, y))]
            (a, b), log_det = run(at[0], at[1])
            normal = (a.square() + b.square()) / 2 + math.log(2 * math.pi)
            return log_det - normal - net.scale.log().sum()

        return log_p

    def picture_mass(self, x: Tensor, labels: Tensor | None, knobs: Knobs) -> DensityRun:
        """log of the mean density over k uniform draws in the pixel cells: a bound on log P(x).

        Theis et al. 2016 (k = 1); Hoogeboom et al. 2020 (importance-weighted). Each picture has
        draws of its own, the same in any batch.
        """
        k = int(settle((DEQUANTISATION,), knobs)["dequantisation"])
        classes = class_indices(self.card, labels, len(x))
        levels, values, errors = ((x + 1) * 127.5).round(), [], []
        cell = self.dims * math.log(256)
        for part in torch.arange(len(x)).split(_PICTURES):
            terms, noise = [], streams_of(x[part])
            for i in range(k):
                u = (levels[part] + noise.uniform(*self.card.shape)) / 256
                terms.append(self._log_density(u, classes[part]))
                if i < k - 1:
                    yield Step(int(part[0]), len(x), calls=i + 1)
            value, error = log_mean(torch.stack(terms, 1))
            values.append(value - cell)
            errors.append(error)
            yield Step(int(part[-1]) + 1, len(x), calls=k)
        draws = "1 draw" if k == 1 else f"{k} draws"
        method = f"change of variables, uniform dequantisation, {draws}"
        return LogDensity(torch.cat(values), Meaning.BOUND, method, torch.cat(errors))

    @torch.no_grad()
    def _log_density(self, x: Tensor, labels: Tensor) -> Tensor:
        z, log_det = self.net.encode(x.to(self.device), labels.to(self.device))
        return (log_normal(z) + log_det).cpu().double()

    def decode(self, z: Tensor, labels: Tensor | None) -> Run:
        """(n, D) -> (n, …)."""
        x = self._decode(z, class_indices(self.card, labels, len(z)))
        yield Step(len(z), len(z), x.clone(), calls=1)
        return x

    @torch.no_grad()
    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """(n, …) -> (n, D); pictures enter at the centres of their pixel cells."""
        classes = class_indices(self.card, labels, len(x)).to(self.device)
        if self.in_cells:
            x = (((x + 1) * 127.5).round() + 0.5) / 256
        z, _ = self.net.encode(x.to(self.device), classes)
        yield Step(len(x), len(x), calls=1)
        return z.cpu()


def load(card: Card, device: torch.device) -> Model:
    """Open a flow checkpoint. Raises CheckpointError when its weights do not fit its card."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    return model_of(card, net, device)


def model_of(card: Card, net: Invertible, device: torch.device) -> Model:
    """What a flow can do, whatever its network."""
    flow = Flow(card, net.eval().requires_grad_(False).to(device), device)
    if flow.in_cells:
        density = Density(Meaning.BOUND, flow.picture_mass, (DEQUANTISATION,))
    else:
        grid = flow.log_grid if flow.unrolls else None
        density = Density(Meaning.EXACT, flow.point_density, grid=grid, at_once=False)
    exact = Procedure(
        Exactness.EXACT, "x = f⁻¹(z), z ~ N(0, I)", "Dinh et al. 2017; Durkan et al. 2019"
    )
    return Model(
        card=card,
        sample=in_batches(flow.draw, card, (TEMPERATURE,)),
        procedure=lambda knobs: tempered(exact, knobs),
        knobs=(TEMPERATURE,),
        density=density,
        latents=Latents(
            (flow.dims,),
            "Gaussian, exact inverse",
            flow.decode,
            flow.encode,
            Procedure(Exactness.EXACT, "z = f(x)", "Dinh et al. 2017"),
            drawn=flow.drawn_codes,
        ),
        bijection=flow,
    )
