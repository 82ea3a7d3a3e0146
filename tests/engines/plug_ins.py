"""Families that no one knows, as packages with an entry point: their parts are plain objects."""

import hashlib
import sys

import pytest
import safetensors.torch
import torch

POSTERIOR = '''
import math
import torch
from engines.drawing import in_batches
from engines.model import Density, Exactness, LogDensity, Meaning, Model, Procedure, Step
from engines.noise import Streams, log_normal

W, B, SD = torch.tensor([[1.2, 0.3], [-0.4, 0.9]]), torch.tensor([0.5, -0.2]), 0.3
HOW = Procedure(Exactness.EXACT, "x = W z + b + noise", "Tipping & Bishop 1999")


class Linear:
    """Probabilistic PCA: everything about it is a Gaussian, its encoder is exact."""

    device, latent = torch.device("cpu"), 2

    def view(self, z, labels):
        return z @ W.T + B

    def log_p(self, view, x, where):
        gap = ((x - view) / SD)[:, where]
        return log_normal(gap) - gap.shape[1] * math.log(SD)

    def expected(self, view):
        return view

    def drawn(self, view, noise):
        return view + SD * noise.normal(2)

    def encoder(self, x, labels):
        precision = torch.eye(2) + W.T @ W / SD**2
        mean = (x - B) @ W @ torch.linalg.inv(precision).T / SD**2
        # a diagonal Gaussian cannot be exact: W's columns are turned so that it is
        return mean, (-0.5 * precision.diagonal().log()).expand_as(mean)

    def log_prior(self, z, labels):
        return log_normal(z)

    def from_prior(self, e, labels):
        return e

    to_prior = from_prior


def load(card, device):
    part = Linear()

    def draw(request, knobs, labels):
        noise = Streams(request.seed, request.indices)
        x = part.drawn(part.view(noise.normal(2), labels), noise)
        yield Step(request.count, request.count, x.clone())
        return x

    law = torch.distributions.MultivariateNormal(B, W @ W.T + SD**2 * torch.eye(2))

    def density(x, labels, knobs):
        yield Step(len(x), len(x))
        return LogDensity(law.log_prob(x.float()).double(), Meaning.EXACT, "a Gaussian")

    return Model(card, in_batches(draw, card, ()), lambda knobs: HOW,
                 density=Density(Meaning.EXACT, density), posterior=part)
'''

DENOISE = '''
import torch
from engines.drawing import in_batches
from engines.model import Density, Exactness, LogDensity, Meaning, Model, Procedure, Step
from engines.noise import Streams

MEAN = torch.tensor([1.0, -2.0])
ROOT = torch.tensor([[0.8, 0.0], [0.5, 0.6]])
COV, UNIT = ROOT @ ROOT.T, 2.0
HOW = Procedure(Exactness.EXACT, "a Gaussian", "Gauss 1809")


class Gaussian:
    """The exact denoiser of a Gaussian in the plane, between noise levels of its own."""

    device, span = torch.device("cpu"), (0.01, 40.0)

    def denoise(self, y, sigma, labels):
        inside = COV / UNIT**2
        return y @ torch.linalg.inv(inside + sigma**2 * torch.eye(2)) @ inside

    def enter(self, x):
        return (x - MEAN) / UNIT, -2 * torch.tensor(UNIT).log().expand(len(x))

    def leave(self, y):
        return y * UNIT + MEAN


def load(card, device):
    def draw(request, knobs, labels):
        x = MEAN + Streams(request.seed, request.indices).normal(2) @ ROOT.T
        yield Step(request.count, request.count, x.clone())
        return x

    law = torch.distributions.MultivariateNormal(MEAN, COV)

    def density(x, labels, knobs):
        yield Step(len(x), len(x))
        return LogDensity(law.log_prob(x.float()).double(), Meaning.EXACT, "a Gaussian")

    return Model(card, in_batches(draw, card, ()), lambda knobs: HOW,
                 density=Density(Meaning.EXACT, density), denoise=Gaussian())
'''

CONDITIONALS = '''
import torch
from engines.drawing import in_batches
from engines.model import (
    Density, Exactness, LogDensity, Meaning, Model, Procedure, SampleRequest, Step,
)
from engines.noise import Streams

HOW = Procedure(Exactness.EXACT, "symbol by symbol", "Shannon 1948")


class Chain:
    """Each symbol is likely to be the one before it, in the order of the places."""

    device = torch.device("cpu")

    def __init__(self, shape, symbols, any_order=False):
        self.shape, self.symbols, self.any_order = shape, symbols, any_order

    def indices(self, x):
        if len(self.shape) == 1:
            return x.long()
        return ((x + 1) * (self.symbols - 1) / 2).round().long().flatten(1)

    def examples(self, symbols):
        if len(self.shape) == 1:
            return symbols.float()
        return (2 * symbols.float() / (self.symbols - 1) - 1).view(-1, *self.shape)

    def logits(self, symbols, known, place, labels):
        before = symbols.gather(1, (place - 1).clamp_min(0))
        logits = 3.0 * torch.nn.functional.one_hot(before, self.symbols)
        return logits.float() * (place > 0)[..., None]


def load(card, device):
    part = Chain(card.shape, 256)
    places = part.shape[-2] * part.shape[-1]

    def of(symbols):
        place = torch.arange(places).expand(len(symbols), -1)
        log_p = part.logits(symbols, None, place, None).double().log_softmax(2)
        return log_p.gather(2, symbols[..., None]).flatten(1).sum(1)

    def draw(request, knobs, labels):
        u = Streams(request.seed, request.indices).uniform(places).double()
        symbols = torch.zeros(request.count, places, dtype=torch.int64)
        for i in range(places):
            where = torch.full((request.count, 1), i)
            p = part.logits(symbols, None, where, None)[:, 0].double().softmax(1)
            symbols[:, i] = (p.cumsum(1) < u[:, i, None]).sum(1).clamp_max(255)
        x = part.examples(symbols)
        yield Step(request.count, request.count, x.clone())
        return x

    def density(x, labels, knobs):
        yield Step(len(x), len(x))
        return LogDensity(of(part.indices(x)), Meaning.EXACT, "sum")

    return Model(card, in_batches(draw, card, ()), lambda knobs: HOW,
                 density=Density(Meaning.EXACT, density), conditionals=part)
'''

SYMBOLS = (
    CONDITIONALS
    + '''

from engines.drawing import class_indices
from tests.kinds.symbols import Symbols  # what an entry point of this module names


class Coloured(Chain):
    """A chain whose first attribute says which symbol it leans to, the second how much."""

    def logits(self, symbols, known, place, labels):
        labels = labels.expand(len(symbols), -1)
        lean = torch.tensor([0.0, 2.0, 0.0])[labels[:, 1]] * (labels[:, 0] < self.symbols)
        to = torch.nn.functional.one_hot(labels[:, 0].clamp_max(self.symbols - 1), self.symbols)
        return super().logits(symbols, known, place, labels) + (lean[:, None] * to)[:, None]


def load_symbols(card, device):
    part = Coloured(card.shape, len(card.kind.alphabet))
    places = card.shape[0]

    def draw(request, knobs, labels):
        u = Streams(request.seed, request.indices).uniform(places).double()
        symbols = torch.zeros(request.count, places, dtype=torch.int64)
        for i in range(places):
            where = torch.full((request.count, 1), i)
            p = part.logits(symbols, None, where, labels)[:, 0].double().softmax(1)
            symbols[:, i] = (p.cumsum(1) < u[:, i, None]).sum(1).clamp_max(part.symbols - 1)
        yield Step(request.count, request.count, part.examples(symbols))
        return part.examples(symbols)

    def density(x, labels, knobs):
        yield Step(len(x), len(x))
        place = torch.arange(places).expand(len(x), -1)
        asked = class_indices(card, labels, len(x))
        log_p = part.logits(part.indices(x), None, place, asked).double().log_softmax(2)
        found = log_p.gather(2, part.indices(x)[..., None]).flatten(1).sum(1)
        return LogDensity(found, Meaning.EXACT, "sum")

    return Model(card, in_batches(draw, card, ()), lambda knobs: HOW,
                 density=Density(Meaning.EXACT, density), conditionals=part)
'''
)


def distribution(folder, module, text, *, name, load="load", kinds=""):
    """A fake installed package in `folder` whose entry point `name` is `module:load`.

    `kinds` are lines of the group of kinds of data.
    """
    (folder / f"{module}.py").write_text(text, "utf-8")
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines = f"[genscope.families]\n{name} = {module}:{load}\n[genscope.kinds]\n{kinds}\n"
    (info / "entry_points.txt").write_text(lines)


def card(folder, family, shape, more="", data="made-up"):
    """The path of a card of that family, with weights that nobody looks at."""
    raw = safetensors.torch.save({"nothing": torch.zeros(1)})
    (folder / f"{family}.safetensors").write_bytes(raw)
    path = folder / f"{family}.toml"
    path.write_text(
        f'family = "{family}"\ndata = "{data}"\nshape = {list(shape)}\n'
        f'weights = "{family}.safetensors"\nsha256 = "{hashlib.sha256(raw).hexdigest()}"\n'
        f"{more}",
        "utf-8",
    )
    return str(path)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages on the path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    for path in folder.glob("*.py"):
        sys.modules.pop(path.stem, None)
