"""Words of the command line, any of them: done, or one sentence and exit 1 or 2."""

import contextlib
import io
import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import main
from tests import fuzzing
from tests.checkpoints import ship_flows, ship_kernels
from tests.fuzzing import fuzz


@pytest.fixture(scope="module", autouse=True)
def within_the_budget():
    yield from fuzzing.growth_within_the_budget()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with small models, pictures, masks and saved results, where all is run."""
    home = tmp_path_factory.mktemp("arguments")
    ship_kernels(home / "assets")
    ship_flows(home / "assets")
    (home / "in").mkdir()
    with contextlib.chdir(home):
        Image.fromarray(np.arange(30, dtype=np.uint8).reshape(6, 5)).save("in/x.png")
        Image.fromarray(np.eye(6, 5, dtype=np.uint8) * 255).save("m.png")
        for words in (
            "sample mnist/kde --count 2 --out saved.png",
            "sample moons/kde --count 2 --out saved.csv",
            "inpaint mnist/kde --image in/x.png --mask m.png --count 2 --out filled.png",
            "interpolate mnist/flow --from in/x.png --to in/x.png --frames 2 --out p.gif",
        ):
            assert main.main([*words.split(), "--assets", "assets", "--device", "cpu"]) == 0
        (home / "in" / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
        (home / "card.toml").write_text("architecture = 3")
    return home


MODELS = [
    "mnist/kde",
    "moons/kde",
    "mnist/flow",
    "moons/flow",
    "mnist/kdf",
    "kde",
    "",
    ".",
    "in",
    "card.toml",
    "nowhere.toml",
    "x" * 300,
    "mnist/",
    "a\nb",
]
NUMBERS = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "17",
    "600",
    "1e39",
    "-1e6",
    "nan",
    "inf",
    "1e-300",
    "x",
    "",
    "0.5",
    "4294967295",
    "99999999999999999999",
    "²",
    "１",
]
FILES = [
    "in/x.png",
    "in/bad.png",
    "m.png",
    "saved.png",
    "saved.csv",
    "filled.png",
    "p.gif",
    "in",
    "nowhere.png",
    "card.toml",
    "y" * 300 + ".png",
    "",
    ".",
    "0.5,1",
    "-1,0",
    "1e39,0",
    "0,x",
]
OUTS = [
    "o.png",
    "o.csv",
    "o.npz",
    "o.gif",
    "o.txt",
    "out/",
    "o",
    "z" * 300 + ".png",
    "in/x.png/y.png",
]
LABELS = ["each", "zero", "upper", "0", "2", "9", "-1", "²", "", "w" * 400]
KNOBS = ["temperature=0.5", "temperature=nan", "temperature=1e400", "heat=1", "=1", "steps", "a=b"]
FIXES = ["x=0.5", "y=-1", "x=1e39", "z=0", "x=nan", "x"]
EASINGS = ["linear", "there and back", "sideways"]
OPTIONS = {
    "sample": {
        "--from": FILES,
        "--count": NUMBERS,
        "--seed": NUMBERS,
        "--label": LABELS,
        "--knob": KNOBS,
        "--columns": NUMBERS,
        "--out": OUTS,
        "--separate": None,
        "--prompt": LABELS,
        "--negative": LABELS,
    },
    "inpaint": {
        "--image": FILES,
        "--mask": FILES,
        "--fix": FIXES,
        "--method": LABELS,
        "--count": NUMBERS,
        "--seed": NUMBERS,
        "--label": LABELS,
        "--knob": KNOBS,
        "--columns": NUMBERS,
        "--out": OUTS,
        "--from": FILES,
        "--separate": None,
    },
    "interpolate": {
        "--from": FILES,
        "--via": FILES,
        "--to": FILES,
        "--frames": ["2", "3", "1", "x"],
        "--way": ["slerp", "lerp", "no"],
        "--easing": EASINGS,
        "--label": LABELS,
        "--fps": NUMBERS,
        "--out": OUTS,
        "--again": FILES,
        "--prompt": LABELS,
    },
    "density": {
        "--grid": ["16", "17", "0", "-5", "5000", "x"],
        "--area": NUMBERS,
        "--label": LABELS,
        "--truth": None,
        "--out": OUTS,
        "--values": OUTS,
    },
    "score": {"--images": FILES, "--csv": OUTS},
    "models": {},
}
NEEDED = {
    "inpaint": [["--image", "in/x.png", "--mask", "m.png"], ["--fix", "x=0.5"]],
    "interpolate": [["--from", "in/x.png", "--to", "m.png"], ["--from", "0,1", "--to", "1,0"]],
    "density": [["--out", "o.png", "--grid", "16"]],
    "score": [["--images", "in", "--csv", "o.csv"]],
}


@st.composite
def lines(draw):
    """A command with a model, what it needs, and options as they come."""
    command = draw(st.sampled_from(sorted(OPTIONS)))
    words, options = [command], OPTIONS[command]
    if command != "models" and draw(st.integers(0, 7)):
        words.append(draw(st.sampled_from([*MODELS[:4], *MODELS])))
    if command in NEEDED and draw(st.integers(0, 3)):
        words += draw(st.sampled_from(NEEDED[command]))
    for _ in range(draw(st.integers(0, 4)) if options else 0):
        option = draw(st.sampled_from(sorted(options)))
        words.append(option)
        for _ in range(4 if option == "--area" else 1):
            words += [] if options[option] is None else [draw(st.sampled_from(options[option]))]
    return words


def run(home, words):
    said, errors = io.StringIO(), io.StringIO()
    end = ["--assets", "assets"] + ["--device", "cpu"] * (words[0] != "models")
    if words[0] == "inpaint" and not {"--count", "--from"} & set(words):
        end += ["--count", "2"]  # the 500 of points are honest work, which takes a while
    with (
        contextlib.chdir(home),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(errors),
    ):
        code = main.main([*words, *end])
    assert code in (0, 1, 2)
    lines = [line for line in errors.getvalue().splitlines() if line.startswith("genscope")]
    assert code == 0 or lines
    for line in lines:
        fuzzing.sentence(line.removeprefix(f"genscope {words[0]}: error: "))
    assert "Traceback" not in errors.getvalue()


@fuzz(few=30, many=2000)
@given(words=lines())
def test_any_words(home, words):
    with fuzzing.kept("words", shlex.join(words).encode()):
        run(home, words)


@fuzzing.cases("words")
def test_words_that_failed_once(home, path):
    with fuzzing.watched():
        run(home, shlex.split(path.read_text("utf-8")))
