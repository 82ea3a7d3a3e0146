"""Gaussian kernels on training examples: exact densities by chunked logsumexp, no tree.

scikit-learn's tree stops early when kernel values underflow and is wrong by many nats above a few
dimensions (its issues 7492 and 25799); these sums are complete.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import torch
from torch import Tensor
from torch.special import log_ndtr

from engines.finite import check_numbers

_CELLS = 500_000
"""Kernel values held at once: 4 MB in float64, which a processor's cache holds."""

_SMALL = 20_000
"""Kernel values of a tile of a grid that are not worth a smaller tile."""
_CELL = 1_000
"""Neighbouring centres to take at once on a grid."""
_FAR, _TINY = -150.0, -350.0
"""Sums of a grid's kernels below e^−150 are taken anew; no factor is below e^−350, whose square is
a normal number: a processor multiplies others slowly."""
_CHUNK = 1_000
"""Pictures whose known pixels are compared at once."""
_PROBES = 5_000
"""Centres that are left out one by one to judge a bandwidth."""
_FEW = 5_000
"""Centres for a first look."""
_LOST = 35.0
"""What is below e^−35 of a sum is beyond the precision of a float64."""
_SPAN = 300.0
"""Nats by which a kernel may grow or shrink within a tile, against another."""


class PointKernels:
    """N(x; c, (h·scale)²) on centres (N, D) in data units, h in units of the spread per axis."""

    plausible = (0.003, 1.0)

    def __init__(self, centres: Tensor, labels: Tensor, scale: Tensor) -> None:
        check_numbers(centres, "centres of kernels")
        self.centres, self.labels, self.scale = centres, labels, scale
        self._unit = centres.double() / scale.double()

    @classmethod
    def of(cls, x: Tensor, labels: Tensor) -> PointKernels:
        """Kernels on examples (N, D), the spread taken per axis."""
        return cls(x, labels, x.std(0))

    def tensors(self) -> dict[str, Tensor]:
        """What the checkpoint stores."""
        return {"centres": self.centres, "labels": self.labels, "scale": self.scale}

    def examples(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        """The first `count` centres (N, D), or all, and their classes (N,)."""
        return self.centres[:count], self.labels[:count]

    def log_of_known(self, members: Tensor, x: Tensor, known: Tensor, h: float) -> Tensor:
        """log of some centres' kernels at the known values of x (D,), up to a constant: (N,)."""
        width = h * self.scale.double()
        gap = (x.double() - self.centres[members].double()) / width
        return -0.5 * gap[:, known].square().sum(1)

    def thinned(self) -> PointKernels:
        """Kernels on at most _FEW of the centres, as much wider as suits fewer (Scott 1992)."""
        every = math.ceil(len(self.labels) / _FEW)
        wider = self.scale * every ** (1 / (len(self.scale) + 4))
        return PointKernels(self.centres[::every], self.labels[::every], wider)

    def log_density(self, x: Tensor, h: float, *, label: int | None = None) -> Tensor:
        """Exact log p(x) or log p(x | label) in nats: (n, D) -> (n,) float64."""
        unit = self._unit if label is None else self._unit[self.labels == label]
        parts = [
            torch.logsumexp(_exponents(part, unit, h), 1)
            for part in (x.double() / self.scale.double()).split(_rows(unit))
        ]
        return torch.cat(parts) - math.log(len(unit)) + self._log_norm(h)

    def log_grid(
        self, xs: Tensor, ys: Tensor, h: float, *, label: int | None = None
    ) -> Generator[float, None, Tensor]:
        """`log_density` at torch.cartesian_prod(xs, ys) for centres in the plane: (a·b,) float64.

        On a grid the product kernel factorises: the sums are matrix products k_x (a, n) times
        k_y (n, b), one for each cell of centres and the part of the grid within its reach. Both
        factors are measured against those of the nearest centre along their axis, so that few sums
        underflow; those are taken tile by tile. Yields the share done.
        """
        unit = self._unit if label is None else self._unit[self.labels == label]
        unit, scale = unit / h, h * self.scale.double()
        axes = xs.double() / scale[0], ys.double() / scale[1]
        least = [_least(axis, c) for axis, c in zip(axes, unit.T, strict=True)]
        sums = torch.zeros(len(xs), len(ys), dtype=torch.float64)
        reach, done = _LOST + math.log(len(unit)) - _FAR, 0
        for cell in _cells(unit):
            (rows, k_x), (columns, k_y) = (
                _kernels(axes[k], cell[:, k], least[k], reach) for k in (0, 1)
            )
            sums[rows, columns].addmm_(k_x, k_y.T)
            done += len(cell)
            yield 0.9 * done / len(unit)
        far = sums.log_() < _FAR
        log_p = sums.sub_(least[0][:, None]).sub_(least[1])
        for _ in _fill(log_p, far, *axes, unit.T.contiguous()):
            yield 0.9
        yield 1.0
        return log_p.flatten() - math.log(len(unit)) + self._log_norm(h)

    def leave_one_out(self, h: float) -> float:
        """Mean over the first centres of log p without the centre itself."""
        unit, total = self._unit, 0.0
        probes = min(_PROBES, len(unit))
        for start in range(0, probes, _rows(unit)):
            part = unit[start : min(start + _rows(unit), probes)]
            exponent = _exponents(part, unit, h)
            exponent[torch.arange(len(part)), start + torch.arange(len(part))] = -math.inf
            total += torch.logsumexp(exponent, 1).sum().item()
        return total / probes - math.log(len(unit) - 1) + self._log_norm(h)

    def draw(self, pick: Tensor, e: Tensor, h: float) -> Tensor:
        """centres[pick] + h·scale·e."""
        return self.centres[pick] + h * self.scale * e

    def _log_norm(self, h: float) -> float:
        return -(h * self.scale.double()).log().sum().item() - 0.5 * len(self.scale) * math.log(
            2 * math.pi
        )


class PictureKernels:
    """Kernels on 8-bit pictures: x = clip(round(c + h ε)), so the end levels take the tails.

    The mass of level k given centre c is Φ((k + ½ − c)/h) − Φ((k − ½ − c)/h). Between the ends its
    logarithm is taken to second order in 1/h, which makes the sum over pixels a matrix product.
    Near a centre the error is below 0.05 (3/h)⁴ nats per thousand pixels (measured for h = 3, 10,
    40); far away it is largest, 0.3 % of the value at h = 3.
    """

    plausible = (3.0, 400.0)
    _probes = 1_000

    def __init__(self, levels: Tensor, labels: Tensor) -> None:
        self.levels, self.labels = levels, labels
        self._kept: tuple[float, Tensor] | None = None

    @classmethod
    def of(cls, x: Tensor, labels: Tensor) -> PictureKernels:
        """Kernels on pictures (N, C, H, W) in [-1, 1]."""
        return cls(to_levels(x), labels)

    def tensors(self) -> dict[str, Tensor]:
        """What the checkpoint stores."""
        return {"levels": self.levels, "labels": self.labels}

    @property
    def scale(self) -> Tensor:
        """Pictures need no units: 1."""
        return torch.ones(1)

    def examples(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        """The first `count` pictures (N, C, H, W) in [-1, 1], or all, and their classes (N,)."""
        return self.levels[:count].float() / 127.5 - 1, self.labels[:count]

    def log_kernels(
        self, x: Tensor, centres: Tensor, h: float, blank: Tensor | None = None
    ) -> Tensor:
        """log P(x | centre) in nats: levels x (n, …) and centres (N, …) uint8 -> (n, N) float64.

        Most pixels are black: `blank` (N,) is log P(a black picture | centre), where that is known,
        and the others are looked at one by one.
        """
        if blank is None:
            blank = self._log_blank(centres, h)
        k, c = x.flatten(1).double(), centres.flatten(1)
        lit = (k != 0).any(0).nonzero()[:, 0]  # black in no picture: nothing to change there
        k, c = k[:, lit], c.index_select(1, lit)
        white, level = k == 255, c.int()
        shown, grey = (k != 0).double(), ((k != 0) & ~white).double()
        correction = 1 / (24 * h * h)
        curvature = -0.5 / h**2 + correction / h**2
        constant = -math.log(h * math.sqrt(2 * math.pi)) - correction
        value, seen = c.double(), grey * k
        squares = (seen * seen).sum(1, keepdim=True) - 2 * seen @ value.T
        squares = squares + grey @ (value * value).T
        out: Tensor = blank + curvature * squares + constant * grey.sum(1, keepdim=True)
        out -= shown @ _tail_low(h, k.device)[level].T
        some = white.any(0).nonzero()[:, 0]
        if len(some):
            tail = _tail_low(h, k.device).flip(0)  # symmetrical: white as seen from white
            out += white[:, some].double() @ tail[level.index_select(1, some)].T
        return out

    def _log_blank(self, centres: Tensor, h: float) -> Tensor:
        """log P(a black picture | centre) in nats of centres (N, …): (N,) float64."""
        tail = _tail_low(h, centres.device)
        parts = [tail[part.flatten(1).int()].sum(1) for part in centres.split(_CHUNK)]
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)

    def _blanks(self, h: float) -> Tensor:
        """The same of all centres, kept for the last h."""
        if self._kept is None or self._kept[0] != h:
            self._kept = h, self._log_blank(self.levels, h)
        return self._kept[1]

    def log_of_known(self, members: Tensor, x: Tensor, known: Tensor, h: float) -> Tensor:
        """log P(x_o | centre) in nats of the known pixels' levels, for some centres: (N,) float64.

        Not expanded in 1/h as in the density: one picture needs only a table of 256 × 256 levels.
        """
        known = known.flatten()
        levels = to_levels(x).flatten()[known].long()
        table, found = level_table(h), []
        for part in self.levels[members].split(_CHUNK):
            seen = part.flatten(1)[:, known].long()
            found.append(table.flatten()[256 * levels + seen].sum(1))
        return torch.cat(found)

    def log_mass(self, x: Tensor, h: float, *, label: int | None = None) -> Tensor:
        """log P(x) or log P(x | label) in nats of pictures (n, C, H, W): (n,) float64."""
        levels, blanks = self.levels, self._blanks(h)
        if label is not None:
            levels, blanks = levels[self.labels == label], blanks[self.labels == label]
        k, chunks = to_levels(x), zip(levels.split(_CHUNK), blanks.split(_CHUNK), strict=True)
        parts = [torch.logsumexp(self.log_kernels(k, c, h, blank), 1) for c, blank in chunks]
        return torch.logsumexp(torch.stack(parts, 1), 1) - math.log(len(levels))

    def leave_one_out(self, h: float) -> float:
        """Mean over the first centres of log P without the centre itself."""
        probes = min(self._probes, len(self.levels))
        parts = []
        for start in range(0, len(self.levels), 2_000):
            log_k = self.log_kernels(self.levels[:probes], self.levels[start : start + 2_000], h)
            own = torch.arange(start, max(start, min(start + log_k.shape[1], probes)))
            log_k[own, own - start] = -math.inf
            parts.append(torch.logsumexp(log_k, 1))
        total = torch.logsumexp(torch.stack(parts, 1), 1).mean().item()
        return total - math.log(len(self.levels) - 1)

    def draw(self, pick: Tensor, e: Tensor, h: float) -> Tensor:
        """Pictures in [-1, 1]: levels[pick] + h·e, rounded and clipped."""
        levels = (self.levels[pick].float() + h * e).round().clamp(0, 255)
        return levels / 127.5 - 1


def _tail_low(h: float, device: torch.device) -> Tensor:
    """log P(black | centre c) of x = clip(round(c + h ε)): (256,) float64."""
    level = torch.arange(256, dtype=torch.float64, device=device)
    tail: Tensor = log_ndtr((0.5 - level) / h)
    return tail


def level_table(h: float) -> Tensor:
    """log P(level k | centre c) of x = clip(round(c + h ε)): (256, 256) float64."""
    k = torch.arange(256, dtype=torch.float64)
    gap = (k[:, None] - k).abs()  # P is symmetric in the sign of k − c: look from the right tail
    near, far = log_ndtr((0.5 - gap) / h), log_ndtr((-0.5 - gap) / h)
    table: Tensor = near + torch.log1p(-(far - near).exp())
    table[0], table[255] = log_ndtr((0.5 - k) / h), log_ndtr((k - 254.5) / h)
    return table


def to_levels(x: Tensor) -> Tensor:
    """Pictures in [-1, 1] as uint8 levels."""
    return ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def _exponents(x: Tensor, centres: Tensor, h: float) -> Tensor:
    """−|x − c|² / 2h² of float64 points (n, D) and (N, D): (n, N).

    Expanded into a matrix product; in float64 what cancels is far below any kernel that counts.
    """
    x, centres = x / h, centres / h
    half = 0.5 * centres.square().sum(1)
    return torch.addmm(-half, x, centres.T).sub_(0.5 * x.square().sum(1, keepdim=True))


def _cells(centres: Tensor) -> Iterator[Tensor]:
    """Centres (N, 2) in groups of about _CELL neighbours."""
    strip = math.ceil(math.sqrt(len(centres) * _CELL))
    for part in centres[centres[:, 0].argsort()].split(strip):
        yield from part[part[:, 1].argsort()].split(_CELL)


def _least(axis: Tensor, centres: Tensor) -> Tensor:
    """Half the squared distance of (a,) to the nearest of the centres (N,) along one axis: (a,)."""
    inner = centres.sort().values
    after = torch.searchsorted(inner, axis)
    below, above = (inner[i.clamp(0, len(inner) - 1)] for i in (after - 1, after))
    return 0.5 * torch.minimum((axis - below).abs(), (above - axis).abs()).square()


def _kernels(axis: Tensor, centres: Tensor, least: Tensor, reach: float) -> tuple[slice, Tensor]:
    """exp(least − (x − c)²/2) for the part of an axis (a,) where any of (n,) is over e^−reach.

    Returns that part and the factors (its length, n).
    """
    gap = torch.maximum(centres.min() - axis, axis - centres.max()).clamp_min_(0)
    within = torch.nonzero(0.5 * gap.square() - least < reach)[:, 0]
    part = slice(int(within[0]), int(within[-1]) + 1) if len(within) else slice(0, 0)
    apart = axis[part, None] - centres
    exponent = torch.addcmul(least[part, None], apart, apart, value=-0.5, out=apart)
    return part, exponent.clamp_min_(_TINY).exp_()


def _fill(
    log_sums: Tensor, far: Tensor, xs: Tensor, ys: Tensor, centres: Tensor
) -> Generator[None, None, None]:
    """Set log Σ_i exp(−|p − c_i|²/2), centres (2, N), on tiles of a grid (a, b) with `far` points.

    With b the centre nearest to the middle m of a tile, exp(−|p − c|²/2) is exp(−|p − b|²/2) times
    w exp((p − m)·(c − b)), where w ≤ 1: a product again, and the sum is at least 1 everywhere.
    """
    if not far.any():
        return
    low, high = (torch.stack([xs[end], ys[end]])[:, None] for end in (0, -1))
    middle, half = (low + high) / 2, (high - low) / 2
    squares = (centres - middle).square_().sum(0)
    best = int(squares.argmin())
    shift = centres - centres[:, best, None]
    log_w, span = 0.5 * (squares[best] - squares), (half * shift.abs()).sum(0)
    kept = torch.nonzero(log_w + span > -_LOST - math.log(len(span)))[:, 0]
    if far.numel() * len(kept) <= _SMALL:
        apart_x, apart_y = xs[:, None] - centres[0, kept], ys[:, None] - centres[1, kept]
        exponent = torch.addcmul(apart_x.square()[:, None], apart_y, apart_y).mul_(-0.5)
        log_sums.copy_(exponent.logsumexp(2))
        yield
        return
    if span[kept].max() > _SPAN:
        size, across = max(far.shape) // 2, len(xs) < len(ys)
        for part in (slice(size), slice(size, None)):
            i, j = (slice(None), part) if across else (part, slice(None))
            yield from _fill(log_sums[i, j], far[i, j], xs[i], ys[j], centres[:, kept])
        return
    x, y, log_w, (shift_x, shift_y) = xs - middle[0], ys - middle[1], log_w[kept], shift[:, kept]
    k_x = torch.addcmul(log_w, x[:, None], shift_x).clamp_min_(_TINY).exp_()
    k_y = (y[:, None] * shift_y).exp_()
    own_x, own_y = (xs - centres[0, best]).square(), (ys - centres[1, best]).square()
    log_sums.copy_((k_x @ k_y.T).log_() - 0.5 * (own_x[:, None] + own_y))
    yield


def _rows(centres: Tensor) -> int:
    """Queries to take at once."""
    return max(1, _CELLS // len(centres))
