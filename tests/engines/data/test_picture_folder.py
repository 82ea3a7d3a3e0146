"""A folder of pictures as examples: what can be read is, and what cannot is left out and named."""

import gc
import os
import struct
import time

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from engines import finish
from engines.data.picture_folder import listed, read_folder


def save(path, colour, size=(8, 8), **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **more)
    return path


def read(folder, shape=(3, 8, 8)):
    return finish(read_folder(folder, shape))


def test_pictures_come_in_the_order_people_count_and_in_the_models_shape(tmp_path):
    for name, level in (("10.png", 100), ("9.png", 90), ("b.jpg", 50), ("a.PNG", 30)):
        save(tmp_path / name, (level,) * 3, size=(20, 12))
    (tmp_path / "notes.txt").write_text("no picture")
    found = read(tmp_path)
    assert found.pictures.names == ("9.png", "10.png", "a.PNG", "b.jpg")
    assert found.pictures.levels.shape == (4, 8, 8, 3)
    assert found.pictures.levels.dtype == np.uint8
    assert [int(p.mean().round()) for p in found.pictures.levels] == [90, 100, 30, 50]
    assert (found.pictures.classes, found.pictures.labels) == ((), (0, 0, 0, 0))
    assert (found.refused, found.unread) == ((), 0)


def test_folders_within_are_classes(tmp_path):
    for name in ("cat/1.png", "dog/1.png", "cat/2.png"):
        save(tmp_path / name, (9, 9, 9))
    found = read(tmp_path).pictures
    assert found.classes == ("cat", "dog")
    assert found.labels == (0, 0, 1)
    assert found.names == ("cat/1.png", "cat/2.png", "dog/1.png")


def test_colours_become_grey_for_grey_models(tmp_path):
    save(tmp_path / "red.png", (255, 0, 0))
    (picture,) = read(tmp_path, (1, 8, 8)).pictures.levels
    assert (picture == picture[..., :1]).all()


def test_what_cannot_be_read_is_left_out_and_named(tmp_path):
    save(tmp_path / "good.png", (1, 2, 3))
    whole = save(tmp_path / "cut.png", (1, 2, 3), size=(64, 64)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:60])
    (tmp_path / "text.png").write_text("hello")
    save(tmp_path / "wide.png", (1, 2, 3), size=(7000, 1))
    first, second = (Image.new("RGB", (8, 8), (i, i, i)) for i in (0, 200))
    first.save(tmp_path / "film.gif", save_all=True, append_images=[second])
    found = read(tmp_path)
    assert found.pictures.names == ("good.png",)
    said = " ".join(found.refused)
    assert len(found.refused) == 4
    for words in (
        "cut.png is damaged",
        "film.gif is animated",
        "text.png cannot be read as a picture",
        "wide.png has 7000 × 1 pixels",
    ):
        assert words in said


def test_links_out_of_the_folder_and_hidden_folders_are_passed_over(tmp_path):
    outside = save(tmp_path / "outside.png", (1, 1, 1))
    home = tmp_path / "home"
    save(home / "in.png", (2, 2, 2))
    save(home / ".hidden" / "x.png", (3, 3, 3))
    (home / "link.png").symlink_to(outside)
    (home / "loop.png").symlink_to(home / "loop.png")
    (home / "again").symlink_to(tmp_path)
    assert [path.name for path in listed(home)] == ["in.png"]


@pytest.mark.parametrize(
    ("files", "said"), [((), "there are no pictures"), (("x.png",), "none of the 1 pictures")]
)
def test_a_folder_without_pictures_says_so(tmp_path, files, said):
    for name in files:
        (tmp_path / name).write_text("nothing")
    with pytest.raises(ValueError, match=said):
        read(tmp_path)


def test_a_folder_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ValueError, match="cannot be read: no such file"):
        listed(tmp_path / "nowhere")


def test_large_pictures_are_read_up_to_a_limit_of_memory(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.png", (i, i, i), size=(16, 16))
    found = read(tmp_path, (3, 4096, 4096))
    assert len(found.pictures.levels) == 1
    assert found.unread == 2


def test_it_reads_a_picture_at_a_time(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.png", (i, i, i))
    (tmp_path / "1.png").write_text("broken")
    assert list(read_folder(tmp_path, (3, 8, 8))) == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    "fault",
    [
        TypeError("Missing dimensions."),
        KeyError(256),
        IndexError("x"),
        ZeroDivisionError(),
        struct.error("y" * 500),
        OverflowError(),
        MemoryError(),
        AssertionError(),
        RecursionError(),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_whatever_pillow_raises_one_file_never_spoils_the_others(tmp_path, monkeypatch, fault):
    save(tmp_path / "1.png", (1, 2, 3))
    save(tmp_path / "2.tif", (1, 2, 3))

    def fail(_):
        raise fault

    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "_open", fail)
    found = read(tmp_path)
    assert found.pictures.names == ("1.png",)
    (said,) = found.refused
    assert said.startswith(("2.tif is damaged", "2.tif cannot be read as a picture"))


def test_ten_of_many_that_are_left_out_are_named(tmp_path):
    save(tmp_path / "good.png", (1, 2, 3))
    for i in range(25):
        (tmp_path / f"{i}.png").write_bytes(b"nothing")
    found = read(tmp_path)
    assert [said.split()[0] for said in found.refused] == [f"{i}.png" for i in range(10)]
    assert (found.left_out, found.unread, len(found.pictures.levels)) == (25, 0, 1)


def test_what_was_decided_about_levels_comes_along(tmp_path):
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "a.png")
    assert read(tmp_path).notes == ("a.png has transparent parts, which become black.",)


def test_a_large_folder_is_listed_in_short_steps(tmp_path):
    files = 8000
    save(tmp_path / "0.png", (1, 2, 3))
    for i in range(1, files):  # a link costs the test less than a file
        os.link(tmp_path / "0.png", tmp_path / f"{i}.png")
    longest, shown = 0.0, []
    gc.collect()  # the first collection since torch came in takes longer than a step
    run, began = read_folder(tmp_path, (3, 8, 8)), time.thread_time()
    while not (shown and shown[-1] != (0, 0)):
        shown.append(next(run))
        now = time.thread_time()
        longest, began = max(longest, now - began), now
    assert shown[-1] == (1, 1000)
    assert len(shown) > files / 500  # so that no step grows with the folder
    assert longest < 0.1
