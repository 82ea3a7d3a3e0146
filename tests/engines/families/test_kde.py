"""Kernel sums are complete: against brute force, and where scikit-learn's tree is wrong."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.neighbors import KernelDensity

from engines.families.kde.net import PictureKernels, PointKernels
from engines.model import SampleRequest, finish
from tests.engines.tiny import opened


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def brute(x, centres, scale, h):
    """log (1/N) Σ N(x; c, (h·scale)²), term by term."""
    e = (x.double()[:, None] - centres.double()) / (h * scale.double())
    log_k = -0.5 * e.square().sum(2) - (h * scale.double() * math.sqrt(2 * math.pi)).log().sum()
    return torch.logsumexp(log_k, 1) - math.log(len(centres))


@pytest.mark.parametrize(("dim", "h"), [(1, 0.05), (2, 0.003), (2, 0.3), (5, 0.1), (64, 0.06)])
def test_points_match_brute_force(dim, h):
    x = torch.randn(400, dim, generator=generator())
    kernels = PointKernels.of(x[:300], torch.zeros(300, dtype=torch.int64))
    expected = brute(x, x[:300], x[:300].std(0), h)
    torch.testing.assert_close(kernels.log_density(x, h), expected, rtol=1e-6, atol=0)


def test_scikit_learns_tree_stops_early_in_64_dimensions():
    """Why the sums here are our own: scikit-learn issues 7492 and 25799."""
    x = torch.rand(1_200, 64, generator=generator(), dtype=torch.float64)
    centres, far, h = x[:1_000], x[1_000:], 0.06
    kernels = PointKernels(centres, torch.zeros(1_000), torch.ones(64, dtype=torch.float64))
    ours = kernels.log_density(far, h)
    tree = torch.tensor(KernelDensity(bandwidth=h).fit(centres).score_samples(far))
    full = KernelDensity(bandwidth=h, leaf_size=2_000).fit(centres).score_samples(far)
    torch.testing.assert_close(ours, torch.tensor(full), rtol=1e-6, atol=0)
    assert (ours - tree).abs().max() > 1


def test_chunks_do_not_change_the_sum(monkeypatch):
    x = torch.randn(150, 2, generator=generator())
    kernels = PointKernels.of(x, torch.arange(150) % 3)
    whole, left_out = kernels.log_density(x, 0.2), kernels.leave_one_out(0.2)
    monkeypatch.setattr("engines.families.kde.net._CELLS", 1_000)
    torch.testing.assert_close(kernels.log_density(x, 0.2), whole)
    assert kernels.leave_one_out(0.2) == pytest.approx(left_out)


@pytest.mark.parametrize(
    ("h", "far", "deep"), [(0.3, 0, False), (0.05, 0, False), (0.004, 0.5, True), (0.3, 90, True)]
)
@pytest.mark.parametrize("label", [None, 1])
def test_a_grid_is_the_direct_sum(h, far, deep, label, monkeypatch):
    """Also where every kernel underflows, with log p below −10,000."""
    monkeypatch.setattr("engines.families.kde.net._CELL", 64)
    x = torch.randn(200, 2, generator=generator()) * torch.tensor([1.0, 3.0])
    labels = torch.arange(200) % 3
    kernels = PointKernels.of(x, labels)
    xs, ys = torch.linspace(-3, 3, 37) + far, torch.linspace(-8, 12, 51)
    run, shares = kernels.log_grid(xs, ys, h, label=label), []
    while True:
        try:
            shares.append(next(run))
        except StopIteration as end:
            found = end.value
            break
    members = x if label is None else x[labels == label]
    expected = brute(torch.cartesian_prod(xs, ys), members, x.std(0), h)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    assert (expected.min() < -10_000) == deep
    assert shares == sorted(shares)
    assert shares[-1] == 1


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("label", [None, 1])
def test_a_line_is_the_direct_sum(axis, label):
    g = generator(3)
    x = torch.randn(3_000, 2, generator=g) * torch.tensor([1.0, 0.2])
    kernels = PointKernels.of(x, torch.arange(3_000) % 2)
    axes = [torch.tensor([0.4], dtype=torch.float64), torch.linspace(-9, 40, 77).double()]
    xs, ys = axes[:: 1 - 2 * axis]
    run, shares = kernels.log_grid(xs, ys, 0.05, label=label), []
    while True:
        try:
            shares.append(next(run))
        except StopIteration as end:
            found = end.value
            break
    direct = kernels.log_density(torch.cartesian_prod(xs, ys), 0.05, label=label)
    torch.testing.assert_close(found, direct, rtol=1e-9, atol=1e-9)
    assert shares[-1] == 1


def test_points_of_a_class_are_the_subset():
    x, labels = torch.randn(90, 2, generator=generator()), torch.arange(90) % 3
    kernels = PointKernels.of(x, labels)
    subset = PointKernels(x[labels == 1], labels[labels == 1], kernels.scale)
    torch.testing.assert_close(kernels.log_density(x, 0.2, label=1), subset.log_density(x, 0.2))


def test_points_leave_one_out_is_the_explicit_loop():
    x = torch.randn(40, 2, generator=generator())
    kernels = PointKernels.of(x, torch.zeros(40, dtype=torch.int64))
    rest = [torch.cat([x[:i], x[i + 1 :]]) for i in range(40)]
    loop = [brute(x[i : i + 1], rest[i], x.std(0), 0.1).item() for i in range(40)]
    assert kernels.leave_one_out(0.1) == pytest.approx(sum(loop) / 40, rel=1e-9)


def strokes(n, seed=0):
    """Pictures (n, 1, 8, 8) in [-1, 1] with black, white and grey pixels, near one another."""
    g = generator(seed)
    base = torch.randint(256, (1, 1, 8, 8), generator=g)
    levels = (base + 40 * torch.randn(n, 1, 8, 8, generator=g) + 60).round().clamp(0, 255)
    return levels / 127.5 - 1


def exact_log_kernels(x, centres, h):
    """Σ log of exact differences of Φ, the ends taking the tails: levels -> (n, N)."""
    k, c = x.flatten(1).double()[:, None], centres.flatten(1).double()[None]
    above = torch.where(k == 255, math.inf, (k + 0.5 - c) / h).numpy()
    below = torch.where(k == 0, -math.inf, (k - 0.5 - c) / h).numpy()
    # by symmetry, in the lower tail, where differences do not cancel
    swap = below > 0
    log_high = stats.norm.logcdf(np.where(swap, -below, above))
    log_low = stats.norm.logcdf(np.where(swap, -above, below))
    return torch.from_numpy(log_high + np.log(-np.expm1(log_low - log_high))).sum(2)


@pytest.mark.parametrize("h", [3.0, 10.0, 40.0])
def test_pictures_match_exact_differences_near_a_centre(h):
    kernels = PictureKernels.of(strokes(6), torch.zeros(6, dtype=torch.int64))
    noise = h * torch.randn(kernels.levels.shape, generator=generator(1))
    near = (kernels.levels + noise).round().clamp(0, 255).to(torch.uint8)
    found = kernels.log_kernels(near, kernels.levels, h).diagonal()
    error = (found - exact_log_kernels(near, kernels.levels, h).diagonal()).abs().max().item()
    assert error < 0.05 * (3 / h) ** 4 * near[0].numel() / 1000


@pytest.mark.parametrize(("h", "tolerance"), [(3.0, 3e-3), (10.0, 1e-5), (40.0, 1e-8)])
def test_picture_masses_match_brute_force_far_away_too(h, tolerance):
    x = strokes(40)
    kernels = PictureKernels.of(x[:30], torch.arange(30) % 3)
    levels = ((x + 1) * 127.5).round()
    exact = exact_log_kernels(levels, levels[:30], h)
    expected = torch.logsumexp(exact, 1) - math.log(30)
    found = kernels.log_mass(x, h)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=0)


@pytest.mark.parametrize("h", [3.0, 10.0, 40.0])
@pytest.mark.parametrize("centre", [0, 2, 100, 255])
def test_the_levels_of_a_pixel_sum_to_one(h, centre):
    levels = torch.tensor([centre], dtype=torch.uint8).view(1, 1, 1, 1)
    kernels = PictureKernels(levels, torch.zeros(1, dtype=torch.int64))
    every = torch.arange(256).view(256, 1, 1, 1) / 127.5 - 1
    total = kernels.log_mass(every, h).exp().sum().item()
    assert total == pytest.approx(1, abs=5e-5 * (3 / h) ** 4)


def test_pictures_of_a_class_are_the_subset():
    x, labels = strokes(30), torch.arange(30) % 3
    kernels = PictureKernels.of(x, labels)
    subset = PictureKernels.of(x[labels == 2], labels[labels == 2])
    torch.testing.assert_close(kernels.log_mass(x, 9.0, label=2), subset.log_mass(x, 9.0))


def test_pictures_leave_one_out_is_the_explicit_loop(monkeypatch):
    x = strokes(30)
    labels = torch.zeros(30, dtype=torch.int64)
    kernels = PictureKernels.of(x, labels)
    monkeypatch.setattr(PictureKernels, "_probes", 20)
    loop = [
        PictureKernels.of(torch.cat([x[:i], x[i + 1 :]]), labels[1:])
        .log_mass(x[i : i + 1], 9.0)
        .item()
        for i in range(20)
    ]
    assert kernels.leave_one_out(9.0) == pytest.approx(sum(loop) / 20, rel=1e-9)


def test_picture_draws_follow_the_masses():
    centre = torch.tensor([[3, 250]], dtype=torch.uint8).view(1, 1, 1, 2)
    kernels = PictureKernels(centre, torch.zeros(1, dtype=torch.int64))
    e = torch.randn(20_000, 1, 1, 2, generator=generator())
    drawn = kernels.draw(torch.zeros(20_000, dtype=torch.int64), e, 6.0)
    levels = ((drawn + 1) * 127.5).round().long()[:, 0, 0]
    every = torch.arange(256, dtype=torch.uint8).view(256, 1, 1, 1)
    for pixel in (0, 1):
        p = kernels.log_kernels(every, centre[..., pixel : pixel + 1], 6.0).exp()[:, 0]
        counts = torch.bincount(levels[:, pixel], minlength=256)
        likely = p * 20_000 > 5
        expected = p[likely] / p[likely].sum() * counts[likely].sum()
        assert stats.chisquare(counts[likely].numpy(), expected.numpy()).pvalue > 1e-3


def test_draws_choose_among_all_centres_of_the_class(tmp_path):
    model = opened(tmp_path, "kde", "points")
    for label, members in ((None, 60), (1, 20)):
        request = SampleRequest(600, 1, label=label, knobs={"bandwidth": 0.0})
        chosen = finish(model.sample(request)).unique(dim=0)
        assert len(chosen) == members
        own = finish(model.density.run(chosen, None, {"bandwidth": 0.05})).value
        assert (own > 0).all()
