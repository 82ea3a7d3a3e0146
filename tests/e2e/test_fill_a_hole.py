"""A hole painted by mouse in the real window, filled by two families, saved, and brought back."""

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app.recipes.recipe import read_png
from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from tests.e2e.test_first_look import LEFT
from widgets.look.state import State

MFA, KDE = "mnist/mfa", "mnist/kde"
START = Settings(data="mnist", models={"mnist": (MFA, KDE)}, count=4)


def drawn(presenter, mask):
    """Whether every row shows the finished draws of this mask."""
    frames = [row.frame for row in presenter.rows.values()]
    rests = all(row.row.state is State.READY for row in presenter.rows.values())
    return rests and all(
        frame is not None and frame.complete and (frame.request.mask == mask).all()
        for frame in frames
    )


def stroke(canvas, *points):
    places = [canvas.position_of(point).toPoint() for point in points]
    QTest.mousePress(canvas, LEFT, pos=places[0])
    for place in places[1:]:
        QTest.mouseMove(canvas, place)
    QTest.mouseRelease(canvas, LEFT, pos=places[-1])


def test_a_hole_is_painted_filled_saved_and_brought_back(open_window, tmp_path, monkeypatch):
    stage = open_window(START, ROOT)
    stage.window.resize(1280, 800)
    stage.ready()
    bar, tab, presenter = stage.window.tabs.tabBar(), stage.window.tabs.widget(1), None
    stage.click(bar, bar.tabRect(1).center())
    presenter = stage.window.presenters[1]
    canvas = tab.desk.canvas
    stage.until(lambda: presenter.editor.source.picture is not None)
    stage.until(lambda: presenter.rows and drawn(presenter, canvas.mask()))

    # another digit, an empty mask, then a stroke across its middle
    stage.click(tab.desk.source.next)
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    stroke(canvas, (6.5, 10.5), (20.5, 10.5), (20.5, 17.5), (6.5, 17.5))
    mask, picture = canvas.mask(), presenter.editor.source.picture.copy()
    assert mask[10, 6:21].all()
    assert 0 < mask.sum() < 28 * 28
    stage.click(tab.fill)
    stage.until(lambda: drawn(presenter, mask))

    for name, standing in ((MFA, "asymptotically exact"), (KDE, "exact")):
        frame = presenter.rows[name].frame
        assert frame.kept is True
        assert (frame.values[:, ~mask] == picture[~mask]).all()
        assert frame.procedure.exactness.value == standing
    assert any(len(np.unique(r.frame.values, axis=0)) > 1 for r in presenter.rows.values())

    # one draw, saved
    gallery = tab.row(MFA).draws
    stage.click(gallery.viewport(), gallery.tile_rect(5).center().toPoint())
    saved = tmp_path / "draw.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))
    stage.click(stage.button("Save PNG…"))
    before, recipe = gallery.picture(5).copy(), read_png(saved)
    with Image.open(saved) as image:
        assert (np.asarray(image) == before).all()

    # everything moves on, and the saved draw brings it back
    stage.click(stage.window.seed.dice)
    stage.click(tab.desk.source.next)
    QTest.keyClick(canvas, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    stage.until(lambda: drawn(presenter, ~mask))
    stage.drop(saved)
    stage.until(lambda: drawn(presenter, mask))
    assert (presenter.editor.source.picture == picture).all()
    assert presenter.rows[MFA].recipe(5) == recipe
    assert (gallery.picture(5) == before).all()
    assert gallery.current() == 5
