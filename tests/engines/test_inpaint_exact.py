"""In-painting against conditionals that are known: closed forms, quadrature, probabilistic PCA."""

import dataclasses
import math

import pytest
import torch
from oracles import AT, MEANS, SPREADS, WEIGHTS, line_mixture, linear_vae, mixture_energy
from tiny import opened

from engines import log_density, open_model
from engines.inpaint import methods_for
from engines.inpaint.closed_form import level_table
from engines.inpaint.tempering import ladder, swapped, tempered_chains
from engines.langevin import State
from engines.model import finish
from engines.nets.kde import to_levels
from engines.noise import Streams

KNOWN = torch.tensor([True, False])


def method_of(model, name):
    return next(method for method in methods_for(model) if method.name == name)


def filled(model, name, picture, known, count, **knobs):
    return finish(method_of(model, name).run(model, picture, known, count, 1, knobs))


def variation(x, edges, below):
    """Half the difference in probability over bins; `below` is the distribution function there."""
    share = torch.histogram(x.double(), edges).hist / len(x)
    inside = below.diff()
    rest = abs((1 - share.sum()) - (1 - inside.sum()))
    return 0.5 * ((share - inside).abs().sum() + rest).item()


def by_quadrature(model, at, edges, fine=40):
    """The distribution function of x2 given x1 = at, from the model's own joint density."""
    width = (edges[1] - edges[0]) / fine
    x2 = edges[0] + width * (torch.arange(fine * (len(edges) - 1), dtype=torch.float64) + 0.5)
    points = torch.stack([torch.full_like(x2, at), x2], 1).float()
    density = log_density(model, points).value.exp()
    upto = torch.cat([torch.zeros(1, dtype=torch.float64), density.cumsum(0)])
    return upto[::fine] / upto[-1]


@pytest.mark.parametrize("family", ["kde", "mfa"])
def test_points_follow_the_conditional_of_the_joint(tmp_path, family):
    model, edges = opened(tmp_path, family, "points"), torch.linspace(-8, 8, 81).double()
    for at in (0.0, 2.5):
        x = filled(model, "closed-form", torch.tensor([at, 9.0]), KNOWN, 20_000)
        assert variation(x[:, 1], edges, by_quadrature(model, at, edges)) < 0.03
    # the other condition's answer is another: the test can fail
    assert variation(x[:, 1], edges, by_quadrature(model, 0.0, edges)) > 0.1


def test_a_kernel_s_levels_are_its_rounded_noise():
    h, k = 20.0, torch.arange(256, dtype=torch.float64)
    table = level_table(h)
    torch.testing.assert_close(table.exp().sum(0), torch.ones(256, dtype=torch.float64))
    cumulative = torch.special.ndtr((k[:-1, None] + 0.5 - k) / h)
    ends = torch.zeros(1, 256, dtype=torch.float64)
    expected = torch.cat([ends, cumulative, ends + 1]).diff(dim=0)
    torch.testing.assert_close(table.exp(), expected, rtol=1e-6, atol=1e-15)
    assert table.isfinite().all()


def test_pictures_of_kernels_follow_the_conditional_of_the_joint(tmp_path):
    """Shares of the centres and levels of one missing pixel, against sums of P(x) over levels."""
    model, n = opened(tmp_path, "kde", "picture"), 4_000
    native = model.native
    wide = dataclasses.replace(native, h=200.0)  # narrow kernels leave one centre only
    model = dataclasses.replace(model, native=wide)
    picture = native.kernels.levels[7] / 127.5 - 1
    known = torch.ones(8, 8, dtype=torch.bool)
    known[3, 3] = known[5, 1] = False
    x = to_levels(filled(model, "closed-form", picture.float(), known, n)).long()
    level = torch.arange(256)
    candidates = picture.float().expand(256, 1, 8, 8).clone()
    log_p = torch.empty(256, 256, dtype=torch.float64)
    for a in range(256):
        candidates[:, 0, 3, 3], candidates[:, 0, 5, 1] = a / 127.5 - 1, level / 127.5 - 1
        log_p[a] = wide.kernels.log_mass(candidates, wide.h)
    joint = log_p.flatten().softmax(0).view(256, 256)
    for share, place in ((joint.sum(1), (3, 3)), (joint.sum(0), (5, 1))):
        found = torch.bincount(x[:, 0, place[0], place[1]], minlength=256).double() / n
        upto, expected = found.cumsum(0), share.cumsum(0)
        assert (upto - expected).abs().max() < 1.95 / math.sqrt(n)  # Kolmogorov, p = 0.001


def test_pictures_of_analysers_follow_their_own_conditional(tmp_path):
    """One missing pixel, cut where the normal scores are: by the mixture's density on a line."""
    model, n = opened(tmp_path, "mfa", "picture"), 4_000
    mfa = model.native
    picture = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(2)).mul(255).round()
    known = torch.ones(8, 8, dtype=torch.bool)
    known[4, 4] = False
    x = to_levels(filled(model, "closed-form", picture / 127.5 - 1, known, n)).long()[:, 0, 4, 4]
    # its law: average over dequantisations of the known pixels of the density along the pixel
    y, _ = mfa.scores.encode(
        picture.flatten().long().expand(60, -1), Streams(9, range(60)).uniform(64)
    )
    grid = torch.linspace(-8, 8, 1601, dtype=torch.float64)
    law = torch.zeros(256, dtype=torch.float64)
    for row in y:
        line = row.expand(1601, -1).clone()
        line[:, 36] = grid
        mass = mfa.classes[3].log_density(line).softmax(0)
        law.index_add_(0, mfa.scores.decode(line)[:, 36], mass / 60)
    found = torch.bincount(x, minlength=256).double() / n
    assert (found.cumsum(0) - law.cumsum(0)).abs().max() < 0.05


@pytest.fixture(scope="module")
def linear():
    """One value known of three: the posterior of z given it, and a VAE with a biased encoder."""
    return linear_vae(0.15)


@pytest.mark.parametrize(("name", "low", "high"), [("mwg", 0, 0.1), ("pseudo-gibbs", 1, 99)])
def test_the_encoder_s_error_goes_within_gibbs_and_stays_without(linear, name, low, high):
    picture, known = torch.tensor([0.5, 0.0, 0.0]), torch.tensor([True, False, False])
    x = filled(linear, name, picture, known, 4_000, steps=40)[:, 1:]
    mean, cov = linear.native.net.conditional(0.5)
    gap = ((x.mean(0) - mean) / cov.diagonal().sqrt()).abs().max().item()
    assert low <= gap <= high
    if name == "mwg":
        found = torch.cov(x.T)
        assert (found - cov).norm() / cov.norm() < 0.08


def test_chains_find_the_weights_of_four_modes():
    edges = torch.arange(-8, 8.05, 0.25, dtype=torch.float64)
    below = (WEIGHTS * torch.special.ndtr((edges[:, None] - MEANS) / SPREADS)).sum(1)
    picture = torch.tensor([AT, 0.0])
    x = filled(mixture_energy(line_mixture()), "mala", picture, KNOWN, 3_000, steps=100)[:, 1]
    assert variation(x, edges, below) < 0.08


def far_modes(x):
    """0.8 N(−3, 0.3²) + 0.2 N(3, 0.3²) on the line: 50 nats between them."""
    log_p = -(x + torch.tensor([3.0, -3.0])).square() / 0.18 + torch.tensor([0.8, 0.2]).log()
    pull = (log_p.softmax(1) * (x + torch.tensor([3.0, -3.0]))).sum(1, keepdim=True) / 0.09
    return -log_p.logsumexp(1), pull


@pytest.mark.parametrize(("rungs", "share"), [(1, 0.0), (6, 0.8)])
def test_tempering_carries_chains_between_distant_modes(rungs, share):
    n, streams = 600, Streams(4, range(600))
    start = torch.full((n, 1), 3.0)
    chains = tempered_chains(
        far_modes, start, rungs=rungs, step=0.02, settling=100, streams=streams
    )
    for _ in range(400):
        x = next(chains)
    assert (x < 0).double().mean().item() == pytest.approx(share, abs=0.06)


def test_swaps_keep_a_pair_of_temperatures_in_balance():
    """Positions that swap go with their energies, and the hotter is the higher on average."""
    n, beta = 4_000, ladder(2).repeat_interleave(4_000)
    x = torch.cat([Streams(1, range(n)).normal(1), Streams(2, range(n)).normal(1) * 20**0.5])
    at = State(x, beta * x[:, 0].square() / 2, beta[:, None] * x)
    to = swapped(at, beta, n=n, first=0, coin=Streams(3, range(n)).uniform(1).T)
    torch.testing.assert_close(to.value, beta * to.x[:, 0].square() / 2)
    torch.testing.assert_close(to.slope, beta[:, None] * to.x)
    assert not torch.equal(to.x, x)
    assert to.x[:n].std().item() == pytest.approx(1, abs=0.05)
    assert to.x[n:].std().item() == pytest.approx(20**0.5, abs=0.25)


@pytest.mark.parametrize("at", [0.0, 1.0])
def test_a_trained_flow_s_chains_follow_its_own_density(at):
    model, edges = open_model("moons/flow"), torch.linspace(-4, 4, 21).double()
    x = filled(model, "mala", torch.tensor([at, 0.0]), KNOWN, 800, rungs=3, steps=60)
    assert variation(x[:, 1], edges, by_quadrature(model, at, edges)) < 0.1
