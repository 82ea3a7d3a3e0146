"""Densities far off their support: finite, and never beyond what a picture can cost."""

import math

import pytest
import torch

from engines import log_density, open_model
from engines.checkpoints.catalog import scan
from engines.model import NO_KNOBS, Meaning
from engines.noise import log_normal
from tests.hostile import hostile

CARDS, _ = scan()
PICTURES = [card for card in CARDS if card.kind.name == "pictures"]
PLANE = [card for card in CARDS if card.shape == (2,)]
FEW = {"diffusion": 1, "latent-diffusion": 4, "vae": 4, "autoregressive": 8}
"""Pictures that a slow family is asked about in CI; the others get one of every kind."""
HARDEST = ("white", "stripes", "inverted", "uniform noise", "frames", "faint noise", "grey")
MANY = {"diffusion": 2}
"""Pictures of every kind in the place of 40: an ODE of 81 calls each, for which 50 pictures take as
long as a thousand do elsewhere."""
ROUGH = {
    "vae": {"importance": 16},
    "latent-diffusion": {"importance": 1},
    "any-order": {"groups": 14},
    "diffusion": {"dequantisation": 1},
}
"""Settings with which a slow family is asked about many. Fewer samples and fewer groups make a
looser bound: pictures cost more bits, and the question is the harder one."""
EVIDENCE = pytest.mark.evidence
WORST = 200.0
"""Bits per dimension: a thousand pictures cost at most 51 (mnist/flow, stripes)."""


def costs(model, x, knobs=NO_KNOBS):
    """Bits per dimension, or nats of an unnormalised density, which has no scale."""
    found = log_density(model, x, knobs=knobs)
    if found.meaning is Meaning.UNNORMALISED:
        return None, found.value
    return -found.value / (math.log(2) * math.prod(model.card.shape)), found.value


def check(model, sets, knobs=NO_KNOBS):
    bits, nats = costs(model, torch.cat(list(sets.values())), knobs)
    names = [name for name, x in sets.items() for _ in x]
    assert nats.isfinite().all(), [n for n, v in zip(names, nats, strict=True) if not v.isfinite()]
    if bits is not None:
        worst = int(bits.argmax())
        print(
            f"{model.card.name}: {bits[worst]:.1f} bits/dim at worst of {len(bits)}, {names[worst]}"
        )
        assert bits[worst] < WORST, names[worst]


@pytest.mark.parametrize("card", PICTURES, ids=lambda card: card.name)
def test_no_picture_costs_endless_bits(card):
    model, sets = open_model(card), hostile(1)
    if model.density is None:
        assert card.family == "gan"
        return
    assert len(sets) >= 25
    kinds = HARDEST[: FEW[card.family]] if card.family in FEW else sets
    check(model, {kind: sets[kind] for kind in kinds})


@pytest.mark.evidence
@pytest.mark.parametrize("card", PICTURES, ids=lambda card: card.name)
def test_none_of_a_thousand_pictures_costs_endless_bits(card):
    model = open_model(card)
    if model.density is not None:
        check(model, hostile(MANY.get(card.family, 40)), ROUGH.get(card.family, NO_KNOBS))


FAR = [
    pytest.param(card, marks=() if card.data == "moons" or card.family == "flow" else EVIDENCE)
    for card in PLANE
]


@pytest.mark.parametrize("card", FAR, ids=lambda card: card.name)
def test_a_density_of_the_plane_is_finite_far_away(card, monkeypatch):
    monkeypatch.setattr("engines.families.latent_diffusion.model.SIDE", 96)  # nodes of a lattice
    model = open_model(card)
    if model.density is None:
        assert card.family == "gan"
        return
    ways = torch.tensor([[1.0, 0.0], [0.0, -1.0], [-0.7, 0.7]])
    x = torch.cat([radius * ways for radius in (1e3, 1e4, 1e5, 1e6)])
    assert log_density(model, x).value.isfinite().all()


def ascend(net, levels, steps):
    """Pictures that gradient ascent on −log p finds within the 256 levels, by signs of slopes.

    `levels` (n, 1, H, W). Each step dequantises anew; steps shrink to one level. The worst seen of
    each are returned.
    """
    g = torch.Generator().manual_seed(5)
    labels = torch.full((len(levels),), net.classes)
    worst, most = levels.clone(), torch.full((len(levels),), -math.inf)
    for i in range(steps):
        v = levels.clone().requires_grad_()
        z, log_det = net.encode((v + torch.rand(v.shape, generator=g)) / 256, labels)
        cost = -(log_normal(z) + log_det)
        (slope,) = torch.autograd.grad(cost.sum(), v)
        cost = cost.detach()
        more = cost > most
        worst[more], most = levels[more], most.maximum(cost)
        step = 1 + 24 * (1 - i / steps)
        levels = (levels + step * slope.sign()).round().clamp(0, 255)
    return worst


@pytest.mark.evidence
def test_gradient_ascent_finds_no_picture_that_costs_endless_bits():
    model, sets = open_model("mnist/flow"), hostile(4)
    x = torch.cat([sets[kind] for kind in ("stripes", "checkerboards", "white", "noisy", "grey")])
    x = x[log_density(model, x).value.argsort()[:12]]
    before, _ = costs(model, x)
    found = ascend(model.bijection.net, ((x + 1) * 127.5).round(), 60) / 127.5 - 1
    after, nats = costs(model, found)
    print(f"worst {before.max():.1f} → {after.max():.1f} bits/dim, mean {after.mean():.1f}")
    assert nats.isfinite().all()
    assert after.mean() > before.mean()
    assert after.max() < WORST
