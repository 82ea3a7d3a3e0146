"""`main.py inpaint`: the same draws as the engines make, one sentence for every failure."""

import numpy as np
import pytest
import torch
from PIL import Image

from app.recipes.packing import mask_png
from app.recipes.pictures import sheet, to_pixels, to_tensor
from app.recipes.recipe import read_png
from engines import finish, inpaint, open_model
from tests.app.command.test_command import Outcome, genscope, pixels, root, surroundings

__all__ = ["genscope", "root", "surroundings"]

GREY = np.repeat(np.random.default_rng(2).integers(0, 256, (6, 5, 1), np.uint8), 3, axis=2)
MASK = np.zeros((6, 5), bool)
MASK[:, :2] = True


@pytest.fixture
def hole(tmp_path):
    """The words for a picture and a mask on disk."""
    image, mask = tmp_path / "x.png", tmp_path / "m.png"
    Image.fromarray(GREY).save(image)
    mask.write_bytes(mask_png(MASK))
    return ["--image", image, "--mask", mask]


def drawn(root, count, seed, label=None):
    model = open_model("mnist/kde", root=root)
    method = inpaint.methods_for(model)[0]
    known = torch.from_numpy(~MASK)
    return finish(method.run(model, to_tensor(GREY[None], 1)[0], known, count, seed, {}, label))


def test_a_sheet_shows_the_methods_own_draws(genscope, root, hole, tmp_path):
    out = tmp_path / "sheet.png"
    done = genscope(
        "inpaint",
        "mnist/kde",
        *hole,
        "--count",
        5,
        "--seed",
        3,
        "--label",
        "two",
        "--columns",
        2,
        "--out",
        out,
        "--assets",
        root,
    )
    assert done == Outcome(0, f"{out}\n", "")
    x = to_pixels(drawn(root, 5, 3, 2))
    assert (pixels(out) == sheet(x, 2)).all()
    assert (x[:, ~MASK] == GREY[~MASK]).all()
    recipe = read_png(out)
    assert (recipe.task, recipe.label, recipe.count) == ("inpaint", 2, 5)
    assert recipe.extra["method"] == inpaint.methods_for(open_model("mnist/kde", root=root))[0].name


@pytest.mark.parametrize("command", ["inpaint", "sample"])
def test_a_saved_draw_is_remade(genscope, root, hole, tmp_path, command):
    folder, again = tmp_path / "draws", tmp_path / "again.png"
    words = ("inpaint", "mnist/kde", *hole, "--count", 3, "--out", f"{folder}/", "--assets", root)
    assert genscope(*words).code == 0
    assert len(list(folder.iterdir())) == 3
    (path,) = folder.glob("*-seed7-2-*.png")
    given = ["--assets", root] if command == "inpaint" else []
    assert genscope(command, "--from", path, "--out", again, *given).code == 0
    assert again.read_bytes() == path.read_bytes()
    assert (pixels(path) == to_pixels(drawn(root, 3, 7))[2]).all()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mnist/kde"], "name a MODEL and its --image and --mask or --fix"),
        (["mnist/kde", "HOLE", "--method", "magic"], "no in-painting method 'magic'; it has: "),
        (["mnist/kde", "HOLE", "--count", 65], "--count must lie in 1 … 64"),
        (["mnist/kde", "HOLE", "--label", "each"], "filled with one class"),
        (["mnist/kde", "HOLE", "--knob", "warp=1"], "no knob 'warp'"),
        (["moons/kde", "HOLE"], "is a model of points: give --fix x=0.5"),
        (["mnist/nothing", "HOLE"], "there is no model"),
        (["--from", "a.png", "HOLE"], "--from takes all but"),
        (["--from", "a.png", "--fix", "x=1"], "--from takes all but"),
        (["moons/kde", "--fix", "z=1"], "must be x=NUMBER or y=NUMBER"),
        (["moons/kde", "--fix", "x=nan"], "must be x=NUMBER or y=NUMBER"),
        (["moons/kde", "--fix", "x=1", "--count", 5001], "--count must lie in 1 … 5000"),
        (["moons/kde", "--fix", "x=1", "--method", "magic"], "no in-painting method 'magic'"),
        (["moons/kde", "--fix", "x=1", "HOLE"], "is a model of points: give --fix x=0.5, not"),
        (["moons/kde", "--fix", "x=1", "--columns", 3], "--columns is for sheets"),
        (["moons/kde", "--fix", "x=1", "--out", "a/"], "makes points; write them to one .csv"),
        (["mnist/kde", "--fix", "x=1"], "is a model of pictures: give --image and --mask"),
    ],
)
def test_a_request_that_cannot_be_fulfilled_gets_one_sentence(genscope, root, hole, words, said):
    words = [part for word in words for part in (hole if word == "HOLE" else [word])]
    done = genscope("inpaint", *words, "--assets", root)
    assert done.code == 2
    assert said in done.sentence


def test_a_mask_of_another_size_and_a_missing_picture_are_named(genscope, root, hole, tmp_path):
    Image.new("L", (7, 7), 255).save(tmp_path / "m.png")
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root)
    assert "m.png has 7 × 7 pixels; a mask of this picture has 5 × 6" in done.sentence
    (tmp_path / "x.png").unlink()
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root)
    assert "cannot be read" in done.sentence
    assert done.code == 2


def test_a_mask_that_marks_nothing_is_refused_and_a_layer_taken_by_its_alpha(
    genscope, root, hole, tmp_path
):
    Image.new("L", (5, 6), 1).save(tmp_path / "m.png")
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root)
    assert done.code == 2
    assert "--mask: m.png marks nothing: its largest value is 1 of 255" in done.sentence
    Image.new("L", (5, 6), 255).save(tmp_path / "m.png", "TIFF")
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root)
    assert "m.png is a TIFF; a mask is a PNG" in done.sentence
    strokes = np.zeros((6, 5, 4), np.uint8)
    strokes[MASK] = (9, 9, 9, 255)
    out, same = tmp_path / "layer.png", tmp_path / "same.png"
    Image.fromarray(strokes).save(tmp_path / "m.png")
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root, "--count", 2, "--out", out)
    assert done.code == 0
    assert "m.png is a layer: its opaque part is unknown" in done.err
    (tmp_path / "m.png").write_bytes(mask_png(MASK))
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root, "--count", 2, "--out", same)
    assert (done.code, done.err) == (0, "")
    assert out.read_bytes() == same.read_bytes()


def test_a_mask_of_the_photos_own_size_is_fitted_with_it(genscope, root, hole, tmp_path):
    out, same = tmp_path / "photo.png", tmp_path / "same.png"
    words = ["inpaint", "mnist/kde", *hole, "--assets", root, "--count", 2, "--out"]
    Image.fromarray(GREY).resize((50, 60), Image.Resampling.NEAREST).save(tmp_path / "x.png")
    Image.fromarray(np.where(MASK, np.uint8(255), np.uint8(0))).resize((50, 60)).save(
        tmp_path / "m.png"
    )
    done = genscope(*words, out)
    assert done.code == 0
    assert "m.png has the size of the photo: it was fitted with it" in done.err
    (tmp_path / "m.png").write_bytes(mask_png(MASK))
    assert genscope(*words, same).code == 0
    assert out.read_bytes() == same.read_bytes()
    Image.new("L", (7, 7), 255).save(tmp_path / "m.png")
    done = genscope(*words, out)
    assert "a mask of this picture has 5 × 6 or as its file 50 × 60" in done.sentence


@pytest.mark.parametrize(("name", "axis"), [("x", 0), ("y", 1)])
def test_points_are_drawn_with_a_coordinate_fixed(genscope, root, tmp_path, name, axis):
    out = tmp_path / "draws.csv"
    done = genscope(
        "inpaint",
        "moons/kde",
        "--fix",
        f"{name}=0.5",
        "--count",
        40,
        "--seed",
        3,
        "--out",
        out,
        "--assets",
        root,
    )
    assert done == Outcome(0, f"{out}\n", "")
    rows = [row for row in out.read_text("utf-8").splitlines() if row[:1] in "-0123456789"]
    x = np.array([row.split(",")[:2] for row in rows], np.float32)
    model = open_model("moons/kde", root=root)
    point, known = torch.zeros(2), torch.zeros(2, dtype=torch.bool)
    point[axis], known[axis] = 0.5, True
    own = finish(inpaint.methods_for(model)[0].run(model, point, known, 40, 3, {}, None))
    assert (x == own.numpy()).all()
    assert (x[:, axis] == 0.5).all()
    assert len(set(x[:, 1 - axis].tolist())) == 40


def test_a_saved_scatter_of_fixed_points_is_remade(genscope, root, tmp_path):
    out, again = tmp_path / "draws.png", tmp_path / "again.png"
    words = ("inpaint", "moons/kde", "--fix", "y=-0.25", "--out", out, "--assets", root)
    assert genscope(*words).code == 0
    recipe = read_png(out)
    assert (recipe.count, recipe.extra["axis"], recipe.extra["value"]) == (500, 1, -0.25)
    assert genscope("inpaint", "--from", out, "--out", again, "--assets", root).code == 0
    assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize(("value", "warned"), [(100, True), (-100, True), (0.5, False)])
def test_a_known_coordinate_far_from_all_data_is_said(genscope, root, value, warned):
    words = ("inpaint", "moons/kde", "--fix", f"x={value}", "--count", 3, "--out", "a.csv")
    done = genscope(*words, "--assets", root)
    assert (done.code, done.out) == (0, "a.csv\n")
    assert (f"p(x = {value}) ≈ 0: the data lie in " in done.err) is warned
    assert done.err.count("\n") == int(warned)


def test_a_picture_taken_for_a_mask_is_said(genscope, root, hole, tmp_path):
    words = ["--image", tmp_path / "x.png", "--mask", tmp_path / "x.png", "--out", "a.png"]
    done = genscope("inpaint", "mnist/kde", *words, "--count", 1, "--assets", root)
    assert done.code == 0
    assert done.sentence == "genscope: x.png has more than black and white: it was cut at half."
