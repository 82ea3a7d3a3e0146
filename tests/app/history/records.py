"""Results and records for tests of the history, made without a network."""

import numpy as np

from app.history.record import packed
from app.history.store import Record
from app.recipes.recipe import recipe_of
from app.recipes.result import Result
from engines.model import SampleRequest


def record(number=0, *, size=100, **more):
    """A record that differs by its number; its arrays are about `size` bytes."""
    values = np.random.default_rng(number).integers(0, 256, size, np.uint8)
    found = {
        "key": f"key {number}",
        "task": "sample",
        "model": "mnist/kde",
        "data": "mnist",
        "title": f"{number} pictures",
        "detail": f"KDE · MNIST digits · seed {number}",
        "words": f"Sampling mnist/kde {number} pictures seed {number}",
        "recipe": "{}",
        "thumbnail": b"",
        "arrays": packed(values),
        "made": 1000.0 + number,
        **more,
    }
    return Record(**found)


def result(card, count=4, seed=7, *, queued=True, level=None):
    """Samples of a model of pictures, each of one level of grey."""
    shape = (count, *card.shape[1:], 3)
    values = np.full(shape, seed % 256 if level is None else level, np.uint8)
    request = SampleRequest(count, seed)
    return Result("sample", card, lambda: recipe_of(card, None, request), values, queued)
