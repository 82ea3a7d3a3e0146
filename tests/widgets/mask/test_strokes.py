"""Which pixels a shape covers, against brute force in whole numbers and fractions."""

from fractions import Fraction

import numpy as np
import pytest

from widgets.mask.strokes import (
    NOWHERE,
    Box,
    capsule,
    changed_box,
    footprint,
    grown,
    polygon,
    rectangle,
    region,
    shrunk,
    snapped,
)

SHAPES = [(1, 1), (28, 28), (17, 40)]


def near_segment(a, b, diameter, shape):
    """Pixels within diameter/2 of ab, in whole numbers: coordinates are multiples of ½."""
    (ax, ay), (bx, by) = ([round(2 * c) for c in point] for point in (a, b))
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    px, py = 2 * columns + 1 - ax, 2 * rows + 1 - ay
    dx, dy = bx - ax, by - ay
    square, along = dx * dx + dy * dy, px * dx + py * dy
    beside = (along > 0) & (along < square)
    at_a, at_b = px**2 + py**2, (px - dx) ** 2 + (py - dy) ** 2
    return np.where(
        beside,
        (px * dy - py * dx) ** 2 <= diameter**2 * square,
        np.minimum(at_a, at_b) <= diameter**2,
    )


def on_picture(found, shape):
    box, part = found
    out = np.zeros(shape, bool)
    out[box.slices()] = part
    return out


@pytest.mark.parametrize("shape", SHAPES)
def test_a_capsule_is_what_is_near_the_segment(shape):
    draw = np.random.default_rng(0)
    for _ in range(300):
        diameter = int(draw.integers(1, 12))
        a, b = (snapped(tuple(draw.uniform(-6, 46, 2)), diameter) for _ in range(2))
        drawn = on_picture(capsule(a, b, diameter, shape), shape)
        assert np.array_equal(drawn, near_segment(a, b, diameter, shape)), (a, b, diameter)


def test_ties_are_inside():
    # 3-4-5: the boundary of the band and of the ends runs through many centres
    for a, b in (((4.5, 4.5), (16.5, 13.5)), ((4.0, 13.0), (13.0, 1.0)), ((3.5, 3.5), (3.5, 9.5))):
        for diameter in range(1, 12):
            drawn = on_picture(capsule(a, b, diameter, (20, 24)), (20, 24))
            assert np.array_equal(drawn, near_segment(a, b, diameter, (20, 24)))


def test_small_brushes_are_what_a_person_expects():
    def dab(diameter):
        at = snapped((5.3, 5.3), diameter)
        return on_picture(capsule(at, at, diameter, (12, 12)), (12, 12))

    assert np.argwhere(dab(1)).tolist() == [[5, 5]]
    assert dab(2)[4:6, 4:6].all()
    assert [int(dab(d).sum()) for d in (1, 2, 3, 4)] == [1, 4, 9, 12]


def test_the_ring_goes_around_the_footprint():
    for diameter in (1, 2, 3, 4, 7, 10):
        points = footprint(diameter)
        shape = (diameter + 4, diameter + 4)
        centre = snapped((diameter / 2 + 1, diameter / 2 + 1), diameter)
        path = [(x + centre[0], y + centre[1]) for x, y in points]
        dab = on_picture(capsule(centre, centre, diameter, shape), shape)
        assert np.array_equal(on_picture(polygon(path, shape), shape), dab)


def wound(points, shape):
    """The winding number of every centre, in fractions."""
    out = np.zeros(shape, int)
    path = [(Fraction(x), Fraction(y)) for x, y in points]
    for i, j in np.ndindex(shape):
        x, y = Fraction(2 * j + 1, 2), Fraction(2 * i + 1, 2)
        for (x1, y1), (x2, y2) in zip(path, path[1:] + path[:1], strict=True):
            if min(y1, y2) <= y < max(y1, y2) and x1 + (y - y1) * (x2 - x1) / (y2 - y1) <= x:
                out[i, j] += 1 if y2 > y1 else -1
    return out != 0


def test_a_polygon_is_what_it_winds_around():
    draw = np.random.default_rng(1)
    for trial in range(16):
        points = draw.uniform(-4, 16, (int(draw.integers(1, 9)), 2))
        if trial % 2:
            points = np.round(2 * points) / 2  # edges through centres
        points = [tuple(point) for point in points.tolist()]
        drawn = on_picture(polygon(points, (9, 12)), (9, 12))
        assert np.array_equal(drawn, wound(points, (9, 12))), points


def test_neighbouring_polygons_neither_overlap_nor_gap():
    middle = [(5.5, -1.0), (7.5, 4.5), (3.5, 12.0)]
    left = [(-1.0, -1.0), *middle, (-1.0, 12.0)]
    right = [(15.0, -1.0), *middle, (15.0, 12.0)]
    one, two = (on_picture(polygon(path, (9, 12)), (9, 12)) for path in (left, right))
    assert (one ^ two).all()


def test_a_rectangle_holds_both_corner_pixels():
    assert rectangle((5.9, 2.1), (3.0, 4.0), (10, 10)) == Box(2, 3, 5, 6)
    assert rectangle((-5, -5), (50, 50), (7, 9)) == Box(0, 0, 7, 9)
    assert rectangle((-5, -5), (-2, -2), (7, 9)).empty()


def flooded(mask, row, column):
    """A flood pixel by pixel."""
    out, todo = np.zeros_like(mask), [(row, column)]
    while todo:
        i, j = todo.pop()
        there = 0 <= i < mask.shape[0] and 0 <= j < mask.shape[1]
        if there and not out[i, j] and mask[i, j] == mask[row, column]:
            out[i, j] = True
            todo += [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
    return out


@pytest.mark.parametrize("share", [0.0, 0.3, 0.41, 0.5, 1.0])
def test_a_bucket_fills_what_is_connected(share):
    draw = np.random.default_rng(2)
    for shape in ((1, 1), (1, 9), (9, 1), (23, 31)):
        mask = draw.random(shape) < share
        for _ in range(8):
            row, column = (int(draw.integers(0, n)) for n in shape)
            assert np.array_equal(region(mask, row, column), flooded(mask, row, column))


def test_a_snake_is_one_region():
    mask = np.zeros((41, 41), bool)
    mask[1::2] = True
    mask[1::4, -1] = mask[3::4, 0] = False
    assert np.array_equal(region(mask, 0, 0), ~mask)


@pytest.mark.parametrize("shape", [*SHAPES, (1, 7)])
def test_growing_and_shrinking_are_one_pixel(shape):
    mask = np.random.default_rng(3).random(shape) < 0.4
    more, less = grown(mask), shrunk(mask)
    for i, j in np.ndindex(shape):
        cross = [(i, j), (i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
        near = [mask[p] for p in cross if 0 <= p[0] < shape[0] and 0 <= p[1] < shape[1]]
        assert more[i, j] == any(near)
        assert less[i, j] == all(near)


def test_boxes():
    assert changed_box(np.zeros((3, 3), bool)) == NOWHERE
    mask = np.zeros((9, 9), bool)
    mask[2, 3] = mask[5, 7] = True
    assert changed_box(mask) == Box(2, 3, 6, 8)
    assert NOWHERE.united(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4) == Box(1, 2, 3, 4).united(NOWHERE)
    assert Box(1, 2, 3, 4).united(Box(0, 3, 2, 9)) == Box(0, 2, 3, 9)
