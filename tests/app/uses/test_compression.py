"""The page of compression by mouse: run, read back, compare, cancel, save."""

import pytest

from app.exchange import file_dialogs
from app.uses.compression import Compression
from engines.uses.compression import container
from widgets.uses.compression_page import CompressionPage

KDE, FLOW = "mnist/kde", "mnist/flow"


def ready(page_of, models):
    stage, page = page_of(CompressionPage(), Compression, models)
    stage.until(lambda: len(page._all))
    page.view.count.setValue(2)
    return stage, page, page.view


def test_digits_are_compressed_and_come_back(page_of, monkeypatch, tmp_path):
    stage, page, view = ready(page_of, (KDE,))
    assert view.pictures.count() == 2
    stage.click(view.compress)
    assert not view.compress.isEnabled()
    stage.until(lambda: page._ticket is None)
    assert view.trip.text() == "✓ Read back: all 2 pictures, bit by bit."
    names = [row.name for row in view.rows]
    assert names[0] == f"{KDE}, the file"
    for codec in ("PNG", "WebP, lossless", "JPEG-XL, lossless", "zlib", "bz2", "Zstandard"):
        assert codec in names
    ours = view.rows[0]
    assert ours.each is None
    assert ours.stacked[1] == pytest.approx(8 * ours.stacked[0] / 784)
    out = tmp_path / "x.gsz"
    monkeypatch.setattr(file_dialogs, "save_file", lambda *asked: out)
    stage.click(view.save)
    assert container.header_of(out.read_bytes()).count == 2
    assert len(out.read_bytes()) == len(page.known.raw)


def test_a_model_that_cannot_says_why(page_of):
    stage, page, view = ready(page_of, (FLOW,))
    stage.click(view.compress)
    stage.until(lambda: page._ticket is None)
    assert "which an entropy coder takes in turn" in view.state.text()
    assert view.compress.isEnabled()
    assert not view.save.isEnabled()


def test_it_can_be_cancelled(page_of):
    stage, page, view = ready(page_of, (KDE,))
    view.count.setValue(20)
    stage.click(view.compress)
    stage.until(lambda: page.known.coding is not None)
    stage.click(view.cancel)
    stage.until(lambda: page._ticket is None)
    assert "nothing was kept" in view.state.text()
    assert page.known.raw is None
    assert view.rows == []
