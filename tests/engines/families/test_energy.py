"""Energies, their slopes, training objectives and constants against closed forms."""

import math

import pytest
import torch

from engines.families.diffusion.net import SIGMA_DATA
from engines.families.energy.model import levels
from engines.families.energy.net import SIGMA_MAX, SIGMA_MIN, PictureEnergy, PointEnergy
from engines.model import Exactness, Meaning, SampleRequest, finish
from engines.opening import open_model
from engines.training.randomness import seeded
from engines.training.recipes.energy import denoising
from engines.training.recipes.point_energy import Likelihood, Nodes
from tests.engines.tiny import SHAPES, opened


def picture_net(amount=0.1):
    torch.manual_seed(0)
    sizes = {"shape": [1, 8, 8], "classes": 3, "width": [8, 8, 2], "blocks": [1, 2]}
    net = PictureEnergy(**sizes, levels=3, steps=1)
    for parameter in net.parameters():
        parameter.data += amount * torch.randn_like(parameter)
    return net


def point_net(**changes):
    """Energies 1, 2, … times the quadratic alone: log Z in closed form."""
    net = PointEnergy(dim=2, classes=1, hidden=8, layers=2, places=4, steps=4, **changes)
    torch.nn.init.zeros_(net.out.weight)
    torch.nn.init.zeros_(net.out.bias)
    net.low.fill_(-9)
    net.high.fill_(9)
    return net


def test_the_slope_of_a_picture_s_energy_is_its_finite_difference():
    net = picture_net().double()
    y = torch.randn(2, 1, 8, 8, dtype=torch.float64)
    sigma, labels = torch.tensor([0.3, 2.0], dtype=torch.float64), torch.tensor([0, 3])
    slope, h = net.slope(y, sigma, labels), 1e-5
    for pixel in (0, 27, 63):
        e = torch.zeros(64, dtype=torch.float64)
        e[pixel] = h
        ahead, behind = (net(y + s * e.view(1, 8, 8), sigma, labels) for s in (1, -1))
        torch.testing.assert_close(
            slope.flatten(1)[:, pixel], (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-7
        )


def test_the_slope_of_a_point_s_energy_is_its_finite_difference():
    net = PointEnergy(dim=2, classes=2, hidden=8, layers=2, places=4, steps=4).double()
    x, h = torch.randn(5, 2, dtype=torch.float64).requires_grad_(), 1e-5
    (slope,) = torch.autograd.grad(net(x)[:, 1].sum(), x)
    for axis in (0, 1):
        e = torch.zeros(2, dtype=torch.float64)
        e[axis] = h
        found = (net(x + e) - net(x - e))[:, 1] / (2 * h)
        torch.testing.assert_close(slope[:, axis], found.detach(), rtol=1e-6, atol=1e-7)


def test_without_a_potential_the_energy_is_that_of_noisy_gaussian_data():
    sizes = {"shape": [1, 8, 8], "classes": 3, "width": [8, 8, 2], "blocks": [1, 2]}
    net = PictureEnergy(**sizes, levels=3, steps=1)
    y, sigma = torch.randn(3, 1, 8, 8), torch.tensor([0.02, 0.5, 20.0])
    score = -net.slope(y, sigma, torch.zeros(3, dtype=torch.int64))
    expected = -y / (SIGMA_DATA**2 + sigma.square()).view(-1, 1, 1, 1)
    torch.testing.assert_close(score, expected)


def test_denoising_finds_the_score_of_a_gaussian():
    # with s² < σ_data²: the net has to learn what its preconditioning does not give
    s = 0.2
    torch.manual_seed(0)
    net, g = picture_net(0.02), seeded(0)
    adam = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(80):
        x = s * torch.randn(32, 1, 8, 8)
        loss = denoising(net, x, torch.full((32,), 3), 0.0, g)
        adam.zero_grad()
        loss.backward()
        adam.step()
    for sigma in (0.1, 0.3):
        y = math.hypot(s, sigma) * torch.randn(200, 1, 8, 8)
        found = -net.slope(y, torch.full((200,), sigma), torch.full((200,), 3))
        exact = -y / (s * s + sigma * sigma)
        prior = -y / (SIGMA_DATA**2 + sigma * sigma)
        assert (found - exact).square().mean() < 0.2 * (prior - exact).square().mean()


def test_quadrature_finds_the_constant_of_a_quadratic():
    net = point_net()
    net.scale.fill_(0.5)
    net.mean.fill_(0.25)
    net.normalise((64, 128))
    # ∫ e^(−‖x − μ‖² / (2 · 0.5²)) = 2π · 0.5²
    assert net.log_z.tolist() == pytest.approx([math.log(2 * math.pi * 0.25)] * 2, abs=1e-6)
    assert net.cells.item() == 128


def test_a_constant_that_does_not_settle_is_refused():
    net = point_net()
    net.scale.fill_(0.02)
    with pytest.raises(ArithmeticError, match="has not converged on 8 × 8 cells"):
        net.normalise((4, 8))


def test_nodes_integrate_without_bias():
    torch.manual_seed(0)
    low, high = torch.tensor([-4.0, -4.0]), torch.tensor([4.0, 4.0])
    nodes = Nodes(0.5 * torch.randn(5_000, 2) + 1, low, high)
    found, g = [], seeded(0)
    for _ in range(50):
        x, log_weight = nodes.draw(512, g)
        assert ((x >= low) & (x <= high)).all()
        # a Gaussian elsewhere than the points, and the area of the box
        found.append(
            [(log_weight - (x + 1).square().sum(1) / 0.5).exp().sum(), log_weight.exp().sum()]
        )
    found = torch.tensor(found)
    error = found.std(0) / len(found) ** 0.5
    assert ((found.mean(0) - torch.tensor([math.pi / 2, 64.0])).abs() < 4 * error + 1e-3).all()
    assert found[:, 1].std() < 5


def test_maximum_likelihood_learns_a_gaussian_and_ships_its_constant():
    torch.manual_seed(0)
    x = torch.randn(4_000, 2) * torch.tensor([1.0, 0.3]) + 2
    net = PointEnergy(dim=2, classes=1, hidden=16, layers=2, places=8, steps=4)
    net.standardise(x)
    trainer = Likelihood(net, x, generator=seeded(0), knobs={"rate": 4e-3, "nodes": 4096})
    for i in range(500):
        trainer.step(x[torch.randint(len(x), (256,))], torch.full((256,), 1), i / 500)
    net.load_state_dict(trainer.weights())
    with torch.no_grad():
        log_p = -(net(x).double() + net.log_z)[:, 1]
    truth = torch.distributions.Normal(torch.tensor([2.0, 2.0]), torch.tensor([1.0, 0.3]))
    assert (truth.log_prob(x).sum(1) - log_p).mean().item() == pytest.approx(0, abs=0.05)
    assert net.cells.item() >= 1024


def test_the_density_in_the_plane_integrates_to_one(tmp_path):
    model = opened(tmp_path, "energy", "points")
    assert model.density.meaning is Meaning.ESTIMATE
    centre = -8 + 16 * (torch.arange(300) + 0.5) / 300
    points = torch.cartesian_prod(centre, centre)
    for label in (None, 2):
        labels = None if label is None else torch.full((len(points),), label)
        found = finish(model.density.run(points, labels, {}))
        assert "quadrature, 128 × 128" in found.method
        assert found.value.exp().sum().item() * (16 / 300) ** 2 == pytest.approx(1, abs=0.01)


def test_chains_in_the_plane_draw_from_the_density(tmp_path):
    model = opened(tmp_path, "energy", "points")
    n, side = 2_000, 16
    x = finish(model.sample(SampleRequest(n, 1, label=0, knobs={"steps": 60})))
    fine = -8 + 16 * (torch.arange(300) + 0.5) / 300
    points = torch.cartesian_prod(fine, fine)
    found = finish(model.density.run(points, torch.zeros(len(points), dtype=torch.int64), {}))

    def binned(points, weight):
        at = ((points + 8) / 16 * side).long().clamp(0, side - 1)
        return torch.bincount(at[:, 0] * side + at[:, 1], weight, minlength=side**2)

    exact = binned(points, found.value.exp() * (16 / 300) ** 2)
    drawn = binned(x, torch.full((n,), 1 / n, dtype=torch.float64))
    noise = (exact * (1 - exact) / n).sqrt()
    assert ((drawn - exact).abs() <= 4.5 * noise + 3e-3).all()


def test_the_unnormalised_density_is_the_energy_at_the_last_level(tmp_path):
    model = opened(tmp_path, "energy", "picture")
    assert model.density.meaning is Meaning.UNNORMALISED
    x = torch.rand(2, *SHAPES["picture"]) * 2 - 1
    found = finish(model.density.run(x, None, {}))
    assert "log Z of each class unknown" in found.method
    value, _ = model.energy.of(x, None, model.energy.sigma_min)
    torch.testing.assert_close(found.value, -value.double(), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_native_energy_has_the_slope_of_its_differences(tmp_path, kind):
    model = opened(tmp_path, "energy", kind)
    sigma = model.energy.sigma_max / 20
    x, labels, h = torch.rand(2, *SHAPES[kind]) - 0.5, torch.tensor([0, 2]), 1e-2
    _, slope = model.energy.of(x, labels, sigma)
    along = torch.randn_like(x)
    (ahead, _), (behind, _) = (model.energy.of(x + s * h * along, labels, sigma) for s in (1, -1))
    expected = (slope * along).flatten(1).sum(1)
    torch.testing.assert_close((ahead - behind) / (2 * h), expected, rtol=2e-3, atol=2e-2)


@pytest.mark.parametrize("kind", SHAPES)
def test_an_unknown_noise_level_is_refused(tmp_path, kind):
    model = opened(tmp_path, "energy", kind)
    with pytest.raises(ValueError, match="sigma must"):
        model.energy.of(torch.zeros(1, *SHAPES[kind]), None, 1e3)


def test_levels_fall_from_the_greatest_noise_to_the_least():
    sigmas = levels(10)
    assert sigmas[0] == pytest.approx(SIGMA_MAX)
    assert sigmas[-1] == pytest.approx(SIGMA_MIN)
    assert sigmas == sorted(sigmas, reverse=True)


@pytest.mark.parametrize(
    ("kind", "steps", "standing"),
    [
        ("picture", None, Exactness.HEURISTIC),
        ("picture", 200, Exactness.ASYMPTOTIC),
        ("points", None, Exactness.ASYMPTOTIC),
    ],
)
def test_chains_are_called_asymptotically_exact_where_they_are_long(
    tmp_path, kind, steps, standing
):
    knobs = {} if steps is None else {"steps": steps}
    procedure = opened(tmp_path, "energy", kind).procedure(knobs)
    assert procedure.exactness is standing
    assert "MALA" in procedure.method


def test_chains_shorter_than_a_shipped_checkpoint_s_own_are_heuristic():
    model = open_model("moons/energy")
    assert model.procedure({}).exactness is Exactness.ASYMPTOTIC
    assert model.procedure({"steps": 4}).exactness is Exactness.HEURISTIC
