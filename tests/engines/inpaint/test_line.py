"""Draws along a line of the plane by the density itself, against quadrature and a known mixture."""

import pytest
import torch

from engines import SampleRequest, finish, open_model
from engines.inpaint import methods_for
from engines.inpaint.along_line import Cells
from engines.maps.grids import log_density_grid
from engines.model import NotFiniteError, own_knobs
from engines.training.reports.evidence import measured
from engines.training.reports.questions import trials
from tests.engines.tiny import opened

FAMILIES = ("flow", "autoregressive", "any-order", "diffusion", "energy")
N = 4_000


def along(model):
    return next(m for m in methods_for(model) if m.name == "along-line")


def gap(model, axis, value, x, label=None):
    """Kolmogorov–Smirnov distance of draws from the density by a grid of its own."""
    free = x[:, 1 - axis].double().sort().values
    low, high = free[0].item() - 3, free[-1].item() + 3
    places = torch.linspace(low, high, 6_001, dtype=torch.float64)
    known = torch.tensor([value], dtype=torch.float64)
    axes = (known, places) if axis == 0 else (places, known)
    p = finish(log_density_grid(model, *axes, label)).value.exp()
    below = torch.cumulative_trapezoid(p, places)
    below = torch.cat([torch.zeros(1).double(), below]) / below[-1]
    place = ((free - low) / (high - low) * 6_000).clamp(0, 5_999)
    i = place.long()
    at = below[i] + (place - i) * (below[i + 1] - below[i])
    return (at - (torch.arange(len(free)) + 0.5) / len(free)).abs().max().item()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("axis", "label"), [(0, None), (1, 1)])
def test_draws_follow_the_density(tmp_path, family, axis, label):
    model = opened(tmp_path, family, "points")
    point, known = torch.tensor([0.3, 0.3]), torch.arange(2) == axis
    x = finish(along(model).run(model, point, known, N, 5, {}, label))
    assert torch.equal(x[:, axis], point[axis].expand(N))
    assert gap(model, axis, 0.3, x, label) < 1.95 / N**0.5


@pytest.mark.parametrize(("axis", "label"), [(0, None), (1, 0)])
def test_both_orders_of_a_shipped_model_are_one_law(axis, label):
    """Orders of the cities disagree: draws of one alone are 0.03 … 0.06 from the mean's law."""
    model = open_model("cities/any-order", device="cpu")
    point = finish(model.sample(SampleRequest(6, 3, label)))[5]
    method, known = methods_for(model)[0], torch.arange(2) == axis
    x = finish(method.run(model, point, known, N, 5, {}, label))
    assert torch.equal(x[:, axis], point[axis].expand(N))
    assert gap(model, axis, point[axis].item(), x, label) < 1.63 / N**0.5


def test_what_is_all_unknown_is_sampled(tmp_path):
    model = opened(tmp_path, "flow", "points")
    nothing = torch.zeros(2, dtype=torch.bool)
    x = finish(along(model).run(model, torch.zeros(2), nothing, 7, 5))
    own = finish(model.sample(SampleRequest(7, 5, None, own_knobs(model.knobs))))
    assert torch.equal(x, own)


def test_a_draw_is_the_same_in_any_company(tmp_path):
    model = opened(tmp_path, "flow", "points")
    known = torch.tensor([True, False])
    many, few = (finish(along(model).run(model, torch.zeros(2), known, n, 5)) for n in (9, 2))
    assert torch.equal(many[:2], few)


def test_bounds_implicit_models_and_closed_forms_have_no_use_for_it(tmp_path):
    for family in ("vae", "gan", "kde", "mfa", "latent-diffusion"):
        (tmp_path / family).mkdir()
        model = opened(tmp_path / family, family, "points")
        assert "along-line" not in [method.name for method in methods_for(model)]


def test_four_modes_are_found_at_the_sampling_floor():
    (trial,) = [trial for trial in trials() if trial.method == "along-line"]
    (found,) = measured(trial)
    assert trial.question.oracle.startswith("Four correlated Gaussian components")
    assert found.value < found.limit


@pytest.mark.parametrize(("log_p", "said"), [(-torch.inf, "no mass"), (torch.nan, "not finite")])
def test_a_line_without_mass_is_refused_in_words(log_p, said):
    with pytest.raises(NotFiniteError, match=said):
        Cells(0.0, 1.0, torch.full((8,), log_p)).massive()
