"""What every way of filling a hole promises, whatever its family: one set of questions."""

import pytest
import torch

from engines.inpaint import Method, methods_for
from engines.inpaint.method import clamped
from engines.model import Exactness, Knob, SampleRequest, finish, settle
from tests.engines.tiny import LABELS, MAKERS, SHAPES, opened

TINY = [(family, kind) for family in MAKERS for kind in SHAPES]
COUNT = 3


@pytest.fixture(scope="module")
def opener(tmp_path_factory):
    """Opens each model once per module."""
    models = {}

    def get(what):
        if what not in models:
            models[what] = opened(tmp_path_factory.mktemp("m"), *what)
        return models[what]

    return get


def quick(method):
    """Knobs that keep a test short: few steps, everything else as it is."""
    short = {
        "steps": 3,
        "search": 2,
        "levels": 3,
        "particles": 2,
        "resamplings": 2,
        "rungs": 2,
        "sweeps": 2,
        "cells": 128,
    }
    return {
        knob.name: max(knob.minimum, short[knob.name])
        for knob in method.knobs
        if knob.name in short
    }


class Case:
    """One method on one tiny model, with a picture and a hole in it."""

    def __init__(self, model, method):
        self.model, self.method = model, method
        x = finish(model.sample(SampleRequest(1, 5)))[0]
        self.picture = x * 0.9 if model.card.kind.name == "pictures" else x
        self.known = torch.ones(x.shape[-2:], dtype=torch.bool)
        self.known[1 if self.known.dim() == 1 else slice(2, 5)] = False

    def run(self, count=COUNT, seed=1, knobs=None, **changes):
        given = {"picture": self.picture, "known": self.known} | changes
        label = given.pop("label", None)
        knobs = quick(self.method) | (knobs or {})
        return self.method.run(
            self.model, given["picture"], given["known"], count, seed, knobs, label
        )

    def drawn(self, *args, **kwargs):
        return finish(self.run(*args, **kwargs))

    def keeps(self, x):
        """Whether the known values of x (n, …) are those of the picture, to the bit."""
        known = self.known.expand(self.picture.shape)
        return all(torch.equal(row[known], self.picture[known]) for row in x)


@pytest.fixture(params=TINY, ids="-".join)
def cases(request, opener):
    """The methods that fit one tiny model, each as a case."""
    model = opener(request.param)
    found = [Case(model, method) for method in methods_for(model)]
    if not found:
        pytest.skip("no method fits this family yet")
    return found


def test_names_are_unique_for_a_model(cases):
    names = [case.method.name for case in cases]
    assert len(names) == len(set(names))


def test_methods_describe_themselves(cases):
    for case in cases:
        method = case.method
        assert isinstance(method, Method)
        assert all(isinstance(knob, Knob) for knob in method.knobs)
        assert method.title
        assert method.says.endswith(".")
        procedure = method.procedure(case.model, {})
        assert procedure == method.procedure(case.model, settle(method.knobs, {}))
        assert isinstance(procedure.exactness, Exactness)
        here = method.standing(case.model, {}, case.known)
        assert isinstance(here.exactness, Exactness)
        assert procedure.method
        assert procedure.source


def test_the_unclamped_result_is_that_of_the_same_run_before_the_known_values_are_put_back(cases):
    for case in cases:
        raw = finish(
            case.method.run(
                case.model, case.picture, case.known, COUNT, 1, quick(case.method), clamp=False
            )
        )
        assert torch.equal(clamped(raw, case.picture, case.known), case.drawn())


def test_known_values_are_kept_to_the_bit(cases):
    for case in cases:
        run = case.run()
        steps, result = [], None
        while result is None:
            try:
                steps.append(next(run))
            except StopIteration as end:
                result = end.value
        assert steps[0].guess is not None
        for step in steps:
            if step.guess is not None:
                assert step.guess.shape == (COUNT, *case.picture.shape)
                assert case.keeps(step.guess)
        assert result.shape == (COUNT, *case.picture.shape)
        assert result.dtype == torch.float32
        assert result.isfinite().all()
        assert case.keeps(result)
        if case.model.card.kind.name == "pictures":
            assert result.abs().max() <= 1
        assert steps[-1].done == steps[-1].total
        assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_a_guess_is_not_the_result_itself(cases):
    for case in cases:
        run = case.run()
        for step in run:
            if step.guess is not None:
                step.guess.fill_(100.0)
        assert case.drawn().abs().max() < 50


def test_what_lies_behind_the_hole_does_not_matter(cases):
    for case in cases:
        hidden = ~case.known.expand(case.picture.shape)
        other = case.picture.masked_fill(hidden, torch.nan)
        assert torch.equal(case.drawn(), case.drawn(picture=other))


def test_the_same_request_gives_the_same_bits_and_another_seed_does_not(cases):
    for case in cases:
        first = case.drawn(label=1)
        assert torch.equal(first, case.drawn(label=1))
        assert not torch.equal(first, case.drawn(seed=2, label=1))
        assert not torch.equal(first[0], first[1])


def test_a_draw_does_not_depend_on_how_many_are_asked(cases):
    for case in cases:
        many, few = case.drawn(5, label=1), case.drawn(2, label=1)
        # the last bit of a network's answer may depend on what is computed beside it
        torch.testing.assert_close(many[:2], few, rtol=0, atol=0.02)


def test_notes_are_short_and_of_this_run(cases):
    for case in cases:
        *_, last = case.run()
        assert len(last.note) < 100
        assert last.calls >= 1


def test_the_picture_and_the_mask_are_left_alone(cases):
    for case in cases:
        picture, known = case.picture.clone(), case.known.clone()
        case.drawn()
        assert torch.equal(picture, case.picture)
        assert torch.equal(known, case.known)


def test_an_empty_hole_returns_copies(cases):
    for case in cases:
        x = case.drawn(known=torch.ones_like(case.known))
        assert torch.equal(x, case.picture.expand(x.shape))


def test_a_hole_may_be_everything(cases):
    for case in cases:
        x = case.drawn(known=torch.zeros_like(case.known))
        assert x.isfinite().all()
        assert not torch.equal(x[0], x[1])


def test_a_run_can_be_closed_at_any_step(cases):
    for case in cases:
        for stop in (0, 1, 2, len(list(case.run()))):
            run = case.run()
            for _ in range(stop):
                next(run, None)
            run.close()
            assert next(run, None) is None


def test_the_callers_state_is_left_alone(cases):
    for case in cases:
        state = torch.get_rng_state()
        for _ in case.run():
            assert torch.is_grad_enabled()
        assert torch.is_grad_enabled()
        assert torch.equal(torch.get_rng_state(), state)


def test_every_knob_works_at_its_ends(cases):
    for case in cases:
        for knob in case.method.knobs:
            for value in (knob.minimum, max(knob.minimum, min(knob.maximum, 4))):
                assert case.drawn(1, knobs={knob.name: value}).isfinite().all()
                case.method.procedure(case.model, {knob.name: value})


def test_strange_requests_are_refused(cases):
    for case in cases:
        flat = torch.ones(3, dtype=torch.bool)
        nan = case.picture.masked_fill(case.known.expand(case.picture.shape), torch.nan)
        for changes, message in (
            ({"knobs": {"loudness": 1}}, "no knob 'loudness'"),
            ({"count": 0}, "count must be at least 1"),
            ({"seed": -1}, "seed must lie in"),
            ({"label": len(LABELS)}, "has classes 0 …"),
            ({"known": flat}, "known must be bool"),
            ({"known": case.known.float()}, "known must be bool"),
            ({"picture": case.picture[None]}, "fills"),
            ({"picture": nan}, "finite numbers"),
        ):
            with pytest.raises(ValueError, match=message):
                case.run(**changes)


def test_known_pixels_out_of_range_are_refused(opener):
    case = Case(opener(("kde", "picture")), methods_for(opener(("kde", "picture")))[0])
    with pytest.raises(ValueError, match="known pixels must lie in −1 … 1"):
        case.run(picture=case.picture + 3)
