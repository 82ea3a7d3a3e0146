"""Factor analysers against oracles: scipy's Gaussians, quadrature, autograd, enumeration."""

import math

import pytest
import torch
from scipy import stats

from engines.checkpoints.catalog import CheckpointError
from engines.families.mfa.net import FactorAnalysers, NormalScores
from engines.model import SampleRequest, finish
from engines.noise import choose
from engines.training.randomness import seeded
from engines.training.recipes.mfa import em_step, expectation_maximisation, k_means
from tests.engines.tiny import MAKERS, opened


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Many tiny sums: a second thread only waits, for seconds on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def mixture(m, d, k, seed=0):
    g = generator(seed)
    return FactorAnalysers(
        mean=2 * torch.randn(m, d, generator=g),
        loading=torch.randn(m, d, k, generator=g),
        noise=0.1 + torch.rand(m, d, generator=g),
        log_weight=torch.randn(m, generator=g),
        labels=torch.arange(m) % 2,
    )


def covariances(fa):
    return fa.loading @ fa.loading.mT + torch.diag_embed(fa.noise)


def by_scipy(fa, x):
    """log Σ w N(x; μ, Σ), every covariance written out."""
    terms = [
        float(fa.log_weight[j])
        + torch.tensor(stats.multivariate_normal(fa.mean[j], s).logpdf(x)).view(len(x))
        for j, s in enumerate(covariances(fa))
    ]
    return torch.logsumexp(torch.stack(terms), 0)


@pytest.mark.parametrize(("m", "d", "k"), [(1, 1, 1), (3, 2, 1), (4, 5, 2), (2, 12, 4), (2, 3, 5)])
def test_densities_are_those_of_scipy(m, d, k):
    fa = mixture(m, d, k)
    x = 3 * torch.randn(50, d, generator=generator(1), dtype=torch.float64)
    torch.testing.assert_close(fa.log_density(x), by_scipy(fa, x), rtol=1e-9, atol=1e-9)


def test_little_noise_far_from_the_origin_does_not_cancel():
    fa = mixture(3, 4, 2)
    fa = FactorAnalysers(fa.mean + 1e3, fa.loading, 1e-6 * fa.noise, fa.log_weight, fa.labels)
    x = fa.mean[:1] + 0.3 * fa.loading[:1] @ torch.ones(2, dtype=torch.float64)
    torch.testing.assert_close(fa.log_density(x), by_scipy(fa, x), rtol=1e-5, atol=0)


def test_a_class_is_its_components_with_their_own_weights():
    fa = mixture(5, 3, 1)
    one, x = fa.of_class(1), torch.randn(20, 3, generator=generator(1))
    assert one.log_weight.exp().sum().item() == pytest.approx(1)
    rows = fa.labels == 1
    expected = torch.logsumexp(fa.log_components(x)[:, rows], 1)
    expected = expected - torch.logsumexp(fa.log_weight[rows], 0)
    torch.testing.assert_close(one.log_density(x), expected)


@pytest.mark.parametrize("floor", [0.0, 0.5])
@pytest.mark.parametrize(("d", "k"), [(2, 1), (10, 3)])
def test_em_never_loses_likelihood(d, k, floor):
    truth = mixture(4, d, k)
    g = generator(2)
    x = truth.draw(
        *(
            f(*s, generator=g)
            for f, s in (
                (torch.rand, (3_000,)),
                (torch.randn, (3_000, k)),
                (torch.randn, (3_000, d)),
            )
        )
    )
    low = torch.full((d,), max(floor, 1e-6), dtype=torch.float64)
    start = k_means(x, 4, k, low, seeded(0))
    fitted, reached = expectation_maximisation(start, x, low, steps=40, least=-1)
    gains = torch.tensor(reached).diff()
    assert gains.min() > -1e-9
    assert (fitted.noise >= low).all()
    if not floor:
        assert fitted.log_density(x).mean() > truth.log_density(x).mean() - 0.05


def test_em_leaves_a_starved_component_alone():
    fa = mixture(2, 3, 1)
    away = FactorAnalysers(
        fa.mean + torch.tensor([[0.0], [1e4]]), fa.loading, fa.noise, fa.log_weight, fa.labels
    )
    x = fa.mean[0] + torch.randn(200, 3, generator=generator(1), dtype=torch.float64)
    after, _ = em_step(away, x, torch.full((3,), 1e-3, dtype=torch.float64))
    assert torch.equal(after.mean[1], away.mean[1])
    assert after.log_density(x).isfinite().all()


KNOWN = torch.tensor([True, False, True, False, False])


def test_conditionals_of_one_component_are_the_regression_formula():
    fa = mixture(1, 5, 2)
    x = torch.randn(6, 5, generator=generator(1), dtype=torch.float64)
    found = fa.conditional(x, KNOWN)
    s = covariances(fa)[0]
    gain = s[~KNOWN][:, KNOWN] @ torch.linalg.inv(s[KNOWN][:, KNOWN])
    mean = fa.mean[0, ~KNOWN] + (x[:, KNOWN] - fa.mean[0, KNOWN]) @ gain.T
    torch.testing.assert_close(found.expectation(), mean)
    left = s[~KNOWN][:, ~KNOWN] - gain @ s[KNOWN][:, ~KNOWN]
    torch.testing.assert_close(covariances(found.mixture(0))[0], left)


def test_conditionals_are_joint_over_marginal():
    fa = mixture(4, 5, 2)
    x = 2 * torch.randn(6, 5, generator=generator(1), dtype=torch.float64)
    seen = FactorAnalysers(
        fa.mean[:, KNOWN], fa.loading[:, KNOWN], fa.noise[:, KNOWN], fa.log_weight, fa.labels
    )
    expected = fa.log_density(x) - seen.log_density(x[:, KNOWN])
    found = fa.conditional(x, KNOWN)
    values = [found.mixture(i).log_density(x[i : i + 1, ~KNOWN]) for i in range(6)]
    torch.testing.assert_close(torch.cat(values), expected)


def test_a_conditional_in_the_plane_is_the_slice_by_quadrature():
    fa, known = mixture(5, 2, 1), torch.tensor([True, False])
    line = torch.linspace(-15, 15, 6_001, dtype=torch.float64)
    x = torch.stack([torch.full_like(line, 0.4), line], 1)
    p = fa.log_density(x).exp()
    p = p / (p.sum() * (line[1] - line[0]))
    found = fa.conditional(x[:1], known)
    torch.testing.assert_close(found.mixture(0).log_density(line[:, None]).exp(), p)
    n, g = 20_000, generator(3)
    drawn = found.mixture(0).draw(
        torch.rand(n, generator=g), torch.randn(n, 1, generator=g), torch.randn(n, 1, generator=g)
    )
    upto = (p.cumsum(0) * (line[1] - line[0])).numpy()
    cdf = lambda v: torch.from_numpy(upto)[torch.searchsorted(line, v).clamp(max=6_000)]  # noqa: E731
    assert stats.kstest(cdf(drawn[:, 0]).numpy(), "uniform").pvalue > 1e-3


def test_nothing_known_gives_the_model_and_draws_of_a_batch_follow_it():
    fa = mixture(3, 2, 1)
    n, g = 20_000, generator(1)
    found = fa.conditional(torch.zeros(1, 2), torch.zeros(2, dtype=torch.bool))
    x = torch.randn(30, 2, generator=g)
    torch.testing.assert_close(found.mixture(0).log_density(x), fa.log_density(x))
    noise = (
        torch.rand(n, generator=g),
        torch.randn(n, 1, generator=g),
        torch.randn(n, 2, generator=g),
    )
    many = fa.conditional(torch.zeros(n, 2), torch.zeros(2, dtype=torch.bool))
    torch.testing.assert_close(many.draw(*noise), fa.draw(*noise))


@pytest.mark.parametrize("sigma", [0.0, 0.3, 5.0])
def test_the_score_is_the_gradient(sigma):
    fa = mixture(4, 6, 2).noised(sigma)
    x = torch.randn(20, 6, generator=generator(1), dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(fa.log_density(x).sum(), x)
    torch.testing.assert_close(fa.score(x.detach()), gradient)


def test_the_noised_mixture_has_wider_covariances():
    fa = mixture(3, 4, 2)
    wide = covariances(fa) + 0.49 * torch.eye(4)
    torch.testing.assert_close(covariances(fa.noised(0.7)), wide)


def test_the_denoiser_is_the_posterior_mean():
    """E[x₀ | x_σ] is the conditional of the joint mixture of (x₀, x_σ)."""
    fa, sigma = mixture(3, 2, 1), 0.8
    # (x0, x0 + σ e) as one mixture of factor analysers with [Λ, Ψ^½] as shared factors
    factors = torch.cat([fa.loading, torch.diag_embed(fa.noise.sqrt())], 2)
    tiny = torch.full((3, 2), 1e-9, dtype=torch.float64)
    joint = FactorAnalysers(
        fa.mean.repeat(1, 2),
        factors.repeat(1, 2, 1),
        torch.cat([tiny, tiny + sigma**2], 1),
        fa.log_weight,
        fa.labels,
    )
    x = 2 * torch.randn(10, 2, generator=generator(1), dtype=torch.float64)
    known = torch.tensor([False, False, True, True])
    expected = joint.conditional(x.repeat(1, 2), known).expectation()
    torch.testing.assert_close(fa.denoise(x, sigma), expected, rtol=1e-5, atol=1e-5)


def test_draws_have_the_moments_of_the_mixture(tmp_path):
    model = opened(tmp_path, "mfa", "points")
    n = 20_000
    for label in (None, 1):
        x = finish(model.sample(SampleRequest(n, 5, label=label))).double()
        fa = _tiny_points().of_class(label)
        w = fa.log_weight.exp()
        mean = w @ fa.mean
        d = fa.mean - mean
        covariance = torch.einsum("m,mij->ij", w, covariances(fa) + d[:, :, None] * d[:, None])
        assert ((x.mean(0) - mean).abs() < 4 * (covariance.diagonal() / n).sqrt()).all()
        assert (x.T.cov() - covariance).norm() < 6 / math.sqrt(n) * covariance.norm()


def _tiny_points():
    return FactorAnalysers(**MAKERS["mfa"]((2,))[1])


def test_temperature_scales_factors_and_noise(tmp_path):
    model = opened(tmp_path, "mfa", "points")
    cold = finish(model.sample(SampleRequest(50, 1, knobs={"temperature": 0.0})))
    fa = _tiny_points()
    assert torch.cdist(cold.double(), fa.mean).min(1).values.max() < 1e-6
    warm, half = (
        finish(model.sample(SampleRequest(50, 1, knobs={"temperature": t}))) for t in (1.0, 0.5)
    )
    torch.testing.assert_close(half - cold, 0.5 * (warm - cold), rtol=1e-4, atol=1e-5)


def few_levels(n=400, seed=0):
    """Levels (n, 2): the first pixel mostly black, the second grey."""
    g = generator(seed)
    first = torch.randint(256, (n,), generator=g) * (torch.rand(n, generator=g) < 0.2)
    return torch.stack([first, torch.randint(90, 110, (n,), generator=g)], 1)


def test_scores_come_back_as_the_same_levels():
    levels = few_levels()
    scores = NormalScores.of(levels)
    every = torch.arange(256)[:, None].repeat(1, 2)
    for u in (1e-6, 0.5, 1 - 1e-6):
        y, _ = scores.encode(every, torch.full((256, 2), u))
        assert torch.equal(scores.decode(y), every)


def test_scores_of_the_training_pixels_are_normal():
    levels = few_levels(5_000)
    scores = NormalScores.of(levels, prior=1.0)
    y, _ = scores.encode(levels, torch.rand(levels.shape, generator=generator(1)))
    for pixel in y.T:
        assert stats.kstest(pixel.numpy(), "norm").pvalue > 1e-3


def test_the_masses_of_all_pictures_sum_to_one():
    """Σ over levels of E[p(y) V] is the integral of p: one pixel, every level, many draws."""
    scores = NormalScores.of(few_levels()[:, :1])
    fa = FactorAnalysers(
        torch.tensor([[0.3]]),
        torch.tensor([[[0.6]]]),
        torch.tensor([[0.4]]),
        torch.zeros(1),
        torch.zeros(1, dtype=torch.int64),
    )
    every, draws = torch.arange(256)[:, None], 400
    u = (torch.arange(draws) + 0.5) / draws
    total = 0.0
    for shift in u:
        y, log_v = scores.encode(every, shift.expand(256, 1))
        total += (fa.log_density(y) + log_v).exp().sum().item() / draws
    assert total == pytest.approx(1, abs=1e-3)


def test_more_dequantisation_draws_raise_the_bound(tmp_path):
    model = opened(tmp_path, "mfa", "picture")
    x = finish(model.sample(SampleRequest(40, 1)))
    one, many = (
        finish(model.density.run(x, None, {"dequantisation": k})).value.mean() for k in (1, 64)
    )
    assert many > one


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        ("noise", lambda t: t - 1, "'noise' must be positive"),
        ("noise", lambda t: t[:, :3], "does not fit mean and noise"),
        ("mean", lambda t: t * math.nan, "'mean' holds values that are not finite"),
        ("labels", torch.zeros_like, "not every class of the card has components"),
        ("marginals", lambda t: t[:5], "5 marginals for 64 pixels"),
        ("marginals", lambda t: -t, "marginals must be positive"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path, monkeypatch, name, spoil, said):
    net, tensors = MAKERS["mfa"]((1, 8, 8))
    spoilt = tensors | {name: spoil(tensors[name])}
    monkeypatch.setitem(MAKERS, "mfa", lambda shape, classes: (net, spoilt))
    with pytest.raises(CheckpointError, match=said):
        opened(tmp_path, "mfa", "picture")


def test_weights_that_all_share_are_chosen_from_as_in_rows_of_their_own():
    g = torch.Generator().manual_seed(5)
    log_w = torch.randn(2_000, generator=g, dtype=torch.float64).mul(3).log_softmax(0)
    u = torch.rand(500, generator=g)
    u[:2] = torch.tensor([1e-9, 1 - 2**-24])
    one_by_one = torch.stack([(log_w.exp().cumsum(0) < v.double()).sum() for v in u])
    assert torch.equal(choose(log_w, u), choose(log_w.expand(len(u), -1), u))
    assert (choose(log_w, u) - one_by_one.clamp(max=1_999)).abs().max() <= 1
    assert torch.equal(choose(torch.zeros(1), torch.tensor([0.3, 0.9])), torch.tensor([0, 0]))
