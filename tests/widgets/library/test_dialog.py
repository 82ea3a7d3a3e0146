"""The list of models by mouse and keys: rows, facts, actions, dropping, typing and saying."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu

from widgets.library.dialog import LibraryDialog
from widgets.library.facts import Mark
from widgets.library.list import Can, ModelAction, ModelRow

LEFT = Qt.MouseButton.LeftButton
BRED = ModelRow(
    name="digits/vae",
    group="Digits",
    title="digits/vae",
    family="vae",
    family_title="VAE",
    parameters="1,574,305",
    memory="≈ 5.2 MB",
    state="not loaded",
    facts=(("Family", "VAE"),),
    can=(
        Can("Sampling", True, "ancestral."),
        Can("Density", False, "Implicit."),
        Can("Walks", None, "Known once it is loaded."),
    ),
    actions={ModelAction.USE: "Show it.", ModelAction.PIN: "Keep it."},
)
COMING = ModelRow(
    name="owner/name",
    group="From outside",
    title="owner/name",
    family="",
    family_title="",
    parameters="",
    memory="",
    state="1 of 4 MB",
    tone="accent",
    progress=(250, 1000),
    actions={ModelAction.CANCEL: "Stop."},
)


@pytest.fixture
def dialog(qtbot):
    widget = LibraryDialog()
    qtbot.addWidget(widget)
    widget.set_rows([COMING, BRED])
    widget.show()
    qtbot.waitActive(widget)
    return widget


@pytest.fixture
def asked(dialog):
    said = []
    dialog.action_wanted.connect(lambda name, action: said.append((name, action)))
    return said


def click_row(qtbot, dialog, name, *, twice=False):
    at = dialog.list.visualItemRect(dialog.list.item_of(name)).center()
    qtbot.mouseClick(dialog.list.viewport(), LEFT, pos=at)
    if twice:
        qtbot.mouseDClick(dialog.list.viewport(), LEFT, pos=at)


def words(dialog):
    return [label.text() for label in dialog.facts.findChildren(QLabel) if label.isVisible()]


def buttons(dialog):
    return {action for action, button in dialog.facts.buttons.items() if button.isVisible()}


def test_the_model_that_is_clicked_tells_what_it_can_do(qtbot, dialog):
    assert dialog.list.current() == "owner/name"
    assert dialog.facts.progress.isVisible()
    assert dialog.facts.progress.value() == 250
    click_row(qtbot, dialog, "digits/vae")
    assert not dialog.facts.progress.isVisible()
    assert {"VAE", "Sampling", "ancestral.", "Density", "Implicit."} <= set(words(dialog))
    marks = [mark.accessibleName() for mark in dialog.facts.findChildren(Mark)]
    assert marks == ["yes", "no", "not known yet"]


def test_only_what_can_be_done_is_on_offer(qtbot, dialog, asked):
    assert buttons(dialog) == {ModelAction.CANCEL}
    click_row(qtbot, dialog, "digits/vae")
    assert buttons(dialog) == {ModelAction.USE, ModelAction.PIN}
    assert dialog.facts.buttons[ModelAction.PIN].toolTip() == "Keep it."
    qtbot.mouseClick(dialog.facts.buttons[ModelAction.PIN], LEFT)
    click_row(qtbot, dialog, "digits/vae", twice=True)
    assert asked == [("digits/vae", ModelAction.PIN), ("digits/vae", ModelAction.USE)]


def test_keys_of_the_list(qtbot, dialog, asked):
    dialog.list.setFocus()
    for key in (Qt.Key.Key_P, Qt.Key.Key_U, Qt.Key.Key_Delete):
        qtbot.keyClick(dialog.list, key)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.list.current() == ""  # the heading between the two
    qtbot.keyClick(dialog.list, Qt.Key.Key_P)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    assert dialog.list.current() == "digits/vae"
    qtbot.keyClick(dialog.list, Qt.Key.Key_P)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    assert asked == [
        ("owner/name", ModelAction.CANCEL),
        ("digits/vae", ModelAction.PIN),
        ("digits/vae", ModelAction.USE),
    ]


def test_the_menu_of_a_row(qtbot, dialog, asked):
    dialog.list.choose("digits/vae")
    dialog.list.customContextMenuRequested.emit(QPoint(5, 5))
    (menu,) = dialog.list.findChildren(QMenu)
    assert [action.text() for action in menu.actions()] == ["Use", "Pin"]
    menu.actions()[1].trigger()
    assert asked == [("digits/vae", ModelAction.PIN)]
    menu.close()


def test_a_row_changes_in_place_and_the_choice_stays(qtbot, dialog):
    click_row(qtbot, dialog, "digits/vae")
    dialog.set_row(replace(BRED, state="loaded", actions={ModelAction.UNLOAD: "Away."}))
    assert dialog.list.item_of("digits/vae").text(4) == "loaded"
    assert buttons(dialog) == {ModelAction.UNLOAD}
    dialog.set_rows([replace(COMING, name="new", title="new"), COMING, BRED])
    assert dialog.list.current() == "digits/vae"
    dialog.set_rows([COMING])
    assert dialog.list.current() == "owner/name"
    dialog.set_rows([])
    assert dialog.facts.row() is None
    assert buttons(dialog) == set()


def test_what_is_typed_is_asked_for(qtbot, dialog):
    said = []
    dialog.add_wanted.connect(said.append)
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.keyClicks(dialog.field, " owner/other ")
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    qtbot.mouseClick(dialog.add, LEFT)
    assert said == ["owner/other"] * 2
    assert dialog.isVisible()
    dialog.clear_field()
    assert dialog.field.text() == ""


def test_folders_are_dropped(dialog):
    said = []
    dialog.dropped.connect(said.append)
    mime, copy, bare = QMimeData(), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    mime.setUrls([QUrl.fromLocalFile("/tmp/a"), QUrl.fromLocalFile("/tmp/b.toml")])
    enter = QDragEnterEvent(QPoint(9, 9), copy, mime, LEFT, bare)
    QApplication.sendEvent(dialog, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(dialog, QDropEvent(QPointF(9, 9), copy, mime, LEFT, bare))
    assert said == [("/tmp/a", "/tmp/b.toml")]


def test_what_is_said_and_how_much_is_taken(dialog):
    assert not dialog.said.isVisible()
    dialog.say("There is no such model.", danger=True)
    assert dialog.said.isVisible()
    assert dialog.said.property("danger")
    dialog.say("")
    assert not dialog.said.isVisible()
    dialog.set_budget("Loaded: 1", 3 << 30, 4 << 30)
    assert dialog.taken.value() == 750
