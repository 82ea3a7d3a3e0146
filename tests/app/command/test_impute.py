"""`main.py impute`: a long table with its recipe, pooled results, one sentence for faults."""

import json

import pytest
import torch

import main
from app.command.impute_words import FAMILIES as NAMED
from app.command.impute_words import ROLES
from engines.tables.guessing import Role
from engines.tables.imputing import FAMILIES
from tests.engines.tables.tables import ASSETS

PENGUINS = str(ASSETS / "penguins.csv")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


def test_the_words_name_every_family_and_type():
    assert set(NAMED) == set(FAMILIES)
    assert set(ROLES) == {role.value for role in Role}


def test_a_table_is_imputed_pooled_and_made_again(tmp_path, capsys):
    out = tmp_path / "long.csv"
    words = ["impute", PENGUINS, "--family", "kde", "--m", "4", "--seed", "3", "--out", str(out)]
    pools = ["--pool", "body_mass_g ~ flipper_length_mm + sex", "--pool", "proportion(sex=MALE)"]
    assert main.main([*words, *pools]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0] == str(out)
    assert lines[1] == "Linear regression, body_mass_g ~ flipper_length_mm + sex"
    slope = next(line for line in lines if line.strip().startswith("flipper_length_mm"))
    assert 40 < float(slope.split()[1]) < 55
    assert "333 of 344 rows are complete" in shown.out
    assert "Share of sex = MALE" in shown.out
    recipe = json.loads((tmp_path / "long.csv.json").read_text())
    assert (recipe["family"], recipe["m"], recipe["seed"]) == ("kde", 4, 3)
    assert recipe["columns"]["sex"]["role"] == "category"
    again = tmp_path / "again.csv"
    assert main.main(["impute", "--from", str(out), "--out", str(again)]) == 0
    assert again.read_bytes() == out.read_bytes()
    assert (tmp_path / "again.csv.json").read_bytes() == (tmp_path / "long.csv.json").read_bytes()
    assert capsys.readouterr().out.splitlines()[1:] == lines[1:]


def test_columns_and_codes_are_what_a_person_says(tmp_path, capsys):
    table, out = tmp_path / "t.csv", tmp_path / "long.csv"
    rows = [f"{i},{1 + i % 3},{20 + i * 7 % 40 if i % 9 else -999}" for i in range(40)]
    table.write_text("\n".join(["n,few,age", *rows]))
    words = ["impute", str(table), "--family", "marginal", "--m", "2", "--out", str(out)]
    assert main.main(words) == 0
    assert "'age': -999 (5 cells) is taken for a gap" in capsys.readouterr().err
    assert sum(",NA" in line for line in out.read_text().splitlines()) == 5
    kept = ["--gaps", "age=NA", "--column", "few=category"]
    assert main.main([*words, *kept]) == 0
    assert ",NA" not in out.read_text()
    assert (
        json.loads((tmp_path / "long.csv.json").read_text())["columns"]["few"]["role"] == "category"
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--out", "x.csv"], 2, "name a TABLE"),
        ([PENGUINS, "--out", "x.txt"], 2, "--out must end in .csv or .parquet"),
        ([PENGUINS, "--family", "magic", "--out", "x.csv"], 2, "no family 'magic'"),
        ([PENGUINS, "--m", "1", "--out", "x.csv"], 2, "imputations are 2 to"),
        ([PENGUINS, "--family", "kde", "--knob", "heat=1", "--out", "x.csv"], 2, "heat"),
        ([PENGUINS, "--column", "sex=animal", "--out", "x.csv"], 2, "a column is no 'animal'"),
        ([PENGUINS, "--column", "tail=number", "--out", "x.csv"], 2, "no column is called 'tail'"),
        ([PENGUINS, "--pool", "mean(tail)", "--out", "x.csv"], 1, "no column 'tail'"),
        ([PENGUINS, "--pool", "sex ~ exec(1)", "--out", "x.csv"], 1, "may not stand in a formula"),
        (["none.csv", "--out", "x.csv"], 1, "there is no file"),
        (["--from", "none.csv", "--out", "x.csv"], 1, "cannot be read"),
        (["--from", "none.csv", "--m", "3", "--out", "x.csv"], 2, "--from takes all but --out"),
    ],
)
def test_faults_are_one_sentence(words, code, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main.main(["impute", *words]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
