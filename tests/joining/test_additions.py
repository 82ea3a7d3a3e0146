"""To add a family, a knob, a method or a tab takes as many files as CONTRIBUTING says."""

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import tomli_w

from tests.joining import additions

REPOSITORY = Path(__file__).resolve().parents[2]
CARD = {
    "name": "dots/blob",
    "family": "blob",
    "data": "dots",
    "shape": [2],
    "labels": [],
    "weights": "blob.safetensors",
    "sha256": "0" * 64,
    "parameters": 1,
    "seed": 1,
    "recipe": "none",
    "licence": "none",
    "net": {},
    "training": {},
}
USE = """
import sys
from pathlib import Path
from main import main

root, out = Path(sys.argv[1]), Path(sys.argv[2])
asked = ["--assets", str(root)]
assert main(["sample", "dots/blob", "--count", "3", "--knob", "scale=2",
             "--out", str(out / "scaled.csv"), *asked]) == 0
assert main(["sample", "dots/blob", "--count", "3", "--out", str(out / "plain.csv"), *asked]) == 0
assert main(["inpaint", "dots/blob", "--fix", "x=0.5", "--method", "guess", "--count", "4",
             "--out", str(out / "filled.csv"), *asked]) == 0

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from app.session.settings import Settings
from app.window.window import Window

application = QApplication([])
window = Window(Settings(points=20), root=root, device="cpu")
window.show()
window.begin()
loop = QEventLoop()

def look():
    columns = window.presenters[0].columns.values()
    if columns and all(c.frame and c.frame.complete for c in columns):
        loop.quit()

timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
QTimer.singleShot(60_000, loop.quit)
loop.exec()
(column,) = window.presenters[0].columns.values()
assert column.frame.complete
assert [spec.title for spec in column.specs] == ["Scale"]
titles = [window.tabs.tabText(i) for i in range(window.tabs.count())]
window.tabs.setCurrentIndex(titles.index("Notes"))
window.close()
"""


def promised(what):
    """The number of files in CONTRIBUTING's table."""
    page = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    (count,) = re.findall(rf"^\| {what} \| (\d+) ", page, flags=re.MULTILINE)
    return int(count)


def add(scratch, files):
    """Put an addition into the scratch copy."""
    for name, said in files.items():
        path = scratch / name
        if isinstance(said, str):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(said.lstrip("\n"), "utf-8")
            continue
        text = path.read_text("utf-8")
        for old, new in list(pairwise(said))[::2]:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("what", "files"),
    [
        ("a knob", additions.KNOB),
        ("an in-painting method", additions.METHOD),
        ("a family", additions.FAMILY),
        ("a tab", additions.TAB),
    ],
)
def test_the_counts_are_those_of_the_page(what, files):
    assert len([name for name, said in files.items() if said]) == promised(what)


def test_what_was_added_works_in_the_window_and_on_the_command_line(tmp_path):
    scratch, root = tmp_path / "code", tmp_path / "models"
    kept = shutil.ignore_patterns("__pycache__", "*.pyc")
    for folder in ("app", "engines", "widgets"):
        shutil.copytree(REPOSITORY / folder, scratch / folder, ignore=kept)
    for name in ("main.py", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, scratch / name)
    for files in (additions.FAMILY, additions.KNOB, additions.METHOD, additions.TAB):
        add(scratch, files)
    (root / "dots").mkdir(parents=True)
    (root / "dots" / "blob.toml").write_text(tomli_w.dumps(CARD), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", USE, root, tmp_path], cwd=scratch, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    plain, scaled, filled = (
        [line.split(",") for line in (tmp_path / f"{name}.csv").read_text().splitlines()[2:]]
        for name in ("plain", "scaled", "filled")
    )
    assert len(plain) == 3
    for one, two in zip(plain, scaled, strict=True):
        assert float(two[0]) == pytest.approx(2 * float(one[0]), rel=1e-4)
    assert len(filled) == 4
