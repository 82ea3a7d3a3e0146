"""Pages of pictures in the real window: what is sent to them, saved, dropped and remembered."""

import csv
import io

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMenu

from app.recipes.condition import Condition
from app.recipes.recipe import read_png
from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from tests.e2e.test_density_maps import density, rests, wheel
from tests.e2e.test_first_look import pick

VAE, KDE, AR, MFA = "mnist/vae", "mnist/kde", "mnist/autoregressive", "moons/mfa"
SAMPLE, FILL, WALK, PLACE = range(4)


def front(stage, place):
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(place).center())
    return stage.window.presenters[place]


@pytest.fixture
def quick(monkeypatch, tmp_path):
    monkeypatch.setattr("app.tasks.scoring.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("app.density.pictures.numbers.TEST_PICTURES", 2)


@pytest.fixture
def menus(monkeypatch):
    """The menus that open, none of which waits for a hand."""
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _: opened.append(menu))
    return opened


def sent(stage, menu):
    """Choose "Send to Density" and return the picture that arrives."""
    texts = [action.text() for action in menu.actions()]
    assert {"Send to In-painting", "Send to Interpolation", "Send to Density"} <= set(texts)
    menu.actions()[texts.index("Send to Density")].trigger()
    stage.until(lambda: stage.window.tabs.currentIndex() == PLACE)
    pages = stage.window.presenters[PLACE].page
    assert pages.view.page() == "numbers"
    return pages.source.picture


def test_a_picture_travels_to_the_numbers_from_every_tab(open_window, quick, menus):
    stage = open_window(Settings(data="mnist", models={"mnist": (VAE, KDE)}, count=3), ROOT)
    stage.window.resize(1280, 800)
    stage.until_shows(VAE)
    at = stage.window.mapToGlobal(stage.window.rect().center())
    sampling = stage.window.presenters[SAMPLE]
    sampling._actions.open_menu(sampling.columns[VAE], 2, at)
    np.testing.assert_array_equal(sent(stage, menus[-1]), stage.picture(VAE, 2))
    numbers = stage.window.presenters[PLACE].page.numbers
    stage.until(lambda: VAE in numbers.scores)

    # from a page that looks at no picture it goes on to one that does
    pages = stage.window.presenters[PLACE].page
    stage.click(pages.view.button("dimensions"))
    filling = front(stage, FILL)
    stage.until(
        lambda: (
            KDE in filling.rows
            and filling.rows[KDE].frame is not None
            and filling.rows[KDE].frame.done
        )
    )
    filling.editor.inspector._actions.open_menu(filling.rows[KDE], 0, at)
    expected = np.asarray(filling.rows[KDE].frame.values[0])
    np.testing.assert_array_equal(sent(stage, menus[-1]), expected)

    walking = front(stage, WALK)
    stage.until(lambda: VAE in walking.rows and walking.menus._picture(VAE) is not None)
    walking.menus._open(VAE, at)
    expected = walking.menus._picture(VAE).copy()
    np.testing.assert_array_equal(sent(stage, menus[-1]), expected)


def saved(stage, monkeypatch, button, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    stage.click(button)
    stage.until(path.exists)
    return path


def test_pages_are_saved_and_brought_back(open_window, quick, tmp_path, monkeypatch):
    stage = open_window(Settings(data="mnist", models={"mnist": (VAE, AR)}, count=2), ROOT)
    stage.window.resize(1280, 800)
    pages = front(stage, PLACE).page
    view, numbers, pixels, plane = pages.view, pages.numbers, pages.pixels, pages.plane
    stage.until(lambda: {VAE, AR} <= set(numbers.scores))
    stage.click(view.source.next)
    stage.until(lambda: len(numbers._asked._opened) == 2 and numbers.scores[AR].value < 0)
    picture = pages.source.picture.copy()

    # numbers: a table with every kind, and the page as it stands
    table = saved(stage, monkeypatch, view.save_values, tmp_path / "numbers.csv")
    lines = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO("\n".join(lines)))}
    assert [rows[name]["kind"] for name in (VAE, AR)] == ["bound", "exact"]
    assert float(rows[AR]["bits_per_dim"]) == pytest.approx(numbers.scores[AR].amount, rel=1e-6)
    shot = saved(stage, monkeypatch, view.save_picture, tmp_path / "numbers.png")
    assert read_png(shot).extra["page"] == "numbers"

    # pixels: maps with their scales, values whose sum is the number
    stage.click(view.button("pixels"))
    stage.until(lambda: {VAE, AR} <= set(pixels.frames))
    maps = saved(stage, monkeypatch, view.save_picture, tmp_path / "pixels.png")
    values = saved(stage, monkeypatch, view.save_values, tmp_path / "pixels.npz")
    with np.load(values) as arrays:
        np.testing.assert_array_equal(arrays["mnist_autoregressive"], pixels.frames[AR].values)
        assert any("exact" in note for note in arrays["notes"])

    # a plane through this picture and two others
    stage.click(view.button("plane"))
    stage.until(lambda: plane.frame is not None and plane.frame.complete)
    corners = [corner.copy() for corner in pages.source.three()]
    kept = saved(stage, monkeypatch, view.save_picture, tmp_path / "plane.png")
    values = saved(stage, monkeypatch, view.save_values, tmp_path / "plane.npz")
    with np.load(values) as arrays:
        assert arrays["values"].shape == (len(arrays["b"]), len(arrays["a"]))

    # everything moves on; each file brings its page back
    stage.click(view.source.next)
    stage.click(view.button("samples"))
    stage.drop(kept)
    stage.until(lambda: view.page() == "plane" and plane.frame is not None)
    for found, corner in zip(pages.source.three(), corners, strict=True):
        np.testing.assert_array_equal(found, corner)
    stage.click(view.source.next)
    stage.drop(maps)
    stage.until(lambda: view.page() == "pixels")
    np.testing.assert_array_equal(pages.source.picture, picture)
    assert pages.source.title


def test_the_tab_is_as_it_was_left(open_window, tmp_path):
    stage = open_window(
        Settings(
            data="moons",
            models={"moons": (MFA,)},
            points=50,
            density_side=256,
            density_logarithmic=False,
            density_range=20,
            density_contours=False,
            density_data=True,
            density_page="pixels",
            density_noise=5,
            density_mapped="picture",
            density_count=64,
        ),
        ROOT,
    )
    stage.window.resize(1280, 800)
    untouched = stage.window.settings()
    assert (untouched.density_side, untouched.density_page) == (256, "pixels")
    plane = density(stage)
    controls = plane.view.controls
    assert (controls.side(), controls.logarithmic(), controls.range.value()) == (256, False, 20)
    assert not controls.contours.isChecked()
    assert controls.data.isChecked()
    assert not controls.samples.isChecked()
    pick(stage, controls.scale, "log-density")
    controls.samples.setChecked(True)
    stage.until(
        lambda: plane.overlays.samples(stage.window.session.cards[MFA], Condition()) is not None
    )
    found = stage.window.settings()
    assert (found.density_logarithmic, found.density_samples) == (True, True)

    # another seed draws other samples
    before = plane.overlays.samples(stage.window.session.cards[MFA], Condition()).copy()
    stage.click(stage.window.seed.dice)
    stage.until(
        lambda: (
            not np.array_equal(
                plane.overlays.samples(stage.window.session.cards[MFA], Condition()), before
            )
        )
    )

    # close by, twice the pixels
    heat = plane.view.panel(MFA).map
    wheel(heat, heat.position_of(0.0, 0.5).toPoint(), 8)
    stage.until(lambda: rests(plane) and max(plane.maps[MFA].frame.values.shape) == 512)

    stage.window.session.choose("mnist", ("mnist/kde",))
    pages = stage.window.presenters[PLACE].page
    stage.until(lambda: stage.window.presenters[PLACE].page is not None)
    pages = stage.window.presenters[PLACE].page
    assert pages.view.page() == "pixels"
    assert pages.pixels.noise.value() == 5
    assert pages.plane.what.currentData() == "picture"
    stage.click(pages.view.button("numbers"))
    assert stage.window.settings().density_page == "numbers"
