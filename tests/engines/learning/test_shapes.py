"""Ready points: as many as asked, finite, with classes that have names, and the same each time."""

import pytest
import torch

from engines.learning.learner import learner
from engines.learning.shapes import SHAPES, points_of


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_can_be_learned(name):
    x, labels, classes = points_of(name, 300, 0)
    assert x.shape == (300, 2)
    assert x.dtype == torch.float32
    assert x.isfinite().all()
    assert set(labels.tolist()) == set(range(len(classes)))
    assert torch.equal(x, points_of(name, 300, 0)[0])
    assert not torch.equal(x, points_of(name, 300, 1)[0])
    several = len(classes) > 1
    made = learner("mfa", x, labels if several else None, classes=classes if several else ())
    assert next(made.moments()).losses
