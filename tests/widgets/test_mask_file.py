"""Masks as PNG: exact there and back, read by others, and a clear answer to what is none."""

import io

import numpy as np
import pytest
from PIL import Image

from widgets.mask_file import NotAMask, from_mime, from_png, to_mime, to_png

SHAPES = [(1, 1), (28, 28), (360, 640), (7, 9), (5, 33)]


def png(array, **more):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", **more)
    return file.getvalue()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_there_and_back(qapp, shape, share):
    mask = np.random.default_rng(0).random(shape) < share
    data = to_png(mask)
    reading = from_png(data)
    assert reading.exact
    assert np.array_equal(reading.mask, mask)
    other = Image.open(io.BytesIO(data))
    assert np.array_equal(np.asarray(other.convert("L")) > 127, mask)
    assert data[24] == 1  # bit depth in the header of the file


def test_grey_and_transparent_are_cut_and_said(qapp):
    reading = from_png(png(np.array([[0, 127, 128, 255]], np.uint8)))
    assert not reading.exact
    assert reading.mask.tolist() == [[False, False, True, True]]
    clear = np.full((1, 2, 4), 255, np.uint8)
    clear[0, 0, 3] = 0
    assert from_png(png(clear)).mask.tolist() == [[False, True]]


def test_eight_bit_masks_of_others_are_exact(qapp):
    mask = np.random.default_rng(1).random((28, 28)) < 0.5
    reading = from_png(png(np.where(mask, np.uint8(255), np.uint8(0))))
    assert reading.exact
    assert np.array_equal(reading.mask, mask)


def test_what_is_no_mask_is_refused(qapp):
    with pytest.raises(NotAMask, match="not a picture"):
        from_png(b"hello")
    with pytest.raises(NotAMask, match="at most"):
        from_png(png(np.zeros((1, 5000), np.uint8)))
    frames = [Image.new("L", (4, 4), 80 * i) for i in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(NotAMask, match="animated"):
        from_png(file.getvalue())


def test_the_clipboard_takes_only_masks_of_this_size(qapp):
    mask = np.random.default_rng(2).random((9, 13)) < 0.5
    assert np.array_equal(from_mime(to_mime(mask), (9, 13)), mask)
    assert from_mime(to_mime(mask), (13, 9)) is None
