"""Autoregressive in-painting against tables of every picture, and against quadrature of points."""

import dataclasses

import pytest
import torch
from scipy import stats

from engines import log_density
from engines.inpaint import methods_for
from engines.inpaint.raster import is_tail, stretches
from engines.model import Exactness, finish
from engines.training.oracles import Table, table_any_order, table_raster
from engines.training.reports.questions import pictures_of_table
from tests.engines.tiny import opened

LEVELS = torch.tensor([0, 1, 1, 0, 1, 0, 1, 1, 0])
PICTURE = 2.0 * LEVELS.view(1, 3, 3) - 1
SCATTERED = torch.tensor([[1, 0, 0], [0, 0, 1], [1, 0, 1]], dtype=torch.bool)
TAIL = torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=torch.bool)


@pytest.fixture(scope="module")
def table():
    return Table()


def method_of(model, name):
    return next(method for method in methods_for(model) if method.name == name)


def shares(table, model, name, known, count, **knobs):
    """How often each of the 512 pictures was drawn, and its exact probability."""
    x = finish(method_of(model, name).run(model, PICTURE, known, count, 1, knobs))
    found = torch.bincount(pictures_of_table(table, x), minlength=512).double()
    return found, table.conditional(LEVELS, known.flatten())


def p_value(found, answer):
    """Chi-square of the counts; outcomes expected less than 5 times count as one."""
    expected = answer * found.sum()
    assert found[answer == 0].sum() == 0
    rare = expected < 5
    seen = torch.cat([found[~rare], found[rare].sum()[None]])
    wanted = torch.cat([expected[~rare], expected[rare].sum()[None]])
    if wanted[-1] < 5:  # too rare even together: the commonest takes them
        seen, wanted = seen[:-1], wanted[:-1]
        seen[seen.argmax()] += found[rare].sum()
        wanted[wanted.argmax()] += expected[rare].sum()
    return stats.chisquare(seen.numpy(), wanted.numpy()).pvalue


def variation(found, answer):
    return 0.5 * (found / found.sum() - answer).abs().sum().item()


def test_the_table_has_the_conditionals_it_says(table):
    """The raster and any-order nets against sums over the table, by brute force."""
    known = SCATTERED.flatten()
    for place in (~known).nonzero()[:, 0].tolist():
        like = (table.states[:, known] == LEVELS[known]).all(1)
        p = table.log_p.exp() * like
        expected = (p * table.states[:, place]).sum() / p.sum()
        found = table.logits(LEVELS[None], known[None])[0, place, 1].exp()
        assert found.item() == pytest.approx(expected.item(), rel=1e-9)
    net = table_raster(table).conditionals.net
    log_p = net.log_mass(table.states.view(-1, 3, 3), torch.zeros(512, dtype=torch.int64))
    torch.testing.assert_close(log_p.flatten(1).sum(1).double(), table.log_p, atol=1e-4, rtol=0)


@pytest.mark.parametrize("known", [SCATTERED, TAIL], ids=["scattered", "tail"])
def test_one_pixel_a_call_in_any_order_is_exact_and_three_are_not(table, known):
    model = table_any_order(table)
    found, answer = shares(table, model, "any-order", known, 1_600, together=1)
    assert p_value(found, answer) > 1e-3
    found, answer = shares(table, model, "any-order", known, 1_600, together=3)
    assert p_value(found, answer) < 1e-6


def test_a_hole_at_the_end_of_the_order_is_exact(table):
    model = table_raster(table)
    found, answer = shares(table, model, "smc", TAIL, 5_000)
    assert p_value(found, answer) > 1e-3
    assert method_of(model, "smc").standing(model, {}, TAIL).exactness is Exactness.EXACT


def test_particles_hear_of_what_comes_later_and_clamping_does_not(table):
    model = table_raster(table)
    few = variation(*shares(table, model, "smc", SCATTERED, 800, particles=8))
    many = variation(*shares(table, model, "smc", SCATTERED, 800, particles=64))
    clamped = variation(*shares(table, model, "clamping", SCATTERED, 800))
    assert many < 0.12
    assert many < few < clamped
    assert clamped > 0.3


def test_it_says_how_it_stands_for_the_hole(table):
    model = table_raster(table)
    smc, clamping = (method_of(model, name) for name in ("smc", "clamping"))
    assert smc.procedure(model, {}).exactness is Exactness.ASYMPTOTIC
    assert smc.standing(model, {}, SCATTERED).exactness is Exactness.ASYMPTOTIC
    assert smc.standing(model, {"particles": 1}, SCATTERED).exactness is Exactness.HEURISTIC
    assert clamping.procedure(model, {}).exactness is Exactness.HEURISTIC
    assert clamping.standing(model, {}, TAIL).exactness is Exactness.EXACT
    model = table_any_order(table)
    any_order = method_of(model, "any-order")
    assert any_order.procedure(model, {"together": 3}).exactness is Exactness.HEURISTIC
    assert any_order.procedure(model, {}).exactness is Exactness.EXACT


def test_it_shows_how_many_particles_were_worth_something(table):
    model = table_raster(table)
    run = method_of(model, "smc").run(model, PICTURE, SCATTERED, 5, 1, {"particles": 16})
    *_, last = run
    effective, of = last.note.removeprefix("ESS ").split(" of ")
    assert of == "16 (lowest)"
    assert 1 <= float(effective) < 16


def test_only_what_lies_behind_the_first_missing_pixel_is_computed(table):
    model = table_raster(table)
    calls = []
    for known in (SCATTERED, TAIL):
        *_, last = method_of(model, "smc").run(model, PICTURE, known, 2, 1, {"particles": 4})
        calls.append(last.calls)
    assert calls == [4 * 8, 5]


def test_stretches_begin_at_the_first_missing_place():
    assert stretches(torch.tensor([1, 0, 0, 1, 0, 1]).bool()) == [
        (False, range(1, 3)),
        (True, range(3, 4)),
        (False, range(4, 5)),
        (True, range(5, 6)),
    ]
    assert is_tail(TAIL)
    assert is_tail(torch.zeros(4, dtype=torch.bool))
    assert not is_tail(SCATTERED)


def test_draws_do_not_depend_on_their_batch(table):
    model = table_raster(table)
    method = method_of(model, "smc")
    many = finish(method.run(model, PICTURE, SCATTERED, 90, 1))  # two batches of 64
    assert torch.equal(finish(method.run(model, PICTURE, SCATTERED, 3, 1)), many[:3])


@pytest.mark.parametrize(
    ("family", "name", "missing"),
    [(*one, k) for one in (("autoregressive", "smc"), ("any-order", "any-order")) for k in (0, 1)],
)
def test_points_follow_the_conditional_of_the_joint(tmp_path, family, name, missing):
    model = opened(tmp_path, family, "points")
    known = torch.arange(2) != missing
    method, picture = method_of(model, name), torch.full((2,), 0.4)
    n, grid = 1_200, torch.linspace(-12, 12, 4_001, dtype=torch.float64)
    x = finish(method.run(model, picture, known, n, 1))[:, missing].double()
    points = picture.expand(len(grid), 2).clone()
    points[:, missing] = grid.float()
    log_p = log_density(model, points).value
    upto = log_p.softmax(0).cumsum(0)
    found = (x[:, None] <= grid).double().mean(0)
    assert (found - upto).abs().max() < 0.05


def test_a_filled_raster_picture_keeps_its_classes(tmp_path):
    """A class changes what is drawn, and a label is passed on to the network."""
    model = opened(tmp_path, "autoregressive", "picture")
    model = dataclasses.replace(model)
    known = torch.ones(8, 8, dtype=torch.bool)
    known[5:] = False
    picture = torch.zeros(1, 8, 8)
    method = method_of(model, "smc")
    one, two = (finish(method.run(model, picture, known, 4, 1, {}, c)) for c in (0, 1))
    assert not torch.equal(one, two)
