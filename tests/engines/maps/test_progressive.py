"""Maps of the plane: what they integrate to, how they are refined, what their levels hold."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from engines import log_density
from engines.checkpoints.catalog import ROOT, scan
from engines.data.toys import TOYS
from engines.families.kde.net import PointKernels
from engines.maps import regions
from engines.maps.area import Area
from engines.maps.fields import Field, field_of, kernels_on, truth_of
from engines.maps.grids import log_density_grid
from engines.maps.kinds import Kind, comparable, in_doubt
from engines.maps.moments import Memory, sweep_of
from engines.maps.noised import LOWEST, field_at
from engines.maps.refine import Map, refine, whole
from engines.model import LogDensity, Meaning, Step, finish
from engines.opening import open_model
from tests.engines.tiny import opened

PLANE = [
    # 20 s of a lattice; its contract asks that of moons
    pytest.param(card.name, marks=pytest.mark.evidence)
    if card.family == "latent-diffusion"
    else card.name
    for card in scan(ROOT)[0]
    if card.data == "rings" and card.family not in ("gan", "diffusion")
]


def area_of(data, share=0.6):
    x, _ = TOYS[data].sample(4000, torch.Generator().manual_seed(0))
    (x0, y0), (x1, y1) = x.min(0).values.tolist(), x.max(0).values.tolist()
    return Area(x0, x1, y0, y1).grown(share)


def counting(calls):
    """A field that counts its points."""

    def grid(xs, ys):
        calls.append(len(xs) * len(ys))
        x = torch.cartesian_prod(xs, ys)
        yield Step(len(x), len(x))
        return LogDensity(x[:, 0] + 10 * x[:, 1], Meaning.EXACT, "a plane")

    return Field(Kind.EXACT, grid)


@pytest.mark.parametrize("name", PLANE)
def test_maps_of_shipped_models_hold_all_of_the_mass(name):
    model = open_model(name)
    area = area_of(model.card.data)
    wide, high = area.pixels(300)
    found = whole(field_of(model), area, wide, high)
    kind = field_of(model).kind
    tolerance = 1e-3 if kind is Kind.EXACT else 1e-2
    assert regions.mass(found.values, area.cell(wide, high)) == pytest.approx(1, abs=tolerance)


@pytest.mark.parametrize("name", TOYS)
def test_truths_hold_all_of_the_mass_and_agree_with_their_points(name):
    area = area_of(name)
    found = whole(truth_of(name), area, 400, 400)
    # the edges of the checkerboard cut through cells
    tolerance = 2e-2 if name == "checkerboard" else 1e-3
    assert regions.mass(found.values, area.cell(400, 400)) == pytest.approx(1, abs=tolerance)
    xs, ys = (torch.from_numpy(axis) for axis in area_of(name, 0.0).axes(9, 7))
    for label in (None, 1):
        points = TOYS[name].log_density(torch.cartesian_prod(xs, ys), label)
        grid = TOYS[name].log_grid(xs, ys, label)
        near = points > -600
        torch.testing.assert_close(grid[near], points[near], rtol=1e-9, atol=1e-9)


def test_kernels_are_their_brute_force_sum():
    g = torch.Generator().manual_seed(3)
    x, held = torch.randn(400, 2, generator=g), torch.randn(50, 2, generator=g)
    kernels = kernels_on(x, held, "kernels")
    area = Area(-3, 3, -2, 2)
    found = whole(kernels.field(Kind.SAMPLES), area, 12, 9)
    xs, ys = area.axes(12, 9)
    at = np.stack(np.meshgrid(xs, ys), -1)
    sd = kernels.h * x.double().std(0).numpy()
    e = (at[:, :, None] - x.double().numpy()) / sd
    log_k = -0.5 * (e**2).sum(-1) - math.log(2 * math.pi * sd.prod())
    brute = np.log(np.exp(log_k).mean(-1))
    np.testing.assert_allclose(found.values.numpy(), brute, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [(70, 45), (64, 64), (5, 200), (1, 1), (33, 32)])
def test_refining_ends_with_the_whole_map_and_asks_every_pixel_once(size):
    calls, area = [], Area(-1, 2, 0, 1)
    run, frames = refine(counting(calls), area, *size), []
    while True:
        try:
            if isinstance(step := next(run), Map):
                frames.append(step)
        except StopIteration as end:
            last = end.value
            break
    assert sum(calls) == size[0] * size[1]
    expected = whole(counting([]), area, *size).values
    assert torch.equal(last.values, expected)
    assert last.complete
    shares = [frame.share for frame in frames]
    assert shares == sorted(shares)
    for frame in frames:  # what is not there yet is near what is
        assert frame.values.isfinite().all()
    coarse = (frames[0].values - expected).abs().max()
    across, up = area.size[0] / size[0], area.size[1] / size[1]
    assert coarse <= frames[0].stride * (across + 10 * up) + 1e-5


@pytest.mark.parametrize("name", ["moons/kde", "rings/vae", "moons/diffusion"])
def test_a_first_look_is_near_the_map_and_gives_way_to_it(name):
    model = open_model(name)
    field = field_of(model)
    if model.card.family == "diffusion":
        # its first looks alone: the sweep behind them takes its time
        first = field_at(sweep_of(model, None, Memory()), LOWEST).preview
        field = dataclasses.replace(field_of(model, knobs={"steps": 8}), preview=first)
    area, frames = area_of(model.card.data), []
    for step in refine(field, area, 36, 36):
        if isinstance(step, Map):
            frames.append(step)
    looks = [frame for frame in frames if frame.share == 0]
    assert frames[: len(looks)] == looks
    assert frames[-1].complete
    news = [frame for frame in frames[len(looks) :] if frame.values is not looks[-1].values]
    assert not {look.method for look in looks} & {frame.method for frame in news}
    assert [frame.share for frame in frames] == sorted(frame.share for frame in frames)
    last = frames[-1].values
    assert torch.equal(last, whole(field, area, 36, 36).values)
    seen = torch.zeros(36, 36, dtype=torch.bool)
    seen[:: looks[-1].stride, :: looks[-1].stride] = True
    seen &= last > last.max() - 6
    assert (looks[-1].values - last)[seen].abs().mean() < 0.5


def test_what_is_prepared_before_the_first_pass_counts():
    """A third of the work comes before the first grid: the share moves on under the first look."""

    def prepare():
        for i in range(50):
            yield (i + 1) / 50

    points = counting([])
    field = dataclasses.replace(
        points, preview=points.grid, prepare=prepare, preparing=40 * 40 // 2
    )
    frames = [step for step in refine(field, Area(-1, 1, -1, 1), 40, 40) if step is not None]
    looks = [frame for frame in frames if frame.share == 0]
    under = [f.share for f in frames if f.values is looks[-1].values]
    assert under == sorted(under)
    assert len(under) > 20
    assert under[-2] == pytest.approx(1 / 3, abs=0.01), "the last says how far the first grid is"
    assert frames[-1].complete


def test_a_map_can_be_left_at_any_step(tmp_path):
    field = field_of(opened(tmp_path, "flow", "points"))
    run = refine(field, Area(-2, 2, -2, 2), 80, 80)
    next(run)
    run.close()
    assert torch.is_grad_enabled()


def test_levels_hold_their_share_of_a_gaussian():
    area = Area(-6, 6, -6, 6)
    xs, ys = (torch.from_numpy(axis) for axis in area.axes(400, 400))
    log_p = -0.5 * (xs[None] ** 2 + ys[:, None] ** 2) - math.log(2 * math.pi)
    cell = area.cell(400, 400)
    for share, level in zip(regions.MASSES, regions.levels(log_p, cell), strict=True):
        # r² is exponential with mean 2, so the level round a share s is (1 − s) / 2π
        assert level == pytest.approx(math.log((1 - share) / (2 * math.pi)), abs=5e-3)
        assert regions.inside(log_p, level, cell) == pytest.approx(share, abs=2e-3)
    assert regions.levels(torch.full((2, 2), -math.inf), 1.0) == (-math.inf,) * 3


@pytest.mark.parametrize("family", ["autoregressive", "any-order"])
@pytest.mark.parametrize("label", [None, 2])
def test_conditionals_asked_once_a_column_give_the_same(tmp_path, family, label):
    model = opened(tmp_path, family, "points")
    assert model.density.grid is not None
    xs, ys = torch.linspace(-2, 4, 11), torch.linspace(-3, 3, 7)
    points = torch.cartesian_prod(xs, ys)
    labels = None if label is None else torch.full((77,), label)
    found = finish(log_density_grid(model, xs, ys, label))
    expected = finish(model.density.run(points, labels, {}))
    torch.testing.assert_close(found.value, expected.value, rtol=1e-5, atol=1e-5)
    assert (found.meaning, found.method) == (expected.meaning, expected.method)


def test_a_bound_stays_below_the_lattice_that_is_nearly_exact():
    model = open_model("moons/vae")
    x, _ = TOYS["moons"].sample(40, torch.Generator().manual_seed(5))
    exact = torch.cat([finish(log_density_grid(model, p[:1], p[1:])).value for p in x.double()])
    for m in (1, 16, 256):
        bound = log_density(model, x, knobs={"importance": m}).value
        assert (bound.mean() - exact.mean()) < 0.02
    assert float((exact - bound).mean()) < 0.1, "256 samples come close"


def test_areas_know_their_pixels():
    area = Area(0, 4, -1, 1)
    xs, ys = area.axes(4, 2)
    assert xs.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert ys.tolist() == [-0.5, 0.5]
    assert area.pixels(512) == (512, 256)
    assert area.of_shape(1, 1).size == (4, 4)
    with pytest.raises(ValueError, match="x0 < x1"):
        Area(1, 1, 0, 1)
    with pytest.raises(ValueError, match="x0 < x1"):
        Area(0, math.nan, 0, 1)


def test_kinds_are_ranked_among_themselves_only():
    assert comparable([Kind.EXACT, Kind.EXACT]) == ""
    assert comparable([Kind.BOUND]) == ""
    assert "different kinds" in comparable([Kind.EXACT, Kind.BOUND])
    assert "constant" in comparable([Kind.UNNORMALISED, Kind.UNNORMALISED])
    assert PointKernels.plausible[0] < 1


def test_a_bound_is_said_to_hold_on_average_only():
    assert "at least" not in Kind.BOUND.says
    assert "on average" in Kind.BOUND.says
    assert (Kind.BOUND.sign, Kind.BOUND.bits_sign) == ("≳ ", "≲ ")
    assert (Kind.EXACT.sign, Kind.EXACT.bits_sign) == ("", "")


def test_numbers_as_close_as_their_errors_are_in_doubt():
    sure = [("a", -500.0, 1.0), ("b", -490.0, 1.0), ("c", -480.0, None)]
    assert in_doubt(sure) == ""
    assert "a and d" in in_doubt([*sure, ("d", -498.0, 1.0)])
    assert "b and c" in in_doubt([("b", -490.0, 6.0), ("c", -480.0, math.nan)])
    assert in_doubt([("a", -500.0, 1.0)]) == ""
