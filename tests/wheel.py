"""`make wheel`: builds the wheel, installs it into a fresh environment, and uses it there.

Not collected by pytest: it downloads all dependencies. `--borrow` takes those of this environment.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LARGEST = 95_000_000
"""Bytes of the wheel."""
OPEN = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
import app.window
from app.session.settings import Settings
from app.window.window import Window

assert Path(app.window.__file__).is_relative_to(sys.prefix), app.window.__file__
application = QApplication([])
window = Window(Settings(data="moons", models={"moons": ("moons/flow",)}, points=20))
window.show_then_begin()
loop, tries = QEventLoop(), 0

def look():
    global tries
    tries += 1
    columns = window.presenters[0].columns.values()
    if tries > 600 or (columns and all(c.frame and c.frame.complete for c in columns)):
        loop.quit()

timer = QTimer()
timer.timeout.connect(look)
timer.start(200)
loop.exec()
(column,) = window.presenters[0].columns.values()
assert column.frame is not None and column.frame.complete, "no samples within two minutes"
assert "CC BY-SA" in __import__("app.window.about", fromlist=["x"]).licences()
print(len(column.frame.values), "samples in the window of", app.__version__)
window.close()
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.wheel", description=__doc__)
    parser.add_argument("--borrow", action="store_true", help="use the packages installed here")
    options = parser.parse_args()
    place = REPOSITORY / "build" / "wheel"
    shutil.rmtree(place, ignore_errors=True)
    wheel = build(place)
    size = wheel.stat().st_size
    print(f"{wheel.name}: {size / 1e6:.1f} MB")
    if size > LARGEST:
        raise SystemExit(f"the wheel has more than {LARGEST / 1e6:.0f} MB")
    python = install(wheel, place / "env", borrow=options.borrow)
    use(python, place)


def build(place: Path) -> Path:
    """The wheel of the committed and changed files; what setuptools leaves behind goes away."""
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", ".", "-w", place)
    for left in (REPOSITORY / "build" / "lib", REPOSITORY / "build" / "bdist.linux-x86_64"):
        shutil.rmtree(left, ignore_errors=True)
    (wheel,) = place.glob("*.whl")
    return wheel


def install(wheel: Path, env: Path, *, borrow: bool) -> Path:
    """A fresh environment with the wheel in it; its interpreter."""
    venv.create(env, with_pip=True)
    python = env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    words = ["-m", "pip", "install", "--quiet"]
    if borrow:
        asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
        (pure,) = run(python, "-c", asked).splitlines()
        # a path in a .pth is searched, and the .pth files there are not read: no editable install
        there = sysconfig.get_path("purelib")
        Path(pure, "borrowed.pth").write_text(f"{there}\n", encoding="utf-8")
        run(python, *words, "--no-deps", "--force-reinstall", wheel)
    else:
        run(python, *words, "--constraint", REPOSITORY / "constraints.txt", wheel)
    return python


def use(python: Path, place: Path) -> None:
    """Start the window and draw, from a folder that is not the repository."""
    quiet = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(place), "XDG_CONFIG_HOME": str(place)}
    print(run(python, "-c", OPEN, cwd=place, env=quiet), end="")
    out = place / "samples.csv"
    command = python.with_name("genscope.exe" if os.name == "nt" else "genscope")
    run(command, "sample", "moons/flow", "--count", "5", "--out", out, cwd=place, env=quiet)
    lines = out.read_text(encoding="utf-8").splitlines()
    if len(lines) != 7:  # recipe, header, five points
        raise SystemExit(f"{out} has {len(lines)} lines")
    version = run(command, "--version", cwd=place)
    print(f"{len(lines) - 2} samples by {version}", end="")


def run(*words: object, cwd: Path = REPOSITORY, env: dict[str, str] | None = None) -> str:
    """What a command prints; its words where it fails."""
    known = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | (env or {})
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=known, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words[:4]))} …:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
