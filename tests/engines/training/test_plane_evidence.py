"""Checkpoints of the plane against their own conditionals: the yardstick itself."""

import math

import pytest
import torch

from engines.inpaint import methods_for
from engines.opening import open_model
from engines.training.reports.evidence import SETS
from engines.training.reports.plane_evidence import Bins, Line, exact, lines_of


def conditional(mfa, line):
    """p(x_m | x_o) of a mixture of full Gaussians by the textbook: weights, means, sds."""
    mixture = mfa.classes[-1]
    free, at = line.free, 1 - line.free
    cov = mixture.loading @ mixture.loading.mT + mixture.noise.diag_embed()
    mean, x = mixture.mean.double(), line.point[at].double()
    v, c = cov[:, at, at], cov[:, at, free]
    log_w = mixture.log_weight - 0.5 * (x - mean[:, at]).square() / v - 0.5 * v.log()
    sd = (cov[:, free, free] - c.square() / v).sqrt()
    return log_w.softmax(0), mean[:, free] + c / v * (x - mean[:, at]), sd


def test_bins_are_those_of_the_exact_conditional():
    """By quadrature of the density, beside the formula for Gaussians."""
    model = open_model("moons/mfa", device="cpu")
    for line in lines_of("moons"):
        bins = exact(model, line)
        weight, mean, sd = conditional(model.components, line)
        ends = torch.tensor([-math.inf, *bins.edges.tolist(), math.inf], dtype=torch.float64)
        below = (weight * torch.special.ndtr((ends[:, None] - mean) / sd)).sum(1)
        torch.testing.assert_close(bins.mass, below.diff(), atol=2e-3, rtol=0)
        assert bins.mass.sum().item() == pytest.approx(1, abs=1e-9)
        assert bins.mass.max() < 0.1


def test_what_is_no_number_or_far_away_counts_as_distance():
    even = Bins(
        torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64), torch.full((4,), 0.25).double()
    )
    x = torch.linspace(0.001, 0.999, 1000)
    assert even.distance(x) == pytest.approx(0, abs=1e-3)
    x[:100] = math.nan
    assert even.distance(x) == pytest.approx(0.1, abs=1e-3)
    x[:100] = 1e30
    assert even.distance(x) == pytest.approx(0.1, abs=1e-3)


def test_floors_are_distances_of_exact_draws():
    bins = Bins(torch.arange(1.0, 4).double(), torch.tensor([0.4, 0.3, 0.2, 0.1]).double())
    g = torch.Generator().manual_seed(1)
    floors = bins.floors(100, g)
    assert floors.shape == (SETS,)
    n, p = torch.arange(101.0, dtype=torch.float64), bins.mass
    mass = torch.distributions.Binomial(100, p[:, None]).log_prob(n).exp()
    mean = 0.5 * (mass * (n / 100 - p[:, None]).abs()).sum().item()
    assert floors.mean().item() == pytest.approx(mean, rel=0.05)


def test_a_wrong_conditional_is_found_out():
    """Draws of another line are far from this one's conditional."""
    model = open_model("moons/mfa", device="cpu")
    method, (first, second, _) = methods_for(model)[0], lines_of("moons")
    bins = exact(model, first)
    right, wrong = (_drawn(method, model, line)[:, first.free] for line in (first, second))
    limit = bins.floors(400, torch.Generator().manual_seed(0)).quantile(0.999).item()
    assert bins.distance(right) < limit
    assert bins.distance(wrong) > 3 * limit


def _drawn(method, model, line: Line):
    run = method.run(model, line.point, line.known, 400, 5)
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value
