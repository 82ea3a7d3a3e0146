"""Pictures on their way out of the window and back in: clipboard, files, drags, drops."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDrag, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu

from app.recipes.pictures import sheet
from app.recipes.recipe import Recipe, read_png
from tests.windows import DIGITS, PLANE
from widgets.queue.jobs import JobState

KDE = "mnist/kde"
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def stage(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    return stage


@pytest.fixture
def place(monkeypatch, tmp_path):
    """Answers every file dialog with a path in a folder of the test's own; None cancels."""
    folder = tmp_path / "out"
    folder.mkdir()

    class Place:
        path = folder / "one.png"
        offered = ""

    def answer(_parent, _title, offered, *_):
        Place.offered = offered
        return (str(Place.path) if Place.path else "", "")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    return Place


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def choose(stage, text, name=KDE, i=2):
    """Open the context menu of a picture and choose a line."""
    stage.tab.menu_wanted.emit(name, i, QPoint(10, 10))
    (menu,) = [m for m in stage.tab.findChildren(QMenu) if m.isVisible()]
    (action,) = [a for a in menu.actions() if a.text() == text]
    action.trigger()
    menu.close()


def test_the_inspector_shows_the_picture_clicked_and_its_recipe(stage):
    stage.click_picture(KDE, 2)
    assert (stage.viewer._canvas._picture == stage.picture(KDE, 2)).all()
    lines = stage.viewer.recipe_text().splitlines()
    for line in ("Model: mnist/kde", "Seed: 7", "Picture: 2", "Class: two", "Bandwidth: 1"):
        assert line in lines


def test_a_picture_is_saved_with_its_recipe_inside(stage, place):
    stage.click_picture(KDE, 2)
    stage.click(stage.button("Save PNG…"))
    assert Path(place.offered).match("mnist-kde-seed7-2-??????.png")
    assert (pixels(place.path) == stage.picture(KDE, 2)).all()
    assert read_png(place.path) == stage.recipe(KDE, 2)
    assert stage.said() == [f"Saved {place.path}."]
    place.path = None
    QTest.keyClick(stage.window, Qt.Key.Key_S, CONTROL)
    assert place.offered.startswith(str(stage.window.export.folder))
    assert len(list(os.scandir(stage.window.export.folder))) == 1


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "there is no permission to write there")],
)
def test_a_file_that_cannot_be_written_is_one_sentence(stage, place, monkeypatch, number, said):
    place.path.write_bytes(b"old")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    stage.click_picture(KDE, 2)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        stage.click(stage.button("Save PNG…"))
        (message,) = stage.said()
        assert message.startswith(f"{place.path} was not saved: {said}; ")
        choose(stage, "Save every picture…")
        stage.until(lambda: len(stage.said()) == 2)
    assert stage.said()[0].startswith("Save 6 pictures failed. ")
    assert f"was not saved: {said}; " in stage.said()[0]
    assert "SaveError" not in stage.said()[0]
    assert [path.read_bytes() for path in place.path.parent.iterdir()] == [b"old"]
    stage.window.messages.clear()
    stage.click(stage.button("Save PNG…"))
    assert stage.said() == [f"Saved {place.path}."]


def test_every_picture_is_saved_by_a_job_of_the_queue(stage, place):
    choose(stage, "Save every picture…")
    stage.until(lambda: stage.said() == [f"6 pictures saved in {place.path.parent}."])
    assert stage.window.bar.table.job_at(0).state is JobState.DONE
    for i in range(6):
        (path,) = place.path.parent.glob(f"mnist-kde-seed7-{i}-??????.png")
        assert (pixels(path) == stage.picture(KDE, i)).all()
        assert read_png(path) == stage.recipe(KDE, i)


def test_a_contact_sheet_has_a_column_for_each_class(stage, place):
    choose(stage, "Save all as contact sheet…")
    pictures = np.stack([stage.picture(KDE, i) for i in range(6)])
    assert (pixels(place.path) == sheet(pictures, 3)).all()
    assert read_png(place.path).columns == 3


def test_points_are_saved_as_a_table(open_window, place):
    stage = open_window(PLANE)
    stage.ready()
    place.path = place.path.with_suffix(".csv")
    choose(stage, "Save all points…", "moons/kde")
    table = np.loadtxt(place.path, delimiter=",", skiprows=2, dtype=np.float32)
    shown = [stage.column("moons/kde").body.point(i) for i in range(1000)]
    assert (table[:, :2] == np.array(shown, np.float32)).all()


def test_a_copied_picture_comes_back_by_pasting(stage):
    stage.click_picture(KDE, 2)
    before = stage.picture(KDE, 2).copy()
    stage.click(stage.button("Copy picture"))
    assert stage.said() == ["Picture copied."]
    copied = QGuiApplication.clipboard().image().convertToFormat(QImage.Format.Format_RGB888)
    assert copied.pixelColor(4, 0).red() == before[0, 4, 0]
    stage.window.seed.box.setValue(8)
    stage.until_shows(KDE, seed=8)
    QTest.keyClick(stage.window, Qt.Key.Key_V, CONTROL)
    stage.until_shows(KDE, seed=7)
    assert (stage.picture(KDE, 2) == before).all()


def test_a_copied_recipe_comes_back_by_pasting(stage):
    stage.click_picture(KDE, 2)
    stage.click(stage.button("Copy recipe"))
    assert Recipe.from_json(QGuiApplication.clipboard().text()) == stage.recipe(KDE, 2)
    stage.window.seed.box.setValue(8)
    stage.until_shows(KDE, seed=8)
    QTest.keyClick(stage.window, Qt.Key.Key_V, CONTROL)
    stage.until_shows(KDE, seed=7)
    QGuiApplication.clipboard().setText("a shopping list")
    QTest.keyClick(stage.window, Qt.Key.Key_V, CONTROL)
    stage.taken_in()
    assert "not valid JSON" in stage.said()[0]


def test_a_drag_carries_file_and_image_and_no_drop_within_the_window(stage, monkeypatch):
    carried = []
    monkeypatch.setattr(QDrag, "exec", lambda drag, *_: carried.append(drag.mimeData().urls()))
    gallery = stage.column(KDE).body
    at = gallery.tile_rect(3).center().toPoint()
    QTest.mousePress(gallery.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(gallery.viewport(), at + QPoint(30, 0))
    ((url,),) = carried
    assert read_png(url.toLocalFile()) == stage.recipe(KDE, 3)
    assert (pixels(url.toLocalFile()) == stage.picture(KDE, 3)).all()


def test_ctrl_c_in_the_gallery_copies_its_picture(stage):
    stage.click_picture(KDE, 1)
    QTest.keyClick(stage.column(KDE).body, Qt.Key.Key_C, CONTROL)
    mime = QGuiApplication.clipboard().mimeData()
    assert read_png(bytes(mime.data("image/png").data())) == stage.recipe(KDE, 1)


def test_a_half_finished_batch_is_saved_as_far_as_it_has_come(open_window, puppets, place):
    puppets[KDE].allow()
    stage = open_window(DIGITS)
    stage.ready()
    stage.window.presenters[0].generate(70)
    puppets[KDE].allow(1)
    stage.until(lambda: stage.window.bar.table.job_at(0).done == 32)
    choose(stage, "Save all as contact sheet…")
    assert read_png(place.path).count == 32
    puppets[KDE].allow(2)
    stage.until(lambda: stage.window.bar.table.job_at(0).state is JobState.DONE)


def test_dropping_a_picture_as_data_restores_it(stage, place):
    stage.click_picture(KDE, 2)
    stage.click(stage.button("Save PNG…"))
    before = stage.picture(KDE, 2).copy()
    stage.window.seed.box.setValue(8)
    stage.until_shows(KDE, seed=8)
    mime = QMimeData()
    mime.setData("image/png", place.path.read_bytes())
    stage.drop_mime(mime)
    stage.until_shows(KDE, seed=7)
    assert (stage.picture(KDE, 2) == before).all()
