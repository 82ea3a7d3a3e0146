"""Points from CSV files: what is read, and one sentence for each that will not do."""

import numpy as np
import pytest

from engines.data.own import DataError
from engines.learning.examples import MOST, read_points, sampled_points

ROWS = [f"{i * 0.5},{i % 7}" for i in range(20)]


@pytest.fixture
def write(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "points.csv"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return path

    return write


@pytest.mark.parametrize(
    ("lines", "columns"),
    [
        (ROWS, ("x", "y")),
        (["length,depth", *ROWS], ("length", "depth")),
        (["# genscope {}", "x,y", *ROWS, ""], ("x", "y")),
        ([row.replace(",", ";") for row in ["a;b", *ROWS]], ("a", "b")),
        ([row.replace(",", "\t") for row in ROWS], ("x", "y")),
        ([row.replace(",", "  ") for row in ROWS], ("x", "y")),
        (["\ufeffx,y", *ROWS], ("x", "y")),
        (["same,same", *ROWS], ("x", "y")),
        (["class,y", *ROWS], ("x", "y")),
    ],
)
def test_what_is_read(write, lines, columns):
    found = read_points(write("\n".join(lines)))
    assert found.columns == columns
    assert found.labels is None
    assert found.x.dtype == np.float32
    assert found.x[:3].tolist() == [[0.0, 0.0], [0.5, 1.0], [1.0, 2.0]]
    assert len(found.x) == 20


def test_classes_are_a_third_column(write):
    lines = [f"{row},{'ab'[i % 2]}" for i, row in enumerate(ROWS)]
    for head in ([], ["x,y,class"], ["x,y,Label"]):
        found = read_points(write("\n".join([*head, *lines])))
        assert found.classes == ("a", "b")
        assert found.labels[:3].tolist() == [0, 1, 0]


def with_line(line):
    return "\n".join(["x,y", *ROWS[:5], line, *ROWS[5:]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (with_line("1,abc"), "points.csv, line 7: 'abc' is no number"),
        (with_line("nan,1"), "points.csv, line 7: nan is not finite"),
        (with_line("1,-inf"), "points.csv, line 7: -inf is not finite"),
        (with_line("1,"), "points.csv, line 7: a value is missing"),
        (with_line("1"), "points.csv, line 7: 1 values in place of 2"),
        (with_line("1,2,3"), "points.csv, line 7: 3 values in place of 2"),
        ("\n".join(map(str, range(20))), "has 1 column; points of the plane have two"),
        ("a,b,c\n" + "\n".join(f"{r},1" for r in ROWS), "has 3 columns; points of the plane have"),
        ("\n".join(f"{r},1,2" for r in ROWS), "has 4 columns"),
        ("\n".join(f"{i},3.5" for i in range(20)), "'y' is 3.5 in every row"),
        ("\n".join(f"{i},{1e9 + i % 3}" for i in range(20)), "'y' varies by"),
        ("\n".join(f"{i},{i}e30" for i in range(20)), "'y' varies by"),
        ("\n".join(ROWS[:9]), "has 9 rows; a family needs at least 10"),
        ("x,y\n" + "\n".join(ROWS[:9]), "has 9 points; a family needs at least 10"),
        ("", "has 0 rows"),
        ("\n".join(f"{r},c{i}" for i, r in enumerate(ROWS)), "has 20 classes in 20 rows"),
        ("1,2\n" * (MOST + 2), f"at most {MOST:,} are learned from: draw a sample"),
        ("\n".join([*ROWS, '"1,2']), "line 21"),
        (b"\xff\xfe\x00binary" * 40, "points.csv cannot be read"),
    ],
)
def test_what_will_not_do_is_said_in_one_sentence(write, text, said):
    with pytest.raises(DataError) as found:
        read_points(write(text))
    assert said in str(found.value)
    assert len(str(found.value).splitlines()) == 1
    assert len(str(found.value)) < 250


def test_a_million_rows_are_refused_before_they_are_parsed(write):
    with pytest.raises(DataError, match="has 1,000,000 rows; at most 200,000 are learned from"):
        read_points(write("1,2\n" * 1_000_000))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv cannot be read: "):
        read_points(tmp_path / "none.csv")


def test_of_many_rows_a_fixed_sample_is_read_in_their_order(write):
    path = write("x,y\n" + "".join(f"{i},{i % 7}\n" for i in range(5_000)))
    few, rows = sampled_points(path, 300)
    assert rows == 5_000
    assert len(few.x) == 300
    assert (np.diff(few.x[:, 0]) > 0).all()
    assert few.x[:, 0].mean() == pytest.approx(2_500, abs=300)
    np.testing.assert_array_equal(few.x, sampled_points(path, 300)[0].x)
    whole, rows = sampled_points(path, 5_000)
    assert (rows, len(whole.x)) == (5_000, 5_000)
    assert few.columns == whole.columns == ("x", "y")
