"""Models from outside on the command line: by the path of their folder, with a prompt, re-made."""

import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import main
from app.recipes.recipe import read_png
from engines import open_model
from engines.facts import abilities
from engines.families.diffusion import model as diffusion
from engines.kinds import Points
from engines.model import Prompt, SampleRequest, finish
from tests import foreign

pytest.importorskip("diffusers")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("hidden") / "a tiny SD"
    foreign.stable_diffusion(path, inpaint=True, channels=9)
    return path


@pytest.fixture
def genscope(capsys):
    def run(*words):
        code = main.main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


def test_a_folder_is_drawn_from_and_its_sheet_re_made(genscope, folder, tmp_path):
    out, again = tmp_path / "cat.png", tmp_path / "again.png"
    code, said, wrong = genscope(
        "sample",
        folder,
        "--count",
        2,
        "--prompt",
        "a red cat",
        "--negative",
        "dog",
        "--knob",
        "steps=4",
        "--columns",
        2,
        "--out",
        out,
    )
    assert (code, said, wrong) == (0, f"{out}\n", "")
    model = open_model(str(folder)).prompted(Prompt("a red cat", "dog"))
    x = finish(model.sample(SampleRequest(2, 7, None, {"steps": 4})))
    with Image.open(out) as image:
        shown = np.asarray(image)
    assert (shown[:32, :32] == np.asarray((x[0] + 1) * 127.5).round().transpose(1, 2, 0)).all()
    recipe = read_png(out)
    assert (recipe.model, recipe.prompt, recipe.negative) == (
        "outside/a-tiny-SD",
        "a red cat",
        "dog",
    )
    assert str(folder.parent) not in recipe.to_json()
    assert genscope("sample", folder, "--from", out, "--out", again)[0] == 0
    assert out.read_bytes() == again.read_bytes()


def test_a_picture_alone_never_fetches_its_model(genscope, folder, tmp_path, monkeypatch):
    out = tmp_path / "cat.png"
    genscope("sample", folder, "--count", 1, "--knob", "steps=4", "--out", out)
    monkeypatch.setattr("engines.outside.hub.fetch", lambda name: pytest.fail("looked for"))
    code, _, wrong = genscope("sample", "--from", out)
    assert code != 0
    assert "there is no model 'outside/a-tiny-SD'" in wrong


def test_a_hole_is_filled_with_a_prompt(genscope, folder, tmp_path):
    x = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    mask = np.zeros((32, 32), np.uint8)
    mask[8:20, 4:24] = 255
    Image.fromarray(x).save(tmp_path / "x.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out, again = tmp_path / "filled.png", tmp_path / "again.png"
    code, _, wrong = genscope(
        "inpaint",
        folder,
        "--image",
        tmp_path / "x.png",
        "--mask",
        tmp_path / "mask.png",
        "--prompt",
        "a dog",
        "--count",
        1,
        "--knob",
        "steps=4",
        "--out",
        out,
    )
    assert (code, wrong) == (0, "")
    with Image.open(out) as image:
        filled = np.asarray(image)[:32, :32]
    assert (filled[mask == 0] == x[mask == 0]).all()
    assert (filled[mask == 255] != x[mask == 255]).any()
    assert read_png(out).prompt == "a dog"
    assert genscope("inpaint", folder, "--from", out, "--out", again)[0] == 0
    assert out.read_bytes() == again.read_bytes()


def test_a_path_goes_from_text_to_text_and_is_made_again(genscope, folder, tmp_path, monkeypatch):
    # codes by four steps of the ODE instead of 24: latents of a pipeline are no pictures
    monkeypatch.setitem(diffusion._CODE_STEPS, Points, 4)
    x = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(x).save(tmp_path / "x.png")
    out, again = tmp_path / "walk.png", tmp_path / "again.png"
    code, said, wrong = genscope(
        "interpolate",
        folder,
        "--from",
        tmp_path / "x.png",
        "--frames",
        3,
        "--prompt",
        "a cat",
        "--prompt-to",
        "a dog",
        "--negative",
        "house",
        "--out",
        out,
    )
    assert (code, said) == (0, f"{out}\n")
    # a slow machine is told how far it is
    assert all(re.fullmatch(r".+: \d+ %(, .+ left)?", line) for line in wrong.splitlines()), wrong
    recipe = read_png(out)
    assert (recipe.prompt, recipe.negative, recipe.extra["to"]) == ("a cat", "house", "a dog")
    assert recipe.extra["keys"][0] == recipe.extra["keys"][1]
    with Image.open(out) as image:
        frames = np.asarray(image)
    assert (frames[:32, :32] != frames[:32, 32:64]).any()
    assert genscope("interpolate", folder, "--again", out, "--out", again)[0] == 0
    assert out.read_bytes() == again.read_bytes()
    code, _, wrong = genscope("interpolate", folder, "--again", out, "--prompt", "a dog")
    assert code == 2
    assert "--again takes all but" in wrong


def test_what_reads_no_text_is_given_none(genscope, tmp_path):
    foreign.ddpm(tmp_path / "m", net=foreign.unet(1, 8))
    code, _, wrong = genscope("sample", tmp_path / "m", "--prompt", "a cat")
    assert code == 2
    assert "outside/m takes no text prompt" in wrong
    code, _, wrong = genscope("interpolate", tmp_path / "m", "--from", "x", "--prompt-to", "a cat")
    assert code == 2
    assert "outside/m takes no text prompt" in wrong


def test_neither_library_is_imported_before_it_is_needed():
    lines = (
        "import sys, engines, engines.checkpoints.catalog, engines.outside",
        "import main, app.window.window",
        "import engines.registry, engines.inpaint",
        "assert not {'diffusers', 'transformers', 'huggingface_hub'} & set(sys.modules)",
    )
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, timeout=300)


def test_score_gives_the_reason_of_the_window(genscope, folder, tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "x.png")
    code, _, wrong = genscope("score", folder, "--images", tmp_path, "--csv", tmp_path / "t.csv")
    reason = next(
        a.says for a in abilities.of_model(open_model(str(folder))) if a.task == "density"
    )
    assert code == 2
    assert "implicit" not in wrong
    assert f"outside/a-tiny-SD has no density. {reason.rstrip('.')}" in wrong
    assert "calibrated" in reason
