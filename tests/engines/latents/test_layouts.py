"""Maps by a library in a process of its own; a stand-in takes the library's place."""

import numpy as np
import pytest

from engines import finish
from engines.latents import layouts

STAND_IN = """
class UMAP:
    def __init__(self, n_neighbors, random_state):
        self.shift = 100 * random_state + n_neighbors
    def fit_transform(self, scores):
        return scores[:, :2] + self.shift
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    def install(text):
        (tmp_path / "umap.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.syspath_prepend(tmp_path)

    return install


def test_scores_go_to_the_library_and_places_come_back(library):
    library(STAND_IN)
    scores = np.random.default_rng(1).normal(size=(40, 6))
    places = finish(layouts.umap(scores))
    assert places.dtype == np.float32
    np.testing.assert_allclose(places, scores[:, :2] + 15, rtol=1e-6)


def test_a_library_that_fails_is_told(library):
    library("raise ImportError")
    with pytest.raises(RuntimeError, match="the one by PCA stays"):
        finish(layouts.umap(np.zeros((40, 6))))


def test_closing_ends_the_process(library):
    library("import time; time.sleep(60)")
    run = layouts.umap(np.zeros((40, 6)))
    next(run)
    run.close()
