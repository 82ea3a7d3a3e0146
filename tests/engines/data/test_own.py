"""Data sets of the user's own: what was kept comes back, under a name that nothing else has."""

import numpy as np
import pytest

from engines.checkpoints.catalog import own_models, own_root
from engines.data import examples, own
from engines.data.own import DataError, Points


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert own_root().is_relative_to(tmp_path)


def points(n=50, d=2, classes=("upper", "lower", "never seen")):
    g = np.random.default_rng(1)
    x = (g.normal(size=(n, d)) * 10.0 ** g.integers(-30, 30, size=(n, d))).astype(np.float32)
    columns = tuple(f"column {i}" for i in range(d))
    labels = 1 - np.arange(n) % 2 if classes else None
    return Points(x, columns, labels, classes)


@pytest.mark.parametrize("d", [1, 2, 7])
@pytest.mark.parametrize("classes", [(), ("upper", "lower", "never seen"), ('a,"b"', "ü ☃")])
def test_what_was_kept_comes_back_to_the_last_bit(d, classes):
    kept = points(d=d, classes=classes)
    name = own.save("Two moons.csv".removesuffix(".csv"), kept)
    assert (name, own.names()) == ("two-moons", ("two-moons",))
    back = own.load(name)
    assert back.x.tobytes() == kept.x.tobytes()
    assert (back.columns, back.classes) == (kept.columns, classes)
    if classes:
        assert back.labels.tolist() == kept.labels.tolist()
    else:
        assert back.labels is None


def test_a_data_set_of_ones_own_has_examples():
    name = own.save("trees", points())
    assert examples.has_points(name)
    assert examples.points(name, 20).numpy().tobytes() == own.load(name).x[:20].tobytes()
    own.delete(name)
    assert not examples.has_points(name)
    with pytest.raises(DataError, match="no points of the data set 'trees'"):
        examples.points(name, 20)


def test_a_name_is_never_taken_twice_nor_a_shipped_one():
    (own_models() / "trees").mkdir(parents=True)
    assert [own.save(title, points()) for title in ("moons", "Moons", "Été", "trees", "///")] == [
        "moons-2",
        "moons-3",
        "ete",
        "trees-2",
        "data",
    ]
    own.delete("moons-2")
    assert own.names() == ("data", "ete", "moons-3", "trees-2")


def test_a_table_of_others_is_read_in_the_order_of_its_classes():
    name = own.save("mine", points())
    (own_root() / "data" / f"{name}.csv").write_text("x,y,class\n1,2,b\n3,4,a\n\n5,6,b\n")
    found = own.load(name)
    assert (found.classes, found.labels.tolist()) == (("b", "a"), [0, 1, 0])
    assert found.x.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "0 points"),
        ("x,y\n", "0 points"),
        ("x,y\n1\n", "line 2 has 1 values"),
        ("x,y\n1,two\n", "no number"),
        ("x,y\n1,inf\n", "no finite"),
        ("x,x\n1,2\n", "each its own"),
        ("class\na\n", "no finite|0 coordinates"),
        (b"\xff\xfe", "UTF-8"),
        ("# classes [\nx\n1\n", "cannot be read"),
        ("# classes " + "[" * 100_000 + "\nx\n1\n", "cannot be read"),
    ],
)
def test_a_damaged_table_is_said_in_one_sentence(text, fault):
    path = own_root() / "data" / "bad.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=fault) as caught:
        own.load("bad")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["nothing", "../bad", "", "a/b", "con", ".hidden"])
def test_an_unknown_name_says_what_there_is(name):
    own.save("penguins", points())
    for deed in (own.load, own.delete):
        with pytest.raises(DataError, match="there are: penguins"):
            deed(name)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"x": np.zeros((0, 2))}, "0 points"),
        ({"x": np.full((50, 2), np.nan)}, "finite"),
        ({"x": np.zeros((50, 3))}, "3 coordinates for 2 names"),
        ({"columns": ("a", "a")}, "own"),
        ({"columns": ("a", "class")}, "own"),
        ({"columns": ("a", "b\nc")}, "own"),
        ({"labels": np.full(50, 3)}, "no name"),
        ({"labels": np.zeros(49, int)}, "50 points"),
        ({"labels": None}, "no point"),
    ],
)
def test_what_no_data_set_can_be_is_refused(change, fault):
    good = points()
    with pytest.raises(DataError, match=fault):
        Points(**{**vars(good), **change})
    assert own.names() == ()
