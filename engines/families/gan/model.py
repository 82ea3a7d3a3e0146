"""Generative adversarial networks (Goodfellow et al. 2014): x = G(z, c), one call, no density."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import torch
from torch import Tensor
from torch.special import ndtr, ndtri

from engines.checkpoints import weights
from engines.drawing import class_indices, in_batches
from engines.families.gan import inversion
from engines.families.gan.net import Generator, PictureGenerator, PointGenerator
from engines.kinds import Kind, Pictures, Points
from engines.model import (
    Card,
    Exactness,
    Knob,
    Knobs,
    Latents,
    Model,
    Procedure,
    Run,
    SampleRequest,
    Step,
    settle,
)
from engines.noise import Streams

_NETS: Mapping[type[Kind], Callable[..., Generator]] = MappingProxyType(
    {Pictures: PictureGenerator, Points: PointGenerator}
)
NO_TRUNCATION = 4.0
TRUNCATION = Knob(
    "truncation",
    "Truncation",
    NO_TRUNCATION,
    0.0,
    NO_TRUNCATION,
    0.1,
    "z is drawn from a normal cut off at ± ψ. 4 means not cut off: the model's distribution; "
    "smaller values give cleaner and less varied samples, 0 one example per class.",
    warn="not the model's distribution",
)

_NATURE = "Gaussian; codes of examples are searched for"
_NATURE_OF_CLASSES = f"{_NATURE}; the last coordinate picks the class where none is chosen"


@dataclass(frozen=True)
class GAN:
    """A latent code is (z, e): e draws the class where none is asked, and is idle otherwise.

    With z and e standard normal, c = F⁻¹(Φ(e)) has the shares p(c), so codes without a label
    give the model's p(x), and a code moved a little keeps its class.
    """

    card: Card
    net: Generator
    device: torch.device
    _drawn: list[Tensor] = field(default_factory=list)
    """Where searches start, made at the first: a list of one."""

    # the part `generator`

    @property
    def latent(self) -> int:
        return self.net.latent

    @property
    def unit(self) -> Tensor:
        one = torch.ones(self.card.shape)
        return one if not isinstance(self.net, PointGenerator) else self.net.scale.cpu() * one

    def generate(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.net(z, labels)  # type: ignore[no-any-return]

    def pick(self, u: Tensor) -> Tensor:
        return self.net.pick(u)

    # what the model can do

    @property
    def codes(self) -> int:
        """Length of a latent code; without classes there is nothing for e to pick."""
        return self.net.latent + bool(self.card.labels)

    def codes_of(self, request: SampleRequest) -> Tensor:
        """The codes (n, codes) that the examples of a request start from."""
        return Streams(request.seed, request.indices).normal(self.codes)

    def draw(self, request: SampleRequest, knobs: dict[str, float], labels: Tensor) -> Run:
        """z ~ N(0, I), cut off at ± ψ; c ~ p(c) where no class is asked."""
        return self._generate(self.drawn_codes(replace(request, knobs=knobs)), labels)

    def drawn_codes(self, request: SampleRequest) -> Tensor:
        """Those of `codes_of`, cut off as the samples are."""
        code, psi = self.codes_of(request), settle((TRUNCATION,), request.knobs)["truncation"]
        if psi < NO_TRUNCATION:
            code[:, : self.net.latent] = truncated(code[:, : self.net.latent], psi)
        return code

    def decode(self, code: Tensor, labels: Tensor | None) -> Run:
        """G(z, c) for codes (n, codes) -> (n, …)."""
        return self._generate(code, class_indices(self.card, labels, len(code)))

    def encode(self, x: Tensor, labels: Tensor | None) -> Run:
        """The best codes (n, codes) that a search finds for x (n, …)."""
        if labels is not None:
            class_indices(self.card, labels, len(x))
        if not self._drawn:
            self._drawn.append((yield from inversion.begin(self.net, self.device)))
        search = inversion.search_of(self.net, self.device, self._drawn[0], self.card.shape)
        z, classes = yield from search.run(x, labels)
        return z if not self.card.labels else torch.cat([z, self.centre(classes)[:, None]], 1)

    def centre(self, classes: Tensor) -> Tensor:
        """The e (n,) in the middle of what draws these classes (n,)."""
        share = self.net.share.cpu().double()
        middle = share.cumsum(0) - share / 2
        found: Tensor = ndtri(middle)[classes]
        return found.float()

    def classes(self, e: Tensor) -> Tensor:
        """The classes (n,) that e (n,) draws."""
        return self.net.pick(ndtr(e.to(self.device))).cpu()

    @torch.no_grad()
    def blend(self, z: Tensor, share: Tensor) -> Run:
        """G(z, c) for classes mixed in these shares (n, classes)."""
        x: Tensor = self.net.blend(z.to(self.device), share.to(self.device)).cpu()
        yield Step(len(x), len(x), x.clone(), calls=1)
        return x

    @torch.no_grad()
    def _generate(self, code: Tensor, labels: Tensor) -> Run:
        z, e = code[:, : self.net.latent], code[:, -1]
        if not self.card.labels:
            classes = torch.zeros_like(labels)
        else:
            drawn = self.classes(e)
            classes = torch.where(labels == len(self.card.labels), drawn, labels)
        x: Tensor = self.net(z.to(self.device), classes.to(self.device)).cpu()
        yield Step(len(x), len(x), x.clone(), calls=1)
        return x


def truncated(z: Tensor, psi: float) -> Tensor:
    """Standard normal draws as draws of a normal truncated to [−ψ, ψ] (Brock et al. 2019, 3.1).

    By inverse distribution function, Φ⁻¹(Φ(−ψ) + Φ(z) (Φ(ψ) − Φ(−ψ))): every number moves inward
    and none is drawn again, so a picture changes smoothly with ψ.
    """
    low, high = ndtr(torch.tensor([-psi, psi], dtype=torch.float64))
    inward: Tensor = ndtri(low + ndtr(z.double()) * (high - low))
    return inward.clamp(-psi, psi).float()


def load(card: Card, device: torch.device) -> Model:
    """Open a GAN checkpoint. Raises CheckpointError when its weights do not fit its card."""
    net = weights.build(weights.of_kind(_NETS, card), card)
    weights.fill(net, weights.load(card), card)
    return model_of(card, net, device)


def model_of(card: Card, net: Generator, device: torch.device) -> Model:
    """What a generator can do, whatever its network."""
    gan = GAN(card, net.eval().requires_grad_(False).to(device), device)
    knobs = (TRUNCATION,)
    return Model(
        card=card,
        sample=in_batches(gan.draw, card, knobs),
        procedure=lambda given: _procedure(settle(knobs, given)),
        knobs=knobs,
        latents=Latents(
            (gan.codes,),
            _NATURE_OF_CLASSES if card.labels else _NATURE,
            gan.decode,
            gan.encode,
            inversion.SEARCH,
            drawn=gan.drawn_codes,
        ),
        generator=gan,
    )


def _procedure(knobs: Knobs) -> Procedure:
    psi = knobs["truncation"]
    if psi == NO_TRUNCATION:
        return Procedure(Exactness.EXACT, "x = G(z), z ~ N(0, I)", "Goodfellow et al. 2014")
    method = f"x = G(z), z truncated to ± {psi:g}: not the model's distribution"
    return Procedure(Exactness.HEURISTIC, method, "Brock et al. 2019")
