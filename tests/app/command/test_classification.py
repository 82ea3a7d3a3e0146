"""The classifier from the command line."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

import main
from engines import log_density
from tests.engines.tiny import LABELS, opened


@pytest.fixture
def placed(tmp_path):
    root, folder = tmp_path / "assets", tmp_path / "in"
    model = opened(root, "kde", "picture")
    folder.mkdir()
    levels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    for i, picture in enumerate(levels):
        Image.fromarray(picture).save(folder / f"{i}.png")
    return root, model, folder, levels


def run(root, *words):
    return main.main([*map(str, words), "--assets", str(root), "--device", "cpu"])


@pytest.mark.parametrize("prior", [None, "uniform", "0.5,0.5,0", "1,2,3"])
def test_rows_are_bayes_rule(placed, tmp_path, prior):
    root, model, folder, levels = placed
    out = tmp_path / "p.csv"
    more = () if prior is None else ("--prior", prior)
    words = ("classify", model.card.name, "--images", folder, "--csv", out, "--temperature", 50)
    assert run(root, *words, *more) == 0
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["file", *LABELS]
    assert [row[0] for row in rows[1:]] == ["0.png", "1.png", "2.png"]
    x = torch.from_numpy(levels[:, None].astype(np.float32)) / 127.5 - 1
    each = [log_density(model, x, torch.full((3,), c)).value for c in range(3)]
    weights = [1, 1, 1] if prior in (None, "uniform") else [float(w) for w in prior.split(",")]
    whole = torch.stack(each, 1) / 50 + torch.tensor(weights, dtype=torch.float64).log()
    found = np.array([[float(value) for value in row[1:]] for row in rows[1:]])
    assert found == pytest.approx(whole.softmax(1).numpy(), abs=1e-5)


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (("--prior", "0,0,0"), "a prior of 0 for every class", 1),
        (("--prior", "1,1"), "each of 3 classes", 1),
        (("--prior", "a,b"), "must be uniform", 2),
        (("--prior", "training"), "are not known here", 2),
        (("--temperature", "0"), "--temperature must lie in", 2),
    ],
)
def test_what_cannot_be_is_one_sentence(placed, words, says, code, capsys):
    root, model, folder, _ = placed
    assert run(root, "classify", model.card.name, "--images", folder, *words) == code
    assert says in capsys.readouterr().err


def test_models_without_a_likelihood_say_why(tmp_path, capsys):
    root, folder = tmp_path / "assets", tmp_path / "in"
    folder.mkdir()
    Image.new("L", (8, 8)).save(folder / "a.png")
    name = opened(root, "energy", "picture").card.name
    assert run(root, "classify", name, "--images", folder) == 1
    assert "differs from class to class" in capsys.readouterr().err


def test_figures_of_shipped_digits(capsys):
    assert main.main(["classify", "mnist/kde", "--count", "20", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    for part in ("temperature", "fitted on 10 examples", "accuracy", "ECE", "confusion"):
        assert part in said
    assert main.main(["classify", "mnist/kde", "--count", "5000"]) == 2
