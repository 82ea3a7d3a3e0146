"""The geometry of a gallery: fits, scales, columns, and which tiles are in view."""

import pytest

from widgets.look.tiling import MARGIN, SMALLEST, Space, arrange

MNIST = (28, 28)


@pytest.mark.parametrize("count", [1, 2, 7, 9, 16, 25, 36, 64, 100])
@pytest.mark.parametrize("size", [(288, 660), (400, 560), (900, 560)])
@pytest.mark.parametrize("unit", [1.0, 1.5, 2.0])
def test_a_modest_set_fits_at_a_whole_scale(count, size, unit):
    space = Space(round(size[0] * unit), round(size[1] * unit), unit, bar=round(10 * unit))
    grid = arrange(count, MNIST, space)
    assert grid.width % 28 == 0
    assert grid.width >= SMALLEST * unit
    assert grid.bottom <= space.height
    assert grid.left >= MARGIN * unit - 1
    assert grid.left + grid.extent[0] <= space.width - MARGIN * unit + 1


def test_a_large_set_scrolls_with_comfortable_tiles():
    grid = arrange(10_000, MNIST, Space(300, 600, bar=10))
    assert grid.bottom > 600
    assert grid.width == 56
    assert grid.left + grid.extent[0] <= 300 - 10


def test_a_full_rectangle_is_preferred():
    grid = arrange(64, MNIST, Space(288, 660))
    assert (grid.columns, grid.rows) == (8, 8)


def test_a_hint_gives_each_class_its_column():
    assert arrange(100, MNIST, Space(400, 600), hint=10).columns == 10


def test_a_hint_too_wide_falls_back_to_a_divisor():
    assert arrange(100, MNIST, Space(200, 900), hint=10).columns == 5
    assert arrange(5000, MNIST, Space(240, 300, bar=10), hint=10).columns == 5


def test_large_pictures_are_reduced_by_whole_factors():
    grid = arrange(100, (128, 128), Space(400, 500))
    assert grid.width == 128 // 4
    assert grid.bottom <= 500


def test_pictures_of_any_shape_keep_it():
    grid = arrange(12, (20, 40), Space(500, 300))
    assert grid.width == 2 * grid.height


def test_captions_only_under_tiles_that_have_room():
    assert arrange(4, MNIST, Space(300, 300, caption=14)).caption == 14
    assert arrange(100, MNIST, Space(320, 400, caption=14)).caption == 0


def test_every_tile_is_found_at_its_own_place():
    grid = arrange(17, MNIST, Space(288, 660, caption=14))
    for i in range(17):
        x, y = grid.corner(i)
        assert grid.at(x, y) == i
        assert grid.at(x + grid.width - 1, y + grid.height - 1) == i
        assert grid.at(x - 1, y) is None
    assert grid.at(*grid.corner(17)) is None
    assert grid.at(-5, -5) is None


def test_only_rows_in_the_band_are_visible():
    grid = arrange(1000, MNIST, Space(300, 600, bar=10))
    down = grid.pitch[1]
    seen = grid.visible(10 * down, 12 * down)
    assert set(range(10 * grid.columns, 12 * grid.columns)) <= set(seen)
    assert len(seen) <= 3 * grid.columns
    assert grid.visible(0, 10**6) == range(1000)


@pytest.mark.parametrize(("start", "rows", "end"), [(0, 1, 5), (9, 1, 9), (6, -5, 1), (0, 99, 10)])
def test_below_stays_in_the_column(start, rows, end):
    grid = arrange(12, (30, 30), Space(174, 2000), hint=5)  # rows of 5, 5 and 2
    assert grid.columns == 5
    assert grid.below(start, rows) == end


def test_nothing_to_show_takes_no_room():
    grid = arrange(0, MNIST, Space(300, 300))
    assert grid.extent[1] == 0
    assert grid.visible(0, 300) == range(0)
    assert grid.at(10, 10) is None
