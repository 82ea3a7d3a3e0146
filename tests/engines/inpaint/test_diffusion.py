"""Diffusion in-painting against a mixture whose conditional is known, through the shipped code."""

import math

import pytest
import torch

from engines.diagnostics import Diagnosis, counted
from engines.families.mfa.net import FactorAnalysers
from engines.inpaint.denoising import Scene, ancestral
from engines.inpaint.guided import DPS, GUIDED
from engines.inpaint.method import Hole
from engines.inpaint.repaint import REPAINT, route
from engines.inpaint.replacement import REPLACEMENT
from engines.inpaint.tds import PICTURE_TDS, TDS, effective, pick, resample
from engines.inpaint.twist import moment_matched, variance
from engines.model import Exactness, Step, finish
from engines.noise import Streams
from tests.engines.oracles import AT, MEANS, SPREADS, WEIGHTS, line_mixture, mixture_diffusion
from tests.engines.tiny import opened

POINT = torch.tensor([AT, 0.0])
KNOWN = torch.tensor([True, False])
EVERY = (TDS, PICTURE_TDS, GUIDED, DPS, REPAINT, REPLACEMENT)


@pytest.fixture(scope="module")
def mixture():
    return line_mixture()


@pytest.fixture(scope="module")
def exact(mixture):
    return mixture_diffusion(mixture)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("m")
    return {kind: opened(root, "diffusion", kind) for kind in ("picture", "points")}


def total_variation(x, width=0.1):
    """Half the difference in probability over bins, against the exact conditional."""
    edges = torch.arange(-8, 8 + width / 2, width, dtype=torch.float64)
    below = (WEIGHTS * torch.special.ndtr((edges[:, None] - MEANS) / SPREADS)).sum(1)
    share = torch.histogram(x.double(), edges).hist / len(x)
    return 0.5 * (share - below.diff()).abs().sum().item()


def filled(method, model, count, **knobs):
    return finish(method.run(model, POINT, KNOWN, count, 1, knobs))[:, 1]


def asked(model):
    """A picture or point with a hole, for a tiny model."""
    shape = model.card.shape
    x = Streams(5, [0]).uniform(*shape)[0]
    if len(shape) == 1:
        return x, torch.tensor([True, False])
    known = torch.ones(shape[-2:], dtype=torch.bool)
    known[2:6, 3:7] = False
    return (x * 255).round() / 127.5 - 1, known


def test_the_oracle_has_the_conditional_it_says(mixture):
    found = mixture.conditional(POINT[None], KNOWN)
    torch.testing.assert_close(found.log_weight[0].exp(), WEIGHTS)
    torch.testing.assert_close(found.mean[0, :, 0], MEANS)
    spread = (found.loading.square().sum(2) + found.noise).sqrt()[:, 0]
    torch.testing.assert_close(spread, SPREADS)


@pytest.mark.parametrize("sigma", [0.002, 0.3, 10.0])
def test_the_oracle_denoises_as_the_mixture(mixture, exact, sigma):
    net = exact.denoise.net
    y = Streams(1, range(20)).normal(2) * (0.5 + sigma)
    found = net.leave(net(y, torch.full((20,), sigma), None)).double()
    scale = net.scale[0].item()
    torch.testing.assert_close(
        found, mixture.denoise(net.leave(y), sigma * scale), rtol=1e-4, atol=1e-4
    )


def test_twisted_particles_find_the_conditional_and_replacement_does_not(exact):
    assert total_variation(filled(TDS, exact, 2000, particles=16, steps=60)) < 0.08
    assert total_variation(filled(REPLACEMENT, exact, 2000, steps=50)) > 0.2


def test_particles_correct_what_steering_gets_wrong(exact):
    alone = total_variation(filled(TDS, exact, 2000, particles=1, steps=50))
    assert alone > 2 * total_variation(filled(TDS, exact, 2000, particles=4, steps=50))


def test_resampling_of_levels_helps_replacement(exact):
    often = total_variation(filled(REPAINT, exact, 2000, steps=30, resamplings=15))
    assert often < 0.7 * total_variation(filled(REPAINT, exact, 2000, steps=30, resamplings=1))


def test_nothing_known_is_sampling(exact, mixture):
    run = TDS.run(exact, POINT, torch.tensor([False, False]), 1000, 3, {"particles": 2})
    x = finish(run).double()
    weight = mixture.log_weight.exp()
    mean = weight @ mixture.mean
    assert (x.mean(0) - mean).abs().max() < 4 * x.std(0).max() / math.sqrt(1000)


def test_a_moment_matched_twist_is_exact_for_one_gaussian(mixture):
    one = FactorAnalysers(
        *(
            t[:1]
            for t in (
                mixture.mean,
                mixture.loading,
                mixture.noise,
                mixture.log_weight,
                mixture.labels,
            )
        )
    )
    model = mixture_diffusion(one)
    net, sigma = model.denoise.net, 0.4
    hole, classes = Hole(model, POINT, KNOWN, 6, 1, {}, (0,)), torch.zeros(6, dtype=torch.int64)
    scene = Scene(hole, model.denoise, Streams(1, range(6)), 1, classes)
    y = scene.noise()
    seen = moment_matched(scene)(y, sigma)
    # E[y_0 | y_σ, y_o]: y_σ is one more observation, of variance σ²
    prior = net.covariance[0]
    goal = net.enter(POINT[None])[0][0, 0].double()
    both = torch.linalg.inv(torch.linalg.inv(prior) + torch.eye(2, dtype=torch.float64) / sigma**2)
    mean = (both @ (y.double() / sigma**2).T).T
    best = mean + both[:, 0] / both[0, 0] * (goal - mean[:, :1])
    torch.testing.assert_close(seen.steered(sigma).double(), best, rtol=1e-4, atol=1e-4)
    log = -0.5 * ((goal - mean[:, 0]).square() / both[0, 0] + both[0, 0].log())
    torch.testing.assert_close(seen.log, log, rtol=1e-4, atol=1e-3)


def test_a_known_pixel_has_the_mean_and_spread_of_its_cell(tiny):
    model = tiny["picture"]
    x, known = asked(model)
    x[0, 0, 0], x[0, 0, 1] = -1.0, 1.0
    scene = Scene(
        Hole(model, x, known[None], 4000, 1, {}, (3,)),
        model.denoise,
        Streams(1, range(4000)),
        1,
        torch.full((4000,), 3),
    )
    mean, variance_of = scene.expected()
    y = scene.observe()
    spread = variance_of.sqrt()
    assert ((y.mean(0) - mean[0]).abs() < 5 * spread[0] / math.sqrt(4000)).all()
    torch.testing.assert_close(y.std(0), spread[0], rtol=0.15, atol=0)


def last_step(run):
    return list(run)[-1]


def test_particles_that_do_not_count_are_said_with_the_remedy(exact):
    fine = last_step(TDS.run(exact, POINT, KNOWN, 40, 1, {}))
    assert not fine.poor
    assert fine.note.startswith("ESS ")
    far = torch.tensor([AT + 12.0, 0.0])
    lost = last_step(TDS.run(exact, far, KNOWN, 40, 1, {"steps": 4}))
    assert lost.poor.startswith("Raise Particles: ESS 1.")
    alone = last_step(TDS.run(exact, far, KNOWN, 40, 1, {"particles": 1}))
    assert alone.note == alone.poor == ""


def test_the_effective_number_is_that_of_all_draws_at_their_worst():
    equal, one = torch.zeros(1, 4), torch.tensor([[0.0, -50.0, -50.0, -50.0]])
    assert effective(torch.cat([equal, one])).tolist() == pytest.approx([4, 1])
    found = counted((effective(equal), effective(one)), 4)
    assert (found.effective, found.particles) == (pytest.approx(2.5), 4)
    assert counted((None,), 4) == counted((effective(one),), 1) == Diagnosis()


def test_poor_groups_are_resampled_and_rich_ones_left_alone():
    log_w = torch.tensor([[0.1, 0.2, 0.3, 0.4], [0.97, 0.01, 0.01, 0.01]]).double().log()
    parents, after = resample(log_w, torch.tensor([0.5, 0.5]).double())
    assert parents.tolist() == [0, 1, 2, 3, 4, 4, 4, 4]
    torch.testing.assert_close(after[0], log_w[0])
    assert after[1].tolist() == [0, 0, 0, 0]


def test_systematic_resampling_has_the_weights_as_its_mean():
    w = torch.tensor([0.85, 0.1, 0.03, 0.02], dtype=torch.float64)
    u = (torch.arange(1000).double() + 0.5) / 1000
    parents, _ = resample(w.log().expand(1000, 4), u)
    share = (parents.view(1000, 4) % 4).flatten().bincount(minlength=4) / 4000
    torch.testing.assert_close(share.double(), w, rtol=0, atol=1e-3)
    chosen = (pick(w.log().expand(1000, 4), u) % 4).bincount(minlength=4) / 1000
    torch.testing.assert_close(chosen.double(), w, rtol=0, atol=1.5e-3)


def test_an_ancestral_step_has_the_posterior_variance():
    y = torch.zeros(20_000, 1)
    noise = Streams(2, range(20_000)).normal(1)
    below = ancestral(y + 2.0, y + 1.0, noise, 2.0, 1.0)
    assert below.mean().item() == pytest.approx(1.25, abs=0.03)
    assert below.var().item() == pytest.approx(1 * (4 - 1) / 4, rel=0.05)


def test_repaint_walks_every_stretch_as_often_as_asked():
    moves = list(route(5, 2, 3))
    assert moves[:8] == [(0, 1), (1, 2), (2, 0), (0, 1), (1, 2), (2, 0), (0, 1), (1, 2)]
    assert moves[-1] == (4, 5)
    assert sum(1 for a, b in moves if b > a) == 3 * 4 + 1


@pytest.mark.parametrize("kind", ["picture", "points"])
@pytest.mark.parametrize("method", EVERY, ids=lambda m: m.name)
def test_every_method_keeps_its_promises(tiny, method, kind):
    model = tiny[kind]
    if not method.fits(model):
        pytest.skip("another kind of data")
    knobs = {"steps": 3} | ({"particles": 2} if method in (TDS, PICTURE_TDS) else {})
    x, known = asked(model)
    state = torch.get_rng_state()
    steps = list(method.run(model, x, known, 3, 4, knobs, 1))
    assert all(isinstance(step, Step) for step in steps)
    assert steps[0].guess is not None
    assert steps[-1].done == steps[-1].total == 3
    assert bool(steps[-1].note) == (method in (TDS, PICTURE_TDS))
    there = known.expand(model.card.shape)
    for step in steps:
        assert torch.equal(step.guess[:, there], x[there].expand(3, -1))
    found = finish(method.run(model, x, known, 3, 4, knobs, 1))
    assert found.shape == (3, *model.card.shape)
    assert found.isfinite().all()
    assert torch.equal(found[:, there], x[there].expand(3, -1))
    alone = finish(method.run(model, x, known, 2, 4, knobs, 1))
    torch.testing.assert_close(alone, found[:2], rtol=0, atol=1e-3 if kind == "points" else 0.02)
    assert not torch.equal(found[0], found[1])
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("method", EVERY, ids=lambda m: m.name)
def test_only_weighed_particles_are_called_asymptotically_exact(tiny, method):
    model = tiny["points" if method.fits(tiny["points"]) else "picture"]
    exactness = method.procedure(model, {}).exactness
    weighed = method in (TDS, PICTURE_TDS)
    assert exactness is (Exactness.ASYMPTOTIC if weighed else Exactness.HEURISTIC)


def test_gaussian_variance_of_a_noisy_state():
    assert variance(0.5) == pytest.approx(0.125)
    assert variance(80.0) == pytest.approx(0.25, rel=1e-3)
