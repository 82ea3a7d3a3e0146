"""Raster-order models against enumeration, quadrature and the loop that knows no shortcuts."""

import dataclasses
import itertools
import math

import pytest
import torch
from torch.nn import functional as F

from engines.families.autoregressive.mixtures import LineMixture
from engines.families.autoregressive.model import of_net, to_pictures
from engines.families.autoregressive.net import PictureRaster, PointConditionals
from engines.kinds import of_shape
from engines.model import Card, Meaning, SampleRequest, class_attributes, finish
from engines.noise import Streams
from engines.training.randomness import seeded
from engines.training.recipes.autoregressive import PixelDescent, patterns, stratified
from tests.engines.tiny import LABELS, _shaken

CPU = torch.device("cpu")
LEVELS = 4


def card(shape, family="autoregressive"):
    return Card(
        folder=None,
        name=f"tiny/{family}",
        family=family,
        data="tiny",
        kind=of_shape(shape),
        attributes=class_attributes(LABELS),
        weights="",
        sha256="",
        parameters=1,
        seed=1,
        recipe="",
        licence="",
    )


def raster(shape=(1, 2, 2), levels=LEVELS):
    torch.manual_seed(2)
    sizes = {"rows": 2, "reach": 2, "width": 8, "blocks": 1, "codes": 2}
    return _shaken(PictureRaster(shape=shape, classes=3, levels=levels, **sizes), 0.4)


def points():
    torch.manual_seed(2)
    sizes = {"components": 4, "hidden": 8, "layers": 1, "features": 4}
    return _shaken(PointConditionals(dim=2, classes=3, **sizes), 0.2)


def every_picture():
    """All 256 pictures of 2 × 2 pixels with four levels."""
    return torch.tensor(list(itertools.product(range(LEVELS), repeat=4))).view(-1, 2, 2)


@torch.no_grad()
def table(net, label):
    levels = every_picture()
    model = of_net(card((1, 2, 2)), net, CPU)
    labels = None if label is None else torch.full((len(levels),), label)
    return finish(model.density.run(to_pictures(levels, LEVELS), labels, {})).value


@pytest.mark.parametrize("label", [None, 0, 2])
def test_the_masses_of_all_pictures_sum_to_one(label):
    assert table(raster(), label).exp().sum().item() == pytest.approx(1, abs=1e-5)


@torch.no_grad()
def test_no_pixel_sees_itself_or_a_later_one():
    net, labels = raster((1, 5, 6), 256), torch.zeros(1, dtype=torch.int64)
    g = torch.Generator().manual_seed(1)
    levels = torch.randint(256, (1, 5, 6), generator=g)
    before = net.conditionals(levels, labels).view(30, -1)
    for place in range(30):
        changed = levels.clone()
        changed.view(-1)[place] = (changed.view(-1)[place] + 100) % 256
        moved = (net.conditionals(changed, labels).view(30, -1) - before).abs().amax(1)
        assert moved[: place + 1].max() < 1e-6
        assert place == 29 or moved[place + 1] > 1e-6


@torch.no_grad()
def test_a_window_does_not_wrap_around_the_edge():
    net, labels = raster((1, 5, 6), 256), torch.zeros(1, dtype=torch.int64)
    for parameter in (net.palette.weight, net.again):
        parameter.zero_()  # the palette sees all of the past
    levels = torch.zeros(1, 5, 6, dtype=torch.int64)
    before = net.conditionals(levels, labels)
    levels[0, 1, 5] = 200
    moved = (net.conditionals(levels, labels) - before).abs().amax(3)[0]
    assert torch.equal(moved[2] > 1e-6, torch.arange(6) >= 3)
    assert moved[4].max() < 1e-6  # three rows below


def test_draws_follow_the_table():
    net, n = raster(), 100_000
    model = of_net(card((1, 2, 2)), net, CPU)
    u = Streams(5, range(n)).uniform(4).double()
    x = finish(model.latents.decode(torch.special.ndtri(u), torch.ones(n, dtype=torch.int64)))
    levels = ((x + 1) * (LEVELS - 1) / 2).round().long().flatten(1)
    index = (levels * torch.tensor([64, 16, 4, 1])).sum(1)
    seen, expected = torch.bincount(index, minlength=256), n * table(net, 1).exp()
    # rare pictures together, so that every cell expects enough
    rare = expected < 5
    seen = torch.cat([seen[~rare], seen[rare].sum()[None]]).double()
    expected = torch.cat([expected[~rare], expected[rare].sum()[None].clamp_min(1e-9)])
    square = ((seen - expected).square() / expected)[expected > 1].sum()
    freedom = torch.tensor(float((expected > 1).sum() - 1))
    assert torch.special.gammaincc(freedom / 2, square.float() / 2) > 1e-3


@torch.no_grad()
def naive(net, request, temperature=1.0):
    """The whole network once per pixel, one picture at a time."""
    pictures = []
    for i in request.indices:
        u = Streams(request.seed, [i]).uniform(net.height * net.side)[0].double()
        levels = torch.zeros(1, net.height, net.side, dtype=torch.int64)
        for place, threshold in enumerate(u):
            log_p = net.conditionals(levels, torch.tensor([request.label])).flatten(0, 2)[place]
            cumulative = (log_p / temperature).double().softmax(0).cumsum(0)
            levels.view(-1)[place] = min(int((cumulative < threshold).sum()), net.levels - 1)
        pictures.append(to_pictures(levels, net.levels))
    return torch.cat(pictures)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_the_sampler_draws_the_pixels_of_the_naive_loop(temperature):
    net = raster((1, 4, 5), 256)
    model = of_net(card((1, 4, 5)), net, CPU)
    request = SampleRequest(3, 9, label=1, knobs={"temperature": temperature})
    assert torch.equal(finish(model.sample(request)), naive(net, request, temperature))


def test_pixels_stream_in_and_unfinished_ones_are_grey():
    model = of_net(card((1, 8, 8)), raster((1, 8, 8), 256), CPU)
    steps = list(model.sample(SampleRequest(2, 1)))
    assert [step.calls for step in steps] == [14, 28, 42, 56, 64]
    assert (steps[0].guess.flatten(1)[:, 14:] == 0).all()
    for a, b in itertools.pairwise(steps):
        assert torch.equal(a.guess.flatten(1)[:, : a.calls], b.guess.flatten(1)[:, : a.calls])


def test_noise_brings_back_every_picture():
    model = of_net(card((1, 2, 2)), raster(), CPU)
    x = to_pictures(every_picture(), LEVELS)
    # the streams of pictures read 256 levels: these four are told apart by them too
    z = finish(model.latents.encode(x, None))
    assert torch.equal(finish(model.latents.decode(z, None)), x)
    assert z.abs().max() < 9


def test_noise_of_draws_is_standard_normal():
    model = of_net(card((1, 8, 8)), raster((1, 8, 8), 256), CPU)
    x = finish(model.sample(SampleRequest(64, 3, label=0)))
    z = finish(model.latents.encode(x, torch.zeros(64, dtype=torch.int64)))
    assert abs(z.mean()) < 4 / math.sqrt(z.numel())
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / z.numel())


def test_the_loss_of_drawn_pixels_is_that_of_all():
    torch.manual_seed(1)
    net = raster((1, 6, 6), 256)
    descent = PixelDescent(net, generator=seeded(1), rate=1e-3)
    levels = torch.randint(256, (4, 6, 6)) * (torch.rand(4, 6, 6) < 0.3)
    x, labels = to_pictures(levels), torch.tensor([0, 1, 2, 3])
    with torch.no_grad():
        whole = F.nll_loss(net.conditionals(levels, labels).flatten(0, 2), levels.flatten())
        losses = [descent._pixel_loss(net, x, labels, 0.0, seeded(i)) for i in range(40)]
    assert torch.stack(losses).mean().item() == pytest.approx(whole.item(), rel=5e-3)
    assert descent.doubt.std() > 0.1  # the memory did tell patterns apart


def test_stratified_draws_have_their_chances():
    q = torch.tensor([0.5, 0.0, 0.3, 0.2])
    count = torch.bincount(stratified(q, 1000, seeded(1)), minlength=4)
    assert (count - 1000 * q).abs().max() <= 1


def test_patterns_tell_paper_grey_and_ink():
    levels = torch.zeros(1, 3, 3, dtype=torch.int64)
    levels[0, 1, 1], levels[0, 0, 2] = 254, 100
    found = patterns(levels, 256)[0]
    assert found[1, 1] == 2 * 81 + 1
    assert found[1, 2] == 2 * 27 + 9
    assert found[2, 2] == 3 * 2
    assert patterns(torch.full((1, 3, 3), 255), 256).max() == 242


@pytest.mark.parametrize("label", [None, 1])
def test_the_density_of_points_integrates_to_one(label):
    model = of_net(card((2,)), points(), CPU)
    axis = torch.linspace(-9, 9, 600, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    labels = None if label is None else torch.full((len(grid),), label)
    found = finish(model.density.run(grid, labels, {}))
    assert found.meaning is Meaning.EXACT
    assert found.value.exp().sum() * (18 / 599) ** 2 == pytest.approx(1, abs=1e-3)


def test_points_and_their_noise_are_one_to_one():
    model = of_net(card((2,)), points(), CPU)
    labels = torch.arange(500) % 3
    z = 1.5 * Streams(4, range(500)).normal(2)
    back = finish(model.latents.encode(finish(model.latents.decode(z, labels)), labels))
    torch.testing.assert_close(back.float(), z, rtol=0, atol=1e-4)


def test_quantiles_of_mixtures_far_out():
    g = torch.Generator().manual_seed(3)
    mixture = LineMixture(2 * torch.randn(200, 12, generator=g, dtype=torch.float64))
    for z in (-8.0, -3.0, 0.0, 2.0, 6.0):
        wanted = torch.full((200,), z, dtype=torch.float64)
        torch.testing.assert_close(
            mixture.score(mixture.quantile(wanted)), wanted, rtol=0, atol=1e-8
        )


def test_a_mixture_has_the_density_of_its_distribution_function():
    g = torch.Generator().manual_seed(3)
    mixture = LineMixture(torch.randn(50, 12, generator=g, dtype=torch.float64))
    x = torch.linspace(-2, 2, 50, dtype=torch.float64, requires_grad=True)
    lower, upper = mixture.tails(x)
    (slope,) = torch.autograd.grad(lower.sum(), x)
    torch.testing.assert_close(slope.log(), mixture.log_density(x))
    torch.testing.assert_close(lower + upper, torch.ones_like(x))


def test_more_than_one_channel_is_refused():
    with pytest.raises(ValueError, match="one channel, got 3"):
        raster((3, 4, 4))


def test_the_card_stays_what_it_was():
    given = card((2,))
    assert of_net(given, points(), CPU).card == dataclasses.replace(given)
