"""The list of models in the real window: brought by path and from a hub, pinned, unloaded, gone."""

import shutil
import threading
from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from safetensors.torch import save_file

from app.session.settings import Settings
from engines.checkpoints import memory
from tests import foreign, nvlabs
from tests.engines.outside.outsiders import stylegan2_tensors
from tests.hub import serving
from tests.windows import DIGITS, LEFT
from widgets.library.list import ModelAction

pytest.importorskip("diffusers")
KDE = "mnist/kde"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("brought") / "tiny-ddpm"
    foreign.ddpm(path, net=foreign.unet(1, 8))
    return path


@pytest.fixture
def hub(folder, tmp_path, monkeypatch):
    with serving(folder, tmp_path / "cache", monkeypatch) as server:
        yield server


def opened(stage):
    """The list, opened by its button."""
    stage.click(stage.window.picker.library)
    dialog = stage.window.library.dialog
    stage.until(dialog.isVisible)
    return dialog


def typed(dialog, text):
    QTest.keyClicks(dialog.field, text)
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)


def state(dialog, name):
    return dialog.list.rows[name].state


def press(stage, dialog, name, action):
    """Choose a model by mouse and press the button of a action."""
    dialog.list.scrollToItem(dialog.list.item_of(name))
    at = dialog.list.visualItemRect(dialog.list.item_of(name)).center()
    QTest.mouseClick(dialog.list.viewport(), LEFT, pos=at)
    button = dialog.facts.buttons[action]
    assert button.isVisible()
    stage.click(button)


def test_the_list_asks_no_file_on_the_window_s_thread(open_window, monkeypatch):
    """What models will take stands in their files, which another thread reads."""
    readers, expected = set(), memory.expected

    def ask(card):
        readers.add(threading.current_thread().name)
        return expected(card)

    monkeypatch.setattr(memory, "expected", ask)
    stage = open_window(DIGITS)
    stage.ready()
    dialog = opened(stage)
    stage.until(lambda: all(row.memory for row in dialog.list.rows.values()))
    readers.discard("lane")  # which asks for itself, before it loads one
    assert readers == {"lane of errands"}


def test_a_folder_is_brought_used_pinned_unloaded_and_removed(open_window, folder):
    stage = open_window(DIGITS)
    stage.ready()
    dialog = opened(stage)
    stage.until(lambda: state(dialog, KDE) == "loaded")
    stage.until(lambda: dialog.list.rows["moons/kde"].memory.startswith("≈"))
    assert dialog.budget.text().startswith("Loaded: 1,")

    typed(dialog, str(folder))
    place, name = str(folder), "outside/tiny-ddpm"
    stage.until(lambda: stage.window.session.models == (name,))
    stage.until(lambda: state(dialog, place) == "loaded")
    stage.until_shows(name)
    assert dialog.field.text() == ""
    row = dialog.list.rows[place]
    assert (row.title, row.family_title) == ("tiny-ddpm", "Diffusion")
    assert not row.memory.startswith("≈")
    assert {c.task: c.can for c in row.can} == dict.fromkeys(
        ("Sampling", "In-painting", "Interpolation", "Density"), True
    )

    press(stage, dialog, place, ModelAction.PIN)
    stage.until(lambda: state(dialog, place) == "loaded, pinned")
    assert stage.window.session.open.held()[-1].pinned
    press(stage, dialog, place, ModelAction.UNPIN)
    stage.until(lambda: state(dialog, place) == "loaded")
    press(stage, dialog, place, ModelAction.UNLOAD)
    stage.until(lambda: state(dialog, place) == "not loaded")
    stage.until(lambda: "is unloaded" in dialog.said.text())
    assert ("memory use fell by" in dialog.said.text()) == (memory.resident() is not None)

    press(stage, dialog, KDE, ModelAction.USE)
    stage.until(lambda: stage.window.session.data == "mnist")
    press(stage, dialog, place, ModelAction.USE)
    stage.until(lambda: stage.window.session.models == (name,))
    stage.until(lambda: state(dialog, place) == "loaded")
    press(stage, dialog, place, ModelAction.REMOVE)
    stage.until(lambda: stage.window.session.data == "mnist")
    stage.until(lambda: [held.name for held in stage.window.session.open.held()] == [KDE])
    assert place not in dialog.list.rows
    assert name not in stage.window.session.cards
    assert stage.window.settings().recents == ()
    assert folder.is_dir()
    assert stage.said() == []


def test_what_was_brought_is_there_the_next_time(open_window, folder, tmp_path):
    gone, absent = str(tmp_path / "gone"), "nobody/knows"
    recents = (str(folder), gone, absent)
    stage = open_window(Settings(data="mnist", models={"mnist": (KDE,)}, count=6, recents=recents))
    stage.ready()
    dialog = opened(stage)
    stage.until(lambda: state(dialog, str(folder)) == "not loaded")
    stage.until(lambda: state(dialog, gone) == "cannot be opened")
    assert "is not there any more" in dialog.list.rows[gone].note
    stage.until(lambda: state(dialog, absent) == "not downloaded")
    assert "outside/tiny-ddpm" not in stage.window.session.cards
    press(stage, dialog, str(folder), ModelAction.USE)
    stage.until(lambda: stage.window.session.models == ("outside/tiny-ddpm",))
    press(stage, dialog, gone, ModelAction.REMOVE)
    assert stage.window.settings().recents == (str(folder), absent)


def test_what_is_no_model_is_refused_in_words(open_window, tmp_path):
    stage = open_window(DIGITS)
    stage.ready()
    dialog = opened(stage)
    weights = tmp_path / "net.pt"
    weights.write_bytes(b"")
    for text, said in (
        ("nothing of this kind", "There is no folder or file"),
        (str(weights), "net.pt holds only weights"),
        (str(tmp_path), "is not a model"),
    ):
        dialog.field.clear()
        typed(dialog, text)
        assert said in dialog.said.text()
        assert dialog.field.text() == text
    (tmp_path / "config.json").write_text("{}")
    dialog.field.clear()
    typed(dialog, str(tmp_path))
    stage.until(lambda: state(dialog, str(tmp_path)) == "cannot be opened")
    assert "cannot be opened alone" in dialog.facts.note.text()
    # once it is mended it opens
    foreign.kl(16).save_pretrained(tmp_path)
    press(stage, dialog, str(tmp_path), ModelAction.USE)
    stage.until(lambda: stage.window.session.models[0].startswith("outside/"))


def test_two_folders_of_one_name_are_told_apart(open_window, folder, tmp_path):
    there = shutil.copytree(folder, tmp_path / "another" / folder.name)
    foreign.shaken(foreign.unet(1, 8), seed=5).save_pretrained(there / "unet")
    stage = open_window(replace(DIGITS, count=2))
    stage.ready()
    stage.drop(folder)
    stage.until(lambda: stage.window.session.models == ("outside/tiny-ddpm",))
    stage.drop(there)
    both = ("outside/tiny-ddpm", "outside/another-tiny-ddpm")
    stage.until(lambda: stage.window.session.models == both)
    stage.until_shows(*both)
    assert (stage.picture(both[0]) != stage.picture(both[1])).any()
    dialog = opened(stage)
    assert [dialog.list.rows[str(place)].title for place in (there, folder)] == [
        "another-tiny-ddpm",
        "tiny-ddpm",
    ]
    with stage.qtbot.waitSignal(stage.window.library.outside.opened):
        stage.drop(there)  # once more: it has a name already
    assert stage.window.session.models == both
    # by itself, as on the command line, the second has the first one's name: its weights tell it
    recipe = replace(stage.recipe(both[1]), model=both[0])
    stage.window.session.choose("mnist", (KDE,))
    stage.window.presenters[0].restore(recipe)
    assert stage.window.session.models == (both[1],)


def test_a_file_is_dropped_or_chosen(open_window, folder, monkeypatch):
    stage = open_window(DIGITS)
    stage.ready()
    dialog = opened(stage)
    stage.drop(folder / "model_index.json", on=dialog)
    stage.until(lambda: stage.window.session.models == ("outside/tiny-ddpm",))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder / "unet"))
    stage.click(dialog.folder)
    stage.until(lambda: stage.window.session.models == ("outside/tiny-ddpm", "outside/unet"))


def test_a_model_of_the_hub_is_fetched_cancelled_and_gone_on_with(open_window, hub):
    stage, name = open_window(DIGITS), "someone/tiny"
    stage.ready()
    dialog = opened(stage)
    hub.pause = 0.05
    typed(dialog, name)
    stage.until(lambda: dialog.facts.progress.isVisible() and dialog.facts.progress.value() > 100)
    assert " of " in state(dialog, name)
    stage.click(dialog.facts.buttons[ModelAction.CANCEL])
    assert state(dialog, name) == "stopping…"
    stage.until(lambda: state(dialog, name).startswith("stopped at"))
    assert stage.window.session.data == "mnist"
    hub.pause, hub.fetched[:] = 0.0, []
    press(stage, dialog, name, ModelAction.FETCH)
    stage.until(lambda: stage.window.session.models == (name,))
    weights = "unet/diffusion_pytorch_model.safetensors"
    (start,) = [start for file, start in hub.fetched if file == weights]
    assert start > 0, "begun anew, not gone on with"
    stage.until(lambda: state(dialog, name) == "loaded")
    stage.until_shows(name)
    assert stage.window.settings().recents == (name,)
    assert stage.said() == []


def test_a_model_the_hub_does_not_give_says_why(open_window, hub, monkeypatch):
    stage = open_window(DIGITS)
    stage.ready()
    dialog = opened(stage)
    typed(dialog, "someone/gated")
    stage.until(lambda: state(dialog, "someone/gated") == "download failed")
    assert "set HF_TOKEN" in dialog.facts.note.text()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    typed(dialog, "someone/tiny")
    stage.until(lambda: state(dialog, "someone/tiny") == "download failed")
    assert "offline mode is on" in dialog.facts.note.text()


def test_closing_the_window_ends_a_download(open_window, hub):
    stage = open_window(DIGITS)
    stage.ready()
    dialog = opened(stage)
    hub.pause = 0.05
    typed(dialog, "someone/tiny")
    stage.until(lambda: dialog.facts.progress.isVisible() and dialog.facts.progress.value() > 100)
    assert stage.close()


def test_a_network_of_nvlabs_is_dropped_and_a_lora_is_named(open_window, tmp_path):
    held = {"G_ema": nvlabs.generator(stylegan2_tensors("nvlabs"))}
    path = nvlabs.write(tmp_path / "faces.pkl", held)
    lora = tmp_path / "style.safetensors"
    save_file({"lora_unet_x.lora_down.weight": torch.zeros(2)}, lora)
    stage = open_window(replace(DIGITS, count=2))
    stage.ready()
    stage.drop(path)
    stage.until(lambda: stage.window.session.models == ("outside/faces.pkl",))
    stage.until_shows("outside/faces.pkl")
    stage.drop(lora)
    stage.until(lambda: any("is a LoRA" in said for said in stage.said()))
