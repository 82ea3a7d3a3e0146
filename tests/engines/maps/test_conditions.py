"""Maps under values of several attributes: what a map shows is the density that was asked for."""

import pytest
import torch

from engines import log_density
from engines.data.toys import TOYS
from engines.inpaint import methods_for
from engines.maps.area import Area
from engines.maps.fields import field_of, kernels_of_samples, samples_run, truth_of
from engines.maps.grids import log_density_grid
from engines.maps.kinds import Kind
from engines.maps.moments import Memory, Moment, Process, field_at
from engines.maps.pixels import pixel_map
from engines.maps.posterior import posterior
from engines.maps.refine import whole
from engines.model import finish
from engines.opening import open_model
from tests.engines.tiny import LABELS, opened
from tests.kinds import blobs

XS, YS = torch.linspace(-1, 1, 9).double(), torch.linspace(-0.6, 0.6, 5).double()
ASKED = [{}, {"place": "left"}, {"size": "large"}, {"place": "right", "size": "small"}]
AREA = Area(-1.5, 1.5, -1.5, 1.5)


@pytest.fixture
def model(monkeypatch, tmp_path):
    blobs.register(monkeypatch)
    blobs.ship(tmp_path, "moons/blobs")
    return open_model("moons/blobs", root=tmp_path)


@pytest.mark.parametrize("given", ASKED)
def test_a_map_is_the_density_under_what_is_given(model, given):
    points = torch.cartesian_prod(XS, YS).float()
    expected = log_density(model, points, given=given).value
    torch.testing.assert_close(finish(log_density_grid(model, XS, YS, given=given)).value, expected)
    field = field_of(model, given=given)
    torch.testing.assert_close(finish(field.grid(XS, YS)).value, expected)
    found = whole(field, AREA, 60, 60).values.double()
    assert found.exp().sum() * AREA.cell(60, 60) == pytest.approx(1, abs=0.02)


def test_values_that_differ_are_other_maps(model):
    maps = [finish(log_density_grid(model, XS, YS, given=given)).value for given in ASKED]
    for place, one in enumerate(maps):
        assert all((one - other).abs().max() > 0.1 for other in maps[:place])


def test_a_stand_in_is_made_of_samples_under_what_is_given(model):
    given = {"place": "right", "size": "small"}
    x = finish(samples_run(model, None, 4000, given=given))
    field = kernels_of_samples(x, model.card.name).field(Kind.SAMPLES)
    at = torch.tensor([0.5]).double(), torch.tensor([0.5]).double()
    found, expected = (
        finish(field.grid(*at)).value,
        finish(log_density_grid(model, *at, given=given)),
    )
    assert found.item() == pytest.approx(expected.value.item(), abs=0.3)


def test_a_moment_inside_is_under_what_is_given(model):
    """The chain of this model has one step, at which it is where it was asked to be."""
    field = finish(
        field_at(model, Moment(Process.CHAIN, 1.0), None, Memory(), given={"place": "left"})
    )
    left, right = (
        finish(field.grid(torch.tensor([x]).double(), torch.tensor([x]).double())).value.item()
        for x in (-0.5, 0.5)
    )
    assert left > right + 3


@pytest.mark.parametrize(
    ("given", "says"), [({"hue": "red"}, "no attribute 'hue'"), ({"size": "odd"}, "no size 'odd'")]
)
def test_what_it_does_not_have_is_refused_in_words(model, given, says):
    with pytest.raises(ValueError, match=says):
        finish(log_density_grid(model, XS, YS, given=given))
    with pytest.raises(ValueError, match="at once"):
        finish(log_density_grid(model, XS, YS, 1, given={"size": "small"}))


@pytest.mark.parametrize("family", ["kde", "flow", "autoregressive"])
def test_a_class_by_its_name_is_the_class(tmp_path, family):
    model = opened(tmp_path, family, "points")
    named = finish(log_density_grid(model, XS, YS, given={"class": LABELS[1]}))
    short = finish(log_density_grid(model, XS, YS, 1))
    assert torch.equal(named.value, short.value)
    assert named.method == short.method


def test_a_class_by_its_name_is_the_class_inside_a_model(tmp_path):
    model = opened(tmp_path, "vae", "points")
    at = torch.tensor([0.2, 0.3])
    assert torch.equal(
        posterior(model, at, 2, side=20).exact,
        posterior(model, at, side=20, given={"class": LABELS[2]}).exact,
    )


def test_a_map_of_pixels_is_under_what_is_given(monkeypatch, tmp_path):
    """The slope of a Gaussian's log-density is (mean − x) / s²."""
    blobs.register(monkeypatch)
    blobs.ship(tmp_path, "mnist/blobs", (1, 8, 8))
    model = open_model("mnist/blobs", root=tmp_path)
    x = torch.linspace(-0.8, 0.8, 64).view(1, 1, 8, 8)
    for place, mean in (("left", -0.5), ("right", 0.5)):
        found = finish(pixel_map(model, x, given={"place": place, "size": "large"}))
        torch.testing.assert_close(
            found.values, (mean - x[0, 0].double()) / 0.09, rtol=1e-4, atol=1e-4
        )


def test_a_truth_of_all_says_so():
    plain, all_of_them = truth_of("moons"), truth_of("moons", of=", whatever their size")
    axes = torch.zeros(1).double(), torch.zeros(1).double()
    assert finish(plain.grid(*axes)).method == "definition of the data set"
    assert finish(all_of_them.grid(*axes)).method.endswith("whatever their size")
    assert finish(all_of_them.grid(*axes)).value == TOYS["moons"].log_grid(*axes, None)


@pytest.mark.parametrize(("place", "mean"), [("left", -0.5), ("right", 0.5)])
def test_a_line_is_cut_under_what_is_given(model, place, mean):
    """The method that cuts a line into cells: y is known, x comes from the place that is given."""
    (method,) = [m for m in methods_for(model) if m.name == "along-line"]
    known = torch.tensor([False, True])
    given = {"place": place, "size": "large"}
    x = finish(method.run(model, torch.tensor([0.0, 0.1]), known, 400, 3, given=given))
    assert x[:, 0].mean().item() == pytest.approx(mean, abs=4 * 0.3 / 20)
    assert x[:, 0].std().item() == pytest.approx(0.3, rel=0.2)
