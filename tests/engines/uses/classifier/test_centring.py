"""Ink becomes a digit as MNIST has them, wherever and however large it was drawn."""

import numpy as np
import pytest

from engines.data.examples import pictures
from engines.uses.classifier.centring import centred


def stroke(top, left, size, thick):
    ink = np.zeros((280, 280), np.uint8)
    ink[top : top + size, left : left + thick] = 255
    ink[top : top + thick, left : left + size // 2] = 255
    return ink


def test_place_and_size_do_not_matter():
    first = centred(stroke(20, 20, 200, 20))
    for moved in (stroke(70, 90, 200, 20), stroke(5, 100, 100, 10)):
        assert np.abs(centred(moved).astype(int) - first).max() < 60
    rows, columns = (np.flatnonzero(first.any(axis)) for axis in (1, 0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    for axis in (0, 1):
        mass = first.astype(float).sum(1 - axis)
        assert abs((mass * np.arange(28)).sum() / mass.sum() - 14) <= 0.5


def test_no_ink_is_a_black_picture():
    assert not centred(np.zeros((280, 280), np.uint8)).any()


@pytest.mark.parametrize("place", [(0, 0), (279, 279), (100, 3)])
def test_one_dot_is_a_blot_inside(place):
    ink = np.zeros((280, 280), np.uint8)
    ink[place] = 255
    found = centred(ink)
    assert found.shape == (28, 28)
    assert found.sum() == 255 * 20 * 20


def test_digits_of_mnist_stay_nearly_as_they_are():
    levels = pictures("mnist").levels[:30, :, :, 0]
    same = [np.corrcoef(centred(x).ravel(), x.ravel())[0, 1] for x in levels]
    assert min(same) > 0.999
