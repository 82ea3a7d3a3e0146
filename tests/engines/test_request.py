"""Requests and runs: what is asked for is checked before anything is computed."""

from types import SimpleNamespace

import pytest

from engines import SampleRequest, finish, log_density
from engines.model import Knob, settle


@pytest.mark.parametrize(
    "wrong",
    [{"count": 0}, {"seed": -1}, {"seed": 2**64}, {"first": -1}, {"first": 2**32}, {"label": ()}],
    ids=str,
)
def test_an_impossible_request_is_refused(wrong):
    with pytest.raises(ValueError, match=r"must|numbered|empty"):
        SampleRequest(**({"count": 1, "seed": 0} | wrong))


def test_a_label_is_given_to_every_picture():
    assert SampleRequest(3, 0, label=2).labels() == [2, 2, 2]
    assert SampleRequest(3, 0).labels() is None


def test_several_labels_follow_the_picture_index():
    assert SampleRequest(4, 0, label=(5, 6, 7), first=2).labels() == [7, 5, 6, 7]


def test_finish_returns_what_the_run_returns():
    def run():
        yield 1
        yield 2
        return "end"

    assert finish(run()) == "end"


def test_settled_knobs_are_complete():
    knobs = (Knob("a", "A", 1, 0, 2, 1, ""), Knob("b", "B", 5, 0, 9, 1, ""))
    assert settle(knobs, {"b": 9}) == {"a": 1.0, "b": 9.0}
    with pytest.raises(ValueError, match=r"no knob 'c'; its knobs: a, b"):
        settle(knobs, {"c": 0})


def test_an_implicit_model_has_no_log_density():
    card = SimpleNamespace(name="moons/gan", family="gan", data="moons")
    implicit = SimpleNamespace(density=None, card=card)
    with pytest.raises(ValueError, match="moons/gan is implicit"):
        log_density(implicit, None)
