"""A saved picture dropped on the window comes back pixel by pixel, or one sentence says why not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.kinds.pictures import PictureView
from app.recipes.recipe import Recipe, png_bytes, save_png
from tests.windows import BOTH, DIGITS, PLANE
from widgets.look.state import State

KDE, FLOW = "mnist/kde", "mnist/flow"
GREY = np.zeros((6, 5, 3), np.uint8)


@pytest.fixture
def stage(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    return stage


def state(stage):
    """All that a refused recipe must leave as it was."""
    window, tab = stage.window, stage.tab
    chosen = window.picker.data(), window.picker.models(), window.seed.value()
    controls = tab.live_count(), tab.class_mode(), {n: tab.knobs(n) for n in tab.names()}
    return chosen, controls, [stage.recipe(name) for name in tab.names()]


def test_a_saved_picture_brings_back_model_seed_class_and_knobs(stage, tmp_path):
    field = stage.tab._sections[KDE].panel.knobs["bandwidth"].field
    field.slider.setValue(10)
    stage.tab.classes.setCurrentIndex(stage.tab.classes.findData(2))
    stage.window.seed.box.setValue(99)
    stage.until_shows(KDE, seed=99, label=2, knobs={"bandwidth": 0.5})
    before = stage.picture(KDE, 3).copy()
    save_png(tmp_path / "saved.png", before, stage.recipe(KDE, 3))

    field.reset_wanted.emit()
    stage.tab.classes.setCurrentIndex(0)
    stage.window.seed.box.setValue(1)
    stage.click(stage.window.picker.chip(FLOW))
    stage.until_shows(KDE, FLOW, seed=1, label=None)
    stage.drop(tmp_path / "saved.png")
    stage.until_shows(KDE, seed=99, label=2, knobs={"bandwidth": 0.5})
    assert (stage.picture(KDE, 3) == before).all()
    assert stage.window.seed.value() == 99
    assert stage.tab.class_mode() == 2
    assert stage.tab.knobs(KDE) == {"bandwidth": 0.5}
    assert stage.tab.names() == (FLOW, KDE)
    assert stage.column(KDE).body.current() == 3
    assert "Seed: 99" in stage.viewer.recipe_text()
    assert stage.said() == []


def test_picture_77_of_a_batch_of_100_comes_back_in_another_window(open_window, tmp_path):
    stage = open_window(DIGITS)
    stage.ready()
    stage.window.presenters[0].generate(100)
    stage.until(lambda: stage.column(KDE).body.count() == 100 and stage.shows(KDE))
    stage.click_picture(KDE, 77)
    before = stage.picture(KDE, 77).copy()
    recipe = stage.recipe(KDE, 77)
    assert recipe.index == 77
    save_png(tmp_path / "saved.png", before, recipe)

    other = open_window(replace(PLANE, seed=1))
    other.ready()
    wanted = other.window.settings().count
    other.drop(tmp_path / "saved.png")
    other.until(lambda: other.shows(KDE, seed=7, first=64))
    assert other.window.picker.data() == "mnist"
    place = other.column(KDE).body.current()
    assert (other.picture(KDE, place) == before).all()
    assert replace(other.recipe(KDE, place), count=recipe.count) == recipe
    assert other.recipe(KDE, place).count == other.tab.live_count() == wanted  # not that of a batch
    assert "Picture: 77" in other.viewer.recipe_text()


def test_later_pictures_stay_in_view_while_a_knob_moves(stage, tmp_path):
    recipe = replace(stage.recipe(KDE, 0), first=32, count=6, index=33)
    save_png(tmp_path / "saved.png", stage.picture(KDE, 0), recipe)
    stage.drop(tmp_path / "saved.png")
    stage.until_shows(*stage.tab.names(), first=32)
    stage.window.presenters[0].turn(KDE, "bandwidth", 0.5)
    stage.until(lambda: stage.shows(KDE, first=32, knobs={"bandwidth": 0.5}))
    stage.window.seed.box.setValue(99)
    stage.until_shows(*stage.tab.names(), first=0, seed=99)


def test_a_sheet_comes_back_as_the_pictures_it_shows(stage, tmp_path):
    column = stage.window.presenters[0].columns[KDE]
    before = np.stack([stage.picture(KDE, i) for i in range(6)])
    save_png(tmp_path / "sheet.png", GREY, column.whole_recipe(3))
    stage.tab.count.setValue(2)
    stage.window.seed.box.setValue(8)
    stage.until_shows(KDE, seed=8)
    stage.drop(tmp_path / "sheet.png")
    stage.until_shows(KDE, seed=7, count=6)
    assert (np.stack([stage.picture(KDE, i) for i in range(6)]) == before).all()


def changed(recipe, **fields):
    return png_bytes(GREY, replace(recipe, **fields))


def broken(recipe):
    raw = png_bytes(GREY, recipe)
    table = json.loads(recipe.to_json())
    text = recipe.to_json().encode()
    assert text in raw
    from PIL import Image, PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_itxt("genscope", json.dumps(table | {"seed": "seven"}))
    import io

    with io.BytesIO() as file:
        Image.fromarray(GREY).save(file, "PNG", pnginfo=info)
        return file.getvalue()


def bare(_):
    import io

    from PIL import Image

    with io.BytesIO() as file:
        Image.fromarray(GREY).save(file, "PNG")
        return file.getvalue()


BAD = {
    "no PNG": (lambda _: b"GIF89a", "saved.png is not a PNG; choose a file that Genscope saved."),
    "no recipe": (bare, "saved.png has no recipe inside; choose a file that Genscope saved."),
    "broken recipe": (broken, "saved.png cannot be re-made: the recipe's seed should be"),
    "unknown model": (
        lambda r: changed(r, model="mnist/gan", sha256="f" * 64),
        "which is not in the catalogue",
    ),
    "other weights": (lambda r: changed(r, sha256="0" * 64), "has other weights"),
    "unknown class": (lambda r: changed(r, label=12), "class 12"),
    "unknown knob": (lambda r: changed(r, knobs={"heat": 1.0}), "no knob 'heat'"),
    "seed too large": (lambda r: changed(r, seed=2**40), "the largest in the window is"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_picture_that_cannot_be_remade_leaves_all_as_it_was(stage, tmp_path, kind):
    make, said = BAD[kind]
    before = state(stage)
    (tmp_path / "saved.png").write_bytes(make(stage.recipe(KDE, 2)))
    stage.drop(tmp_path / "saved.png")
    (message,) = stage.said()
    assert said in message
    assert message[0].isupper() or message.startswith(("saved.png", "mnist/kde"))
    assert message.endswith(".")
    assert state(stage) == before
    assert stage.column(KDE).state is State.READY


def test_a_folder_or_a_page_dropped_is_one_sentence(stage, tmp_path):
    before = state(stage)
    stage.drop(tmp_path)
    stage.until(stage.said)
    (message,) = stage.said()
    assert str(tmp_path.name) in message
    assert state(stage) == before


def test_a_knob_that_only_the_loaded_model_can_refuse_is_forgotten_by_trying_again(
    open_window, tmp_path
):
    stage = open_window(replace(BOTH, models={"mnist": (FLOW,)}))
    stage.ready()
    card = stage.window.session.cards[KDE]
    alien = Recipe("sample", KDE, card.sha256, seed=7, count=2, knobs={"heat": 1.0})
    save_png(tmp_path / "saved.png", GREY, alien)
    stage.drop(tmp_path / "saved.png")
    stage.until(lambda: stage.column(KDE) and stage.column(KDE).state is State.FAILED)
    stage.click(stage.button("Try again", stage.column(KDE)))
    stage.until_shows(KDE, knobs={"bandwidth": 1.0})
    assert stage.shows(FLOW)


def test_a_recipe_of_very_many_pictures_asks_first(stage, tmp_path, monkeypatch):
    monkeypatch.setattr(PictureView, "unasked", 450)
    recipe = replace(stage.recipe(KDE, 0), index=None, first=3, count=500)
    (tmp_path / "many.png").write_bytes(png_bytes(GREY, recipe))
    stage.drop(tmp_path / "many.png")
    stage.until(stage.said)
    (said,) = stage.said()
    assert said.startswith("The recipe asks for 500 pictures of mnist/kde; at the pace of")
    assert stage.column(KDE).body.count() == 400
    assert not stage.window.jobs._orders
    stage.click(stage.button("Generate all"))
    assert stage.said() == []
    stage.until(lambda: stage.column(KDE).body.count() == 500 and stage.shows(KDE, first=3))


def test_one_picture_of_a_recipe_of_very_many_is_just_there(stage, tmp_path):
    recipe = replace(stage.recipe(KDE, 0), index=70_001, first=0, count=100_000)
    (tmp_path / "many.png").write_bytes(png_bytes(GREY, recipe))
    stage.drop(tmp_path / "many.png")
    stage.until(lambda: stage.shows(KDE, first=70_001))
    assert "Picture: 70001" in stage.viewer.recipe_text()
    assert stage.said() == []
