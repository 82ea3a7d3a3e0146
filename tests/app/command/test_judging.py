"""Outliers and comparison from the command line."""

import csv

import numpy as np
import pytest
from PIL import Image

import main
from tests.engines.tiny import opened, ship


def run(root, *words):
    return main.main([*words, "--assets", str(root), "--device", "cpu"])


def folder_of(path, count, seed):
    path.mkdir()
    random = np.random.default_rng(seed)
    for i in range(count):
        Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(path / f"{i:02d}.png")
    return path


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    home = tmp_path_factory.mktemp("zoo")
    root = home / "assets"
    names = [opened(root, family, "picture").card.name for family in ("mfa", "kde", "gan")]
    points = ship(root, "flow", "points").name
    return root, folder_of(home / "held", 40, 1), folder_of(home / "new", 5, 2), names, points


def test_every_picture_has_a_row_of_scores_and_p_values(zoo, tmp_path, capsys):
    root, held, new, (mfa, *_), _ = zoo
    (new / "broken.png").write_bytes(b"no picture")
    out = tmp_path / "o.csv"
    words = ("outliers", mfa, "--images", str(new), "--reference", str(held), "--csv", str(out))
    assert run(root, *words) == 1
    said = capsys.readouterr()
    assert "broken.png" in said.err
    assert "1 of the pictures could not be read" in said.err
    assert said.out.splitlines()[-1] == str(out)
    assert "against 34 held-out pictures" in said.out
    (new / "broken.png").unlink()
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert [row["file"] for row in rows] == [f"{i:02d}.png" for i in range(5)]
    columns = [name for name in rows[0] if name.startswith("p_")]
    assert columns == ["p_nll", "p_typicality", "p_complexity"]
    for row in rows:
        for name in columns:
            p = float(row[name])
            assert 1 / 35 - 1e-6 <= p <= 1
            assert (p <= 0.05) == (name.removeprefix("p_") in row["flagged"].split())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rate", "1"], "1 % needs at least 99 held-out examples, and there are 34"),
        (["--rate", "0"], "--rate is a share of false alarms"),
        (["--probes", "blak"], "there is no probe 'blak'"),
        (["--probes", "black"], "no held-out examples of the data"),
        (["--count", "0"], "--count must lie in"),
        (["--reference", "EMPTY"], "there are no pictures in"),
        (["--reference", "NEW"], "5 pictures are too few"),
    ],
)
def test_wrong_words_about_outliers_are_one_sentence(zoo, tmp_path, words, says, capsys):
    root, held, new, (mfa, *_), _ = zoo
    (tmp_path / "empty").mkdir()
    places = {"EMPTY": str(tmp_path / "empty"), "NEW": str(new)}
    words = [places.get(word, word) for word in words]
    command = ["outliers", mfa, "--images", str(new), "--reference", str(held), *words]
    assert run(root, *command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_models_that_score_no_outliers_say_why(zoo, capsys):
    root, held, new, (_, _, gan), points = zoo
    more = ["--images", str(new), "--reference", str(held)]
    for words, says in (
        (["outliers", gan, *more], "implicit"),
        (["outliers", points, *more], "is of points"),
        (["outliers", gan], "name what to judge"),
        (["outliers", "mnist/none", *more], "there is no model"),
        (["outliers", zoo[3][0], "--images", str(new)], "name a folder of some with --reference"),
    ):
        assert run(root, *words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert says in line


def test_shipped_models_of_points_are_compared(tmp_path, capsys):
    out = tmp_path / "c.csv"
    models = ("moons/mfa", "moons/kde", "moons/gan")
    words = ["compare", *models, "--count", "60", "--samples", "30", "--csv", str(out)]
    assert main.main([*words, "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "moons/mfa − moons/kde" in said
    assert "moons/gan is implicit" in said
    assert "Spearman" in said
    assert said.count("30 samples against as many held-out") == 3
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert list(rows[0]) == ["example", "moons/mfa", "moons/kde"]
    assert len(rows) == 60


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["moons/mfa"], "at least two models"),
        (["moons/mfa", "moons/mfa"], "at least two models"),
        (["moons/mfa", "rings/mfa"], "are of different data"),
        (["moons/mfa", "moons/kde", "--count", "3"], "--count must lie in 4 … 1,200"),
        (["moons/mfa", "moons/kde", "--samples", "5"], "--samples must lie in 20"),
    ],
)
def test_wrong_words_about_a_comparison_are_one_sentence(words, says, capsys):
    assert main.main(["compare", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
