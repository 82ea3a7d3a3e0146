"""Whatever the mode of a picture file, its levels come out right, or it is refused in words."""

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from engines.data.decoding import FORMATS
from engines.data.fitting import read

GREYS = (0, 85, 170, 255)
COLOURS = ((0, 0, 0), (250, 10, 20), (255, 255, 255), (20, 120, 220))
MODES = (
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "I;16",
    "I;16B",
    "I;16L",
    "F",
)
LOSSY = {"JPEG", "MPO", "WEBP"}


def blocks(values, dtype=np.uint8):
    """Four flat squares of 16 pixels side by side: what compression and few colours leave alone."""
    return np.repeat(np.repeat(np.array([values], dtype), 16, axis=0), 16, axis=1)


def colours(pixels):
    """The middle of each square of `blocks`."""
    return pixels[8, 8::16].astype(int)


def made(mode):
    """A picture of a mode, and the colours that its squares stand for."""
    coloured = Image.fromarray(blocks(COLOURS))
    if mode == "1":
        black_white = Image.fromarray(blocks((0, 255, 0, 255))).convert("1")
        return black_white, [(level,) * 3 for level in (0, 255, 0, 255)]
    if mode in ("L", "LA", "La", "I", "F"):
        grey = Image.fromarray(blocks(GREYS))
        grey = grey.convert("LA") if mode == "La" else grey
        return grey.convert(mode), [(level,) * 3 for level in GREYS]
    if mode.startswith("I;16"):
        wide = blocks(GREYS, ">u2" if mode == "I;16B" else "<u2")
        image = Image.frombytes(mode, wide.shape[::-1], wide.tobytes())
        return image, [(level,) * 3 for level in GREYS]
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(coloured, srgb, lab, outputMode="LAB"), COLOURS
    if mode in ("P", "PA"):
        indexed = coloured.quantize(4)
        return (indexed.convert("PA") if mode == "PA" else indexed), COLOURS
    return (coloured.convert("RGBA") if mode == "RGBa" else coloured).convert(mode), COLOURS


def encoded(image, kind, **more):
    with io.BytesIO() as file:
        image.save(file, kind, **more)
        return file.getvalue()


def written():
    """Every mode in every format that Pillow writes it in, of those that are read."""
    found = []
    for kind, mode in itertools.product(FORMATS, MODES):
        image, expected = made(mode)
        try:
            found.append((kind, mode, encoded(image, kind), expected))
        except (OSError, KeyError, ValueError):
            continue
    return found


WRITTEN = written()


def test_every_format_and_every_mode_that_is_stored_is_asked():
    assert {kind for kind, *_ in WRITTEN} == set(FORMATS)
    assert {mode for _, mode, *_ in WRITTEN} >= set(MODES) - {"La", "HSV"}
    assert len(WRITTEN) > 70


@pytest.mark.parametrize(
    ("kind", "mode", "raw", "expected"), WRITTEN, ids=[f"{k}-{m}" for k, m, *_ in WRITTEN]
)
def test_levels_are_those_that_were_written(kind, mode, raw, expected):
    found = colours(read(raw, "x").pixels)
    # eight bits of brightness and colour differences hold no colour of the screen exactly
    apart = {"YCbCr": 3, "LAB": 6}.get(mode, 0)
    if kind in LOSSY or kind == "GIF":  # whose palette Pillow makes of colours near the squares'
        apart = 12
    assert np.abs(found - np.array(expected)).max() <= apart


@pytest.mark.parametrize(
    ("top", "white", "said"),
    [
        (1, 1, "1 of 1 bits"),
        (3, 3, "3 of 2 bits"),
        (15, 15, "15 of 4 bits"),
        (200, 255, "255 of 8"),
        (1000, 1023, "1,023 of 10 bits"),
        (4095, 4095, "4,095 of 12 bits"),
        (9000, 16383, "16,383 of 14 bits"),
        (40000, 65535, ""),
        (65535, 65535, ""),
    ],
)
def test_grey_of_few_used_bits_is_stretched_with_a_word(top, white, said):
    values = np.array([[0, top // 2, top]], np.uint16)
    for raw in (
        encoded(Image.fromarray(values), "PNG"),
        encoded(Image.fromarray(values), "TIFF"),
        encoded(Image.fromarray(values.astype(np.int32)), "TIFF"),
    ):
        found = read(raw, "scan.png")
        expected = np.floor(values / white * 255 + 0.5)
        assert np.abs(found.pixels[..., 1] - expected).max() <= 1
        assert found.pixels.max() == round(top / white * 255)
        assert bool(found.notes) == bool(said)
        assert all(note.startswith("scan.png has") and said in note for note in found.notes)


def test_black_of_sixteen_bits_needs_no_word():
    found = read(encoded(Image.fromarray(np.zeros((2, 2), np.uint16)), "PNG"), "x")
    assert (found.pixels.max(), found.notes) == (0, ())


@pytest.mark.parametrize(
    ("values", "levels", "said"),
    [
        ((0, 0.25, 1), (0, 64, 255), ""),
        ((0, 0.001, 0.5), (0, 0, 128), ""),
        ((0, 100.4, 255), (0, 100, 255), "255 is taken as white"),
    ],
)
def test_real_numbers_from_nought_to_one_are_levels(values, levels, said):
    raw = encoded(Image.fromarray(np.array([values], np.float32)), "TIFF")
    found = read(raw, "x.tif")
    assert found.pixels[0, :, 0].tolist() == list(levels)
    assert said in "".join(found.notes)
    assert bool(found.notes) == bool(said)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([[-1, 1]], np.float32), "from -1 to 1"),
        (np.array([[0, 9]], np.float32), "to 9"),
        (np.array([[0, 1e6]], np.float32), "white cannot be known"),
        (np.array([[0, np.nan]], np.float32), "not finite"),
        (np.array([[0, np.inf]], np.float32), "not finite"),
        (np.array([[-5, 9]], np.int32), "from -5 to 9"),
        (np.array([[0, 70000]], np.int32), "to 70,000"),
    ],
)
def test_numbers_whose_white_cannot_be_known_are_refused(array, said):
    with pytest.raises(ValueError, match="save it with 8") as caught:
        read(encoded(Image.fromarray(array), "TIFF"), "x.tif")
    assert said in str(caught.value)


def deep_png(values):
    """A PNG of sixteen bits a colour, RGB (H, W, 3), which Pillow does not write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + b"".join(
        chunk(*each) for each in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def test_sixteen_bits_a_colour_are_read_or_refused():
    values = np.full((2, 3, 3), 0x8000, np.uint16)
    values[0, 0] = (0xFFFF, 0, 0x4000)
    found = read(deep_png(values), "x").pixels
    assert np.abs(found - values / 257).max() <= 1
    with pytest.raises(ValueError, match=r"^x uses few of its 16 bits a colour"):
        read(deep_png(values >> 4), "x")


def test_lab_is_that_of_the_standard():
    # CIE L*a*b* under D50 of sRGB's red, green and blue (Lindbloom's tables)
    lab = ((54.29, 80.80, 69.89), (87.82, -79.27, 80.99), (29.57, 68.30, -112.03), (100, 0, 0))
    stored = [(round(L * 2.55), round(a) & 255, round(b) & 255) for L, a, b in lab]
    image = Image.frombytes("LAB", (64, 16), blocks(stored).tobytes())
    found = colours(read(encoded(image, "TIFF"), "x").pixels)
    wanted = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    # half a step of a* or b* is 22 levels of a colour that is nearly absent: compared as light
    assert np.abs((found / 255) ** 2.2 - (np.array(wanted) / 255) ** 2.2).max() < 0.04


def test_a_camera_s_second_picture_is_passed_over_which_is_said():
    front, behind = Image.new("RGB", (24, 16), (200, 30, 90)), Image.new("RGB", (6, 4))
    found = read(encoded(front, "MPO", save_all=True, append_images=[behind]), "dsc.jpg")
    assert found.pixels.shape == (16, 24, 3)
    assert np.abs(found.pixels - np.array((200.0, 30, 90))).max() <= 6
    assert found.notes == ("dsc.jpg has further pictures behind the first; that one is taken.",)


def test_what_is_transparent_becomes_black_which_is_said():
    for mode, clear in (("RGBA", (200, 100, 50, 0)), ("LA", (200, 0))):
        found = read(encoded(Image.new(mode, (4, 3), clear), "PNG"), "x")
        assert found.pixels.max() == 0
        assert found.notes == ("x has transparent parts, which become black.",)
    half = read(encoded(Image.new("RGBA", (4, 3), (200, 100, 50, 128)), "PNG"), "x")
    assert np.abs(half.pixels - np.array((100, 50, 25))).max() <= 1
    assert half.notes
    palette = Image.fromarray(blocks(COLOURS)).quantize(4)
    place = palette.getpixel((24, 8))  # of the red square
    for kind in ("PNG", "GIF"):
        found = read(encoded(palette, kind, transparency=place), "x")
        assert found.notes
        assert colours(found.pixels).tolist() == [[0] * 3, [0] * 3, [255] * 3, list(COLOURS[3])]
    sixteen = Image.fromarray(np.array([[40000, 65535]], np.uint16))
    found = read(encoded(sixteen, "PNG", transparency=40000), "x")
    assert (found.pixels[0, :, 0].tolist(), len(found.notes)) == ([0, 255], 1)
    assert not read(encoded(Image.new("RGBA", (4, 3), (1, 2, 3, 255)), "PNG"), "x").notes


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_pictures_stand_as_their_exif_says(kind, turn):
    upright = np.zeros((32, 48), np.uint8)
    upright[:16, :16] = 255  # top left
    lying = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: upright.T[::-1],
        7: upright.T[::-1, ::-1],
        8: upright.T[:, ::-1],
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    for stored in (lying, lying.astype(np.uint16) * 257):
        if stored.dtype == np.uint16 and kind not in ("PNG", "TIFF"):
            continue
        raw = encoded(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif)
        found = read(raw, "x")
        assert found.size == (32, 48)
        assert np.abs(found.pixels[..., 0].astype(int) - upright).mean() < 6
