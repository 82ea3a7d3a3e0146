"""The command line: the same pictures as the window, one sentence for every failure."""

import errno
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import main
from app.command import sampling as headless
from app.recipes.pictures import sheet, to_pixels, to_points
from app.recipes.recipe import Recipe, png_bytes, read_png
from engines import SampleRequest, finish, open_model
from engines.checkpoints import devices
from engines.model import batch_of
from tests.checkpoints import ship_kernels

HERE = Path(main.__file__).parent


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    """A folder of its own, no niceness, no hook and no log that outlive the test."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path / "log")


@pytest.fixture
def root(tmp_path):
    """Kernel densities of tiny pictures and of points."""
    return ship_kernels(tmp_path / "assets")


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    @property
    def sentence(self):
        """What is on stderr besides the usage: one line."""
        lines = [line for line in self.err.splitlines() if line.startswith("genscope")]
        assert len(lines) == 1, self.err
        return lines[0]


@pytest.fixture
def genscope(capsys, root):
    """Run a command on the small catalogue."""

    def run(*words):
        words = [str(word) for word in words]
        given = ["--assets", str(root)] if words[0] in ("sample", "models") else []
        code = main.main([*words, *given])
        return Outcome(code, *capsys.readouterr())

    return run


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def drawn(root, name, request):
    return finish(open_model(name, root=root).sample(request))


# what the commands make


def test_a_sheet_shows_the_engines_own_pictures(genscope, root, tmp_path):
    out = tmp_path / "grid.png"
    done = genscope(
        "sample",
        "mnist/kde",
        "--count",
        7,
        "--seed",
        5,
        "--label",
        "each",
        "--knob",
        "bandwidth=0.5",
        "--columns",
        3,
        "--out",
        out,
    )
    assert (done.code, done.out, done.err) == (0, f"{out}\n", "")
    x = drawn(root, "mnist/kde", SampleRequest(7, 5, (0, 1, 2), {"bandwidth": 0.5}))
    assert (pixels(out) == sheet(to_pixels(x), 3)).all()
    recipe = read_png(out)
    assert recipe.knobs == {"bandwidth": 0.5}
    assert recipe.columns == 3
    assert recipe.label == (0, 1, 2)


def test_a_sheet_is_remade_from_itself(genscope, tmp_path):
    first, again = tmp_path / "grid.png", tmp_path / "again.png"
    genscope("sample", "mnist/kde", "--count", 5, "--label", "one", "--columns", 4, "--out", first)
    assert genscope("sample", "--from", first, "--out", again).code == 0
    assert first.read_bytes() == again.read_bytes()


def test_single_pictures_are_those_of_the_sheet_and_remade(genscope, root, tmp_path):
    count = batch_of(open_model("mnist/kde", root=root).card) + 3
    folder, again = tmp_path / "singles", tmp_path / "again.png"
    done = genscope(
        *["sample", "mnist/kde", "--seed", "1", "--label", "each", "--count"],
        count,
        "--out",
        f"{folder}/",
    )
    assert done.out == f"{folder}\n"
    assert len(list(folder.iterdir())) == count
    whole = to_pixels(drawn(root, "mnist/kde", SampleRequest(count, 1, (0, 1, 2))))
    for index in (0, count - 1):
        (path,) = folder.glob(f"mnist-kde-seed1-{index}-??????.png")
        assert (pixels(path) == whole[index]).all()
        assert read_png(path).classes() == [index % 3]
        assert genscope("sample", "--from", path, "--out", again).code == 0
        assert again.read_bytes() == path.read_bytes()


def test_a_folder_is_one_by_its_slash_its_being_or_by_request(genscope, tmp_path):
    (tmp_path / "there").mkdir()
    for words in (["--out", "new/"], ["--out", tmp_path / "there"], ["--separate"]):
        done = genscope("sample", "mnist/kde", "--count", 2, *words)
        assert len(list(Path(done.out.strip()).glob("*.png"))) == 2, words
    assert done.out.startswith("mnist-kde-seed7-0to1-")


def test_the_name_comes_from_the_recipe(genscope):
    path = Path(genscope("sample", "mnist/kde", "--count", 4).out.strip())
    assert path.match("mnist-kde-seed7-0to3-??????.png")
    assert read_png(path).label is None


@pytest.mark.parametrize(
    ("word", "label"), [("two", 2), ("2", 2), ("each", (0, 1, 2)), (None, None)]
)
def test_a_class_goes_by_name_or_index(genscope, word, label):
    words = ["--label", word] if word else []
    done = genscope("sample", "mnist/kde", "--count", 1, *words)
    assert read_png(done.out.strip()).label == label


def test_points_go_into_tables_and_scatters(genscope, root, tmp_path):
    asked = ("sample", "moons/kde", "--count", 9, "--seed", 3, "--label", "each")
    x = to_points(drawn(root, "moons/kde", SampleRequest(9, 3, (0, 1))))
    for suffix in ("csv", "npz", "png"):
        assert genscope(*asked, "--out", tmp_path / f"points.{suffix}").code == 0
    table = np.loadtxt(tmp_path / "points.csv", delimiter=",", skiprows=2, dtype=np.float32)
    assert (table[:, :2] == x).all()
    assert table[:, 2].tolist() == [0, 1] * 4 + [0]
    with np.load(tmp_path / "points.npz") as arrays:
        assert (arrays["x"] == x).all()
        assert arrays["classes"].tolist() == [0, 1] * 4 + [0]
        assert Recipe.from_json(str(arrays["recipe"])) == read_png(tmp_path / "points.png")
    done = genscope("sample", "--from", tmp_path / "points.png", "--out", tmp_path / "again.csv")
    assert done.code == 0
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "points.csv").read_bytes()


def test_models_lists_what_there_is_and_what_is_broken(genscope, root):
    (root / "mnist" / "flow.toml").write_text("name = 'mnist/flow'")
    done = genscope("models")
    header, first, second, last = done.out.splitlines()
    assert header.split(maxsplit=3) == ["MODEL", "FAMILY", "PARAMETERS", "ON TEST DATA"]
    assert first.split(maxsplit=3) == ["mnist/kde", "KDE", "930", "1.234 bits/dim, exact"]
    assert second.split() == ["moons/kde", "KDE", "92"]
    assert last.startswith("broken: ")
    assert "lacks 'family'" in last
    assert (done.code, done.err) == (0, "")


def test_progress_shows_only_where_someone_watches(genscope, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    genscope("sample", "mnist/kde", "--count", 4, "--out", "grid.png")
    assert "mnist/kde: 4 of 4" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


# what can go wrong


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mnist/flow"], "no model 'mnist/flow'; the catalogue has: mnist/kde, moons/kde"),
        (["../kde"], "no model"),
        (["mnist/kde", "--label", "nine"], "no class 'nine'; it has: each, zero, one, two"),
        (["mnist/kde", "--label", "3"], "no class '3'"),
        (["mnist/kde", "--label", "²"], "no class"),
        (["mnist/kde", "--knob", "heat=1"], "no knob 'heat'; its knobs: bandwidth"),
        (["mnist/kde", "--knob", "bandwidth=99"], "bandwidth must lie in 0 … 4, got 99"),
        (["mnist/kde", "--knob", "bandwidth"], "NAME=NUMBER"),
        (["mnist/kde", "--knob", "bandwidth=wide"], "NAME=NUMBER"),
        (["mnist/kde", "--count", "0"], "--count must lie in 1 … "),
        (["mnist/kde", "--count", "many"], "invalid int"),
        (["mnist/kde", "--seed", "-1"], "seed must lie in"),
        (["mnist/kde", "--columns", "0"], "--columns must lie in 1 … 16"),
        (["mnist/kde", "--device", "abacus"], "'abacus' is no device"),
        (["mnist/kde", "--out", "grid.jpeg"], "must end in .png"),
        (["moons/kde", "--out", "grid.txt"], "must end in .csv, .npz, .png"),
        (["moons/kde", "--separate"], "makes points"),
        ([], "name a MODEL"),
        (["mnist/kde", "--from", "a.png"], "--from takes all but"),
        (["--from", "a.png", "--seed", "1"], "--from takes all but"),
        (["mnist/kde", "--sed", "1"], "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_explained(genscope, words, said):
    done = genscope("sample", *words)
    assert done.code == 2
    assert said in done.sentence
    assert done.out == ""
    assert not list(Path().iterdir())


def test_a_word_that_is_no_command_is_explained(genscope):
    done = genscope("smple")
    assert done.code == 2
    assert (
        "no file or command 'smple'; commands: open, sample, inpaint, interpolate, density"
        in done.sentence
    )


@pytest.mark.parametrize("raw", [b"cut", b"PK\x03\x04 a pickle"])
def test_bad_weights_fail_in_one_sentence(genscope, root, raw):
    (root / "mnist" / "kde.safetensors").write_bytes(raw)
    done = genscope("sample", "mnist/kde")
    assert done.code == 1
    assert "are not the ones the card describes" in done.sentence
    assert not list(Path().iterdir())


def test_a_broken_card_fails_in_one_sentence(genscope, root):
    (root / "mnist" / "kde.toml").write_text("name =")
    done = genscope("sample", "mnist/kde")
    assert done.code == 1
    assert "kde.toml cannot be read" in done.sentence


PICTURE = np.zeros((6, 5, 3), np.uint8)


def recipe(**changes):
    table = {"task": "sample", "model": "mnist/kde", "sha256": "0" * 64, "seed": 1}
    return Recipe(**table | changes)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"GIF89a", "saved.png is not a PNG"),
        (png_bytes(PICTURE, recipe(model="mnist/gan")), "there is no model 'mnist/gan'"),
        (png_bytes(PICTURE, recipe()), "mnist/kde has other weights"),
    ],
)
def test_a_picture_that_cannot_be_remade_says_why(genscope, tmp_path, raw, said):
    (tmp_path / "saved.png").write_bytes(raw)
    done = genscope("sample", "--from", tmp_path / "saved.png", "--out", "again.png")
    assert done.code == 1
    assert said in done.sentence
    assert not list(Path().iterdir())


def test_a_recipe_with_a_knob_from_elsewhere_says_so(genscope, root, tmp_path):
    sha256 = open_model("mnist/kde", root=root).card.sha256
    alien = recipe(sha256=sha256, knobs={"heat": 1.0})
    (tmp_path / "saved.png").write_bytes(png_bytes(PICTURE, alien))
    done = genscope("sample", "--from", tmp_path / "saved.png")
    assert done.code == 1
    assert "the recipe does not fit mnist/kde: this model has no knob 'heat'" in done.sentence


def test_where_nothing_can_be_written_the_work_is_not_begun(genscope, tmp_path, monkeypatch):
    monkeypatch.setattr(headless, "drawn", lambda *_: pytest.fail("worked in vain"))
    (tmp_path / "file").write_text("")
    done = genscope("sample", "mnist/kde", "--out", tmp_path / "file" / "grid.png")
    assert done.code == 1
    assert "was not saved: " in done.sentence


def test_a_full_disk_fails_in_one_sentence(genscope, monkeypatch):
    Path("grid.png").write_bytes(b"old")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    done = genscope("sample", "mnist/kde", "--out", "grid.png")
    assert done.code == 1
    assert "grid.png was not saved: the disk is full" in done.sentence
    assert [path.read_bytes() for path in Path().iterdir()] == [b"old"]


def test_an_interrupt_stops_the_run_quietly(genscope, monkeypatch):
    closed = []

    def run():
        try:
            yield from ()
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    monkeypatch.setattr("engines.families.kde.model.KDE.draw", lambda *_: run())
    done = genscope("sample", "mnist/kde")
    assert (done.code, done.out, done.err) == (130, "", "")
    assert closed


def test_a_reader_that_goes_away_is_no_crash(root):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(HERE / "main.py"), "models", "--assets", str(root)]
    with os.fdopen(write) as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


# the window's side


def test_an_unforeseen_error_is_one_sentence_and_a_log(capsys, tmp_path):
    main.main(["--version"])
    try:
        raise RuntimeError("lost\nmany more lines")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    said = capsys.readouterr().err
    log = tmp_path / "log" / "errors.log"
    assert said == f"genscope failed: RuntimeError: lost; the details are in {log}\n"
    assert "many more lines" in log.read_text()
    assert "Traceback" in log.read_text()


def test_without_a_log_the_sentence_still_comes(capsys, tmp_path):
    (tmp_path / "log").write_text("in the way")
    main.main(["--version"])
    sys.excepthook(ValueError, ValueError(), None)
    assert "could not be written to a log" in capsys.readouterr().err


def test_no_command_means_the_window(monkeypatch, tmp_path):
    calls = []

    class Window:
        @staticmethod
        def run_window(**given):
            calls.append(given)
            return 5

    monkeypatch.setitem(sys.modules, "app.window.run", Window)
    (tmp_path / "a.png").write_bytes(b"")
    assert main.main([]) == 5
    assert main.main(["--device", "cpu", "--theme", "dark", str(tmp_path / "a.png")]) == 5
    assert main.main(["open"]) == 5
    assert calls == [
        {"device": None, "theme": None, "files": []},
        {"device": "cpu", "theme": "dark", "files": [tmp_path / "a.png"]},
        {"device": None, "theme": None, "files": []},
    ]


@pytest.mark.parametrize("words", [["--help"], ["sample", "--help"], ["--version"], ["models"]])
def test_light_commands_import_neither_torch_nor_qt(words):
    code = (
        "import sys, json, main; code = main.main(sys.argv[1:]);"
        "heavy = sys.modules.keys() & {'torch', 'PySide6', 'PIL.Image'};"
        "print(json.dumps([code, sorted(heavy)]))"
    )
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]
    assert done.stderr == ""
