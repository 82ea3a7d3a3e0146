"""log p(x | c) of models: the same as their density's, and the reason where there is none."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engines import finish, log_density
from engines.model import Meaning
from engines.uses.classifier import elimination, likelihoods
from engines.uses.errors import UseError
from tests.engines import tiny


def noise(count):
    levels = np.random.default_rng(3).integers(0, 256, (count, 1, 8, 8))
    return torch.from_numpy(levels).float() / 127.5 - 1


@pytest.mark.parametrize("family", ["vae", "autoregressive", "flow", "kde", "mfa", "any-order"])
def test_it_is_the_density_of_each_class(family, tmp_path):
    model, x = tiny.opened(tmp_path, family, "picture"), noise(5)
    found = finish(likelihoods.of_classes(model, x))
    assert found.log_p.shape == (5, 3)
    for label in range(3):
        alone = log_density(model, x, torch.full((5,), label)).value
        assert np.allclose(found.log_p[:, label], alone.numpy(), atol=1e-3)
    assert found.meaning is model.density.meaning
    assert found.method


@pytest.mark.parametrize("family", ["vae", "flow", "kde"])
def test_points_have_classes_too(family, tmp_path):
    model = tiny.opened(tmp_path, family, "points")
    assert finish(likelihoods.of_classes(model, torch.randn(4, 2))).log_p.shape == (4, 3)


def test_which_follow_a_pen(tmp_path):
    quick = {
        family: likelihoods.is_quick(tiny.opened(tmp_path, family, "picture"))
        for family in ("vae", "autoregressive", "flow", "kde", "mfa", "any-order", "energy", "gan")
    }
    assert {family for family, is_quick in quick.items() if is_quick} == {
        "vae",
        "flow",
        "kde",
        "mfa",
    }


@pytest.mark.parametrize(
    ("family", "says"), [("gan", "implicit"), ("energy", "differs from class to class")]
)
def test_models_without_a_likelihood_say_why(family, says, tmp_path):
    model = tiny.opened(tmp_path, family, "picture")
    with pytest.raises(UseError, match=says):
        finish(likelihoods.of_classes(model, noise(1)))


def test_a_model_without_classes_says_so(tmp_path):
    model = tiny.opened(tmp_path, "kde", "picture")
    bare = replace(model, card=replace(model.card, attributes=()))
    with pytest.raises(UseError, match="knows no classes"):
        finish(likelihoods.of_classes(bare, noise(1)))


def test_the_energy_of_points_has_its_constants(tmp_path):
    model = tiny.opened(tmp_path, "energy", "points")
    if model.density.meaning is Meaning.UNNORMALISED:
        pytest.fail("the energy of points knows its constant by quadrature")
    assert finish(likelihoods.of_classes(model, torch.zeros(1, 2))).log_p.shape == (1, 3)


class Gaussians:
    """Denoisers of classes N(m_c, s²): E[y | y + σ ε] in closed form."""

    span = (0.02, 20.0)
    device = torch.device("cpu")

    def __init__(self, means, s=0.5):
        self.means, self.s, self.asked = means, s, 0

    def enter(self, u):
        return 2 * u - 1, torch.zeros(len(u))

    def denoise(self, y, sigma, labels):
        self.asked += len(labels)
        mean = self.means[labels].view(-1, 1, 1, 1)
        gain = self.s**2 / (self.s**2 + sigma**2)
        return mean + gain * (y - mean)


def test_losses_of_gaussians_differ_as_their_log_densities():
    means = torch.tensor([0.0, 0.3, -0.2])
    part = Gaussians(means)
    x = 0.1 * torch.ones(1, 1, 8, 8)
    steps = list(elimination.losses(part, x, 3))
    assert steps[-1] <= elimination.MOST
    found = finish(elimination.losses(Gaussians(means), x, 3))
    expected = ((x.flatten()[0] - means) ** 2 * 64 / (2 * 0.5**2)).numpy()
    assert found.argmin() == expected.argmin()
    assert found - found.min() == pytest.approx(expected - expected.min(), rel=0.35, abs=1.5)


def test_hopeless_classes_leave_early():
    far, near = (Gaussians(torch.tensor(m)) for m in ([0.1, 5.0, -5.0], [0.1, 0.1001, 0.0999]))
    for part in (far, near):
        finish(elimination.losses(part, 0.1 * torch.ones(1, 1, 8, 8), 3))
    assert 3 * elimination.LEAST <= far.asked < elimination.MOST
    assert near.asked > elimination.MOST


def test_diffusion_is_read_by_its_denoiser(tmp_path):
    model = tiny.opened(tmp_path, "diffusion", "picture")
    found = finish(likelihoods.of_classes(model, noise(2)))
    again = finish(likelihoods.of_classes(model, noise(2)))
    assert found.meaning is None
    assert (found.log_p == again.log_p).all()
    assert np.isfinite(found.log_p).all()
