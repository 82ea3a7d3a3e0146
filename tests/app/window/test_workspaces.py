"""A workspace holds all tabs in one file; opened, they are there again, in any window."""

import json

import numpy as np
import pytest

from app.exchange import file_dialogs
from app.session import workspace
from app.session.workspace import WorkspaceError
from tests.app.inpainting.test_presenter import Desk
from tests.windows import BOTH, DIGITS

KDE, FLOW = "mnist/kde", "mnist/flow"


@pytest.fixture
def saved(open_window, methods, tmp_path, monkeypatch):
    """A window with something of its own in two tabs, saved."""
    stage = open_window(DIGITS)
    stage.ready()
    sampling = stage.window.presenters[0]
    sampling.turn(KDE, "bandwidth", 0.5)
    sampling.duplicate(KDE)
    sampling.turn(f"{KDE} #2", "bandwidth", 0.2)
    stage.window.seed.box.setValue(31)
    desk = Desk(stage)
    desk.ready()
    mask = np.zeros(desk.side.canvas.mask().shape, bool)
    mask[1:3, 2:4] = True
    desk.side.canvas.set_mask(mask)
    desk.ready()
    path = tmp_path / "lesson"
    monkeypatch.setattr(file_dialogs, "save_file", lambda *_: path)
    stage.window.workspaces.ask_to_save()
    assert stage.said()[0].startswith("Saved ")
    return stage, path.with_name("lesson.workspace"), mask


def test_another_window_shows_what_it_holds(saved, open_window):
    _, path, mask = saved
    other = open_window(BOTH)
    other.ready()
    other.drop(path)
    desk_ready = other.window.presenters[1]
    other.until(lambda: other.window.tabs.front() is desk_ready)
    assert other.window.session.models == (KDE,)
    assert other.window.seed.value() == 31
    desk = Desk(other)
    desk.ready()
    assert (desk.side.canvas.mask() == mask).all()
    other.window.tabs.setCurrentIndex(0)
    other.until_shows(KDE, seed=31, knobs={"bandwidth": 0.5})
    other.until_shows(f"{KDE} #2", seed=31, knobs={"bandwidth": 0.2})


def test_the_same_window_goes_back_to_it(saved):
    stage, path, _ = saved
    stage.window.tabs.setCurrentIndex(0)
    stage.window.presenters[0].turn(KDE, "bandwidth", 0.9)
    stage.window.session.choose("mnist", (FLOW,))
    stage.until_shows(FLOW)
    theme = stage.window.settings().theme
    stage.window.workspaces.open(path)
    stage.until(lambda: stage.tab.names() == (KDE, f"{KDE} #2"))
    stage.window.tabs.setCurrentIndex(0)
    stage.until_shows(KDE, knobs={"bandwidth": 0.5})
    assert stage.window.settings().theme == theme


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not valid JSON"),
        ("[]", "no format number"),
        ('{"format": 9}', "newer Genscope"),
        ('{"format": 1}', "no settings"),
        ('{"format": 1, "settings": {}, "tabs": "{}"}', "damaged workspace"),
    ],
)
def test_what_is_no_workspace_is_one_sentence(tmp_path, text, says):
    path = tmp_path / "a.workspace"
    path.write_text(text)
    with pytest.raises(WorkspaceError, match=says):
        workspace.read(path)
    with pytest.raises(WorkspaceError, match=r"b\.workspace"):
        workspace.read(tmp_path / "b.workspace")


def test_models_that_are_not_here_are_named_and_nothing_changes(saved):
    stage, path, _ = saved
    before = stage.window.session.models
    table = json.loads(path.read_text())
    table["settings"]["models"] = {"mnist": ["mnist/gone"]}
    path.write_text(json.dumps(table))
    stage.drop(path)
    stage.until(lambda: "mnist/gone" in stage.said()[0])
    assert stage.window.session.models == before
