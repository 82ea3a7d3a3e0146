"""Densities of the plane through the shipped models: masses, bounds, kernels, and equal values."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from engines import log_density
from engines.checkpoints.catalog import ROOT, scan
from engines.data import examples
from engines.maps import regions
from engines.maps.area import Area
from engines.maps.fields import field_of
from engines.maps.grids import log_density_grid
from engines.maps.kinds import Kind
from engines.maps.posterior import posterior
from engines.maps.refine import whole
from engines.model import Meaning, SampleRequest, finish
from engines.noise import log_normal
from engines.opening import open_model

PLANE = [card for card in scan(ROOT)[0] if card.shape == (2,) and card.family != "gan"]
SIDE = {"checkerboard": 800, "cities": 1600}
"""Cells that resolve the edges of a set."""


def names(*families, meaning=None):
    return [
        card.name
        for card in PLANE
        if card.family in families
        or card.figures.get("cross_entropy", {}).get("meaning") == meaning
    ]


IN_CI = ("moons", "checkerboard", "cities")
SLOW = ("checkerboard/mfa", "cities/mfa", "checkerboard/vae", "cities/vae")
"""Smooth, sharp-edged and unbounded sets; the others, and what is slow, are asked by
`make evidence`."""


def sparing(found):
    """The same models, those of the other sets and the slow ones as evidence."""
    return [
        name
        if name.startswith(IN_CI) and name not in SLOW
        else pytest.param(name, marks=pytest.mark.evidence)
        for name in found
    ]


def box(data, share=0.6):
    x = examples.points(data, 4000)
    (x0, y0), (x1, y1) = x.min(0).values.tolist(), x.max(0).values.tolist()
    return Area(x0, x1, y0, y1).grown(share)


@pytest.mark.parametrize("name", sparing(names(meaning="exact")))
def test_exact_maps_integrate_to_one(name):
    model = open_model(name)
    assert field_of(model).kind is Kind.EXACT
    area = box(model.card.data)
    wide, high = area.pixels(SIDE.get(model.card.data, 400))
    found = whole(field_of(model), area, wide, high)
    assert regions.mass(found.values, area.cell(wide, high)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", sparing(names("energy")))
def test_energies_integrate_to_one_within_a_hundredth(name):
    model = open_model(name)
    area = box(model.card.data)
    wide, high = area.pixels(SIDE.get(model.card.data, 300))
    found = whole(field_of(model), area, wide, high)
    assert field_of(model).kind is Kind.ESTIMATE
    assert regions.mass(found.values, area.cell(wide, high)) == pytest.approx(1, abs=1e-2)


@pytest.mark.parametrize("name", sparing(["spirals/energy", "cities/energy"]))
def test_chains_of_energies_end_where_their_density_lies(name):
    """The mean of −log p over the ends is the entropy, within four standard errors."""
    model = open_model(name)
    area = box(model.card.data)
    wide, high = area.pixels(SIDE.get(model.card.data, 400))
    log_p = whole(field_of(model), area, wide, high).values.double()
    entropy = -(log_p.exp() * log_p).sum().item() * area.cell(wide, high)
    x = finish(model.sample(SampleRequest(800, 3)))
    nats = -log_density(model, x).value
    assert nats.mean().item() == pytest.approx(entropy, abs=4 * nats.std().item() / math.sqrt(800))


@pytest.mark.parametrize("name", ["moons/diffusion", "gaussians/diffusion"])
def test_diffusions_integrate_to_one_within_a_hundredth(name):
    model = open_model(name)
    area = box(model.card.data, 0.3)
    xs, ys = (torch.from_numpy(axis).float() for axis in area.axes(64, 64))
    found = finish(model.density.run(torch.cartesian_prod(xs, ys), None, {"steps": 12}))
    assert found.meaning is Meaning.ESTIMATE
    assert regions.mass(found.value, area.cell(64, 64)) == pytest.approx(1, abs=1e-2)


@torch.no_grad()
def by_quadrature(vae, x, side=320):
    """log p(x) of points (n, 2) by the midpoint rule over the noise behind both latents."""
    area = Area(-4, 4, -4, 4)
    e = torch.cartesian_prod(*(torch.from_numpy(axis).float() for axis in area.axes(side, side)))
    anyone = torch.full((len(e),), len(vae.card.labels))
    means = vae.net.decode(vae.net.from_prior(e, anyone), anyone)
    pixel = torch.distributions.Normal(means, vae.net.noise())
    joint = [(log_normal(e) + pixel.log_prob(point).sum(1)).double() for point in x]
    return torch.stack(joint).logsumexp(1) + math.log(area.cell(side, side))


@pytest.mark.parametrize("name", sparing(names("vae")))
def test_bounds_stay_below_the_exact_value(name):
    """The exact value is that of a fine quadrature over both latents."""
    model = open_model(name)
    x = examples.points(model.card.data, 4000)[:12]
    exact = by_quadrature(model.posterior, x)
    same = posterior(model, x[0], side=320).log_p
    assert same == pytest.approx(exact[0].item(), abs=1e-4)
    for m in (1, 64):
        found = log_density(model, x, knobs={"importance": m})
        assert found.meaning is Meaning.BOUND
        over = found.value - exact
        assert over.mean() < 0.02
        if m > 1:  # a bound of few draws is random: its own error is all that it may exceed by
            assert (over <= 4 * found.stderr + 1e-3).all()
    lattice = torch.cat([finish(log_density_grid(model, p[:1], p[1:])).value for p in x.double()])
    assert (lattice - exact).abs().mean() < 0.01
    assert (lattice - exact).abs().max() < 0.02


@pytest.mark.parametrize("name", names("kde"))
def test_kernels_are_their_brute_force_sum(name):
    model = open_model(name)
    kernels, h = model.kernels.kernels, model.card.net["bandwidth"]
    xs, ys = (torch.from_numpy(axis) for axis in box(model.card.data, 0.2).axes(8, 7))
    at = torch.cartesian_prod(xs, ys).numpy()
    sd = h * kernels.scale.double().numpy()
    e = (at[:, None] - kernels.centres.double().numpy()) / sd
    brute = logsumexp(-0.5 * (e**2).sum(-1), axis=1) - math.log(
        2 * math.pi * sd.prod() * len(kernels.centres)
    )
    grid = finish(log_density_grid(model, xs, ys)).value.numpy()
    points = log_density(model, torch.from_numpy(at)).value.numpy()
    np.testing.assert_allclose(grid, brute, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(points, brute, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", names("flow"))
def test_an_unrolled_flow_is_the_flow(name):
    """Closer to zuko's in double precision than zuko's own in single."""
    model = open_model(name)
    net, area = model.bijection.net, box(model.card.data, 0.1)
    xs, ys = (torch.from_numpy(axis) for axis in area.axes(31, 23))
    x = torch.cartesian_prod(xs, ys).float()
    found = [log_density(model, x).value, finish(log_density_grid(model, xs, ys)).value]
    for label in range(net.classes + 1):
        own = model.bijection._unrolled(label)(*x.T).double()
        net.double()
        labels = torch.full((len(x),), label)
        z, log_det = net.encode(x.double(), labels)
        net.float()
        expected = log_normal(z) + log_det
        seen = expected > -20
        torch.testing.assert_close(own[seen], expected[seen], rtol=0, atol=2e-3)
    torch.testing.assert_close(found[0], own, rtol=0, atol=1e-6)
    torch.testing.assert_close(found[1], own, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", names("energy"))
def test_an_energy_on_a_grid_is_that_of_its_points(name):
    model = open_model(name)
    xs, ys = (torch.from_numpy(axis) for axis in box(model.card.data).axes(40, 30))
    for label in (None, 0):
        labels = None if label is None else torch.full((1200,), label)
        points = log_density(model, torch.cartesian_prod(xs, ys).float(), labels=labels).value
        grid = finish(log_density_grid(model, xs, ys, label)).value
        torch.testing.assert_close(grid, points, rtol=1e-5, atol=1e-4)
