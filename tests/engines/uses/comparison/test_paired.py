"""Paired differences: their errors by a bootstrap, their refusals, intervals that hold at once."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from engines.model import Meaning, finish
from engines.uses.comparison import paired, scoring
from engines.uses.comparison.paired import Law
from engines.uses.comparison.ranks import spearman
from tests.engines.tiny import opened
from tests.engines.uses.outliers.test_reference import pictures

UNIFORM = "change of variables, uniform dequantisation, 1 draw"


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("zoo"), "kde", "picture").card


def law(card, name, values, meaning=Meaning.EXACT, method="sum"):
    return Law(replace(card, name=f"x/{name}"), np.asarray(values), meaning, method)


def drawn(card, count, seed=0, n=400):
    random = np.random.default_rng(seed)
    shared = random.normal(-100, 30, n)
    return [law(card, f"m{i}", shared + random.normal(i, 5, n)) for i in range(count)]


def test_the_error_of_a_paired_difference_is_that_of_a_bootstrap(card):
    a, b = drawn(card, 2)
    d = a.log_p - b.log_p
    (found,) = paired.differences([a, b])
    random = np.random.default_rng(1)
    means = random.choice(d, (2000, len(d))).mean(1)
    assert found.mean == pytest.approx(d.mean())
    assert found.stderr == pytest.approx(means.std(), rel=0.1)
    assert found.high - found.low == pytest.approx(2 * 1.96 * found.stderr, rel=0.06)
    apart = np.hypot(a.log_p.std(), b.log_p.std()) / 20
    assert found.stderr < apart / 3, "the pairing takes out what both find likely"


def test_several_intervals_hold_at_once():
    random = np.random.default_rng(5)
    held = 0
    for trial in range(100):
        shared = random.normal(size=(150, 1))
        d = shared + random.normal(size=(150, 6))
        c = paired.critical(d, trial)
        t = np.abs(d.mean(0)) / (d.std(0, ddof=1) / np.sqrt(len(d)))
        held += bool((t <= c).all())
        assert 1.96 < c < 2.9, "more than one interval's, less than Bonferroni's with room"
    assert held / 100 == pytest.approx(0.95, abs=0.065)


def test_a_difference_needs_one_kind_and_one_dequantisation(card):
    exact, other = drawn(card, 2)
    bound = replace(law(card, "bound", exact.log_p), meaning=Meaning.BOUND)
    flow = replace(bound, method=UNIFORM)
    eight = replace(bound, method=UNIFORM.replace("1 draw", "8 draws"))
    constant = replace(exact, meaning=Meaning.UNNORMALISED)
    assert paired.refusal(exact, other) == ""
    assert paired.refusal(flow, flow) == ""
    assert "an exact value and x/bound a lower bound" in paired.refusal(exact, bound)
    assert "grey levels in different ways" in paired.refusal(bound, flow)
    assert "uniform, 1 in each cell; uniform, 8" in paired.refusal(flow, eight)
    assert "up to a constant" in paired.refusal(constant, exact)
    assert "up to a constant" in paired.refusal(constant, constant)
    away = replace(other, card=replace(card, data="moons"))
    assert "different data" in paired.refusal(exact, away)
    assert paired.differences([exact, bound, constant]) == ()
    assert len(paired.refusals([exact, bound, constant])) == 3


def test_a_bound_above_an_exact_value_says_one_thing(card):
    exact = drawn(card, 1)[0]
    higher = law(card, "higher", exact.log_p + 9, Meaning.BOUND)
    lower = law(card, "lower", exact.log_p - 9, Meaning.BOUND)
    for pair in ((exact, higher), (higher, exact)):
        said = paired.one_sided(*pair)
        assert said.startswith("x/higher explains these examples better than x/m0")
        assert "by 9.0 ± 0.0 nats" in said
    assert paired.one_sided(exact, lower) == ""
    assert paired.one_sided(higher, lower) == ""
    estimate = replace(higher, meaning=Meaning.ESTIMATE)
    assert paired.one_sided(exact, estimate) == ""


def test_rank_correlations_are_those_of_scipy():
    random = np.random.default_rng(2)
    x = random.normal(size=300).round(1)
    y = x + random.normal(size=300)
    found = spearman(x, y)
    assert found.value == pytest.approx(stats.spearmanr(x, y)[0])
    assert found.low < found.value < found.high
    assert spearman(x, x).value == 1
    assert np.isnan(spearman(x, np.zeros(300)).value)


def test_laws_are_those_of_the_density(tmp_path_factory):
    model = opened(tmp_path_factory.mktemp("zoo"), "mfa", "picture")
    x = pictures(20)
    found = finish(scoring.law_of(model, x))
    assert np.allclose(found.log_p, finish(model.density.run(x, None, {})).value.numpy())
    assert found.dequantisation == "uniform, 1 in each cell"
    with pytest.raises(ValueError, match="implicit"):
        finish(scoring.law_of(opened(tmp_path_factory.mktemp("zoo"), "gan", "picture"), x))
