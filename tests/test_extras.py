"""Every extra: pyproject has what code asks of it, and one sentence says where it is missing."""

import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.interpolation.export import PathExport
from app.interpolation.picture_paths import PicturePaths
from engines import extras
from engines.latents import layouts
from tests.windows import DIGITS, catalogue, open_window
from widgets.interpolation.latent_panel import LatentPanel

__all__ = ["catalogue", "open_window"]
PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
OPTIONAL = PROJECT["optional-dependencies"]
HIDDEN = tuple(module for extra in extras.EXTRAS.values() for module in extra.packages)
FRESH = (
    "import sys, runpy; sys.modules.update(dict.fromkeys({hidden!r})); sys.argv = {words!r}; "
    "runpy.run_{kind}({words[0]!r}, run_name='__main__')"
)


def bare(requirement):
    """The name of the package of a requirement."""
    return requirement.split(">=")[0].split("[")[0]


def without_extras(words, kind):
    """Run a program in a fresh process that has none of the packages."""
    code = FRESH.format(hidden=HIDDEN, words=words, kind=kind)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)


@pytest.fixture
def hidden(monkeypatch):
    for name in HIDDEN:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("extra", extras.EXTRAS)
def test_an_extra_brings_what_is_asked_of_it(extra):
    assert set(extras.EXTRAS[extra].packages.values()) <= set(map(bare, OPTIONAL[extra]))


def test_dev_holds_every_extra_that_code_uses():
    (of_ours,) = [each for each in OPTIONAL["dev"] if each.startswith("genscope[")]
    assert set(of_ours.removeprefix("genscope[").rstrip("]").split(",")) == set(extras.EXTRAS)


def test_constraints_pin_every_package_that_is_named():
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in Path("constraints.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = [*PROJECT["dependencies"], *(each for extra in OPTIONAL.values() for each in extra)]
    assert {bare(each).lower() for each in wanted} - {"genscope"} <= pinned


@pytest.mark.parametrize("extra", extras.EXTRAS)
def test_a_missing_extra_is_one_sentence_and_exit_1(extra, tmp_path):
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(tmp_path / "a.png")
    picture = str(tmp_path / "a.png")
    words, kind = {
        "diffusers": (["main.py", "sample", "someone/a-model"], "path"),
        "film": (
            [
                "main.py",
                "interpolate",
                "mnist/vae",
                "--from",
                picture,
                "--to",
                picture,
                "--out",
                str(tmp_path / "walk.mp4"),
            ],
            "path",
        ),
        "density": (
            ["main.py", "compress", "mnist/kde", "--count", "1", "--out", str(tmp_path / "x.gsz")],
            "path",
        ),
        "maps": (["engines.latents.layouts"], "module"),
        "tables": (
            ["main.py", "impute", "none.parquet", "--out", str(tmp_path / "long.csv")],
            "path",
        ),
        "train": (["engines.training.dimensions"], "module"),
    }[extra]
    done = without_extras(words, kind)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith(extras.lacking(extra, extras.EXTRAS[extra].packages.values()))
    assert f'pip install "genscope[{extra}]"' in line


def test_what_is_hidden_is_required_in_vain(hidden):
    for extra, known in extras.EXTRAS.items():
        for name in known.packages:
            with pytest.raises(extras.MissingExtra, match=rf'pip install "genscope\[{extra}\]"'):
                extras.module(extra, name)
    with pytest.raises(extras.MissingExtra, match="umap-learn"):
        next(layouts.umap(np.zeros((40, 6))))


def test_a_package_that_cannot_be_imported_is_to_be_installed_anew(tmp_path, monkeypatch):
    (tmp_path / "imageio_ffmpeg.py").write_text("import no_such_module_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "imageio_ffmpeg", raising=False)
    with pytest.raises(extras.MissingExtra, match=r"no_such_module_at_all.*--force-reinstall"):
        extras.module("film", "imageio_ffmpeg")


def test_controls_of_missing_extras_are_disabled_with_the_reason(hidden, open_window):
    window = open_window(DIGITS).window
    dialog = window.library.dialog
    assert not dialog.folder.isEnabled()
    assert 'pip install "genscope[diffusers]"' in dialog.folder.toolTip()
    (panel,) = window.findChildren(LatentPanel)
    place = panel.layouts.findData("umap")
    assert not panel.layouts.model().item(place).isEnabled()
    tip = panel.layouts.itemData(place, Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith('pip install "genscope[maps]".')
    assert tip in panel.extra.text(), "said on the page, too: nobody hovers over a grey line"


def test_a_film_is_not_offered_without_its_codec(hidden, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    nothing = SimpleNamespace()
    offer = PathExport(nothing, nothing, nothing, nothing, window)
    row = SimpleNamespace(
        card=nothing, paths=SimpleNamespace(ways=partial(PicturePaths.ways, nothing), each=None)
    )
    menu = QMenu(window)
    offer.fill(menu, row, SimpleNamespace(count=12), None)
    (film,) = [action for action in menu.actions() if action.text().startswith("MP4")]
    assert not film.isEnabled()
    assert film.toolTip().endswith('pip install "genscope[film]".')
