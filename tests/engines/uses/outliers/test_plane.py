"""Maps of p-values: ranks of the density at each place, by a model whose density is known."""

import math

import numpy as np
import pytest
import torch

from engines.model import finish
from engines.opening import open_model
from engines.uses.outliers import reference
from engines.uses.outliers.plane import p_map


@pytest.mark.parametrize("family", ["mfa", "flow"])
def test_a_map_ranks_places_among_held_out_points(family):
    model = open_model(f"moons/{family}")
    x = reference.examples_of(model.card)[:300]
    xs, ys = torch.linspace(-1.5, 2.5, 9), torch.linspace(-1, 1.5, 6)
    p, found = finish(p_map(model, x, xs, ys))
    assert p.shape == (6, 9)
    for i, j in ((0, 0), (3, 2), (5, 8), (2, 5)):
        at = torch.tensor([[float(xs[j]), float(ys[i])]])
        log_p = float(finish(model.density.run(at, None, {})).value)
        likelier = int((found.value.numpy() <= log_p + 1e-9).sum())
        assert p[i, j] == pytest.approx((1 + likelier) / 301, abs=1 / 300)
    assert math.isclose(p[0, 0], 1 / 301)
    assert np.isfinite(p).all()
