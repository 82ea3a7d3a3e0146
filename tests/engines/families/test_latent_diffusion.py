"""Latent diffusion against a linear Gaussian VAE whose latents have an exact denoiser."""

import dataclasses
import inspect
import math
from pathlib import Path

import pytest
import torch

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.families.diffusion.model import of_denoiser
from engines.families.diffusion.net import SIGMA_DATA, PointDenoiser
from engines.families.latent_diffusion.model import of_parts
from engines.families.vae.model import propose
from engines.families.vae.net import PointVAE
from engines.kinds import of_shape
from engines.maps.grids import log_density_grid
from engines.model import Card, Exactness, Meaning, SampleRequest, finish
from engines.opening import open_model
from engines.training.datasets import DataSet, Split
from engines.training.randomness import seeded
from engines.training.recipes.latent_diffusion import latent_diffusion, of_posterior, recipe
from tests.engines.families.test_vae import Linear
from tests.engines.tiny import LABELS, SHAPES, opened, ship, vae

CPU = torch.device("cpu")
MEAN, SD = torch.tensor([0.5, -2.0]), torch.tensor([0.6, 1.5])


class Gaussian(PointDenoiser):
    """The exact denoiser of z ~ N(MEAN, diag(SD²)): in its coordinates N(0, σ_data² I)."""

    def __init__(self):
        super().__init__(dim=2, classes=0, hidden=1, layers=1, features=2, steps=20)
        self.mean.copy_(MEAN)
        self.scale.copy_(SD / SIGMA_DATA)

    def slopes(self, w, sigma, label, *, divergence=True):
        return torch.zeros_like(w), torch.zeros(len(w))  # Gaussian data are all of c_skip x

    def forward(self, x, sigma, labels):
        return x * SIGMA_DATA**2 / (SIGMA_DATA**2 + sigma[:, None] ** 2)


class Known(Linear):
    """`test_vae.Linear` with the exact posterior under the prior N(MEAN, diag(SD²))."""

    def posterior(self, x, labels):
        precision = SD.double() ** -2 + self.w.square().sum(0) / self.sd**2
        pull = (x - self.b) @ self.w / self.sd**2 + MEAN.double() / SD.double() ** 2
        sd = self.stretch * precision.rsqrt()
        return pull / precision + self.bias, sd.log().expand(len(x), 2)

    def log_density(self, x):
        covariance = self.w * SD.double() ** 2 @ self.w.T + self.sd**2 * torch.eye(4)
        middle = self.w @ MEAN.double() + self.b
        return torch.distributions.MultivariateNormal(middle, covariance).log_prob(x)


def model_of(net):
    latent = Card(
        folder=Path(),
        name="oracle/latent-diffusion",
        family="latent-diffusion",
        data="oracle",
        kind=of_shape((2,)),
        attributes=(),
        weights="",
        sha256="",
        parameters=0,
        seed=0,
        recipe="",
        licence="",
    )
    prior = of_denoiser(latent, Gaussian().eval().requires_grad_(False), CPU)
    return of_parts(dataclasses.replace(latent, kind=of_shape((4,))), net, prior, CPU), prior


@pytest.fixture(scope="module")
def points():
    g = torch.Generator().manual_seed(2)
    net = Known()
    z = MEAN + SD * torch.randn(200, 2, generator=g)
    return z.double() @ net.w.T + net.b + net.sd * torch.randn(200, 4, generator=g)


def test_the_density_of_gaussian_latents_is_exact():
    _, prior = model_of(Known())
    z = MEAN + 2 * SD * torch.randn(300, 2, generator=torch.Generator().manual_seed(1))
    exact = torch.distributions.Normal(MEAN, SD).log_prob(z).sum(1).double()
    found = finish(prior.density.run(z, None, {"steps": 12})).value
    torch.testing.assert_close(found, exact, rtol=0, atol=1e-2)


@pytest.mark.parametrize("m", [1, 16])
def test_with_the_exact_encoder_the_bound_is_exact(points, m):
    found = finish(model_of(Known())[0].density.run(points, None, {"importance": m}))
    torch.testing.assert_close(found.value, Known().log_density(points), rtol=0, atol=1e-2)
    assert found.meaning is Meaning.BOUND
    assert "exact divergence" in found.method


@pytest.mark.parametrize("stretch", [1.5, 0.85])  # below 0.71 the weights have no variance
def test_with_a_wrong_encoder_the_bound_is_below_and_rises(points, stretch):
    model, _ = model_of(Known(bias=0.15, stretch=stretch))
    x, exact = points[:50], Known().log_density(points[:50]).mean()
    rising = [
        finish(model.density.run(x, None, {"importance": m, "steps": 8})) for m in (1, 8, 2000)
    ]
    means = [found.value.mean().item() for found in rising]
    assert means == sorted(means)
    assert means[0] < exact - 0.05
    assert means[-1] == pytest.approx(exact.item(), abs=0.03)
    assert rising[0].stderr.isnan().all()
    assert rising[-1].stderr.max() < 0.2


def test_an_example_is_encoded_as_the_noise_of_its_mean(points):
    model, _ = model_of(Known())
    z, _ = Known().posterior(points, None)
    e = finish(model.latents.encode(points, None)).double()
    torch.testing.assert_close(e, (z - MEAN) / SD, rtol=0, atol=5e-3)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_ode_of_the_latents_goes_both_ways(tmp_path, kind):
    model = opened(tmp_path, "latent-diffusion", kind)
    prior = inspect.unwrap(model.latents.decode).__self__.prior
    z = finish(prior.sample(SampleRequest(8, 1)))
    back = finish(prior.latents.decode(finish(prior.latents.encode(z, None)), None))
    # the tiny sampler takes 3 steps: the same noise leads near the same place
    assert (back - z).abs().mean() < 0.25 * z.std()


@pytest.mark.parametrize("kind", SHAPES)
def test_the_noise_of_a_sample_is_its_latent(tmp_path, kind):
    from engines.noise import Streams

    model = opened(tmp_path, "latent-diffusion", kind)
    e = Streams(5, range(3)).normal(*model.latents.shape)
    labels = torch.tensor([0, 1, 2])
    decoded = finish(model.latents.decode(e, labels))
    knobs = {"steps": 48}  # as many as codes take there and back
    drawn = finish(model.sample(SampleRequest(3, 5, label=(0, 1, 2), knobs=knobs)))
    if kind == "points":  # a sample has the noise of p(x | z) on top
        noise = inspect.unwrap(model.latents.decode).__self__.vae.noise()
        assert 0 < (drawn - decoded).abs().max() < 5 * noise.max()
    else:
        torch.testing.assert_close(decoded, drawn)


def test_pixels_are_drawn_from_the_decoder(tmp_path):
    model = opened(tmp_path, "latent-diffusion", "picture")
    request = SampleRequest(4, 5, knobs={"pixels": 1})
    x = finish(model.sample(request))
    levels = (x + 1) * 127.5
    torch.testing.assert_close(levels, levels.round(), rtol=0, atol=1e-4)
    assert not torch.equal(x, finish(model.sample(SampleRequest(4, 5))))


def test_it_says_what_is_shown(tmp_path):
    model = opened(tmp_path, "latent-diffusion", "picture")
    drawn, mean = model.procedure({"pixels": 1}), model.procedure({})
    assert drawn.exactness is Exactness.ASYMPTOTIC
    assert mean.exactness is Exactness.HEURISTIC
    assert "mean of p(x | z)" in mean.method
    guided = model.procedure({"pixels": 1, "guidance": 2})
    assert guided.exactness is Exactness.HEURISTIC
    assert "guidance 2" in guided.method


def test_its_guesses_are_pictures_now_and_then(tmp_path):
    model = opened(tmp_path, "latent-diffusion", "picture")
    steps = list(model.sample(SampleRequest(4, 1, knobs={"steps": 12})))
    shown = [i for i, step in enumerate(steps) if step.guess is not None]
    assert shown == [0, 8, 16, len(steps) - 1]
    assert [step.calls for step in steps] == sorted(step.calls for step in steps)


def test_no_flow_is_shipped_and_an_odd_card_is_refused(tmp_path):
    card = ship(tmp_path, "latent-diffusion", "picture")
    assert not [name for name in weights.load(card) if name.startswith("vae.prior")]
    ship(tmp_path, "latent-diffusion", "picture", net=card.net | {"dim": 2})
    with pytest.raises(CheckpointError, match="cannot be built"):
        open_model(card.name, root=tmp_path)


def data(kind):
    g = torch.Generator().manual_seed(0)
    labels = torch.arange(256) % 3
    x = torch.randn(256, *SHAPES[kind], generator=g)
    x = ((x.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1 if kind == "picture" else x + 50
    split = Split(x, labels)
    return DataSet(f"tiny-{kind}", LABELS, split, split, "")


@pytest.mark.parametrize("kind", SHAPES)
def test_a_recipe_trains_the_denoiser_and_leaves_the_vae(tmp_path, kind):
    built_on = ship(tmp_path, "vae", kind)
    chosen = recipe(data(kind), built_on)
    assert chosen.training == {"vae": built_on.name, "vae_sha256": built_on.sha256}
    trainer = chosen.trainer(seeded(1))
    x, labels = data(kind).train.x[:16], data(kind).train.labels[:16]
    losses = [trainer.step(x, labels, 0.0)["loss"] for _ in range(3)]
    assert losses[0] == pytest.approx(1, abs=0.6)
    shipped, before = trainer.weights(), weights.load(built_on)
    own = [name for name in shipped if name.startswith("vae.")]
    assert own
    assert all(torch.equal(shipped[name], before[name[4:]]) for name in own)
    trainer.adopt(shipped)
    with pytest.raises(CheckpointError, match="trained anew"):
        trainer.adopt(shipped | {own[-1]: shipped[own[-1]] + 1})


def test_a_recipe_without_its_vae_says_so():
    with pytest.raises(CheckpointError, match=r"stands on tiny-points/vae, which is missing"):
        latent_diffusion(data("points"))


def test_resampled_latents_follow_the_posterior():
    """The mean of z given x by self-normalised weights of far more draws."""
    sizes, tensors = vae(SHAPES["points"])
    net = PointVAE(**sizes)
    net.load_state_dict(tensors)
    # a wide decoder and a tame prior: the weights are even enough for 32 draws
    net.log_sd.data.fill_(0.0)
    for parameter in net.prior.parameters():
        parameter.data *= 0.2
    x, labels = torch.tensor([[0.3, -0.4]]), torch.tensor([1])
    torch.manual_seed(0)
    with torch.no_grad():
        z, log_ratio = propose(net, x, labels, torch.randn(1, 100_000, 2))
        log_w = log_ratio + net.log_prior(z, labels.repeat(100_000))
    expected = log_w.softmax(0) @ z
    n = 4000
    found = of_posterior(net, x.expand(n, -1), labels.expand(n), seeded(0))
    assert (found.mean(0) - expected).abs().max() < 5 * found.std(0).max() / math.sqrt(n) + 0.03


@pytest.mark.parametrize("label", [None, 1])
def test_points_of_the_plane_share_draws_of_the_prior(tmp_path, monkeypatch, label):
    """On a grid and point by point, once for each class; the bound by the encoder agrees."""
    monkeypatch.setattr("engines.families.latent_diffusion.model.SIDE", 128)
    model = opened(tmp_path, "latent-diffusion", "points")
    model.decoded.vae.log_sd.data.fill_(0.0)  # wide enough for draws of an untrained encoder
    xs, ys = torch.linspace(-1, 1, 3), torch.linspace(-0.5, 0.5, 2)
    x = torch.cartesian_prod(xs, ys)
    labels = None if label is None else torch.full((6,), label)
    found = finish(model.density.run(x, labels, {}))
    assert found.meaning is Meaning.BOUND
    assert list(model.decoded.kept) == [(3 if label is None else label, 128)]
    grid = finish(log_density_grid(model, xs, ys, label))
    torch.testing.assert_close(grid.value, found.value, rtol=1e-6, atol=1e-6)
    many = finish(model.decoded.log_density(x, labels, {"importance": 4000}))
    error = (found.value - many.value).abs()
    assert (error <= 5 * many.stderr + 0.02).all()


@pytest.mark.parametrize("name", ["moons", "checkerboard"])
def test_points_of_a_shipped_model_are_solved_as_finely_as_their_density(name):
    """By default the same noise ends where it ends in the limit, to a third of the coarse error."""
    model = open_model(f"{name}/latent-diffusion", device="cpu")
    few, usual, many = (
        finish(model.sample(SampleRequest(400, 5, 1, knobs)))
        for knobs in ({"steps": 18}, {}, {"steps": 100})
    )
    coarse, fine = ((x - many).norm(dim=1).median() for x in (few, usual))
    assert fine < 0.35 * coarse


def test_pictures_keep_the_steps_of_their_card():
    steps = open_model("mnist/latent-diffusion", device="cpu").knobs[0]
    assert (steps.name, steps.default) == ("steps", 18)
