"""Variational autoencoders: convolutional for small pictures, a perceptron for points.

Both are class-conditional; class index `classes` means "any": p(x) without a class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import zuko
from torch import Tensor, nn
from torch.nn import functional as F

from engines.families.flow.bend import spline_flow
from engines.noise import log_normal
from engines.parts import Noise

_LEVELS = 256


def mixture_of_logistics(parameters: Tensor, x: Tensor) -> Tensor:
    """log P(x) of 256-level values under a discretised mixture of logistics, per value.

    Salimans et al. 2017, equation 2. parameters (…, 3K) holds K logits, means and log scales; x (…)
    in [-1, 1]. The end levels take the tails, so the 256 probabilities sum to 1.
    """
    logits, means, log_scales = parameters.chunk(3, -1)
    inverse = (-_bounded(log_scales)).exp()
    x = x[..., None]
    half = 1 / (_LEVELS - 1)
    above, below = (x - means + half) * inverse, (x - means - half) * inverse
    # log(σ(a) − σ(b)) = log σ(a) + log σ(−b) + log(1 − e^(b−a)), without cancellation
    width = 2 * half * inverse
    inside = F.logsigmoid(above) + F.logsigmoid(-below) + torch.log(-torch.expm1(-width))
    log_p = torch.where(x < -1 + half, F.logsigmoid(above), inside)
    log_p = torch.where(x > 1 - half, F.logsigmoid(-below), log_p)
    return torch.logsumexp(logits.log_softmax(-1) + log_p, -1)


def mixture_mean(parameters: Tensor) -> Tensor:
    """Mean of the mixture with its tails in the end levels: parameters (…, 3K) -> (…).

    E[clip(X)] = 1 − ∫ F over [-1, 1], and the integral of σ((t − m)/s) is s·softplus((t − m)/s).
    """
    logits, means, log_scales = parameters.chunk(3, -1)
    scale = _bounded(log_scales).exp()
    upper, lower = F.softplus((1 - means) / scale), F.softplus((-1 - means) / scale)
    clipped = 1 - scale * (upper - lower)
    return (logits.softmax(-1) * clipped).sum(-1).clamp(-1, 1)


def mixture_draw(parameters: Tensor, pick: Tensor, place: Tensor) -> Tensor:
    """One draw per value, rounded to the 256 levels; pick and place (…) are uniform on (0, 1)."""
    logits, means, log_scales = parameters.chunk(3, -1)
    cumulative = logits.softmax(-1).cumsum(-1)
    k = (pick[..., None] > cumulative).sum(-1, keepdim=True).clamp_max(logits.shape[-1] - 1)
    mean, scale = means.gather(-1, k)[..., 0], _bounded(log_scales).exp().gather(-1, k)[..., 0]
    x = mean + scale * torch.logit(place)
    return ((x + 1) * 127.5).round().clamp(0, 255) / 127.5 - 1


def _bounded(log_scales: Tensor) -> Tensor:
    # an unbounded likelihood appears as the scale goes to 0 (Mattei & Frellsen 2018)
    return log_scales.clamp(-7.0, 3.0)


class LearnedPrior(nn.Module):
    """A latent variable z with a learned prior p(z | c), a flow from e ~ N(0, I) to z.

    Classes and modes then need no explaining by z itself (Chen et al. 2017, "Variational lossy
    autoencoder").
    """

    def __init__(
        self,
        *,
        latent: int,
        classes: int,
        transforms: int,
        bins: int,
        hidden: int,
        passes: int | None = None,
    ) -> None:
        super().__init__()
        self.latent, self.classes = latent, classes
        self.prior = spline_flow(
            latent,
            context=classes + 1,
            transforms=transforms,
            passes=passes,
            bins=bins,
            hidden=(hidden, hidden),
        )

    def log_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        """log p(z | c) in nats: (n, latent) -> (n,)."""
        return self._prior(labels).log_prob(z)  # type: ignore[no-any-return]

    def from_prior(self, e: Tensor, labels: Tensor) -> Tensor:
        """z (n, latent) for e ~ N(0, I) of the same shape."""
        return self._prior(labels).transform.inv(e)  # type: ignore[no-any-return]

    def to_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        """The inverse of `from_prior`."""
        return self._prior(labels).transform(z)  # type: ignore[no-any-return]

    def _prior(self, labels: Tensor) -> zuko.distributions.NormalizingFlow:
        return self.prior(F.one_hot(labels, self.classes + 1).float())

    def _join(self, h: Tensor, labels: Tensor) -> Tensor:
        return torch.cat([h, F.one_hot(labels, self.classes + 1).to(h.dtype)], 1)


class PictureVAE(LearnedPrior):
    """q(z | x, c) and p(x | z, c) for pictures (n, 1, H, W), H and W multiples of 4."""

    def __init__(
        self, *, shape: Sequence[int], classes: int, latent: int, width: int, mixtures: int
    ) -> None:
        super().__init__(latent=latent, classes=classes, transforms=4, bins=8, hidden=128, passes=2)
        channels, height, side = shape
        if channels != 1:
            raise ValueError(f"this decoder models one channel, got {channels}")
        self.mixtures = mixtures
        self.grid = (height // 4, side // 4)
        flat = width * self.grid[0] * self.grid[1]
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, width // 2, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width // 2, width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            nn.Flatten(),
        )
        self.to_q = nn.Linear(flat + classes + 1, 2 * latent)
        self.from_z = nn.Linear(latent + classes + 1, flat)
        # the last layer works at full resolution: shuffled pixels alone leave a grid behind
        self.decoder = nn.Sequential(
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.PixelShuffle(2),
            nn.SiLU(),
            nn.Conv2d(width // 2, width // 2, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(width // 2, 32, 3, padding=1),
            nn.PixelShuffle(2),
            nn.SiLU(),
            nn.Conv2d(8, 3 * mixtures, 3, padding=1),
        )

    def posterior(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z | x, c), each (n, latent)."""
        mean, log_sd = self.to_q(self._join(self.encoder(x), labels)).chunk(2, 1)
        return mean, log_sd.clamp(-6, 2)

    def likelihood(self, z: Tensor, labels: Tensor) -> Tensor:
        """Parameters of p(x | z, c): (n, H, W, 3·mixtures)."""
        h = self.from_z(self._join(z, labels)).view(len(z), -1, *self.grid)
        return self.decoder(h).permute(0, 2, 3, 1)  # type: ignore[no-any-return]

    def log_likelihood(self, x: Tensor, z: Tensor, labels: Tensor) -> Tensor:
        """log p(x | z, c) in nats (n,)."""
        return mixture_of_logistics(self.likelihood(z, labels), x[:, 0]).flatten(1).sum(1)

    def view(self, z: Tensor, labels: Tensor) -> Tensor:
        """What the methods below take for z: the parameters of the mixtures."""
        return self.likelihood(z, labels)

    def log_p(self, view: Tensor, x: Tensor, where: Tensor) -> Tensor:
        """log p(x | z) (n,) of the pixels `where` (1, H, W) alone."""
        return mixture_of_logistics(view[:, where[0]], x[:, where]).sum(1)

    def expected(self, view: Tensor) -> Tensor:
        """E[x | z] (n, 1, H, W)."""
        return mixture_mean(view)[:, None]

    def drawn(self, view: Tensor, noise: Noise) -> Tensor:
        """x ~ p(x | z) (n, 1, H, W)."""
        size = view.shape[1:3]
        pick, place = (noise.uniform(*size).to(view.device) for _ in range(2))
        return mixture_draw(view, pick, place)[:, None]


class PointVAE(LearnedPrior):
    """q(z | x, c) and p(x | z, c) = N(mean(z, c), sd² I) with one learned sd, for points."""

    mean: Tensor
    scale: Tensor

    def __init__(
        self, *, dim: int, classes: int, latent: int, hidden: int, transforms: int = 2
    ) -> None:
        super().__init__(
            latent=latent, classes=classes, transforms=transforms, bins=16, hidden=hidden
        )
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("scale", torch.ones(dim))
        self.encoder = _perceptron(dim + classes + 1, hidden, 2 * latent)
        self.decoder = _perceptron(latent + classes + 1, hidden, dim)
        self.log_sd = nn.Parameter(torch.tensor(math.log(0.1)))

    def standardise(self, x: Tensor) -> None:
        """Take mean and standard deviation from the training points (n, dim)."""
        self.mean.copy_(x.mean(0))
        self.scale.copy_(x.std(0))

    def posterior(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z | x, c), each (n, latent)."""
        mean, log_sd = self.encoder(self._join((x - self.mean) / self.scale, labels)).chunk(2, 1)
        return mean, log_sd.clamp(-6, 2)

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        """Mean of p(x | z, c) in data units (n, dim)."""
        return self.decoder(self._join(z, labels)) * self.scale + self.mean  # type: ignore[no-any-return]

    def noise(self) -> Tensor:
        """Standard deviation of p(x | z, c) per axis, in data units (dim,)."""
        return self.log_sd.exp() * self.scale

    def log_likelihood(self, x: Tensor, z: Tensor, labels: Tensor) -> Tensor:
        """log p(x | z, c) in nats (n,)."""
        sd = self.noise()
        e = (x - self.decode(z, labels)) / sd
        return -(0.5 * e.square() + sd.log() + 0.5 * math.log(2 * math.pi)).sum(1)

    def view(self, z: Tensor, labels: Tensor) -> Tensor:
        """What the methods below take for z: the mean (n, dim)."""
        return self.decode(z, labels)

    def log_p(self, view: Tensor, x: Tensor, where: Tensor) -> Tensor:
        """log p(x | z) (n,) of the axes `where` (dim,) alone."""
        sd = self.noise()[where]
        return log_normal((x - view)[:, where] / sd) - sd.log().sum()

    def expected(self, view: Tensor) -> Tensor:
        """E[x | z] (n, dim)."""
        return view

    def drawn(self, view: Tensor, noise: Noise) -> Tensor:
        """x ~ p(x | z) (n, dim)."""
        return view + self.noise().to(view.device) * noise.normal(view.shape[1]).to(view.device)


def _perceptron(into: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(into, hidden),
        nn.Tanh(),
        nn.Linear(hidden, hidden),
        nn.Tanh(),
        nn.Linear(hidden, hidden),
        nn.Tanh(),
        nn.Linear(hidden, out),
    )
