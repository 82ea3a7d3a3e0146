"""Zoom, pan and fit as arithmetic."""

import math

import numpy as np
import pytest

from widgets.mask.placement import LARGEST, Placement

SHAPES = [(1, 1), (28, 28), (360, 640), (2048, 2048)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("view", [(400, 300), (301, 777), (1, 1)])
def test_fit_shows_all_of_it_in_the_middle(shape, view):
    at = Placement(shape, view).fitted()
    width, height = at.size()
    assert width <= view[0] + (at.scale < 1)
    assert height <= view[1] + (at.scale < 1)
    assert abs(2 * at.left + width - view[0]) <= 1
    assert abs(2 * at.top + height - view[1]) <= 1
    if at.scale >= 1:
        assert at.scale == int(at.scale)


@pytest.mark.parametrize("shape", SHAPES)
def test_zoom_keeps_the_pixel_under_the_pointer(shape):
    draw = np.random.default_rng(0)
    for _ in range(60):
        at = Placement(shape, (640, 480)).fitted()
        width, height = at.size()
        x = at.left + int(draw.integers(0, width))
        y = at.top + int(draw.integers(0, height))
        for _ in range(8):
            before = at.to_picture(x, y)
            at = at.zoomed(at.next_scale(int(draw.integers(-2, 4))), x, y)
            after = at.to_picture(x, y)
            if at.scale >= 1:
                assert [*map(math.floor, after)] == [math.floor(c + 1e-9) for c in before]
            else:
                assert after == pytest.approx(before, abs=1 / at.scale)


def test_scales_climb_and_fall_within_bounds():
    at, seen = Placement((28, 28), (280, 280)), [0.0]
    for _ in range(40):
        at = at.zoomed(at.next_scale(1), 0, 0)
        seen.append(at.scale)
    assert sorted(seen) == seen
    assert seen[-1] == LARGEST
    for _ in range(60):
        at = at.zoomed(at.next_scale(-1), 0, 0)
    assert at.scale == 1


def test_the_picture_cannot_be_lost():
    at = Placement((28, 28), (400, 300)).fitted().panned(10_000, -10_000)
    assert at.left < 400
    assert at.top + at.size()[1] > 0
