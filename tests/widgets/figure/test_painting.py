"""What is laid out lies inside the figure, does not overlap, and is painted where it is said."""

import itertools
import re
import zlib

import numpy as np
import pytest

from widgets.figure.figure import Bar, Figure, Plot
from widgets.figure.files import Note, image_of, pdf_bytes, png_bytes, svg_bytes
from widgets.figure.painting import Layout, ticks

BRIGHT = np.full((28, 28, 3), 200, np.uint8)
POINTS = Plot(np.array([[0.0, 0.0], [np.nan, 1.0]]), (-1.0, 1.0, -1.0, 1.0), ("x₁", "x₂"))


def figure(cell=BRIGHT, rows=2, columns=3, **more):
    names = [f"Model {i} of a long name" for i in range(rows)]
    return Figure("A title", names, list("abcdefgh"[:columns]), [[cell] * columns] * rows, **more)


@pytest.mark.parametrize("cell", [BRIGHT, POINTS, "not finished"])
@pytest.mark.parametrize("scale", [0.25, 1.0, 3.0])
def test_cells_lie_inside_and_apart(qapp, cell, scale):
    laid = Layout(figure(cell, across="sample", down="model", caption="words " * 60), scale)
    places = [laid.cell(r, c) for r in range(2) for c in range(3)]
    for one, other in itertools.combinations(places, 2):
        assert not one.intersects(other)
    for place in (*places, laid.caption):
        assert 0 < place.left() < place.right() <= laid.width
        assert 0 < place.top() < place.bottom() <= laid.height
    assert laid.caption.top() > max(place.bottom() for place in places)


def test_a_picture_is_painted_in_its_cell_by_whole_factors(qapp):
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (28, 28, 3), np.uint8)
    laid = Layout(figure(picture))
    image = image_of(laid, 1.0)
    place = laid.cell(1, 2)
    factor = round(place.width() / 28)
    for y, x in ((5, 5), (20, 11), (14, 25)):
        at = place.left() + (x + 0.5) * factor, place.top() + (y + 0.5) * factor
        colour = image.pixelColor(round(at[0]), round(at[1]))
        assert np.abs(np.array(colour.getRgb()[:3]) - picture[y, x]).max() <= 2


def test_every_format_holds_its_words_and_the_note(qapp):
    laid, note = Layout(figure(POINTS, classes=("upper",), caption="Said.")), Note("key", "héllo")
    svg = svg_bytes(laid, note).decode()
    for word in ("A title", "upper", "Said.", "x₁"):
        assert word in svg
    assert re.search(r"key:aMOpbGxv", svg)
    assert b"key:aMOpbGxv" in pdf_bytes(laid, note)
    raw = png_bytes(laid, note)
    assert b"iTXtkey\0" in raw
    assert "héllo".encode() in raw


def test_maps_have_a_bar_of_colours_and_pdf_is_one_page_of_its_size(qapp):
    colours = np.arange(768, dtype=np.uint8).reshape(256, 3)
    bar = Bar(colours, -12.3, 0.4, "log p(x), nats")
    laid = Layout(figure(POINTS, 1, 1, bars=(bar, bar)))
    raw = pdf_bytes(laid, Note("key", "x"))
    assert raw.count(b"/Type /Page\n") == 1
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", raw)
    assert float(box[1]) == pytest.approx(laid.width * 0.75, abs=1)
    assert float(box[2]) == pytest.approx(laid.height * 0.75, abs=1)
    assert zlib.crc32(raw)  # bytes, not a view


@pytest.mark.parametrize(("low", "high"), [(-12.3, 0.4), (0, 1), (-180, 180), (1e-6, 3e-6), (5, 9)])
def test_ticks_are_few_and_round(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 6
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in found)
    steps = np.diff(found)
    assert np.allclose(steps, steps[0])
    mantissa = steps[0] / 10 ** np.floor(np.log10(steps[0]))
    assert min(abs(mantissa - round_one) for round_one in (1, 2, 2.5, 5, 10)) < 1e-6


def test_rows_of_different_lengths_are_no_figure():
    with pytest.raises(ValueError, match="2 × 1"):
        Figure("t", ["a", "b"], ["c"], [[BRIGHT], [BRIGHT, BRIGHT]])
