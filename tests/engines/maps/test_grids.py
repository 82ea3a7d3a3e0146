"""Grids of the plane: a model's own way gives what its points give."""

import dataclasses

import pytest
import torch

from engines.maps.grids import log_density_grid
from engines.model import Meaning, finish
from tests.engines.tiny import opened

XS, YS = torch.linspace(-2, 4, 11), torch.linspace(-3, 3, 7)


@pytest.mark.parametrize("label", [None, 2])
@pytest.mark.parametrize("family", ["kde", "flow"])
def test_a_grid_is_its_points_in_order(tmp_path, family, label):
    model = opened(tmp_path, family, "points")
    points = torch.cartesian_prod(XS, YS)
    labels = None if label is None else torch.full((77,), label)
    found = finish(log_density_grid(model, XS, YS, label))
    expected = finish(model.density.run(points, labels, {}))
    torch.testing.assert_close(found.value, expected.value, rtol=1e-6, atol=1e-6)
    assert (found.meaning, found.method) == (expected.meaning, expected.method)


def test_a_model_goes_its_own_way_with_its_knobs(tmp_path):
    model = opened(tmp_path, "kde", "points")
    assert model.density.grid is not None
    wide = finish(log_density_grid(model, XS, YS, knobs={"bandwidth": 2}))
    points = torch.cartesian_prod(XS, YS)
    expected = finish(model.density.run(points, None, {"bandwidth": 2})).value
    torch.testing.assert_close(wide.value, expected, rtol=1e-6, atol=1e-6)
    assert wide.meaning is Meaning.EXACT
    steps = list(log_density_grid(model, XS, YS))
    assert steps[-1].done == steps[-1].total == 77
    with pytest.raises(ValueError, match="no knob 'loudness'"):
        finish(log_density_grid(model, XS, YS, knobs={"loudness": 1}))
    with pytest.raises(ValueError, match="bandwidth of 0"):
        finish(log_density_grid(model, XS, YS, knobs={"bandwidth": 0}))
    with pytest.raises(ValueError, match="has classes"):
        finish(log_density_grid(model, XS, YS, 3))


def test_what_is_no_grid_of_the_plane_is_refused(tmp_path):
    picture = opened(tmp_path, "kde", "picture")
    assert picture.density.grid is None
    with pytest.raises(ValueError, match="not a 2-D model"):
        finish(log_density_grid(picture, XS, YS))
    model = opened(tmp_path, "kde", "points")
    for axis in (XS.flip(0), XS[:0], XS[:, None]):
        with pytest.raises(ValueError, match="increasing row"):
            finish(log_density_grid(model, XS, axis))
    with pytest.raises(ValueError, match="implicit"):
        finish(log_density_grid(dataclasses.replace(model, density=None), XS, YS))
