"""Starting and ending the window as a program."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.command.usage import no_window
from app.recipes.files import APP, log_failure
from app.session import settings as remembered
from app.session.settings import Theme
from app.tasks.latent_study import cache_folder
from app.window.window import Window
from engines.checkpoints import leftovers
from engines.checkpoints.catalog import own_root
from widgets.look import theme as look

log = logging.getLogger(__name__)


def run_window(
    device: str | None = None, theme: Theme | None = None, files: Sequence[Path] = ()
) -> int:
    """Open the window, re-make the pictures of `files`, run until closed; the exit status."""
    app = _application()
    app.setApplicationName(APP)
    path = remembered.default_path()
    settings = remembered.load(path)
    if theme:
        settings = replace(settings, theme=theme)
    look.apply(app, look.Mode(settings.theme))
    window = Window(settings, settings_path=path, device=device, folder=own_root())
    _report_exceptions(window)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    window.show_then_begin(files)
    _clean(path.parent, settings.folder, own_root() / "sessions")
    status = app.exec()
    if window.stuck:
        # a job that never yields must not keep the process: nothing else is left to lose
        os._exit(status)
    return status


def _clean(*places: str | Path) -> None:
    """Remove what a killed run left behind, beside the window's own work."""
    folders = [cache_folder(), *(Path(place) for place in places if place)]
    target = partial(leftovers.clean, folders)
    threading.Thread(target=target, name="genscope leftovers", daemon=True).start()


def _application() -> QApplication:
    """The application of Qt; where there is no display the program ends, with one sentence."""
    reasons: list[str] = []

    def hear(kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
        """Qt would abort with pages of advice: its handler hears that before."""
        if kind is not QtMsgType.QtFatalMsg:
            reasons.append(text)
            return
        if sys.stderr is not None:
            sys.stderr.write(f"{APP}: {no_window(reasons)}\n")
            sys.stderr.flush()
        os._exit(1)

    before = qInstallMessageHandler(hear)
    try:
        app = QApplication.instance() or QApplication(sys.argv[:1])
    finally:
        qInstallMessageHandler(before)
    if not isinstance(app, QApplication):
        raise TypeError("a Qt application without widgets is running already")
    return app


def _report_exceptions(window: Window) -> None:
    """A fault in the window becomes a message, with the traceback one click away."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected fault\n%s", details)
        log_failure(platformdirs.user_log_path(APP, appauthor=False), error)
        window.messages.tell(f"Something went wrong: {error or kind.__name__}.", details)

    sys.excepthook = hook
