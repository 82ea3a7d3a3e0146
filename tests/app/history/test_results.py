"""Every tab hands over what it has finished, with a recipe that makes it again."""

import numpy as np
import pytest

from app.history.record import record_of
from app.recipes.recipe import Recipe
from app.recipes.result import Fulfilled
from engines.checkpoints.catalog import ROOT
from tests.windows import BOTH, DIGITS, PLANE

FILL, PLACE = 1, 3


class Kept:
    """A Keep that remembers what it was given."""

    def __init__(self):
        self.results = []

    def finish(self, result):
        self.results.append(result)
        return Fulfilled()

    def begun(self, recipe):
        return None

    def grow(self, recipe, start, values):
        pass

    def of(self, task, **fields):
        """The results of a task whose recipes have these fields."""
        found = [result for result in list(self.results) if result.task == task]
        return [r for r in found if all(getattr(r.recipe(), k) == v for k, v in fields.items())]


@pytest.fixture
def opened(open_window):
    def open_it(settings, *more):
        stage = open_window(settings, *more)
        kept = stage.window.session.open.keep = Kept()
        stage.window.session.set_seed(11)  # what was drawn before is drawn anew
        return stage, kept

    return open_it


def check(result, values=None):
    """It can be kept: its recipe is read back, and its thumbnail is drawn."""
    record = record_of(result)
    assert Recipe.from_json(record.recipe) == result.recipe()
    assert record.thumbnail.startswith(b"\x89PNG")
    assert record.arrays
    assert not np.isnan(result.values).any()  # log-densities may be −∞
    if values is not None:
        assert (result.values == values).all()


def test_samples_and_batches(opened):
    stage, kept = opened(BOTH)
    stage.until(lambda: len(kept.of("sample", count=6)) == 2)
    stage.ready()
    live = kept.of("sample", count=6)[0]
    assert not live.queued
    check(live)
    stage.tab.batch.setValue(40)
    stage.window.presenters[0].run(first=False)
    stage.until(lambda: len(kept.of("sample", count=40)) == 2)
    batch = next(r for r in kept.of("sample", count=40) if r.card.name == "mnist/kde")
    assert batch.queued
    stage.until(lambda: not stage.window.jobs.unfinished())
    check(batch, stage.window.presenters[0].columns["mnist/kde"].frame.values)


def test_points(opened):
    stage, kept = opened(PLANE)
    stage.until(lambda: kept.of("sample"))
    check(kept.of("sample")[0])


def test_fills_of_pictures(opened):
    stage, kept = opened(DIGITS, ROOT)
    stage.window.tabs.show_task("inpaint")
    presenter = stage.window.presenters[FILL]
    stage.until(
        lambda: presenter.editor is not None and presenter.editor.source.picture is not None
    )
    presenter.run(first=False)
    stage.until(lambda: any(r.queued for r in kept.of("inpaint")))
    fill = next(r for r in kept.of("inpaint") if r.queued)
    assert fill.recipe().extra["method"]
    check(fill, presenter.rows["mnist/kde"].frame.values)


def test_fills_of_points(opened):
    stage, kept = opened(PLANE)
    stage.window.tabs.show_task("inpaint")
    stage.until(lambda: kept.of("inpaint"))
    check(kept.of("inpaint")[0])


def test_paths(opened):
    stage, kept = opened(PLANE)
    stage.window.tabs.show_task("interpolate")
    stage.until(lambda: kept.of("interpolate"))
    path = kept.of("interpolate")[-1]
    assert len(path.values) == path.recipe().count
    check(path)


def test_maps_of_the_plane_once_all_of_them_are_finished(opened):
    stage, kept = opened(PLANE)
    stage.window.tabs.show_task("density")
    stage.until(lambda: kept.of("density"))
    maps = kept.of("density")[-1]
    assert set(maps.recipe().extra["models"]) == {"moons/flow", "moons/kde"}
    assert len(maps.values) == 3  # those of the models and the truth
    check(maps)


def test_pages_of_maps_of_a_picture(opened):
    stage, kept = opened(BOTH)
    stage.window.tabs.show_task("density")
    presenter = stage.window.presenters[PLACE]
    stage.until(lambda: presenter.page is not None and presenter.page.source.picture is not None)
    presenter.page.view.button("pixels").click()
    stage.until(lambda: kept.of("density"))
    page = kept.of("density")[-1]
    assert page.recipe().extra["page"] == "pixels"
    check(page)
