"""A folder of pictures dropped on the window stands in for the examples of the data set in view."""

import numpy as np
import pytest
from PIL import Image

from app.exchange.own_pictures import title_of
from app.session.settings import Settings
from tests.windows import DIGITS

INPAINTING, INTERPOLATION, DENSITY = 1, 2, 3


@pytest.fixture
def folder(tmp_path):
    """Five grey pictures and one that is broken."""
    home = tmp_path / "my pictures"
    home.mkdir()
    for i in range(5):
        Image.new("L", (5, 6), 40 * i).save(home / f"{i}.png")
    (home / "5.png").write_text("broken")
    return home


def front(stage, place):
    stage.window.tabs.setCurrentIndex(place)
    return stage.window.presenters[place]


def examples(stage):
    return stage.window.session.examples


def test_a_dropped_folder_is_what_holes_are_painted_in_and_paths_begin_with(open_window, folder):
    stage = open_window(DIGITS)
    stage.ready()
    stage.drop(folder)
    stage.until(lambda: "mnist" in examples(stage))
    (said,) = stage.said()
    assert said.startswith("The examples of MNIST digits are now 5 pictures from my pictures")
    assert "1 left out (5.png cannot be read as a picture" in said

    inpainting = front(stage, INPAINTING)
    stage.until(lambda: inpainting.editor.source.picture is not None)
    assert (inpainting.editor.source.picture == 120).all()  # the fourth, as of built-in examples
    inpainting.editor.source.bar.step(1)
    assert (inpainting.editor.source.picture == 160).all()

    interpolation = front(stage, INTERPOLATION)
    stage.until(lambda: len(interpolation.keys.keys) == 2)
    assert [int(key.value.mean()) for key in interpolation.keys.keys] == [120, 160]
    assert interpolation.keys.keys[0].title == "3.png"


def test_pictures_of_a_folder_are_scored(open_window, folder, monkeypatch, tmp_path):
    monkeypatch.setattr("app.tasks.scoring.cache_folder", lambda: tmp_path / "cache")
    stage = open_window(DIGITS)
    stage.window.folders.open(folder)
    stage.until(lambda: "mnist" in examples(stage))
    density = front(stage, DENSITY)
    stage.until(lambda: density.page is not None)
    source, numbers = density.page.source, density.page.numbers
    stage.until(lambda: source.picture is not None)
    assert (source.picture == 120).all()
    assert len(source.three()) == 3
    stage.until(lambda: [len(t.amounts) for t in numbers.tests.values()] == [5])


def test_the_built_in_examples_come_back(open_window, folder):
    stage = open_window(DIGITS)
    stage.ready()
    inpainting = front(stage, INPAINTING)
    stage.until(lambda: inpainting.editor.source.picture is not None)
    before = inpainting.editor.source.picture.copy()
    stage.window.folders.open(folder)
    stage.until(
        lambda: (
            inpainting.editor.source.picture is not None
            and (inpainting.editor.source.picture == 120).all()
        )
    )
    stage.window.folders.leave()
    stage.until(
        lambda: (
            inpainting.editor.source.picture is not None
            and np.array_equal(inpainting.editor.source.picture, before)
        )
    )
    assert examples(stage) == {}


def test_a_folder_without_pictures_changes_nothing(open_window, tmp_path):
    (tmp_path / "empty").mkdir()
    stage = open_window(DIGITS)
    stage.ready()
    stage.drop(tmp_path / "empty")
    stage.until(stage.said)
    (said,) = stage.said()
    assert said.startswith("There are no pictures in ")
    assert examples(stage) == {}


def test_a_folder_is_of_no_use_to_points(open_window, folder):
    stage = open_window(Settings(data="moons", models={"moons": ("moons/kde",)}, seed=7))
    stage.ready()
    stage.drop(folder)
    (said,) = stage.said()
    assert "cannot use a folder of pictures" in said


def test_the_name_of_an_example_is_that_of_its_file(open_window, folder):
    stage = open_window(DIGITS)
    stage.window.folders.open(folder)
    stage.until(lambda: "mnist" in examples(stage))
    assert title_of(examples(stage)["mnist"], 2) == "2.png"
