"""Inside models: noise levels of a diffusion against a Gaussian mixture's own, layers, chains."""

import math

import pytest
import torch

from engines.data.toys import TOYS
from engines.families.diffusion.net import slopes
from engines.families.diffusion.probability_flow import SIGMA_MIN, length
from engines.maps import moments, noised, regions
from engines.maps.area import Area
from engines.maps.moments import Memory, Moment, Process
from engines.maps.posterior import AREA, posterior
from engines.maps.refine import whole
from engines.model import finish
from engines.noise import log_normal
from engines.opening import open_model
from tests.engines.tiny import opened, ship

BOX = Area(-12, 12, -12, 12)


def at(model, place, process, memory=None):
    run = moments.field_at(model, Moment(process, place), None, memory or Memory())
    return finish(run)


def test_slopes_in_forward_mode_are_the_gradients(tmp_path):
    native = opened(tmp_path, "diffusion", "points").denoise
    w, label = torch.randn(9, 2, generator=torch.Generator().manual_seed(1)), torch.tensor([3])
    for sigma in (0.01, 0.4, 30.0):
        f, trace, _ = native.exact(label.expand(9))(w, sigma)
        found, divergence = slopes(native.net.body, w, math.log(sigma) / 4, label)
        torch.testing.assert_close(found, f, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(divergence.double(), trace, rtol=1e-4, atol=1e-4)
        alone, nothing = slopes(native.net.body, w, math.log(sigma) / 4, label, divergence=False)
        torch.testing.assert_close(alone, f, rtol=1e-4, atol=1e-4)
        assert not nothing.any()


def test_the_sweep_agrees_with_the_ode_of_every_point(monkeypatch):
    monkeypatch.setattr(noised, "_FEATURE", 2.5)
    monkeypatch.setattr(noised, "LEVELS", 28)
    model = open_model("moons/diffusion")
    memory = Memory()
    sweep = moments.sweep_of(model, None, memory)
    for _ in sweep.build():
        pass
    x, _ = TOYS["moons"].sample(16, torch.Generator().manual_seed(2))
    found = torch.cat(
        [finish(noised.field_at(sweep, noised.LOWEST).grid(p[:1], p[1:])).value for p in x.double()]
    )
    expected = finish(model.density.run(x, None, {"steps": 96})).value
    assert float((found - expected).abs().mean()) < 0.15
    assert abs(float((found - expected).mean())) < 0.08


def test_near_sharp_densities_the_way_to_the_grid_is_taken_in_smaller_steps(monkeypatch):
    monkeypatch.setattr(noised, "_FEATURE", 2.5)
    sweep = moments.sweep_of(open_model("spirals/diffusion"), None, Memory())
    for _ in sweep.build():
        pass
    x, _ = TOYS["spirals"].sample(600, torch.Generator().manual_seed(3))
    w = sweep.part.enter(x)[0] / length(SIGMA_MIN)
    careful = finish(sweep.log_density(w, noised.LOWEST))
    monkeypatch.setattr(noised, "_DOUBT", math.inf)
    careless = finish(sweep.log_density(w, noised.LOWEST))
    monkeypatch.setattr(noised, "_NEAR", 60)
    fine = finish(sweep.log_density(w, noised.LOWEST))
    careful, careless = (careful - fine).abs(), (careless - fine).abs()
    assert careless.quantile(0.99) > 0.2
    assert careful.quantile(0.99) < 0.1


def test_cubics_are_exact_for_cubics():
    axis = torch.linspace(-noised.REACH, noised.REACH, 41, dtype=torch.float64)
    x, y = torch.meshgrid(axis, axis, indexing="ij")
    table = x**3 - 2 * x * y**2 + y
    w = 4 * torch.rand(50, 2, generator=torch.Generator().manual_seed(4)).double() - 2
    exact = w[:, 0] ** 3 - 2 * w[:, 0] * w[:, 1] ** 2 + w[:, 1]
    torch.testing.assert_close(noised.cubic(table, w), exact, rtol=1e-9, atol=1e-9)


def test_pure_noise_is_the_standard_normal(tmp_path):
    model = opened(tmp_path, "diffusion", "points")
    sweep = noised.Sweep(model.card, model.denoise, None)
    for _ in sweep.build():
        pass
    w = torch.randn(40, 2, generator=torch.Generator().manual_seed(5))
    far = finish(sweep.log_density(w, noised.HIGHEST))
    torch.testing.assert_close(far, log_normal(w).double(), rtol=0, atol=1e-3)


def test_a_flow_starts_as_a_gaussian_and_ends_as_itself(tmp_path):
    model = opened(tmp_path, "flow", "points")
    end, start = at(model, 1.0, Process.LAYERS), at(model, 0.0, Process.LAYERS)
    x = torch.tensor([[0.3, -0.4], [1.0, 2.0]])
    own = finish(model.density.run(x, None, {})).value
    found = torch.cat([finish(end.grid(p[:1], p[1:])).value for p in x])
    torch.testing.assert_close(found, own, rtol=1e-5, atol=1e-5)
    net = model.bijection.net
    normal = log_normal((x - net.mean) / net.scale) - net.scale.log().sum()
    found = torch.cat([finish(start.grid(p[:1], p[1:])).value for p in x])
    torch.testing.assert_close(found, normal.double(), rtol=1e-5, atol=1e-5)
    middle = whole(at(model, 0.5, Process.LAYERS), BOX, 300, 300)
    assert regions.mass(middle.values, BOX.cell(300, 300)) == pytest.approx(1, abs=5e-3)


def test_chains_are_run_once_and_shown_at_every_step(tmp_path, monkeypatch):
    monkeypatch.setattr(moments, "CHAINS", 200)
    model = opened(tmp_path, "energy", "points")
    memory = Memory()
    fields = [at(model, place, Process.CHAIN, memory) for place in (0.0, 1.0)]
    chains = memory.chains
    maps = [whole(field, BOX, 60, 60).values for field in fields]
    assert memory.chains is chains
    assert not torch.equal(*maps)
    with pytest.raises(ValueError, match="has no diffusion process"):
        at(model, 0.5, Process.NOISE)


def test_what_can_be_followed_is_known_from_the_card(tmp_path):
    assert moments.process_of(ship(tmp_path, "flow", "points")) is Process.LAYERS
    assert moments.process_of(ship(tmp_path, "flow", "picture")) is None
    assert moments.process_of(ship(tmp_path, "kde", "points")) is None
    assert pytest.approx(noised.LOWEST) == moments.LOWEST
    assert pytest.approx(noised.HIGHEST) == moments.HIGHEST
    assert moments.angle_at(0.0) == pytest.approx(noised.HIGHEST)
    assert moments.angle_at(1.0) == pytest.approx(noised.LOWEST)


def test_posteriors_integrate_to_one_and_the_gap_closes_the_bound():
    model = open_model("moons/vae")
    x = torch.tensor([0.1, 0.9])
    found = posterior(model, x)
    cell = AREA.cell(*found.exact.shape)
    assert float(found.exact.exp().sum() * cell) == pytest.approx(1, abs=1e-9)
    # log p(x) − ELBO = KL(q ‖ p), where the area holds all of q
    assert float(found.encoder.exp().sum() * cell) == pytest.approx(1, abs=0.02)
    elbos = finish(model.density.run(x[None], None, {"importance": 1})).value
    assert found.gap > 0
    assert float(elbos[0]) < found.log_p + 3
