"""Pictures and masks made of anything at all: read, or refused in one sentence."""

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engines.data import fitting, masks
from tests import fuzzing
from tests.fuzzing import flipped, fuzz

FORMATS = ("PNG", "JPEG", "MPO", "BMP", "WEBP", "GIF", "TIFF", "PPM")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB", "I", "I;16", "F")


@pytest.fixture(scope="module", autouse=True)
def within_the_budget():
    yield from fuzzing.growth_within_the_budget()


def read(raw):
    try:
        found = fitting.read(raw, "a picture.png")
    except ValueError as error:
        fuzzing.sentence(str(error))
        return
    height, width, three = found.pixels.shape
    assert (three, found.pixels.dtype) == (3, np.uint8)
    assert min(height, width) >= 1
    assert max(height, width) <= 1024
    for note in found.notes:
        fuzzing.sentence(note)


def mask(raw):
    try:
        found = masks.read(raw, "m.png")
        for note in found.notes:
            fuzzing.sentence(note)
        masks.sized(found, "m.png", (6, 5), masks.Photo(found.mask.shape))
    except ValueError as error:
        fuzzing.sentence(str(error))


def written():
    """Small good files of every format and mode."""
    made = []
    ramp = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) * 5)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a picture"
    for kind, mode, more in itertools.product(FORMATS, MODES, ({}, {"exif": exif})):
        try:
            image = Image.new("LAB", (8, 6)) if mode == "LAB" else ramp.convert(mode)
            with io.BytesIO() as file:
                image.save(file, kind, **more)
                made.append(file.getvalue())
        except (OSError, KeyError, ValueError, TypeError):
            continue
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"):
        with io.BytesIO() as file:
            shown = ramp.convert("1" if compression == "group4" else "RGB")
            shown.save(file, "TIFF", compression=compression)
            made.append(file.getvalue())
    with io.BytesIO() as file:
        ramp.save(file, "PNG", save_all=True, append_images=[ramp.rotate(180)])
        made.append(file.getvalue())
    return made


STARTS = (
    b"",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0",
    b"MM\0*",
    b"GIF89a",
    b"BM",
    b"P5\n",
    b"P6 ",
    b"Pf\n",
    b"\xff\xd8\xff\xe1",
    b"RIFF\x20\0\0\0WEBP",
    b"II+\0",
)
GOOD = written()
PNGS = [raw for raw in GOOD if raw.startswith(b"\x89PNG")]


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)


@st.composite
def pngs(draw):
    """Chunks of a PNG with sound check sums, so that what is in them is read, in any order."""
    side = st.one_of(st.integers(0, 9), st.sampled_from([6000, 6001, 60_000, 2**31 - 1, 2**32 - 1]))
    head = struct.pack(
        ">IIBBBBB",
        draw(side),
        draw(side),
        draw(st.sampled_from([1, 2, 4, 8, 16, 7])),
        draw(st.sampled_from([0, 2, 3, 4, 6, 5])),
        0,
        0,
        draw(st.integers(0, 2)),
    )
    kinds = st.sampled_from(
        [
            b"PLTE",
            b"tRNS",
            b"tEXt",
            b"iTXt",
            b"zTXt",
            b"iCCP",
            b"eXIf",
            b"acTL",
            b"fcTL",
            b"fdAT",
            b"IDAT",
            b"IEND",
            b"gAMA",
            b"pHYs",
            b"CgBI",
            b"IHDR",
            b"cHRM",
            b"sRGB",
        ]
    )
    body = st.one_of(
        st.binary(max_size=40),
        st.binary(max_size=200).map(zlib.compress),
        st.binary(max_size=20).map(lambda text: b"key\0\0" + zlib.compress(text * 1000)),
    )
    more = draw(st.lists(st.tuples(kinds, body), max_size=6))
    data = chunk(b"IDAT", zlib.compress(bytes(draw(st.integers(0, 4000)))))
    raw = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunk(*each) for each in more)
    return raw + data + chunk(b"IEND", b"")


@fuzz(few=60, many=4000)
@given(data=st.data())
def test_spoiled_pictures(data):
    raw = data.draw(flipped(data.draw(st.sampled_from(GOOD))))
    with fuzzing.kept("picture", raw):
        read(raw)


@fuzz(few=30, many=1500)
@given(raw=pngs())
def test_pngs_of_any_chunks(raw):
    with fuzzing.kept("picture", raw):
        read(raw)
        mask(raw)


@fuzz(few=20, many=700)
@given(raw=st.tuples(st.sampled_from(STARTS), st.binary(max_size=300)).map(b"".join))
def test_pictures_of_any_bytes(raw):
    with fuzzing.kept("picture", raw):
        read(raw)
        mask(raw)


@fuzz(few=30, many=1000)
@given(data=st.data())
def test_spoiled_masks(data):
    raw = data.draw(flipped(data.draw(st.sampled_from(PNGS))))
    with fuzzing.kept("mask", raw):
        mask(raw)


@fuzzing.cases("picture")
def test_pictures_that_failed_once(path):
    with fuzzing.watched():
        read(path.read_bytes())


@fuzzing.cases("mask")
def test_masks_that_failed_once(path):
    with fuzzing.watched():
        mask(path.read_bytes())
