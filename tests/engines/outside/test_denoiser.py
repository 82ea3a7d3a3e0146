"""Foreign networks as D(x; σ, c), against the exact denoiser of Gaussian data."""

import math

import pytest
import torch

from engines.families.diffusion.model import Diffusion
from engines.families.diffusion.net import SIGMA_DATA
from engines.kinds import of_shape
from engines.model import Card, finish
from engines.noise import Streams
from engines.outside.drawing.denoiser import ForeignLatents, ForeignPictures, no_labels
from engines.outside.drawing.levels import Preconditioned, Preserving
from engines.outside.drawing.networks import ClassNetwork
from engines.outside.drawing.states import Drawing
from engines.outside.memory import Portions, TooLargeError

# of diffusers' own making: numpy's new rules for arrays
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHAPE, MEAN, SPREAD = (2, 3, 4), 0.3, 0.7


def kept(steps=1000):
    return torch.cumprod(1 - torch.linspace(1e-4, 0.02, steps, dtype=torch.float64), 0)


def exact(x, sigma):
    """E[x_0 | x_0 + σ ε = x] for x_0 ~ N(MEAN, SPREAD²)."""
    s = sigma.view(-1, 1, 1, 1) ** 2
    return MEAN + SPREAD**2 / (SPREAD**2 + s) * (x - MEAN)


def preserving(prediction):
    """What a network trained on the discrete schedule ends up as, at whole and broken times."""
    table = kept()
    log_sigma = 0.5 * ((1 - table) / table).log()

    def ask(x, t, labels):
        low = t.double().floor().long().clamp(0, len(table) - 2)
        log = log_sigma[low] + (t.double() - low) * (log_sigma[low + 1] - log_sigma[low])
        sigma = log.exp()
        wide = sigma.view(-1, 1, 1, 1)
        a = (1 + wide**2).rsqrt()
        clean = exact(x / a, sigma)
        noise = (x / a - clean) / wide
        answers = {"sample": clean, "epsilon": noise, "v_prediction": a * noise - a * wide * clean}
        return answers[prediction]

    return ask, Preserving(log_sigma, prediction, False)


def preconditioned(sign):
    sigma_data = 0.5

    def ask(x, t, labels):
        sigma = (4 * t).exp()
        s = sigma.view(-1, 1, 1, 1)
        total = s**2 + sigma_data**2
        whole = x * total.sqrt()
        return (exact(whole, sigma) - sigma_data**2 / total * whole) / (
            sign * s * sigma_data * total.rsqrt()
        )

    return ask, Preconditioned((0.002, 80.0), sigma_data, sign)


@pytest.mark.parametrize("kind", [ForeignPictures, ForeignLatents])
@pytest.mark.parametrize(
    "training",
    [
        preserving("epsilon"),
        preserving("sample"),
        preserving("v_prediction"),
        preconditioned(1.0),
        preconditioned(-1.0),
    ],
)
def test_every_training_is_the_same_denoiser(kind, training):
    ask, levels = training
    network = ClassNetwork(ask, SHAPE[0], 0, None)
    net = kind(network, levels, shape=SHAPE, steps=5)
    low, high = levels.span
    sigma = torch.tensor([1.01 * low, 0.05, 1.0, 7.3, 0.99 * high], dtype=torch.float64)
    x = MEAN + torch.randn(5, *SHAPE, dtype=torch.float64, generator=seeded())
    x = x + sigma.view(-1, 1, 1, 1) * torch.randn(x.shape, generator=seeded(2)).double()
    y = x * net.unit if kind is ForeignPictures else (x * net.unit).flatten(1)
    found = net(y, sigma * net.unit, torch.zeros(5, dtype=torch.int64)).view_as(x) / net.unit
    torch.testing.assert_close(found, exact(x, sigma), rtol=1e-8, atol=1e-8)


def seeded(seed=1):
    return torch.Generator().manual_seed(seed)


def test_the_span_is_that_of_the_training():
    _, levels = preserving("epsilon")
    low, high = levels.span
    assert low == pytest.approx(0.01, rel=1e-3)
    assert high == pytest.approx(157.4, rel=1e-2)
    net = ForeignLatents(ClassNetwork(None, 2, 0, None), levels, shape=SHAPE, steps=5)
    assert net.span == pytest.approx((low * SIGMA_DATA, high * SIGMA_DATA))


@pytest.mark.parametrize("kind", [ForeignPictures, ForeignLatents])
def test_coordinates_and_their_volume(kind):
    net = kind(ClassNetwork(None, 2, 0, None), preserving("sample")[1], shape=SHAPE, steps=5)
    shape = SHAPE if kind is ForeignPictures else (math.prod(SHAPE),)
    x = torch.rand(2, *shape, dtype=torch.float64, generator=seeded())
    y, log_det = net.enter(x)
    torch.testing.assert_close(net.leave(y), x)
    slope = (y[0] - y[1]).flatten()[0] / (x[0] - x[1]).flatten()[0]
    torch.testing.assert_close(log_det, math.prod(SHAPE) * slope.log().expand(2))


# the ways along the noise levels


CPU = torch.device("cpu")


def gaussian(kind):
    """Gaussian data's own denoiser behind the discrete schedule, as a foreign network."""
    ask, levels = preserving("epsilon")
    network = ClassNetwork(lambda x, t, c: ask(x, t, c).float(), SHAPE[0], 0, None)
    return kind(network, levels, shape=SHAPE, steps=5)


@pytest.mark.parametrize("sampler", range(5))
def test_every_sampler_ends_where_the_ode_does(sampler):
    """From noise e, x_0 = MEAN + SPREAD e up to what the ends of the schedule leave."""
    pytest.importorskip("diffusers")
    config = {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear", "clip_sample": False}
    drawing = Drawing(gaussian(ForeignPictures), "DDIMScheduler", config, CPU, guides=False)
    assert len(drawing.samplers) == 5
    streams = Streams(3, range(4))
    noise = Streams(3, range(4)).normal(*SHAPE)
    run = drawing.run(streams, no_labels(4, CPU), {"sampler": sampler, "steps": 100})
    x = finish(run)
    torch.testing.assert_close(x, MEAN + SPREAD * noise, rtol=0, atol=0.05)


def test_codes_lead_back_and_densities_are_those_of_the_data():
    card = Card(
        folder=None,
        name="outside/gaussian",
        family="diffusion",
        data="outside",
        kind=of_shape((math.prod(SHAPE),)),
        attributes=(),
        weights="",
        sha256="",
        parameters=0,
        seed=0,
        recipe="",
        licence="",
    )
    made = Diffusion(card, gaussian(ForeignLatents), CPU)
    z = MEAN + SPREAD * torch.randn(64, math.prod(SHAPE), generator=seeded())
    codes = finish(made.encode(z, None))
    assert codes.mean().abs() < 0.1
    assert codes.std().item() == pytest.approx(1, abs=0.05)
    torch.testing.assert_close(finish(made.decode(codes, None)), z, rtol=0, atol=0.02)
    found = finish(made.point_density(z[:4], None, {"steps": 64})).value
    exactly = torch.distributions.Normal(MEAN, SPREAD).log_prob(z[:4]).sum(1)
    torch.testing.assert_close(found, exactly.double(), rtol=0, atol=0.1)


# memory


def short_of_memory(most):
    """A network that runs out of memory above so many rows, and the sizes it was asked for."""
    asked = []

    def call(x):
        asked.append(len(x))
        if len(x) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return 2 * x

    return call, asked


def test_batches_are_halved_until_they_fit_and_stay_so():
    portions, (call, asked) = Portions(), short_of_memory(3)
    x = torch.arange(10.0)[:, None]
    assert portions.note == ""
    assert torch.equal(portions.run(call, x), 2 * x)
    assert asked == [10, 5, 2, 2, 2, 2, 2]
    assert portions.note == "memory is short: 2 at a time"
    asked.clear()
    portions.run(call, x)
    assert asked == [2] * 5


def test_slower_ways_come_last_and_then_a_sentence():
    asked, relieved = [], []

    def call(x):
        asked.append(len(x))
        if not relieved:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return x

    portions = Portions([("in tiles", lambda: relieved.append(True))])
    x = torch.ones(2, 1)
    assert torch.equal(portions.run(call, x), x)
    assert portions.note == "memory is short: 1 at a time; in tiles"
    with pytest.raises(TooLargeError, match="needs more memory than this device has"):
        Portions().run(short_of_memory(0)[0], x)
