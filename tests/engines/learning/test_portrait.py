"""Portraits, figures and pictures of what a learner works on: the same weights look the same."""

import math

import numpy as np
import pytest
import torch

from engines.data.toys import TOYS
from engines.learning.inside import Choice, look_inside
from engines.learning.learner import learner
from engines.learning.portrait import SAMPLES, View, ground_of, measure, portray
from engines.learning.small import SMALL
from engines.maps.area import Area
from engines.maps.kinds import Kind
from engines.model import finish
from engines.noise import log_normal

X, LABELS = TOYS["moons"].sample(440, torch.Generator().manual_seed(1))
AREA = Area(-1.6, 2.6, -1.9, 2.3)
KINDS = {
    "gan": Kind.SAMPLES,
    "vae": Kind.BOUND,
    "diffusion": Kind.ESTIMATE,
    "energy": Kind.ESTIMATE,
}


@pytest.fixture(scope="module")
def ground():
    return finish(ground_of(X[40:], X[:40], AREA, "moons"))


def taught(family, steps=3, **more):
    made = learner(family, X[40:], **more)
    for _ in zip(range(steps), made.moments(), strict=False):
        pass
    return made


@pytest.mark.parametrize("family", SMALL)
def test_a_portrait_is_of_its_weights_alone(family, ground):
    made = taught(family)
    one, other = (finish(portray(made, View(AREA), ground)) for _ in range(2))
    assert one.kind is KINDS.get(family, Kind.EXACT)
    assert one.step == made.step
    assert one.samples.shape == (SAMPLES, 2)
    assert np.isfinite(one.samples).all()
    np.testing.assert_array_equal(one.samples, other.samples)
    np.testing.assert_array_equal(one.log_p, other.log_p)
    if one.kind is Kind.EXACT and family != "flow":  # a flow may reach beyond the area
        side = len(one.log_p)
        assert np.exp(one.log_p).sum() * AREA.cell(side, side) == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("family", SMALL)
def test_figures_say_how_far_it_is_from_the_truth(family, ground):
    found = finish(measure(taught(family), ground))
    truth = -TOYS["moons"].log_density(X[:40]).mean().item()
    assert found.held_out - found.gap == pytest.approx(truth, abs=1e-4)
    assert found.gap > -3 * found.gap_stderr
    assert math.isfinite(found.train)


def test_a_fit_without_a_stage_has_no_portrait(ground):
    made = learner("mfa", X)
    assert finish(portray(made, View(AREA), ground)) is None
    assert finish(measure(made, ground)) is None


def test_samples_are_dealt_out_to_classes(ground):
    made = taught("flow")
    assert finish(portray(made, View(AREA), ground)).labels is None
    both = learner("flow", X, LABELS, classes=("a", "b"))
    found = finish(portray(both, View(AREA, 2), ground))
    assert found.labels.tolist() == [k % 2 for k in range(SAMPLES)]


def test_an_energy_is_sampled_from_its_map(ground):
    found = finish(portray(taught("energy", 60), View(AREA), ground))
    cell = np.exp(found.log_p) * AREA.cell(64, 64)
    x, _ = AREA.axes(64, 64)
    mean = (cell.sum(0) * x).sum() / cell.sum()
    assert found.samples[:, 0].mean() == pytest.approx(mean, abs=0.15)


def test_without_a_known_truth_kernels_stand_for_the_data():
    found = finish(ground_of(X[40:], X[:40], AREA))
    assert found.kind is Kind.DATA
    assert found.truth is None
    assert "kernels on 400 points" in found.method
    assert np.exp(found.values).sum() * AREA.cell(64, 64) == pytest.approx(1, abs=0.02)
    assert finish(measure(taught("kde"), found)).gap is None


@pytest.mark.parametrize("family", SMALL)
def test_what_a_learner_works_on_is_shown(family):
    made = taught(family)
    one, other = (finish(look_inside(made, Choice(1), View(AREA))) for _ in range(2))
    assert one.words.count(". ") == 1  # two sentences
    assert one.words.endswith(".")
    assert one.formula
    parts = [getattr(one, name) for name in ("heat", "lines", "arrows", "dots")]
    again = [getattr(other, name) for name in ("heat", "lines", "arrows", "dots")]
    assert any(part is not None for part in parts)
    for part, same in zip(parts, again, strict=True):
        if part is not None:
            np.testing.assert_array_equal(part, same)


@pytest.mark.parametrize(
    ("objective", "part"), [("likelihood", "log Z"), ("contrast", "noise"), ("chains", "chains")]
)
def test_the_formula_of_an_energy_is_of_what_it_is_trained_by(objective, part):
    made = taught("energy", options={"objective": objective, "hidden": 8, "batch": 32})
    assert part in finish(look_inside(made, Choice(1), View(AREA))).formula


def test_the_elbo_is_its_parts():
    numbers = dict(finish(look_inside(taught("vae"), Choice(1), View(AREA))).numbers)
    assert numbers["ELBO"] == pytest.approx(numbers["log p(x | z)"] - numbers["KL"], abs=1e-3)


def test_a_grid_of_noise_is_warped_by_all_layers_into_the_model():
    made = taught("flow", 20)
    plain = finish(look_inside(made, Choice(1, 0.0), View(AREA))).lines.reshape(-1, 2)
    whole = finish(look_inside(made, Choice(1, 1.0), View(AREA))).lines.reshape(-1, 2)
    model = made.model()
    net = model.bijection.net
    z = (torch.from_numpy(plain) - net.mean) / net.scale
    anyone = torch.zeros(len(z), dtype=torch.int64)
    with torch.no_grad():
        back, log_det = model.bijection.to_noise(torch.from_numpy(whole), anyone)
    torch.testing.assert_close(back, z, atol=2e-3, rtol=0)
    log_p = finish(model.density.run(torch.from_numpy(whole), None, {})).value
    torch.testing.assert_close(log_p.float(), log_normal(z) + log_det, atol=2e-2, rtol=0)


def test_conditional_slices_have_a_mass_of_one_each():
    found = finish(look_inside(taught("autoregressive"), Choice(1), View(AREA)))
    cell = AREA.size[1] / len(found.heat)
    np.testing.assert_allclose(np.exp(found.heat).sum(0) * cell, 1, rtol=1e-4)


def test_the_critics_arrows_begin_at_samples():
    found = finish(look_inside(taught("gan"), Choice(1), View(AREA)))
    np.testing.assert_array_equal(found.arrows[:, :2], found.dots)
