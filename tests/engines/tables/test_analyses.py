"""Analyses of completed tables: numbers as by hand, and formulas that never run as Python."""

import math

import numpy as np
import pytest

from engines.steps import finish
from engines.tables.analyses import analysis, pooled
from engines.tables.family import Ask
from engines.tables.formulas import Formula
from engines.tables.imputing import impute
from engines.tables.quality import covers, fair_crps, judge
from engines.tables.sheet import TableError
from tests.engines.tables.tables import of, shipped


@pytest.fixture(scope="module")
def penguins():
    return finish(impute(shipped("penguins"), "marginal", Ask(5, 1)))


def test_numbers_of_a_whole_table_are_those_of_any_textbook():
    x, y = np.array([1.5, 2, 4, 4.5, 7, 8, 9, 12]), np.array([2.5, 1, 5, 4, 8, 6, 11, 13])
    whole = of(x=x.tolist(), y=y.tolist(), z=[*"aabbabba"])
    found = finish(impute(whole, "marginal", Ask(2, 1)))

    def one(text, term=0):
        row = finish(pooled(found, text)).rows[term]
        return row.shown()[0], row.pooled

    mean, pool = one("mean(x)")
    assert (mean, pool.se) == pytest.approx((x.mean(), x.std(ddof=1) / math.sqrt(8)))
    slope, pool = one("y ~ x", 1)
    wanted = np.polyfit(x, y, 1)[0]
    left = y - np.polyval(np.polyfit(x, y, 1), x)
    error = math.sqrt((left**2).sum() / 6 / ((x - x.mean()) ** 2).sum())
    assert (slope, pool.se) == pytest.approx((wanted, error))
    assert one("cor(x, y)")[0] == pytest.approx(np.corrcoef(x, y)[0, 1])
    assert one("proportion(z=a)")[0] == 0.5
    assert one("quantile(x, 0.25)")[0] == np.quantile(x, 0.25)
    assert one("median(x)")[0] == np.median(x)
    assert pool.between == 0
    assert 4 < pool.df < 6  # ν_obs of 6, as gaps are none


def test_complete_rows_stand_beside(penguins):
    found = finish(pooled(penguins, "body_mass_g ~ flipper_length_mm + sex"))
    assert (found.rows_complete, found.rows_all) == (333, 344)
    by_name = {row.pooled.name: row for row in found.rows}
    value, se, _ = by_name["flipper_length_mm"].complete
    assert (value, se) == pytest.approx((46.98, 1.44), abs=0.01)
    logistic = finish(pooled(penguins, "sex ~ body_mass_g"))
    assert logistic.notes == ("logistic: log odds of sex = MALE",)
    assert logistic.title.startswith("Logistic")


@pytest.mark.parametrize(
    "text",
    [
        "sex ~ __import__('os').getcwd()",
        "sex ~ body_mass_g.__class__",
        "sex ~ [body_mass_g]",
        "sex ~ {body_mass_g}",
        "sex ~ open(body_mass_g)",
        "sex ~ I(body_mass_g**9**9**9)",
        "sex ~ (body_mass_g)**9",
        "sex ~ I(2**2**2**2)",
        "sex ~ Q('body_mass_g')",
        'sex ~ Q("tail")',
        "sex ~ a ~ b",
        "sex ~ body_mass_g @ sex",
        "sex ~ lambda: 1",
        "sex ~ " + "body_mass_g + " * 60 + "1",
    ],
)
def test_what_is_no_formula_never_reaches_the_interpreter(text):
    with pytest.raises(TableError):
        Formula.parse(text, shipped("penguins"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("hello", "no analysis"),
        ("mean(sex)", "proportion"),
        ("proportion(sex=OTHER)", "levels of 'sex'"),
        ("quantile(body_mass_g, 2)", "between 0 and 1"),
        ("cor(body_mass_g)", "two columns"),
        ("species ~ sex", "3 levels"),
        ("~ sex", "both sides"),
        ("mean(tail)", "no column 'tail'"),
    ],
)
def test_what_cannot_be_asked_is_said(text, word):
    with pytest.raises(TableError, match=word):
        analysis(text, shipped("penguins"))


def test_what_cannot_be_computed_is_said(penguins):
    for text in (
        "body_mass_g ~ flipper_length_mm + I(2*flipper_length_mm)",
        "bill_depth_mm ~ log(body_mass_g - body_mass_g)",
    ):
        with pytest.raises(TableError, match="cannot be computed"):
            finish(pooled(penguins, text))
    parted = of(
        y=["a"] * 20 + ["b"] * 20, x=[*map(float, range(20)), *(i + 99.5 for i in range(20))]
    )
    found = finish(impute(parted, "marginal", Ask(2, 1)))
    with pytest.raises(TableError, match=r"cannot be computed|no finite"):
        finish(pooled(found, "y ~ x"))


def test_names_that_are_no_words_may_stand_in_formulas():
    rng = np.random.default_rng(0)
    columns = {"a b": rng.standard_normal(30), "class": rng.standard_normal(30)}
    columns["y"] = columns["a b"] * 2 + columns["class"]
    columns["y"] = columns["y"] + 0.1 * rng.standard_normal(30)
    found = finish(impute(of(**{k: v.tolist() for k, v in columns.items()}), "marginal", Ask(2, 1)))
    for text in ("y ~ a b + class", "y ~ `a b` + class"):
        rows = finish(pooled(found, text)).rows
        assert [row.pooled.name for row in rows] == ["Intercept", "a b", "class"]
        assert rows[1].pooled.estimate == pytest.approx(2, abs=0.1)


def test_scores_are_fair_and_intervals_hold_for_perfect_draws():
    rng = np.random.default_rng(3)
    x, drawn = rng.standard_normal(4000), rng.standard_normal((20, 4000))
    exact = 1 / math.sqrt(math.pi)  # of a normal law by itself
    error = fair_crps(x, drawn).std() / math.sqrt(4000)
    assert abs(fair_crps(x, drawn).mean() - exact) < 4 * error
    two = fair_crps(x, drawn[:2])
    assert abs(two.mean() - exact) < 4 * two.std() / math.sqrt(4000)
    assert abs(covers(x, drawn, 90).mean() - 0.9) < 4 * math.sqrt(0.09 / 4000)
    assert covers(x, drawn, 95) is None


def test_nothing_hidden_is_nothing_to_judge(penguins):
    whole = shipped("penguins")
    with pytest.raises(ValueError, match="no known cell"):
        judge(whole, np.zeros(whole.x.shape, bool), penguins)
