"""How each model goes from example to example: codes, what lies between two, what a hand moves.

A walk is a model's latents, with what paths need beside them; it tells what its codes are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.special import ndtr

from engines.drawing import class_indices
from engines.families.kde import paths as kernel_paths
from engines.finite import examples
from engines.model import (
    Card,
    Knobs,
    Latents,
    Model,
    Pace,
    Procedure,
    Run,
    SampleRequest,
    Step,
)
from engines.noise import Streams
from engines.parts import Blends, Generator, Kernels, Posterior
from engines.paths import Way, mix

Between = Callable[[Way, Tensor, Tensor, Tensor], Tensor]

_NO_INVERSE = "This model cannot encode given pictures, so there is no path between them."
_NO_SPACE = (
    "Each component has its own latent space, so there is no single space to interpolate in."
)


@dataclass(frozen=True)
class Walk:
    """Codes (n, size) of one model.

    `encode(x, labels)` finds codes of examples, `decode(z, label)` makes examples of codes, as the
    classes in the codes or all of one class. `between(way, z1, z2, lam)` has the codes (n, size)
    at λ (n,) of two codes (size,). The first `free` coordinates are Gaussian, for sliders to move.
    `draw_code(x, labels, seed)` is a draw from p(z | x) where that is more than a point.
    `drawn(request)` has the codes that the model makes samples of, as `Latents.drawn` at knobs such
    as `exact`; `classed` says that codes hold the classes of their examples.
    """

    nature: str
    inverse: Procedure
    size: int
    free: int
    pace: Pace
    encode: Callable[[Tensor, Tensor | None], Run]
    decode: Callable[[Tensor, int | None], Run]
    between: Between
    sketch: Callable[[Tensor, int | None], Run] | None = None
    draw_code: Callable[[Tensor, Tensor | None, int], Run] | None = None
    drawn: Callable[[SampleRequest], Tensor] | None = None
    exact: Knobs = field(default_factory=dict)
    classed: bool = False


def walk_of(model: Model) -> Walk:
    """The walk of a model. Raises ValueError with one sentence where it has none.

    Its codes and examples are finite, or its runs raise NotFiniteError.
    """
    walk, name = _walk_of(model), model.card.name
    sketch, draw = walk.sketch, walk.draw_code
    return replace(
        walk,
        encode=lambda x, labels: examples(walk.encode(x, labels), name, "codes"),
        decode=lambda z, label: examples(walk.decode(z, label), name),
        sketch=None if sketch is None else lambda z, label: examples(sketch(z, label), name),
        draw_code=None
        if draw is None
        else lambda x, labels, seed: examples(draw(x, labels, seed), name, "codes"),
    )


def _walk_of(model: Model) -> Walk:
    latents, generator = model.latents, model.generator
    if latents is not None and isinstance(generator, Blends) and model.card.labels:
        return _of_classes(generator, model)
    if model.kernels is not None:
        return _of_kernels(model.kernels)
    if latents is None or latents.encode is None or latents.inverse is None:
        raise ValueError(_NO_INVERSE if model.components is None else _NO_SPACE)
    return _of_latents(model, latents, latents.inverse)


def _of_latents(model: Model, latents: Latents, inverse: Procedure) -> Walk:
    (size,) = latents.shape
    assert latents.encode is not None
    sketch, part = latents.sketch, model.posterior

    def labelled(run: Callable[[Tensor, Tensor | None], Run]) -> Callable[..., Run]:
        return lambda z, label: run(z, _labels(len(z), label))

    return Walk(
        latents.nature,
        inverse,
        size,
        size,
        latents.pace,
        latents.encode,
        labelled(latents.decode),
        _mixed,
        labelled(sketch) if sketch else None,
        None if part is None else partial(_drawn_code, model.card, part),
        latents.drawn,
        latents.exact,
    )


@torch.no_grad()
def _drawn_code(card: Card, part: Posterior, x: Tensor, labels: Tensor | None, seed: int) -> Run:
    """One draw from q(z | x, c) for each example, as noise of the prior: (n, …) -> (n, K)."""
    classes = class_indices(card, labels, len(x)).to(part.device)
    mean, log_sd = part.encoder(x.to(part.device), classes)
    z = mean + log_sd.exp() * Streams(seed, range(len(x))).normal(part.latent).to(mean)
    e = part.to_prior(z, classes).cpu()
    yield Step(len(x), len(x), calls=1)
    return e


def _mixed(way: Way, z1: Tensor, z2: Tensor, lam: Tensor) -> Tensor:
    return mix(way, z1[None], z2[None], lam.to(z1.dtype))


def _labels(count: int, label: int | None) -> Tensor | None:
    return None if label is None else torch.full((count,), label)


def _of_classes(part: Blends, model: Model) -> Walk:
    """Codes z and the shares of the classes: from one class to another there is no third."""
    k, classes = part.latent, len(model.card.labels)
    assert model.latents is not None
    assert model.latents.inverse is not None
    search, noise = model.latents.encode, model.latents.drawn
    assert search is not None

    def encode(x: Tensor, labels: Tensor | None) -> Run:
        code = yield from search(x, labels)
        return shared(code, classes_of(part, code[:, k]))

    def shared(code: Tensor, of: Tensor) -> Tensor:
        return torch.cat([code[:, :k], F.one_hot(of, classes).to(code)], 1)

    def drawn(request: SampleRequest) -> Tensor:
        assert noise is not None
        code, asked = noise(request), request.labels()
        of = classes_of(part, code[:, k])
        return shared(code, of if asked is None else class_indices(model.card, asked, len(code)))

    def decode(code: Tensor, label: int | None) -> Run:
        share = code[:, k:]
        if label is not None:
            wanted = class_indices(model.card, [label] * len(code), len(code))
            share = F.one_hot(wanted, classes).to(code)
        return part.blend(code[:, :k].float(), share.float())

    def between(way: Way, z1: Tensor, z2: Tensor, lam: Tensor) -> Tensor:
        return torch.cat(
            [_mixed(way, z1[:k], z2[:k], lam), _mixed(Way.LERP, z1[k:], z2[k:], lam)], 1
        )

    return Walk(
        "Gaussian, searched for; classes are mixed in their embedding",
        model.latents.inverse,
        k + classes,
        k,
        Pace.FAST,
        encode,
        decode,
        between,
        drawn=drawn if noise is not None else None,
        exact=model.latents.exact,
        classed=True,
    )


def classes_of(part: Generator, e: Tensor) -> Tensor:
    """The classes (n,) that the last numbers of codes draw."""
    return part.pick(ndtr(e.to(part.device))).cpu()


def _of_kernels(kernels: Kernels) -> Walk:
    """Codes are numbers of kernels: the path hops from training example to training example."""
    graph = kernel_paths.Graph(kernels)

    def between(way: Way, z1: Tensor, z2: Tensor, lam: Tensor) -> Tensor:
        return graph.between(z1, z2, lam)

    return Walk(
        "no latent: numbers of training examples, on the shortest path from neighbour to neighbour",
        kernel_paths.NEAREST,
        1,
        0,
        Pace.FAST,
        graph.encode,
        graph.decode,
        between,
    )
