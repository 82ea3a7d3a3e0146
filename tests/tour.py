"""`make tour`: drives the real window over the bundled models and saves the README's pictures.

`python -m tests.tour --sizes FOLDER` saves the same stops at several sizes of the window, light,
dark and as a presentation: to be looked at, for what is clipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.session.settings import Settings
from app.window.window import Window
from widgets.look import theme
from widgets.look.state import State
from widgets.pictures.gallery import Gallery

PICTURES = Path(__file__).parents[1] / "docs" / "tour"


SIZES = (("1024x700", 1.0), ("1280x800", 1.0), ("1920x1080", 1.5))
"""In device-independent pixels, and how many device pixels each of them has."""


def main() -> None:
    """Take every stop of the tour."""
    match sys.argv[1:]:
        case ["--sizes", folder]:
            for size, scale in SIZES:
                environment = {**os.environ, "QT_SCALE_FACTOR": f"{scale:g}"}
                command = [sys.executable, "-m", "tests.tour", "--size", size, folder]
                subprocess.run(command, env=environment, check=True)
        case ["--size", size, folder]:
            _at_size(size, Path(folder))
        case _:
            _for_the_readme()


def _at_size(size: str, folder: Path) -> None:
    """Every stop at one size of the window, each light, dark and as a presentation."""
    global _save
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    folder.mkdir(parents=True, exist_ok=True)
    window = Window(Settings(count=20))
    wide, high = (int(side) for side in size.split("x"))
    window.resize(wide, high)
    # the screen that there is offscreen is smaller than the window
    window.showFullScreen = window.showNormal = window.resize = lambda *_: None
    window.show_then_begin()
    _until(lambda: _ready(window))
    plain = _save

    def save(window: Window, name: str) -> None:
        for mode in (theme.Mode.DARK, theme.Mode.LIGHT):
            theme.apply(app, mode)
            _wait(0.2)
            plain(window, f"{name}-{size}-{mode.value}", folder)
        window.stage.toggle_presentation()
        _wait(1.0)
        plain(window, f"{name}-{size}-presentation", folder)
        window.stage.leave()
        _wait(0.2)

    _save = save
    for stop in (sampling, inpainting, line, interpolation, density, uses, learn, points):
        stop(window)
    window.close()


def _for_the_readme() -> None:
    """Every stop, light, and one dark."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    PICTURES.mkdir(parents=True, exist_ok=True)
    window = Window(Settings(count=20))
    window.resize(1280, 800)  # the screen that there is offscreen is smaller
    window.show_then_begin()
    _until(lambda: _ready(window))
    sampling(window)
    queue(window)
    inpainting(window)
    line(window)
    interpolation(window)
    density(window)
    uses(window)
    learn(window)
    points(window)
    theme.apply(app, theme.Mode.DARK)
    _wait(0.3)
    _save(window, "points-dark")
    window.close()


def sampling(window: Window) -> None:
    """MNIST: three families side by side, one picture in the inspector."""
    tab = window.tabs.currentWidget()
    gallery = tab.column("mnist/vae").body
    if not isinstance(gallery, Gallery):
        raise AssertionError("pictures are shown in a gallery")
    _click(gallery.viewport(), gallery.tile_rect(3).center().toPoint())
    _wait(0.3)
    _save(window, "sampling")


def queue(window: Window) -> None:
    """A batch for every model, the queue open."""
    tab = window.tabs.currentWidget()
    tab.batch.setValue(300)
    _click(tab.generate, tab.generate.rect().center())
    window.bar.set_open(True)
    _until(lambda: _shown(window, "mnist/flow") > 60)
    _save(window, "queue")
    window.channels.queue.cancel_waiting()
    window.presenters[0].stop()
    window.bar.set_open(False)


def inpainting(window: Window) -> None:
    """The left half of a 3 hidden: what each family believes is behind it."""
    window.session.choose("mnist", ("mnist/vae", "mnist/mfa", "mnist/kde"))
    window.tabs.setCurrentIndex(1)
    presenter = window.presenters[1]
    _until(lambda: bool(presenter.rows) and presenter.editor.source.picture is not None)
    _until(lambda: all(row.offer is not None for row in presenter.rows.values()))
    presenter.run(first=False)
    _until(lambda: all(row.batch is None for row in presenter.rows.values()), 300)
    presenter.editor.inspector.inspect("mnist/mfa", 2)
    _wait(0.3)
    _save(window, "in-painting")
    window.tabs.setCurrentIndex(0)


def line(window: Window) -> None:
    """Two moons with one coordinate known: draws beside the model's and the data's density."""
    window.session.choose("moons", ("moons/vae", "moons/mfa", "moons/kde"))
    window.tabs.setCurrentIndex(1)
    presenter, rows = window.presenters[1], window.presenters[1].rows
    _until(lambda: bool(rows) and all(row.curve is not None for row in rows.values()))
    presenter.run(first=False)
    _until(lambda: all(row.batch is None for row in rows.values()), 300)
    presenter.editor.inspector.inspect("moons/mfa")
    _wait(0.3)
    _save(window, "in-painting-points")
    window.tabs.setCurrentIndex(0)


def interpolation(window: Window) -> None:
    """On the way from one digit to another, in three latent spaces and in none."""
    window.resize(1280, 800)
    window.session.choose("mnist", ("mnist/vae", "mnist/gan", "mnist/flow"))
    window.tabs.setCurrentIndex(2)
    tab, presenter = window.tabs.currentWidget(), window.presenters[2]
    rows = presenter.rows
    _until(lambda: len(rows) >= 3 and all(_filmed(row) for row in rows.values()), 300)
    slider = tab.player.slider
    slider.setValue(round(0.57 * slider.maximum()))
    _until(lambda: not any(row.late() for row in rows.values()), 60)
    _until(lambda: "mnist/vae" in presenter.panel.studies, 300)
    # strips have their pictures first, and their curves when the row is ready
    _until(lambda: all(row.row.state is State.READY for row in rows.values()), 300)
    _wait(0.5)
    _save(window, "interpolation")


def density(window: Window) -> None:
    """Where each family puts its mass on the moons, beside the truth."""
    window.session.choose("moons", ("moons/vae", "moons/flow", "moons/mfa", "moons/kde"))
    window.tabs.setCurrentIndex(3)
    presenter = window.presenters[3]
    _until(lambda: presenter.page is not None and len(presenter.page.maps) >= 5)
    _until(lambda: all(_mapped(each) for each in presenter.page.maps.values()), 300)
    heat = presenter.page.view.panel("moons/mfa").map
    _click(heat.viewport(), heat.position_of(0.0, 1.0).toPoint())
    _until(lambda: len(presenter.page.points.numbers()) == len(presenter.page.maps), 300)
    _wait(2)
    _save(window, "density")
    window.tabs.setCurrentIndex(0)


def points(window: Window) -> None:
    """Points in the plane: the same families on two spirals."""
    window.session.choose("spirals", ("spirals/vae", "spirals/flow", "spirals/kde"))
    _until(lambda: _ready(window))
    _wait(0.5)
    _save(window, "points")


def uses(window: Window) -> None:
    """Pictures that should be strange, and what three families make of them."""
    window.session.choose("mnist", ("mnist/autoregressive", "mnist/flow", "mnist/kde"))
    window.tabs.setCurrentIndex(4)
    presenter = window.presenters[4]
    _until(lambda: presenter.page is not None)
    page = presenter.page
    _until(lambda: len(page.verdicts) == 3 and all(map(_judged, page.verdicts.values())), 600)
    _wait(2)
    _click(page.view.gallery.viewport(), page.view.gallery.tile_rect(3).center().toPoint())
    _wait(0.5)
    _save(window, "uses")


def _judged(verdict: Any) -> bool:
    return len(verdict) == len(verdict.candidates.groups)


def learn(window: Window) -> None:
    """Six families on their way to two moons."""
    window.session.choose("moons", ("moons/kde",))
    window.tabs.setCurrentIndex(5)
    presenter = window.presenters[5]
    _until(lambda: presenter.desk is not None)
    desk, bench = presenter.desk, window.tabs.currentWidget().bench
    _until(lambda: len(desk.teaching.news.reports) == 6 and not desk.teaching.busy())
    for _ in range(4):
        bench.transport.bursts[100].click()
        _until(lambda: not desk.teaching.busy(), 600)
    _click(bench.cards[2].field, bench.cards[2].field.rect().center())
    _until(lambda: not desk.teaching.busy())
    _wait(0.3)
    _save(window, "learn")
    window.tabs.setCurrentIndex(0)


def _filmed(row: Any) -> bool:
    return row.film is not None and row.film.complete


def _mapped(each: Any) -> bool:
    return each.frame is not None and each.frame.complete


def _shown(window: Window, name: str) -> int:
    frame = window.presenters[0].columns[name].frame
    return frame.done if frame is not None else 0


def _ready(window: Window) -> bool:
    columns = window.presenters[0].columns.values()
    return bool(columns) and all(c.frame is not None and c.frame.complete for c in columns)


def _click(widget: QWidget, at: QPoint) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at)


def _save(window: Window, name: str, folder: Path = PICTURES) -> None:
    path = folder / f"{name}.png"
    if not window.grab().save(str(path)):
        raise OSError(f"{path} was not written")
    print(path)


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there in time")
        _wait(0.05)


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
