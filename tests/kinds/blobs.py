"""A model with two attributes of a kind that the product knows: points of the plane, or pictures.

Each pair of values is one Gaussian, the same along every axis: where it lies is one attribute, how
wide it is the other. What is not given is averaged over, so that all can be worked out by hand.
"""

import itertools
import math

import tomli_w
import torch

from engines import model as vocabulary
from engines import registry
from engines.checkpoints import catalog, weights
from engines.checkpoints.catalog import table_of
from engines.drawing import class_indices, in_batches, to_levels
from engines.kinds import of_shape
from engines.model import Attribute, Card, Exactness, Procedure, Step
from engines.noise import Streams

ATTRIBUTES = (Attribute("place", ("left", "right")), Attribute("size", ("small", "large")))
EXACT = Procedure(Exactness.EXACT, "Gaussian by Gaussian", "by hand")
PAIRS = list(itertools.product(range(2), range(2)))
PLACES, SIZES = (-0.5, 0.5), (0.1, 0.3)


def shares(codes):
    """How likely each of PAIRS is for codes (n, 2): (n, 4) float64."""
    columns = []
    for pair in PAIRS:
        fits = [
            torch.where(code == 2, 0.5, (code == here).double())
            for code, here in zip(codes.T, pair, strict=True)
        ]
        columns.append(fits[0] * fits[1])
    return torch.stack(columns, 1)


def log_p(x, codes):
    """log p(x | codes) in nats: the density of points, the probability of 8-bit pictures."""
    flat, each = x.double().flatten(1), []
    for place, size in PAIRS:
        z = (flat - PLACES[place]) / SIZES[size]
        if x.dim() == 2:
            one = -z.square() / 2 - math.log(SIZES[size] * math.sqrt(2 * math.pi))
        else:  # a level holds what lies nearer to it than to its neighbours, the ends all beyond
            half = 1 / 127.5 / 2 / SIZES[size] * 1.0
            low = torch.special.ndtr(torch.where(flat <= -1, -math.inf, z - half))
            high = torch.special.ndtr(torch.where(flat >= 1, math.inf, z + half))
            one = (high - low).clamp_min(1e-30).log()
        each.append(one.sum(1))
    return (torch.stack(each, 1) + shares(codes).log()).logsumexp(1)


class Slope:
    """The part `energy`: −log p of examples as if they were not rounded, and its slope."""

    sigma_max = sigma_min = 0.0

    def __init__(self, card):
        self.card = card

    def of(self, x, labels, sigma):
        codes = class_indices(self.card, labels, len(x))
        with torch.enable_grad():
            at = x.detach().double().flatten(1).requires_grad_()
            value = -log_p(at, codes)
            (slope,) = torch.autograd.grad(value.sum(), at)
        return value.detach(), slope.view_as(x).to(x)


def load(card, device):
    """The loader of the family: sample, density, energy."""
    weights.load(card)
    dims = math.prod(card.shape)

    def draw(request, knobs, labels):
        streams = Streams(request.seed, request.indices)
        u, z = streams.uniform(1)[:, 0], streams.normal(dims)
        edges = shares(labels).cumsum(1)[:, :-1].contiguous()
        pair = torch.tensor(PAIRS)[torch.searchsorted(edges, u[:, None].double())[:, 0]]
        x = torch.tensor(PLACES)[pair[:, :1]] + torch.tensor(SIZES)[pair[:, 1:]] * z
        x = x.view(request.count, *card.shape)
        x = x if len(card.shape) == 1 else to_levels((x * 127.5 + 128).clamp(0, 255.9) / 256)
        yield Step(request.count, request.count, x.clone(), calls=1)
        return x

    def density(x, labels, knobs):
        found = log_p(x, class_indices(card, labels, len(x)))
        yield Step(len(x), len(x), calls=1)
        return vocabulary.LogDensity(found, vocabulary.Meaning.EXACT, "sum over Gaussians")

    return vocabulary.Model(
        card=card,
        sample=in_batches(draw, card, ()),
        procedure=lambda knobs: EXACT,
        density=vocabulary.Density(vocabulary.Meaning.EXACT, density),
        energy=Slope(card),
    )


def ship(root, name, shape=(2,)):
    """Write the checkpoint below `root` as any other is; its card."""
    data, _, family = name.partition("/")
    path = root / data / f"{family}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    card = Card(
        folder=path.parent,
        name=name,
        family="blobs",
        data=data,
        kind=of_shape(shape),
        attributes=ATTRIBUTES,
        weights=path.name,
        sha256=weights.save({"places": torch.tensor(PLACES)}, path),
        parameters=2,
        seed=1,
        recipe="by hand",
        licence="none",
    )
    (path.parent / f"{family}.toml").write_text(tomli_w.dumps(table_of(card)), "utf-8")
    return card


def register(monkeypatch):
    """Everything that the product is told: the family."""
    monkeypatch.setitem(catalog.FAMILY_TITLES, "blobs", "Blobs")
    monkeypatch.setitem(registry.FAMILIES, "blobs", load)
