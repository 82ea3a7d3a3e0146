"""From one real digit to another by mouse: λ, a slider, the map, a film, and back from the film."""

import numpy as np
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.recipes.recipe import read_png
from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from engines.latents import directions
from tests.e2e.test_first_look import LEFT, drag
from widgets.look.state import State

VAE, GAN = "mnist/vae", "mnist/gan"
START = Settings(data="mnist", models={"mnist": (VAE,)}, count=4)
PLACE = 2


def test_a_walk_between_two_digits_is_steered_saved_and_brought_back(
    open_window, tmp_path, monkeypatch
):
    monkeypatch.setattr(directions, "STUDIED", dict.fromkeys(directions.STUDIED, 200))
    stage = open_window(START, ROOT)
    stage.window.resize(1280, 800)
    bar, tab = stage.window.tabs.tabBar(), stage.window.tabs.widget(PLACE)
    stage.click(bar, bar.tabRect(PLACE).center())
    presenter = stage.window.presenters[PLACE]
    presenter.panel.folder = tmp_path / "cache"
    tab.frames.setValue(5)

    def filmed():
        row = presenter.rows.get(VAE)
        return (
            row is not None
            and row.film is not None
            and row.film.complete
            and row.film.wish is row.wish
            and row.row.state is State.READY
        )

    def here():
        row = presenter.rows[VAE]
        return row.still is not None and not row.late()

    stage.until(lambda: filmed() and VAE in presenter.panel.studies)
    row = presenter.rows[VAE]

    # another two real pictures
    stage.click(tab.source.next)
    stage.click(tab.keys.button(1))
    stage.click(tab.source.previous)
    stage.until(lambda: filmed() and here())
    keys = presenter.keys.values().copy()
    assert (keys[0] != keys[1]).any()
    assert (row.row.frame.film.picture(0) == row.codes.shown[0]).all()

    # λ, with stops on the way
    seen = []
    row.shown.connect(lambda _: seen.append(row.still.place))
    drag(tab.player.slider, 600)
    stage.until(here)
    assert seen[-1] == row.place == pytest.approx(0.6, abs=0.01)
    plain = row.row.frame.still.picture(0).copy()

    # one latent slider, and what it does to the picture
    sliders = tab.latents.sliders
    field = sliders.field(0)
    drag(field.slider, field.slider.maximum())
    stage.until(lambda: here() and filmed())
    assert presenter.panel.turned_of(VAE)[0] == 3
    turned = row.row.frame.still.picture(0).copy()
    assert (turned != plain).any()
    field.slider.reset_wanted.emit()
    stage.until(lambda: here() and filmed())
    assert (row.row.frame.still.picture(0) == plain).all()
    drag(field.slider, field.slider.maximum())
    stage.until(lambda: here() and filmed())

    # a point of the map becomes the end point chosen
    tab.latents.pages.setCurrentIndex(2)
    plane, study = tab.latents.map, presenter.panel.studies[VAE]
    assert len(plane.path()) == 5
    x, y = study.xy[3].tolist()
    at = plane.place_of(x, y).toPoint()
    QTest.mouseMove(plane, at)
    QTest.mouseClick(plane, LEFT, pos=at)
    picked = presenter.keys.keys[1]
    assert picked.title.startswith("Training picture")
    assert any((picked.value == value).all() for value in study.values)
    stage.until(lambda: here() and filmed())

    # a film, and back from it
    tab.set_film_count(6)
    saved = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    stage.click(tab.export)
    menu = QApplication.activePopupWidget()
    (gif,) = [action for action in menu.actions() if action.text().startswith("GIF")]
    stage.click(menu, menu.actionGeometry(gif).center())
    stage.until(saved.exists)
    recipe = read_png(saved)
    assert recipe.extra["turned"][0] == 3
    keys, film = presenter.keys.values().copy(), row.row.frame.film.picture(2).copy()
    stage.click(tab.keys.button(0))
    stage.click(tab.source.next)
    sliders.reset_all()
    drag(tab.player.slider, 100)
    stage.until(lambda: here() and filmed())
    assert (row.row.frame.film.picture(2) != film).any()
    stage.drop(saved)
    stage.until(lambda: here() and filmed() and presenter.panel.turned_of(VAE)[0] == 3)
    assert (presenter.keys.values() == keys).all()
    assert np.abs(row.row.frame.film.picture(2).astype(int) - film).max() <= 1
    assert tab.player.place() == 0
