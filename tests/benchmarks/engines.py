"""The engines without a window: random streams, exact kernel sums, samplers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from engines.data.toys import TOYS
from engines.families.autoregressive.model import draw_levels, to_pictures
from engines.families.kde.net import PointKernels
from engines.model import SampleRequest, finish
from engines.noise import Streams
from engines.opening import open_model
from tests.benchmarks.table import Row


def rows() -> list[Row]:
    """Best of several runs, one thread."""
    torch.set_num_threads(1)
    return [_streams(), _kernels(), _grid(), _raster(), _preview()]


def _streams() -> Row:
    def generators() -> None:
        for i in range(2000):
            torch.randn(2, generator=torch.Generator().manual_seed(i))

    ours = _best(lambda: Streams(7, range(2000)).normal(2))
    return Row(
        "noise of 2,000 points, own stream each",
        ours,
        "ms",
        "a torch.Generator each",
        _best(generators),
    )


def _kernels() -> Row:
    from sklearn.neighbors import KernelDensity

    g = torch.Generator().manual_seed(0)
    centres, labels = TOYS["moons"].sample(20_000, g)
    x, _ = TOYS["moons"].sample(2_000, g)
    kernels = PointKernels(centres, labels, torch.ones(2))
    exact = KernelDensity(bandwidth=0.1, leaf_size=20_001).fit(centres.double().numpy())
    ours, theirs = kernels.log_density(x, 0.1), exact.score_samples(x.double().numpy())
    if not torch.allclose(ours, torch.from_numpy(theirs), rtol=1e-6):
        raise AssertionError("the two kernel sums differ")
    return Row(
        "KDE, 2,000 queries on 20,000 centres",
        _best(lambda: kernels.log_density(x, 0.1)),
        "ms",
        "scikit-learn, exact",
        _best(lambda: exact.score_samples(x.double().numpy()), 1),
    )


def _grid() -> Row:
    """A heat map of 512² points; scikit-learn's time is that of 2,000 of them, scaled up."""
    from sklearn.neighbors import KernelDensity

    g = torch.Generator().manual_seed(0)
    centres, labels = TOYS["moons"].sample(20_000, g)
    kernels = PointKernels(centres, labels, torch.ones(2))
    low, high = centres.min(0).values, centres.max(0).values
    xs, ys = (torch.linspace(float(a), float(b), 512) for a, b in zip(low, high, strict=True))
    some = torch.randperm(512 * 512, generator=g)[:2_000]
    x = torch.cartesian_prod(xs, ys)[some].double().numpy()
    exact = KernelDensity(bandwidth=0.1, leaf_size=20_001).fit(centres.double().numpy())
    ours, theirs = finish(kernels.log_grid(xs, ys, 0.1)), torch.from_numpy(exact.score_samples(x))
    counts = theirs > theirs.max() - math.log(1e6)
    if not torch.allclose(ours[some][counts].exp(), theirs[counts].exp(), rtol=1e-6):
        raise AssertionError("the two kernel sums differ")
    return Row(
        "KDE, grid of 512² on 20,000 centres",
        _best(lambda: finish(kernels.log_grid(xs, ys, 0.1)), 3),
        "ms",
        "scikit-learn, exact, from 2,000 of them",
        512 * 512 / 2_000 * _best(lambda: exact.score_samples(x), 1),
    )


def _raster() -> Row:
    """One digit pixel by pixel; the baseline calls the whole network for each of them."""
    model = open_model("mnist/autoregressive")
    request = SampleRequest(1, 7, label=3, knobs={"guidance": 1})
    net = model.conditionals.net

    @torch.no_grad()
    def whole_network() -> torch.Tensor:
        u = Streams(request.seed, request.indices).uniform(net.height * net.side)[0].double()
        levels = torch.zeros(1, net.height, net.side, dtype=torch.int64)
        for place, threshold in enumerate(u):
            log_p = net.conditionals(levels, torch.tensor([request.label])).flatten(0, 2)[place]
            levels.view(-1)[place] = draw_levels(log_p, threshold)
        return to_pictures(levels, net.levels)

    start = time.perf_counter()
    expected = whole_network()
    theirs = 1000 * (time.perf_counter() - start)
    if not torch.equal(finish(model.sample(request)), expected):
        raise AssertionError("the two samplers drew different pixels")
    ours = _best(lambda: finish(model.sample(request)), 3)
    return Row(
        "one digit, mnist/autoregressive",
        ours,
        "ms",
        "the whole network once a pixel",
        theirs,
        theirs / 20,
    )


def _preview() -> Row:
    """Sixteen digits, warm: until the first guess at them, and until they are drawn."""
    model = open_model("mnist/diffusion")
    request = SampleRequest(16, 7, label=3, knobs=model.card.recommended)
    first = _best(lambda: next(s for s in model.sample(request) if s.guess is not None))
    return Row(
        "16 digits, mnist/diffusion, first picture",
        first,
        "ms",
        "all of them",
        _best(lambda: finish(model.sample(request)), 3),
        150,
    )


def _best(act: Callable[[], object], runs: int = 5) -> float:
    """Shortest of several runs, in ms."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        act()
        best = min(best, 1000 * (time.perf_counter() - start))
    return best
