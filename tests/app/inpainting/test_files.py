"""Draws, pictures and masks as files: a saved draw comes back, what is broken gets one sentence."""

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMenu

from app.inpainting.pictures.inspector import ACCEPT
from app.recipes.recipe import read_png
from tests.app.inpainting.test_presenter import KDE, Desk
from tests.windows import DIGITS
from widgets.pictures.picture_dialog import PictureDialog


@pytest.fixture
def desk(open_window, methods):
    desk = Desk(open_window(DIGITS))
    desk.ready()
    return desk


def saved_as(monkeypatch, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def picture_bytes(array, kind="PNG", **more):
    with io.BytesIO() as file:
        Image.fromarray(array).save(file, kind, **more)
        return file.getvalue()


def test_a_saved_draw_brings_back_picture_mask_method_and_pixels(
    desk, open_window, methods, tmp_path, monkeypatch
):
    saved = tmp_path / "draw.png"
    saved_as(monkeypatch, saved)
    desk.tab.method_chosen.emit(KDE, "slow")
    desk.tab.count.setValue(4)
    desk.tab.classes.setCurrentIndex(desk.tab.classes.findData(2))
    desk.paint((3.5, 1.5), (3.5, 4.5))
    desk.presenter.run(first=False)
    methods["slow"].allow()
    desk.until(lambda: desk.complete() and desk.row().frame.choice.name == "slow")
    desk.side.flip.slider.setValue(3)
    desk.stage.click(desk.stage.button("Save PNG…"))
    recipe = read_png(saved)
    assert (recipe.task, recipe.index, recipe.count, recipe.label) == ("inpaint", 3, 4, 2)
    before = desk.view().draws.picture(3).copy()
    mask, picture = desk.side.canvas.mask(), desk.presenter.editor.source.picture

    other = Desk(open_window(DIGITS))
    other.ready()
    methods["slow"].allow()
    other.stage.drop(saved)
    other.until(lambda: other.complete() and other.row().frame.choice.name == "slow")
    other.ready()
    assert (other.side.canvas.mask() == mask).all()
    assert (other.presenter.editor.source.picture == picture).all()
    assert other.side.source.title().startswith("Test picture")
    assert other.view().summary._captions[0] == "truth"
    assert (other.view().draws.picture(3) == before).all()
    assert (other.tab.draws(), other.tab.classes.label(), other.window.seed.value()) == (4, 2, 7)
    assert other.row().recipe(3) == recipe
    assert other.view().draws.current() == 3
    assert other.stage.said() == []


def test_a_draw_dropped_on_the_sampling_tab_opens_this_one(desk, tmp_path, monkeypatch):
    saved = tmp_path / "draw.png"
    saved_as(monkeypatch, saved)
    desk.presenter.save()
    desk.window.tabs.setCurrentIndex(0)
    desk.stage.drop(saved)
    assert desk.window.tabs.currentIndex() == 1


def test_a_picture_of_ones_own_is_shown_as_the_model_sees_it_before_it_is_taken(desk, tmp_path):
    page = np.full((40, 60, 3), 255, np.uint8)
    page[10:30, 20:40] = (10, 20, 30)
    path = tmp_path / "page.jpg"
    path.write_bytes(picture_bytes(page, "JPEG"))
    desk.side.canvas.files_dropped.emit((str(path),))
    desk.until(lambda: desk.tab.findChildren(PictureDialog))
    (dialog,) = desk.tab.findChildren(PictureDialog)
    assert dialog.invert.isChecked(), "ink on paper"
    seen = dialog.preview.picture(0)
    assert seen.shape == (6, 5, 3)
    assert (seen == seen[..., :1]).all()
    assert seen[3, 2, 0] > 150 > seen[0, 0, 0]
    dialog.ways.setCurrentIndex(1)
    assert (dialog.preview.picture(0) != seen).any()
    shown = dialog.preview.picture(0)
    dialog.accept()
    assert (desk.presenter.editor.source.picture == shown).all()
    assert desk.side.source.title() == "page.jpg"


def test_a_mask_of_the_photos_own_size_is_fitted_as_the_photo_was(desk, tmp_path, monkeypatch):
    page, mask = tmp_path / "page.png", tmp_path / "mask.png"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(mask), ""))
    hole = np.zeros((60, 100), bool)
    hole[20:40, :50] = True
    mask.write_bytes(picture_bytes(np.where(hole, np.uint8(255), np.uint8(0))))
    page.write_bytes(picture_bytes(np.repeat(np.where(hole, 200, 9)[..., None], 3, 2).astype("u1")))
    for way, shown in ((2, "stretched"), (1, "padded")):
        desk.side.canvas.files_dropped.emit((str(page),))
        desk.until(lambda: any(d.isVisible() for d in desk.tab.findChildren(PictureDialog)))
        (dialog,) = (d for d in desk.tab.findChildren(PictureDialog) if d.isVisible())
        dialog.ways.setCurrentIndex(way)
        dialog.accept()
        desk.side.canvas.apply(np.zeros((6, 5), bool))
        desk.side.editor.tools.import_wanted.emit()
        desk.until(lambda: desk.side.canvas.mask().any())
        bright = desk.presenter.editor.source.picture[..., 0]
        sure = (bright > 150) | (bright < 60)
        assert sure.sum() > 20
        assert (desk.side.canvas.mask() == (bright > 105))[sure].all(), shown
    assert any("it was fitted with it" in text for text in desk.stage.said())
    desk.presenter.editor.source.bar.step(1)
    desk.side.editor.tools.import_wanted.emit()
    desk.until(lambda: any("has 100 × 60 pixels" in text for text in desk.stage.said()))


def test_a_picture_that_fits_needs_no_question(desk, tmp_path):
    fitting = np.repeat(np.arange(30, dtype=np.uint8).reshape(6, 5, 1), 3, axis=2)
    path = tmp_path / "small.png"
    path.write_bytes(picture_bytes(fitting))
    desk.stage.drop(path)
    desk.until(lambda: desk.side.source.title() == "small.png")
    assert (desk.presenter.editor.source.picture == fitting).all()


def animation():
    frames = [Image.new("L", (9, 9), level) for level in (0, 255)]
    with io.BytesIO() as file:
        frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
        return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"nonsense", "cannot be read as a picture"),
        (
            picture_bytes(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8))[:3000],
            "damaged",
        ),
        (picture_bytes(np.zeros((1, 7000), np.uint8)), "7000 × 1 pixels"),
        (animation(), "animated"),
    ],
    ids=["nonsense", "cut", "huge", "animated"],
)
def test_what_cannot_be_read_gets_one_sentence(desk, tmp_path, raw, said):
    before = desk.presenter.editor.source.picture
    path = tmp_path / "thing.png"
    path.write_bytes(raw)
    desk.stage.drop(path)
    desk.until(desk.stage.said)
    (sentence,) = desk.stage.said()
    assert said in sentence
    assert sentence.startswith("thing.png")
    assert desk.presenter.editor.source.picture is before


def test_masks_go_out_and_come_back_bit_by_bit(desk, tmp_path, monkeypatch):
    path = tmp_path / "mask.png"
    saved_as(monkeypatch, path)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    before = desk.side.canvas.mask()
    desk.side.editor.tools.export_wanted.emit()
    assert path.read_bytes()[24] == 1, "bits of a pixel in the header of a PNG"
    desk.side.canvas.apply(~before)
    desk.side.editor.tools.import_wanted.emit()
    desk.until(lambda: (desk.side.canvas.mask() == before).all())
    for array, said in (
        (np.full((3, 3), 255, np.uint8), "a mask of this picture has 5 × 6"),
        (np.ones((6, 5), np.uint8), "marks nothing: its largest value is 1 of 255"),
    ):
        path.write_bytes(picture_bytes(array))
        desk.side.editor.tools.import_wanted.emit()
        desk.until(lambda said=said: any(said in text for text in desk.stage.said()))
    strokes = np.zeros((6, 5, 4), np.uint8)
    strokes[1:3, 1:4] = (255, 0, 0, 255)
    path.write_bytes(picture_bytes(strokes))
    desk.side.editor.tools.import_wanted.emit()
    desk.until(lambda: any("its opaque part is unknown" in text for text in desk.stage.said()))
    assert (desk.side.canvas.mask() == (strokes[..., 3] > 0)).all()


def test_a_contact_sheet_brings_back_every_draw(desk, open_window, methods, tmp_path, monkeypatch):
    saved = tmp_path / "sheet.png"
    saved_as(monkeypatch, saved)
    desk.tab.count.setValue(4)
    desk.paint((3.5, 1.5), (3.5, 4.5))
    desk.until(lambda: (desk.row().frame.request.mask == desk.side.canvas.mask()).all())
    desk.ready()
    desk.until(lambda: desk.view().draws.count() == 4)
    desk.side.menu_wanted.emit(KDE, 1, QPoint(10, 10))
    (menu,) = [menu for menu in desk.tab.findChildren(QMenu) if menu.isVisible()]
    (action,) = [a for a in menu.actions() if a.text() == "Save all as contact sheet…"]
    action.trigger()
    menu.close()
    recipe = read_png(saved)
    assert (recipe.task, recipe.index, recipe.count) == ("inpaint", None, 4)
    before = [desk.view().draws.picture(i).copy() for i in range(4)]

    other = Desk(open_window(DIGITS))
    other.ready()
    other.stage.drop(saved)
    other.until(lambda: (other.side.canvas.mask() == desk.side.canvas.mask()).all())
    other.until(lambda: other.view().draws.count() == 4)
    other.ready()
    assert all((other.view().draws.picture(i) == before[i]).all() for i in range(4))
    assert other.stage.said() == []


def test_a_saved_picture_dropped_on_the_canvas_is_painted_on_and_offers_its_recipe(
    desk, tmp_path, monkeypatch
):
    """One of another tab: nothing is made again until the message's button asks for it."""
    sampling, saved = desk.window.presenters[0], tmp_path / "sample.png"
    saved_as(monkeypatch, saved)
    desk.window.tabs.setCurrentIndex(0)
    desk.stage.until_shows(KDE, seed=7)
    desk.stage.click_picture(KDE, 0)
    sampling.save()
    recipe = read_png(saved)
    drawn = desk.stage.picture(KDE, recipe.index).copy()
    desk.window.tabs.setCurrentIndex(1)
    desk.window.seed.box.setValue(8)
    mask, source = desk.side.canvas.mask(), desk.presenter.editor.source
    desk.stage.drop(saved, on=desk.side.canvas)
    desk.until(lambda: (source.picture == drawn).all())
    assert source.standing == "original"
    assert (desk.side.canvas.mask() == mask).all()
    assert (desk.window.tabs.currentIndex(), desk.window.seed.value()) == (1, 8)
    said = desk.window.messages.rows[0]
    assert said.text.startswith("sample.png holds its recipe: mnist/kde, seed 7, sample 0")
    desk.stage.click(said.act)
    assert (desk.window.tabs.currentIndex(), desk.window.seed.value()) == (0, 7)
    desk.stage.until_shows(KDE, seed=7)


def test_an_accepted_sample_is_the_picture_until_that_is_undone(desk, monkeypatch):
    source, canvas, gallery = desk.presenter.editor.source, desk.side.canvas, desk.view().draws
    desk.side.keep_mask.setChecked(False)
    first, title, mask = source.picture.copy(), source.bar.title(source.bar.place), canvas.mask()
    gallery.setFocus()
    QTest.keyClick(gallery, Qt.Key.Key_End)
    drawn = gallery.picture(gallery.current()).copy()
    QTest.keyClick(gallery, Qt.Key.Key_A)
    assert (source.picture == drawn).all()
    assert not canvas.mask().any(), "as after any other picture"
    assert (source.standing, desk.presenter.editor.title) == (
        "original",
        "mnist/kde, seed 7, picture 7",
    )
    QTest.keyClick(gallery, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (source.picture == first).all()
    assert (canvas.mask() == mask).all(), "picture and mask come back in one step"
    assert (source.standing, desk.presenter.editor.title) == ("truth", title)
    QTest.keyClick(gallery, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert (source.picture == drawn).all()
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.ready()
    menus = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _: menus.append(menu))
    desk.presenter.editor.inspector._actions.open_menu(desk.row(), 2, QPoint())
    (accept,) = [action for action in menus[0].actions() if action.text() == ACCEPT]
    accept.trigger()
    assert (source.picture != first).any()
