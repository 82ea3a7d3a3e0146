"""Ways along the noise levels, and divergences on the way, against exact denoisers."""

import math

import pytest
import torch

from engines.families.diffusion.net import SIGMA_DATA
from engines.families.diffusion.probability_flow import (
    RHO,
    SIGMA_MAX,
    SIGMA_MIN,
    ancestral,
    kutta,
    length,
    schedule,
    unroll,
)
from engines.maps import noised
from engines.model import finish
from engines.noise import Streams
from tests.engines.families.noisy_mixture import oracle, pictures
from tests.engines.tiny import SHAPES


@pytest.fixture(scope="module", name="oracle")
def made():
    return oracle()


def test_the_schedule_falls_evenly_in_a_power_of_the_angle():
    sigma = torch.tensor(schedule(18), dtype=torch.float64)
    assert sigma[0].item() == pytest.approx(SIGMA_MAX)
    assert sigma[-1].item() == pytest.approx(SIGMA_MIN)
    steps = ((sigma / SIGMA_DATA).atan() ** (1 / RHO)).diff()
    torch.testing.assert_close(steps, steps[:1].expand(17))


def test_a_sweep_of_all_the_plane_is_that_of_the_mixture(oracle):
    """What maps read off grids between the noise levels: less exact than point by point."""
    net, model = oracle
    sweep = noised.Sweep(model.card, model.denoise, None)
    for _ in sweep.build():
        pass
    x = net.draws(1000)[0]
    w, log_det = net.enter(x)
    unit = length(SIGMA_MIN)
    found = finish(sweep.log_density(w / unit, noised.LOWEST))
    found += log_det.double() - 2 * math.log(unit)
    error = (found - net.log_density(x)).abs()
    assert error.mean() < 1e-3
    assert error.max() < 0.03


def test_runge_and_kutta_are_of_fourth_order(oracle):
    """In float64, down from σ_max and up again: twice the steps leave a tenth or less."""
    _, model = oracle
    denoise, _ = model.denoise._denoiser(torch.full((50,), 3), 1.0)
    x = SIGMA_MAX * Streams(2, range(50)).normal(2).double()

    def down(steps):
        return finish(kutta(denoise, x, schedule(steps + 1)))

    exact = down(512)
    errors = [(down(steps) - exact).abs().mean() for steps in (32, 64, 128)]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    up = finish(kutta(denoise, exact, schedule(129)[::-1]))
    torch.testing.assert_close(up, x, rtol=0, atol=1e-3 * SIGMA_MAX)


def test_hutchinson_agrees_with_the_exact_divergence():
    model = pictures()
    g = torch.Generator().manual_seed(0)
    y = 0.5 * torch.randn(16, *SHAPES["picture"], generator=g)
    labels = torch.arange(16) % 4
    _, exact, nothing = finish(unroll(model.exact(labels), y, 3))
    _, found, variance = finish(unroll(model.hutchinson(labels, Streams(1, range(16)), 16), y, 3))
    assert not nothing.any()
    off = (found - exact) / variance.sqrt()
    assert off.abs().max() < 5
    assert off.square().mean().sqrt().item() == pytest.approx(1, abs=0.5)


def test_a_divergence_is_the_trace_of_the_jacobian():
    model = pictures(torch.float64)
    w, labels = torch.randn(1, *SHAPES["picture"], dtype=torch.float64), torch.tensor([1])
    jacobian = torch.autograd.functional.jacobian(lambda v: model.f(v, 0.7, labels), w)
    trace = jacobian.reshape(64, 64).trace()
    assert model.exact(labels)(w, 0.7)[1].item() == pytest.approx(trace.item(), rel=1e-9)


def test_the_reverse_diffusion_draws_the_mixture(oracle):
    """Ancestral steps end where exact draws lie; with few of them not yet."""
    net, _ = oracle
    labels = torch.full((4000,), net.classes)
    exact = net.draws(4000)[0]
    gaps = []
    for steps in (4, 100):
        g = torch.Generator().manual_seed(1)
        start = SIGMA_MAX * torch.randn(4000, 2, generator=g)
        run = ancestral(
            lambda x, sigma: net(x, x.new_full((len(x),), sigma), labels),
            start,
            steps,
            lambda g=g: torch.randn(4000, 2, generator=g),
        )
        guesses = 0
        while True:
            try:
                next(run)
                guesses += 1
            except StopIteration as end:
                x = net.leave(end.value)
                break
        assert guesses == steps - 1
        gaps.append(energy_distance(x, exact))
    floor = energy_distance(net.draws(4000)[0], exact)
    assert gaps[0] > 4 * gaps[1]
    assert gaps[1] < floor + 0.01


def energy_distance(a, b):
    """2 E|a − b| − E|a − a'| − E|b − b'| (Székely & Rizzo 2013): 0 for equal distributions."""
    return (
        2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
    ).item()
