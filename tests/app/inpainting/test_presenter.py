"""The in-painting tab: fast methods follow the hand, slow ones wait for Fill, nothing is stale."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from app.inpainting.pictures.row import NO_HOLE
from app.session.settings import Settings
from app.tab.method_row import BEFORE, CHANGED, NONE_FITS, QUEUED, WAITS
from tests.windows import BOTH, DIGITS, LEFT
from widgets.look.state import State

KDE, FLOW = "mnist/kde", "mnist/flow"


class Desk:
    """The in-painting tab of a window, in front."""

    def __init__(self, stage):
        self.stage, self.window = stage, stage.window
        self.presenter = stage.window.presenters[1]
        self.tab = stage.window.tabs.widget(1)
        stage.window.tabs.setCurrentIndex(1)

    @property
    def side(self):
        """What the tab shows for the kind of data in view."""
        return self.tab.desk

    def row(self, name=KDE):
        return self.presenter.rows[name]

    def view(self, name=KDE):
        return self.tab.row(name)

    def complete(self, name=KDE):
        row = self.presenter.rows.get(name)
        return row is not None and row.frame is not None and row.frame.complete

    def until(self, condition):
        self.stage.until(condition)

    def ready(self, name=KDE):
        self.until(lambda: self.complete(name) and self.view(name).state is State.READY)

    def told(self, i=0, name=KDE):
        """Seed, 10 · index, 100 · heat and class + 1, as a draw tells them."""
        picture = self.view(name).draws.picture(i)
        return [*picture[0, :2, 0].tolist(), *picture[1, :2, 0].tolist()]

    def paint(self, start, end):
        """A stroke on the canvas, in picture pixels (x, y)."""
        canvas = self.side.canvas
        a, b = (canvas.position_of(point).toPoint() for point in (start, end))
        QTest.mousePress(canvas, LEFT, pos=a)
        QTest.mouseMove(canvas, (a + b) / 2)
        QTest.mouseMove(canvas, b)
        QTest.mouseRelease(canvas, LEFT, pos=b)

    def texts(self, name=KDE):
        view = self.view(name)
        return [label.text() for label in (view._note, view._cost, view._kept)]


@pytest.fixture
def desk(open_window, methods):
    desk = Desk(open_window(DIGITS))
    desk.ready()
    return desk


def test_it_opens_on_a_held_out_digit_half_hidden_and_filled(desk):
    assert desk.side.source.title().startswith("Test picture")
    assert desk.side.canvas.mask()[:, :2].all()
    assert not desk.side.canvas.mask()[:, 2:].any()
    assert desk.view().draws.count() == 8
    assert [desk.told(i) for i in (0, 7)] == [[7, 0, 100, 0], [7, 70, 100, 0]]
    assert desk.view().badge.text() == "sampler: exact"
    assert "✓ known pixels kept" in desk.texts()
    assert desk.view().methods.count() == 2
    assert desk.side.flip.viewer.recipe_text().startswith(f"Model: {KDE}\nMethod: Quick")


def test_known_pixels_are_those_of_the_picture(desk):
    known = ~desk.side.canvas.mask()
    picture = desk.presenter.editor.source.picture
    for i in range(8):
        assert (desk.view().draws.picture(i)[known] == picture[known]).all()


def test_every_control_and_every_stroke_is_answered(desk, methods):
    asked = methods["quick"].asked
    desk.tab.count.setValue(3)
    desk.until(lambda: desk.complete() and desk.view().draws.count() == 3)
    desk.window.seed.box.setValue(9)
    desk.until(lambda: desk.told()[0] == 9)
    desk.tab.classes.setCurrentIndex(desk.tab.classes.findData(1))
    desk.until(lambda: desk.told()[3] == 2)
    desk.paint((3.5, 4.5), (4.5, 5.5))
    desk.until(lambda: not asked[-1].known[0, 5, 4])
    desk.ready()
    assert desk.view().draws.is_stale(0) is False


def test_a_slow_method_waits_for_fill(desk, methods):
    desk.tab.method_chosen.emit(KDE, "slow")
    assert desk.view().badge.text() == "sampler: heuristic"
    assert desk.view().draws.is_stale(0)
    assert CHANGED in desk.texts()
    assert methods["slow"].asked == []
    desk.stage.click(desk.tab.fill)
    assert QUEUED in desk.texts()
    desk.until(lambda: methods["slow"].asked)
    assert desk.window.bar.isVisible()
    methods["slow"].allow()
    desk.until(lambda: desk.complete() and desk.row().frame.choice.name == "slow")
    desk.ready()
    assert CHANGED not in desk.texts()


def test_painting_goes_on_while_a_slow_method_works_and_its_result_is_marked(desk, methods):
    methods["slow"].steps = 3
    desk.tab.method_chosen.emit(KDE, "slow")
    desk.presenter.run(first=False)
    desk.until(lambda: methods["slow"].asked)
    before = desk.side.canvas.mask()
    desk.paint((3.5, 1.5), (4.5, 2.5))
    assert (desk.side.canvas.mask() != before).any()
    methods["slow"].allow(2)
    desk.until(lambda: BEFORE in desk.texts())
    methods["slow"].allow(1)
    desk.until(lambda: desk.row().batch is None)
    assert desk.row().frame.choice.name == "slow"
    assert desk.row().frame.complete
    assert desk.view().draws.is_stale(0)
    assert CHANGED in desk.texts()
    assert CHANGED in desk.side.flip.viewer.recipe_text()
    desk.side.canvas.set_mask(before)
    desk.presenter.refresh()
    assert not desk.view().draws.is_stale(0)
    assert CHANGED not in desk.side.flip.viewer.recipe_text()


def test_a_method_shows_its_knobs_before_its_first_draw(open_window, methods):
    desk = Desk(open_window(Settings(**vars(DIGITS) | {"live_filling": False})))
    desk.until(lambda: desk.presenter.rows and desk.row().offer is not None)
    assert desk.tab.knobs_title.text() == "Quick · KDE"
    desk.tab.method_chosen.emit(KDE, "slow")
    assert list(desk.tab.knobs.knobs) == ["heat"]
    assert desk.tab.knobs_title.text() == "Slow · KDE"


@pytest.mark.parametrize("first", [False, True])
def test_fast_methods_are_filled_before_slow_ones(open_window, methods, first, started):
    desk = Desk(open_window(Settings(**vars(BOTH) | {"live_filling": False})))
    desk.until(lambda: set(desk.presenter.rows) == {FLOW, KDE})
    desk.until(lambda: desk.row(FLOW).offer and desk.row(KDE).offer)
    desk.tab.method_chosen.emit(FLOW, "slow")
    desk.presenter.run(first=first)
    tickets = [desk.row(KDE).batch, desk.row(FLOW).batch]
    table = desk.window.bar.table
    titles = [table.job_at(row).title for row in range(table.rowCount())]
    assert titles == ["KDE: fill 8", "Flow: fill 8"]
    methods["slow"].allow()
    desk.ready(FLOW)
    assert started == tickets


def test_one_picture_alone_is_framed(desk):
    desk.side.flip.slider.setValue(5)
    summary = desk.view().summary
    desk.stage.click(summary.viewport(), summary.tile_rect(2).center().toPoint())
    assert (summary.current(), desk.view().draws.current()) == (2, None)
    desk.side.flip.slider.setValue(6)
    assert (summary.current(), desk.view().draws.current()) == (None, 6)


def test_nothing_painted_is_said_to_be_nothing_filled(desk):
    desk.side.canvas.set_mask(np.zeros_like(desk.side.canvas.mask()))
    desk.presenter.refresh()
    desk.until(lambda: NO_HOLE in desk.texts())


def test_with_live_off_nothing_is_drawn_before_fill(open_window, methods):
    desk = Desk(open_window(Settings(**vars(DIGITS) | {"live_filling": False})))
    desk.until(lambda: desk.presenter.rows and desk.row().offer is not None)
    desk.until(lambda: desk.view().state is State.EMPTY)
    assert methods["quick"].asked == []
    assert desk.view()._message._text.text() == WAITS
    QTest.keyClick(desk.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert desk.view()._message._text.text() == QUEUED
    desk.ready()


def test_a_tab_out_of_view_draws_nothing(desk, methods):
    desk.window.tabs.setCurrentIndex(0)
    asked = len(methods["quick"].asked)
    desk.window.seed.box.setValue(55)
    desk.stage.until_shows(KDE, seed=55)
    assert len(methods["quick"].asked) == asked
    desk.window.tabs.setCurrentIndex(1)
    desk.until(lambda: desk.told()[0] == 55)


def test_a_second_fill_takes_the_place_of_the_first(desk, methods):
    desk.tab.method_chosen.emit(KDE, "slow")
    desk.presenter.run(first=False)
    desk.until(lambda: methods["slow"].asked)
    desk.window.seed.box.setValue(8)
    desk.presenter.run(first=False)
    methods["slow"].allow(2)
    desk.until(lambda: desk.complete() and desk.row().frame.request.seed == 8)
    assert desk.told()[0] == 8


def test_a_failure_stays_in_its_row_and_can_be_tried_again(desk, methods):
    methods["quick"].error = RuntimeError("no strings")
    desk.window.seed.box.setValue(8)
    desk.until(lambda: desk.view().state is State.FAILED)
    assert "no strings" in desk.view()._message._text.text()
    assert desk.told()[0] == 7
    methods["quick"].error = None
    desk.stage.click(desk.view()._message.retry)
    desk.until(lambda: desk.view().state is State.READY)
    assert desk.told()[0] == 8


def test_a_model_that_no_method_fits_says_so(open_window, monkeypatch):
    monkeypatch.setattr("engines.inpaint.methods_for", lambda model: ())
    desk = Desk(open_window(DIGITS))
    desk.until(lambda: desk.presenter.rows and desk.row().offer is not None)
    desk.until(lambda: desk.view()._message._text.text() == NONE_FITS)


def test_a_model_of_another_size_says_so_in_its_row(open_window, methods):
    desk = Desk(open_window(BOTH))  # the flow's pictures are 8 × 8, and it comes first
    desk.until(lambda: desk.view(KDE) and desk.view(KDE).state is State.FAILED)
    assert "fills 5 × 6 pixels" in desk.view(KDE)._message._text.text()
    desk.ready(FLOW)


def test_the_slider_flips_through_the_draws_and_o_shows_the_picture(desk):
    desk.side.flip.slider.setValue(5)
    assert "Picture: 5" in desk.side.flip.viewer.recipe_text()
    assert desk.view().draws.current() == 5
    canvas = desk.side.flip.viewer._canvas
    assert (canvas._picture == desk.view().draws.picture(5)).all()
    desk.tab.setFocus()
    QTest.keyPress(desk.tab, Qt.Key.Key_O)
    assert (canvas._picture == desk.presenter.editor.source.picture).all()
    QTest.keyRelease(desk.tab, Qt.Key.Key_O)
    assert (canvas._picture == desk.view().draws.picture(5)).all()


def test_a_knob_of_the_method_redraws_and_warns(desk):
    desk.tab.knob_changed.emit("heat", 0.5)
    desk.until(lambda: desk.told()[2] == 50)
    desk.ready()
    assert any("too hot" in text for text in desk.texts())


def test_a_run_that_finds_itself_poor_says_so_in_amber_until_a_better_one(desk, methods):
    poor = "Raise Steps: accepted 2 %"
    for seed, said in ((8, poor), (9, "")):
        methods["quick"].poor = said
        desk.window.seed.box.setValue(seed)
        desk.until(lambda seed=seed: desk.told()[0] == seed)
        desk.ready()
        assert any(poor in text for text in desk.texts()) == bool(said)


def test_examples_step_within_their_class_and_may_clear_the_mask(desk):
    bar = desk.side.source
    before = bar.title()
    bar.next.click()
    assert bar.title() != before
    assert desk.side.canvas.mask().any()
    bar.classes.setCurrentIndex(bar.classes.findData(2))
    titles = set()
    for _ in range(3):
        bar.next.click()
        titles.add(bar.title())
        assert bar.title().endswith("class 2")
    assert len(titles) == 3
    desk.side.keep_mask.setChecked(False)
    bar.previous.click()
    assert not desk.side.canvas.mask().any()


def test_a_sample_travels_from_the_sampling_tab(desk):
    desk.window.tabs.setCurrentIndex(0)
    desk.stage.ready()  # what is in view is drawn, not before
    picture = desk.stage.picture(KDE, 2).copy()
    (target,) = (t for t in desk.window.travel.targets if t.title == "In-painting")
    desk.window.travel.send(target, picture, "mnist/kde, seed 7, picture 2")
    assert desk.window.tabs.currentIndex() == 1
    assert (desk.presenter.editor.source.picture == picture).all()
    assert desk.side.source.title() == "mnist/kde, seed 7, picture 2"


def test_truth_mean_sd_typical_and_diverse_stand_beside_the_draws(desk):
    summary, draws = desk.view().summary, desk.view().draws
    every = np.stack([draws.picture(i) for i in range(8)])
    assert (summary.picture(0) == desk.presenter.editor.source.picture).all()
    assert (summary.picture(1) == every.astype(float).mean(0).round()).all()
    spread = summary.picture(2)
    assert (spread[0, 1] != spread[0, 3]).any(), "known and unknown look alike"
    typical = desk.row().frame.summary.typical
    assert (summary.picture(3) == draws.picture(typical)).all()
    place = summary.tile_rect(4).center().toPoint()
    desk.stage.click(summary.viewport(), QPoint(place))
    assert desk.view().draws.current() == desk.row().frame.summary.diverse


def test_the_truth_is_compared_with_the_draws(desk):
    frame, source = desk.row().frame, desk.presenter.editor.source
    place = desk.view().summary.tile_rect(0).center().toPoint()
    desk.stage.click(desk.view().summary.viewport(), QPoint(place))
    viewer = desk.side.flip.viewer
    assert (viewer._canvas._picture == source.picture).all()
    hole = frame.values[:, frame.request.mask].astype(float)
    truth = source.picture[frame.request.mask]
    inside = (hole.min(0) <= truth) & (truth <= hole.max(0))
    assert f"Within the samples: {100 * inside.mean():.0f} %" in viewer.recipe_text()
    assert desk.view().summary._captions[0] == "truth"


def test_the_unclamped_guess_is_shown_on_request_and_never_saved(desk):
    desk.side.unclamped.setChecked(True)
    picture, known = desk.presenter.editor.source.picture, ~desk.side.canvas.mask()
    frame = desk.row().frame
    shown = desk.view().draws.picture(3)
    assert (shown[:, -1] == 166).all(), "the puppet leaves 0.3 in the last column"
    assert (shown[known] != picture[known]).any()
    off = abs(shown[known].astype(int) - picture[known]).max()
    assert f"raw: ≤ {off} of 255 off" in desk.texts()
    assert (frame.values[:, known] == picture[known]).all()
    assert "Shown: raw" in desk.side.flip.viewer.recipe_text()
    desk.side.unclamped.setChecked(False)
    assert (desk.view().draws.picture(3)[known] == picture[known]).all()
    assert "✓ known pixels kept" in desk.texts()


def test_what_was_chosen_is_remembered(desk, open_window):
    desk.tab.count.setValue(5)
    desk.tab.live.setChecked(False)
    desk.tab.method_chosen.emit(KDE, "slow")
    desk.side.keep_mask.setChecked(False)
    desk.side.editor.tools.opacity.setValue(30)
    desk.side.editor.tools._choose_colour(QColor("#2F6FEB"))
    kept = desk.window.settings()
    assert (kept.imputations, kept.live_filling, kept.methods) == (5, False, {KDE: "slow"})
    assert (kept.keep_mask, kept.mask_opacity, kept.mask_colour) == (False, 30, "#2F6FEB")
    other = Desk(open_window(kept))
    assert other.side.canvas.overlay_colour() == QColor("#2F6FEB")
    assert other.side.canvas.overlay_opacity() == pytest.approx(0.3)
    assert not other.side.keep_mask.isChecked()
