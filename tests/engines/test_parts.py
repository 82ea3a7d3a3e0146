"""The part is the permission: families that no one knows get what their parts allow."""

import dataclasses
import math

import pytest
import torch

from engines import log_density, open_model, parts
from engines.checkpoints.promises import parts_of
from engines.facts import abilities
from engines.families.diffusion.probability_flow import angle
from engines.inpaint import methods_for
from engines.latents.walks import walk_of
from engines.maps import moments
from engines.maps.moments import Memory, Moment, Process
from engines.maps.pixels import pixel_map
from engines.maps.posterior import posterior
from engines.model import Model, finish
from engines.opening import find
from tests.engines import plug_ins
from tests.engines.plug_ins import site
from tests.engines.tiny import MAKERS, SHAPES, opened

__all__ = ["site"]
KNOWN = torch.tensor([True, False])


def filled(model, name, picture, known, count, **knobs):
    method = next(method for method in methods_for(model) if method.name == name)
    return finish(method.run(model, picture, known, count, 3, knobs))


def near(x, mean, sd):
    """Draws (n,) of a Gaussian, by mean and spread: four standard errors."""
    n = len(x)
    assert abs(x.mean().item() - mean) < 4 * sd / math.sqrt(n)
    assert abs(x.std().item() / sd - 1) < 4 / math.sqrt(2 * n)


@pytest.fixture
def plugged(site, tmp_path):
    """Opens a model of a made-up family."""

    def make(name, text, shape):
        plug_ins.distribution(site, f"genscope_{name}", text, name=name)
        return open_model(plug_ins.card(tmp_path, name, shape))

    return make


def test_a_plug_in_with_a_posterior_fills_by_gibbs_and_shows_it(plugged):
    model = plugged("turned", plug_ins.POSTERIOR, (2,))
    assert {m.name for m in methods_for(model)} == {"mwg", "pseudo-gibbs", "along-line"}
    module = __import__("genscope_turned")
    cov = module.W @ module.W.T + module.SD**2 * torch.eye(2)
    value = 1.1
    x = filled(model, "mwg", torch.tensor([value, 0.0]), KNOWN, 2000, steps=40)
    gain = cov[1, 0] / cov[0, 0]
    mean = module.B[1] + gain * (value - module.B[0])
    near(x[:, 1], mean.item(), math.sqrt(cov[1, 1] - gain * cov[0, 1]))
    seen, point = posterior(model, torch.tensor([value, 0.3])), torch.tensor([value, 0.3])
    normal = torch.distributions.MultivariateNormal(module.B, cov)
    assert seen.log_p == pytest.approx(normal.log_prob(point).item(), abs=1e-3)
    # KL(q ‖ p) of Gaussians: the encoder has the mean and no correlation
    precision = torch.eye(2) + module.W.T @ module.W / module.SD**2
    gap = 0.5 * (precision.diagonal().log().sum() - torch.logdet(precision))
    assert seen.gap == pytest.approx(gap.item(), abs=1e-3)


def test_a_plug_in_with_a_denoiser_has_noise_levels_and_their_methods(plugged):
    model = plugged("heat", plug_ins.DENOISE, (2,))
    names = [method.name for method in methods_for(model)]
    assert names == ["tds", "repaint", "guided", "replacement", "dps", "along-line"]
    module = __import__("genscope_heat")
    gain = (module.COV[1, 0] / module.COV[0, 0]).item()
    sd = math.sqrt(module.COV[1, 1] - gain * module.COV[0, 1])
    x = filled(model, "tds", torch.tensor([2.0, 0.0]), KNOWN, 1000, particles=8, steps=40)
    near(x[:, 1], -2.0 + gain * (2.0 - 1.0), sd)
    assert moments.process_of(model) is Process.NOISE
    axis = torch.linspace(-2, 2, 5)
    found = torch.cartesian_prod(axis + 1, axis - 2)
    memory = Memory()
    sweep = moments.sweep_of(model, None, memory)
    for place in (0.5, 1.0):
        field = finish(moments.field_at(model, Moment(Process.NOISE, place), None, memory))
        phi = moments.angle_at(place, sweep.lowest, sweep.highest)
        sigma = 0.5 * math.tan(phi) * module.UNIT
        # brought to the spread of the data: x is what noisy data are, shrunk
        shrink = math.sqrt(0.5**2 / (0.5**2 + (sigma / module.UNIT) ** 2))
        low = math.sqrt(0.5**2 / (0.5**2 + 0.01**2))
        noisy = module.COV + sigma**2 * torch.eye(2)
        law = torch.distributions.MultivariateNormal(module.MEAN, noisy * (shrink / low) ** 2)
        value, expected = finish(field.grid(axis + 1, axis - 2)).value, law.log_prob(found)
        near_it = expected > expected.max() - 9
        assert near_it.sum() > 6
        torch.testing.assert_close(value.float()[near_it], expected[near_it], rtol=0, atol=0.01)
    assert angle(0.01) == pytest.approx(sweep.lowest)


def test_a_plug_in_with_conditionals_has_bits_of_pixels_and_particles(plugged):
    model = plugged("repeating", plug_ins.CONDITIONALS, (1, 4, 4))
    assert [method.name for method in methods_for(model)] == ["smc", "clamping"]
    x = finish(model.sample(_request(1)))
    found = finish(pixel_map(model, x))
    assert found.values.shape == (4, 4)
    bits = -log_density(model, x).value.item() / math.log(2)
    assert found.values.sum().item() == pytest.approx(bits, rel=1e-6)
    known = torch.ones(4, 4, dtype=torch.bool)
    known[1, 1:3] = False
    drawn = filled(model, "smc", x[0], known, 8)
    assert torch.equal(drawn[:, 0, known], x[0, 0, known].expand(8, -1))
    assert len(drawn[:, 0, 1, 1].unique()) > 1


def test_what_a_plug_ins_model_can_do_is_known_once_it_was_opened(plugged, site, tmp_path):
    plug_ins.distribution(site, "genscope_later", plug_ins.DENOISE, name="later")
    card = find(plug_ins.card(tmp_path, "later", (2,)))
    assert parts_of(card) is None
    assert moments.process_of(card) is None
    assert [a.can for a in abilities.of_card(card)] == [True, None, None, None]
    open_model(card)
    assert parts_of(card) == {"denoise", "density"}
    assert moments.process_of(card) is Process.NOISE
    assert [a.can for a in abilities.of_card(card)] == [True, True, False, True]


def _request(count):
    from engines.model import SampleRequest

    return SampleRequest(count, 7)


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("family", MAKERS)
def test_cards_promise_the_parts_that_models_have(tmp_path, family, kind):
    model = opened(tmp_path, family, kind)
    assert parts_of(model.card) == model.part_names
    for name in model.part_names & parts.PARTS.keys():
        assert isinstance(getattr(model, name), parts.PARTS[name])


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("family", MAKERS)
def test_native_is_taken_for_the_parts_that_it_is(tmp_path, family, kind):
    """As a plug-in of the version before would have made its model."""
    model = opened(tmp_path, family, kind)
    names = model.part_names & parts.PARTS.keys()
    machinery = getattr(model, min(names))
    bare = dataclasses.replace(model, **dict.fromkeys(names))
    assert not methods_for(bare) or {m.name for m in methods_for(bare)} == {"along-line"}
    said = f"give its parts: .*{min(names)}="
    with pytest.warns(DeprecationWarning, match=said) as caught:
        old = dataclasses.replace(bare, native=machinery)
    assert old.part_names == model.part_names
    assert old.native is None
    assert methods_for(old) == methods_for(model)
    assert len(caught) == 1


def test_something_that_is_no_part_is_said_to_be_none(tmp_path):
    model = opened(tmp_path, "vae", "points")
    with pytest.warns(DeprecationWarning, match=r"none of engines\.parts that it is"):
        Model(model.card, model.sample, model.procedure, native=object())


def test_a_plug_in_without_codes_has_no_path(plugged):
    with pytest.raises(ValueError, match="no path"):
        walk_of(plugged("turned", plug_ins.POSTERIOR, (2,)))
