"""A recipe of very many pictures asks before it keeps the computer busy; an impossible one is
refused."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import main
from app.kinds.pictures import PictureView
from app.recipes.recipe import Recipe, RecipeError, png_bytes
from engines import open_model
from engines.checkpoints import devices
from tests.checkpoints import ship_kernels

GREY = np.zeros((6, 5, 3), np.uint8)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


@pytest.fixture
def root(tmp_path):
    return ship_kernels(tmp_path / "assets")


@pytest.fixture
def saved(root, tmp_path):
    """A PNG with a recipe of the tiny digits, changed as given."""

    def save(**fields):
        card = open_model("mnist/kde", root=root).card
        table = {"task": "sample", "model": card.name, "sha256": card.sha256, "seed": 1}
        (tmp_path / "saved.png").write_bytes(png_bytes(GREY, Recipe(**table | fields)))
        return tmp_path / "saved.png"

    return save


def remade(root, saved, *more):
    return main.main(
        ["sample", "--from", str(saved), "--out", "again/", "--assets", str(root), *more]
    )


def written():
    return len(list(Path("again").glob("*.png"))) if Path("again").is_dir() else 0


@pytest.mark.parametrize(("first", "count"), [(2**32 - 1, 20), (2**32 - 5, 6), (1, 2**32)])
def test_pictures_beyond_the_last_one_are_no_recipe(first, count, tmp_path, capsys):
    table = {
        "format": 1,
        "task": "sample",
        "model": "moons/flow",
        "sha256": "0" * 64,
        "seed": 7,
        "first": first,
        "count": count,
        "knobs": {},
        "extra": {},
        "version": "0.1.0",
    }
    with pytest.raises(RecipeError, match="asks for"):
        Recipe.from_json(json.dumps(table))
    (tmp_path / "a.csv").write_text(f"# genscope {json.dumps(table)}\n")
    assert main.main(["sample", "--from", str(tmp_path / "a.csv")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_without_a_terminal_only_yes_draws(root, saved, capsys, monkeypatch):
    monkeypatch.setattr(PictureView, "unasked", 5)
    path = saved(count=6)
    assert remade(root, path) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "asks for 6 pictures of mnist/kde; at the pace of the first ones they take" in said
    assert "--yes starts it" in said
    assert not written()
    assert remade(root, path, "--yes") == 0
    assert written() == 6


@pytest.mark.parametrize(("answer", "code", "files"), [("y\n", 0, 6), ("n\n", 1, 0), ("", 1, 0)])
def test_on_a_terminal_a_person_answers(root, saved, monkeypatch, answer, code, files):
    monkeypatch.setattr(PictureView, "unasked", 5)
    path, said = saved(count=6), Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", said)
    assert remade(root, path) == code
    assert "Start? [y/N]" in said.getvalue()
    assert written() == files


def test_what_is_not_much_is_not_asked(root, saved, monkeypatch):
    monkeypatch.setattr(PictureView, "unasked", 5)
    monkeypatch.setattr(sys, "stdin", None)
    assert remade(root, saved(count=5)) == 0
    assert written() == 5


def test_one_picture_out_of_many_is_not_asked(root, saved, monkeypatch):
    assert remade(root, saved(count=100_000, index=99_999)) == 0
    assert written() == 1
