"""Every control works by a plain click and by keys alone; every number explains itself."""

import itertools
import os
import subprocess
import sys

import pytest
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu

from app.density.plane.page import Plane
from app.session.settings import Settings
from app.work.lane import Lane
from engines.checkpoints.catalog import ROOT
from engines.latents import directions
from tests.controls import controls, faults
from tests.e2e.test_density_maps import rests
from tests.terms import unexplained
from widgets.inpainting.picture_desk import PictureDesk
from widgets.mask.keys import Command
from widgets.mask.presets import Preset

VAE, KDE = "mnist/vae", "mnist/kde"
DIGITS = Settings(data="mnist", models={"mnist": (VAE, KDE)}, count=4, density_count=32)
MOONS = Settings(
    data="moons", models={"moons": ("moons/vae", "moons/kde")}, points=50, density_side=128
)
SAMPLE, FILL, WALK, PLACE = range(4)
OF_DIGITS = {
    "Chip",
    "Combo",
    "FilmStrip",
    "Gallery",
    "GlyphButton",
    "JobList",
    "MaskCanvas",
    "NumberBox",
    "QCheckBox",
    "QLineEdit",
    "QPushButton",
    "QTabBar",
    "Slider",
    "_Swatch",
}
OF_MOONS = {"ConditionalPlot", "HeatMap", "LatentPad", "LinePlane", "Plane", "Scatter"}


@pytest.fixture
def nothing_waits(monkeypatch, tmp_path):
    """No dialog of files or menu waits for a hand, and long work is cut short."""
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_a, **_k: ("", ""))
    monkeypatch.setattr("app.window.about.show_folder", lambda path: True)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: "")
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    monkeypatch.setattr("app.tasks.scoring.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("app.density.pictures.numbers.TEST_PICTURES", 2)
    monkeypatch.setattr(directions, "STUDIED", dict.fromkeys(directions.STUDIED, 200))


def front(stage, place):
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(place).center())
    return stage.window.tabs.widget(place), stage.window.presenters[place]


def sample(stage):
    """Pictures or points are drawn, one is chosen, and a batch is in the list of jobs."""
    front(stage, SAMPLE)
    stage.ready()
    stage.window.bar.set_open(True)
    stage.tab.chosen.emit(stage.tab.names()[0], 0)
    stage.click(stage.button("Generate"))
    stage.until(lambda: stage.window.bar.list.model().rowCount() > 0)


def fill(stage):
    """A hole is filled, and there is something to undo and to redo."""
    tab, presenter = front(stage, FILL)
    stage.until(lambda: any(row.frame is not None for row in presenter.rows.values()))
    if isinstance(tab.desk, PictureDesk):
        for preset in list(Preset)[:2]:
            tab.desk.canvas.apply_preset(preset)
        tab.desk.canvas.run(Command.UNDO)


def walk(stage):
    """A path is there; of points, where that is quick, the latents of the VAE are known, too."""
    stage.window.tabs.widget(WALK).frames.setValue(5)
    _, presenter = front(stage, WALK)
    (name,) = [name for name in stage.window.session.models if name.endswith("vae")]
    stage.until(lambda: name in presenter.rows and presenter.rows[name].film is not None)
    presenter.select(name)
    if presenter.rows[name].card.kind.name != "pictures":
        stage.until(lambda: name in presenter.panel.studies)


def place(stage):
    """The density tab shows something."""
    _, presenter = front(stage, PLACE)
    stage.until(lambda: presenter.page)
    if isinstance(presenter.page, Plane):
        stage.until(lambda: rests(presenter.page))
        presenter.page.view.clicked.emit(0.1, 0.2)
        stage.until(presenter.page.points.numbers)
        return
    stage.until(lambda: presenter.page.numbers.scores)


def scenes(stage):
    """Bring what there is to the front, one by one: its title and its window."""
    window = stage.window
    front(stage, SAMPLE)
    yield "sampling", window
    front(stage, FILL)
    yield "in-painting", window
    latents = front(stage, WALK)[0].latents
    for page in range(latents.pages.count()):
        latents.pages.setCurrentIndex(page)
        yield f"interpolation, {latents.pages.tabText(page)}", window
    page = front(stage, PLACE)[1].page
    pictures = None if isinstance(page, Plane) else page
    for page in ("numbers", "pixels", "plane", "samples", "dimensions") if pictures else ():
        stage.click(pictures.view.button(page))
        yield f"density, {page}", window
    if pictures is None:
        yield "density", window
    for where, show in (
        ("models", window.library.show),
        ("keys", window.keys.show),
        ("families", window.families.show),
        ("glossary", lambda: window.show_term("exact")),
        ("about", window.about.show),
    ):
        show()
        (dialog,) = [d for d in window.findChildren(QDialog) if d.isVisible()]
        stage.until(dialog.isActiveWindow)
        yield where, dialog
        dialog.close()


ALONE = "GENSCOPE_WALK_ALONE"
"""Set in the process that walks. After many windows in one process Qt has died here twice, in its
own code and for a reason not yet found; in a process of its own, as the program is, never."""


@pytest.mark.skipif(ALONE in os.environ, reason="this is that process")
def test_the_walk_in_a_process_of_its_own():
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(
        words, env={**ours, ALONE: "1"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert done.stdout.startswith("s..") or "2 passed" in done.stdout, done.stdout


@pytest.mark.skipif(ALONE not in os.environ, reason="walked by the test above, alone")
@pytest.mark.parametrize(
    ("settings", "kinds"), [(DIGITS, OF_DIGITS), (MOONS, OF_MOONS)], ids=["digits", "moons"]
)
def test_every_control_works_by_a_plain_click_and_by_the_keyboard(
    open_window, nothing_waits, monkeypatch, settings, kinds
):
    stage = open_window(settings, ROOT)
    stage.window.resize(1600, 1100)
    for prepare in (sample, fill, walk, place):
        prepare(stage)
    # what the controls ask for from now on would only slow the hand down
    tickets = itertools.count(1_000_000)
    monkeypatch.setattr(Lane, "live", lambda *_: next(tickets))
    monkeypatch.setattr(Lane, "queue", lambda *_, **__: next(tickets))
    found, seen = [], set()
    for where, window in scenes(stage):
        seen |= {type(control).__name__ for control in controls(window)}
        found += [f"{where}: not explained: {what}" for what in unexplained(window)]
        found += [f"{where}: {fault}" for fault in faults(window)]
    assert not found, "\n".join(found)
    assert kinds <= seen, f"never in view: {kinds - seen}"
