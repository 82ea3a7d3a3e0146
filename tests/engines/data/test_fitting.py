"""Foreign pictures: read with suspicion, brought to a model's size and colours."""

import io

import numpy as np
import pytest
from PIL import Image

from engines.data import fitting
from engines.data.fitting import Fit, bright_ground, centred, fits, fitted, read


def encoded(image, kind="PNG", **more):
    with io.BytesIO() as file:
        image.save(file, kind, **more)
        return file.getvalue()


def test_transparency_is_black_and_photographs_stand_upright():
    clear = Image.new("RGBA", (4, 3), (255, 255, 255, 0))
    assert (read(encoded(clear), "a").pixels == 0).all()
    turned = Image.new("L", (4, 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter
    assert read(encoded(turned, "JPEG", exif=exif), "b").pixels.shape == (4, 3, 3)


def test_sixteen_bits_and_palettes_are_read():
    for mode in ("1", "P", "I;16", "LA", "CMYK"):
        kind = "TIFF" if mode == "CMYK" else "PNG"
        assert read(encoded(Image.new(mode, (4, 3)), kind), mode).pixels.shape == (3, 4, 3)


def test_a_large_picture_is_kept_small():
    pixels = read(encoded(Image.new("L", (3000, 1500))), "big").pixels
    assert pixels.shape == (512, 1024, 3)


def test_a_file_that_is_too_large_is_not_opened(monkeypatch):
    monkeypatch.setattr(fitting, "MAX_FILE", 10)
    with pytest.raises(ValueError, match=r"^x\.png is larger than"):
        read(b"0" * 11, "x.png")


def test_what_fits_is_left_alone():
    grey = np.repeat(np.arange(12, dtype=np.uint8).reshape(3, 4, 1), 3, axis=2)
    assert fits(grey, (1, 3, 4))
    assert fitted(grey, (1, 3, 4)) is grey
    colours = grey.copy()
    colours[..., 0] = 200
    assert fits(colours, (3, 3, 4))
    assert not fits(colours, (1, 3, 4))
    assert not fits(grey, (1, 4, 3))


@pytest.mark.parametrize("how", list(Fit))
def test_every_way_gives_the_model_its_size_in_grey(how):
    page = np.zeros((40, 80, 3), np.uint8)
    page[:, 40:] = (250, 10, 10)
    seen = fitted(page, (1, 28, 20), how)
    assert seen.shape == (28, 20, 3)
    assert seen.dtype == np.uint8
    assert (seen == seen[..., :1]).all()
    assert (fitted(page, (3, 28, 20), how) != fitted(page, (3, 28, 20), how)[..., :1]).any()


def test_padding_shows_all_and_cropping_the_middle():
    page = np.zeros((10, 30, 3), np.uint8)
    page[:, :10] = 255
    assert fitted(page, (1, 10, 10), Fit.CROP).max() < 30
    padded = fitted(page, (1, 30, 30), Fit.PAD)
    assert padded[15, :8].min() > 200
    assert padded[:9].max() == 0


@pytest.mark.parametrize("invert", [False, True])
def test_a_digit_is_centred_as_those_of_mnist_are(invert):
    page = np.full((400, 300, 3), 20, np.uint8)
    page[250:350, 30:50] = 230  # a tall bar in a corner
    seen = centred(255 - page if invert else page, invert=invert)
    assert seen.shape == (28, 28, 3)
    rows, columns = np.nonzero(seen[..., 0] > 100)
    assert (rows.min(), rows.max()) == (4, 23)
    assert 3 <= columns.max() - columns.min() + 1 <= 5
    mass = seen[..., 0].astype(float)
    middle = (mass.sum(0) @ (np.arange(28) + 0.5)) / mass.sum()
    assert middle == pytest.approx(14, abs=0.6)
    assert not centred(np.full((30, 40, 3), 7, np.uint8)).any()


def test_ink_on_paper_is_told_from_light_on_black():
    paper = np.full((9, 9, 3), 255, np.uint8)
    paper[3:6, 3:6] = 0
    assert bright_ground(paper)
    assert not bright_ground(255 - paper)
    assert (fitted(paper, (1, 9, 9), invert=True) == 255 - paper).all()
