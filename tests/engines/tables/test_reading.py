"""CSV files as people have them: types, codes for gaps, events in words, refusals."""

import numpy as np
import pytest

from engines.kinds import ColumnType
from engines.tables import guessing, sheet
from engines.tables.data import open_table, table_of
from engines.tables.guessing import Choice, Role, guess
from engines.tables.sheet import TableError, parse, read
from tests.engines.tables.tables import ASSETS, shipped


def table(text, choices=None):
    raw = text if isinstance(text, bytes) else text.encode()
    return table_of(parse(raw, "t"), choices)


def said(found):
    return " · ".join(event.text for event in found.events)


def test_the_shipped_tables_are_what_their_papers_say():
    penguins, titanic = shipped("penguins"), shipped("titanic")
    assert (penguins.x.shape, int(penguins.gaps.sum())) == ((344, 7), 19)
    assert (titanic.rows, int(titanic.gaps[:, titanic.place("age")].sum())) == (1313, 557)
    assert [other.name for other in titanic.others] == ["name"]


def test_types_are_guessed_and_said_why():
    rows = [
        f"{i},{i % 3},{1.5 * i},{i * 7},{'ab'[i % 2]},2024-01-{i % 28 + 1:02},note {i}"
        for i in range(40)
    ]
    texts = parse(("\n".join(["id,few,num,whole,cat,day,text", *rows])).encode(), "t")
    found = {each.name: each.role for each in guess(texts)}
    assert found == {
        "id": Role.ID,
        "few": Role.ORDERED,
        "num": Role.NUMBER,
        "whole": Role.INTEGER,
        "cat": Role.CATEGORY,
        "day": Role.DATE,
        "text": Role.TEXT,
    }
    assert all(each.why for each in guess(texts))
    chosen = table_of(texts, {"few": Choice(Role.CATEGORY), "num": Choice(Role.TEXT)})
    assert chosen.columns[chosen.place("few")].type is ColumnType.CATEGORY
    assert "'num' takes no part: you said so" in said(chosen)
    with pytest.raises(KeyError, match="nobody"):
        guess(texts, {"nobody": Choice()})


@pytest.mark.parametrize("word", ["", "NA", "NaN", "null", "N/A", "?"])
def test_words_for_gaps(word):
    found = table("x,y\n" + "\n".join(f"{i}.5,{i * 3}" for i in range(9)) + f"\n{word},4\n")
    assert found.gaps.sum(0).tolist() == [1, 0]


def test_codes_far_from_all_else_are_gaps_with_a_warning_and_can_be_kept():
    text = "age,t\n" + "\n".join(f"{20 + i},{i - 12.5}" for i in range(30)) + "\n-999,-9\n999,3\n"
    found = table(text)
    assert found.gaps.sum(0).tolist() == [2, 0]  # −9 lies among the temperatures
    assert [e.text for e in found.events if e.warning] == [
        "'age': -999 (1 cell) is taken for a gap",
        "'age': 999 (1 cell) is taken for a gap",
    ]
    assert table(text, {"age": Choice(gaps=("NA",))}).gaps.sum() == 0
    (code,) = [c for c in guess(parse(text.encode(), "t"))[1].codes if c.text == "-9"]
    assert not code.taken


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a;b\n1,5;2\n2,25;3\n4,5;9\n", [[1.5, 2], [2.25, 3], [4.5, 9]]),
        ("a\tb\n1,5\t2\n2,25\t3\n4,5\t9\n", [[1.5, 2], [2.25, 3], [4.5, 9]]),
        ('a,b\n"1,500",2\n"22,250",3\n"4,000",9\n', [[1500, 2], [22250, 3], [4000, 9]]),
        ("a|b\n1.5|2\n2.25|3\n4.5|9\n", [[1.5, 2], [2.25, 3], [4.5, 9]]),
        ("\ufeffa,b\r\n1.5,2\r\n2.25,3\r\n4.5,9\r\n", [[1.5, 2], [2.25, 3], [4.5, 9]]),
        ("a,b\n−1.5,2e3\n.5,-3E-1\n4.,9\n", [[-1.5, 2000], [0.5, -0.3], [4, 9]]),
    ],
    ids=["semicolon", "tab", "thousands", "bar", "BOM", "signs"],
)
def test_numbers_and_separators_as_people_write_them(text, wanted):
    roles = {"a": Choice(Role.NUMBER), "b": Choice(Role.NUMBER)}
    assert table(text, roles).x.tolist() == wanted
    assert table(text.encode("utf-16"), roles).x.tolist() == wanted


def test_what_is_odd_is_said():
    body = "\n".join(f"{i}.5,{i % 4}x,{i}" for i in range(20))
    found = table(f",b,b\n{body}\n7.5\n")
    assert found.order == ("id", "b", "b.2")
    assert "too short" in said(found)
    assert "the name of column 3, 'b', became 'b.2'" in said(found)
    latin = table("größe,b\n".encode("cp1252") + b"1.5,2\n2.5,4\n3.5,5\n")
    assert latin.columns[0].name == "größe"
    assert "Windows-1252" in said(latin)
    headless = table("1.5,2\n2.5,4\n3.5,5\n9.5,8\n")
    assert (headless.rows, headless.columns[0].name) == (4, "V1")
    mixed = table("x\n" + "\n".join(f"{i}.5" for i in range(40)) + "\nabout 12\n")
    assert "about 12 (1 cell) is taken for a gap" in said(mixed)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"a,b\n", "no rows"),
        (b"\x89PNG\r\n\0\0", "no text"),
        (b'a,b\n1,"2\n3,4\n', "quote"),
        (b'a,b\n1,"2"x\n3,4\n', "quote"),
        (b"a,b\n1,2,3\n", "row 2 has 3 cells"),
        (b"name,day\nanna smith,2024-01-02\nbob jones,2024-01-03\nc d,2024-02-01\n", None),
        (b"a,b\n,\nNA,null\n", "no column to impute"),
        (b"a" + b",a" * 1200 + b"\n1" + b",1" * 1200, "columns"),
        (b"a,b\n" + b"1,2\n" * 2000, "at most 3,000 cells"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(raw, word, tmp_path, monkeypatch):
    monkeypatch.setattr(sheet, "MOST_CELLS", 3000)
    if word is None:
        assert table(raw).columns[0].name == "name"
        return
    (tmp_path / "t.csv").write_bytes(raw)
    with pytest.raises(TableError, match=word) as failure:
        open_table(tmp_path / "t.csv")
    assert "\n" not in str(failure.value)


def test_a_file_that_is_not_there(tmp_path):
    for name in ("none.csv", "none.parquet"):
        with pytest.raises(TableError, match="no file"):
            read(tmp_path / name)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(TableError, match="no Parquet file"):
        read(tmp_path / "bad.parquet")


def test_parquet_and_csv_of_the_same_table_are_the_same(tmp_path):
    pandas = pytest.importorskip("pandas")
    pandas.read_csv(ASSETS / "penguins.csv").to_parquet(tmp_path / "penguins.parquet")
    found, wanted = open_table(tmp_path / "penguins.parquet"), shipped("penguins")
    assert found.kind == wanted.kind
    assert np.array_equal(found.x, wanted.x, equal_nan=True)


def test_levels_keep_an_order_that_no_row_decides():
    text = "grade,size,y\n" + "\n".join(f"{10 - i % 4},{'lms'[i % 3]},{i}.5" for i in range(12))
    given = {"grade": Choice(Role.ORDERED), "size": Choice(Role.ORDERED, levels=("s", "m", "l"))}
    found = table(text, given)
    assert [column.levels for column in found.columns[:2]] == [
        ("7", "8", "9", "10"),
        ("s", "m", "l"),
    ]
    with pytest.raises(TableError, match="lack m"):
        table(text, {"size": Choice(Role.ORDERED, levels=("s", "l"))})
    with pytest.raises(TableError, match="no number"):
        table(text, {"size": Choice(Role.NUMBER)})


def test_long_columns_are_read_as_short_ones(monkeypatch):
    rng = np.random.default_rng(0)
    columns = {
        "num": [f"{v:.3f}" if v > -2 else "" for v in rng.standard_normal(3000)],
        "whole": [f"{v}" for v in rng.integers(10**6, size=3000)],
        "code": [f"{v}" if v % 50 else "-999" for v in range(1, 3001)],
        "row": [f"{v}" for v in range(3000)],
        "few": [f"{v}" for v in rng.integers(4, size=3000)],
        "large": [f"{v:.9f}" for v in rng.standard_normal(3000)],
    }
    lines = [",".join(row) for row in zip(*columns.values(), strict=True)]
    texts = parse("\n".join([",".join(columns), *lines]).encode(), "t")
    fast, quick = table_of(texts), guess(texts)
    monkeypatch.setattr(guessing, "_LONG", 10**9)
    slow = table_of(texts)
    assert fast.kind == slow.kind
    assert np.array_equal(fast.x, slow.x, equal_nan=True)
    assert [e.text for e in fast.events if "row" not in e.text] == [
        e.text for e in slow.events if "row" not in e.text
    ]
    for a, b in zip(quick, guess(texts), strict=True):
        assert (a.role, a.gaps, a.distinct) == (b.role, b.gaps, b.distinct)
        assert {c.text: (c.count, c.taken) for c in a.codes} == {
            c.text: (c.count, c.taken) for c in b.codes
        }
