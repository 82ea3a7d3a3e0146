"""A kind of data of our own: sequences of twelve symbols, with two attributes and a tiny model.

What the product knows of it is registered by `registered` alone. The model is a Markov chain, so
that everything it says can be worked out by hand: its density, its completions, its codes.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import tomli_w
import torch

from engines import kinds, registry
from engines import model as vocabulary
from engines.checkpoints import catalog, weights
from engines.checkpoints.catalog import table_of
from engines.drawing import class_indices, in_batches
from engines.kinds import Value
from engines.model import Attribute, Card, Exactness, Procedure, Step
from engines.noise import Streams

LENGTH, ALPHABET = 12, "abcd"
NAME = "songs/markov"
ATTRIBUTES = (Attribute("mood", ("calm", "wild")), Attribute("key", ("low", "high")))
EXACT = Procedure(Exactness.EXACT, "Symbol by symbol", "Markov 1913")


@dataclass(frozen=True)
class Symbols:
    """Sequences (length,) of symbols 0, 1, … that stand for the letters of an alphabet."""

    length: int
    alphabet: str

    name: ClassVar[str] = "symbols"
    thing: ClassVar[str] = "sequence"
    things: ClassVar[str] = "sequences"
    value: ClassVar[Value] = Value.CATEGORY
    unit: ClassVar[str] = "bits per symbol"

    @property
    def shape(self):
        return (self.length,)

    @property
    def mask_shape(self):
        return (self.length,)

    @property
    def batch(self):
        return 64

    def fault(self, values):
        whole = (values == values.round()).all() and (values >= 0).all()
        if whole and (values < len(self.alphabet)).all():
            return None
        return f"symbols must be whole numbers 0 … {len(self.alphabet) - 1}"

    def per_unit(self, nats):
        return nats / (self.length * math.log(2))

    def table(self):
        return {"length": self.length, "alphabet": self.alphabet}

    @classmethod
    def of(cls, table: Mapping):
        return cls(table["length"], table["alphabet"])

    def text(self, row):
        """One sequence in letters."""
        return "".join(self.alphabet[int(i)] for i in row)


KIND = Symbols(LENGTH, ALPHABET)


class Markov:
    """p(x | mood, key) = π(x₁ | key) ∏ T(x_t | x_{t−1}, mood); what is not given is averaged over.

    It is the part `conditionals` of its model: any place given any others, exactly.
    """

    symbols, any_order, device = len(ALPHABET), True, torch.device("cpu")

    def __init__(self, first, step):
        self.first, self.step = first.double(), step.double()

    def chains(self, labels):
        """Each pair of values, and for codes (n, 2) how likely it is: (n,) float64."""
        for mood, key in itertools.product(*(range(len(each.values)) for each in ATTRIBUTES)):
            share = torch.ones(len(labels), dtype=torch.float64)
            for code, here, each in zip(labels.T, (mood, key), ATTRIBUTES, strict=True):
                many = len(each.values)
                share = share * torch.where(code == many, 1 / many, (code == here).double())
            yield self.first[key], self.step[mood], share

    def joint(self, symbols, known, labels):
        """P(x_t, what is known) for symbols (n, length): (n, length, symbols), by the forward and
        the backward recursion (Baum & Petrie 1966)."""
        is_it = torch.nn.functional.one_hot(symbols.long(), len(ALPHABET)).double()
        likely = torch.where(known[..., None], is_it, 1.0)
        total = torch.zeros_like(likely)
        for first, step, share in self.chains(labels):
            ahead, behind = [first * likely[:, 0]], [torch.ones_like(likely[:, 0])]
            for t in range(1, LENGTH):
                ahead.append(ahead[-1] @ step * likely[:, t])
                behind.append((behind[-1] * likely[:, -t]) @ step.T)
            total += share[:, None, None] * torch.stack(ahead, 1) * torch.stack(behind[::-1], 1)
        return total

    def log_p(self, x, labels):
        """log p(x | labels) in nats of x (n, length): (n,) float64."""
        return self.joint(x, torch.ones_like(x, dtype=torch.bool), labels)[:, 0].sum(1).log()

    # what the part asks for

    def indices(self, x):
        return x.long()

    def examples(self, symbols):
        return symbols.float()

    def logits(self, symbols, known, place, labels):
        found = self.joint(symbols, known, labels).log()
        return found.gather(1, place[..., None].expand(-1, -1, self.symbols))

    def cells(self, x, labels, upto):
        """Edges (n, symbols + 1) of the conditional distribution of place `upto`, given earlier."""
        known = (torch.arange(LENGTH) < upto).expand(len(x), -1)
        place = torch.full((len(x), 1), upto)
        p = self.logits(x, known, place, labels)[:, 0].softmax(1)
        return torch.cat([p.new_zeros(len(x), 1), p.cumsum(1)], 1)

    def drawn(self, u, labels):
        """x (n, length) of uniforms u (n, length), symbol by symbol."""
        x = torch.zeros(u.shape)
        for t in range(LENGTH):
            edges = self.cells(x, labels, t)[:, 1:-1].contiguous()
            x[:, t] = torch.searchsorted(edges, u[:, t : t + 1].double().contiguous())[:, 0].float()
        return x

    def quantiles(self, x, labels):
        """u (n, length) in the middle of its cell: `drawn` turns it into x."""
        edges = [self.cells(x, labels, t) for t in range(LENGTH)]
        at = [
            e.gather(1, torch.stack([k, k + 1], 1)).mean(1)
            for e, k in zip(edges, x.long().T, strict=True)
        ]
        return torch.stack(at, 1)


def load(card, device):
    """The loader of the family: sample, density, latents, and conditionals for in-painting."""
    tensors = weights.load(card)
    net = Markov(tensors["first"], tensors["step"])

    def draw(request, knobs, labels):
        x = net.drawn(Streams(request.seed, request.indices).uniform(LENGTH), labels)
        yield Step(request.count, request.count, x.clone(), calls=LENGTH)
        return x

    def density(x, labels, knobs):
        found = net.log_p(x, class_indices(card, labels, len(x)))
        yield Step(len(x), len(x), calls=1)
        return vocabulary.LogDensity(found, vocabulary.Meaning.EXACT, "chain rule")

    def decode(z, labels):
        x = net.drawn(torch.special.ndtr(z.double()), class_indices(card, labels, len(z)))
        yield Step(len(z), len(z), x.clone(), calls=LENGTH)
        return x

    def encode(x, labels):
        u = net.quantiles(x, class_indices(card, labels, len(x)))
        yield Step(len(x), len(x), calls=LENGTH)
        return torch.special.ndtri(u).float()

    return vocabulary.Model(
        card=card,
        sample=in_batches(draw, card, ()),
        procedure=lambda knobs: EXACT,
        density=vocabulary.Density(vocabulary.Meaning.EXACT, density),
        latents=vocabulary.Latents(
            (LENGTH,),
            "Gaussian quantiles",
            decode,
            encode,
            inverse=Procedure(Exactness.EXACT, "the middle of its cell", "by hand"),
        ),
        conditionals=net,
    )


def ship(root):
    """Write the checkpoint below `root` as any other is; its card."""
    first = torch.tensor([[0.7, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.7]])
    calm = 0.7 * torch.eye(4) + 0.075
    wild = 0.9 * torch.eye(4).roll(1, 1) + 0.025
    tensors = {"first": first, "step": torch.stack([calm, wild])}
    data, _, family = NAME.partition("/")
    path = root / data / f"{family}.safetensors"
    card = Card(
        folder=path.parent,
        name=NAME,
        family=family,
        data=data,
        kind=KIND,
        attributes=ATTRIBUTES,
        weights=path.name,
        sha256=weights.save(tensors, path),
        parameters=40,
        seed=1,
        recipe="by hand",
        licence="none",
    )
    (path.parent / f"{family}.toml").write_text(tomli_w.dumps(table_of(card)), "utf-8")
    return card


def register(monkeypatch):
    """Everything that the product is told: the kind and the family."""
    monkeypatch.setitem(kinds.KINDS, Symbols.name, Symbols)
    monkeypatch.setitem(catalog.DATA_TITLES, "songs", "Songs")
    monkeypatch.setitem(catalog.FAMILY_TITLES, "markov", "Markov chain")
    monkeypatch.setitem(registry.FAMILIES, "markov", load)
