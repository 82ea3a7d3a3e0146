"""Mixtures of factor analysers: densities, conditionals and scores in closed form.

p(x) = Σ_j w_j N(x; μ_j, Λ_j Λ_jᵀ + Ψ_j), Ψ_j diagonal (Ghahramani & Hinton 1996, equation 3; one Ψ
per component as in McLachlan & Peel 2000). All in float64, for the model is also an oracle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.noise import choose


@dataclass(frozen=True)
class Conditional:
    """p(x_m | x_o) of n observations: mixtures with means of their own and shared covariances.

    `log_weight` (n, M), `mean` (n, M, D_m), `loading` (M, D_m, K) and `noise` (M, D_m).
    """

    log_weight: Tensor
    mean: Tensor
    loading: Tensor
    noise: Tensor

    def mixture(self, row: int) -> FactorAnalysers:
        """The conditional given observation `row`, itself a mixture of factor analysers."""
        return FactorAnalysers(
            self.mean[row],
            self.loading,
            self.noise,
            self.log_weight[row],
            torch.zeros(len(self.noise), dtype=torch.int64),
        )

    def expectation(self) -> Tensor:
        """E[x_m | x_o]: (n, D_m)."""
        return (self.log_weight.exp()[:, :, None] * self.mean).sum(1)

    def draw(self, u: Tensor, z: Tensor, e: Tensor) -> Tensor:
        """Draws (n, D_m) from uniforms u (n,) and normals z (n, K), e (n, D_m)."""
        j = choose(self.log_weight, u)
        factors = torch.einsum("ndk,nk->nd", self.loading[j], z.double())
        return self.mean[torch.arange(len(j)), j] + factors + self.noise[j].sqrt() * e.double()


class FactorAnalysers:
    """M components over D dimensions with K factors each, in M' classes.

    `mean` (M, D), `loading` (M, D, K), `noise` (M, D) > 0, `log_weight` (M,), `labels` (M,).
    """

    def __init__(
        self, mean: Tensor, loading: Tensor, noise: Tensor, log_weight: Tensor, labels: Tensor
    ) -> None:
        self.mean, self.loading, self.noise = mean.double(), loading.double(), noise.double()
        self.log_weight = log_weight.double() - torch.logsumexp(log_weight.double(), 0)
        self.labels = labels
        m, d, k = self.loading.shape
        if self.mean.shape != (m, d) or self.noise.shape != (m, d):
            raise ValueError(f"loading {m} × {d} × {k} does not fit mean and noise")
        if self.log_weight.shape != (m,) or self.labels.shape != (m,):
            raise ValueError(f"{m} components need as many weights and labels")
        if not (self.noise > 0).all():
            raise ValueError("'noise' must be positive")
        # A = I + Λᵀ Ψ⁻¹ Λ = L Lᵀ and W = L⁻¹ Λᵀ Ψ⁻¹, so Σ⁻¹ = Ψ⁻¹ − Wᵀ W (Woodbury)
        scaled = (self.loading / self.noise[:, :, None]).mT
        self._lower = torch.linalg.cholesky(
            torch.eye(k, dtype=torch.float64) + scaled @ self.loading
        )
        self._w = torch.linalg.solve_triangular(self._lower, scaled, upper=False)
        self._log_det = 2 * self._lower.diagonal(dim1=1, dim2=2).log().sum(1)
        self._log_det += self.noise.log().sum(1)

    def tensors(self) -> dict[str, Tensor]:
        """What the checkpoint stores."""
        names = ("mean", "loading", "noise", "log_weight")
        return {name: getattr(self, name).float() for name in names} | {"labels": self.labels}

    def of_class(self, label: int | None) -> FactorAnalysers:
        """The components of a class with their weights within it; all of them for None."""
        if label is None:
            return self
        rows = self.labels == label
        parts = (self.mean, self.loading, self.noise, self.log_weight, self.labels)
        return FactorAnalysers(*(part[rows] for part in parts))

    def on(self, places: Tensor) -> FactorAnalysers:
        """The marginal of some dimensions, bool (D,): again a mixture of factor analysers."""
        return FactorAnalysers(
            self.mean[:, places],
            self.loading[:, places],
            self.noise[:, places],
            self.log_weight,
            self.labels,
        )

    def posterior(self, j: Tensor) -> tuple[Tensor, Tensor]:
        """p(z | x, j) = N(P_j (x − μ_j), R_j R_jᵀ) for components (n,): P (n, K, D), R (n, K, K).

        P = A⁻¹ Λᵀ Ψ⁻¹ and R = L⁻ᵀ.
        """
        root = torch.linalg.inv(self._lower[j]).mT
        return root @ self._w[j], root

    def noised(self, sigma: float) -> FactorAnalysers:
        """The mixture after adding N(0, σ² I): again one of factor analysers."""
        noise = self.noise + sigma**2
        return FactorAnalysers(self.mean, self.loading, noise, self.log_weight, self.labels)

    def log_density(self, x: Tensor) -> Tensor:
        """Exact log p(x) in nats: (n, D) -> (n,) float64."""
        return torch.logsumexp(self.log_components(x), 1)

    def log_components(self, x: Tensor) -> Tensor:
        """log w_j + log N(x; μ_j, Σ_j): (n, D) -> (n, M)."""
        # centred first: with little noise the expanded squares would cancel
        x, centre = x.double(), self.mean.mean(0)
        d, mean = x - centre, self.mean - centre
        precision = 1 / self.noise
        squares = d.square() @ precision.T - 2 * d @ (mean * precision).T
        squares = squares + (mean.square() * precision).sum(1)
        squares = squares - self._projected(x).square().sum(2)
        constant = self._log_det + x.shape[1] * math.log(2 * math.pi)
        log_joint: Tensor = self.log_weight - 0.5 * (squares + constant)
        return log_joint

    def factors(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """E[z | x, j] (n, M, K) and Cov[z | j] = A⁻¹ (M, K, K)."""
        root = torch.linalg.inv(self._lower)
        return torch.einsum("mjk,nmj->nmk", root, self._projected(x)), root.mT @ root

    def score(self, x: Tensor) -> Tensor:
        """∇ log p(x) = −Σ_j r_j Σ_j⁻¹ (x − μ_j): (n, D) -> (n, D) float64."""
        x = x.double()
        r, precision = self.log_components(x).softmax(1), 1 / self.noise
        pull = x * (r @ precision) - r @ (self.mean * precision)
        within: Tensor = (r[:, :, None] * self._projected(x)).flatten(1) @ self._w.flatten(0, 1)
        return within - pull

    def denoise(self, x: Tensor, sigma: float) -> Tensor:
        """E[x_0 | x_0 + σ ε = x] = x + σ² ∇ log p_σ(x) (Robbins 1956; Efron 2011, Tweedie)."""
        return x.double() + sigma**2 * self.noised(sigma).score(x)

    def conditional(self, x: Tensor, known: Tensor) -> Conditional:
        """p(x_m | x_o): x (n, D) and known (D,) bool, True = observed; the rest of x is not read.

        Responsibilities come from the observed part; given j, the factors are Gaussian given x_o,
        and x_m = μ_m + Λ_m z + noise (Ghahramani & Jordan 1994, section 3).
        """
        seen = self.on(known)
        observed, hidden = x[:, known], self.loading[:, ~known]
        z, _ = seen.factors(observed)
        root = torch.linalg.inv(seen._lower).mT  # A_o⁻¹ = root rootᵀ
        return Conditional(
            log_weight=seen.log_components(observed).log_softmax(1),
            mean=self.mean[:, ~known] + torch.einsum("mdk,nmk->nmd", hidden, z),
            loading=hidden @ root,
            noise=self.noise[:, ~known],
        )

    def draw(self, u: Tensor, z: Tensor, e: Tensor) -> Tensor:
        """Draws (n, D) from uniforms u (n,) and normals z (n, K), e (n, D), float64."""
        j = choose(self.log_weight, u)
        factors = torch.einsum("ndk,nk->nd", self.loading[j], z.double())
        return self.mean[j] + factors + self.noise[j].sqrt() * e.double()

    def _projected(self, x: Tensor) -> Tensor:
        """W_j (x − μ_j): (n, M, K)."""
        m, k, d = self._w.shape
        flat: Tensor = x.double() @ self._w.reshape(m * k, d).T
        return flat.view(len(x), m, k) - torch.einsum("mkd,md->mk", self._w, self.mean)


class NormalScores:
    """8-bit pictures as normal scores y = Φ⁻¹(F_d(u)), F_d the marginal of pixel d.

    A Gaussian copula's scale (Sklar 1959; Liu, Lafferty & Wasserman 2009, equation 4): a pixel that
    is black nine times in ten spends nine tenths of N(0, 1) on black, not one spike.
    """

    def __init__(self, marginals: Tensor) -> None:
        if marginals.dim() != 2 or marginals.shape[1] != 256 or not (marginals > 0).all():
            raise ValueError("marginals must be positive, 256 for each pixel")
        self.marginals = marginals
        self._p = marginals.double() / marginals.double().sum(1, keepdim=True)
        self._upto = self._p.cumsum(1)

    @classmethod
    def of(cls, levels: Tensor, prior: float = 100.0) -> NormalScores:
        """From training levels (N, D) int64, with `prior` pixels of the common histogram each."""
        count, d = levels.shape
        cells = levels + 256 * torch.arange(d)
        found = torch.bincount(cells.flatten(), minlength=256 * d).view(d, 256).double()
        common = found.sum(0) + 1
        p = (found + prior * common / common.sum()) / (count + prior)
        return cls(p.float())

    def encode(self, levels: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Levels (n, D) int64 with u (n, D) in (0, 1) inside their cells -> y (n, D), log V (n,).

        With u uniform, P(levels) = E[p(y) V]: V = Π_d p_d(level) / N(y_d; 0, 1).
        """
        pixel = torch.arange(levels.shape[1])
        p = self._p[pixel, levels]
        y = torch.special.ndtri(self._upto[pixel, levels] - p * (1 - u.double()))
        y = y.clamp(-8, 8)
        return y, (p.log() + 0.5 * y.square() + 0.5 * math.log(2 * math.pi)).sum(1)

    def cells(self, levels: Tensor) -> tuple[Tensor, Tensor]:
        """The lower and upper end (D,) of the cells of levels (D,) int64; ±∞ at the outer ones."""
        pixel = torch.arange(len(levels))
        before = torch.where(levels > 0, self._upto[pixel, (levels - 1).clamp_min(0)], 0.0)
        upto = torch.where(levels < 255, self._upto[pixel, levels], 1.0).clamp_max(1)
        return torch.special.ndtri(before), torch.special.ndtri(upto)

    def decode(self, y: Tensor) -> Tensor:
        """Scores (n, D) -> the levels (n, D) int64 in whose cells they lie."""
        unit = torch.special.ndtr(y.double()).T.contiguous()
        return torch.searchsorted(self._upto, unit, right=True).clamp(max=255).T
