"""The known densities: they integrate to 1, have the stated entropy, and belong to the samples."""

import math

import pytest
import torch

from engines.data.toys import TOYS

SMOOTH = [name for name in TOYS if name != "checkerboard"]
GAUSSIAN = {
    "moons": 1.905,
    "gaussians": 4.256,
    "checkerboard": 4.490,
    "rings": 3.587,
    "spirals": 3.746,
}
"""Cross-entropy of the best single Gaussian: it fixes the overall size and shape."""
BOX = {"moons": 3.0, "gaussians": 6.0, "rings": 4.0, "spirals": 5.0}


def grid(side, half):
    """Cell centres (side², 2) of the square [-half, half]² and the area of a cell."""
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) * (2 * half / side) - half
    return torch.cartesian_prod(axis, axis), (2 * half / side) ** 2


@pytest.mark.parametrize("name", SMOOTH)
def test_the_density_integrates_to_one(name):
    points, cell = grid(80, BOX[name])
    assert TOYS[name].log_density(points).exp().sum().item() * cell == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", SMOOTH)
def test_each_class_integrates_to_one(name):
    points, cell = grid(60, BOX[name])
    for label in (0, len(TOYS[name].labels) - 1):
        mass = TOYS[name].log_density(points, label).exp().sum().item() * cell
        assert mass == pytest.approx(1, abs=1e-3)


def test_the_checkerboard_counts_to_one():
    points, cell = grid(40, 5.0)
    board = TOYS["checkerboard"]
    density = board.log_density(points).exp()
    assert density.sum().item() * cell == pytest.approx(1, abs=1e-12)
    assert torch.unique(density.round(decimals=12)).tolist() == pytest.approx([0, 1 / 32])
    for label in range(8):
        assert board.log_density(points, label).exp().sum() * cell == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", TOYS)
def test_the_entropy_is_that_of_the_samples(name):
    toy = TOYS[name]
    x, _ = toy.sample(5_000, torch.Generator().manual_seed(1))
    nats = -toy.log_density(x)
    assert nats.dtype == torch.float64
    error = nats.std().item() / math.sqrt(len(x))
    assert nats.mean().item() == pytest.approx(toy.entropy, abs=4 * error + 1e-4)


@pytest.mark.parametrize("name", TOYS)
def test_the_density_is_the_mean_over_classes(name):
    toy = TOYS[name]
    x, _ = toy.sample(200, torch.Generator().manual_seed(2))
    classes = torch.stack([toy.log_density(x, label) for label in range(len(toy.labels))])
    mean = classes.exp().mean(0)
    torch.testing.assert_close(toy.log_density(x).exp(), mean, rtol=1e-9, atol=0)


@pytest.mark.parametrize("name", TOYS)
def test_samples_belong_to_their_class(name):
    """By Bayes' rule with the known densities: wrong labels would be far less likely."""
    toy = TOYS[name]
    x, labels = toy.sample(1_000, torch.Generator().manual_seed(3))
    classes = torch.stack([toy.log_density(x, label) for label in range(len(toy.labels))], 1)
    assert (classes.argmax(1) == labels).float().mean().item() > 0.9
    assert len(labels.unique()) == len(toy.labels)


@pytest.mark.parametrize("name", TOYS)
def test_the_samples_have_the_stated_size(name):
    x, _ = TOYS[name].sample(20_000, torch.Generator().manual_seed(4))
    entropy = 0.5 * (2 * math.pi * math.e * x.T.double().cov()).logdet().item()
    assert entropy == pytest.approx(GAUSSIAN[name], abs=0.02)
