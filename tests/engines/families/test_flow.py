"""Flows are exactly invertible, their log-determinants are right, their densities normalised."""

from itertools import pairwise

import pytest
import torch

from engines.families.flow.net import PictureFlow, PointFlow
from engines.noise import log_normal
from tests.engines.tiny import MAKERS, SHAPES

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}


def net(kind, dtype):
    sizes, tensors = MAKERS["flow"](SHAPES[kind])
    made = {"picture": PictureFlow, "points": PointFlow}[kind](**sizes)
    made.load_state_dict(tensors)
    return made.to(dtype).eval().requires_grad_(False)


def data(kind, dtype, n=16):
    g = torch.Generator().manual_seed(0)
    if kind == "points":
        return 2 * torch.randn(n, 2, generator=g, dtype=torch.float64).to(dtype)
    return (0.02 + 0.96 * torch.rand(n, 1, 8, 8, generator=g, dtype=torch.float64)).to(dtype)


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("kind", SHAPES)
def test_decode_undoes_encode(kind, dtype):
    flow, x, labels = net(kind, dtype), data(kind, dtype), torch.arange(16) % 4
    z, _ = flow.encode(x, labels)
    assert (z - x.flatten(1)).abs().max() > 0.1
    back = flow.decode(z, labels)
    torch.testing.assert_close(back, x, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("kind", SHAPES)
def test_encode_undoes_decode(kind, dtype):
    flow, labels = net(kind, dtype), torch.arange(16) % 4
    z, _ = flow.encode(data(kind, dtype), labels)
    z = z + 0.01
    back, _ = flow.encode(flow.decode(z, labels), labels)
    torch.testing.assert_close(back, z, rtol=TOLERANCE[dtype], atol=10 * TOLERANCE[dtype])


@pytest.mark.parametrize("kind", SHAPES)
def test_the_class_changes_the_map(kind):
    flow, x = net(kind, torch.float64), data(kind, torch.float64, n=1)
    found = [flow.encode(x, torch.tensor([label]))[0] for label in range(4)]
    assert all((a - b).abs().max() > 1e-3 for a, b in pairwise(found))


@pytest.mark.parametrize("kind", SHAPES)
def test_the_log_determinant_is_that_of_the_jacobian(kind):
    flow, labels = net(kind, torch.float64), torch.tensor([1])
    for x in data(kind, torch.float64, n=2):
        jacobian = torch.autograd.functional.jacobian(
            lambda v: flow.encode(v, labels)[0].flatten(), x[None]
        )
        square = jacobian.reshape(x.numel(), x.numel())
        _, log_det = flow.encode(x[None], labels)
        assert log_det.item() == pytest.approx(square.slogdet().logabsdet.item(), abs=1e-8)


@pytest.mark.parametrize("label", [0, 3])
def test_the_point_density_integrates_to_one(label):
    flow, side, half = net("points", torch.float64), 300, 12.0
    axis = (torch.arange(side, dtype=torch.float64) + 0.5) * (2 * half / side) - half
    z, log_det = flow.encode(torch.cartesian_prod(axis, axis), torch.full((side**2,), label))
    mass = (log_normal(z) + log_det).exp().sum().item() * (2 * half / side) ** 2
    assert mass == pytest.approx(1, abs=1e-3)


def test_standardising_keeps_the_density_normalised():
    flow = net("points", torch.float64)
    far = torch.randn(500, 2, dtype=torch.float64) * torch.tensor([50.0, 0.1]) + 300
    plain = PointFlow.encode(flow, data("points", torch.float64), torch.zeros(16).long())[1]
    flow.standardise(far)
    x = data("points", torch.float64) * flow.scale + flow.mean
    z, log_det = flow.encode(x, torch.zeros(16).long())
    torch.testing.assert_close(log_det + flow.scale.log().sum(), plain)
    torch.testing.assert_close(flow.decode(z, torch.zeros(16).long()), x)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_the_ends_of_a_pixel_cell_stay_finite(level):
    flow = net("picture", torch.float32)
    z, log_det = flow.encode(torch.full((1, 1, 8, 8), level), torch.tensor([3]))
    assert z.isfinite().all()
    assert log_det.isfinite().all()
    assert flow.decode(1e3 * z, torch.tensor([3])).isfinite().all()


def test_decode_follows_the_weights():
    flow, x = net("picture", torch.float64), data("picture", torch.float64)
    labels = torch.ones(16, dtype=torch.int64)
    before = flow.decode(flow.encode(x, labels)[0], labels)
    flow.train()
    for parameter in flow.parameters():
        parameter.mul_(1.1)
    flow.eval()
    back = flow.decode(flow.encode(x, labels)[0], labels)
    torch.testing.assert_close(back, before, rtol=0, atol=1e-9)
