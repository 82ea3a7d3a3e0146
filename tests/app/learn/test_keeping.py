"""What has not learned yet is neither kept nor exported."""

import pytest

from app.learn.keeping import keeping, noting
from engines.checkpoints import own
from engines.data.own import Points
from tests.app.learn.test_studio import X, add, studio, work
from tests.own import home

__all__ = ["home", "studio"]


def test_a_learner_at_its_first_weights_is_refused(home, studio, tmp_path):
    add(studio, 1, "flow")
    work(studio)
    points, path = Points(X.numpy(), ("x", "y")), tmp_path / "flow.ipynb"
    for job, verb in (
        (keeping(studio, 1, points, "mine", tmp_path), "keep"),
        (noting(studio, 1, points, path), "export"),
    ):
        with pytest.raises(ValueError, match=f"nothing to {verb} yet: let it learn first"):
            list(job())
    assert not own.cards()
    assert not path.exists()
