"""Saves and opens workspaces: all tabs in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.exchange.export import Export
from app.recipes.files import SaveError, write_atomically
from app.session import workspace
from app.session.recovery import Left
from app.session.session import Session
from app.session.settings import Settings
from app.session.workspace import SUFFIX, Workspace, WorkspaceError
from app.window.continuing import left_of, recall
from app.window.tabs import Tabs
from engines.model import Prompt
from widgets.window.messages import Messages, Severity
from widgets.window.seed import SeedField

_KINDS = f"Workspaces (*{SUFFIX})"


class Holder(Protocol):
    """What is asked of the window."""

    session: Session
    export: Export
    messages: Messages
    seed: SeedField
    tabs: Tabs

    def settings(self) -> Settings: ...


class Workspaces(QObject):
    """Asks for files; errors become messages, and leave the window as it was."""

    def __init__(self, window: Holder, widget: QWidget) -> None:
        super().__init__(widget)
        self._window, self._widget = window, widget

    def ask_to_save(self) -> None:
        """Let a person choose a name, and write all tabs there."""
        session, export = self._window.session, self._window.export
        offered = Path(export.folder) / f"{session.data.replace('/', '-')}{SUFFIX}"
        path = file_dialogs.save_file(self._widget, "Save workspace", str(offered), _KINDS)
        if path is None:
            return
        path = path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)
        export.folder = str(path.parent)
        made = Workspace(self._window.settings(), left_of(self._window.tabs))
        try:
            write_atomically(path, made.packed())
        except SaveError as error:
            self._window.messages.tell(str(error))
        else:
            self._window.messages.tell(f"Saved {path}.", severity=Severity.NOTE)

    def ask_to_open(self) -> None:
        """Let a person choose a workspace."""
        folder = self._window.export.folder
        path = file_dialogs.open_file(self._widget, "Open workspace", folder, _KINDS)
        if path is not None:
            self.open(path)

    def open(self, path: Path) -> None:
        """Show what a workspace holds."""
        try:
            found = workspace.read(path)
            self._check(found, path)
        except WorkspaceError as error:
            self._window.messages.tell(f"{error}.")
            return
        self._take_up(found.onto(self._window.settings()), found.left)

    def _take_up(self, settings: Settings, left: Left) -> None:
        session, tabs = self._window.session, self._window.tabs
        tabs.make_others()
        session.choose(settings.data, ())  # every row is made anew, with what is to stand in it
        for presenter in tabs.presenters:
            presenter.remember(settings)
        self._window.seed.set_locked(settings.seed_locked)
        session.set_seed(settings.seed)
        session.set_prompt(Prompt(settings.prompt, settings.negative))
        session.choose(settings.data, settings.models[settings.data])
        recall(left, tabs, session)

    def _check(self, found: Workspace, path: Path) -> None:
        """Raise WorkspaceError where none of its models is here, and say which are not."""
        wanted = found.settings.models.get(found.settings.data, ())
        here = self._window.session.cards
        missing = [name for name in wanted if name not in here]
        if missing and len(missing) == len(wanted):
            named = ", ".join(missing[:4])
            raise WorkspaceError(f"{path.name} is of models that are not here: {named}")
        if not wanted:
            raise WorkspaceError(f"{path.name} names no models")
        if missing:
            said = f"{path.name}: not here, and left out: {', '.join(missing)}."
            self._window.messages.tell(said, severity=Severity.WARNING)
