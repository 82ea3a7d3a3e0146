"""Any-order models against enumeration, quadrature and one pixel a call."""

import itertools
import math

import pytest
import torch

from engines.families.any_order.model import AnyOrderPictures, of_net, reveals
from engines.families.any_order.net import PictureAnyOrder
from engines.families.autoregressive.model import to_pictures
from engines.model import Exactness, Meaning, SampleRequest, finish
from engines.training.randomness import seeded
from engines.training.recipes.any_order import masks
from tests.engines.families.test_autoregressive import card, points
from tests.engines.tiny import _shaken

CPU = torch.device("cpu")


def any_order(levels, shape=(1, 4, 8)):
    torch.manual_seed(2)
    sizes = {"width": [8, 8, 2], "blocks": [1, 2], "features": 4}
    return _shaken(PictureAnyOrder(shape=shape, classes=3, levels=levels, **sizes), 0.3)


def binary_pictures():
    """All 4 × 8 pictures of two levels whose last three rows are blank: 256 of them."""
    bits = torch.arange(256)[:, None] >> torch.arange(8) & 1
    return torch.cat([bits, torch.zeros(256, 24, dtype=torch.int64)], 1).view(-1, 4, 8)


@torch.no_grad()
def prefix_log_p(net, order, labels):
    """log P of the first eight pixels of the order, for all their values, rest unknown."""
    pictures = AnyOrderPictures(card((1, 4, 8), "any-order"), net, CPU)
    levels = binary_pictures().flatten(1)
    known, total = torch.zeros_like(levels, dtype=torch.bool), torch.zeros(256)
    for place in order:
        here = torch.full((len(levels), 1), place)
        log_p = pictures.logits(levels, known, here, labels)[:, 0].log_softmax(1)
        total += log_p.gather(1, levels[:, place, None])[:, 0]
        known[:, place] = True
    return total


def test_in_one_order_the_masses_of_all_values_sum_to_one():
    net, labels = any_order(2), torch.ones(256, dtype=torch.int64)
    for order in (range(8), [5, 2, 7, 0, 1, 6, 3, 4]):
        assert prefix_log_p(net, order, labels).exp().sum().item() == pytest.approx(1, abs=1e-5)


@torch.no_grad()
def test_unknown_pixels_are_not_seen():
    net, g = any_order(256), torch.Generator().manual_seed(1)
    levels = torch.randint(256, (1, 4, 8), generator=g)
    known = torch.rand(1, 4, 8, generator=g) < 0.5
    labels = torch.zeros(1, dtype=torch.int64)
    before = net.conditionals(levels, known, labels)
    hidden = torch.where(known, levels, 255 - levels)
    assert torch.equal(net.conditionals(hidden, known, labels), before)
    shown = torch.where(known, 255 - levels, levels)
    assert not torch.equal(net.conditionals(shown, known, labels), before)


def test_masks_have_every_size_equally_often_and_leave_one_unknown():
    count = masks(1600, 16, seeded(0)).sum(1)
    assert torch.equal(torch.bincount(count, minlength=16), torch.full((16,), 100))
    assert abs(masks(4000, 16, seeded(0)).float().mean(0) - 15 / 32).max() < 0.04


def test_the_bound_is_the_mean_over_masks_of_every_size():
    """Equation 3 of the paper: the mean of log P over orders, here over 30 of them."""
    net = any_order(2)
    pictures = AnyOrderPictures(card((1, 4, 8), "any-order"), net, CPU)
    levels = binary_pictures()[77:78]
    x, generator = to_pictures(levels, 2), torch.Generator().manual_seed(4)
    orders = [torch.randperm(32, generator=generator) for _ in range(30)]
    exact = torch.cat([finish(pictures.log_mass_in(x, None, order)).value for order in orders])
    found = finish(
        of_net(card((1, 4, 8), "any-order"), net, CPU).density.run(x, None, {"terms": 200})
    )
    assert found.meaning is Meaning.BOUND
    spread = math.hypot(exact.std().item() / math.sqrt(30), found.stderr.item())
    assert abs(found.value.item() - exact.mean().item()) < 4 * spread


def test_in_groups_of_one_order_the_masses_sum_to_one_too(monkeypatch):
    """Of all pictures of 4 × 4 pixels and two levels."""
    monkeypatch.setattr("engines.families.any_order.model._ROWS", 8192)
    net = any_order(2, (1, 4, 4))
    pictures = AnyOrderPictures(card((1, 4, 4), "any-order"), net, CPU)
    bits = torch.arange(2**16)[:, None] >> torch.arange(16) & 1
    x, order = to_pictures(bits.view(-1, 4, 4), 2), pictures.order(1)[0]
    found = finish(pictures.log_mass_in(x, None, order, 3)).value
    assert found.exp().sum().item() == pytest.approx(1, abs=1e-4)


def test_the_default_is_one_order_in_groups_and_more_groups_lead_to_the_exact_value():
    pictures = AnyOrderPictures(card((1, 4, 8), "any-order"), any_order(256), CPU)
    model = of_net(card((1, 4, 8), "any-order"), pictures.net, CPU)
    x = finish(model.sample(SampleRequest(3, 1)))
    order = pictures.order(1)[0]
    exact = finish(pictures.log_mass_in(x, None, order))
    asked = finish(model.density.run(x, None, {"groups": 32}))
    assert torch.equal(asked.value, exact.value)
    assert asked.meaning is Meaning.EXACT
    default = finish(model.density.run(x, None, {}))
    assert default.meaning is Meaning.BOUND
    assert default.stderr is None
    assert "2 groups" in default.method
    steps = list(model.density.run(x, None, {"groups": 5}))
    assert [step.calls for step in steps] == [1, 2, 3, 4, 5]
    assert (steps[-1].done, steps[-1].total) == (3, 3)


def test_who_asks_for_masks_alone_gets_the_bound_as_before():
    model = of_net(card((1, 4, 8), "any-order"), any_order(256), CPU)
    x = finish(model.sample(SampleRequest(2, 1)))
    alone = finish(model.density.run(x, None, {"terms": 6}))
    both = finish(model.density.run(x, None, {"terms": 6, "groups": 0}))
    assert torch.equal(alone.value, both.value)
    assert "6 random masks" in alone.method


def test_one_pixel_a_call_is_exact_and_more_are_not():
    model = of_net(card((1, 4, 8), "any-order"), any_order(256), CPU)
    assert model.procedure({"calls": 32}).exactness is Exactness.EXACT
    assert model.procedure({"calls": 31}).exactness is Exactness.HEURISTIC
    assert "not the model's" in model.procedure({"calls": 32, "temperature": 0.5}).method


@pytest.mark.parametrize(("dims", "calls"), [(784, 56), (784, 784), (64, 4), (16, 1), (784, 783)])
def test_every_call_reveals_something_and_the_last_the_rest(dims, calls):
    known = reveals(dims, calls)
    assert len(known) == calls
    assert known[-1] == dims
    assert all(b > a for a, b in zip([0, *known], known, strict=False))


def test_known_pixels_stay_and_unknown_ones_are_grey():
    model = of_net(card((1, 8, 8), "any-order"), any_order(256, (1, 8, 8)), CPU)
    steps = list(model.sample(SampleRequest(2, 1, knobs={"calls": 16})))
    for a, b in itertools.pairwise(steps):
        fixed = a.guess != 0
        assert torch.equal(a.guess[fixed], b.guess[fixed])
    assert (steps[0].guess != 0).flatten(1).sum(1).tolist() == [1, 1]
    assert (steps[-1].guess != 0).all()


def test_noise_brings_back_the_picture():
    model = of_net(card((1, 8, 8), "any-order"), any_order(256, (1, 8, 8)), CPU)
    x = finish(model.sample(SampleRequest(4, 1)))
    z = finish(model.latents.encode(x, None))
    assert torch.equal(finish(model.latents.decode(z, None)), x)


def test_the_density_of_points_is_the_mean_of_both_orders_and_integrates_to_one():
    net = points()
    model = of_net(card((2,), "any-order"), net, CPU)
    axis = torch.linspace(-9, 9, 500, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    labels = torch.full((len(grid),), 1)
    found = finish(model.density.run(grid, labels, {})).value
    assert found.exp().sum() * (18 / 499) ** 2 == pytest.approx(1, abs=1e-3)
    with torch.no_grad():
        both = [net.log_density(grid, labels, order).exp() for order in ([0, 1], [1, 0])]
    torch.testing.assert_close(found.exp(), (both[0] + both[1]) / 2)


def test_points_are_drawn_in_either_order():
    model = of_net(card((2,), "any-order"), points(), CPU)
    x = finish(model.sample(SampleRequest(20_000, 1, label=0)))
    axis = torch.linspace(-9, 9, 300, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    p = finish(model.density.run(grid, torch.zeros(len(grid), dtype=torch.int64), {})).value.exp()
    p = p / p.sum()
    mean = (p[:, None] * grid).sum(0)
    spread = (p[:, None] * (grid - mean).square()).sum(0).sqrt()
    assert ((x.double().mean(0) - mean).abs() < 4 * spread / math.sqrt(len(x))).all()
    torch.testing.assert_close(x.double().std(0), spread, rtol=0.03, atol=0)
