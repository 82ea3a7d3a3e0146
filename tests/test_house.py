"""The house: how large files and folders are, what needs no Qt, and what plug-ins may import."""

from __future__ import annotations

import importlib
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "widgets", "engines")
LARGEST, MEDIAN, IN_A_FOLDER = 400, 150, 25
WITHOUT_QT = ("app/command", "app/tasks", "app/models", "app/recipes", "app/work/lane.py")
FIXED = {
    "engines": "SampleRequest Prompt catalog open_model finish log_density encode decode",
    "engines.drawing": "class_indices in_batches",
    "engines.inpaint": "METHODS Method methods_for",
    "engines.model": "Card Density Latents LogDensity Meaning Model Procedure Step settle",
    "engines.noise": "Streams",
    "engines.paths": "lerp slerp",
    "engines.weights": "build fill load save",
}
"""What plug-ins and scripts import: docs/add-a-model.md, docs/examples."""

# one interpreter imports what takes long, then a fork of it imports each module
_FORKS = """
import importlib, os, sys
import numpy, PIL.Image, torch
assert not any(name.startswith("PySide6") for name in sys.modules)
def loads_qt(modules):
    if os.fork() == 0:
        for module in modules:
            importlib.import_module(module)
        os._exit(any(name.partition(".")[0] in ("PySide6", "pyqtgraph") for name in sys.modules))
    return os.wait()[1] != 0
if loads_qt(sys.argv[1:]):  # each alone, to name them
    print(*(module for module in sys.argv[1:] if loads_qt([module])))
"""


def sources(top):
    return [path for path in (REPOSITORY / top).rglob("*.py") if "__pycache__" not in path.parts]


def lines(path):
    return len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("top", [*PACKAGES, "tests"])
def test_no_file_has_more_than_400_lines(top):
    assert {str(p): n for p in sources(top) if (n := lines(p)) > LARGEST} == {}


def test_the_median_file_has_at_most_150_lines():
    assert statistics.median(lines(p) for top in PACKAGES for p in sources(top)) <= MEDIAN


@pytest.mark.parametrize("top", PACKAGES)
def test_no_folder_has_more_than_25_files_directly_in_it(top):
    folders = [path.parent for path in sources(top)]
    assert {str(f): folders.count(f) for f in folders if folders.count(f) > IN_A_FOLDER} == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="one process a module without forks is slow")
def test_what_needs_no_window_loads_no_qt():
    paths = [REPOSITORY / name for name in WITHOUT_QT]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))]
    modules = sorted(
        ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for file in files
    )
    assert len(modules) > 30
    done = subprocess.run(
        [sys.executable, "-c", _FORKS, *modules],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "", done.stderr


@pytest.mark.parametrize("module", FIXED)
def test_plug_ins_find_what_they_import(module):
    found = importlib.import_module(module)
    assert [name for name in FIXED[module].split() if not hasattr(found, name)] == []


def test_the_catalogue_is_a_function_whatever_has_been_imported():
    importlib.import_module("engines.checkpoints.catalog")
    assert importlib.import_module("engines").catalog()


@pytest.mark.parametrize("page", ["docs/architecture.md", "README.md"])
def test_pages_name_files_and_folders_that_are_there(page):
    text = (REPOSITORY / page).read_text("utf-8")
    named = re.findall(r"`((?:app|widgets|engines|tests|assets|docs)/[\w./-]*)`", text)
    assert named
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
