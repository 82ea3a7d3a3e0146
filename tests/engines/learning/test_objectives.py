"""The objectives that learners descend: slopes against finite differences, and what EM promises."""

import math
from itertools import pairwise

import pytest
import torch

from engines.data.toys import TOYS
from engines.learning.learner import learner
from engines.training.datasets import DataSet, Split
from engines.training.randomness import seeded
from engines.training.recipes.diffusion import denoising_loss
from engines.training.recipes.gan import appraise, pairing
from engines.training.recipes.registry import recipe_of

X, Y = TOYS["moons"].sample(60, torch.Generator().manual_seed(1))
SMALL = {
    "vae": {"hidden": 8, "samples": 3, "kl": 0.7},
    "autoregressive": {"components": 4, "hidden": 8, "layers": 1, "features": 4},
    "any-order": {"components": 4, "hidden": 8, "layers": 1, "features": 4},
    "flow": {"transforms": 2, "bins": 4, "hidden": [8]},
    "likelihood": {"hidden": 8, "layers": 2, "places": 4, "nodes": 64},
    "contrast": {"hidden": 8, "layers": 2, "places": 4, "noises": 3},
    "chains": {"hidden": 8, "layers": 2, "places": 4, "chains": 20},
}
OBJECTIVES = ("likelihood", "contrast", "chains")


@pytest.fixture(autouse=True)
def double():
    """Differences of single precision would say little."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def trainer_of(family, options, labels=("upper", "lower")):
    split = Split(X.to(torch.get_default_dtype()), Y if labels else torch.zeros_like(Y))
    if family in OBJECTIVES:
        options = {**options, "objective": family}
        family = "energy"
    recipe = recipe_of(family, DataSet("mine", labels, split, split, ""), options)
    return recipe.trainer(seeded(3))


def agree(loss, parameters, h=1e-6, rel=1e-4):
    """The slope of `loss()` along three random directions is that of its finite differences."""
    slopes = torch.autograd.grad(loss(), parameters, allow_unused=True)
    for seed in range(3):
        g = seeded(seed)
        way = [torch.randn(p.shape, generator=g) for p in parameters]
        expected = sum((s * w).sum() for s, w in zip(slopes, way, strict=True) if s is not None)

        def at(h, way=way):
            with torch.no_grad():
                for p, w in zip(parameters, way, strict=True):
                    p.add_(h * w)
            value = loss().item()
            with torch.no_grad():
                for p, w in zip(parameters, way, strict=True):
                    p.sub_(h * w)
            return value

        found = (at(h) - at(-h)) / (2 * h)
        assert abs(expected) > 1e-6
        assert found == pytest.approx(expected.item(), rel=rel, abs=h / 10)


@pytest.mark.parametrize("family", ["autoregressive", "any-order"])
def test_slopes_of_conditionals(family):
    """In single precision, which these networks have built in."""
    torch.set_default_dtype(torch.float32)
    made = trainer_of(family, SMALL[family])
    shaken(made.net)

    def loss():
        return made._loss(made.net, X, Y, 0.5, seeded(7))

    agree(loss, list(made.net.parameters()), h=1e-3, rel=0.02)


@pytest.mark.parametrize("family", ["vae", "flow", *OBJECTIVES])
def test_slopes_of_likelihoods_bounds_and_contrasts(family):
    made = trainer_of(family, SMALL[family])
    shaken(made.net)

    def loss():
        return made._loss(made.net, X.double(), Y, 0.5, seeded(7))

    agree(loss, list(made.net.parameters()))


def shaken(net):
    """Away from layers that start at zero, past which no slope comes."""
    with torch.no_grad():
        for i, p in enumerate(net.parameters()):
            p.add_(0.1 * torch.randn(p.shape, generator=seeded(100 + i)))


def test_slopes_of_denoising_and_of_the_divergence():
    made = trainer_of("diffusion", {"hidden": 8, "layers": 2, "features": 4, "places": 4})
    net = made.net
    shaken(net)
    parameters = list(net.parameters())
    agree(lambda: denoising_loss(net, X.double(), Y, (-1.0, 1.0), seeded(7)), parameters)
    y, _ = net.enter(X.double())
    sigma = torch.full((len(y),), 0.5)
    agree(lambda: net.with_divergence(y, sigma, Y)[1].square().mean(), parameters)
    h, found = 1e-5, torch.zeros(len(y))
    for axis in (0, 1):
        step = h * torch.eye(2)[axis]
        with torch.no_grad():
            found += (net(y + step, sigma, Y) - net(y - step, sigma, Y))[:, axis] / (2 * h)
    assert torch.allclose(net.with_divergence(y, sigma, Y)[1], found, atol=1e-6)


def test_slopes_of_the_game_of_a_gan():
    sizes = {"hidden": 8, "layers": 2, "critic_hidden": 8, "places": 4}
    made = trainer_of("gan", sizes)
    shaken(made.critic)
    z = torch.randn(len(X), made.generator.latent, generator=seeded(5))
    x = X.double()

    def critic_loss():
        drawn = made.generator(z, Y).detach()
        judged, slope = appraise(made.critic, x, drawn, Y, 40)
        return pairing(judged[0], judged[1], 3) + 0.05 * slope

    def generator_loss():
        real = made.critic(x, Y).detach()
        return pairing(made.critic(made.generator(z, Y), Y), real, 3)

    agree(critic_loss, list(made.critic.parameters()))
    agree(generator_loss, list(made.generator.parameters()))


def test_chains_of_the_model_give_the_slope_of_the_likelihood():
    """−∇ log Z is the mean slope of the energy under the model: here weighed on a grid."""
    made = trainer_of("chains", SMALL["chains"], labels=())
    net = made.net
    shaken(net)
    side = 200
    axes = [
        torch.linspace(a, b, side + 1)[:-1] + (b - a) / (2 * side)
        for a, b in zip(net.low.tolist(), net.high.tolist(), strict=True)
    ]
    grid = torch.cartesian_prod(*axes)
    parameters = [p for name, p in net.named_parameters() if not name.startswith("out.bias")]
    energy = net(grid)[:, 0]
    log_z = torch.autograd.grad(torch.logsumexp(-energy, 0), parameters, retain_graph=True)
    pick = torch.multinomial((-energy).softmax(0), 40_000, True, generator=seeded(1))
    made.chains, made.classes = grid[pick], torch.zeros(len(pick), dtype=torch.int64)
    x, labels = X.double(), torch.zeros(len(X), dtype=torch.int64)
    own = torch.autograd.grad(net(x)[:, 0].mean(), parameters)
    found = torch.autograd.grad(made._contrast(net, x, labels, 0.0, seeded(0)), parameters)
    expected = torch.cat([(a + b).flatten() for a, b in zip(own, log_z, strict=True)])
    error = torch.cat([slope.flatten() for slope in found]) - expected
    assert error.norm() < 0.05 * expected.norm()


def test_chains_that_move_leave_the_model_as_it_is():
    """MALA at a fixed energy: the moments of a normal distribution stay, and steps are accepted."""
    made = trainer_of("chains", {**SMALL["chains"], "chains": 4_000, "chain_size": 0.3}, labels=())
    net = made.net
    with torch.no_grad():
        net.out.weight.zero_()
        net.out.bias.zero_()  # the energy is ‖y‖² / 2 in standardised units then
    for _ in range(12):
        made._move()
    y = (made.chains - net.mean) / net.scale
    assert 0.5 < made.accepted < 1
    assert y.mean(0).abs().max() < 4 / math.sqrt(4_000)
    assert (y.std(0) - 1).abs().max() < 4 / math.sqrt(8_000)


def test_the_likelihood_of_em_never_falls():
    made = learner("mfa", X, options={"components": 5})
    reached = [moment.losses["log p"] for moment in made.run()]
    assert len(reached) > 5
    assert all(b >= a - 1e-9 for a, b in pairwise(reached))
