"""From the command to the first paint and the first sample, each in a fresh process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.table import Row

_RUNS = 5

_WINDOW = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from app.session.settings import Settings
from app.window.window import Window
from widgets.look import theme

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print("paint", time.time(), "torch" in sys.modules, flush=True)
            window.centralWidget().removeEventFilter(self)
            if sys.argv[1] == "paint":
                QTimer.singleShot(0, app.quit)
        return False

def shown(_):
    print("sample", time.time(), True, flush=True)
    app.quit()

app = QApplication([])
theme.apply(app, theme.Mode.LIGHT)
window = Window(Settings())
watch = Watch()
window.centralWidget().installEventFilter(watch)
if sys.argv[1] == "sample":
    begin = window.begin
    def begin_and_listen():
        begin()
        for column in window.presenters[0].columns.values():
            column.shown.connect(shown)
    window.begin = begin_and_listen
window.show_then_begin()
app.exec()
window.close()
"""


def rows() -> list[Row]:
    """Medians over fresh processes."""
    torch = statistics.median(_seconds("import torch") for _ in range(_RUNS))
    paint, sample = [], []
    for _ in range(_RUNS):
        at, had_torch = _window("paint")
        if had_torch:
            raise AssertionError("torch was imported before the first paint")
        paint.append(at)
        sample.append(_window("sample")[0])
    return [
        Row("first paint", statistics.median(paint), "s", "`import torch`", torch, torch / 2),
        Row("first sample, cold", statistics.median(sample), "s", "`import torch`", torch, 15),
    ]


def _seconds(code: str) -> float:
    start = time.time()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.time() - start


def _window(until: str) -> tuple[float, bool]:
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW, until],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    for line in done.stdout.splitlines():
        word, at, torch = line.split()
        if word == until:
            return float(at) - start, torch == "True"
    raise AssertionError(f"no {until} in {done.stdout!r} {done.stderr!r}")
