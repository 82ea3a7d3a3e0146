"""Dialogs of files: one place opens them, and none can change what it lists."""

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QPersistentModelIndex, Qt, QTimer, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QListView,
    QMenu,
    QMessageBox,
    QWidget,
)

from app.exchange import file_dialogs

# as Qt made them: a fixture replaces them while a test runs
REAL = {
    name: getattr(QFileDialog, name)
    for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory")
}
REPOSITORY = Path(__file__).resolve().parents[3]
THE_ONE = REPOSITORY / "app" / "exchange" / "file_dialogs.py"
WAYS = {
    "open": lambda parent, folder: file_dialogs.open_file(parent, "T", str(folder), "All (*)"),
    "folder": lambda parent, folder: file_dialogs.open_folder(parent, "T", str(folder)),
    "save": lambda parent, folder: file_dialogs.save_file(
        parent, "T", str(folder / "new.png"), "All (*)"
    ),
}
Edit = QAbstractItemView.EditTrigger


def test_only_one_place_opens_dialogs_of_files():
    folders = [REPOSITORY / top for top in ("app", "widgets", "engines")]
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    sources.append(REPOSITORY / "main.py")
    assert [p for p in sources if "FileDialog" in p.read_text("utf-8")] == [THE_ONE]


@pytest.fixture
def tree(tmp_path):
    """A folder with two folders and a file in it."""
    (tmp_path / "system").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "picture.png").write_bytes(b"kept")
    return tmp_path


def paths(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def drop(model, source, target):
    """Drop a file or folder on a line of the list, to be moved there: what its view does then."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(source))])
    return model.dropMimeData(mime, Qt.DropAction.MoveAction, -1, -1, target)


def choose_all(view, at):
    """Choose every line of the menu at a place that can be chosen; their names."""
    view.customContextMenuRequested.emit(at)
    (menu,) = [m for m in QApplication.topLevelWidgets() if isinstance(m, QMenu) and m.isVisible()]
    chosen = [action for action in menu.actions() if action.isEnabled() and action.text()]
    menu.close()
    for action in chosen:
        action.trigger()
    return [action.objectName() for action in chosen]


def meddle(dialog, folder):
    """Try everything that could change the folder; what the dialog let happen."""
    view = dialog.findChild(QListView, "listView")
    lines = [
        view.model().index(i, 0, view.rootIndex())
        for i in range(view.model().rowCount(view.rootIndex()))
    ]
    lines = {line.data(): QPersistentModelIndex(line) for line in lines}
    faults = ["moved"] if drop(view.model(), folder / "system", QModelIndex(lines["other"])) else []
    faults += choose_all(view, view.rect().bottomRight())
    for name, line in lines.items():
        view.setCurrentIndex(QModelIndex(line))
        faults += choose_all(view, view.visualRect(QModelIndex(line)).center())
        if view.edit(QModelIndex(line), Edit.AllEditTriggers, QEvent(QEvent.Type.None_)):
            faults.append(f"{name} can be renamed")
        QTest.keyClick(view, Qt.Key.Key_F2)
        QTest.keyClick(view, Qt.Key.Key_Delete)
    return [fault for fault in faults if fault != "qt_show_hidden_action"]


def ask(way, folder, monkeypatch, qtbot):
    """Open a dialog as the program does, meddle with it, cancel it; what it let happen."""
    for name, real in REAL.items():
        monkeypatch.setattr(QFileDialog, name, real)
    found, timer, answers = [], QTimer(), QTimer()
    lines = 2 if way == "folder" else 3

    def look():
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog) and not found:
            view = dialog.findChild(QListView, "listView")
            if view.model().rowCount(view.rootIndex()) == lines:  # all of the folder is read
                found.append("meddling")
                found.extend(meddle(dialog, folder))
                dialog.reject()

    def agree():
        if isinstance(box := QApplication.activeModalWidget(), QMessageBox):  # whether to delete
            box.button(QMessageBox.StandardButton.Yes).click()

    parent = QWidget()
    qtbot.addWidget(parent)
    timer.timeout.connect(look)
    answers.timeout.connect(agree)
    timer.start(1)
    answers.start(1)
    assert WAYS[way](parent, folder) is None
    timer.stop()
    answers.stop()
    return found[1:]


@pytest.mark.parametrize("way", WAYS)
def test_a_dialog_of_files_cannot_change_what_it_lists(way, tree, monkeypatch, qtbot):
    before = paths(tree)
    assert ask(way, tree, monkeypatch, qtbot) == []
    assert paths(tree) == before


@pytest.mark.qt_log_ignore("^edit: ", "QFileSystemWatcher")
@pytest.mark.parametrize("way", WAYS)
def test_without_the_option_it_can(way, tree, monkeypatch, qtbot):
    """What the test above tries does work where it is allowed."""
    monkeypatch.setattr(file_dialogs, "_OPTIONS", QFileDialog.Option(0))
    monkeypatch.setattr(file_dialogs, "_FOLDERS", QFileDialog.Option.ShowDirsOnly)
    before = paths(tree)
    done = set(ask(way, tree, monkeypatch, qtbot))
    assert done >= {"moved", "qt_new_folder_action", "qt_rename_action", "qt_delete_action"}
    assert paths(tree) != before
