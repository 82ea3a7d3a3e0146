"""Help → About: the version, the licences of what is shipped, and the folders of this user."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.recipes.files import APP
from app.recipes.recipe import VERSION
from app.session.settings import default_path
from engines.checkpoints.catalog import ROOT, own_models
from widgets.window.about import AboutDialog, Place
from widgets.window.messages import Messages

LICENCES = ROOT.parent / "LICENSES.md"


class About:
    """The dialog, made when it is first opened."""

    def __init__(self, messages: Messages, parent: QWidget) -> None:
        self._messages, self._parent = messages, parent
        self.dialog: AboutDialog | None = None

    def show(self) -> None:
        """Open it, or bring it to the front."""
        if self.dialog is None:
            self.dialog = AboutDialog(VERSION, licences(), places(), self.open_folder, self._parent)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def open_folder(self, path: Path) -> None:
        """Show a folder in the file manager; one that does not exist yet is made."""
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._messages.tell(f"The folder {path} cannot be opened: {reason}.")
            return
        if not show_folder(path):
            self._messages.tell(f"No program opens the folder {path}. Open it by hand.")


def show_folder(path: Path) -> bool:
    """Ask the system to show a folder; whether it could."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def places() -> tuple[Place, ...]:
    """Where settings, the user's own models and logs lie."""
    return (
        Place("Settings", default_path().parent),
        Place("Your models", own_models().parent),
        Place("Logs", platformdirs.user_log_path(APP, appauthor=False)),
    )


def licences() -> str:
    """The licences of what is shipped, as Markdown."""
    try:
        return LICENCES.read_text(encoding="utf-8")
    except OSError:
        return f"The file {LICENCES} is missing. The code of Genscope is under the MIT licence."
