"""Pixels cross between tensors and arrays without losing a level."""

import numpy as np
import pytest
import torch

from app.recipes.pictures import (
    CLASS_COLOURS,
    INK,
    scatter_sheet,
    sheet,
    square_columns,
    to_pixels,
    to_points,
    to_tensor,
)

LEVELS = torch.arange(256).view(1, 1, 16, 16)


def test_every_level_survives_the_round_trip():
    x = LEVELS / 127.5 - 1
    pixels = to_pixels(x)
    assert pixels.shape == (1, 16, 16, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert (pixels == LEVELS.numpy().reshape(1, 16, 16, 1)).all()
    assert torch.equal(to_tensor(pixels, 1), x)
    assert (to_pixels(to_tensor(pixels)) == pixels).all()


def test_colours_keep_their_order():
    x = torch.tensor([1.0, -1.0, 0.0]).view(1, 3, 1, 1)
    assert to_pixels(x).tolist() == [[[[255, 0, 128]]]]
    assert to_tensor(to_pixels(x)).shape == (1, 3, 1, 1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_taken(dtype):
    x = torch.tensor([-1.0, 1.0], dtype=dtype, requires_grad=True).view(2, 1, 1, 1)
    assert to_pixels(x)[:, 0, 0, 0].tolist() == [0, 255]


def test_values_out_of_range_are_clipped():
    x = torch.tensor([-7.0, 7.0, torch.inf, -torch.inf, torch.nan]).view(5, 1, 1, 1)
    assert to_pixels(x)[:, 0, 0, 0].tolist() == [0, 255, 255, 0, 0]


def test_other_numbers_of_channels_are_shown_as_far_as_they_go():
    x = torch.linspace(-1, 1, 8).view(1, 4, 2, 1)
    assert (to_pixels(x) == to_pixels(x[:, :3])).all()
    assert (to_pixels(x[:, :2]) == to_pixels(x[:, :1])).all()


@pytest.mark.parametrize("shape", [(3, 4), (2, 0, 4, 4), (1, 4, 4)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="pictures must be"):
        to_pixels(torch.zeros(shape))


def test_a_coloured_picture_is_not_taken_for_grey():
    with pytest.raises(ValueError, match="in colour"):
        to_tensor(np.array([[[[1, 2, 3]]]], np.uint8), 1)


def test_points_become_float32():
    points = to_points(torch.tensor([[1.0, 2.0]], dtype=torch.float64))
    assert points.dtype == np.float32
    assert points.tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="points must be"):
        to_points(torch.zeros(2))


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4)])
def test_a_sheet_is_nearly_square(count, columns):
    assert square_columns(count) == columns


def test_a_sheet_holds_every_picture_in_reading_order():
    pictures = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1) * np.ones((2, 3, 3), np.uint8)
    whole = sheet(pictures, 3, gap=1, background=(9, 8, 7))
    assert whole.shape == (2 * 2 + 1, 3 * 3 + 2, 3)
    assert whole.flags.c_contiguous
    for i, picture in enumerate(pictures):
        top, left = i // 3 * 3, i % 3 * 4
        assert (whole[top : top + 2, left : left + 3] == picture).all()
    assert (whole[2] == (9, 8, 7)).all()  # the gap
    assert (whole[3:, 8:] == (9, 8, 7)).all()  # the place of a sixth


def test_a_sheet_of_one_is_the_picture():
    picture = np.full((1, 4, 4, 3), 5, np.uint8)
    assert (sheet(picture, 8) == picture[0]).all()
    with pytest.raises(ValueError, match="at least one"):
        sheet(picture[:0])


def test_a_scatter_keeps_one_scale_and_points_upwards():
    points = np.array([[0, 0], [2, 0], [0, 1]], np.float32)
    drawn = scatter_sheet(points, [0, 1, 10], size=100)
    middles = []
    for colour in (CLASS_COLOURS[0], CLASS_COLOURS[1], CLASS_COLOURS[2]):
        rows, columns = np.nonzero((drawn == colour).all(2))
        middles.append((rows.mean(), columns.mean()))
    (y0, x0), (y1, x1), (y2, x2) = middles
    assert x1 - x0 == pytest.approx(90, abs=1)
    assert y0 - y2 == pytest.approx(45, abs=1)
    assert (y0, x0) == pytest.approx((y1, x2), abs=1)


def test_a_scatter_leaves_out_what_is_not_finite():
    points = np.array([[0, 0], [np.nan, 1], [np.inf, 0]], np.float32)
    drawn = scatter_sheet(points, size=64)
    assert (drawn[32, 32] == INK).all()
    assert (scatter_sheet(points[1:], size=64) == 255).all()
    with pytest.raises(ValueError, match=r"\(n, 2\)"):
        scatter_sheet(np.zeros((3, 4), np.float32))
