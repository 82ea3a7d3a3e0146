"""The interpolation tab: the newest wish wins, nothing is stale, and a path can be made again."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageSequence
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.interpolation.paths import Key
from app.recipes.pictures import to_pixels
from app.recipes.recipe import read_png
from app.session.settings import Settings
from app.tasks import walking
from app.tasks.walking_recipe import plan_of
from engines import finish, open_model
from engines.model import SampleRequest
from tests.windows import LEFT, PLANE
from widgets.controls.choices import ChoicesMenu
from widgets.look.state import State

FLOW, KDE = "mnist/flow", "mnist/kde"
FLOWS = Settings(data="mnist", models={"mnist": (FLOW,)}, count=4, seed=7)
PLACE = 2


class Bench:
    """The interpolation tab of a window, in front."""

    def __init__(self, stage):
        self.stage, self.window = stage, stage.window
        self.presenter = stage.window.presenters[PLACE]
        self.tab = stage.window.tabs.widget(PLACE)
        stage.window.tabs.setCurrentIndex(PLACE)

    def row(self, name=FLOW):
        return self.presenter.rows[name]

    def until(self, condition):
        self.stage.until(condition)

    def filmed(self, name=FLOW):
        row = self.presenter.rows.get(name)
        return (
            row is not None
            and row.film is not None
            and row.film.complete
            and row.film.wish is row.wish
            and row.row.state is State.READY
        )

    def here(self, name=FLOW):
        row = self.presenter.rows[name]
        return row.still is not None and not row.late() and not row.still.rough

    def go(self, place):
        self.tab.player.slider.setValue(round(1000 * place))

    def shown(self, name=FLOW):
        return self.row(name).row.frame.still.picture(0)


@pytest.fixture
def bench(open_window):
    bench = Bench(open_window(FLOWS))
    bench.until(lambda: bench.filmed() and bench.here())
    return bench


def test_it_opens_on_two_held_out_digits_and_walks_between_them(bench):
    assert [key.title.split(",")[0] for key in bench.presenter.keys.keys] == [
        "Test picture 18",
        "Test picture 61",
    ]
    row = bench.row()
    assert row.row.errors() == "PSNR: A exact · B exact"
    ends = bench.presenter.keys.values()
    assert (row.row.frame.film.picture(0) == ends[0]).all()
    assert (row.row.frame.film.picture(8) == ends[1]).all()
    assert len(row.row.curve.values()) == 9
    assert row.film.meaning == "lower bound on log p(x)"
    assert row.row.badge.text() == "codes: exact"


def test_the_ends_of_the_slider_show_the_ends(bench):
    ends = bench.presenter.keys.values()
    for place, end in ((0.0, 0), (1.0, 1)):
        bench.go(place)
        bench.until(bench.here)
        assert (bench.shown() == ends[end]).all()
        assert (bench.presenter.paths.below.frame.still.picture(0) == ends[end]).all()


def test_the_cross_fade_is_that_of_pixels(bench):
    bench.go(0.25)
    a, b = bench.presenter.keys.values().astype(float)
    faded = bench.presenter.paths.below.frame.still.picture(0)
    assert np.abs(faded - (0.75 * a + 0.25 * b)).max() <= 0.5


def test_a_click_on_a_frame_goes_there(bench):
    film = bench.row().row.frame.film
    QTest.mouseClick(film, LEFT, pos=film.frame_rect(6).center().toPoint())
    assert bench.tab.player.place() == pytest.approx(0.75)
    bench.until(bench.here)
    assert bench.row().still.place == pytest.approx(0.75)
    assert np.abs(bench.shown().astype(int) - film.picture(6)).max() <= 1
    QTest.keyClick(film, Qt.Key.Key_Right)
    assert bench.tab.player.place() == pytest.approx(0.875)


def test_no_stale_picture_is_shown_whatever_the_delays(bench, monkeypatch):
    """Every decode waits a random while; pictures come in the order of the hand and end with it."""
    rng, pause = np.random.default_rng(5), threading.Event()
    original = walking.codes_at

    def slow(walk, wish, places):
        pause.wait(float(rng.uniform(0, 0.02)))
        return original(walk, wish, places)

    monkeypatch.setattr(walking, "codes_at", slow)
    row, seen = bench.row(), []
    row.shown.connect(lambda _: seen.append((row.still.stamp, row.still.place)))
    wanted = rng.uniform(0, 1, 400).round(3).tolist()  # long enough to outlast a cold start
    for place in wanted:
        bench.go(place)
        QTest.qWait(5)
    bench.until(bench.here)
    stamps = [stamp for stamp, _ in seen]
    assert stamps == sorted(stamps)
    assert len(seen) > 5
    assert seen[-1][1] == wanted[-1]
    assert row.refused == 0
    # what is on show is the picture of where the hand is, computed anew
    place = row.place
    bench.presenter.stop()
    row.go(place, resting=True)
    before = bench.shown().copy()
    stamp = row.stamp
    bench.until(lambda: row.still.stamp == stamp)
    assert (bench.shown() == before).all()


def test_pictures_of_other_end_points_are_refused(bench):
    row = bench.row()
    old = row.still
    other = bench.presenter.keys.values()[::-1].copy()
    bench.presenter.keys.set_keys([Key(value, "swapped") for value in other])
    assert row.codes is None
    row._take_still(old)
    assert row.refused == 1
    bench.until(lambda: bench.filmed() and bench.here())
    assert (row.row.frame.film.picture(0) == other[0]).all()


def test_more_keys_and_back(bench):
    for count in (3, 4):
        bench.stage.click(bench.tab.keys.add)
        bench.until(lambda n=count: bench.filmed() and len(bench.row().codes.z) == n)
    bench.tab.keys.button(1).click()
    bench.stage.click(bench.tab.keys.remove)
    bench.until(lambda: bench.filmed() and len(bench.row().codes.z) == 3)
    keys = bench.presenter.keys.values()
    for k in range(3):
        assert (bench.row().row.frame.film.picture(4 * k) == keys[k]).all()


def test_every_end_point_has_a_frame_of_its_own(bench):
    """Eight at the most; where the frames asked for do not come out even there are more."""
    for _ in range(7):
        bench.tab.keys.add.click()
    keys = bench.presenter.keys.values()
    assert len(keys) == 8
    assert not bench.tab.keys.add.isEnabled()
    bench.until(lambda: bench.filmed() and len(bench.row().codes.z) == 8)
    assert len(bench.row().film.values) == 15
    for k in range(8):
        assert (bench.row().row.frame.film.picture(2 * k) == keys[k]).all()
        assert (bench.presenter.paths.below.frame.film.picture(2 * k) == keys[k]).all()


def test_the_norm_of_codes_is_told(bench):
    def ends_of(text):
        return [float(part) for part in text.partition("|z| ")[2].split("–")]

    said = {}
    for way in ("slerp", "lerp"):
        bench.tab.way.setCurrentText(way)
        bench.until(bench.filmed)
        bench.go(0.3 if way == "slerp" else 0.6)
        bench.until(bench.here)
        said[way] = ends_of(bench.row().row.cost())
        norms = np.linalg.norm(bench.row().film.codes, axis=1)
        assert said[way] == pytest.approx([norms.min(), norms.max()], abs=0.06)
    ends = np.linalg.norm(bench.row().codes.z, axis=1)
    assert said["slerp"] == pytest.approx(sorted(ends), abs=0.06)


def test_sliders_that_cannot_be_found_say_why(bench):
    """The examples at hand have another size than what this model makes."""
    bench.until(lambda: "28 × 28" in bench.tab.latents.sliders.nothing.text())
    assert "makes pictures of 8 × 8" in bench.tab.latents.sliders.nothing.text()


def test_another_way_and_another_number_of_frames(bench):
    straight = bench.row().row.frame.film.picture(4).copy()
    bench.tab.way.setCurrentText("lerp")
    bench.until(bench.filmed)
    assert bench.row().wish.way == "lerp"
    assert (bench.row().row.frame.film.picture(4) != straight).any()
    bench.tab.frames.setValue(5)
    bench.until(lambda: bench.filmed() and len(bench.row().film.values) == 5)


def test_a_draw_of_a_model_becomes_an_end_point_of_all(bench):
    bench.tab.keys.button(1).click()
    bench.stage.click(bench.tab.sample)
    bench.until(lambda: bench.presenter.keys.keys[1].title == "Flow, seed 7, picture 1")
    bench.until(bench.filmed)
    assert (bench.row().row.frame.film.picture(8) == bench.presenter.keys.keys[1].value).all()


def test_a_sample_keeps_the_code_that_it_was_made_of(bench, monkeypatch):
    """At the end point stands the sample itself, bit by bit, and its recipe brings both back."""
    bench.tab.keys.button(1).click()
    bench.stage.click(bench.tab.sample)
    bench.until(lambda: bench.presenter.keys.keys[1].title == "Flow, seed 7, picture 1")
    bench.until(bench.filmed)
    model = open_model(bench.row().card)
    request = SampleRequest(1, 7, first=1)
    sample = to_pixels(finish(model.sample(request)))[0]
    codes = bench.row().codes
    assert (codes.z[1] == model.latents.drawn(request)[0].numpy()).all()
    assert (codes.shown[1] == sample).all()
    assert (bench.row().row.frame.film.picture(8) == sample).all()
    # decoded as a class: the same noise, of which that class makes another picture
    bench.tab.classes.setCurrentIndex(2)
    bench.until(bench.filmed)
    assert (bench.row().codes.z[1] == codes.z[1]).all()
    bench.tab.classes.setCurrentIndex(0)
    bench.until(bench.filmed)
    recipe = bench.presenter.menus.recipe(bench.row())
    assert [each.seed for each in plan_of(recipe, bench.row().card).samples if each] == [7]
    bench.presenter.keys.step(1)
    bench.until(bench.filmed)
    bench.presenter.restore(recipe)
    bench.until(lambda: bench.filmed() and bench.row().codes.z[1] == pytest.approx(codes.z[1]))
    assert (bench.row().codes.z[1] == codes.z[1]).all()


def test_a_sample_of_a_class_keeps_its_code_where_the_path_is_decoded_as_that_class(bench):
    bench.tab.source.classes.setCurrentIndex(2)  # class 1 of the data
    bench.until(bench.filmed)
    bench.tab.keys.button(1).click()
    bench.stage.click(bench.tab.sample)
    bench.until(lambda: bench.presenter.keys.keys[1].title == "Flow, seed 7, picture 1")
    bench.until(bench.filmed)
    model = open_model(bench.row().card)
    noise = model.latents.drawn(SampleRequest(1, 7, first=1))[0].numpy()
    assert (bench.row().codes.z[1] != noise).any()  # decoded as none, it is a picture like others
    bench.tab.classes.setCurrentIndex(2)
    bench.until(lambda: bench.row().codes is not None and bench.filmed())
    assert (bench.row().codes.z[1] == noise).all()
    assert (bench.row().row.frame.film.picture(8) == bench.presenter.keys.keys[1].value).all()
    assert bench.row().wish.plain


def test_a_picture_sent_from_another_tab_arrives(bench):
    (target,) = [t for t in bench.window.travel.targets if t.task == "interpolate"]
    picture = np.full((8, 8, 3), 90, np.uint8)
    bench.window.travel.send(target, picture, "somewhere")
    assert (bench.presenter.keys.keys[0].value == picture).all()
    bench.until(bench.filmed)


def test_it_plays_loops_and_stops(bench):
    player = bench.tab.player
    player.speed.setCurrentIndex(player.speed.count() - 1)
    player.loop.setChecked(True)
    QTest.keyClick(bench.tab, Qt.Key.Key_Space)
    assert player.playing()
    seen = []
    player.moved.connect(seen.append)
    bench.until(lambda: any(b < a for a, b in pairwise(seen)))
    QTest.keyClick(bench.tab, Qt.Key.Key_Space)
    assert not player.playing()
    bench.until(bench.here)


def test_a_path_is_saved_and_brought_back(bench, tmp_path, monkeypatch):
    bench.tab.set_film_count(7)
    saved = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    menu = bench.presenter.menus.films()
    (alone,) = [each.menu() for each in menu.actions() if each.text() == "Flow alone"]
    alone.actions()[0].trigger()
    bench.until(saved.exists)
    recipe = read_png(saved)
    assert (recipe.task, recipe.model, recipe.count) == ("interpolate", FLOW, 7)
    with Image.open(saved) as image:
        image.seek(0)
        assert image.size[0] >= 8 * 28
    keys = bench.presenter.keys.values().copy()
    bench.stage.click(bench.tab.source.next)
    bench.tab.way.setCurrentText("lerp")
    bench.go(0.7)
    bench.until(lambda: bench.filmed() and bench.here())
    bench.window.tabs.setCurrentIndex(0)
    bench.stage.drop(saved)
    assert bench.window.tabs.currentIndex() == PLACE
    bench.until(lambda: bench.filmed() and bench.here())
    assert (bench.presenter.keys.values() == keys).all()
    assert bench.row().wish.way == "slerp"
    assert bench.tab.player.place() == 0
    assert bench.tab.film_count() == 7


def test_a_film_has_all_rows_side_by_side_but_those_left_out(bench, tmp_path, monkeypatch):
    bench.tab.set_film_count(3)
    saved = tmp_path / "walk.gif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    menu = bench.presenter.menus.films()
    film, choices = menu.actions()[0], menu.findChild(ChoicesMenu)
    assert film.text() == "GIF of 2 rows, 3 frames…"
    assert [each.text() for each in choices.actions()] == ["Flow", "Pixel cross-fade"]
    film.trigger()
    bench.until(lambda: any("Saved" in said for said in bench.stage.said()))
    assert read_png(saved).model == FLOW
    with Image.open(saved) as image:
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(image)]
    assert len(frames) == 3
    side = frames[0].shape[1] // 2
    assert side > 280
    # the rows begin at the same picture, and go other ways
    halves = [(frame[26:-30, 12:side], frame[26:-30, side + 6 : -6]) for frame in frames]
    assert all(np.ptp(frame[-30:]) > 200 for frame in frames), "λ is written below"
    assert (frames[0][-30:] != frames[1][-30:]).any()
    assert (halves[0][0][:, :268] == halves[0][1][:, :268]).mean() > 0.9
    assert (halves[1][0][:, :268] == halves[1][1][:, :268]).mean() < 0.9
    choices.popup(QPoint(0, 0))
    for place, words in ((1, "GIF of 1 row, 3 frames…"), (0, "GIF of 0 rows, 3 frames…")):
        choices.setActiveAction(choices.actions()[place])
        QTest.keyClick(choices, Qt.Key.Key_Space)
        assert choices.isVisible(), "the menu stays: more rows may be left out"
        assert film.text() == words
    assert not film.isEnabled()
    choices.close()


def test_one_picture_has_a_recipe_of_its_place(bench):
    bench.go(0.431)
    bench.until(bench.here)
    recipe = bench.presenter.menus.recipe(bench.row())
    bench.go(0.0)
    bench.until(bench.here)
    bench.presenter.restore(recipe)
    assert bench.tab.player.place() == pytest.approx(0.431)


def test_points_have_a_path_in_the_plane(open_window):
    bench = Bench(open_window(PLANE))
    names = ("moons/flow", "moons/kde")
    bench.until(lambda: all(bench.presenter.rows.get(n) and bench.filmed(n) for n in names))
    row = bench.row("moons/flow").row
    assert row.frame.plane.isVisible()
    assert row.frame.strip is None
    assert len(row.frame.plane.path()) == 9
    target = row.frame.plane.place_of(0.5, 0.25).toPoint()
    QTest.mouseClick(row.frame.plane, LEFT, pos=target)
    bench.until(lambda: all(bench.filmed(n) for n in names))
    x, y = bench.presenter.keys.keys[0].value.tolist()
    assert (x, y) == pytest.approx((0.5, 0.25), abs=0.05)
    assert row.frame.plane.spot() is not None


def test_a_file_that_is_no_picture_changes_nothing(bench):
    before = bench.presenter.keys.values().copy()
    bench.presenter.adopt(b"no picture")
    bench.until(bench.stage.said)
    assert (bench.presenter.keys.values() == before).all()
    assert bench.filmed()
