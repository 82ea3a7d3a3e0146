"""A folder of diffusers dropped on the real window: drawn from, and a painted hole filled."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.tab.example_bar import NO_EXAMPLES
from tests import foreign
from tests.e2e.test_fill_a_hole import drawn, stroke
from tests.windows import DIGITS

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
NAME = "outside/tiny-sd"
FEW = replace(DIGITS, count=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("brought") / "tiny-sd"
    foreign.stable_diffusion(path, inpaint=True, channels=9)
    return path


def test_a_pipeline_is_dropped_sampled_and_fills_a_hole(open_window, folder, tmp_path):
    stage = open_window(FEW)
    stage.window.resize(1280, 800)
    stage.ready()
    stage.drop(folder)
    stage.until(lambda: stage.window.session.models == (NAME,))
    assert stage.window.session.data == "outside 3 × 32 × 32"
    stage.until(lambda: stage.tab.names() == (NAME,))
    stage.until_shows(NAME)
    assert stage.recipe(NAME).knobs["guidance"] == 7.5
    assert stage.picture(NAME).shape[:2] == (32, 32)

    bar, tab = stage.window.tabs.tabBar(), stage.window.tabs.widget(1)
    stage.click(bar, bar.tabRect(1).center())
    presenter, canvas = stage.window.presenters[1], tab.desk.canvas
    stage.until(lambda: not presenter.editor.source.bar.waits())
    levels = np.random.default_rng(2).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(levels).save(tmp_path / "own.png")
    stage.drop(tmp_path / "own.png")
    stage.until(lambda: presenter.editor.source.picture is not None)
    assert (presenter.editor.source.picture == levels).all()
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    stroke(canvas, (8.5, 10.5), (20.5, 10.5), (20.5, 16.5))
    mask = canvas.mask()
    assert mask.any()
    stage.click(tab.fill)
    stage.until(lambda: presenter.rows and drawn(presenter, mask))
    frame = presenter.rows[NAME].frame
    assert frame.request.method == "inpaint-network"
    assert frame.kept is True
    assert (frame.values[:, ~mask] == levels[~mask]).all()
    assert len(np.unique(frame.values, axis=0)) > 1

    # the other tabs do without what such a model lacks
    stage.click(bar, bar.tabRect(2).center())
    walk = stage.window.presenters[2]
    stage.until(lambda: walk.keys.missing() == NO_EXAMPLES)
    stage.drop(tmp_path / "own.png")
    stage.until(lambda: walk.keys.keys)
    stage.click(bar, bar.tabRect(3).center())
    stage.click(bar, bar.tabRect(0).center())
    stage.until_shows(NAME)
    assert stage.said() == []


def test_a_folder_that_cannot_be_opened_is_told_of(open_window, tmp_path):
    stage = open_window(DIGITS)
    stage.ready()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model_index.json").write_text("{}")
    stage.drop(tmp_path / "broken")
    stage.until(stage.said)
    assert "which this version cannot open" in stage.said()[0]
    assert stage.window.session.data == "mnist"
