"""Every task of every tab by keys alone."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from app.recipes.recipe import read_png
from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from tests.e2e.keys import CONTROL, SHIFT, K, Keys, called
from tests.windows import BOTH, PLANE
from widgets.look import focus
from widgets.look.state import State

FLOW, KDE = "mnist/flow", "mnist/kde"
SAMPLE, FILL, WALK, PLACE, USES, LEARN = range(6)


@pytest.fixture
def menus(monkeypatch):
    """Menus that were opened; none waits for a hand."""
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, at: opened.append(menu))
    return opened


@pytest.fixture
def saved(monkeypatch, tmp_path):
    path = tmp_path / "saved.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    return path


def test_sampling(open_window, menus, saved):
    stage = open_window(BOTH)
    stage.ready()
    hand, tab = Keys(stage), stage.tab
    hand.to("Preview count")
    hand.type("4")
    hand.to("Class")
    hand.press(K.Key_Home)
    stage.until_shows(FLOW, KDE, count=4, label=None)
    hand.to("Bandwidth of KDE")
    before = tab.knobs(KDE)["bandwidth"]
    hand.press(K.Key_Right, times=3)
    assert tab.knobs(KDE)["bandwidth"] != before
    hand.to("Reset Bandwidth of KDE")
    hand.press(K.Key_Space)
    assert tab.knobs(KDE)["bandwidth"] == before
    hand.to("Seed")
    hand.type("11")
    stage.until_shows(FLOW, KDE, seed=11, count=4)

    # a picture is looked at, copied, saved, and its menu opened
    gallery = hand.to("Pictures of KDE")
    hand.press(K.Key_Right, times=2)
    assert gallery.current() == 1
    hand.press(K.Key_C, held=CONTROL)
    assert QApplication.clipboard().mimeData().hasImage()
    hand.press(K.Key_S, held=CONTROL)
    stage.until(saved.exists)
    assert read_png(saved).seed == 11
    middle = gallery.rect().center()
    asked = QContextMenuEvent(
        QContextMenuEvent.Reason.Keyboard, middle, gallery.mapToGlobal(middle)
    )
    QApplication.sendEvent(gallery.viewport(), asked)  # what a system makes of the menu key
    stage.until(lambda: menus)

    # a batch, and what is left of it; a column less, and another one; other data
    hand.to("Batch size")
    hand.type("6")
    hand.press(K.Key_Return, held=CONTROL)
    stage.until(lambda: tab.last_batch.isChecked() and stage.shows(KDE, count=6))
    hand.to("Close KDE")
    hand.press(K.Key_Space)
    stage.until(lambda: tab.names() == (FLOW,))
    hand.to("Model KDE")
    hand.press(K.Key_Space)
    stage.until(lambda: set(tab.names()) == {FLOW, KDE})
    hand.to("Data set")
    hand.press(K.Key_Down)
    stage.until(lambda: stage.window.session.data != "mnist")


def test_inpainting(open_window, saved):
    stage = open_window(BOTH)
    hand = Keys(stage)
    _, presenter = hand.tab(FILL)
    stage.until(lambda: presenter.editor.source.picture is not None)
    stage.until(lambda: len(presenter.rows) == 2)
    picture = presenter.editor.source.picture.copy()
    hand.to("Next example")
    hand.press(K.Key_Space)
    stage.until(lambda: (presenter.editor.source.picture != picture).any())
    hand.to("Samples")
    hand.type("2")

    # a mask by keys: nothing, a line of the brush, a rectangle, one step back, swapped
    canvas = hand.to("Mask canvas")
    hand.press(K.Key_Delete)
    assert not canvas.mask().any()
    hand.press(K.Key_B)
    hand.press(K.Key_BracketLeft, times=9)
    hand.press(K.Key_Return)
    hand.press(K.Key_Right, times=3)
    hand.press(K.Key_Return, held=SHIFT)
    line = canvas.mask()
    assert line.sum() == 4
    hand.press(K.Key_U)
    hand.press(K.Key_Return)
    hand.press(K.Key_Down, times=2)
    hand.press(K.Key_Left, times=3)
    hand.press(K.Key_Return)
    assert canvas.mask().sum() == 12
    hand.press(K.Key_Z, held=CONTROL)
    assert (canvas.mask() == line).all()
    hand.press(K.Key_I, held=CONTROL)
    mask = canvas.mask()
    assert (mask == ~line).all()

    # a method, the fill, one sample, saved
    stage.until(lambda: all(row.offer is not None for row in presenter.rows.values()))
    several = [row for row in presenter.rows.values() if row.row.methods.isEnabled()]
    for row in several:
        combo = hand.to(f"Method of {row.row.title()}")
        hand.press(K.Key_Down)
        assert combo.currentIndex() == 1
    hand.press(K.Key_Return, held=CONTROL)
    stage.until(lambda: _filled(presenter, mask))
    draws = hand.to("Samples of Flow")
    before = draws.current()
    hand.press(K.Key_Right)
    assert draws.current() == (0 if before is None else 1)
    hand.press(K.Key_S, held=CONTROL)
    stage.until(saved.exists)
    assert read_png(saved).count == 2


def _filled(presenter, mask):
    rows = presenter.rows.values()
    return all(
        row.frame is not None and row.frame.complete and (row.frame.request.mask == mask).all()
        for row in rows
        if row.row.state is not State.FAILED
    )


def test_inpainting_of_points(open_window):
    stage = open_window(PLANE)
    hand = Keys(stage)
    _, presenter = hand.tab(FILL)
    stage.until(lambda: len(presenter.rows) == 2)
    stage.until(lambda: "Plane" in map(called, focus.order(stage.window)))
    plane = hand.to("Plane")
    before = plane.accessibleDescription()
    hand.press(K.Key_Right, times=3)
    assert plane.accessibleDescription() != before
    hand.press(K.Key_X)
    assert plane.accessibleDescription().startswith("x₂")
    hand.to("Known coordinate")
    hand.type("0.25")
    assert "0.25" in plane.accessibleDescription()
    hand.press(K.Key_Return, held=CONTROL)
    stage.until(lambda: all(row.batch is None for row in presenter.rows.values()))


def test_interpolation(open_window, menus):
    stage = open_window(BOTH)
    hand = Keys(stage)
    tab, presenter = hand.tab(WALK)
    stage.until(lambda: len(presenter.rows) == 2)
    hand.to("Thumbnails")
    hand.type("3")
    row = presenter.rows[FLOW]
    stage.until(lambda: row.film is not None and row.film.complete)
    hand.to("End point B")
    hand.press(K.Key_Space)
    assert tab.keys.current() == 1
    hand.to("Next example")
    hand.press(K.Key_Space)
    hand.to("Add a keyframe")
    hand.press(K.Key_Space)
    stage.until(lambda: len(presenter.keys.values()) == 3)
    hand.to("Remove the keyframe")
    hand.press(K.Key_Space)
    stage.until(lambda: len(presenter.keys.values()) == 2)
    hand.to("Path")
    hand.press(K.Key_Down)
    assert tab.way.currentText() == "lerp"
    hand.to("λ")
    hand.press(K.Key_End)
    assert tab.player.place() == 1.0
    assert "λ = 1.000" in tab.player._label.text()
    strip = hand.to("Film strip of Flow")
    hand.press(K.Key_Home)
    assert tab.player.place() == 0.0
    hand.press(K.Key_Space)
    assert tab.player.playing()
    hand.press(K.Key_Space)
    assert strip.isVisible()
    assert not tab.player.playing()
    hand.to("Export…")
    hand.press(K.Key_Space)
    stage.until(lambda: menus)


def test_density_of_points(open_window, saved):
    stage = open_window(PLANE)
    hand = Keys(stage)
    _, presenter = hand.tab(PLACE)
    stage.until(lambda: presenter.page is not None and len(presenter.page.maps) == 3)
    page, controls = presenter.page, presenter.page.view.controls
    stage.until(lambda: all(m.frame is not None and m.frame.complete for m in page.maps.values()))
    hand.to("Contours")
    hand.press(K.Key_Space)
    assert not controls.contours.isChecked()
    heat = hand.to("Heat map of KDE")
    before = heat.box_in_view()
    hand.press(K.Key_Plus)
    hand.press(K.Key_Right)
    assert heat.box_in_view() != before
    hand.press(K.Key_0, held=CONTROL)
    hand.press(K.Key_Return)
    stage.until(page.points.numbers)
    hand.to("First map of the difference")
    hand.press(K.Key_Down)
    hand.to("Second map of the difference")
    hand.press(K.Key_Down, times=2)
    stage.until(lambda: len(page.maps) + 1 == len(page.view.names()) or len(page.maps) == 4)
    hand.to("Save picture…")
    hand.press(K.Key_Space)
    stage.until(saved.exists)
    hand.to("Clear points")
    hand.press(K.Key_Space)
    assert page.points.points == []


def test_density_of_pictures(open_window, saved):
    models = {"mnist": ("mnist/vae",)}
    stage = open_window(Settings(data="mnist", models=models, density_page="pixels"), ROOT)
    hand = Keys(stage)
    _, presenter = hand.tab(PLACE)
    stage.until(lambda: presenter.page is not None and presenter.page.source.picture is not None)
    page, view = presenter.page, presenter.page.view

    # the page that was in front at the last start: its switch is reached, and another picture
    stage.until(lambda: page.pixels.frames)
    switch, picture = hand.to("Pixels"), page.source.picture
    hand.to("Next example")
    hand.press(K.Key_Space)
    stage.until(lambda: (page.source.picture != picture).any())
    stage.until(lambda: page.pixels.panels["mnist/vae"].state is State.READY)
    heat = hand.to("Heat map of VAE")
    before = heat.box_in_view()
    hand.press(K.Key_Plus)
    assert heat.box_in_view() != before
    hand.press(K.Key_0, held=CONTROL)
    hand.press(K.Key_Return)
    assert "column 14" in page.pixels.under.text()
    hand.to("Save picture…")
    hand.press(K.Key_Space)
    stage.until(saved.exists)
    assert read_png(saved).extra["page"] == "pixels"

    # numbers in another order; the plane: a map, what lies below its middle
    switch.setFocus()
    hand.press(K.Key_Left)
    assert view.page() == "numbers"
    stage.until(lambda: page.numbers.scores)
    order = hand.to("Order of the models")
    hand.press(K.Key_Down)
    assert order.currentIndex() == 1
    hand.to("Numbers")
    hand.press(K.Key_Right, times=2)
    assert view.page() == "plane"
    stage.until(lambda: page.plane.frame is not None and page.plane.frame.complete)
    hand.to("Heat map of VAE")
    hand.press(K.Key_Return)
    stage.until(lambda: page.plane.under.picture() is not None)

    # samples: fewer, a lasso round all that is in view, and none
    hand.to("Plane")
    hand.press(K.Key_Right)
    hand.to("Samples")
    hand.type("32")
    assert page.samples.count.value() == 32
    hand.to("Heat map of Data")
    hand.press(K.Key_Return)
    assert page.samples.lasso
    hand.to("Clear lasso")
    hand.press(K.Key_Space)
    assert not page.samples.lasso
    hand.to("Samples and data")
    hand.press(K.Key_Right)
    assert view.page() == "dimensions"


def test_uses(open_window):
    """The pages of uses, in the order of their switch."""
    stage = open_window(Settings(data="mnist", models={"mnist": ("mnist/vae",)}), ROOT)
    hand = Keys(stage)
    tab, presenter = hand.tab(USES)
    stage.until(lambda: presenter.page is not None)

    def turn(title, name):
        hand.to(title)
        hand.press(K.Key_Right)
        assert tab.page() == name
        stage.until(lambda: presenter.page.view.isVisible())
        return presenter.page

    slider = hand.to("False-alarm rate")
    before = slider.value()
    hand.press(K.Key_Left)
    assert slider.value() == before - 1
    hand.to("noise")
    before = presenter.page.view.chosen_groups()
    hand.press(K.Key_Space)
    assert presenter.page.view.chosen_groups() != before

    page = turn("Outliers", "comparison")
    count = hand.to("Held-out examples")
    hand.type("20")
    assert count.value() == 20

    page = turn("Comparison", "classifier")
    stage.until(lambda: page.picture is not None)
    picture = page.picture
    hand.to("Next example")
    hand.press(K.Key_Space)
    stage.until(lambda: (page.picture != picture).any())
    hand.to("Prior of 0")
    prior = page.view.prior.weights()
    hand.press(K.Key_Right, times=3)
    assert page.view.prior.weights() != prior
    hand.to("Uniform")
    hand.press(K.Key_Space)

    page = turn("Classifier", "compression")
    stage.until(page.view.compress.isEnabled)
    hand.to("Number of pictures")
    hand.type("2")
    before = page.view.state.text()
    hand.to("Compress")
    hand.press(K.Key_Space)
    stage.until(lambda: page.view.state.text() != before)


def test_learn(open_window):
    stage = open_window(replace(PLANE, learn_families=("vae", "flow")))
    hand = Keys(stage)
    tab, presenter = hand.tab(LEARN)
    stage.until(lambda: presenter.desk is not None)
    desk, canvas = presenter.desk, tab.data.canvas
    stage.until(lambda: desk.teaching.news.reports and not desk.teaching.busy())

    # points of one's own: nothing, then two strokes, one taken back
    hand.to("Clear")
    hand.press(K.Key_Space)
    assert len(canvas.sheet) == 0
    hand.to("Points to learn")
    for key in (K.Key_Right, K.Key_Down, K.Key_Left):
        hand.press(K.Key_S, K.Key_Space)
        hand.press(key, times=6)
    drawn = len(canvas.sheet)
    assert drawn > 0
    hand.press(K.Key_Z, held=CONTROL)
    assert len(canvas.sheet) < drawn
    hand.press(K.Key_Z, held=CONTROL | SHIFT)
    assert len(canvas.sheet) == drawn
    hand.to("Take points")
    hand.press(K.Key_Down)
    stage.until(lambda: len(canvas.sheet) > drawn)
    stage.until(lambda: not desk.teaching.busy())

    # a step, a value, back to the start, a learner less
    steps = [report.step for report in desk.teaching.news.reports]
    hand.to("1 step")
    hand.press(K.Key_Space)
    stage.until(lambda: [r.step for r in desk.teaching.news.reports] == [s + 1 for s in steps])
    hand.to("Rewind all")
    hand.press(K.Key_Space)
    stage.until(lambda: {r.step for r in desk.teaching.news.reports} == {0})
    many = len(tab.bench.cards)
    last = tab.bench.cards[max(tab.bench.cards)].title()
    hand.to(f"Samples and density of {last}")
    hand.press(K.Key_Return)
    hand.to(f"Remove {last}")
    hand.press(K.Key_Space)
    stage.until(lambda: len(tab.bench.cards) == many - 1)
