"""The only place that opens dialogs of files: a person chooses a name, and nothing else happens.

Where a desktop has no dialog of its own, Qt shows one that can rename, move and delete what it
lists, by a drag or by one key. Read-only it cannot, nor make folders; saving asks for a name, and
the program writes the file afterwards.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

_OPTIONS = QFileDialog.Option.ReadOnly
_FOLDERS = QFileDialog.Option.ReadOnly | QFileDialog.Option.ShowDirsOnly


def open_file(parent: QWidget, title: str, folder: str, kinds: str) -> Path | None:
    """Ask for a file that is there, of `kinds` ("Pictures (*.png)"); None when cancelled."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title, folder, kinds, "", _OPTIONS)
    return Path(chosen) if chosen else None


def open_folder(parent: QWidget, title: str, folder: str) -> Path | None:
    """Ask for a folder that is there; None when cancelled."""
    chosen = QFileDialog.getExistingDirectory(parent, title, folder, _FOLDERS)
    return Path(chosen) if chosen else None


def save_file(parent: QWidget, title: str, offered: str, kinds: str) -> Path | None:
    """Ask for a name to save under, `offered` (with its folder) filled in; None when cancelled."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, offered, kinds, "", _OPTIONS)
    return Path(chosen) if chosen else None
