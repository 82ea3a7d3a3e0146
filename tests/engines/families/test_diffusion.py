"""The sampler, the density and the latents of diffusion models against exact denoisers."""

import dataclasses
import math

import pytest
import torch

from engines.families.diffusion.knobs import ANCESTRAL, HEUN
from engines.families.diffusion.model import of_denoiser
from engines.families.diffusion.net import SIGMA_DATA, PointDenoiser
from engines.families.diffusion.probability_flow import SIGMA_MAX
from engines.model import Exactness, Meaning, SampleRequest, finish
from engines.noise import Streams
from engines.training.datasets import DataSet, Split
from engines.training.randomness import seeded
from engines.training.recipes.diffusion import among_batch, denoising_loss, matching_loss
from engines.training.recipes.diffusion import diffusion as recipe
from tests.engines.families.noisy_mixture import Mixture, divergence_of, oracle, pictures
from tests.engines.tiny import LABELS, SHAPES, ship

CPU = torch.device("cpu")


@pytest.fixture(scope="module", name="oracle")
def made():
    return oracle()


def drawn(model, *args, **kwargs):
    return finish(model.sample(SampleRequest(*args, **kwargs)))


def test_the_density_is_that_of_the_mixture(oracle):
    """To 10⁻³ nats at the default number of steps; of fourth order on the way there."""
    net, model = oracle
    x = net.draws(2000)[0]
    exact = net.log_density(x)
    errors = [
        (finish(model.density.run(x, None, knobs)).value - exact).abs()
        for knobs in ({"steps": 8}, {"steps": 16}, {})
    ]
    assert errors[2].mean() < 1e-4
    assert errors[2].max() <= 1e-3
    assert errors[0].mean() > 6 * errors[1].mean()


def test_the_density_of_a_class_is_that_of_its_part(oracle):
    """Up to its mean over σ_max: that far from 0 the sampler does not start."""
    net, model = oracle
    x, part = net.draws(400)
    error = finish(model.density.run(x, part, {"steps": 64})).value - net.log_density(x, part)
    assert error.mean().abs() < 2e-3
    assert error.abs().max() < 4 * net.centres.norm(dim=1).max() / SIGMA_MAX


def test_a_density_says_how_it_was_made(oracle):
    found = finish(oracle[1].density.run(torch.zeros(2, 2), None, {"steps": 9}))
    assert found.meaning is Meaning.ESTIMATE
    assert found.stderr is None
    assert found.method == "probability-flow ODE, Runge–Kutta 4, 9 steps, exact divergence"


def test_the_density_integrates_to_one(oracle):
    net, model = oracle
    side, half = 60, 1.6
    axis = (torch.arange(side) + 0.5) * (2 * half / side) - half
    x = net.leave(torch.cartesian_prod(axis, axis))
    cell = (2 * half / side) ** 2 * net.scale.prod()
    found = finish(model.density.run(x, None, {"steps": 32})).value
    assert found.exp().sum() * cell == pytest.approx(1, abs=1e-3)


def test_samples_have_the_moments_and_the_places_of_the_mixture(oracle):
    net, model = oracle
    n = 4000
    x, truth = drawn(model, n, 1), net.draws(100_000)[0]
    error = (x.mean(0) - truth.mean(0)) / truth.std(0)
    assert error.abs().max() < 4 / math.sqrt(n)
    torch.testing.assert_close(x.T.cov(), truth.T.cov(), rtol=0.1, atol=0.05)
    # energy distance in standardised units: 0 when the laws agree
    a, b, c = ((y - net.mean) / net.scale for y in (x, truth[:n], truth[n : 2 * n]))

    def energy(p, q):
        return 2 * torch.cdist(p, q).mean() - torch.cdist(p, p).mean() - torch.cdist(q, q).mean()

    assert energy(a, b) < 3 * energy(c, b) + 1e-4


def test_a_class_is_drawn_where_it_lies(oracle):
    net, model = oracle
    for label in range(3):
        y = net.enter(drawn(model, 500, 2, label=label))[0]
        sd = net.variance[label].sqrt()
        assert (y.mean(0) - net.centres[label]).abs().max() < 4 * sd / math.sqrt(500)
        assert y.std(0).sub(sd).abs().max() < 0.1 * sd


@pytest.mark.parametrize("labelled", [False, True])
def test_latents_and_points_go_both_ways(oracle, labelled):
    net, model = oracle
    x, part = net.draws(300)
    labels = part if labelled else None
    z = finish(model.latents.encode(x, labels))
    assert z.std().item() == pytest.approx(1, abs=0.1)
    error = ((finish(model.latents.decode(z, labels)) - x) / net.scale).abs()
    assert error.median() < 1e-4
    assert error.flatten().quantile(0.95) < 1e-3


def test_the_noise_of_a_sample_is_its_latent(oracle):
    _, model = oracle
    z = Streams(5, range(3)).normal(2)
    labels = torch.tensor([0, 1, 2])
    found = finish(model.latents.decode(z, labels))
    gaps = [
        (found - drawn(model, 3, 5, label=(0, 1, 2), knobs={"steps": steps})).abs().max()
        for steps in (25, 50, 100)
    ]
    # Heun's samples come to it by their second order
    assert gaps[2] < 1e-3
    assert gaps[0] > 3 * gaps[1] > 9 * gaps[2]


def test_more_steps_come_closer(oracle):
    _, model = oracle
    exact = drawn(model, 200, 3, knobs={"steps": 100})
    errors = [(drawn(model, 200, 3, knobs={"steps": n}) - exact).abs().median() for n in (4, 8, 16)]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_guidance_is_idle_at_one_and_without_a_class(oracle):
    _, model = oracle
    assert torch.equal(
        drawn(model, 20, 1, label=1), drawn(model, 20, 1, label=1, knobs={"guidance": 1})
    )
    assert torch.equal(drawn(model, 20, 1), drawn(model, 20, 1, knobs={"guidance": 3}))


def test_no_guidance_at_all_ignores_the_class(oracle):
    _, model = oracle
    torch.testing.assert_close(
        drawn(model, 20, 1, label=1, knobs={"guidance": 0}), drawn(model, 20, 1)
    )


def test_guidance_says_what_it_is(oracle):
    _, model = oracle
    assert model.procedure({}).exactness is Exactness.ASYMPTOTIC
    assert "20 steps" in model.procedure({}).method
    guided = model.procedure({"guidance": 2, "steps": 7})
    assert guided.exactness is Exactness.HEURISTIC
    assert "7 steps" in guided.method
    assert "not the model's distribution" in guided.method


def test_every_call_shows_its_guess(oracle):
    _, model = oracle
    knobs = {"steps": 6}
    steps = list(model.sample(SampleRequest(4, 1, knobs=knobs)))
    assert [step.calls for step in steps] == list(range(1, 12))
    assert all(step.guess.shape == (4, 2) for step in steps)
    assert torch.equal(steps[-1].guess, drawn(model, 4, 1, knobs=knobs))
    guided = list(model.sample(SampleRequest(4, 1, 0, {"steps": 6, "guidance": 2})))
    assert [step.calls for step in guided] == list(range(2, 24, 2))


def test_a_picture_has_a_mass_with_an_error(tmp_path):
    from engines.opening import open_model

    model = open_model(ship(tmp_path, "diffusion", "picture"), root=tmp_path)
    x = drawn(model, 3, 1)
    found = finish(model.density.run(x, None, {"steps": 8}))
    assert found.meaning is Meaning.BOUND
    assert (found.stderr > 0).all()
    assert all(word in found.method for word in ("8 steps", "Hutchinson", "mean of 2 draws"))
    once = finish(model.density.run(x, None, {"steps": 8, "dequantisation": 1}))
    assert once.stderr.isnan().all()
    gap = (once.value - found.value).abs()
    torch.testing.assert_close(gap, found.stderr, rtol=1e-6, atol=1e-6)  # of two, half the range
    again = finish(model.density.run(x, None, {"steps": 8}))
    assert torch.equal(again.value, found.value)
    levels = (x + 1) * 127.5
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-4)


def test_the_coordinates_of_pictures_have_the_right_volume():
    net = pictures(torch.float64).net
    net.mean.fill_(-3.0)
    net.scale.fill_(7.0)
    u = torch.rand(2, *SHAPES["picture"], dtype=torch.float64)
    y, log_det = net.enter(u)
    torch.testing.assert_close(net.leave(y), u)
    slope = torch.autograd.functional.jacobian(lambda v: net.enter(v)[0].flatten().sum(), u)
    torch.testing.assert_close(slope.log().flatten(1).sum(1), log_det)


@pytest.mark.parametrize(("kind", "steps", "fall"), [("picture", 3, 1.2), ("points", 60, 0.95)])
def test_a_recipe_starts_at_the_deviation_of_the_paper_and_learns(kind, steps, fall):
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(256) % 3
    x = 0.3 * torch.randn(256, *SHAPES[kind], generator=g)
    if kind == "picture":
        x = ((x + 1) * 127.5).clamp(0, 255).round() / 127.5 - 1
    else:
        x += 50 + 10 * labels[:, None]
    split = Split(x, labels)
    chosen = recipe(DataSet("d", LABELS, split, split, ""))
    trainer = chosen.trainer(seeded(1))
    entered, _ = trainer.net.enter((x + 1) / 2.01 + 1e-3 if kind == "picture" else x)
    assert entered.std().item() == pytest.approx(SIGMA_DATA, rel=0.2)
    count = 64 if kind == "picture" else 256
    levels = (-1.8, 1.4)
    start = denoising_loss(trainer.net, x, labels, levels, seeded(1)) if kind == "points" else None
    losses = [trainer.step(x[:count], labels[:count], 0.0)["loss"] for _ in range(steps)]
    assert (losses[0] if start is None else start.item()) == pytest.approx(1, abs=0.5)
    assert sum(losses[-steps // 3 :]) < fall * sum(losses[: steps // 3 + 1])
    assert recipe(DataSet("d", LABELS, split, split, "")).net == chosen.net


class Rough(Mixture):
    """Right but for ripples that move points by little and divergences by much."""

    def forward(self, x, sigma, labels):
        return super().forward(x, sigma, labels) + 1e-3 * (300 * x).sin()


@pytest.mark.parametrize(
    ("loss", "flaw", "costs"),
    [(denoising_loss, Mixture, 1.05), (matching_loss, Mixture, 1.01), (matching_loss, Rough, 1.1)],
)
def test_the_loss_of_the_exact_denoiser_is_lowest(oracle, loss, flaw, costs):
    net, _ = oracle
    x, part = net.draws(2000)
    other = flaw()
    if flaw is Mixture:
        other.variance = 2 * net.variance
    best = loss(net, x, part, (-1.8, 1.4), seeded(0))
    assert loss(other, x, part, (-1.8, 1.4), seeded(0)) > costs * best


def test_targets_among_the_batch_keep_their_mean_and_vary_less(oracle):
    """Against mean and divergence of the mixture, for points asked by class and for others."""
    torch.manual_seed(0)
    net, _ = oracle
    x, part = net.draws(512 * 200)
    x, _ = net.enter(x)
    labels = torch.where(
        torch.rand(len(x), generator=torch.Generator().manual_seed(1)) < 0.5, net.classes, part
    )
    count, s = 128, 0.3
    sigma, before, after, means = torch.full((count,), s), 0.0, 0.0, []
    for y, given in zip(x.split(512), labels.split(512), strict=True):
        noisy = y[:count] + s * torch.randn(count, 2)
        exact, divergence = net.with_divergence(noisy, sigma, given[:count])
        mean, spread = among_batch(y, noisy, sigma, given, net.classes)
        gap = mean - exact
        trace = (spread + gap.square().sum(1)) / s**2 - divergence
        before = before + (y[:count] - exact).square().mean()
        after = after + gap.square().mean()
        gap = torch.cat([gap, trace[:, None]], 1)
        means.append(
            torch.cat([gap[asked].mean(0) for asked in (given[:count] < 3, given[:count] == 3)])
        )
    assert after < before / 20
    means = torch.stack(means)
    assert (means.mean(0) / (means.std(0) / len(means) ** 0.5)).abs().max() < 4
    lone = torch.full((512,), 1e-3)
    mean, spread = among_batch(x[:512], x[:512], lone, labels[:512], net.classes)
    assert mean.equal(x[:512])
    assert not spread.any()


@pytest.mark.parametrize("smooth", [0.0, 0.1])
@pytest.mark.parametrize("sigma", [0.003, 0.5])
def test_slopes_are_the_network_and_its_trace(smooth, sigma):
    torch.manual_seed(0)
    net = PointDenoiser(
        dim=2, classes=3, hidden=8, layers=3, features=4, places=6, steps=2, smooth=smooth
    )
    w = torch.randn(5, 2, requires_grad=True)
    f = net.f(w, torch.full((5,), sigma), torch.full((5,), 1))
    found, divergence = net.slopes(w.detach(), sigma, torch.tensor([1]))
    torch.testing.assert_close(found, f.detach(), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(divergence, divergence_of(f, w), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("smooth", [0.0, 0.1])
def test_a_denoiser_has_its_divergence_for_training(smooth):
    torch.manual_seed(0)
    net = PointDenoiser(
        dim=2, classes=3, hidden=8, layers=3, features=4, places=6, steps=2, smooth=smooth
    )
    x, labels = torch.randn(5, 2, requires_grad=True), torch.arange(5) % 4
    sigma = torch.tensor([0.003, 0.05, 0.3, 1.0, 20.0])
    mean = net(x, sigma, labels)
    found, divergence = net.with_divergence(x.detach(), sigma, labels)
    torch.testing.assert_close(found, mean, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(divergence, divergence_of(mean, x), rtol=1e-4, atol=1e-5)
    assert found.requires_grad
    assert divergence.requires_grad


def test_a_smooth_density_leaves_little_to_do_at_little_noise():
    torch.manual_seed(0)
    sizes = {"dim": 2, "classes": 3, "hidden": 8, "layers": 2, "features": 4, "steps": 2}
    net, w = PointDenoiser(**sizes, smooth=0.1), torch.randn(5, 2)
    least, more = (net.f(w, torch.full((5,), sigma), torch.full((5,), 1)) for sigma in (1e-4, 1e-3))
    torch.testing.assert_close(more, 10 * least, rtol=0.01, atol=1e-6)


def test_the_oracle_is_frozen(oracle):
    with pytest.raises(dataclasses.FrozenInstanceError):
        oracle[1].knobs = ()


def test_the_sampler_of_pictures_is_told_and_counted():
    native = pictures()
    model = of_denoiser(native.card, native.net, CPU)
    assert model.procedure({}).method.startswith("reverse diffusion, ancestral")
    assert "log p(x) is that of the ODE" in model.procedure({}).method
    assert model.procedure({"sampler": HEUN}).method.startswith("probability-flow ODE, Heun")
    for sampler, calls in ((ANCESTRAL, 5), (HEUN, 9)):
        steps = list(model.sample(SampleRequest(2, 1, knobs={"steps": 5, "sampler": sampler})))
        assert steps[-1].calls == calls
    knobs = {"steps": 5}
    alone = drawn(model, 1, 1, first=1, knobs=knobs)
    assert (alone - drawn(model, 2, 1, knobs=knobs)[1:]).abs().max() <= 1 / 127.5 + 1e-6
