"""The held-out pictures that come with the program."""

import numpy as np
import pytest

from engines.data import examples


def test_mnist_has_ten_pictures_of_every_class_in_turn():
    found = examples.pictures("mnist")
    assert found.levels.shape == (100, 28, 28, 3)
    assert found.levels.dtype == np.uint8
    assert found.classes == tuple("0123456789")
    assert found.labels == tuple(range(10)) * 10
    assert len(set(found.indices)) == 100
    assert max(found.indices) < 10_000


def test_every_cell_holds_one_whole_digit():
    levels = examples.pictures("mnist").levels[..., 0]
    border = np.concatenate([levels[:, 0], levels[:, -1], levels[:, :, 0], levels[:, :, -1]], 1)
    assert (border > 50).mean() < 0.005, "digits lie across the edges of their cells"
    assert (levels.reshape(100, -1).max(1) > 200).all()


def test_cities_are_read_without_their_heading():
    x = examples.points("cities", 50)
    assert x.shape == (50, 2)
    assert x[0].tolist() == pytest.approx([77.533, 23.082])
    assert x[:, 0].abs().max() <= 180
    assert x[:, 1].abs().max() <= 90
    assert examples.points("cities", 10**9).shape[0] == 4_000
