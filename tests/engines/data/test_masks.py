"""Masks of others: by content, cut in half, by alpha, refused where nothing is marked."""

import io

import numpy as np
import pytest
from PIL import Image

from engines.data import masks
from engines.data.fitting import Fit, Foreign, fitted
from engines.data.masks import Photo, Reading

HOLE = np.zeros((28, 28), bool)
HOLE[5:20, 8:24] = True


def saved(array, kind="PNG", **more):
    with io.BytesIO() as file:
        Image.fromarray(array).save(file, kind, **more)
        return file.getvalue()


def grey(mask, white=255):
    return np.where(mask, np.uint8(white), np.uint8(0))


def layer(ink, mask=HOLE, alpha=255):
    """Strokes of one colour (R, G, B) on a transparent layer."""
    pixels = np.zeros((*mask.shape, 4), np.uint8)
    pixels[mask] = (*ink, alpha)
    return saved(pixels)


def test_black_and_white_of_every_mode_is_exact():
    image = Image.fromarray(grey(HOLE))
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA"):
        with io.BytesIO() as file:
            image.convert(mode, dither=Image.Dither.NONE).save(file, "PNG")
            reading = masks.read(file.getvalue(), "m.png")
        assert (reading.mask == HOLE).all(), mode
        assert (reading.exact, reading.notes) == (True, ()), mode
    deep = masks.read(saved(np.where(HOLE, np.uint16(0xFFFF), np.uint16(0))), "m.png")
    assert (deep.mask == HOLE).all()
    assert deep.exact


def test_grey_is_cut_and_said():
    reading = masks.read(saved(np.array([[0, 127, 128, 255]], np.uint8)), "m.png")
    assert reading.mask.tolist() == [[False, False, True, True]]
    assert not reading.exact
    assert reading.notes == ("m.png has more than black and white: it was cut at half.",)


@pytest.mark.parametrize("ink", [(255, 255, 255), (0, 0, 0), (200, 30, 40)])
def test_a_transparent_layer_is_a_mask_by_its_alpha(ink):
    reading = masks.read(layer(ink), "m.png")
    assert (reading.mask == HOLE).all()
    assert reading.exact
    assert "its opaque part is unknown" in reading.notes[0]


def test_black_and_white_with_some_of_it_transparent_is_a_mask_by_its_levels():
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0] = [(255, 255, 255, 255), (0, 0, 0, 255), (255, 255, 255, 0)]
    reading = masks.read(saved(pixels), "m.png")
    assert (reading.mask.tolist(), reading.notes) == ([[True, False, False]], ())


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (saved(grey(HOLE, white=1)), "its largest value is 1 of 255"),
        (saved(grey(HOLE & False)), "its largest value is 0 of 255"),
        (saved(np.where(HOLE, np.uint16(9), np.uint16(0))), "its largest value is 9 of 65,535"),
        (saved(np.zeros((4, 4, 4), np.uint8)), "transparent everywhere"),
        (saved(np.zeros((1, 7000), np.uint8)), "7000 × 1 pixels"),
        (saved(grey(HOLE))[:-40], "is damaged"),
        (saved(grey(HOLE))[:20], "is damaged"),
        (b"nonsense", "m.png is no picture"),
        (b"", "m.png is no picture"),
    ],
    ids=["0 and 1", "black", "deep", "clear", "huge", "cut", "cut in its header", "words", "none"],
)
def test_what_marks_nothing_or_is_no_mask_is_refused(raw, said):
    with pytest.raises(ValueError, match=said) as raised:
        masks.read(raw, "m.png")
    assert str(raised.value).startswith("m.png ")


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP", "JPEG", "WEBP"])
def test_other_pictures_are_named_whatever_their_file_is_called(kind):
    with pytest.raises(ValueError, match=r"m\.png is a \w+; a mask is a PNG") as raised:
        masks.read(saved(grey(HOLE), kind), "m.png")
    assert kind.casefold() in str(raised.value).casefold()


def test_an_animation_is_refused():
    first, second = (Image.new("L", (4, 4), level) for level in (0, 255))
    with io.BytesIO() as file:
        first.save(file, "PNG", save_all=True, append_images=[second])
        with pytest.raises(ValueError, match="animated"):
            masks.read(file.getvalue(), "m.png")


@pytest.mark.parametrize("how", list(Fit))
@pytest.mark.parametrize("size", [(300, 400), (1500, 900), (57, 28)])
def test_a_mask_of_the_photos_own_size_is_fitted_with_it(how, size):
    """The kind: what was painted over a patch of the photo hides that patch in the model's size."""
    patch = np.zeros(size, bool)
    patch[size[0] // 4 : size[0] // 2, size[1] // 3 : 2 * size[1] // 3] = True
    photo = Foreign(np.repeat(grey(patch)[..., None], 3, axis=2), "x.png", size)
    seen = fitted(photo.pixels, (1, 28, 28), how)[..., 0].astype(int)
    found = masks.sized(
        masks.read(saved(grey(patch)), "m.png"), "m.png", (28, 28), Photo(size, how)
    )
    sure = (seen < 25) | (seen > 230)
    assert sure.mean() > 0.7
    assert (found.mask == (seen > 127))[sure].all()
    assert found.exact
    assert found.notes == ("m.png has the size of the photo: it was fitted with it.",)


def test_other_sizes_and_what_is_lost_are_refused():
    reading = Reading(np.ones((9, 9), bool))
    with pytest.raises(ValueError, match=r"m.png has 9 × 9 pixels; .* has 28 × 28\.$"):
        masks.sized(reading, "m.png", (28, 28))
    with pytest.raises(ValueError, match=r"28 × 28 or as its file 40 × 30\.$"):
        masks.sized(reading, "m.png", (28, 28), Photo((30, 40)))
    thin = np.zeros((280, 280), bool)
    thin[100, 100:110] = True
    with pytest.raises(ValueError, match="less than half of every pixel"):
        masks.sized(Reading(thin), "m.png", (28, 28), Photo((280, 280)))
