"""The density tab of models with two attributes: a menu for each, and what it changes."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.recipes.recipe import read_png
from app.session.settings import Settings
from app.window.window import Window
from engines import log_density, open_model
from tests.checkpoints import ship_kernels
from tests.kinds import blobs
from tests.windows import Stage

POINTS, PICTURES, KDE = "moons/blobs", "mnist/blobs", "moons/kde"
PLACE = 3


@pytest.fixture
def open_blobs(tmp_path, monkeypatch, qtbot):
    """Open a window with the density tab in front, on a model with two attributes."""
    blobs.register(monkeypatch)
    monkeypatch.setattr("app.tasks.scoring.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("app.density.pictures.numbers.TEST_PICTURES", 2)
    root = ship_kernels(tmp_path / "assets")
    blobs.ship(root, POINTS)
    blobs.ship(root, PICTURES, (1, 28, 28))
    windows = []

    def make(*names):
        data = names[0].split("/")[0]
        settings = Settings(data=data, models={data: names}, seed=7, density_side=256)
        window = Window(settings, device="cpu", root=root)
        qtbot.addWidget(window)
        windows.append(window)
        window.resize(1280, 800)
        window.show_then_begin()
        stage = Stage(window, qtbot)
        stage.until(lambda: window.session.models)
        window.tabs.setCurrentIndex(PLACE)
        stage.until(lambda: window.presenters[PLACE].page is not None)
        return stage, window.presenters[PLACE].page

    yield make
    for window in windows:
        window.close()


def choose(menu, value):
    """Choose in a menu by the keyboard, as a hand does."""
    menu.setFocus()
    while menu.currentData() != value:
        before = menu.currentIndex()
        wanted = menu.findData(value)
        QTest.keyClick(menu, Qt.Key.Key_Down if wanted > before else Qt.Key.Key_Up)
        assert menu.currentIndex() != before


def rests(plane):
    frames = [(m.frame, m.wanted) for m in plane.maps.values()]
    return bool(frames) and all(
        frame is not None and frame.complete and frame.request == wanted for frame, wanted in frames
    )


def root_of(stage):
    return stage.window.session.root


def given_in(plane, name):
    return dict(plane.maps[name].frame.request.asked.given)


def agrees(stage, plane, given):
    """Whether the map is the density under these values, at every pixel."""
    frame = plane.maps[POINTS].frame
    axes = frame.request.area.axes(frame.request.wide, frame.request.high)
    points = torch.cartesian_prod(*(torch.from_numpy(axis).float() for axis in axes))
    found = log_density(open_model(POINTS, root=root_of(stage)), points, given=given).value
    shape = frame.request.wide, frame.request.high
    return np.allclose(frame.values, found.view(*shape).T.numpy(), atol=1e-2)


def test_maps_are_of_the_values_that_are_chosen(open_blobs, tmp_path, monkeypatch):
    stage, plane = open_blobs(POINTS, KDE)
    controls = plane.view.controls
    menus = controls.attributes.menus
    stage.until(lambda: rests(plane))
    assert list(menus) == ["place", "size"]
    assert all(menu.isVisible() for menu in menus.values())
    assert controls.classes.isVisible()  # that of the kernels beside it
    assert agrees(stage, plane, {})
    controls.samples.setChecked(True)
    for chosen in ({"place": "left"}, {"place": "left", "size": "small"}):
        name = list(chosen)[-1]
        choose(menus[name], chosen[name])
        stage.until(lambda chosen=chosen: rests(plane) and given_in(plane, POINTS) == chosen)
        assert agrees(stage, plane, chosen)
        assert given_in(plane, KDE) == {}  # it has none of these attributes
    stage.until(lambda: POINTS in plane.overlays._samples)
    assert plane.overlays._samples[POINTS].request.given == {"place": "left", "size": "small"}
    # the truth is of all points, and says so
    assert plane.maps["truth"].frame.method.endswith("whatever their place and size")

    # a point, and the cross-hair over it
    plane._click(-0.5, -0.5)
    plane._hover(-0.5, -0.5)
    numbers = plane.view.numbers
    stage.until(lambda: all(numbers.text(n, point=True) != "–" for n in (POINTS, KDE, "truth")))
    stage.until(lambda: not numbers.is_rough(POINTS))
    model, at = open_model(POINTS, root=root_of(stage)), torch.tensor([[-0.5, -0.5]])
    expected = log_density(model, at, given={"place": "left", "size": "small"}).value.item()
    for point in (True, False):
        found = numbers.text(POINTS, point=point).replace("−", "-")
        assert float(found) == pytest.approx(expected, abs=1e-3)
    choose(menus["place"], "right")
    stage.until(lambda: numbers.text(POINTS, point=True).startswith("−"))
    controls.classes.setCurrentIndex(1)
    stage.until(lambda: rests(plane) and plane.maps[KDE].frame.request.asked.one == 0)
    assert plane.maps[POINTS].frame.request.asked.one is None
    controls.classes.setCurrentIndex(0)

    # saved, and brought back where other values were chosen
    saved = tmp_path / "maps.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    stage.until(lambda: rests(plane))
    plane.save()
    recipe = read_png(saved)
    assert (recipe.label, recipe.given) == (None, {"place": "right", "size": "small"})
    other, fresh = open_blobs(POINTS)
    other.until(lambda: rests(fresh) and given_in(fresh, POINTS) == {})
    assert not fresh.view.controls.classes.isVisible()
    other.window.presenters[PLACE].restore(recipe)
    other.until(lambda: rests(fresh) and given_in(fresh, POINTS) == recipe.given)
    assert fresh.view.controls.attributes.given() == recipe.given
    assert agrees(other, fresh, recipe.given)


def test_a_model_with_classes_has_the_menu_of_classes(open_blobs):
    stage, plane = open_blobs(KDE)
    stage.until(lambda: rests(plane))
    assert plane.view.controls.classes.isVisible()
    assert not plane.view.controls.attributes.isVisible()
    assert plane.maps["truth"].frame.method == "definition of the data set"


def test_numbers_of_pictures_are_of_the_values_that_are_chosen(open_blobs):
    stage, page = open_blobs(PICTURES)
    menus = page.view.attributes.menus
    stage.until(lambda: PICTURES in page.numbers.scores and PICTURES in page.numbers.tests)
    assert list(menus) == ["place", "size"]
    assert not page.view.classes.isVisible()
    model = open_model(PICTURES, root=root_of(stage))
    x = torch.from_numpy(page.source.picture[None, None, ..., 0]).float() / 127.5 - 1
    for given in ({}, {"place": "left"}, {"place": "left", "size": "large"}):
        for name, value in given.items():
            choose(menus[name], value)
        expected = log_density(model, x, given=given).value.item()
        stage.until(
            lambda expected=expected: (
                abs(page.numbers.scores[PICTURES].value - expected) < 1e-6 * abs(expected)
            )
        )
    tests = torch.from_numpy(page.source.bar.examples.pictures.levels[:2, None, ..., 0])
    given = {"place": "left", "size": "large"}
    expected = log_density(model, tests.float() / 127.5 - 1, given=given).value
    amounts = [model.card.kind.per_unit(-nats) for nats in expected.tolist()]
    known = page.numbers.tests
    stage.until(lambda: PICTURES in known and len(known[PICTURES].amounts) == 2)
    np.testing.assert_allclose(known[PICTURES].amounts, amounts, rtol=1e-6)
    page.view.button("pixels").setChecked(True)
    stage.until(lambda: PICTURES in page.pixels.frames)
    slope = (-0.5 - x[0, 0].numpy()) / 0.09
    np.testing.assert_allclose(page.pixels.frames[PICTURES].values, slope, rtol=1e-3, atol=1e-3)
    look = page.look()
    assert look.given == given
    choose(menus["size"], "small")
    page.restore(look)
    assert page.view.attributes.given() == given
