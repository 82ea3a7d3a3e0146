"""The Gaussian copula by data augmentation: the default for small tables, and the oracle.

Scores z of numbers are normal; an ordered column is a normal cut at fixed places, a category of K
levels the largest of K − 1 normals and 0 (multinomial probit). All of them together are N(μ, Σ)
with both drawn from their posterior in every sweep, so the imputations are proper (Schafer 1997,
section 5.4; Hoff 2007; Imai & van Dyk 2005 for the latents of a category).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from engines.model import Exactness, Knob, Procedure
from engines.tables.data import Bools, Floats
from engines.tables.design import Codes, Design, Feature, Rng
from engines.tables.family import Ask, Drawn, Family, Outcome, Progress, Run, Trace, Weights, always
from engines.tables.gaussian import (
    Patterns,
    conditional,
    fill,
    mean_draw,
    wishart_precision,
)
from engines.tables.margins import normal_cdf, normal_quantile

CHAINS = 4
MOST_LATENTS, MOST_ROWS, MOST_COLUMNS = 150, 5000, 30
_TINY, _FAR = 1e-300, 35.0

KNOBS = (
    Knob(
        "sweeps",
        "Sweeps",
        80,
        5,
        1000,
        5,
        "Sweeps of the chain between two draws: the more, the less the draws depend on each other.",
    ),
    Knob("burn", "Burn-in", 200, 20, 5000, 10, "Sweeps before the first draw, thrown away."),
    Knob(
        "margins",
        "Margins",
        0,
        0,
        1,
        1,
        "What a column's own distribution is: as observed, or normal.",
        choices=("as observed", "normal"),
    ),
)


@dataclass(frozen=True, eq=False)
class Latents:
    """The normals (d of them) of a design. `of` (d,) says whose each is.

    `known` (n, d) are the scores that are simply known; `missing` (n, d) is what has neither a
    value nor a bound.
    """

    design: Design
    of: Codes
    missing: Bools
    cuts: dict[int, Floats] = field(default_factory=dict)

    @staticmethod
    def build(design: Design) -> Latents:
        widths = [_width(feature) for feature in design.features]
        of = np.repeat(np.arange(len(widths)), widths)
        cuts = {
            f: _cuts(feature, design.z[:, f])
            for f, feature in enumerate(design.features)
            if feature.ordered
        }
        return Latents(design, of, design.gaps[:, of], cuts)

    @property
    def d(self) -> int:
        return len(self.of)

    def start(self, chains: int, rng: Rng) -> Floats:
        """States z (C, n, d), spread widely where nothing is known."""
        z = 1.5 * rng.standard_normal((chains, self.design.n, self.d))
        for f, feature in enumerate(self.design.features):
            seen, places = ~self.design.gaps[:, f], np.flatnonzero(self.of == f)
            values = self.design.z[:, f]
            if not feature.levels:
                z[:, seen, places[0]] = values[seen]
            elif feature.ordered:
                cuts = self.cuts[f]
                code = values[seen].astype(int)
                middle = (normal_cdf(cuts[code]) + normal_cdf(cuts[code + 1])) / 2
                z[:, seen, places[0]] = normal_quantile(middle)
            else:
                for level, place in enumerate(places, 1):
                    z[:, seen, place] = np.where(values[seen] == level, 0.8, -0.8)
        return z

    def bounds(self, z: Floats) -> Iterator[tuple[int, Codes, Floats, Floats]]:
        """Each latent that has bounds: its place, rows, and what it lies between (C, rows).

        They depend on the state, so z must be drawn before the next is asked for.
        """
        for f, feature in enumerate(self.design.features):
            if not feature.levels:
                continue
            rows = np.flatnonzero(~self.design.gaps[:, f])
            code = self.design.z[rows, f].astype(int)
            places: Codes = np.flatnonzero(self.of == f)
            if feature.ordered:
                cuts = self.cuts[f]
                shape = (len(z), len(rows))
                low, high = cuts[code], cuts[code + 1]
                yield (
                    int(places[0]),
                    rows,
                    np.broadcast_to(low, shape),
                    np.broadcast_to(high, shape),
                )
                continue
            for level, place in enumerate(places.tolist(), 1):
                yield place, rows, *_between(z[:, rows], places, place, code, level)

    def levels(self, z: Floats, f: int) -> Floats:
        """The value (C, n) of a feature: its score, or its level."""
        places = np.flatnonzero(self.of == f)
        feature = self.design.features[f]
        if not feature.levels:
            return z[:, :, places[0]]
        if feature.ordered:
            inner = self.cuts[f][1:-1]
            return np.searchsorted(inner, z[:, :, places[0]]).astype(np.float64)
        best = z[:, :, places].argmax(2)
        largest = np.take_along_axis(z[:, :, places], best[..., None], 2)[..., 0]
        return np.where(largest > 0, best + 1.0, 0.0)


def _width(feature: Feature) -> int:
    return feature.levels - 1 if feature.levels and not feature.ordered else 1


def _cuts(feature: Feature, codes: Floats) -> Floats:
    """Where an ordered column's normal is cut: Φ⁻¹ of the observed shares below; −∞ and ∞ last."""
    counts = np.bincount(codes[~np.isnan(codes)].astype(int), minlength=feature.levels)
    inner = normal_quantile(counts.cumsum()[:-1] / counts.sum())
    return np.concatenate([[-np.inf], inner, [np.inf]])


def _between(
    z: Floats, places: Codes, place: int, code: Codes, level: int
) -> tuple[Floats, Floats]:
    """Bounds (C, rows) of one level's normal: above all others where it was seen, else below."""
    others = z[:, :, [each for each in places if each != place]]
    largest = np.maximum(others.max(2), 0.0) if others.shape[2] else np.zeros(z.shape[:2])
    code_z = np.where(code == 0, 0, code)
    seen = np.take_along_axis(
        np.concatenate([np.zeros((*z.shape[:2], 1)), z[:, :, places]], 2),
        np.broadcast_to(code_z[None, :, None], (len(z), len(code), 1)),
        2,
    )[..., 0]
    mine = code == level
    return np.where(mine, largest, -np.inf), np.where(mine, np.inf, seen)


def truncated(mean: Floats, sd: Floats, low: Floats, high: Floats, u: Floats) -> Floats:
    """Normals between bounds by inversion, in the tail that is the smaller one."""
    a, b = (low - mean) / sd, (high - mean) / sd
    flip = a > 0
    a, b = np.where(flip, -b, a).clip(-_FAR, _FAR), np.where(flip, -a, b).clip(-_FAR, _FAR)
    lower, upper = normal_cdf(a), normal_cdf(b)
    z = normal_quantile((lower + u * (upper - lower)).clip(_TINY, 1 - 1e-16))
    z = np.clip(z, a, b)
    return mean + sd * np.where(flip, -z, z)


@dataclass(eq=False)
class Sampler:
    """C chains of (z, μ, Λ = Σ⁻¹)."""

    latents: Latents
    rng: Rng
    z: Floats
    mean: Floats
    precision: Floats

    @staticmethod
    def start(latents: Latents, chains: int, rng: Rng) -> Sampler:
        z = latents.start(chains, rng)
        sampler = Sampler(
            latents, rng, z, np.zeros((chains, latents.d)), np.stack([np.eye(latents.d)] * chains)
        )
        sampler._parameters()
        return sampler

    def sweep(self, patterns: Patterns) -> None:
        """Bounded latents one by one, all that is missing at once, then μ and Σ."""
        for place, rows, low, high in self.latents.bounds(self.z):
            apart = self.z[:, rows] - self.mean[:, None]
            own = self.precision[:, place, place][:, None]
            pull = np.einsum("cnd,cd->cn", apart, self.precision[:, place]) / own
            mean = self.z[:, rows, place] - pull
            u = self.rng.random(mean.shape)
            sd = np.broadcast_to(1 / np.sqrt(own), mean.shape)
            self.z[:, rows, place] = truncated(mean, sd, low, high, u)
        found = conditional(self.precision, patterns)
        noise = self.rng.standard_normal(self.z.shape)
        fill(self.z, self.mean, found, patterns, noise)
        self._parameters()

    def _parameters(self) -> None:
        """Λ ~ W, μ | Λ ~ N: the posterior of a normal law by its completed latents."""
        n = self.z.shape[1]
        centre = self.z.mean(1)
        apart = self.z - centre[:, None]
        scatter = np.einsum("cni,cnj->cij", apart, apart)
        prior, freedom = _prior(self.latents, n)
        self.precision = wishart_precision(scatter + np.diag(prior), n - 1 + freedom, self.rng)
        self.mean = mean_draw(centre, self.precision, n, self.rng)


def _prior(latents: Latents, n: int) -> tuple[Floats, float]:
    """Scale (d,) and degrees of freedom of Σ's inverse Wishart law.

    Jeffreys' where there are scores alone and rows enough (with a ridge far below what matters);
    else the least that is proper, centred on independence.
    """
    d = latents.d
    plain = not latents.design.categories and n > 2 * d + 10
    return (np.full(d, 1e-6 * n), 0.0) if plain else (np.ones(d), d + 1.0)


def run(design: Design, ask: Ask) -> Run:
    """Draws by Gibbs sampling from CHAINS chains, in turn. Yields after each sweep."""
    knobs = FAMILY.settled(ask.knobs)
    if knobs["margins"]:
        design = design.straight()
    rng, burn, thin = ask.rng(1), int(knobs["burn"]), int(knobs["sweeps"])
    latents = Latents.build(design)
    patterns = Patterns.of_gaps(latents.missing)
    sampler = Sampler.start(latents, min(CHAINS, ask.m), rng)
    chains = len(sampler.z)
    total = burn + thin * -(-ask.m // chains)
    traces, drawn = [], 0
    for sweep in range(1, total + 1):
        sampler.sweep(patterns)
        traces.append(_figures(latents, sampler.z))
        if sweep <= burn or (sweep - burn) % thin:
            yield Progress(sweep / total, "burn-in" if sweep <= burn else "draws")
            continue
        values = np.stack([latents.levels(sampler.z, f) for f in range(len(design.features))], 2)
        for chain in range(min(chains, ask.m - drawn)):
            z = np.where(design.gaps, values[chain], design.z)
            drawn += 1
            yield Progress(sweep / total, "draws", Drawn(z))
    return Outcome(Trace(np.stack(traces), burn))


def _figures(latents: Latents, z: Floats) -> Floats:
    """Of each chain and feature the mean of the imputed scores, or share of the first level."""
    found = np.full((len(z), len(latents.design.features)), np.nan)
    for f, feature in enumerate(latents.design.features):
        gaps = latents.design.gaps[:, f]
        if gaps.any():
            values = latents.levels(z[:, gaps], f)
            found[:, f] = (values == 0).mean(1) if feature.levels else values.mean(1)
    return found


def refusal(design: Design) -> str | None:
    """Why the copula cannot take a table: its time grows with the cube of its latents."""
    d = sum(map(_width, design.features))
    if d > MOST_LATENTS:
        return f"the copula takes at most {MOST_LATENTS} columns and levels, and here are {d}"
    return None


def seconds(design: Design, ask: Ask) -> float:
    """About how long it takes on two slow cores."""
    knobs = FAMILY.settled(ask.knobs)
    d = sum(map(_width, design.features))
    sweeps = knobs["burn"] + knobs["sweeps"] * -(-ask.m // CHAINS)
    bounded = sum(_width(f) for f in design.features if f.levels)
    patterns = len(np.unique(design.gaps, axis=0))
    each = 2e-3 + 5e-7 * CHAINS * design.n * (1 + bounded) + 4e-9 * CHAINS * design.n * d * d
    return float(sweeps * (each + 1.5e-9 * CHAINS * patterns * d**3))


FAMILY = Family(
    name="copula",
    title="Gaussian copula",
    procedure=Procedure(
        Exactness.ASYMPTOTIC,
        "Gibbs sampling of gaps, latents and parameters",
        "Hoff 2007; Schafer 1997",
    ),
    weights=always(Weights.DRAWN),
    run=run,
    seconds=seconds,
    chain=True,
    knobs=KNOBS,
    refusal=refusal,
    summary="every pair of columns is related as in a normal law; margins are as observed",
)
