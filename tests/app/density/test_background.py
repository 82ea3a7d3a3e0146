"""The numbers of test pictures in the real window: in the background, and only for their page."""

import threading

import numpy as np
import pytest

from app.density.pictures.page import Pictures
from app.tasks.scoring import HeldOut, Score
from app.work.jobs import Order
from engines.maps.kinds import Kind
from tests.windows import BOTH

DENSITY = 3


class Bench:
    """The density tab, whose test pictures are scored without end until the gate opens."""

    def __init__(self):
        self.gate, self.fault, self.found = threading.Event(), None, None

    def score(self, _models, card, _picture, _label, _given):
        def job():
            yield Score(card, -1000.0, None, Kind.EXACT, "by a test")

        return job

    def score_tests(self, _models, _card, pictures, _label, *, given):
        def job():
            while not self.gate.wait(0.001):
                yield None
            if self.fault is not None:
                raise self.fault
            yield HeldOut(np.ones(len(pictures)), len(pictures))

        return job

    def page(self):
        """The pictures' page, in view or not."""
        found = self.stage.window.presenters[DENSITY].page
        self.found = found if isinstance(found, Pictures) else self.found
        return self.found

    def working(self):
        """What the page works out in the background."""
        return self.page().numbers._tested._jobs.titles()

    def lane_has_turned(self):
        """Wait for an order of the queue: it goes before what is in the background."""
        ended = []
        self.stage.window.jobs.submit(
            Order("turn", "", lambda: (_ for _ in ()), lambda _: None, done=ended.append)
        )
        self.stage.until(lambda: ended)

    def said(self):
        return self.stage.window.bar.title.text()


@pytest.fixture
def bench(open_window, monkeypatch):
    bench = Bench()
    for name in ("score", "score_tests"):
        monkeypatch.setattr(f"app.density.pictures.numbers.{name}", getattr(bench, name))
    bench.stage = open_window(BOTH)
    bench.stage.ready()
    bench.stage.window.tabs.setCurrentIndex(DENSITY)
    bench.stage.until(lambda: bench.page() is not None and len(bench.working()) == 2)
    bench.stage.until(lambda: len(bench.page().numbers.scores) == 2)
    yield bench
    bench.gate.set()


def test_the_window_says_what_is_worked_out_and_a_press_stops_it(bench):
    assert bench.said().startswith("In the background: ")
    assert bench.said().endswith("test pictures, and 1 more")
    bench.stage.click(bench.stage.window.bar.cancel)
    bench.stage.until(lambda: bench.working() == ())
    assert not bench.said().startswith("In the background")
    assert bench.page().numbers.tests == {}


def test_neither_a_card_nor_a_batch_waits_for_them(bench):
    window = bench.stage.window
    window.tabs.setCurrentIndex(0)
    window.tabs.setCurrentIndex(DENSITY)
    with bench.stage.qtbot.waitSignal(window.channels.queue.done, timeout=10_000):
        window.presenters[0].generate(8)
    bench.page().source.bar.step(1)
    bench.page().numbers.scores.clear()
    bench.stage.until(lambda: len(bench.page().numbers.scores) == 2)
    assert len(bench.working()) == 2, "they are still at work"


@pytest.mark.parametrize("way", ["another page", "another tab", "other data", "no model"])
def test_they_rest_while_their_page_is_out_of_view(bench, way):
    window = bench.stage.window
    models = window.session.models
    match way:
        case "another page":
            bench.page().view.button("pixels").setChecked(True)
        case "another tab":
            window.tabs.setCurrentIndex(0)
        case "other data":
            window.session.choose("moons", (window.session.of_data("moons")[0].name,))
        case "no model":
            window.session.choose("mnist", ())
    assert bench.working() == ()
    assert not bench.said().startswith("In the background")
    bench.lane_has_turned()  # the one that ran has come to its yield
    bench.gate.set()
    bench.lane_has_turned()
    assert bench.page().numbers.tests == {}
    match way:
        case "another page":
            bench.page().view.button("numbers").setChecked(True)
        case "another tab":
            window.tabs.setCurrentIndex(DENSITY)
        case _:
            window.session.choose("mnist", models)
    # its last step may come before its end
    bench.stage.until(lambda: len(bench.page().numbers.tests) == 2 and bench.working() == ())


def test_a_failure_is_said(bench):
    bench.fault = ValueError("the test pictures are of another size")
    bench.gate.set()
    bench.stage.until(lambda: bench.working() == ())
    said = [text for text in bench.stage.said() if "another size" in text]
    assert len(said) == 2
    assert all(" test pictures failed. " in text for text in said)
