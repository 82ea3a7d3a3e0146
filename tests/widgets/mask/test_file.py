"""Masks as PNG and on the clipboard: exact, and read by others."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from widgets.mask.file import from_mime, to_mime, to_png

SHAPES = [(1, 1), (28, 28), (360, 640), (7, 9), (5, 33)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_png_of_one_bit_a_pixel_is_this_mask(qapp, shape, share):
    mask = np.random.default_rng(0).random(shape) < share
    data = to_png(mask)
    with Image.open(io.BytesIO(data)) as other:
        assert np.array_equal(np.asarray(other.convert("L")) > 127, mask)
    assert data[24] == 1  # bit depth in the header of the file


def test_the_clipboard_takes_only_masks_of_this_size(qapp):
    mask = np.random.default_rng(2).random((9, 13)) < 0.5
    assert np.array_equal(from_mime(to_mime(mask), (9, 13)), mask)
    assert from_mime(to_mime(mask), (13, 9)) is None


def test_nothing_reads_from_a_buffer_that_may_be_freed_before_it():
    """The kind: readers and writers of Qt keep no hold on the buffer they were given, nor does a
    buffer on its bytes; Python frees the locals of a function in no order one can rely on."""
    wrong = re.compile(r"QImageReader\(|QImageWriter\(|QBuffer\([^)]|QMovie\(|QDataStream\(")
    root = Path(__file__).parents[3]
    files = [path for folder in ("app", "widgets") for path in (root / folder).rglob("*.py")]
    assert len(files) > 100
    assert [path.name for path in files if wrong.search(path.read_text("utf-8"))] == []
