"""The standard error beside a number is what the number scatters by when its draws are others.

Every family whose density has random draws is asked again and again for the same test pictures.
"""

import math

import pytest
import torch

from engines import noise
from engines.data.examples import pictures
from engines.families.diffusion.net import SIGMA_DATA
from engines.model import finish
from engines.noise import Streams
from engines.opening import open_model

ALLOWED = 1.3
FAST = {
    "mnist/vae": {"importance": 16},
    "mnist/flow": {"dequantisation": 4},
    "mnist/mfa": {"dequantisation": 4},
}
DEFAULT = {
    "mnist/vae": {},
    "mnist/latent-diffusion": {},
    "mnist/diffusion": {},
    "mnist/any-order": {"groups": 0},
    "mnist/flow": {"dequantisation": 8},
    "mnist/mfa": {"dequantisation": 8},
}
WITHOUT = ("mnist/flow", "mnist/mfa", "mnist/any-order")
"""What shows no error at its own settings: of one draw, or of none, it is not known."""


def digits(count):
    levels = torch.from_numpy(pictures("mnist").levels[:count, None, :, :, 0].copy())
    return levels.float() / 127.5 - 1


@pytest.fixture
def asked(monkeypatch):
    """Numbers and errors (repeats, count) of test pictures under a model, each time anew."""

    def asked(name, count, repeats, knobs):
        model, x, found = open_model(name, "cpu"), digits(count), []
        for repeat in range(1, repeats + 1):
            # draws come from the picture and a seed of 0: here from another seed
            monkeypatch.setattr(noise, "Streams", lambda _, of, seed=repeat: Streams(seed, of))
            found.append(finish(model.density.run(x, None, knobs)))
        assert not torch.equal(found[0].value, found[1].value)
        return torch.stack([f.value for f in found]), torch.stack([f.stderr for f in found])

    return asked


def scatter_to_error(values, errors):
    """Over all pictures, and the median over them, of the errors that are shown."""
    assert errors.isfinite().all()
    scatter, told = values.var(0), errors.square().mean(0)
    return (scatter.mean() / told.mean()).sqrt().item(), (scatter / told).sqrt().median().item()


@pytest.mark.parametrize("name", FAST)
def test_an_error_is_what_the_number_scatters_by(asked, name):
    """A look at few pictures, which leaves room for chance."""
    whole, _ = scatter_to_error(*asked(name, 8, 8, FAST[name]))
    assert 1 / (1.2 * ALLOWED) < whole < 1.2 * ALLOWED


@pytest.mark.parametrize("name", WITHOUT)
def test_an_error_that_is_not_known_is_not_shown(name):
    found = finish(open_model(name, "cpu").density.run(digits(2), None, {}))
    assert found.stderr is None or found.stderr.isnan().all()


@pytest.mark.evidence
@pytest.mark.parametrize("name", DEFAULT)
def test_errors_of_20_pictures_hold_over_16_repeats(asked, name):
    values, errors = asked(name, 20, 16, DEFAULT[name])
    whole, middle = scatter_to_error(values, errors)
    print(
        f"{name}: sd {values.std(0).mean():.2f} nats; sd / error {whole:.2f}, median {middle:.2f}"
    )
    assert 1 / ALLOWED < whole < ALLOWED
    assert 1 / ALLOWED < middle < ALLOWED


@pytest.mark.evidence
def test_the_solver_of_pictures_errs_less_than_is_shown():
    """The same draw and the same probes all the way, so that the steps alone make a difference."""
    model, x = open_model("mnist/diffusion", "cpu"), digits(4)
    flow, draws = model.denoise, Streams(1, range(4))
    u = ((x + 1) * 127.5 + draws.uniform(*x.shape[1:])) / 256
    probe, labels = (draws.uniform(*x.shape[1:]) - 0.5).sign(), torch.full((4,), 10)

    def slopes(w, phi, whole):
        with torch.enable_grad():
            w = w.detach().requires_grad_()
            f = flow.f(w, SIGMA_DATA * math.tan(phi), labels)
            (slope,) = torch.autograd.grad(f, w, probe)
        return f.detach(), (slope * probe).flatten(1).sum(1)

    default = int(model.density.knobs[0].default)
    few, many = (finish(flow.climbed(u, slopes, steps))[0] for steps in (default, 3 * default))
    print(f"{default} steps err by {(few - many).tolist()} nats")
    found = finish(model.density.run(x, None, {}))
    assert (few - many).square().mean().sqrt() < found.stderr.square().mean().sqrt() / 2
    assert abs((few - many).mean()) < 1
