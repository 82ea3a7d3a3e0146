"""What a person may type: numbers below nought, endless names, numbers of no size."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import main
from app.command.usage import Parser
from app.recipes.recipe import read_png
from engines.checkpoints import devices
from tests.checkpoints import ship_kernels
from tests.engines.outside import outsiders

HERE = Path(main.__file__).parent
LONG = "a" * 300


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path / "log")


@pytest.fixture
def genscope(capsys, tmp_path):
    """Run a command on kernel densities of tiny pictures and of points."""
    root = ship_kernels(tmp_path / "assets")

    def run(*words):
        assets = [] if "--assets" in words else ["--assets", str(root)]
        code = main.main([*map(str, words), *assets])
        return code, *capsys.readouterr()

    return run


def one_sentence(code, err):
    """A fault is one line, short, of the program's own, and no traceback."""
    assert code in (1, 2), err
    assert err.startswith("genscope")
    assert err.count("\n") == 1
    assert len(err) <= 300
    assert "Error" not in err


@pytest.mark.parametrize("number", ["-1", "-.5", "-1e6", "-1E-3", "-1,0", "-0.5,-2e3", "-inf"])
def test_a_number_may_begin_with_a_minus(number):
    parser = Parser(prog="genscope")
    parser.add_argument("--at")
    parser.add_argument("--four", nargs=4)
    assert parser.parse_args(["--at", number]).at == number
    assert parser.parse_args(["--four", *[number] * 4]).four == [number] * 4


def test_points_left_of_nought_can_be_named(genscope):
    code, out, err = genscope(
        "density", "moons/kde", "--grid", 16, "--area", "-1e1", "-.5", "-2", "1", "--out", "a.png"
    )
    assert (code, out, err) == (0, "a.png\n", "")
    assert list(read_png("a.png").extra["area"]) == [-10.0, -0.5, -2.0, 1.0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("density moons/kde --area -inf 1 0 1 --out a.png", "a coordinate lies in"),
        ("density moons/kde --area 0 1 0 nan --out a.png", "a coordinate lies in"),
        ("density moons/kde --area 0 1e39 0 1 --out a.png", "a coordinate lies in"),
        ("inpaint moons/kde --fix x=1e39", "a coordinate lies in"),
        ("interpolate moons/kde --from 1e39,0 --to 0,0", "X,Y with numbers in"),
        ("interpolate moons/kde --from -1,0,2 --to 0,0", "X,Y with numbers in"),
        ("interpolate moons/kde --from -1,0 --to 0,0 --fps 1e-300", "--fps must lie in 0.01 … 100"),
        ("interpolate moons/kde --from -1,0 --to 0,0 --fps nan", "--fps must lie in 0.01 … 100"),
        ("sample moons/kde --cuont 3", "unrecognized arguments: --cuont 3; "),
    ],
)
def test_numbers_of_no_size_are_refused(genscope, words, said):
    code, out, err = genscope(*words.split())
    one_sentence(code, err)
    assert said in err
    assert out == ""
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    "words",
    [
        f"sample moons/kde --out {LONG}.csv",
        f"sample mnist/kde --out {LONG}/",
        f"sample mnist/kde --out {LONG}/a.png",
        f"sample {LONG}",
        f"sample {LONG}/{LONG}",
        f"sample {LONG}.toml",
        f"sample --from {LONG}.png",
        f"sample mnist/kde --label {LONG}",
        f"sample mnist/kde --knob {LONG}=1",
        f"sample mnist/kde --device {LONG}",
        f"interpolate mnist/kde --from {LONG} --to {LONG}",
        f"interpolate moons/kde --from {LONG} --to 1,2",
        f"interpolate --again {LONG}.gif",
        f"inpaint mnist/kde --image {LONG} --mask {LONG}",
        f"density moons/kde --grid 16 --out {LONG}.png",
        f"score mnist/kde --images {LONG} --csv a.csv",
        f"models --assets {LONG}",
    ],
)
def test_endless_names_are_refused_in_one_sentence(genscope, words):
    code, out, err = genscope(*words.split())
    one_sentence(code, err)
    assert out == ""


def test_an_endless_name_opens_no_window(capsys):
    code = main.main([LONG])
    one_sentence(code, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--truth", "--area", "0", "1", "0", "1"], "leave --truth out"),
        ([], "say which part to map with --area"),
    ],
)
def test_data_that_are_not_here_are_named(genscope, tmp_path, more, said):
    card, _ = outsiders.realnvp(tmp_path / "outside")
    code, _, err = genscope("density", card, "--grid", "16", "--out", "a.png", *more)
    one_sentence(code, err)
    assert "no points of the data set 'tiny-points'" in err
    assert said in err
    area = ["--area", "-1", "1", "-1", "1"]
    assert genscope("density", card, "--grid", "16", "--out", "a.png", *area)[0] == 0


def test_where_a_result_goes_is_said(genscope, tmp_path):
    code, out, err = genscope("sample", "mnist/kde", "--count", 1)
    assert code == 0
    assert err == (
        f"genscope: written into the current folder, {Path.cwd()}; --out names another place\n"
    )
    assert Path(out.strip()).exists()
    new = tmp_path / "new" / "deep"
    for name in ("a.png", "b.png"):
        code, out, err = genscope("sample", "mnist/kde", "--count", 1, "--out", new / name)
        assert (code, out) == (0, f"{new / name}\n")
        assert err == (f"genscope: the folder {new} was made\n" if name == "a.png" else "")


def test_a_fault_of_usage_is_one_line_in_a_fresh_process():
    command = [sys.executable, str(HERE / "main.py"), "sample", "mnist/kde", "--count", "many"]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    one_sentence(2, done.stderr)
    assert "genscope sample --help" in done.stderr


def test_a_console_that_lacks_letters_shows_others(tmp_path):
    words = [sys.executable, str(HERE / "main.py"), "sample", "--count", "0", "moons/kde"]
    known = {**os.environ, "PYTHONIOENCODING": "ascii"}
    root = ship_kernels(tmp_path / "assets")
    done = subprocess.run([*words, "--assets", str(root)], capture_output=True, env=known)
    assert done.returncode == 2
    assert b"--count must lie in 1 ? 100" in done.stderr
