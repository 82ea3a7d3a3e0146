"""Lines and great circles between codes: exact ends, norms, and the awkward angles."""

import math

import pytest
import torch

from engines.paths import Way, lerp, mix, segment, slerp

LAM = torch.linspace(0, 1, 101, dtype=torch.float64)


def codes(n=7, d=24, dtype=torch.float32, seed=1):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=g, dtype=dtype), torch.randn(n, d, generator=g, dtype=dtype)


@pytest.mark.parametrize("way", [lerp, slerp])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_ends_are_exact(way, dtype):
    z1, z2 = codes(dtype=dtype)
    assert torch.equal(way(z1, z2, 1.0), z1)
    assert torch.equal(way(z1, z2, 0.0), z2)
    assert way(z1, z2, 0.3).dtype is dtype
    every = way(z1[0].expand(101, -1), z2[0].expand(101, -1), LAM)
    assert torch.equal(every[0], z2[0])
    assert torch.equal(every[-1], z1[0])


def test_lambda_is_the_share_of_the_first():
    z1, z2 = codes(dtype=torch.float64)
    torch.testing.assert_close(lerp(z1, z2, 0.25), 0.25 * z1 + 0.75 * z2)
    assert (slerp(z1, z2, 0.9) - z1).norm() < (slerp(z1, z2, 0.9) - z2).norm()


def test_slerp_keeps_the_norm_and_goes_at_one_speed():
    z1, z2 = codes(1, 784, torch.float64)
    z1, z2 = (28 * z / z.norm() for z in (z1[0], z2[0]))
    path = slerp(z1.expand(101, -1), z2.expand(101, -1), LAM)
    torch.testing.assert_close(path.norm(dim=1), torch.full((101,), 28.0, dtype=torch.float64))
    steps = path.diff(dim=0).norm(dim=1)
    assert steps.max() / steps.min() == pytest.approx(1, abs=1e-9)
    # straight, the norm falls by √2 half-way between directions that are nearly orthogonal
    assert lerp(z1, z2, 0.5).norm() == pytest.approx(28 / math.sqrt(2), rel=0.05)


def test_of_codes_of_one_norm_it_is_the_formula_of_shoemake():
    z1, z2 = codes(5, 6, torch.float64)
    z1, z2 = (z / z.norm(dim=1, keepdim=True) for z in (z1, z2))
    omega = (z1 * z2).sum(1, keepdim=True).acos()
    for lam in (0.1, 0.5, 0.8):
        known = ((lam * omega).sin() * z1 + ((1 - lam) * omega).sin() * z2) / omega.sin()
        torch.testing.assert_close(slerp(z1, z2, lam), known)


def test_norms_of_different_codes_are_mixed_evenly():
    z1, z2 = codes(1, 12, torch.float64)
    path = slerp((3 * z1).expand(101, -1), z2.expand(101, -1), LAM)
    wanted = LAM * 3 * z1.norm() + (1 - LAM) * z2.norm()
    torch.testing.assert_close(path.norm(dim=1), wanted)


@pytest.mark.parametrize("d", [1, 2, 30])
def test_awkward_angles_give_finite_codes_of_the_right_norm(d):
    z = torch.ones(1, d, dtype=torch.float64)
    same = slerp(z, 2 * z, 0.5)
    torch.testing.assert_close(same, 1.5 * z)
    zero = slerp(torch.zeros_like(z), z, 0.5)
    torch.testing.assert_close(zero, 0.5 * z)
    opposite = slerp(z, -z, 0.5)
    assert opposite.isfinite().all()
    if d > 1:
        torch.testing.assert_close(opposite.norm(), z.norm())
        assert torch.equal(opposite, slerp(z, -z, 0.5))
    nearly = slerp(z, z + 1e-9, 0.5)
    torch.testing.assert_close(nearly, z, rtol=1e-6, atol=1e-6)


def test_mix_is_one_of_the_two():
    z1, z2 = codes()
    assert torch.equal(mix(Way.LERP, z1, z2, 0.4), lerp(z1, z2, 0.4))
    assert torch.equal(mix(Way.SLERP, z1, z2, 0.4), slerp(z1, z2, 0.4))


def test_places_on_a_path_of_several_keys():
    assert segment(0, 2) == (0, 1)
    assert segment(1, 2) == (0, 0)
    assert segment(0.25, 2) == (0, 0.75)
    assert segment(0.5, 3) == (1, 1)
    assert segment(1, 5) == (3, 0)
    assert [segment(i / 4, 5)[1] for i in range(4)] == [1, 1, 1, 1]
    for place, keys in ((-0.1, 2), (1.1, 2), (float("nan"), 2), (0.5, 1)):
        with pytest.raises(ValueError, match=r"place|path"):
            segment(place, keys)
