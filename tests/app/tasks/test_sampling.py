"""Sampling jobs: frames whose final part never changes, the same pixels as the engines give."""

import numpy as np
import pytest

from app.models.open_models import Loading, Models
from app.recipes.pictures import to_pixels
from app.tasks.sampling import Frame, backdrop, draw
from engines import SampleRequest, finish, open_model
from engines.opening import find
from tests.app.puppets import Puppet

KDE = "mnist/kde"


def frames(root, request, name=KDE):
    found = list(draw(Models("cpu"), find(name, root), request)())
    assert found[0] == Loading(name)
    return found[1:]


def test_frames_fill_one_array_batch_by_batch(catalogue):
    shown = frames(catalogue, SampleRequest(70, 7, (0, 1, 2)))
    assert [frame.done for frame in shown] == sorted(frame.done for frame in shown)
    assert {frame.done for frame in shown} == {0, 32, 64, 70}
    assert all(frame.values is shown[0].values for frame in shown)
    assert all(frame.done <= frame.begun <= 70 for frame in shown)
    assert [frame.complete for frame in shown].index(True) == len(shown) - 1


@pytest.mark.parametrize("first", [0, 64])
def test_the_pixels_are_those_of_the_engines(catalogue, first):
    request = SampleRequest(40, 7, 2, {"bandwidth": 0.5}, first=first)
    expected = to_pixels(finish(open_model(KDE, root=catalogue).sample(request)))
    assert (frames(catalogue, request)[-1].values == expected).all()


def test_points_not_drawn_yet_are_no_numbers(catalogue):
    shown = draw(Models("cpu"), find("moons/kde", catalogue), SampleRequest(3000, 7))()
    next(shown)
    frame = next(shown)
    assert np.isfinite(frame.values[: frame.begun]).all()
    assert np.isnan(frame.values[frame.begun :]).all()
    shown.close()


def test_a_frame_says_what_it_cost_and_how_it_was_made(catalogue):
    last = frames(catalogue, SampleRequest(3, 7, None, {"bandwidth": 0.5}))[-1]
    assert last.seconds > 0
    assert last.procedure.exactness.value == "heuristic"
    assert [knob.name for knob in last.knobs] == ["bandwidth"]
    assert last.request.labels() is None


def test_stopping_a_job_stops_the_run_of_the_model(catalogue, monkeypatch):
    puppet = Puppet()
    puppet.steps = 5
    puppet.allow(2)
    monkeypatch.setattr("engines.open_model", lambda card, _: puppet.model(card))
    job = draw(Models("cpu"), find(KDE, catalogue), SampleRequest(3, 7))()
    assert [type(next(job)) for _ in range(3)] == [Loading, Frame, Frame]
    assert puppet.closed == []
    job.close()
    assert len(puppet.closed) == 1


def test_the_backdrop_holds_the_data_within_its_view():
    (found,) = list(backdrop("moons")())
    x0, x1, y0, y1 = found.view
    assert found.points.shape == (2000, 2)
    assert (found.points > [x0, y0]).all()
    assert (found.points < [x1, y1]).all()
