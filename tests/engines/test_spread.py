"""Standard errors of means of draws: against the scatter of many repeats."""

import math

import pytest
import torch

from engines.spread import log_mean, mean_in_order, mean_log


def scatter_to_error(value, error):
    """Standard deviation over repeats over the root mean square of the errors that they told."""
    return (value.std() / error.square().mean().sqrt()).item()


@pytest.mark.parametrize("m", [2, 4, 64])
@pytest.mark.parametrize("spread", [0.1, 1.0, 3.0, 10.0])
def test_the_jackknife_tells_the_scatter_for_light_and_heavy_weights(m, spread):
    """Log-normal weights: sd 10 nats of log w is what the encoder of digits has."""
    g = torch.Generator().manual_seed(1)
    value, error = log_mean(spread * torch.randn(4000, m, generator=g, dtype=torch.float64))
    assert 1 / 1.3 < scatter_to_error(value, error) < 1.3


def test_the_delta_method_would_not():
    g = torch.Generator().manual_seed(1)
    log_w = 10 * torch.randn(4000, 64, generator=g, dtype=torch.float64)
    value, _ = log_mean(log_w)
    delta = (log_w - value[:, None]).exp().std(1) / 8
    assert scatter_to_error(value, delta) > 2


def test_a_weight_that_makes_the_whole_sum_has_an_error_of_the_gap():
    value, error = log_mean(torch.tensor([[900.0, 0.0, -900.0], [0.0, 0.0, 0.0]]))
    assert value.tolist() == pytest.approx([900 - math.log(3), 0])
    assert error.tolist() == pytest.approx([math.sqrt(2 * 2 / 9) * 900, 0], rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("of", [log_mean, mean_log, mean_in_order])
def test_one_draw_says_nothing_of_its_error(of):
    value, error = of(torch.tensor([[-3.0], [2.0]]))
    assert value.tolist() == [-3.0, 2.0]
    assert error.isnan().all()


def test_a_trend_along_the_terms_is_no_error():
    g = torch.Generator().manual_seed(1)
    terms = torch.randn(4000, 64, generator=g, dtype=torch.float64) + torch.linspace(0, 20, 64)
    assert 1 / 1.2 < scatter_to_error(*mean_in_order(terms)) < 1.2
    assert scatter_to_error(*mean_log(terms)) < 0.3
