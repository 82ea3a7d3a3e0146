"""`main.py inpaint`: the same draws as the engines make, one sentence for every failure."""

import numpy as np
import pytest
import torch
from PIL import Image

from app.inpainting_recipe import mask_png
from app.pictures import sheet, to_pixels, to_tensor
from app.recipes import read_png
from engines import finish, inpaint, open_model
from tests.app.test_headless import Outcome, genscope, pixels, root, surroundings

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
        "inpaint", "mnist/kde", *hole, "--count", 5, "--seed", 3, "--label", "two",
        "--columns", 2, "--out", out, "--assets", root,
    )  # fmt: skip
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
        (["mnist/kde"], "name a MODEL, its --image and --mask"),
        (["mnist/kde", "HOLE", "--method", "magic"], "no in-painting method 'magic'; it has: "),
        (["mnist/kde", "HOLE", "--count", 65], "--count must lie in 1 … 64"),
        (["mnist/kde", "HOLE", "--label", "each"], "filled as one class"),
        (["mnist/kde", "HOLE", "--knob", "warp=1"], "no knob 'warp'"),
        (["moons/kde", "HOLE"], "draws points"),
        (["mnist/nothing", "HOLE"], "there is no model"),
        (["--from", "a.png", "HOLE"], "--from takes all but"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_gets_one_sentence(genscope, root, hole, words, said):
    words = [part for word in words for part in (hole if word == "HOLE" else [word])]
    done = genscope("inpaint", *words, "--assets", root)
    assert done.code == 2
    assert said in done.sentence


def test_a_mask_of_another_size_and_a_missing_picture_are_named(genscope, root, hole, tmp_path):
    Image.new("L", (7, 7)).save(tmp_path / "m.png")
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root)
    assert "has 7 × 7 pixels; mnist/kde takes 5 × 6" in done.sentence
    (tmp_path / "x.png").unlink()
    done = genscope("inpaint", "mnist/kde", *hole, "--assets", root)
    assert "cannot be read" in done.sentence
    assert done.code == 2
