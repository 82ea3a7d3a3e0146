"""Maps and numbers from the command line."""

import csv
import math

import numpy as np
import pytest
import torch
from PIL import Image

import main
from app.recipes.recipe import Recipe, read_png
from engines import log_density, open_model
from engines.maps.kinds import Kind
from tests.engines.tiny import opened
from tests.kinds import blobs

WORDS = ["--area", "-3", "3", "-2", "2"]


@pytest.fixture
def points(tmp_path):
    return tmp_path / "assets", opened(tmp_path / "assets", "flow", "points")


def run(root, *words):
    return main.main([*words, "--assets", str(root), "--device", "cpu"])


def test_a_map_is_a_picture_and_its_values(points, tmp_path, capsys):
    root, model = points
    out, values, table = (tmp_path / f"map.{end}" for end in ("png", "npz", "csv"))
    command = ("density", model.card.name, "--grid", "48", *WORDS, "--out", str(out))
    assert run(root, *command, "--values", str(values)) == 0
    assert capsys.readouterr().out.split() == [str(out), str(values)]
    recipe = read_png(out)
    assert (recipe.task, recipe.model) == ("density", model.card.name)
    with np.load(values) as arrays:
        x, y, log_p = arrays["x"], arrays["y"], arrays["tiny-points_flow"]
        assert Recipe.from_json(str(arrays["recipe"])) == recipe
        assert "exact" in str(arrays["kinds"][0])
    assert log_p.shape == (32, 48)
    at = torch.tensor([[x[5], y[20]]], dtype=torch.float32)
    assert log_p[20, 5] == pytest.approx(float(log_density(model, at).value[0]), abs=1e-4)
    assert run(root, *command, "--values", str(table)) == 0
    lines = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "x,y,tiny-points/flow"
    assert len(lines) == 1 + 32 * 48


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--grid", "5", "--out", "a.png"], "16 … 4096"),
        (["--out", "a.jpg"], "must end in .png"),
        (["--out", "a.png", "--values", "b.txt"], ".npz or .csv"),
        (["--out", "a.png", "--label", "z"], "no class 'z'"),
        (["--out", "a.png", "--area", "1", "0", "0", "1"], "x0 < x1"),
    ],
)
def test_wrong_usage_is_one_sentence(points, words, says, capsys):
    root, model = points
    assert run(root, "density", model.card.name, *words) == 2
    assert says in capsys.readouterr().err


def test_pictures_of_a_folder_become_a_table(tmp_path):
    root, folder, out = tmp_path / "assets", tmp_path / "in", tmp_path / "numbers.csv"
    model = opened(root, "autoregressive", "picture")
    folder.mkdir()
    g = np.random.default_rng(0)
    levels = g.integers(0, 256, (3, 8, 8), np.uint8)
    for i, picture in enumerate(levels):
        Image.fromarray(picture).save(folder / f"{i}.png")
    (folder / "notes.txt").write_text("not a picture")
    assert run(root, "score", model.card.name, "--images", str(folder), "--csv", str(out)) == 0
    rows = list(csv.DictReader(out.read_text().splitlines()))
    x = torch.from_numpy(levels[:, None].astype(np.float32)) / 127.5 - 1
    expected = log_density(model, x).value
    for row, value in zip(rows, expected.tolist(), strict=True):
        assert float(row["log_p_nats"]) == pytest.approx(value, abs=1e-2)
        assert float(row["bits_per_dim"]) == pytest.approx(-value / (64 * np.log(2)), abs=1e-4)
        assert row["kind"] == "exact"
        assert (row["meaning"], row["stderr_nats"], row["energy_nats"]) == (Kind.EXACT.says, "", "")


def test_a_row_says_what_its_number_is(tmp_path):
    """Kind, method, standard error and meaning; an energy has one sign and no bits."""
    root, folder, out = tmp_path / "assets", tmp_path / "in", tmp_path / "numbers.csv"
    folder.mkdir()
    Image.new("L", (8, 8), 90).save(folder / "a.png")
    for family in ("vae", "energy"):
        model = opened(root, family, "picture")
        assert run(root, "score", model.card.name, "--images", str(folder), "--csv", str(out)) == 0
        head, *_ = out.read_text().splitlines()
        before = "file,log_p_nats,bits_per_dim,kind,stderr_nats,method"
        assert head == f"{before},meaning,energy_nats", "new columns come last"
        (row,) = csv.DictReader(out.read_text().splitlines())
        found = log_density(model, torch.full((1, 1, 8, 8), 90 / 127.5 - 1))
        assert (row["kind"], row["method"]) == (found.meaning.name.lower(), found.method)
        assert row["meaning"] == Kind(row["kind"]).says
        error = math.nan if found.stderr is None else found.stderr.item()
        assert row["stderr_nats"] == ("" if math.isnan(error) else f"{error:.4g}")
        if family == "energy":
            assert row["bits_per_dim"] == ""
            assert float(row["energy_nats"]) == pytest.approx(-found.value.item(), abs=1e-3)
            assert float(row["energy_nats"]) == -float(row["log_p_nats"])


def test_a_bad_picture_is_skipped_and_told_of(tmp_path, capsys):
    root, folder, out = tmp_path / "assets", tmp_path / "in", tmp_path / "o.csv"
    model = opened(root, "flow", "picture")
    folder.mkdir()
    (folder / "b.png").write_bytes(b"no picture")
    words = ("score", model.card.name, "--images", str(folder), "--csv", str(out))
    assert run(root, *words) == 2
    assert "none of the 1 pictures" in capsys.readouterr().err
    assert not out.exists()
    for name in ("a.png", "c.png"):
        Image.new("L", (8, 8), 90).save(folder / name)
    (folder / "d.png").write_bytes((folder / "a.png").read_bytes()[:45])
    assert run(root, *words) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split()[:2] for line in said[:2]] == [["skipped:", "b.png"], ["skipped:", "d.png"]]
    assert said[2:] == ["genscope: 2 of the pictures could not be read"]
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["file"] for row in rows] == ["a.png", "c.png"]


def test_what_cannot_be_scored_is_refused(tmp_path, capsys):
    root, empty = tmp_path / "assets", tmp_path / "empty"
    empty.mkdir()
    gan, flow = opened(root, "gan", "picture"), opened(root, "flow", "points")
    (tmp_path / "in").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "in" / "a.png")
    for model, folder, says in (
        (gan, tmp_path / "in", "implicit"),
        (flow, empty, "is a model of points"),
        (gan, empty, "no pictures"),
        (gan, tmp_path / "none", "not a folder"),
    ):
        words = ("--images", str(folder), "--csv", str(tmp_path / "o.csv"))
        assert run(root, "score", model.card.name, *words) == 2
        assert says in capsys.readouterr().err
    assert run(root, "density", gan.card.name, "--out", "x.png") == 2
    assert "not a 2-D model" in capsys.readouterr().err


def test_ten_of_many_bad_pictures_are_named_and_what_was_decided_is_said(tmp_path, capsys):
    root, folder, out = tmp_path / "assets", tmp_path / "in", tmp_path / "o.csv"
    model = opened(root, "flow", "picture")
    folder.mkdir()
    Image.fromarray(np.array([[0, 4095]], np.uint16)).save(folder / "scan.png")
    for i in range(13):
        (folder / f"{i}.png").write_bytes(b"nothing")
    words = ("score", model.card.name, "--images", str(folder), "--csv", str(out))
    assert run(root, *words) == 1
    lines = capsys.readouterr().err.splitlines()
    assert (
        sum(line.startswith("skipped: ") and ".png cannot be read as" in line for line in lines)
        == 10
    )
    assert "skipped: 3 more" in lines
    assert any("scan.png has values of at most 4,095: 4,095 of 12 bits" in line for line in lines)


@pytest.fixture
def blob_root(monkeypatch, tmp_path):
    blobs.register(monkeypatch)
    blobs.ship(tmp_path / "assets", "moons/blobs")
    return tmp_path / "assets"


@pytest.mark.parametrize("given", [{"place": "left"}, {"place": "right", "size": "small"}])
def test_a_map_is_of_the_values_that_are_given(blob_root, tmp_path, given):
    """Each pixel is log p under them, and the recipe names them."""
    out, values = tmp_path / "map.png", tmp_path / "map.npz"
    said = [word for pair in given.items() for word in ("--given", "=".join(pair))]
    words = (*said, "--truth", "--grid", "24", *WORDS, "--out", str(out), "--values", str(values))
    assert run(blob_root, "density", "moons/blobs", *words) == 0
    recipe = read_png(out)
    assert (recipe.label, recipe.given) == (None, given)
    with np.load(values) as arrays:
        x, y, log_p = arrays["x"], arrays["y"], arrays["moons_blobs"]
    points = torch.cartesian_prod(*(torch.from_numpy(axis).float() for axis in (x, y)))
    model = open_model("moons/blobs", root=blob_root)
    expected = log_density(model, points, given=given).value.view(len(x), len(y)).T
    np.testing.assert_allclose(log_p, expected.numpy(), atol=1e-3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--given", "size=huge"], "has no size 'huge'; it has: small, large"),
        (["--given", "hue=red"], "has no attribute 'hue'; its attributes: place, size"),
        (["--label", "left"], "say --given place=left or --given size=small"),
    ],
)
def test_values_that_a_model_does_not_have_are_refused(blob_root, words, says, capsys):
    assert run(blob_root, "density", "moons/blobs", "--out", "a.png", *words) == 2
    assert says in capsys.readouterr().err
