"""Densities of pictures by mouse in the real window: numbers, pixels, a plane, samples and data."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from tests.e2e.test_first_look import LEFT

VAE, KDE, AR = "mnist/vae", "mnist/kde", "mnist/autoregressive"
PLACE = 3


@pytest.fixture
def stage(open_window, monkeypatch, tmp_path):
    monkeypatch.setattr("app.tasks.scoring.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr("app.density.pictures.numbers.TEST_PICTURES", 4)
    stage = open_window(Settings(data="mnist", models={"mnist": (VAE, AR)}, count=2), ROOT)
    stage.window.resize(1280, 800)
    bar = stage.window.tabs.tabBar()
    stage.click(bar, bar.tabRect(PLACE).center())
    return stage


def test_a_picture_is_scored_mapped_and_put_on_a_plane(stage, tmp_path):
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None)
    pages = presenter.page
    numbers, view = pages.numbers, pages.view
    stage.until(lambda: {VAE, AR} <= set(numbers.scores))
    assert numbers.rows.rows[AR].badge.text() == "exact"
    assert numbers.rows.rows[VAE].number.text().startswith("≲ ")
    stage.until(lambda: [len(t.amounts) for t in numbers.tests.values()] == [4, 4])
    stage.until(lambda: len(list((tmp_path / "cache").glob("*.npy"))) == 2)

    # a bound and an exact value are not ranked, and the window says why
    numbers.sort.setFocus()
    QTest.keyClick(numbers.sort, Qt.Key.Key_Down)
    stage.until(lambda: any("different kinds" in text for text in stage.said()))
    assert numbers.sort.currentIndex() == 0

    # bits of the pixels add up to the number
    stage.click(view.button("pixels"))
    stage.until(lambda: {VAE, AR} <= set(pages.pixels.frames))
    total = float(pages.pixels.frames[AR].values.sum())
    assert total / 784 == pytest.approx(numbers.scores[AR].amount, rel=1e-4)
    heat = pages.pixels.panels[AR].map
    QTest.mouseMove(heat.viewport(), heat.position_of(14.5, 13.5).toPoint())
    stage.until(lambda: "row 14, column 14" in pages.pixels.under.text())
    before = pages.pixels.frames[AR]
    stage.click(view.source.next)
    stage.until(lambda: pages.pixels.frames[AR] is not before)

    # the plane through three pictures shows what is under the cursor
    stage.click(view.button("plane"))
    stage.until(lambda: pages.plane.frame is not None and pages.plane.frame.complete)
    corner = tuple(pages.plane.corners.places[1].tolist())
    heat = pages.plane.panel.map
    QTest.mouseMove(heat.viewport(), heat.position_of(*corner).toPoint())
    stage.until(lambda: pages.plane.under.picture() is not None)
    seen, other = pages.plane.under.picture(), pages.source.three()
    apart = [np.abs(seen.astype(float) - picture).mean() for picture in other]
    assert np.argmin(apart) == 1
    assert "of the latent" in pages.plane.panel.footer()


def test_a_lasso_shows_samples_and_data(stage):
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None)
    pages = presenter.page
    page = pages.samples
    page.count.setValue(64)
    stage.click(pages.view.button("samples"))
    stage.until(lambda: page.found is not None and len(page.found.sample_places) == 64)
    everywhere = page.gallery.count()
    heat = page.panels["data"].map
    x, y = np.median(page.found.data_places, 0)
    ring = [(x - 4, y - 4), (x + 4, y - 4), (x + 4, y + 4), (x - 4, y + 4)]
    places = [heat.position_of(*corner).toPoint() for corner in ring]
    QTest.mousePress(heat.viewport(), LEFT, pos=places[0])
    for place in places:
        QTest.mouseMove(heat.viewport(), place)
    QTest.mouseRelease(heat.viewport(), LEFT, pos=places[-1])
    inside = page.inside(page.found.data_places)
    assert 0 < inside.sum() < len(inside)
    box = np.abs(page.found.data_places - (x, y)).max(1)
    assert inside[box < 3.5].all()
    assert not inside[box > 4.5].any()
    assert page.gallery.count() <= everywhere
    stage.click(pages.view.button("dimensions"))
    curves = pages.dimensions.gaussians.curves
    assert [curve.title for curve in curves if curve.family == "kde"] == [
        "KDE, axes",
        "KDE, whitened",
    ]
    ends = {curve.title: curve.points[-1][1] for curve in curves}
    assert ends["KDE, whitened"] < ends["KDE, axes"]  # by the shape of the kernel alone
    for across in zip(*(curve.points for curve in pages.dimensions.digits.curves), strict=True):
        assert min((gap, error) for _, gap, error in across) == (0, 0)  # the best, behind itself
