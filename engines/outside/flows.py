"""Flows of points from elsewhere: zuko's by name, and RealNVP in normflows' names.

Points are standardised by the card's mean and scale before the network sees them.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
import zuko
from torch import Tensor, nn
from torch.nn import functional as F

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.families.flow import model as flow
from engines.families.flow.net import Invertible
from engines.model import Card, Model


class Standardised(Invertible):
    """A map T of standardised points to z, with log |dz/dx| of the whole."""

    mean: Tensor
    scale: Tensor

    def __init__(self, mean: Sequence[float], scale: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("scale", torch.tensor(scale), persistent=False)

    @abstractmethod
    def inward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """z (n, D) and log |dz/dy| (n,)."""

    @abstractmethod
    def outward(self, z: Tensor) -> Tensor:
        """y (n, D)."""

    def encode(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        z, log_det = self.inward((x - self.mean) / self.scale)
        return z, log_det - self.scale.log().sum()

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.outward(z) * self.scale + self.mean


class Zuko(Standardised):
    """zuko.flows by name: NSF (Durkan et al. 2019), MAF (Papamakarios et al. 2017), NICE."""

    def __init__(
        self,
        *,
        kind: str,
        dim: int,
        transforms: int,
        bins: int,
        hidden: Sequence[int],
        passes: int,
        mean: Sequence[float],
        scale: Sequence[float],
    ) -> None:
        super().__init__(mean, scale)
        more = {"bins": bins} if kind == "NSF" else {}
        if kind != "NICE" and passes:
            more["passes"] = passes
        make = {"NSF": zuko.flows.NSF, "MAF": zuko.flows.MAF, "NICE": zuko.flows.NICE}[kind]
        self.flow = make(dim, transforms=transforms, hidden_features=tuple(hidden), **more)

    def inward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return self.flow().transform.call_and_ladj(y)  # type: ignore[no-any-return]

    def outward(self, z: Tensor) -> Tensor:
        return self.flow().transform.inv(z)  # type: ignore[no-any-return]


class Perceptron(nn.Module):
    """Linear layers with leaky ReLUs between them."""

    def __init__(self, sizes: Sequence[int], slope: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self._slope = slope

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), self._slope)
        return self.layers[-1](x)  # type: ignore[no-any-return]


class Coupling(nn.Module):
    """y = b z + (1 − b)(z exp s(b z) + t(b z)): Dinh et al. 2017, equation 9."""

    b: Tensor

    def __init__(self, dim: int, hidden: Sequence[int], slope: float, parts: str) -> None:
        super().__init__()
        self.register_buffer("b", torch.zeros(dim))
        sizes = [dim, *hidden, dim]
        self.s = Perceptron(sizes, slope) if "s" in parts else None
        self.t = Perceptron(sizes, slope) if "t" in parts else None

    def _affine(self, x: Tensor) -> tuple[Tensor, Tensor]:
        kept = self.b * x
        s = self.s(kept) if self.s is not None else torch.zeros_like(x)
        t = self.t(kept) if self.t is not None else torch.zeros_like(x)
        return (1 - self.b) * s, (1 - self.b) * t

    def outward(self, z: Tensor) -> Tensor:
        s, t = self._affine(z)
        return z * s.exp() + t

    def inward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        s, t = self._affine(y)
        return (y - t) * (-s).exp(), -s.sum(1)


class Constant(nn.Module):
    """y = z exp s + t with constants: an ActNorm once it is trained."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.s, self.t = nn.Parameter(torch.zeros(dim)), nn.Parameter(torch.zeros(dim))

    def outward(self, z: Tensor) -> Tensor:
        return z * self.s.exp() + self.t

    def inward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return (y - self.t) * (-self.s).exp(), -self.s.sum().expand(len(y))


class RealNVP(Standardised):
    """Couplings and constants in turn, from z outwards; `layout` says which: "st", "s", "t", "".

    The base is a normal of its own centre and spread, taken in as one more constant.
    """

    def __init__(
        self,
        *,
        dim: int,
        hidden: Sequence[int],
        slope: float,
        layout: Sequence[str],
        mean: Sequence[float],
        scale: Sequence[float],
    ) -> None:
        super().__init__(mean, scale)
        self.steps = nn.ModuleList(
            Coupling(dim, hidden, slope, parts) if parts else Constant(dim) for parts in layout
        )

    def inward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        total = y.new_zeros(len(y))
        for step in reversed(self.steps):
            y, log_det = step.inward(y)  # type: ignore[operator]
            total = total + log_det
        return y, total

    def outward(self, z: Tensor) -> Tensor:
        for step in self.steps:
            z = step.outward(z)  # type: ignore[operator]
        return z


def build_zuko(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    """The model of a card from outside. Raises CheckpointError when the tensors do not fit it."""
    net = Zuko(**{k: v for k, v in card.net.items() if k not in ("architecture", "entry")})
    titles = {f"flow.{name}": name for name in tensors}
    weights.fill(net, {f"flow.{name}": t for name, t in tensors.items()}, card, titles)
    base = net.flow().base
    if not (base.mean == 0).all() or not (base.stddev == 1).all():
        raise CheckpointError(f"{card.name}: the flow's base is not a standard normal")
    return flow.model_of(card, net, device)


_PARTS = re.compile(r"flows\.(\d{1,6})\.(?:(b|s|t)|(s|t)\.net\.(\d{1,6})\.(weight|bias))")
_CONSTANT = {"q0.loc": "t", "q0.log_scale": "s"}


def build_realnvp(card: Card, tensors: Mapping[str, Tensor], device: torch.device) -> Model:
    """The model of a card from outside. Raises CheckpointError when the tensors do not fit it."""
    layers: dict[int, dict[str, str]] = {}
    for name in tensors:
        if match := _PARTS.fullmatch(name):
            step, whole, net, place, part = match.groups()
            own = whole or f"{net}.layers.{int(place) // 2}.{part}"
            layers.setdefault(int(step), {})[own] = name
        elif name not in _CONSTANT and not name.endswith("data_dep_init_done"):
            raise CheckpointError(
                f"{card.name}: the weights hold '{name}', which is no part of a RealNVP of masked "
                "affine flows and ActNorms"
            )
    layout = ["", *(_kind(layers[i]) for i in sorted(layers))]
    found = {own: f"steps.0.{part}" for own, part in _CONSTANT.items()}
    for turn, i in enumerate(sorted(layers), start=1):
        found |= {name: f"steps.{turn}.{own}" for own, name in layers[i].items()}
    sizes, couplings = card.net, sum(1 for parts in layout if parts)
    if couplings != sizes["couplings"]:
        raise CheckpointError(
            f"{card.name}: the weights have {couplings} couplings, the card asks for "
            f"{sizes['couplings']}"
        )
    net = RealNVP(
        dim=sizes["dim"],
        hidden=sizes["hidden"],
        slope=sizes["slope"],
        layout=layout,
        mean=sizes["mean"],
        scale=sizes["scale"],
    )
    renamed = {own: _row(own, tensors[name]) for name, own in found.items() if name in tensors}
    if not _CONSTANT.keys() & tensors.keys():  # a base without parameters: standard normal
        renamed |= {"steps.0.s": torch.zeros(sizes["dim"]), "steps.0.t": torch.zeros(sizes["dim"])}
    weights.fill(net, renamed, card, {own: name for name, own in found.items()})
    return flow.model_of(card, net, device)


def _kind(parts: Mapping[str, str]) -> str:
    """Which networks a coupling has; nothing for a constant."""
    return "".join(p for p in "st" if any(own.startswith(f"{p}.") for own in parts))


def _row(name: str, tensor: Tensor) -> Tensor:
    """Constants and masks without their leading side of length 1."""
    constant = name.rpartition(".")[2] in ("b", "s", "t") and tensor.dim() == 2
    return tensor[0] if constant and len(tensor) == 1 else tensor
