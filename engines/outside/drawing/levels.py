"""Noise levels of foreign denoisers, brought to D(x; σ): the change of variables from VP to VE.

A network trained on x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε sees x_t = x / √(1 + σ²) with
σ_t = √((1 − ᾱ_t) / ᾱ_t) (Karras et al. 2022, table 1 and appendix C.1). Knows no networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from engines.checkpoints.catalog import CheckpointError

_LARGEST = 200.0
"""Beyond this nothing of the data is left; schedules that end in pure noise have σ = ∞ there."""


class Levels(Protocol):
    """How a network's input, time and output belong to x = x_0 + σ ε: σ (n,), x (n, …)."""

    @property
    def span(self) -> tuple[float, float]:
        """σ_min and σ_max of the training."""
        ...

    def enter(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """What the network is given: its picture (n, …) and its time (n,)."""
        ...

    def clean(self, out: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        """D(x; σ) for the network's answer."""
        ...


@dataclass(frozen=True, eq=False)
class Preserving:
    """Variance-preserving training at times 0 … T − 1, log σ interpolated between them."""

    log_sigma: Tensor
    prediction: str
    whole: bool
    """Whether the network knows whole times only."""

    @property
    def span(self) -> tuple[float, float]:
        low, high = self.log_sigma[0].exp().item(), self.log_sigma[-1].exp().item()
        return low, min(high, _LARGEST)

    def time(self, sigma: Tensor) -> Tensor:
        """t(σ) (n,), between the times of training as the logarithm of σ is between theirs."""
        log = sigma.double().log().to(self.log_sigma)
        after = torch.searchsorted(self.log_sigma, log).clamp(1, len(self.log_sigma) - 1)
        low, high = self.log_sigma[after - 1], self.log_sigma[after]
        t = after - 1 + ((log - low) / (high - low)).clamp(0, 1)
        return t.round().long() if self.whole else t.to(sigma)

    def enter(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        return x * _wide(1 + sigma.square(), x).rsqrt(), self.time(sigma)

    def clean(self, out: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        s = _wide(sigma, x)
        if self.prediction == "sample":
            return out
        if self.prediction == "epsilon":
            return x - s * out
        # v = √ᾱ ε − √(1 − ᾱ) x_0 (Salimans & Ho 2022, appendix D)
        total = 1 + s.square()
        return x / total - s * out * total.rsqrt()


@dataclass(frozen=True, eq=False)
class Preconditioned:
    """Training as in Karras et al. 2022, equation 7: the network's time is log(σ) / 4."""

    span: tuple[float, float]
    sigma_data: float
    sign: float
    """Of c_out: −1 where the network predicts v."""

    def enter(self, x: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        total = _wide(sigma, x).square() + self.sigma_data**2
        return x * total.rsqrt(), sigma.log() / 4

    def clean(self, out: Tensor, x: Tensor, sigma: Tensor) -> Tensor:
        s = _wide(sigma, x)
        total = s.square() + self.sigma_data**2
        c_out = self.sign * s * self.sigma_data * total.rsqrt()
        return self.sigma_data**2 / total * x + c_out * out


def levels_of(scheduler: Any, *, whole: bool) -> Levels:
    """The levels that a scheduler trains at. Raises CheckpointError for impossible ones.

    `whole` says that the network looks its times up in a table.
    """
    config: Mapping[str, Any] = scheduler.config
    prediction = str(config.get("prediction_type", "epsilon"))
    if "sigma_data" in config:
        low, high = float(config["sigma_min"]), float(config["sigma_max"])
        if not 0 < low < high or prediction not in ("epsilon", "v_prediction"):
            raise CheckpointError("the noise schedule has impossible levels")
        sign = -1.0 if prediction == "v_prediction" else 1.0
        return Preconditioned((low, high), float(config["sigma_data"]), sign)
    kept: Tensor = scheduler.alphas_cumprod.double().cpu()
    variance = (1 - kept) / kept.clamp_min(1e-12)
    if len(kept) < 2 or not (kept.isfinite().all() and (variance.diff() > 0).all()):
        raise CheckpointError("the noise schedule does not rise from step to step")
    return Preserving(0.5 * variance.clamp_min(1e-12).log(), prediction, whole)


def _wide(value: Tensor, like: Tensor) -> Tensor:
    return value.to(like).view(-1, *[1] * (like.dim() - 1))
