"""No engine returns a value that is not finite: networks that yield NaN, and lost draws."""

from functools import partial

import pytest
import torch
from torch import nn

from engines import NotFiniteError, SampleRequest, Step, finish, finite
from engines.inpaint import methods_for
from engines.inpaint.method import filling
from engines.inpaint.tds import pick, resample
from engines.inpaint.twist import held, variance
from tests.engines.tiny import MAKERS, SHAPES, opened

NETWORKS = [family for family in MAKERS if family not in ("kde", "mfa")]
QUICK = {"steps": 4, "particles": 4, "cells": 64, "levels": 3, "search": 1, "resamplings": 1}


@pytest.fixture(autouse=True)
def coarse_lattice(monkeypatch):
    """The density of a plane latent diffusion sums over a lattice: one of fewer nodes is asked."""
    monkeypatch.setattr("engines.families.latent_diffusion.model.SIDE", 96)


def spoiled(monkeypatch, tmp_path, family, kind):
    """A tiny model whose network answers NaN, though its file holds numbers."""
    load = nn.Module.load_state_dict

    def fill(self, *args, **kwargs):
        done = load(self, *args, **kwargs)
        for parameter in self.parameters():
            parameter.data.fill_(torch.nan)
        return done

    with monkeypatch.context() as patch:
        patch.setattr(nn.Module, "load_state_dict", fill)
        return opened(tmp_path, family, kind)


def quick(method):
    """Cheap values for the knobs of a method."""
    return {
        knob.name: min(knob.default, max(knob.minimum, QUICK[knob.name]))
        for knob in method.knobs
        if knob.name in QUICK
    }


def asked(model):
    """Every part of a model, by name, as a run."""
    x, shape = torch.zeros(2, *model.card.shape), model.card.shape
    known = torch.arange(2) == 0 if len(shape) == 1 else torch.arange(64).view(8, 8) < 32
    yield "sample", lambda: model.sample(SampleRequest(3, 1))
    if model.density is not None:
        yield "density", lambda: model.density.run(x, None, {})
        axis = torch.linspace(0, 1, 4, dtype=torch.float64)
        for name in ("grid", "preview"):
            if (part := getattr(model.density, name)) is not None:
                yield name, lambda part=part: part(axis, axis, None, {})
    if model.latents is not None:
        yield "decode", lambda: model.latents.decode(torch.zeros(2, *model.latents.shape), None)
        if model.latents.encode is not None:
            yield "encode", lambda: model.latents.encode(x, None)
    for method in methods_for(model):
        yield method.name, partial(method.run, model, x[0], known, 3, 1, quick(method))


@pytest.mark.parametrize("family", NETWORKS)
@pytest.mark.parametrize("kind", SHAPES)
def test_a_network_that_yields_nan_fails_with_a_sentence(monkeypatch, tmp_path, family, kind):
    model = spoiled(monkeypatch, tmp_path, family, kind)
    for part, run in asked(model):
        with pytest.raises(NotFiniteError) as caught:
            pytest.fail(f"{part} of {model.card.name} gave {finish(run())}")
        sentence = str(caught.value)
        assert sentence.startswith(f"{model.card.name}: ")
        assert "not finite numbers; try other settings" in sentence


@pytest.mark.parametrize("family", MAKERS)
@pytest.mark.parametrize("kind", SHAPES)
def test_no_result_carries_gradients_or_infinities(tmp_path, family, kind):
    model = opened(tmp_path, family, kind)
    for part, run in asked(model):
        found = finish(run())
        values = found if isinstance(found, torch.Tensor) else found.value
        assert not values.requires_grad, part
        values.numpy()
        assert values.isfinite().all(), part


def losing(rows):
    """The run of a method, some of whose five draws are NaN at its end."""

    def fill(hole):
        x = torch.arange(10.0).view(5, 2)
        yield Step(5, 5, x.clone(), calls=3, note="so far so good")
        x[rows] = torch.nan
        return x

    return filling(fill)


def followed(run):
    """The steps of a run and its result."""
    steps = []
    while True:
        try:
            steps.append(next(run))
        except StopIteration as end:
            return steps, end.value


def test_lost_draws_are_copies_of_others_and_the_note_says_so(tmp_path):
    model = opened(tmp_path, "flow", "points")
    nothing = torch.zeros(2, dtype=torch.bool)
    steps, x = followed(losing([0, 3])(model, torch.zeros(2), nothing, 5, 1))
    assert x[:, 0].tolist() == [2, 2, 4, 4, 8]
    assert torch.equal(steps[-1].guess, x)
    assert (steps[-1].done, steps[-1].calls) == (5, 3)
    assert steps[-1].note.startswith("so far so good; 2 of 5 samples were not finite")


def test_a_run_fails_where_most_draws_are_lost(tmp_path):
    model = opened(tmp_path, "flow", "points")
    nothing = torch.zeros(2, dtype=torch.bool)
    with pytest.raises(NotFiniteError, match="3 of 5 samples are not finite"):
        finish(losing([0, 1, 3])(model, torch.zeros(2), nothing, 5, 1))


def test_a_log_density_may_be_that_of_nothing_and_no_other_infinity():
    from engines.model import LogDensity, Meaning

    def run(*values):
        yield Step(1, 1)
        return LogDensity(torch.tensor(values), Meaning.EXACT, "")

    assert finish(finite.numbers(run(0.0, -torch.inf))).value[1] == -torch.inf
    for bad in (torch.nan, torch.inf):
        with pytest.raises(NotFiniteError, match="1 of 2 log-densities"):
            finish(finite.numbers(run(0.0, bad)))


def test_a_dead_particle_takes_no_others_with_it():
    log_w = torch.tensor([[0.0, -torch.inf, -torch.inf, -9.0], [-torch.inf] * 4]).double()
    u = torch.full((2,), 0.5).double()
    parents, after = resample(log_w, u)
    assert set(parents[:4].tolist()) <= {0, 3}
    assert parents[4:].tolist() == [4, 5, 6, 7]
    assert after[1].isneginf().all()
    assert pick(log_w, u)[0] == 0


@pytest.mark.parametrize("sigma", [0.002, 0.9, 80.0])
def test_slopes_are_held_to_the_width_of_a_posterior(sigma):
    wild = torch.tensor([[1e9, -1e9], [torch.nan, 1.0], [1e-6, 0.0]]).double()
    slope = held(wild, sigma, 1.0)
    reach = sigma**2 * slope.norm(dim=1)
    assert (reach <= 1.001 * (2 * variance(sigma)) ** 0.5).all()
    assert torch.equal(slope[2], wild[2])
