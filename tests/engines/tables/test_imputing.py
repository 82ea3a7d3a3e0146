"""Every family answers the same questions; shuffling changes nothing; hostile tables are taken."""

import numpy as np
import pytest
import torch

from engines.steps import Steps, finish
from engines.tables import imputing, sheet
from engines.tables.data import table_of
from engines.tables.exporting import long_csv, packed, recipe_in, source
from engines.tables.family import Ask, Weights
from engines.tables.hiding import Hiding, hide
from engines.tables.imputing import FAMILIES, estimate, impute
from engines.tables.quality import judge
from engines.tables.recipe import TableRecipe, recipe_of
from engines.tables.sheet import TableError
from tests.engines.tables.tables import QUICK, of, shipped, shuffled

ALL = list(FAMILIES)


def quick(name, m=3, seed=3):
    return Ask(m, seed, QUICK[name])


@pytest.fixture(scope="module")
def holed():
    """Sixty penguins with a quarter of the cells hidden, an id and a date."""
    whole = shipped("penguins")
    x = np.concatenate([whole.x[:20], whole.x[160:180], whole.x[280:300]])
    columns = {
        c.name: [None if np.isnan(v) else whole.text(i, v) for v in x[:, i]]
        for i, c in enumerate(whole.columns)
    }
    columns["id"] = [f"p{i * 37 % 60:02}" for i in range(60)]
    columns["day"] = [f"2007-11-{i % 28 + 1:02}" for i in range(60)]
    made = table_of(sheet.of_columns("penguins", columns))
    return made.hidden(hide(made, Hiding.MCAR, 0.25, seed=1))


@pytest.mark.parametrize("name", ALL)
def test_the_contract(name, holed):
    ask = quick(name)
    state = torch.get_rng_state()
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    assert estimate(holed, name, ask) > 0
    shares, drawn = [0.0], [0]
    with Steps(impute(holed, name, ask)) as steps:
        for step in steps:
            shares.append(step.share)
            drawn.append(len(step.values))
        found = steps.result
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert drawn == sorted(drawn)
    assert torch.equal(torch.get_rng_state(), state)  # no global seed is used or set
    assert (np.random.get_state()[1] == before).all()
    assert found.values.shape == (3, int(holed.gaps.sum()))
    for i in range(found.m):
        x = found.completed(i)
        assert np.array_equal(x[~holed.gaps], holed.x[~holed.gaps])
        assert holed.kind.fault(torch.from_numpy(x)) is None
        for place, column in enumerate(holed.columns):
            if column.digits is not None:
                assert np.allclose(x[:, place], np.round(x[:, place], column.digits))
                assert (x[:, place] > 0).all()
    row, place = found.cells[0].tolist()
    assert np.array_equal(found.of_cell(row, place), found.values[:, 0])
    assert len({found.values[i].tobytes() for i in range(3)}) == 3
    again = finish(impute(holed, name, ask))
    assert np.array_equal(again.values, found.values)
    other = finish(impute(holed, name, quick(name, seed=4)))
    assert not np.array_equal(other.values, found.values)
    words = found.badge.text
    assert found.badge.exactness.value in words
    assert f"weights: {found.badge.weights.value}" in words
    assert ("no chain" in words) != FAMILIES[name].chain


@pytest.mark.parametrize("name", ALL)
def test_shuffling_rows_and_columns_changes_nothing(name, holed):
    mixed, rows = shuffled(holed, np.random.default_rng(5))
    one = finish(impute(holed, name, quick(name, 2)))
    two = finish(impute(mixed, name, quick(name, 2)))
    for column in holed.columns:
        a, b = holed.place(column.name), mixed.place(column.name)
        for i in range(2):
            assert np.array_equal(one.completed(i)[rows, a], two.completed(i)[:, b])


def test_rows_without_an_id_are_known_by_their_cells(holed):
    import dataclasses

    anonymous = dataclasses.replace(holed, others=(), order=())
    twice = np.concatenate([anonymous.x, anonymous.x[:9]])
    anonymous = dataclasses.replace(anonymous, x=twice)
    mixed, rows = shuffled(anonymous, np.random.default_rng(6))
    one = finish(impute(anonymous, "mfa", quick("mfa", 2)))
    two = finish(impute(mixed, "mfa", quick("mfa", 2)))
    for name in ("body_mass_g", "sex"):
        x = one.completed(1)[rows, anonymous.place(name)]
        y = two.completed(1)[:, mixed.place(name)]
        # equal rows are told apart by nothing: what they got may be swapped among them
        assert np.array_equal(np.sort(x), np.sort(y))
        assert (x == y).mean() > 0.8


def test_what_knobs_say_of_weights():
    assert imputing.badge(FAMILIES["any-order"], {"fits": 1}).weights is Weights.FIXED
    assert imputing.badge(FAMILIES["copula"], {}).weights is Weights.DRAWN
    with pytest.raises(ValueError, match="knob"):
        finish(impute(shipped("penguins"), "copula", Ask(2, 1, {"heat": 1})))
    with pytest.raises(TableError, match="no family 'magic'"):
        finish(impute(shipped("penguins"), "magic", Ask(2, 1)))
    for wrong in ({"m": 1}, {"m": 2000}, {"seed": -1}):
        with pytest.raises(ValueError, match=r"lies|are"):
            Ask(**wrong)
    assert imputing.caution(shipped("penguins"), "copula") == ""
    wide = of(**{f"x{i}": [float(i * j % 7) for j in range(9)] for i in range(31)})
    assert "9 of 31" in imputing.caution(wide, "copula")
    assert imputing.default_family(shipped("penguins")) == "copula"
    assert imputing.default_family(shipped("titanic")) == "any-order"


def test_a_run_can_be_closed_at_any_step(holed):
    run = impute(holed, "any-order", quick("any-order"))
    next(run)
    run.close()
    with pytest.raises(StopIteration):
        next(run)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("name", ["copula", "any-order"])
def test_a_recipe_makes_the_same_bytes_from_the_long_table(name, suffix, holed, tmp_path):
    found = finish(impute(holed, name, quick(name, 3)))
    files = packed(found, suffix, recipe_of(found, ("mean(body_mass_g)",), "1.0"))
    for ending, raw in files.items():
        (tmp_path / f"long{suffix}{ending}").write_bytes(raw)
    path = tmp_path / f"long{suffix}"
    recipe = recipe_in(path)
    assert (recipe.pool, recipe.version, recipe.family) == (("mean(body_mass_g)",), "1.0", name)
    again = finish(impute(source(path, recipe), recipe.family, recipe.ask))
    assert packed(again, suffix, recipe)[""] == files[""]


def test_the_long_table_is_what_mice_reads(holed):
    found = finish(impute(holed, "marginal", Ask(3, 1)))
    lines = long_csv(found).decode().splitlines()
    assert lines[0] == ".imp,.id," + ",".join(holed.order)
    assert len(lines) == 1 + 4 * holed.rows
    assert sum("NA" in line.split(",") for line in lines) == int(holed.gaps.any(1).sum())
    assert [line.split(",")[:2] for line in lines[1:3]] == [["0", "1"], ["0", "2"]]


def test_damaged_recipes_and_other_tables_are_refused(holed, tmp_path):
    found = finish(impute(holed, "marginal", Ask(2, 1)))
    recipe = recipe_of(found)
    path = tmp_path / "long.csv"
    text = long_csv(found).decode()
    path.write_text(text)
    with pytest.raises(TableError, match="cannot be read"):
        recipe_in(path)
    lines = text.splitlines()
    lines[1] = lines[1].replace(",1,", ",1,", 1)[:-4] + "9999"
    path.write_text("\n".join(lines))
    with pytest.raises(TableError, match="another table"):
        source(path, recipe)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="lacks the column"):
        source(path, recipe)
    for raw in ("", "[]", "{}", '{"task": "impute"}', '{"task": "impute", "format": 9}'):
        with pytest.raises(TableError, match="recipe"):
            TableRecipe.from_json(raw)
    broken = recipe.to_json().replace('"m": 2', '"m": "x"')
    with pytest.raises(TableError, match="damaged"):
        TableRecipe.from_json(broken)


HOSTILE = {
    "mixed types": ({"x": [1.5, "a", 2.5, None, "b", 4.0, 7.5, 1.0]}, None),
    "one row": ({"x": [1.5], "y": [None]}, "row"),
    "one row whole": ({"x": [1.5], "y": [2.0]}, "1 row"),
    "constant": ({"x": [3] * 9 + [None], "y": [1.5, 2, 4, 5, 6, None, 8, 9.5, 1, 2]}, None),
    "all constant": ({"x": [3] * 9 + [None], "y": ["a"] * 9 + [None]}, None),
    "collinear": (
        {"x": [0.5 * i for i in range(40)], "y": [None, *(1.5 * i for i in range(1, 40))]},
        None,
    ),
    "three times": ({k: [*map(float, range(30)), None] for k in "xyz"}, None),
    "empty column": ({"x": [None] * 20, "y": [1.5 * i for i in range(19)] + [None]}, None),
    "empty rows": (
        {"x": [1.5, 2.5, 3.0, None, 5.5, 6, 7, 8], "y": [2, 3, 1.5, None, 1, 2, 4, 5]},
        None,
    ),
    "500 levels": (
        {
            "city": [f"c{i % 500}" for i in range(1600)],
            "y": [i % 7 + 0.5 for i in range(1599)] + [None],
        },
        None,
    ),
    "150 rare levels": (
        {
            "city": [f"c{i * i % 150}" for i in range(699)] + [None],
            "y": [i % 9 + 0.5 for i in range(700)],
        },
        None,
    ),
    "−999": ({"x": [*range(1, 30), -999], "y": [0.5 * i for i in range(30)]}, None),
    "huge numbers": ({"x": [1e300, 2e300, -1e300, 5e299, None, 3e300, 1e299, 4e300]}, None),
    "tiny numbers": ({"x": [1e-300, 2e-300, 5e-299, None, 3e-300, 1e-299, 7e-301, 6e-300]}, None),
    "nothing missing": (
        {"x": [1.5, 2, 3, 4, 5, 6, 7], "y": ["a", "b", "a", "b", "a", "a", "b"]},
        None,
    ),
    "strange names": (
        {
            "a b": [1.5, 2, None, 4, 5, 6],
            "class": [1, 2, 3, 4, 5, 6.5],
            "é'\"": ["p", "q", None, "p", "q", "p"],
        },
        None,
    ),
    "zeros": ({"x": [0] * 30 + [1.5, 2.5, 3.5, None], "y": [i % 4 + 0.5 for i in range(34)]}, None),
    "binary numbers": ({"x": [0, 1] * 20, "y": [None, *(i % 5 for i in range(39))]}, None),
    "only text": ({"note": [f"text number {i}" for i in range(50)]}, "no column to impute"),
    "more columns than rows": (
        {f"x{j}": [None if i == j else (i * j * 7 % 11) / 3 for i in range(8)] for j in range(20)},
        None,
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_tables_are_imputed_or_refused_in_one_sentence(case):
    columns, refused = HOSTILE[case]
    if refused is not None:
        with pytest.raises(TableError, match=refused) as failure:
            finish(impute(of(**columns), "copula", quick("copula", 2)))
        assert "\n" not in str(failure.value)
        return
    made = of(**columns)
    others = ("kde", "vae", "flow", "energy", "trees") if made.rows < 100 else ()
    for name in ("copula", "mfa", "any-order", *others):
        found = finish(impute(made, name, quick(name, 2)))
        kept = [c.name for c in made.columns if not np.isnan(made.x[:, made.place(c.name)]).all()]
        for place, column in enumerate(made.columns):
            if column.name in kept:
                assert np.isfinite(found.completed(1)[:, place]).all(), (name, column.name)


def test_what_was_done_to_a_table_is_said():
    columns, _ = HOSTILE["constant"]
    found = finish(impute(of(**columns), "marginal", Ask(2, 1)))
    assert "'x' is constant: its gaps are filled with 3" in [e.text for e in found.events]
    columns, _ = HOSTILE["150 rare levels"]
    found = finish(impute(of(**columns), "mfa", quick("mfa", 2)))
    assert any("rare levels" in event.text for event in found.events)
    columns, _ = HOSTILE["collinear"]
    found = finish(impute(of(**columns), "copula", quick("copula", 2)))
    assert "'x' and 'y' move together: a gap in one follows from the other" in [
        event.text for event in found.events
    ]
    columns, _ = HOSTILE["empty column"]
    assert "'x' takes no part: it has no value at all" in [e.text for e in of(**columns).events]


@pytest.mark.parametrize("how", Hiding)
def test_hidden_cells_are_those_asked_for_and_the_same_after_shuffling(how):
    whole = shipped("penguins")
    mask = hide(whole, how, 0.25, seed=4)
    assert mask.mean() == pytest.approx(0.25, abs=0.02)
    assert not (mask & whole.gaps).any()
    assert (~mask & ~whole.gaps).any(1).sum() >= (~whole.gaps).any(1).sum()
    mixed, rows = shuffled(whole, np.random.default_rng(7))
    place = whole.place("body_mass_g")
    again = hide(mixed, how, 0.25, seed=4)
    assert np.array_equal(mask[rows, place], again[:, mixed.place("body_mass_g")])
    shift = np.nanmean(whole.x[mask[:, place], place]) - np.nanmean(whole.x[:, place])
    assert (shift > 100) == (how is not Hiding.MCAR)
    with pytest.raises(ValueError, match="share"):
        hide(whole, how, 0.95, seed=1)


@pytest.mark.parametrize("name", ["copula", "mfa", "kde"])
def test_families_beat_marginal_draws(name):
    whole = shipped("penguins")
    mask = hide(whole, Hiding.MCAR, 0.25, seed=2)
    found = {}
    for each in (name, "marginal"):
        knobs = {"burn": 60, "sweeps": 10} if each == "copula" else {}
        got = finish(impute(whole.hidden(mask), each, Ask(20, 2, knobs)))
        found[each] = judge(whole, mask, got)
    ours, base = found[name], found["marginal"]
    assert ours.crps < 0.65 * base.crps
    assert ours.log_loss < base.log_loss
    assert 0.8 < ours.coverage[90] < 0.99
    assert 95 not in ours.coverage  # 20 draws are too few for it
