"""One random stream per picture: picture (seed, i) never depends on batch, order or device.

Counter-based: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"),
evaluated for all pictures at once. Drawn on the CPU and moved afterwards. Beside the streams
stands what many families ask of noise: N(z; 0, I), and a choice among weights by inversion.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.finite import check_numbers

Words = npt.NDArray[np.uint64]

_MULTIPLY = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (np.uint64(0x9E3779B9), np.uint64(0xBB67AE85))
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def philox(counter: Words, key: Words) -> Words:
    """Ten rounds of Philox 4x32: counter (4, …) and key (2, …) of 32-bit words -> (4, …)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * _MULTIPLY[0], c2 * _MULTIPLY[1]
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3))


class Streams:
    """The random streams of the pictures (seed, i) for i in `indices`, read in step.

    The key of a stream is its seed; its counter is (block, draw, i), where `draw` counts the
    calls made so far. The same sequence of calls gives the same numbers for picture i whatever
    other pictures are drawn beside it. seed < 2^64, indices < 2^32.
    """

    def __init__(self, seed: int, indices: Sequence[int]) -> None:
        self._key = np.array([seed & 0xFFFFFFFF, seed >> 32], np.uint64).reshape(2, 1, 1)
        self._indices = np.asarray(indices, np.uint64)[:, None]
        self._draws = 0

    def __len__(self) -> int:
        return len(self._indices)

    def uniform(self, *shape: int) -> Tensor:
        """(n, *shape) float32 in (0, 1), both ends excluded."""
        u = self._unit(math.prod(shape))
        # float32 would round the largest values up to 1
        below_one = np.float32(1) - np.float32(2**-24)
        return torch.from_numpy(np.minimum(u.astype(np.float32), below_one)).view(len(self), *shape)

    def normal(self, *shape: int) -> Tensor:
        """(n, *shape) float32 standard normal draws (Box & Muller 1958)."""
        size = math.prod(shape)
        half = -(-size // 2)
        u = self._unit(2 * half)
        radius, angle = np.sqrt(-2 * np.log(u[:, :half])), 2 * np.pi * u[:, half:]
        z = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], 1)[:, :size]
        return torch.from_numpy(z.astype(np.float32)).view(len(self), *shape)

    def integers(self, high: int) -> Tensor:
        """(n,) int64, uniform on 0 … high − 1 (bias below high / 2^32)."""
        return torch.from_numpy((self._unit(1)[:, 0] * high).astype(np.int64))

    def generators(self) -> list[torch.Generator]:
        """A generator of torch's own for every picture, for libraries that draw for themselves."""
        counter = np.broadcast_arrays(
            np.zeros_like(self._indices), np.uint64(self._draws), self._indices, np.uint64(0)
        )
        self._draws += 1
        words = philox(np.stack(counter), self._key)[:2, :, 0]
        seeds = words[0] | (words[1] << _32)
        return [torch.Generator().manual_seed(int(seed)) for seed in seeds]

    def _unit(self, size: int) -> npt.NDArray[np.float64]:
        """(n, size) float64 at the centres of 2^32 equal cells of (0, 1)."""
        blocks = np.arange(-(-size // 4), dtype=np.uint64)[None]
        zero = np.zeros_like(blocks)
        counter = np.broadcast_arrays(blocks, zero + np.uint64(self._draws), self._indices, zero)
        self._draws += 1
        words = philox(np.stack(counter), self._key)
        flat = words.transpose(1, 2, 0).reshape(len(self), -1)[:, :size]
        return (flat.astype(np.float64) + 0.5) * 2.0**-32


def streams_of(pictures: Tensor) -> Streams:
    """One stream per picture (n, …) in [-1, 1], known by its 256 levels alone.

    An estimate with such noise is the same in any batch, and its errors are independent from
    picture to picture: they average out over a test set, as one shared draw would not.
    """
    levels = ((pictures + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()
    return Streams(0, [zlib.crc32(picture.numpy().tobytes()) for picture in levels])


def choose(log_weight: Tensor, u: Tensor) -> Tensor:
    """A component for each u (n,) in (0, 1) by inversion: of its row of log-weights (n, M), or of
    weights (M,) that all share, which are summed only once. Raises NotFiniteError for weights that
    are not numbers."""
    upto = log_weight.exp().cumsum(-1)
    check_numbers(upto[..., -1], "the weights to choose by")
    at = u.double() * upto[..., -1]
    shared = upto.dim() == 1
    j = torch.searchsorted(upto, at if shared else at[:, None]).view(len(u))
    return j.clamp(max=log_weight.shape[-1] - 1)


def log_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats, summed over all but the first axis."""
    return -0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)
