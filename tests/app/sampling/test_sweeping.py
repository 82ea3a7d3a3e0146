"""A sweep shows one knob at several values of one seed, and comes back from its file."""

from dataclasses import replace

import numpy as np
import pytest

from app.exchange import file_dialogs
from app.tasks.sweeping import sweep_in
from tests.windows import DIGITS, PLANE

KDE = "mnist/kde"


@pytest.fixture
def stage(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    return stage


def swept(stage, name=KDE):
    """Open the sweep and wait until it is whole."""
    stage.click(stage.tab._sections[name].sweep)
    return whole(stage)


def whole(stage):
    sweeping = stage.window.presenters[0].sweeping

    def ready():
        found = sweeping.found
        done = found is not None and all(f is not None and f.complete for f in found.frames)
        return done and not sweeping._paint.isActive()

    stage.until(ready)
    return sweeping


def test_values_of_one_knob_are_drawn_at_one_seed(stage):
    sweeping = swept(stage)
    bar, dialog = sweeping.bar, stage.window.figures.dialog
    bar.count.setValue(3)
    bar.low.setValue(0.2)
    bar.high.setValue(0.6)
    bar.samples.setValue(2)
    sweeping.ask()
    whole(stage)
    figure = dialog.layout_now().figure
    assert list(figure.columns) == ["0.2", "0.4", "0.6"]
    assert len(figure.rows) == 2
    for column, value in enumerate((0.2, 0.4, 0.6)):
        stage.window.presenters[0].turn(KDE, "bandwidth", value)
        stage.until_shows(KDE, knobs={"bandwidth": value})
        for row in range(2):
            assert (figure.cells[row][column] == stage.picture(KDE, row)).all()
    assert "seed 7" in figure.caption
    assert not dialog.refresh.isVisible()


def test_its_file_opens_it_again(stage, tmp_path, monkeypatch):
    sweeping = swept(stage)
    sweeping.bar.count.setValue(3)
    sweeping.bar.samples.setValue(3)
    sweeping.ask()
    whole(stage)
    path = tmp_path / "a.svg"
    monkeypatch.setattr(file_dialogs, "save_file", lambda *_: path)
    stage.window.figures.save()
    before = stage.window.figures.dialog.layout_now().figure
    stage.window.figures.dialog.close()
    stage.window.seed.box.setValue(3)
    stage.until_shows(KDE, seed=3)
    sweeping.found = None
    stage.drop(path)
    whole(stage)
    after = stage.window.figures.dialog.layout_now().figure
    assert list(after.columns) == list(before.columns)
    assert np.array_equal(np.array(after.cells), np.array(before.cells))
    assert stage.window.seed.value() == 7


def test_points_are_swept_as_plots(open_window):
    stage = open_window(replace(PLANE, points=50))
    stage.ready()
    sweeping = swept(stage, "moons/kde")
    figure = stage.window.figures.dialog.layout_now().figure
    assert figure.plots
    assert len(figure.rows) == 1
    assert not sweeping.bar.samples.isVisible()


def test_a_closed_dialog_stops_it_and_a_figure_of_the_tab_takes_its_place(stage):
    sweeping = swept(stage)
    stage.window.figures.show(stage.window.tabs.front().figure)
    assert not sweeping.bar.isVisible()
    assert stage.window.figures.dialog.refresh.isVisible()
    assert not stage.window.figures.shows(sweeping.bar)


def test_only_samples_that_differ_in_one_knob_are_a_sweep(stage):
    one = stage.recipe(KDE)
    other = replace(one, knobs={"bandwidth": 0.9})
    assert sweep_in((one, other)) == ("bandwidth", (one.knobs["bandwidth"], 0.9))
    assert sweep_in((one, replace(other, seed=8))) is None
    assert sweep_in((one, one)) is None
    assert sweep_in((one,)) is None
