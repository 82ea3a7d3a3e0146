"""The page of dimensions: its estimates against what they must be, and what is written of them."""

import math
import tomllib
from pathlib import Path

import pytest
import torch

from engines.training import dimensions
from engines.training.dimensions import DIMENSIONS, FITS, GAP, RESULT, compared, gaussian, page_of

TABLE = tomllib.loads(RESULT.read_text("utf-8"))


def test_the_page_is_that_of_the_table():
    assert Path("docs/dimensions.md").read_text("utf-8") == page_of(TABLE)


def test_every_budget_is_in_steps_and_every_estimate_is_there():
    assert TABLE["flow_steps"] == dimensions.STEPS
    assert not any("seconds" in name for name in TABLE)
    for key in ("gaussians", "digits"):
        assert [row["dimension"] for row in TABLE[key]] == list(DIMENSIONS)
        for row in TABLE[key]:
            assert all(f"{name}_stderr" in row for name in FITS)


def test_a_plain_gaussian_is_that_of_torch():
    x, y = (torch.randn(200, 3, generator=torch.Generator().manual_seed(k)) for k in (1, 2))
    d = x.double()
    truth = torch.distributions.MultivariateNormal(d.mean(0), torch.cov(d.T, correction=0))
    expected = truth.log_prob(y.double())
    torch.testing.assert_close(FITS["gaussian"](x, y), expected, rtol=1e-9, atol=1e-9)


def test_a_whitened_kernel_does_not_care_how_the_data_are_sheared():
    """log q(A x) = log q(x) − log |A| for every A; kernels along the axes lose that."""
    x, y = (torch.randn(300, 2, generator=torch.Generator().manual_seed(k)) for k in (1, 2))
    shear = torch.tensor([[1.0, 0.0], [5.0, 1.0]])  # of determinant 1
    whitened, axes = (
        (FITS[name](x @ shear.T, y @ shear.T) - FITS[name](x, y)).abs().max().item()
        for name in ("kde_whitened", "kde")
    )
    assert whitened < 1e-3
    assert axes > 0.1


def test_the_shape_of_the_kernel_is_a_part_of_the_gap_of_correlated_data():
    train, _ = gaussian(8, 600, 1)
    others, truth = gaussian(8, 400, 2)
    axes, whitened = (
        (truth - FITS[k](train, others)).mean().item() for k in ("kde", "kde_whitened")
    )
    assert 0 < whitened < 0.8 * axes


def test_the_error_of_a_gap_is_that_of_the_differences():
    """What is hard for all cancels: two estimates that differ by 1 everywhere have a sure gap."""
    hard = torch.linspace(0, 100, 50, dtype=torch.float64)
    row = compared({"a": hard, "b": hard + 1})
    assert row["a_stderr"] == pytest.approx(hard.std().item() / math.sqrt(50), abs=1e-4)
    assert (row[f"b{GAP}"], row[f"b{GAP}_stderr"]) == (1, 0)
    assert (row[f"a{GAP}"], row[f"a{GAP}_stderr"]) == (0, 0)


def test_the_gap_to_the_best_of_a_row_is_never_negative():
    for row in TABLE["digits"]:
        gaps = [row[f"{name}{GAP}"] for name in FITS]
        assert min(gaps) == 0
        best = min(row[name] for name in FITS)
        for name in FITS:
            assert row[f"{name}{GAP}"] == pytest.approx(row[name] - best, abs=2e-4)
