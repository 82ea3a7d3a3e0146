"""The page on adding a model does what it says; plug-ins are found, broken ones survived."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from engines import finish, log_density, open_model
from engines.checkpoints.catalog import CheckpointError
from engines.inpaint import methods_for
from engines.model import SampleRequest
from engines.parts import PARTS
from tests.engines.plug_ins import distribution, site

__all__ = ["site"]

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "add-a-model.md"
EXAMPLE = REPOSITORY / "docs" / "examples" / "independent"


def blocks():
    """The named files on the page, by name."""
    found = re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    return dict(found)


def run(folder, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_pages_card_opens_what_its_training_saved(tmp_path):
    for name, text in blocks().items():
        (tmp_path / name).write_text(text, "utf-8")
    run(tmp_path, "train.py")
    assert run(tmp_path, "use.py") == "17248 (4, 3, 16, 16)\n"
    main, command = str(REPOSITORY / "main.py"), PAGE.read_text("utf-8")
    (line,) = re.findall(r"^python main.py (sample .*)$", command, re.M)
    out = run(tmp_path, main, *line.split())
    assert (tmp_path / out.strip()).read_bytes().startswith(b"\x89PNG")


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """The card of the page's plug-in, with its weights; nobody changes it."""
    folder = tmp_path_factory.mktemp("independent")
    for name in ("fit.py", "independent.toml"):
        (folder / name).write_text(blocks()[name], "utf-8")
    run(folder, "fit.py")
    return str(folder / "independent.toml")


def test_the_example_is_short_and_its_pyproject_is_on_the_page():
    text = (EXAMPLE / "genscope_independent.py").read_text("utf-8")
    assert len(text.splitlines()) <= 60
    assert (EXAMPLE / "pyproject.toml").read_text("utf-8") == blocks()["pyproject.toml"]
    table = tomllib.loads(blocks()["pyproject.toml"])
    assert table["project"]["entry-points"]["genscope.families"]


def test_the_example_samples_and_its_mass_is_one(site, card):
    text = (EXAMPLE / "genscope_independent.py").read_text("utf-8")
    distribution(site, "genscope_independent", text, name="independent")
    model = open_model(card)
    x = finish(model.sample(SampleRequest(300, 7)))
    assert x.shape == (300, 1, 8, 8)
    assert torch.equal(x[5:6], finish(model.sample(SampleRequest(1, 7, first=5))))
    # one pixel through its 256 levels, the others held: what varies sums to one
    levels = x[:1].repeat(256, 1, 1, 1)
    levels[:, 0, 3, 4] = torch.arange(256) / 127.5 - 1
    value = log_density(model, levels).value
    rest = log_density(model, x[:1]).value - _pixel(model, x[0, 0, 3, 4])
    assert abs((value - rest).exp().sum() - 1) < 1e-6
    assert methods_for(model) == ()


def _pixel(model, value):
    """log mass of pixel (3, 4) alone, from the plug-in's own formula written out."""
    from safetensors.torch import load_file

    tensors = load_file(model.card.folder / model.card.weights)
    mean, sd = (tensors[key][0, 3, 4].double() for key in ("mean", "sd"))
    normal, half = torch.distributions.Normal(mean, sd), 1 / 255
    low = 0.0 if value < -1 + half else normal.cdf(value.double() - half)
    high = 1.0 if value > 1 - half else normal.cdf(value.double() + half)
    return torch.as_tensor(high - low).log()


def test_without_the_plug_in_its_family_is_named(card):
    with pytest.raises(CheckpointError, match="the family 'independent', and no plug-in brings it"):
        open_model(card)


@pytest.mark.parametrize(
    ("text", "load", "said"),
    [
        ("import nothing_of_this_name", "load", "ModuleNotFoundError: No module named"),
        ("def load(card, device):\n    raise RuntimeError('two\\nlines')", "load", "Error: two"),
        ("def load(card, device):\n    return 3", "load", "returned no Model of this card"),
        ("load = 3", "load", "TypeError"),
        ("", "missing", "AttributeError"),
        ("syntax error here", "load", "SyntaxError"),
    ],
)
def test_a_broken_plug_in_is_one_sentence_and_stops_nothing(site, card, text, load, said):
    distribution(site, "broken_plug_in", text, load=load, name="independent")
    with pytest.raises(CheckpointError, match="the plug-in for the family 'independent'") as caught:
        open_model(card)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert open_model("moons/kde").card.family == "kde"


def test_plug_ins_are_imported_when_a_model_of_theirs_is_opened(site, tmp_path):
    distribution(site, "eager", "open('imported', 'w').close()", name="eager")
    open_model("moons/kde")
    assert "eager" not in sys.modules


def test_the_pages_part_is_one(tmp_path):
    (tmp_path / "denoise.py").write_text(blocks()["denoise.py"], "utf-8")
    said = run(
        tmp_path,
        "-c",
        "from denoise import Gaussian; from engines import native; import torch\n"
        "g = Gaussian(); print(sorted(native.of_object(g)), g.leave(g.enter(torch.ones(1, 2))[0]))",
    )
    assert said == "['denoise'] tensor([[1., 1.]])\n"
    page = PAGE.read_text("utf-8")
    for name in PARTS:
        assert f"`{name}`" in page
