"""What is brought is read beside the window, and drags over it read nothing."""

import io
import struct
import sys
import threading
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication

from app.exchange import intake
from app.recipes import packing
from app.recipes import recipe as recipes
from app.tasks import filling, filling_recipe, walking_recipe
from engines.data import decoding
from tests.windows import DIGITS
from widgets.mask.canvas import MaskCanvas


@pytest.fixture
def stage(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    return stage


def storm(chunks):
    """A PNG of empty chunks: 60 MB of them once held the window for seven seconds."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tEXt", b"") * chunks


def copied(raw):
    mime = QMimeData()
    mime.setData("image/png", raw)
    QGuiApplication.clipboard().setMimeData(mime)


def test_whatever_way_something_comes_in_the_window_s_thread_reads_nothing(
    stage, tmp_path, monkeypatch
):
    readers, reads = set(), recipes.read_png

    def read(source):
        readers.add(threading.current_thread().name)
        return reads(source)

    monkeypatch.setattr(intake, "read_png", read)
    bad = tmp_path / "bad.png"
    bad.write_bytes(storm(10))
    stage.drop(bad)
    stage.window.intake.open_files([bad])
    stage.taken_in()
    copied(bad.read_bytes())
    stage.window.intake.paste()
    stage.taken_in()
    QGuiApplication.clipboard().setImage(QImage(30, 20, QImage.Format.Format_RGB32))
    stage.window.intake.paste()
    stage.taken_in()
    assert readers == {"lane of files"}


def test_a_storm_of_chunks_is_refused_at_once(stage, tmp_path):
    path = tmp_path / "storm.png"
    path.write_bytes(storm(40_000))
    stage.drop(path)
    (said,) = stage.said()
    assert said.startswith("storm.png has more than 32,768 parts")


def test_a_picture_of_another_program_keeps_its_levels():
    image = QImage(3, 2, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    (tmp := QImage(image)).setPixelColor(2, 1, Qt.GlobalColor.blue)
    with Image.open(io.BytesIO(intake.png_of(tmp))) as found:
        assert found.size == (3, 2)
        assert found.convert("RGB").getpixel((0, 0)) == (255, 0, 0)
        assert found.convert("RGB").getpixel((2, 1)) == (0, 0, 255)
    assert intake.png_of(QImage()) == b""


def test_a_drag_over_the_window_opens_no_file(stage, tmp_path):
    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8)).save(path)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    opened, watching = [], [True]
    sys.addaudithook(lambda what, more: watching and what == "open" and opened.append(more[0]))
    stage.window.tabs.setCurrentIndex(1)
    for on in (stage.window, stage.window.findChild(MaskCanvas)):
        enter = QDragEnterEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(on, enter)
        assert enter.isAccepted()
    watching.clear()  # a hook cannot be taken away
    assert str(path) not in map(str, opened)


def test_what_was_refused_goes_with_the_next_that_opens_and_with_the_data(stage, tmp_path):
    broken, whole = tmp_path / "broken.png", tmp_path / "whole.png"
    broken.write_bytes(b"no picture")
    recipes.save_png(whole, np.zeros((28, 28, 3), np.uint8), stage.recipe("mnist/kde"))
    for _ in range(2):
        stage.drop(broken)
        stage.until(stage.said)
        assert "broken.png" in stage.said()[0]
        stage.drop(whole)
        assert stage.said() == []
    stage.drop(broken)
    stage.until(stage.said)
    stage.window.session.choose("moons", ("moons/kde",))
    assert stage.said() == []


def test_a_text_that_is_too_long_is_not_parsed(stage):
    QGuiApplication.clipboard().setText("[" * 300_000)
    stage.window.intake.paste()
    stage.taken_in()
    assert stage.said() == ["The text on the clipboard is too long for a recipe."]


def recipes_with_pictures(stage):
    """One of each task that keeps pictures inside: a hole, and a path."""
    card = stage.window.session.cards["mnist/kde"]
    size = card.kind.mask_shape
    pictures = np.random.default_rng(1).integers(0, 256, (2, *size, 1), np.uint8).repeat(3, 3)
    mask = np.zeros(size, bool)
    mask[:, 1:] = True
    request = filling.FillRequest(pictures[0], mask, 1, 7, "closed-form")
    return (
        filling_recipe.recipe_of(card, request),
        walking_recipe.recipe_of(card, walking_recipe.Plan(pictures, 5)),
    )


@pytest.mark.parametrize("which", [0, 1])
def test_pictures_inside_a_recipe_are_decoded_beside_the_window(stage, monkeypatch, which):
    readers, decode = set(), decoding.decoded

    def decoded(*args):
        readers.add(threading.current_thread().name)
        return decode(*args)

    followed, restore = [], stage.window.intake._restore

    def follow(recipe):
        restore(recipe)
        followed.append(recipe)

    monkeypatch.setattr(packing, "decoded", decoded)
    monkeypatch.setattr(stage.window.intake, "_restore", follow)
    recipe = recipes_with_pictures(stage)[which]
    QGuiApplication.clipboard().setText(recipe.to_json())
    stage.window.intake.paste()
    stage.taken_in()
    assert followed == [(recipe,)], stage.said()
    assert readers == {"lane of files"}


def test_a_damaged_picture_inside_a_recipe_is_refused_by_its_reader(stage, monkeypatch):
    recipe = recipes_with_pictures(stage)[1]
    whole = recipe.extra["keys"][0]
    spoiled = replace(recipe, extra={**recipe.extra, "keys": [whole[:40], whole]})
    monkeypatch.setattr(stage.window.intake, "_restore", lambda _: pytest.fail("it was followed"))
    QGuiApplication.clipboard().setText(spoiled.to_json())
    stage.window.intake.paste()
    stage.taken_in()
    assert stage.said()[0] == "A picture inside the recipe is damaged."
