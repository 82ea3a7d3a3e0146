"""What is seen of gaps before anything is imputed, and what if they are not at random."""

import numpy as np
import pytest

from engines.steps import finish
from engines.tables import missing
from engines.tables.analyses import pooled
from engines.tables.family import Ask
from engines.tables.imputing import impute
from engines.tables.sheet import TableError
from engines.tables.shifting import shifted, words
from engines.tables.standing import BASELINE, loses, standings
from engines.tables.standing import words as standing_words
from tests.engines.tables.tables import of, shipped


def test_patterns_are_sorted_and_hold_every_row_once():
    found = missing.patterns(shipped("penguins"))
    assert [(one.count, int(one.missing.sum())) for one in found] == [(333, 0), (9, 1), (2, 5)]
    assert sorted(np.concatenate([one.rows for one in found]).tolist()) == list(range(344))


def test_shares_and_what_is_missing_together():
    whole = shipped("penguins")
    sex, mass = whole.place("sex"), whole.place("body_mass_g")
    assert missing.shares(whole)[sex] == pytest.approx(11 / 344)
    both = missing.together(whole)
    assert (both[mass, sex], both[sex, mass]) == (1, pytest.approx(2 / 11))
    assert np.isnan(both[whole.place("species")]).all()


def test_a_shadow_tells_gaps_that_follow_another_column():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(400)
    gone = rng.random(400) < 1 / (1 + np.exp(-3 * x))
    made = of(
        x=x.tolist(),
        y=[None if g else float(v) for g, v in zip(gone, rng.standard_normal(400), strict=True)],
        z=["a" if v > 0 else "b" for v in x],
    )
    assert missing.shadow(made, "x", "y").difference > 1
    assert abs(missing.shadow(made, "z", "y").difference) > 0.5
    assert np.isnan(missing.shadow(made, "x", "z").difference)


def test_imputed_numbers_can_be_moved_and_it_is_said():
    table = shipped("titanic")
    found = finish(impute(table, "marginal", Ask(3, 1)))
    moved = shifted(found, "age", 0.5)
    a, b = (finish(pooled(each, "mean(age)")).rows[0].pooled.estimate for each in (found, moved))
    sd = np.nanstd(table.x[:, table.place("age")])
    assert b - a == pytest.approx(0.5 * sd * 557 / 1313, abs=0.01)
    assert "larger (0.5 standard deviations)" in moved.events[-1].text
    assert "smaller" in words("age", -1, -14)
    assert "predict" in words("age", 0, 0)
    with pytest.raises(TableError, match="levels"):
        shifted(found, "sex", 1)


def test_the_standing_of_a_family_is_said_for_its_badge():
    assert BASELINE in standings()
    assert standing_words(BASELINE).startswith("the baseline")
    assert "CRPS 0." in standing_words("kde")
    assert "90 % intervals covered" in standing_words("kde")
    assert not loses("kde")
    assert standing_words("nothing") == ""
