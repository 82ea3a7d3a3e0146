import pytest
import torch
import zuko
from zuko.transforms import MonotonicRQSTransform

from engines.families.flow.bend import Bend, spline_flow
from engines.families.flow.spline import Spline, Unspline, ready


@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])
def test_the_spline_is_zukos(spread):
    g = torch.Generator().manual_seed(0)
    raw = [spread * torch.randn(64, 3, k, generator=g, dtype=torch.float64) for k in (5, 5, 4)]
    x = 4 * torch.randn(64, 3, generator=g, dtype=torch.float64)
    ours, theirs = Spline(torch.cat(raw, -1), 5), MonotonicRQSTransform(*raw)
    for a, b in zip(ours.call_and_ladj(x), theirs.call_and_ladj(x), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ours.inv(x), theirs.inv(x), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(ours.inv(ours(x)), x, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])
def test_the_lean_inverse_is_the_inverse(spread):
    """Where the spline is flat x is not to be had from a rounded y, but its y is."""
    g = torch.Generator().manual_seed(0)
    raw = spread * torch.randn(64, 3, 14, generator=g, dtype=torch.float64)
    x = 4 * torch.randn(64, 3, generator=g, dtype=torch.float64)
    spline, back, numbers = Spline(raw, 5), Unspline(5, x), ready(raw, 5)
    torch.testing.assert_close(back(x, numbers), spline.inv(x), rtol=1e-9, atol=1e-9)
    y, log_slope = spline.call_and_ladj(x)
    found = back(y, numbers)
    torch.testing.assert_close(spline(found), y, rtol=0, atol=1e-10)
    assert ((found - x).abs() * log_slope.exp().clamp_max(1)).max() < 1e-10
    steep = log_slope > -10
    torch.testing.assert_close(found[steep], x[steep], rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])
def test_slopes_that_are_written_out_are_those_of_the_spline(spread):
    g = torch.Generator().manual_seed(0)
    raw, x = spread * torch.randn(64, 2, 14, generator=g), 4 * torch.randn(64, 2, generator=g)
    raw, x = raw.double().requires_grad_(), x.double().requires_grad_()
    found = []
    for kind in (Bend, Spline):
        y, log_slope = kind(raw, 5).call_and_ladj(x)
        mixed = (y.sin() + log_slope * x.detach()).sum()
        found.append((y, log_slope, *torch.autograd.grad(mixed, (x, raw))))
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-9)


def test_slopes_of_slopes_are_those_of_the_spline():
    g = torch.Generator().manual_seed(0)
    raw = torch.randn(8, 2, 14, generator=g, dtype=torch.float64, requires_grad=True)
    x = torch.randn(8, 2, generator=g, dtype=torch.float64, requires_grad=True)
    found = []
    for kind in (Bend, Spline):
        _, log_slope = kind(raw, 5).call_and_ladj(x)
        (slope,) = torch.autograd.grad(log_slope.sum(), x, create_graph=True)
        found.append(torch.autograd.grad(slope.square().sum(), (x, raw)))
    torch.testing.assert_close(*found, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_out_of_training_a_spline_flow_has_the_bits_of_zukos(dim):
    torch.manual_seed(0)
    theirs = zuko.flows.NSF(dim, context=2, transforms=2, bins=5, hidden_features=(16,)).eval()
    ours = spline_flow(dim, context=2, transforms=2, bins=5, hidden=(16,))
    ours.load_state_dict(theirs.state_dict())
    x, c = 3 * torch.randn(64, dim), torch.randn(64, 2)
    in_training = ours(c).transform.call_and_ladj(x)
    ours.eval()
    found = []
    for flow in (ours, theirs):
        given = x.clone().requires_grad_()
        z, log_slope = flow(c).transform.call_and_ladj(given)
        (slope,) = torch.autograd.grad(log_slope.sum(), given)
        found.append((z, log_slope, slope, flow(c).transform.inv(x)))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))
    torch.testing.assert_close(in_training, found[0][:2], rtol=1e-3, atol=1e-4)
