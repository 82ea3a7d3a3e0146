"""Rubin's rules against R's mice 3.15.0 (R 4.2.2), pool.scalar(Q, U, n, k), run once."""

import math
from statistics import NormalDist

import pytest

from engines.tables.pooling import barnard_rubin, pool, quantile

Q20 = [-0.31, 0.12, 0.44, -0.05, 0.27, -0.6, 0.33, 0.21, 0.08, -0.14]
Q20 += [0.19, 0.5, -0.22, 0.01, 0.36, -0.4, 0.15, 0.29, -0.07, 0.11]
FIVE = ([47.6, 45.1, 46.2, 48.9, 44.7], [4.84, 4.41, 5.02, 4.6, 4.73])
WITHIN = (46.5, 4.72, 3.064999999999995, 8.397999999999994)
TWO = (5.2636292176197275, 0.5333333333333331, 0.5056680945947424)
TWENTY = (0.08345552631578948, 0.09887830263157896)
TWENTY += (7.419600477640459, 7.789182456140352, 0.9080626594327499)
BETWEEN = (0.42333333333333334, 0.5645777777777777)
BETWEEN += (0.001996322869160699, 4233.333333333333, 0.9999211737387328)
EQUAL = (46.113028206078646, 0, 0.040722392266426426)
MICE = [
    # Q, U, n − k; then qbar, ubar, b, t, df, r, fmi
    (*FIVE, 341, *WITHIN, 18.796720858843024, 0.7792372881355919, 0.48953234918314864),
    (*FIVE, math.inf, *WITHIN, 20.853947800673094, 0.7792372881355919, 0.4850847371114974),
    ([1.5, 1.9], [0.2, 0.25], 24, 1.7, 0.225, 0.08, 0.345, *TWO),
    (
        [3] * 4,
        [0.5, 0.6, 0.4, 0.5],
        48,
        3,
        0.5,
        0,
        0.5,
        46.113028206078646,
        0,
        0.040722392266426426,
    ),
    ([3, 3], [0.5, 0.5], 999999, 3, 0.5, 0, 0.5, 989998.0396049018, 0, 2.0201998987780633e-06),
    (Q20, [0.011, 0.013, 0.009, 0.012] * 5, 96, 0.0635, 0.01125, *TWENTY),
    ([0.2, 0.9, -0.4], [1e-4, 2e-4, 1e-4], 10, 0.7 / 3, 4e-4 / 3, *BETWEEN),
]


@pytest.mark.parametrize("case", MICE, ids=["M=5", "n=∞", "M=2", "B=0", "B=0, M=2", "M=20", "λ≈1"])
def test_pooling_is_that_of_mice(case):
    q, u, df, *wanted = case
    one = pool("q", q, u, df)
    found = (one.estimate, one.within, one.between, one.total, one.df, one.r, one.fmi)
    assert found == pytest.approx(wanted, rel=1e-8, abs=1e-12)
    assert one.lam == pytest.approx(one.r / (1 + one.r))
    assert one.efficiency == pytest.approx(1 / (1 + one.fmi / len(q)))


def test_the_interval_is_students_t():
    one = pool("q", *FIVE, 341)
    low, high = one.interval(0.95)
    assert (low + high) / 2 == pytest.approx(46.5)
    assert (high - low) / 2 / one.se == pytest.approx(2.0945, abs=1e-3)  # t table, 18.8 d.f.
    assert quantile(0.975, math.inf) == pytest.approx(NormalDist().inv_cdf(0.975))
    assert one.p_value() < 1e-9
    assert one.enough == 49


def test_what_cannot_be_pooled_is_refused_in_words():
    for q, u in (([1.0], [1.0]), ([1, math.nan], [1, 1]), ([1, 2], [1, -1]), ([1, 2], [1])):
        with pytest.raises(ValueError, match="'slope'"):
            pool("slope", q, u)


def test_degrees_of_freedom_never_exceed_those_of_the_whole_table():
    assert barnard_rubin(1000, 0.01, 20) < 20
