"""The tab Learn by hand: a ring is drawn and learned, a GAN broken, a flow kept and found again."""

import hashlib
import itertools
import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.session import settings as remembered
from app.session.settings import Settings
from app.work.lane import Lane
from engines.checkpoints import own
from engines.checkpoints.catalog import ROOT
from tests.controls import controls, faults
from tests.own import home
from tests.terms import unexplained

__all__ = ["home"]
PLACE = 5
LEFT = Qt.MouseButton.LeftButton
FAMILIES = ("gan", "flow", "autoregressive")
GAN, FLOW, THIRD = 1, 2, 3
MOONS = Settings(data="moons", models={"moons": ("moons/kde",)}, points=50, learn_families=FAMILIES)


class Bench:
    """The tab with its parts, and what it takes to wait for them."""

    def __init__(self, stage):
        self.stage, window = stage, stage.window
        bar = window.tabs.tabBar()
        stage.click(bar, bar.tabRect(PLACE).center())
        self.presenter = window.presenters[PLACE]
        stage.until(lambda: self.presenter.desk is not None)
        self.desk, tab = self.presenter.desk, window.tabs.widget(PLACE)
        self.panel, self.bench, self.inspector = tab.data, tab.bench, tab.inspector
        self.transport, self.canvas = tab.bench.transport, tab.data.canvas
        self.at_rest(len(MOONS.learn_families))

    def at_rest(self, learners=None):
        teaching = self.desk.teaching
        self.stage.until(
            lambda: not teaching.busy() and learners in (None, len(teaching.news.reports))
        )

    def report(self, key):
        return self.desk.report(key)

    def burst(self, steps):
        self.stage.click(self.transport.bursts[steps])
        self.at_rest()

    def bits(self, key):
        tensors = self.desk.studio.pupils[key].made.course.sketch()
        parts = (tensors[name].numpy().tobytes() for name in sorted(tensors))
        return hashlib.sha256(b"".join(parts)).hexdigest()


def draw_ring(canvas):
    """A ring by a drag of the mouse."""
    middle, radius = canvas.rect().center(), 0.35 * canvas.width()
    places = [
        middle + QPoint(round(radius * math.cos(t)), round(radius * math.sin(t)))
        for t in (2 * math.pi * k / 60 for k in range(61))
    ]
    QTest.mousePress(canvas, LEFT, pos=places[0])
    for at in places[1:]:
        QTest.mouseMove(canvas, at)
    QTest.mouseRelease(canvas, LEFT, pos=places[-1])


@pytest.fixture
def opened(home, open_window, tmp_path):
    def opened(settings=MOONS):
        path = tmp_path / "settings.json"
        stage = open_window(settings, ROOT, settings_path=path)
        stage.window.resize(1280, 800)
        return stage, path

    return opened


def test_a_ring_is_drawn_learned_broken_rewound_kept_and_found_again(opened, monkeypatch, tmp_path):
    stage, path = opened()
    bench = Bench(stage)

    # a ring of one's own
    stage.click(bench.panel.clear)
    assert "Too few points" in bench.panel.says.text()
    draw_ring(bench.canvas)
    assert len(bench.canvas.sheet) > 100
    assert bench.panel.says.text().endswith("points.")
    bench.at_rest(3)
    assert [bench.report(key).family for key in (GAN, FLOW, THIRD)] == list(FAMILIES)

    # three families learn it
    bench.burst(10)
    first = {key: bench.bits(key) for key in (GAN, FLOW)}
    assert bench.report(FLOW).step == bench.report(GAN).step == 10
    shown = bench.bench.cards[FLOW].field.picture()
    assert shown.samples.shape == (400, 2)

    # the GAN is broken by values that everybody sees
    stage.click(bench.bench.cards[GAN].field)
    bench.at_rest()
    stage.click(bench.inspector.failures["exploding critic"])
    bench.at_rest()
    assert bench.report(GAN).knobs["penalty"] == 0
    assert bench.inspector.values.rows["penalty"].value() == 0
    assert "Exploding critic" in bench.inspector.symptom.text()
    bench.burst(10)
    assert bench.bits(GAN) != first[GAN]

    # back to the same initial weights, and the same again
    stage.click(bench.transport.rewind)
    bench.at_rest()
    assert bench.report(GAN).step == bench.report(FLOW).step == 0
    assert bench.report(GAN).knobs["penalty"] > 0
    bench.burst(10)
    assert {key: bench.bits(key) for key in (GAN, FLOW)} == first

    # the flow is kept, and samples in the first tab
    stage.click(bench.bench.cards[FLOW].field)
    bench.at_rest()
    stage.click(bench.inspector.keep)
    stage.until(lambda: own.cards())
    stage.until(lambda: stage.window.session.models == ("drawn/flow",))
    notebook = tmp_path / "flow.ipynb"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(notebook), ""))
    stage.click(bench.inspector.notebook)
    stage.until(notebook.exists)
    assert own.cards()[0].sha256 in notebook.read_text()
    stage.window.tabs.setCurrentIndex(0)
    stage.until_shows("drawn/flow")
    kept = bench.bits(FLOW)
    assert stage.close()

    # after a restart it is there
    again, _ = opened(remembered.load(path))
    again.until_shows("drawn/flow")
    (card,) = own.cards()
    assert card.training["steps"] == 10
    assert card.training["points"] > 100
    bar = again.window.tabs.tabBar()
    again.click(bar, bar.tabRect(PLACE).center())
    other = Bench(again)
    assert [report.family for report in other.desk.teaching.news.reports] == list(FAMILIES)
    assert other.desk.data.title == "drawn"
    other.burst(10)
    assert other.bits(FLOW) == kept  # the points kept, the seed and the steps are the same


def test_every_control_answers_clicks_and_keys_and_explains_itself(opened, monkeypatch):
    stage, _ = opened()
    bench = Bench(stage)
    stage.window.resize(1600, 1100)
    bench.burst(1)
    stage.click(bench.inspector.failures["exploding critic"])
    bench.at_rest()
    bench.transport.slider.setValue(200)
    bench.canvas.clear()
    bench.canvas.undo()
    # what the controls ask for from now on would only slow the hand down
    tickets = itertools.count(1_000_000)
    for kind in ("live", "queue", "background"):
        monkeypatch.setattr(Lane, kind, lambda *_, **__: next(tickets))
    for ask in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, ask, lambda *_a, **_k: ("", ""))
    seen = {type(control).__name__ for control in controls(stage.window)}
    assert {"PointCanvas", "Field", "Swatch", "Slider", "GlyphButton"} <= seen
    found = unexplained(stage.window) + faults(stage.window)
    assert not found, "\n".join(found)


def test_time_goes_back_to_what_was_shown(opened):
    stage, _ = opened()
    bench = Bench(stage)
    bench.burst(10)
    bench.burst(10)
    now = bench.bench.cards[FLOW].field.picture()
    slider = bench.transport.slider
    stage.click(slider, QPoint(2, slider.height() // 2))
    past = bench.bench.cards[FLOW].field.picture()
    assert past is not now
    film = bench.report(FLOW).film
    assert any(past.samples is each.samples for each in film.values())
    assert "was at step" in bench.bench.cards[FLOW].foot()
    stage.click(bench.transport.go_on)
    bench.at_rest()
    assert bench.report(FLOW).step < 20
    assert bench.transport.place() is None


def test_play_and_pause_by_hand_and_by_keys(opened):
    stage, _ = opened()
    bench = Bench(stage)
    stage.click(bench.transport.play)
    stage.until(lambda: bench.report(FLOW).step >= 3)
    assert bench.transport.play.text() == "Pause"
    QTest.keyClick(stage.window, Qt.Key.Key_Escape)
    assert bench.transport.play.text() == "Play"
    bench.at_rest()
    step = bench.report(FLOW).step
    stage.window.tabs.setCurrentIndex(0)
    bench.at_rest()
    assert bench.report(FLOW).step == step


def test_it_rests_out_of_view_and_goes_on_when_it_is_back(opened):
    stage, _ = opened()
    bench = Bench(stage)
    stage.click(bench.transport.play)
    stage.until(lambda: bench.report(FLOW).step >= 2)
    stage.window.tabs.setCurrentIndex(0)
    stage.ready()  # the lane is free for others
    step = bench.desk.studio.pupils[FLOW].made.step
    stage.ready()
    assert bench.desk.studio.pupils[FLOW].made.step == step
    stage.window.tabs.setCurrentIndex(PLACE)
    stage.until(lambda: bench.report(FLOW).step > step + 1)
    stage.click(bench.transport.play)
    bench.at_rest()


def test_values_duplicates_and_six_at_the_most(opened):
    stage, _ = opened()
    bench = Bench(stage)
    stage.click(bench.bench.cards[FLOW].field)
    bench.at_rest()
    rows = bench.inspector.values.rows
    rows["rate"].number.setValue(0.01)
    bench.at_rest()
    assert bench.report(FLOW).knobs["rate"] == 0.01
    stage.click(bench.inspector.values.to_twin, QPoint(8, 8))
    rows["transforms"].number.setValue(3)
    bench.at_rest(4)
    assert bench.desk.report().knobs["transforms"] == 3
    assert bench.report(FLOW).knobs["transforms"] == 2
    assert bench.bench.cards[4].title() == "Flow 2"
    for offer in ("mfa", "kde", "vae"):
        families = bench.bench.families
        families.activated.emit(families.findData(offer))
    bench.at_rest(6)
    assert any("as many as there may be" in text for text in stage.said())
    stage.click(bench.bench.cards[4].close_it)
    bench.at_rest(5)
    assert 4 not in bench.bench.cards
    assert bench.desk.chosen != 4


def test_points_may_be_drawn_while_families_learn(opened):
    stage, _ = opened()
    bench = Bench(stage)
    stage.click(bench.transport.play)
    stage.until(lambda: bench.report(FLOW).step >= 2)
    before = len(bench.canvas.sheet)
    QTest.mousePress(bench.canvas, LEFT, pos=QPoint(20, 20))
    QTest.mouseMove(bench.canvas, QPoint(90, 20))
    QTest.mouseRelease(bench.canvas, LEFT, pos=QPoint(90, 20))
    assert len(bench.canvas.sheet) > before
    made = bench.desk.studio.pupils[FLOW].made
    stage.until(lambda: len(made.data.train.x) > 0.9 * before + 5)
    step = bench.report(FLOW).step
    stage.until(lambda: bench.report(FLOW).step > step)
    stage.click(bench.transport.play)
    bench.at_rest()
    assert made.step >= step  # it went on from where it stood


def test_classes_begin_the_families_anew(opened):
    stage, _ = opened()
    bench = Bench(stage)
    bench.burst(1)
    stage.click(bench.panel.with_classes, QPoint(8, 8))
    bench.at_rest()
    assert bench.report(FLOW).step == 0
    assert bench.desk.studio.pupils[FLOW].made.data.labels == ("upper", "lower")
    assert set(bench.report(FLOW).portrait.labels.tolist()) == {0, 1}
