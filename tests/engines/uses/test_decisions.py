"""Decisions in the plane: log p(x | c) everywhere, the lead of the likeliest class, and doubt."""

import numpy as np
import pytest
import torch

from engines import log_density
from engines.data import examples
from engines.data.toys import TOYS
from engines.model import finish
from engines.opening import open_model
from engines.uses.classifier import bayes, plane
from engines.uses.errors import UseError


@pytest.fixture(scope="module")
def everywhere():
    model = open_model("moons/mfa")
    xs, ys = torch.linspace(-1.5, 2.5, 40).double(), torch.linspace(-1, 1.5, 30).double()
    x, truth = examples.held_out_classes("moons", 400)
    return model, xs, ys, x, truth, finish(plane.everywhere(model, xs, ys, x))


def test_the_grid_holds_the_density_of_every_class(everywhere):
    model, xs, ys, x, _, found = everywhere
    assert found.grid.shape == (30, 40, 2)
    at = torch.tensor([[xs[7], ys[3]]]).float()
    for label in (0, 1):
        value = log_density(model, at, torch.tensor([label])).value.item()
        assert found.grid[3, 7, label] == pytest.approx(value, abs=1e-3)
        assert np.allclose(
            found.points[:, label],
            log_density(model, x, torch.full((len(x),), label)).value.numpy(),
            atol=1e-6,
        )


def test_it_decides_as_bayes_rule_does_with_the_true_densities(everywhere):
    *_, truth, found = everywhere
    p = bayes.posterior(found.points, bayes.uniform(2))
    # moons hardly overlap: the best rule is wrong about few points
    assert (p.argmax(1) == truth.numpy()).mean() > 0.97
    tilted = bayes.posterior(found.points, np.array([0.999, 0.001]))
    assert (tilted.argmax(1) == 0).sum() > (p.argmax(1) == 0).sum()


def test_the_lead_is_zero_where_two_classes_are_as_likely(everywhere):
    log_p = np.array([[[0.0, -3.0], [-2.0, -2.0], [-np.inf, 0.0], [-np.inf, -np.inf]]])
    assert plane.lead(log_p, bayes.uniform(2)).tolist() == [[3.0, 0.0, 1e6, 0.0]]
    # a prior moves the border by its log-odds
    odds = np.log(0.8 / 0.2)
    assert plane.lead(log_p, np.array([0.8, 0.2]))[0, 1] == pytest.approx(odds)
    assert np.isfinite(plane.lead(everywhere[-1].grid, bayes.uniform(2))).all()


def test_outside_is_where_next_to_no_held_out_point_lies(everywhere):
    *_, found = everywhere
    outside = plane.outside(found, bayes.uniform(2), 0.01)
    assert outside[0, 0]
    assert 0.2 < outside.mean() < 0.95
    assert plane.outside(found, bayes.uniform(2), 0.2).sum() > outside.sum()


def test_models_that_are_no_classifiers_say_why():
    axis = torch.linspace(0, 1, 3).double()
    with pytest.raises(UseError, match="implicit"):
        finish(plane.everywhere(open_model("moons/gan"), axis, axis, torch.zeros(1, 2)))


def test_classes_of_held_out_points_are_known_where_points_are_made():
    x, truth = examples.held_out_classes("checkerboard", 50)
    assert torch.equal(x, examples.held_out_points("checkerboard", 50))
    assert truth.max() < len(TOYS["checkerboard"].labels)
    assert examples.held_out_classes("cities", 20)[1] is None
