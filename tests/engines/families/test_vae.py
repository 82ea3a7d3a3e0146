"""The discretised likelihood is a distribution; the bound is right where the answer is known."""

import dataclasses
import math

import pytest
import torch
from scipy import stats

from engines.families.vae.model import VAE
from engines.families.vae.net import mixture_draw, mixture_mean, mixture_of_logistics
from engines.kinds import of_shape
from engines.model import Meaning, SampleRequest, finish
from engines.noise import Streams
from engines.opening import open_model
from tests.engines.tiny import ship

LEVELS = torch.arange(256, dtype=torch.float64) / 127.5 - 1


def parameters(n, *, seed=0, mixtures=3):
    """(n, 3·mixtures) float64: logits, means beyond both ends, scales from needles to flat."""
    g = torch.Generator().manual_seed(seed)
    logits, means, scales = torch.randn(3, n, mixtures, generator=g, dtype=torch.float64)
    return torch.cat([2 * logits, 0.8 * means, 2.5 * scales - 3], 1)


def masses(p):
    """P of each of the 256 levels: (n, 3K) -> (n, 256)."""
    n = len(p)
    return mixture_of_logistics(p[:, None].expand(n, 256, -1), LEVELS.expand(n, 256)).exp()


def test_the_levels_sum_to_one():
    total = masses(parameters(200)).sum(1)
    torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-9)


def test_the_levels_sum_to_one_in_single_precision():
    total = masses(parameters(200).float()).sum(1)
    torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-3)


def test_the_masses_are_differences_of_sigmoids():
    p = parameters(50)
    logits, means, log_scales = (part[:, None] for part in p.chunk(3, -1))
    scales = log_scales.clamp(-7, 3).exp()
    edges = LEVELS[:, None]
    above = torch.sigmoid((edges + 1 / 255 - means) / scales)
    below = torch.sigmoid((edges - 1 / 255 - means) / scales)
    above[:, -1], below[:, 0] = 1, 0
    naive = (logits.softmax(-1) * (above - below)).sum(-1)
    stable = naive > 1e-6
    torch.testing.assert_close(masses(p)[stable], naive[stable], rtol=1e-8, atol=0)


def test_unlikely_levels_keep_a_finite_gradient():
    p = torch.tensor([[0.0, -5.0, -9.0]], requires_grad=True)
    value = mixture_of_logistics(p, torch.tensor([1.0]))
    value.sum().backward()
    assert value.isfinite().all()
    assert p.grad.isfinite().all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_draws_follow_the_masses(seed):
    p, n = parameters(1, seed=seed), 20_000
    streams = Streams(seed, range(n))
    drawn = mixture_draw(p.expand(n, -1), streams.uniform(), streams.uniform())
    counts = torch.bincount(((drawn + 1) * 127.5).round().long(), minlength=256)
    expected = masses(p)[0] * n
    rare = expected < 5
    groups = torch.cat([expected[~rare], expected[rare].sum()[None] + 1e-9])
    found = torch.cat([counts[~rare], counts[rare].sum()[None]])
    assert stats.chisquare(found.numpy(), (groups / groups.sum() * n).numpy()).pvalue > 1e-3


def test_the_mean_is_that_of_the_masses():
    p = parameters(200)
    expected = (masses(p) * LEVELS).sum(1)
    torch.testing.assert_close(mixture_mean(p), expected, rtol=0, atol=2e-3)


class Linear:
    """p(x | z) = N(W z + b, s² I) with the exact posterior, made wrong by `bias` and `stretch`.

    Probabilistic PCA (Tipping & Bishop 1999): log p(x) is that of N(b, W Wᵀ + s² I).
    """

    latent, classes, sd = 2, 0, 0.5

    def __init__(self, bias=0.0, stretch=1.0):
        g = torch.Generator().manual_seed(1)
        # orthogonal columns make the posterior covariance diagonal, as an encoder's is
        q = torch.linalg.qr(torch.randn(4, 2, generator=g, dtype=torch.float64))[0]
        self.w, self.b = q * torch.tensor([1.5, 0.7]).double(), torch.arange(4.0).double()
        self.bias, self.stretch = bias, stretch

    def posterior(self, x, labels):
        precision = 1 + self.w.square().sum(0) / self.sd**2
        mean = (x - self.b) @ self.w / self.sd**2 / precision
        sd = self.stretch * precision.rsqrt()
        return mean + self.bias, sd.log().expand_as(mean)

    def log_prior(self, z, labels):
        return -0.5 * (z.square() + math.log(2 * math.pi)).sum(1)

    def log_likelihood(self, x, z, labels):
        e = (x - z @ self.w.T - self.b) / self.sd
        return -0.5 * (e.square() + math.log(2 * math.pi * self.sd**2)).sum(1)

    def log_density(self, x):
        covariance = self.w @ self.w.T + self.sd**2 * torch.eye(4)
        return torch.distributions.MultivariateNormal(self.b, covariance).log_prob(x)


@pytest.fixture(scope="module")
def points():
    g = torch.Generator().manual_seed(2)
    net = Linear()
    z = torch.randn(200, 2, generator=g, dtype=torch.float64)
    noise = torch.randn(200, 4, generator=g, dtype=torch.float64)
    return z @ net.w.T + net.b + net.sd * noise


def engine(net, tmp_path):
    card = dataclasses.replace(ship(tmp_path, "vae", "points"), kind=of_shape((4,)), attributes=())
    return VAE(card, net, torch.device("cpu"))


def bound(net, x, m, tmp_path):
    return finish(engine(net, tmp_path).log_density(x, None, {"importance": m}))


@pytest.mark.parametrize("m", [1, 64])
def test_with_the_exact_encoder_the_bound_is_exact(points, tmp_path, m):
    found = bound(Linear(), points, m, tmp_path)
    torch.testing.assert_close(found.value, Linear().log_density(points), rtol=0, atol=1e-5)
    assert found.meaning is Meaning.BOUND
    if m > 1:
        assert found.stderr.max() < 1e-5


@pytest.mark.parametrize(("stretch", "tolerance"), [(1.5, 0.02), (0.7, 0.05)])
def test_with_a_wrong_encoder_the_bound_rises_to_the_truth(points, tmp_path, stretch, tolerance):
    net = Linear(bias=0.15, stretch=stretch)
    exact = net.log_density(points)
    found = bound(net, points, 5000, tmp_path)
    gap = (exact - found.value).abs()
    assert gap.mean() < tolerance
    assert (gap < 5 * found.stderr + 1e-3).float().mean() > 0.95


@pytest.mark.parametrize("stretch", [1.5, 0.7])
def test_the_expected_bound_rises_with_the_samples_and_stays_below(points, tmp_path, stretch):
    net = Linear(bias=0.15, stretch=stretch)
    x = points.repeat(100, 1)
    rising = []
    for m in (1, 5, 50):
        e = torch.randn(len(x), m, 2, generator=torch.Generator().manual_seed(m)).double()
        value, _ = engine(net, tmp_path)._bound(x, torch.zeros(len(x)).long(), e)
        rising.append(value.mean().item())
    assert rising == sorted(rising)
    exact = net.log_density(points).mean().item()
    assert rising[0] < exact - 0.3
    assert rising[-1] < exact + 1e-3


def test_pictures_have_noise_of_their_own(tmp_path):
    model = open_model(ship(tmp_path, "vae", "picture").name, root=tmp_path)
    x = finish(model.sample(SampleRequest(6, 1)))
    together = finish(model.density.run(x, None, {"importance": 4}))
    alone = finish(model.density.run(x[4:5], None, {"importance": 4}))
    torch.testing.assert_close(alone.value, together.value[4:5])
    twins = finish(model.density.run(x[:1].expand(2, -1, -1, -1), None, {"importance": 4}))
    assert twins.value[0].item() == pytest.approx(twins.value[1].item())


def test_the_default_knobs_tell_what_is_shown(tmp_path):
    model = open_model(ship(tmp_path, "vae", "picture").name, root=tmp_path)
    defaults = {knob.name: knob.default for knob in model.knobs}
    assert model.procedure({}) == model.procedure(defaults)
    assert model.procedure({}) != model.procedure({"pixels": 1.0})
