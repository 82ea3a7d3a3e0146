import pytest
import torch
from zuko.transforms import MonotonicRQSTransform

from engines.nets.spline import Spline, Unspline, ready


@pytest.mark.parametrize("spread", [0.1, 3.0, 30.0])
def test_the_spline_is_zukos(spread):
    g = torch.Generator().manual_seed(0)
    raw = [spread * torch.randn(64, 3, k, generator=g, dtype=torch.float64) for k in (5, 5, 4)]
    x = 4 * torch.randn(64, 3, generator=g, dtype=torch.float64)
    ours, theirs = Spline(torch.cat(raw, -1), 5), MonotonicRQSTransform(*raw)
    for a, b in zip(ours.call_and_ladj(x), theirs.call_and_ladj(x), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)
    back = Unspline(5, x)
    numbers = ready(torch.cat(raw, -1), 5)
    torch.testing.assert_close(back(x, numbers), theirs.inv(x), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(back(ours(x), numbers), x, rtol=1e-6, atol=1e-6)
