"""The sampler, the density and the latents of diffusion models against exact denoisers."""

import dataclasses
import math

import pytest
import torch
from tiny import LABELS, SHAPES, diffusion, ship

from engines.diffusion import ANCESTRAL, HEUN, Diffusion, of_denoiser
from engines.maps import noised
from engines.model import Card, Exactness, Meaning, SampleRequest, finish
from engines.nets.diffusion import SIGMA_DATA, PictureDenoiser, PointDenoiser
from engines.noise import Streams
from engines.probability_flow import (
    RHO,
    SIGMA_MAX,
    SIGMA_MIN,
    ancestral,
    kutta,
    length,
    schedule,
    unroll,
)
from engines.training.datasets import DataSet, Split
from engines.training.diffusion import denoising_loss
from engines.training.diffusion import diffusion as recipe

CPU = torch.device("cpu")


class Mixture(PointDenoiser):
    """The exact denoiser of Gaussian mixtures: D = x + σ² ∇ log p(x; σ); one class per part.

    Works through the same standardising as a trained one, with axes of different scale.
    """

    def __init__(self):
        super().__init__(dim=2, classes=3, hidden=1, layers=1, features=2, steps=20)
        self.mean.copy_(torch.tensor([3.0, -1.0]))
        self.scale.copy_(torch.tensor([4.0, 0.5]))
        self.centres = torch.tensor([[-0.6, 0.2], [0.5, 0.6], [0.1, -0.7]])
        self.log_weights = torch.tensor([0.2, 0.5, 0.3]).log()
        self.centres -= self.log_weights.exp() @ self.centres  # as standardised data have it
        self.variance = torch.tensor([0.02, 0.05, 0.01])

    def parts(self, x, sigma, labels):
        """log of weight × Gaussian for every part (n, 3), with the noised variances (n, 3)."""
        variance = self.variance.to(x) + sigma[:, None] ** 2
        square = (x[:, None] - self.centres.to(x)).square().sum(2)
        log_p = self.log_weights - square / (2 * variance) - (2 * math.pi * variance).log()
        other = (labels[:, None] != torch.arange(3)) & (labels[:, None] < 3)
        return log_p.masked_fill(other, -math.inf), variance

    def forward(self, x, sigma, labels):
        log_p, variance = self.parts(x, sigma, labels)
        pull = log_p.softmax(1) * self.variance.to(x) / variance
        centres = self.centres.to(x)
        stay = log_p.softmax(1)[..., None] * centres
        return (stay + pull[..., None] * (x[:, None] - centres)).sum(1)

    def slopes(self, w, sigma, label):
        """F and its divergence by gradients: there is no perceptron to go through."""
        run = Diffusion(card((2,), {}), self, CPU).exact(label.expand(len(w)))
        f, trace, _ = run(w, sigma)
        return f, trace

    def log_density(self, x, labels=None):
        """Exact nats of data x; a class has weight 1 on its own."""
        labels = torch.full((len(x),), 3) if labels is None else labels
        y, log_det = self.enter(x.double())
        log_p, _ = self.parts(y, torch.full((len(x),), SIGMA_MIN), labels)
        given = torch.where(labels < 3, self.log_weights[labels.clamp_max(2)], 0.0)
        return log_p.logsumexp(1) - given + log_det

    def draws(self, n):
        g = torch.Generator().manual_seed(1)
        part = torch.multinomial(self.log_weights.exp(), n, True, generator=g)
        e = torch.randn(n, 2, generator=g)
        return self.leave(self.centres[part] + self.variance[part].sqrt()[:, None] * e), part


def card(shape, net):
    return Card(
        folder=None, name="oracle/diffusion", family="diffusion", data="oracle", shape=shape,
        labels=LABELS, weights="", sha256="", parameters=0, seed=0, recipe="", licence="", net=net,
    )  # fmt: skip


@pytest.fixture(scope="module")
def oracle():
    net = Mixture().eval().requires_grad_(False)
    return net, of_denoiser(card((2,), {}), net, CPU)


def pictures(dtype=torch.float32):
    sizes, tensors = diffusion(SHAPES["picture"])
    net = PictureDenoiser(**sizes)
    net.load_state_dict(tensors)
    return Diffusion(
        card(SHAPES["picture"], sizes), net.to(dtype).eval().requires_grad_(False), CPU
    )


def drawn(model, *args, **kwargs):
    return finish(model.sample(SampleRequest(*args, **kwargs)))


def test_the_schedule_falls_evenly_in_a_power_of_the_angle():
    sigma = torch.tensor(schedule(18), dtype=torch.float64)
    assert sigma[0].item() == pytest.approx(SIGMA_MAX)
    assert sigma[-1].item() == pytest.approx(SIGMA_MIN)
    steps = ((sigma / SIGMA_DATA).atan() ** (1 / RHO)).diff()
    torch.testing.assert_close(steps, steps[:1].expand(17))


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


def test_a_sweep_of_all_the_plane_is_that_of_the_mixture(oracle):
    """What maps read off grids between the noise levels: less exact than point by point."""
    net, model = oracle
    sweep = noised.Sweep(model.native, None)
    for _ in sweep.build():
        pass
    x = net.draws(1000)[0]
    w, log_det = net.enter(x)
    unit = length(SIGMA_MIN)
    found = sweep.log_density(w / unit, noised.LOWEST) + log_det.double() - 2 * math.log(unit)
    error = (found - net.log_density(x)).abs()
    assert error.mean() < 1e-3
    assert error.max() < 0.03


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


def test_runge_and_kutta_are_of_fourth_order(oracle):
    """In float64, down from σ_max and up again: twice the steps leave a tenth or less."""
    _, model = oracle
    denoise, _ = model.native._denoiser(torch.full((50,), 3), 1.0)
    x = SIGMA_MAX * Streams(2, range(50)).normal(2).double()

    def down(steps):
        return finish(kutta(denoise, x, schedule(steps + 1)))

    exact = down(512)
    errors = [(down(steps) - exact).abs().mean() for steps in (32, 64, 128)]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    up = finish(kutta(denoise, exact, schedule(129)[::-1]))
    torch.testing.assert_close(up, x, rtol=0, atol=1e-3 * SIGMA_MAX)


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


def test_hutchinson_agrees_with_the_exact_divergence():
    model = pictures()
    g = torch.Generator().manual_seed(0)
    y = 0.5 * torch.randn(24, *SHAPES["picture"], generator=g)
    labels = torch.arange(24) % 4
    _, exact, nothing = finish(unroll(model.exact(labels), y, 3))
    _, found, variance = finish(unroll(model.hutchinson(labels, Streams(1, range(24)), 16), y, 3))
    assert not nothing.any()
    off = (found - exact) / variance.sqrt()
    assert off.abs().max() < 5
    assert off.square().mean().sqrt().item() == pytest.approx(1, abs=0.5)


def test_a_divergence_is_the_trace_of_the_jacobian():
    model = pictures(torch.float64)
    w, labels = torch.randn(1, *SHAPES["picture"], dtype=torch.float64), torch.tensor([1])
    jacobian = torch.autograd.functional.jacobian(lambda v: model.f(v, 0.7, labels), w)
    trace = jacobian.reshape(64, 64).trace()
    assert model.exact(labels)(w, 0.7)[1].item() == pytest.approx(trace.item(), rel=1e-9)


def test_a_picture_has_a_mass_with_an_error(tmp_path):
    from engines.catalog import open_model

    model = open_model(ship(tmp_path, "diffusion", "picture"), root=tmp_path)
    x = drawn(model, 3, 1)
    found = finish(model.density.run(x, None, {"steps": 8}))
    assert found.meaning is Meaning.ESTIMATE
    assert (found.stderr > 0).all()
    assert all(word in found.method for word in ("8 steps", "Hutchinson", "dequantisation"))
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
    torch.manual_seed(1)
    trainer = chosen.trainer()
    entered, _ = trainer.net.enter((x + 1) / 2.01 + 1e-3 if kind == "picture" else x)
    assert entered.std().item() == pytest.approx(SIGMA_DATA, rel=0.2)
    losses = [trainer.step(x[:64], labels[:64], 0.0)["loss"] for _ in range(steps)]
    assert losses[0] == pytest.approx(1, abs=0.5)
    assert sum(losses[-steps // 3 :]) < fall * sum(losses[: steps // 3 + 1])
    assert recipe(DataSet("d", LABELS, split, split, "")).net == chosen.net


def test_the_loss_of_the_exact_denoiser_is_lowest(oracle):
    net, _ = oracle
    x, part = net.draws(2000)
    other = Mixture()
    other.variance = 2 * net.variance
    torch.manual_seed(0)
    best = denoising_loss(net, x, part, (-1.8, 1.4))
    torch.manual_seed(0)
    assert best < denoising_loss(other, x, part, (-1.8, 1.4))


def test_the_oracle_is_frozen(oracle):
    with pytest.raises(dataclasses.FrozenInstanceError):
        oracle[1].knobs = ()


def test_the_reverse_diffusion_draws_the_mixture(oracle):
    """Ancestral steps end where exact draws lie; with few of them not yet."""
    net, _ = oracle
    labels = torch.full((4000,), net.classes)
    exact = net.draws(4000)[0]
    gaps = []
    for steps in (4, 100):
        g = torch.Generator().manual_seed(1)
        start = SIGMA_MAX * torch.randn(4000, 2, generator=g)
        run = ancestral(
            lambda x, sigma: net(x, x.new_full((len(x),), sigma), labels), start, steps,
            lambda g=g: torch.randn(4000, 2, generator=g),
        )  # fmt: skip
        guesses = 0
        while True:
            try:
                next(run)
                guesses += 1
            except StopIteration as end:
                x = net.leave(end.value)
                break
        assert guesses == steps - 1
        gaps.append(energy_distance(x, exact))
    floor = energy_distance(net.draws(4000)[0], exact)
    assert gaps[0] > 4 * gaps[1]
    assert gaps[1] < floor + 0.01


def energy_distance(a, b):
    """2 E|a − b| − E|a − a'| − E|b − b'| (Székely & Rizzo 2013): 0 for equal distributions."""
    return (
        2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()
    ).item()


def test_the_sampler_of_pictures_is_told_and_counted():
    native = pictures()
    model = of_denoiser(native.card, native.net, CPU)
    assert model.procedure({}).method.startswith("reverse diffusion, ancestral")
    assert model.procedure({"sampler": HEUN}).method.startswith("probability-flow ODE, Heun")
    for sampler, calls in ((ANCESTRAL, 5), (HEUN, 9)):
        steps = list(model.sample(SampleRequest(2, 1, knobs={"steps": 5, "sampler": sampler})))
        assert steps[-1].calls == calls
    knobs = {"steps": 5}
    alone = drawn(model, 1, 1, first=1, knobs=knobs)
    assert (alone - drawn(model, 2, 1, knobs=knobs)[1:]).abs().max() <= 1 / 127.5 + 1e-6
