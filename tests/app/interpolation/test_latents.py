"""The inspector of latents: sliders and their names, the pad and what it shows, the map."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

import engines
from app.recipes.pictures import to_pixels
from app.session.settings import Settings
from app.tasks import walking
from engines.latents import directions
from engines.model import finish
from tests.app.interpolation.test_presenter import FLOW, FLOWS, Bench
from tests.windows import LEFT
from widgets.interpolation.latent_panel import FOUR

SLIDERS, PAD, MAP = range(3)


@pytest.fixture
def bench(open_window, monkeypatch, tmp_path):
    g = torch.Generator().manual_seed(3)
    data = torch.rand(60, 1, 8, 8, generator=g) * 2 - 1, torch.arange(60) % 3
    monkeypatch.setattr(directions, "data_of", lambda *_: data)
    monkeypatch.setattr("app.tasks.latent_study.cache_folder", lambda: tmp_path)
    bench = Bench(open_window(FLOWS))
    bench.until(lambda: bench.filmed() and bench.here() and FLOW in bench.presenter.panel.studies)
    return bench


def turned(bench):
    return bench.presenter.panel.turned_of(FLOW)


def test_one_slider_is_reset_by_a_double_click_and_all_by_home(bench):
    sliders = bench.tab.latents.sliders
    first, second = sliders.field(0), sliders.field(1)
    for field, value in ((first, 2.0), (second, -1.0)):
        field.slider.setValue(field.slider.maximum() if value > 0 else field.slider.minimum())
    assert turned(bench)[:2] == (3.0, -3.0)
    QTest.mouseDClick(first.slider, LEFT)
    QTest.mouseRelease(first.slider, LEFT)  # or the button stays down for the tests to come
    assert turned(bench)[:2] == (0.0, -3.0)
    second.slider.setFocus()
    QTest.keyClick(second.slider, Qt.Key.Key_Home)
    assert not any(turned(bench))
    bench.until(lambda: bench.filmed() and bench.here() and bench.row().wish.plain)


def test_the_class_follows_the_hand_and_keeps_the_code(bench):
    classes, row = bench.tab.latents.classes, bench.row()
    slider, (model, walk, *_) = classes.slider, bench.presenter.walks.models.made(FLOW)["walk"]
    bench.go(0.25)
    bench.until(lambda: bench.filmed() and bench.here())
    plain, film = bench.shown().copy(), row.film

    def spot(position):
        return QPoint(round(slider.x_of(position)), slider.height() // 2)

    QTest.mousePress(slider, LEFT, pos=spot(0))
    for label in range(3):
        QTest.mouseMove(slider, spot(label + 1))
        bench.until(lambda label=label: bench.here() and row.wish.label == label)
        z = walking.codes_at(walk, row.wish, [0.25])
        wanted = finish(engines.decode(model, z, torch.tensor([label])))
        assert (bench.shown() == to_pixels(wanted)[0]).all()
        assert (bench.shown() != plain).any()
        assert bench.tab.label() == label
        assert row.film is film  # the strip waits for the hand to rest
    QTest.mouseRelease(slider, LEFT, pos=spot(3))
    bench.until(lambda: bench.filmed() and row.film.wish.label == 2)
    assert classes.title.text() == "Class: two"
    QTest.mouseDClick(slider, LEFT, pos=spot(3))
    QTest.mouseRelease(slider, LEFT, pos=spot(3))
    bench.until(lambda: bench.filmed() and bench.here() and row.wish.plain)
    assert (bench.shown() == plain).all()
    assert bench.tab.classes.currentText() == "As encoded"


def test_menu_and_slider_stand_at_the_same_class(bench):
    tab = bench.tab
    tab.classes.setCurrentIndex(tab.classes.findText("one"))
    assert tab.latents.classes.label() == 1
    QTest.keyClick(tab.latents.classes.slider, Qt.Key.Key_Right)
    assert tab.classes.currentText() == "two"
    bench.until(lambda: bench.filmed() and bench.row().wish.label == 2)
    tab.latents.sliders.reset_all()
    assert tab.classes.currentText() == "As encoded"
    bench.until(lambda: bench.filmed() and bench.row().wish.plain)


def test_sliders_reach_further_once_unlocked(bench):
    sliders = bench.tab.latents.sliders
    sliders.unlock.setChecked(True)
    field = sliders.field(2)
    field.slider.setValue(field.slider.maximum())
    assert turned(bench)[2] == 10.0


def test_a_direction_keeps_the_name_it_is_given(bench, open_window):
    name = bench.tab.latents.sliders._names[1]
    assert "PCA of 60 encodings" in name.toolTip()
    name.selectAll()
    QTest.keyClicks(name, "slant")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert bench.tab.latents.up.itemText(1) == "slant"
    kept = bench.window.settings()
    assert list(kept.directions.values()) == ["slant"]
    sha256 = bench.row().card.sha256
    assert next(iter(kept.directions)).startswith(sha256[:16])
    assert Settings(**vars(kept)).directions == kept.directions


def test_hovering_over_the_pad_shows_what_a_press_there_makes(bench):
    bench.tab.latents.pages.setCurrentIndex(PAD)
    pad = bench.tab.latents.pad
    seen = []
    pad.hovered.connect(lambda x, y: seen.append((x, y)))

    def hovers():  # once the page is laid out
        QTest.mouseMove(pad, pad.spot(0.8, -0.6).toPoint())
        return seen and seen[-1] == pytest.approx((0.8, -0.6), abs=0.01)

    bench.until(hovers)
    # what a pad of another size was hovered over for may come first
    bench.until(lambda: pad.thumb_place() == seen[-1])
    thumb = pad.thumb().copy()
    assert bench.row().wish.plain
    QTest.mouseClick(pad, LEFT, pos=pad.spot(0.8, -0.6).toPoint())
    bench.until(lambda: bench.here() and bench.filmed() and not bench.row().wish.plain)
    assert turned(bench)[:2] == pytest.approx((2.4, -1.8), abs=0.05)
    assert turned(bench)[:2] == pytest.approx([3 * v for v in seen[-1]], abs=0.001)  # right there
    assert (bench.shown() == thumb).all()


def test_the_pad_mixes_four_pictures(bench):
    for _ in range(2):
        bench.tab.keys.add.click()
    bench.until(lambda: bench.filmed() and len(bench.row().codes.z) == 4)
    latents = bench.tab.latents
    latents.pages.setCurrentIndex(PAD)
    latents.across.setCurrentIndex(latents.across.findData(FOUR))
    shown = bench.row().codes.shown
    for k, (x, y) in enumerate(((-1, 1), (1, 1), (-1, -1), (1, -1))):
        stamp = bench.row().stamp
        QTest.mouseClick(latents.pad, LEFT, pos=latents.pad.spot(x, y).toPoint())
        bench.until(lambda s=stamp: bench.row().still.stamp > s)
        assert np.abs(bench.shown().astype(int) - shown[k]).max() <= 8  # a pixel of the pad off


def test_the_map_shows_what_is_under_the_mouse(bench):
    latents, study = bench.tab.latents, bench.presenter.panel.studies[FLOW]
    latents.pages.setCurrentIndex(MAP)
    assert len(latents.map.path()) == 9

    def place():
        """The map may get another size meanwhile, and with that its points other places."""
        return latents.map.place_of(*study.xy[7].tolist()).toPoint()

    def hovered():
        QTest.mouseMove(latents.map, QPoint(1, 1))
        QTest.mouseMove(latents.map, place())
        return latents.thumb.isVisible()

    bench.until(hovered)
    shown = latents.thumb.picture(0)
    assert any((shown == value).all() for value in study.values)
    assert latents.caption.text().startswith("class ")
    assert [word for word, _ in latents.legend.entries] == ["zero", "one", "two"]
    assert latents.map._axes[0].startswith("PC 1 (")
    assert latents.map._axes[1].endswith("% of the variance)")
    # a click chooses: the nearest in the latent space are ringed and shown, and can be gone to
    QTest.mouseClick(latents.map, LEFT, pos=place())
    near = latents.map.ringed()
    far = np.linalg.norm(study.scores - study.scores[near[0]], axis=1)
    assert near[1:] == tuple(np.argsort(far, kind="stable")[1:6])
    assert [(latents.near.picture(k) == study.values[i]).all() for k, i in enumerate(near)] == [
        True
    ] * 6
    assert latents.near_says.text().startswith("Chosen: class ")
    bench.until(lambda: bench.filmed() and bench.here())
    latents.near.setFocus()
    QTest.keyClick(latents.near, Qt.Key.Key_Right)
    QTest.keyClick(latents.near, Qt.Key.Key_Right)
    assert latents.map.ringed()[0] == near[1] or latents.map.ringed()[0] in near
    assert (bench.presenter.keys.keys[0].value == study.values[latents.map.ringed()[0]]).all()
