"""Bits-back coding of pictures with latent variables, chained (Townsend et al. 2019, BB-ANS).

To encode x: pop e from the stack by q(e | x), push x by p(x | e), push e by its prior. What popping
takes off comes back at decoding, so that a picture takes −ELBO bits. The latent is the noise e
behind the prior, z = f(e | c), whose prior is N(0, I) exactly. There q(z | x) = N(m, S²) becomes,
to first order at m, N(f⁻¹(m), (J S)(J S)ᵀ) with J the slope of f⁻¹; the code takes what the ELBO of
that q is, a little more than the encoder's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.parts import Pixelwise
from engines.uses.compression import arithmetic, entropy
from engines.uses.compression.coder import Coded, Levels, Plain
from engines.uses.compression.entropy import Counts
from engines.uses.compression.errors import CompressionError

Floats: TypeAlias = npt.NDArray[np.float64]

CHAIN = 50
"""Pictures of a chain: what one damaged byte costs, against the bits that a chain begins with."""
_STEPS, _REACH = 512, 8
"""Steps of the grid of e a unit, and how far it reaches to either side."""
_EDGE = _STEPS * _REACH
_LEVELS = 256
_SPARE = 2
"""Words of 32 bits under those that the first picture takes off."""


@dataclass(frozen=True, eq=False)
class _Normal:
    """N(mean, lower lowerᵀ): a Gaussian that is drawn from one axis after the other."""

    mean: Floats
    lower: Floats

    def axis(self, k: int, e: Floats) -> tuple[float, float]:
        """Mean and deviation of axis k given those before it."""
        before = e[:k] - self.mean[:k]
        n = np.zeros(0)
        for row in range(k):  # forward substitution, in a fixed order of sums
            rest = before[row] - float(np.dot(self.lower[row, :row], n))
            n = np.append(n, rest / self.lower[row, row])
        mean = self.mean[k] + float(np.dot(self.lower[k, :k], n))
        return mean, float(self.lower[k, k])


class BitsBackCoder:
    """Codes pictures by a variational autoencoder, `CHAIN` of them in one stream.

    `shape` is that of a picture of one channel, `anyone` the index that stands for any class.
    """

    together = 1
    method = f"bits-back on ANS, chains of {CHAIN} pictures"

    def __init__(
        self, part: Pixelwise, shape: tuple[int, ...], anyone: int, *, chain: int = CHAIN
    ) -> None:
        self.part, self.shape, self.chain = part, shape, chain
        self.labels = torch.full((1,), anyone, device=part.device)
        levels = torch.arange(_LEVELS).float() / ((_LEVELS - 1) / 2) - 1
        self.levels = levels.view(-1, 1, 1, 1).expand(-1, *shape)

    # what the network says

    def _posterior(self, picture: npt.NDArray[np.uint8]) -> _Normal:
        """q(e | x) of levels (places,)."""
        whole = torch.from_numpy(picture.astype(np.int64)).view(1, *self.shape)
        x = whole.float() / ((_LEVELS - 1) / 2) - 1
        with arithmetic.one_thread():
            mean, log_sd = self.part.encoder(x, self.labels)
            e, slope = self._to_prior(mean)
            spread = slope.double() * log_sd.double().exp()
            lower, fault = torch.linalg.cholesky_ex(spread @ spread.T)
        if int(fault) or not (e.isfinite().all() and lower.isfinite().all()):
            raise CompressionError("the encoder gives no finite numbers for a picture")
        return _Normal(e[0].double().numpy(), lower.numpy())

    def _to_prior(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """e of z (1, K), and de/dz (K, K): one pass forth and back over K copies."""
        latent = z.shape[1]
        with torch.enable_grad():
            copies = z.detach().expand(latent, -1).clone().requires_grad_()
            e = self.part.to_prior(copies, self.labels.expand(latent))
            (slope,) = torch.autograd.grad(e.diagonal().sum(), copies)
        return e.detach()[:1], slope

    def _counts(self, e: Floats) -> Counts:
        """Counts (places, levels) of p(x | z) at z = f(e)."""
        with arithmetic.one_thread():
            z = self.part.from_prior(torch.from_numpy(e).float()[None], self.labels)
            view = self.part.view(z, self.labels)
            log_p = self.part.log_pixels(view.expand(_LEVELS, *view.shape[1:]), self.levels)
            p = log_p.flatten(1).T.double().softmax(1)
        return entropy.counts_of(p.numpy())

    def bits(self, picture: npt.NDArray[np.uint8], draws: int) -> float:
        """−ELBO in bits of levels (places,) under the q of the code: what it should come to."""
        q = self._posterior(picture)
        n = np.random.default_rng(0).standard_normal((draws, len(q.mean)))
        e = torch.from_numpy(q.mean + n @ q.lower.T).float()
        labels = self.labels.expand(draws)
        x = self.levels[torch.from_numpy(picture.astype(np.int64))][:, 0, 0, 0]
        with torch.no_grad(), arithmetic.one_thread():
            view = self.part.view(self.part.from_prior(e, labels), labels)
            x = x.view(1, *self.shape).expand(draws, *self.shape)
            log_p = self.part.log_pixels(view, x).flatten(1).sum(1).double().numpy()
        log_prior = -0.5 * np.square(e.double().numpy()).sum(1)
        log_q = -0.5 * np.square(n).sum(1) - np.log(np.diag(q.lower)).sum()
        return float((log_q - log_prior - log_p).mean() / np.log(2))

    # the stack

    def _pop_latent(self, stack: Any, q: _Normal) -> Floats:
        e = np.zeros(len(q.mean))
        for k in range(len(e)):
            e[k] = stack.decode(_gaussian(*q.axis(k, e))) / _STEPS
        return e

    def _push_latent(self, stack: Any, q: _Normal, e: Floats) -> None:
        for k in reversed(range(len(e))):
            stack.encode_reverse(round(e[k] * _STEPS), _gaussian(*q.axis(k, e)))

    def _push(self, stack: Any, picture: npt.NDArray[np.uint8]) -> None:
        e = self._pop_latent(stack, self._posterior(picture))
        stack.encode_reverse(picture.astype(np.int32), entropy.family(), self._counts(e))
        stack.encode_reverse((e * _STEPS).round().astype(np.int32), _gaussian(0.0, 1.0))

    def _pop(self, stack: Any) -> npt.NDArray[np.uint8]:
        e = stack.decode(_gaussian(0.0, 1.0), self.part.latent).astype(np.float64) / _STEPS
        picture: npt.NDArray[np.int32] = stack.decode(entropy.family(), self._counts(e))
        levels = picture.astype(np.uint8)
        self._push_latent(stack, self._posterior(levels), e)
        return levels

    def _begun(self, picture: npt.NDArray[np.uint8]) -> Any:
        """A stack with just enough bits to take the first latent from."""
        words = _first_words(self.part.latent + _SPARE)
        stack = _stack_of(words)
        before = stack.num_valid_bits()
        self._pop_latent(stack, self._posterior(picture))
        taken = -(-int(before - stack.num_valid_bits()) // 32) + _SPARE
        return _stack_of(words[-taken:])

    # as a coder

    def trial(self) -> str:
        picture = (np.arange(int(np.prod(self.shape))) * 37 % _LEVELS).astype(np.uint8)
        q = self._posterior(picture)
        exact = np.concatenate([q.mean, q.lower.ravel()]).view(np.float32)
        return arithmetic.digest([exact, self._counts(np.zeros(self.part.latent))])

    def encode(self, levels: Levels) -> Generator[Coded | float, None, None]:
        for start in range(0, len(levels), self.chain):
            part = levels[start : start + self.chain]
            stack = self._begun(part[0])
            sizes = [float(stack.num_valid_bits())]
            for done, picture in enumerate(part):
                self._push(stack, picture)
                sizes.append(float(stack.num_valid_bits()))
                yield float(start + done + 1)
            raw = stack.get_compressed().astype("<u4").tobytes()
            yield Coded(raw, tuple(np.diff(sizes).tolist()))

    def decode(
        self, frames: Sequence[bytes | None], counts: Sequence[int]
    ) -> Generator[Plain | float, None, None]:
        done = 0
        for raw, count in zip(frames, counts, strict=True):
            found = np.zeros((count, int(np.prod(self.shape))), np.uint8)
            if raw is not None:
                stack = _stack_of(np.frombuffer(raw, "<u4").astype(np.uint32))
                for last in reversed(range(count)):
                    found[last] = self._pop(stack)
                    yield float(done + count - last)
            done += count
            yield Plain(found)


def _gaussian(mean: float, sd: float) -> Any:
    """A Gaussian of e on the grid, as constriction has it."""
    centre = min(max(mean * _STEPS, -_EDGE), _EDGE - 1.0)
    normal = entropy.constriction().stream.model.QuantizedGaussian
    return normal(-_EDGE, _EDGE - 1, centre, max(sd * _STEPS, 0.5))


def _stack_of(words: npt.NDArray[np.uint32]) -> Any:
    return entropy.constriction().stream.stack.AnsCoder(words)


def _first_words(count: int) -> npt.NDArray[np.uint32]:
    """Bits that look random, the same everywhere; the last word is not 0."""
    raw = b"".join(hashlib.sha256(bytes([k])).digest() for k in range(-(-count // 8)))
    words = np.frombuffer(raw, "<u4").astype(np.uint32)[:count]
    words[-1] |= 1
    return words
