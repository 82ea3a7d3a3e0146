"""Walks of every family: codes come back, ends are exact, searches find what there is."""

from itertools import pairwise

import pytest
import torch

import engines
from engines import finish, open_model
from engines.chains.short_run import back, forth
from engines.families.energy.model import levels
from engines.families.kde import paths as kernel_paths
from engines.families.kde.net import PointKernels
from engines.latents.walks import walk_of
from engines.model import Exactness, Pace, SampleRequest
from engines.paths import Way
from engines.registry import FAMILIES
from tests.engines.tiny import SHAPES, opened

WALKS = [(family, kind) for family in FAMILIES for kind in SHAPES if family != "mfa"]
EXACT = {"flow", "autoregressive", "any-order", "kde"}


@pytest.fixture(scope="module")
def opener(tmp_path_factory):
    models = {}

    def get(*what):
        if what not in models:
            models[what] = opened(tmp_path_factory.mktemp("w"), *what)
        return models[what]

    return get


@pytest.fixture(params=WALKS, ids="-".join)
def model(request, opener):
    return opener(*request.param)


@pytest.fixture
def ends(model):
    x = finish(model.sample(SampleRequest(2, 5, label=(0, 2))))
    if model.card.family == "kde":  # kernels are near their centres
        x = finish(model.sample(SampleRequest(2, 5, label=(0, 2), knobs={"bandwidth": 0})))
    return x


CODES = {}


@pytest.fixture
def coded(model, ends):
    """The walk, codes of the ends, and what these decode to; found once for each model."""
    if model.card.name not in CODES:
        walk = walk_of(model)
        z = finish(walk.encode(ends, None))
        CODES[model.card.name] = walk, z, finish(walk.decode(z, None))
    return CODES[model.card.name]


def test_a_path_begins_and_ends_with_what_its_ends_decode_to(model, coded):
    walk, z, shown = coded
    assert z.shape == (2, walk.size)
    for way in Way:
        path = walk.between(way, z[0], z[1], torch.tensor([1.0, 0.6, 0.3, 0.0]).double())
        assert path.shape == (4, walk.size)
        assert torch.equal(path[0].to(z), z[0])
        assert torch.equal(path[-1].to(z), z[1])
        frames = finish(walk.decode(path.to(z.dtype), None))
        assert frames.shape == (4, *model.card.shape)
        assert frames.isfinite().all()
        tolerance = 1.01 * 2 / 255 if model.card.kind.name == "pictures" else 1e-4
        # two at a time, as they were encoded: rounding may move a pixel to the next level
        frames = finish(walk.decode(path[[0, -1]].to(z.dtype), None))
        torch.testing.assert_close(frames, shown, rtol=0, atol=tolerance)


def test_an_exact_inverse_brings_examples_back(model, ends, coded):
    walk, _, back_again = coded
    if model.card.family in EXACT:
        torch.testing.assert_close(back_again, ends, rtol=0, atol=1e-3)
    standing = walk.inverse.exactness
    assert (standing is Exactness.EXACT) == (model.card.family in EXACT - {"kde"})


def test_decoding_as_a_class_is_decoding_with_that_label(model, ends, coded):
    walk, z, _ = coded
    made = finish(walk.decode(z, 1))
    assert made.shape == ends.shape
    if model.card.family not in ("kde", "gan"):
        known = finish(engines.decode(model, z, torch.ones(2, dtype=torch.int64)))
        torch.testing.assert_close(made, known)


def test_what_follows_the_hand_and_what_does_not(opener):
    slow = {
        f for f, kind in WALKS if kind == "picture" and walk_of(opener(f, kind)).pace is Pace.SLOW
    }
    assert slow == {"autoregressive", "any-order", "diffusion", "energy"}
    assert walk_of(opener("diffusion", "picture")).sketch is not None


def test_factor_analysers_say_why_there_is_no_walk(opener):
    with pytest.raises(ValueError, match="no single space"):
        walk_of(opener("mfa", "picture"))


def test_a_code_drawn_from_the_posterior_depends_on_its_seed(opener, tmp_path):
    model = opener("vae", "picture")
    x = finish(model.sample(SampleRequest(3, 2)))
    walk = walk_of(model)
    draws = [finish(walk.draw_code(x, None, seed)) for seed in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


# GAN inversion


def test_the_search_finds_the_code_of_what_the_gan_made(opener):
    model = opener("gan", "points")
    x = finish(model.sample(SampleRequest(20, 3)))
    found = finish(engines.decode(model, finish(engines.encode(model, x))))
    spread = x.std(0).norm()
    assert (found - x).norm(dim=1).quantile(0.9) < 0.02 * spread


def test_the_search_keeps_to_a_class_where_one_is_asked(opener):
    model = opener("gan", "points")
    x = finish(model.sample(SampleRequest(6, 3)))
    for label in range(3):
        code = finish(engines.encode(model, x, torch.full((6,), label)))
        assert (model.generator.classes(code[:, -1]) == label).all()


def test_the_search_tells_how_far_it_is_and_shows_its_best(opener):
    model = opener("gan", "picture")
    x = finish(model.sample(SampleRequest(2, 3)))
    errors = [
        (step.guess - x).square().mean().item()
        for step in engines.encode(model, x)
        if step.guess is not None
    ]
    assert len(errors) > 5
    assert errors == sorted(errors, reverse=True)


def test_classes_of_a_gan_are_mixed_without_a_third(opener):
    model = opener("gan", "picture")
    walk = walk_of(model)
    z = finish(walk.encode(finish(model.sample(SampleRequest(2, 5, label=(0, 2)))), None))
    path = walk.between(Way.SLERP, z[0], z[1], torch.linspace(1, 0, 5).double())
    k = model.generator.latent
    assert (path[:, k + 1] == path[0, k + 1]).all() or z[:, k + 1].any()
    torch.testing.assert_close(path[:, k:].sum(1), torch.ones(5).to(path))


# short chains


def test_a_short_chain_is_undone_step_by_step():
    """An energy with a known slope: a Gaussian of standard deviation 0.5 at every level."""

    def slope(y, sigma):
        return y / (sigma**2 + 0.25)

    sigmas = levels(12)
    y = torch.randn(5, 3, generator=torch.Generator().manual_seed(1)).double() * 20
    end = finish(forth(slope, y, sigmas))
    torch.testing.assert_close(finish(back(slope, end, sigmas)), y, rtol=1e-3, atol=1e-3)


def test_short_chains_share_their_noise(opener):
    for kind in SHAPES:
        model = opener("energy", kind)
        z = torch.randn(1, *model.latents.shape, generator=torch.Generator().manual_seed(2))
        twice = finish(engines.decode(model, z.repeat(2, 1)))
        torch.testing.assert_close(twice[0], twice[1], rtol=0, atol=1e-5)


def test_points_of_a_trained_energy_are_found(tmp_path):
    model = open_model("gaussians/energy")
    x = finish(model.sample(SampleRequest(40, 1)))
    found = finish(engines.decode(model, finish(engines.encode(model, x))))
    assert (found - x).norm(dim=1).median() < 0.1


# kernels


def test_the_path_over_kernels_is_the_cheapest_of_all():
    g = torch.Generator().manual_seed(3)
    x = torch.rand(8, 2, generator=g)
    graph = kernel_paths.Graph(PointKernels.of(x, torch.zeros(8, dtype=torch.int64)))
    cost = torch.cdist(graph._unit, graph._unit).double().pow(3)
    known = cost.clone()
    for k in range(8):  # Floyd 1962
        known = torch.minimum(known, known[:, k, None] + known[k])
    for a, b in ((0, 7), (3, 5), (2, 2)):
        path = graph.path(a, b)
        assert path[0] == a
        assert path[-1] == b
        spent = sum(cost[i, j] for i, j in pairwise(path))
        assert float(spent) == pytest.approx(float(known[a, b]), rel=1e-4, abs=1e-6)


def test_kernels_show_training_examples_and_nothing_between(opener):
    model = opener("kde", "picture")
    walk = walk_of(model)
    z = torch.tensor([[3.0], [40.0]]).double()
    frames = finish(walk.decode(walk.between(Way.SLERP, z[0], z[1], LAM), None))
    every = model.kernels.examples()[0]
    assert all((every == frame).flatten(1).all(1).any() for frame in frames)


LAM = torch.linspace(1, 0, 11).double()


DRAWN = {"vae", "gan", "flow", "diffusion", "latent-diffusion", "autoregressive"}


@pytest.mark.parametrize("label", [None, 1])
def test_samples_keep_the_codes_that_they_were_made_of(model, label):
    """No search and no encoding: what the code decodes to is the sample itself."""
    walk = walk_of(model)
    assert (walk.drawn is not None) == (model.card.family in DRAWN)
    if walk.drawn is None:
        return
    # enough steps for the sampler to follow the ODE that codes follow
    fine = {"steps": 100.0} if "diffusion" in model.card.family else {}
    request = SampleRequest(2, 11, label, {**fine, **walk.exact}, first=3)
    if model.card.family in ("vae", "latent-diffusion") and model.card.kind.name == "points":
        with pytest.raises(ValueError, match="noise of p"):
            walk.drawn(request)
        return
    z = walk.drawn(request)
    assert z.shape == (2, walk.size)
    found = finish(walk.decode(z, None if walk.classed else label))
    wanted = finish(model.sample(request))
    if not fine:
        assert torch.equal(found, wanted)
    elif model.card.kind.name == "pictures" and model.card.family == "diffusion":
        assert (found - wanted).abs().max() <= 2.01 * 2 / 255
    else:
        torch.testing.assert_close(found, wanted, rtol=0, atol=0.02)


def test_a_sample_that_its_knobs_lead_off_its_code_has_none(opener):
    for family, knobs in (("autoregressive", {"temperature": 0.5}), ("diffusion", {})):
        drawn = walk_of(opener(family, "picture")).drawn
        with pytest.raises(ValueError, match="no exact codes at"):
            drawn(SampleRequest(1, 5, 1, knobs))
    cut = SampleRequest(1, 5, knobs={"truncation": 0.5})
    assert walk_of(opener("gan", "picture")).drawn(cut)[:, :4].abs().max() <= 0.5
