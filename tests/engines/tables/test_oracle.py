"""The copula against the posterior of a normal law in closed form, and in simulations."""

import math

import numpy as np
import pytest

from engines.steps import finish
from engines.tables.analyses import pooled
from engines.tables.family import Ask
from engines.tables.imputing import impute
from engines.tables.simulation import covered
from engines.tables.standing import HIGH, LOW
from tests.engines.tables.tables import gaussian

N, M = 120, 240


def exact(x, y, draws, rng):
    """Completed means of y, and their squared errors, by the exact posterior of y | x.

    x is whole, so the posterior parts (Little & Rubin 2019, section 7.2): with Jeffreys' prior of
    the joint law σ² ~ SSE / χ²(n_o − 1), β | σ² ~ N(β̂, σ² (XᵀX)⁻¹).
    """
    seen = ~np.isnan(y)
    ones = np.stack([np.ones_like(x), x], 1)
    root = np.linalg.inv(ones[seen].T @ ones[seen])
    beta = root @ ones[seen].T @ y[seen]
    sse = np.square(y[seen] - ones[seen] @ beta).sum()
    sigma = np.sqrt(sse / rng.chisquare(seen.sum() - 1, draws))
    drawn = beta + sigma[:, None] * rng.multivariate_normal(np.zeros(2), root, draws)
    whole = np.broadcast_to(y, (draws, len(y))).copy()
    noise = sigma[:, None] * rng.standard_normal((draws, (~seen).sum()))
    whole[:, ~seen] = drawn @ ones[~seen].T + noise
    return whole.mean(1), whole.var(1, ddof=1) / len(y)


def test_pooled_mean_and_error_are_those_of_the_exact_posterior():
    table = gaussian(N, 11)
    found = finish(impute(table, "copula", Ask(M, 5, {"margins": 1, "sweeps": 5, "burn": 40})))
    one = finish(pooled(found, "mean(y)")).rows[0].pooled
    x, y = (table.x[:, table.place(name)] for name in "xy")
    q, u = exact(x, y, 20000, np.random.default_rng(0))
    between, within = q.var(), u.mean()
    assert between > 0.1 * within  # the gaps matter
    assert abs(one.estimate - q.mean()) < 4 * math.sqrt(between / M)
    assert abs(one.between - between) < 4 * between * math.sqrt(2 / M)
    total = within + (1 + 1 / M) * between
    error_of_total = math.sqrt(u.var() / M + 2 * between**2 / M)
    assert abs(one.total - total) < 4 * error_of_total


@pytest.mark.evidence
def test_intervals_of_the_copula_hold_in_simulated_tables():
    found = finish(covered("copula", 200, knobs={"burn": 80, "sweeps": 10}))
    assert LOW <= found.mean <= HIGH
    assert LOW <= found.slope <= HIGH


@pytest.mark.evidence
def test_intervals_of_marginal_draws_do_not_hold():
    assert finish(covered("marginal", 60)).slope < 0.5
