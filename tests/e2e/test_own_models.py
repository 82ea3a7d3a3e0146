"""The user's own models in the window: dropped in, used, renamed, exported and deleted by hand."""

import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QLabel, QMessageBox

from engines.checkpoints import own
from engines.checkpoints.catalog import read_card
from tests.e2e.test_models import opened, press, state
from tests.own import home
from tests.windows import PLANE
from widgets.library.list import ModelAction

__all__ = ["home"]
NAME = "moons/kde-2"


@pytest.fixture
def root(catalogue, tmp_path):
    """A catalogue of the test's own."""
    return shutil.copytree(catalogue, tmp_path / "assets")


@pytest.fixture
def exported(home, root, tmp_path):
    """A model of the window's data in a file; there is none of the user's own yet."""
    card = read_card(root / "moons" / "kde.toml")
    kept = own.add(card, card.folder / card.weights, root)
    assert kept.name == NAME
    path = own.export(NAME, tmp_path / "model.genscope")
    own.remove(NAME)
    return path


@pytest.fixture
def stage(exported, open_window, root):
    stage = open_window(PLANE, root)
    stage.ready()
    return stage


def brought(stage, exported):
    """The list with the model in it."""
    dialog = opened(stage)
    assert dialog.disk.text() == "Your models: 0 B"
    stage.drop(exported, on=dialog)
    stage.until(lambda: NAME in dialog.list.rows)
    stage.until(lambda: dialog.list.current() == NAME)
    return dialog


def asked(stage, kind):
    """The question on show."""
    stage.until(lambda: isinstance(QApplication.activeModalWidget(), kind))
    return QApplication.activeModalWidget()


def test_a_model_is_dropped_used_renamed_exported_and_deleted(
    stage, exported, tmp_path, monkeypatch
):
    dialog = brought(stage, exported)
    session = stage.window.session
    assert NAME in session.models
    row = dialog.list.rows[NAME]
    assert (row.group, row.title) == ("Your models", NAME)
    assert dict(row.facts)["On the disk"]
    assert dialog.disk.text().endswith("kB")
    stage.until_shows(NAME)
    assert stage.window.picker.chip(NAME).text() == "KDE 2"

    press(stage, dialog, NAME, ModelAction.RENAME)
    question = asked(stage, QInputDialog)
    question.setTextValue("moons/round one")
    QTest.keyClick(question, Qt.Key.Key_Return)
    stage.until(lambda: "cannot be called" in dialog.said.text())
    press(stage, dialog, NAME, ModelAction.RENAME)
    asked(stage, QInputDialog).setTextValue("moons/round")
    QTest.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Return)
    stage.until(lambda: "moons/round" in dialog.list.rows)
    assert NAME not in dialog.list.rows
    assert "moons/round" in session.models
    assert NAME not in session.models
    stage.until_shows("moons/round")
    stage.until(lambda: state(dialog, "moons/round") == "loaded")

    place = tmp_path / "again"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(place), ""))
    press(stage, dialog, "moons/round", ModelAction.EXPORT)
    stage.until(lambda: "was exported to" in dialog.said.text())
    assert place.with_name("again.genscope").is_file()

    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    QTest.keyClick(asked(stage, QMessageBox), Qt.Key.Key_Return)  # it offers to keep the model
    stage.until(lambda: QApplication.activeModalWidget() is None)
    assert "moons/round" in dialog.list.rows
    press(stage, dialog, "moons/round", ModelAction.DELETE)
    question = asked(stage, QMessageBox)
    (delete,) = [button for button in question.buttons() if button.text() == "Delete"]
    stage.click(delete)
    stage.until(lambda: "moons/round" not in dialog.list.rows)
    assert own.cards() == ()
    assert dialog.disk.text() == "Your models: 0 B"
    stage.until(lambda: "loaded" not in dialog.said.text() and dialog.said.text())
    assert session.models == ("moons/flow", "moons/kde")
    stage.ready()


def words(widget):
    """What a widget says, in all of its labels."""
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def test_the_last_model_of_its_data_leaves_the_window_with_others(stage, exported, caplog):
    dialog = brought(stage, exported)
    press(stage, dialog, NAME, ModelAction.RENAME)
    asked(stage, QInputDialog).setTextValue("mine/kde")
    QTest.keyClick(QApplication.activeModalWidget(), Qt.Key.Key_Return)
    session = stage.window.session
    stage.until(lambda: session.models == ("mine/kde",))
    stage.until_shows("mine/kde")
    # nobody here knows its data: every tab shows the model all the same
    tabs, presenters, (density, uses) = stage.window.tabs, stage.window.presenters, (3, 4)
    for place in range(density + 1):
        tabs.setCurrentIndex(place)
        QApplication.processEvents()
    maps = presenters[density].page.maps  # a map waits while its tab is out of view
    stage.until(lambda: "mine/kde" in maps and maps["mine/kde"].frame is not None)
    tabs.setCurrentIndex(uses)
    QApplication.processEvents()
    panel = presenters[uses].page.view.maps.panels["mine/kde"]
    stage.until(lambda: "no points of the data set" in words(panel))
    learn = uses + 1
    tabs.setCurrentIndex(learn)
    stage.until(lambda: presenters[learn].desk is not None)
    stage.until(lambda: not presenters[learn].desk.teaching.busy())
    assert tabs.count() == learn + 1
    assert "failed" not in caplog.text
    stage.window.tabs.setCurrentIndex(0)
    press(stage, dialog, "mine/kde", ModelAction.DELETE)
    (delete,) = [b for b in asked(stage, QMessageBox).buttons() if b.text() == "Delete"]
    stage.click(delete)
    stage.until(lambda: session.data in ("mnist", "moons"))
    stage.ready()
    assert stage.said() == []


def test_a_file_that_is_no_model_is_said_to_be_none(stage, exported):
    exported.write_bytes(exported.read_bytes()[:-30])
    stage.drop(exported)
    stage.until(lambda: any("no model that Genscope exported" in text for text in stage.said()))
    assert own.cards() == ()


def test_a_model_dropped_on_the_window_is_taken_in(stage, exported):
    stage.drop(exported)
    stage.until(lambda: NAME in stage.window.session.models)
    stage.until_shows(NAME)
