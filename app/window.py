"""The main window: the shared choice, tabs, messages, the queue, and an orderly end."""

from __future__ import annotations

import base64
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol

import platformdirs
from PySide6.QtCore import QByteArray, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app import settings as remembered
from app.channels import Channels
from app.export import Export
from app.files import APP, SaveError, log_failure
from app.jobs import Jobs
from app.lane import Job
from app.recipes import Recipe, RecipeError, read_png
from app.sampling import Sampling
from app.session import Session, data_title, family_title
from app.settings import Settings, Theme
from engines.catalog import ROOT
from widgets import theme as look
from widgets.chips import Entry
from widgets.job_bar import JobBar
from widgets.messages import Messages, Severity
from widgets.model_picker import ModelPicker
from widgets.sampling_tab import SamplingTab
from widgets.seed import LARGEST, SeedField
from widgets.shortcuts import Shortcut, ShortcutsDialog

log = logging.getLogger(__name__)

SHORTCUTS = (
    Shortcut("Draw", "Ctrl+Enter", "Generate a batch"),
    Shortcut("Draw", "Ctrl+Shift+Enter", "Generate before the jobs that wait"),
    Shortcut("Draw", "Esc", "Stop what this tab is doing"),
    Shortcut("Draw", "Ctrl+R", "New random seed"),
    Shortcut("Queue", "Ctrl+Shift+X", "Cancel the jobs that wait"),
    Shortcut("Queue", "Ctrl+J", "Open or close the queue"),
    Shortcut("Pictures", "Arrow keys", "Move through the pictures"),
    Shortcut("Pictures", "Ctrl+C", "Copy the chosen picture"),
    Shortcut("Pictures", "Ctrl+S", "Save the chosen picture"),
    Shortcut("Pictures", "Ctrl+O or Ctrl+V", "Re-make a saved or copied picture"),
    Shortcut("Plots", "Ctrl+0", "Show the whole plot"),
    Shortcut("Window", "Ctrl+PgUp or Ctrl+PgDown", "Previous or next tab"),
    Shortcut("Window", "F1 or Shift+?", "Show this list"),
    Shortcut("Window", "Ctrl+Q", "Quit"),
)

_FIRST_MODELS = ("mnist/vae", "mnist/flow", "mnist/kde")


class Presenter(Protocol):
    """What the window asks of the presenter of the tab in front."""

    def run(self, *, first: bool) -> None: ...

    def stop(self) -> None: ...

    def save(self) -> None: ...

    def restore(self, recipe: Recipe) -> None: ...

    def settings(self, settings: Settings) -> Settings: ...


@dataclass(frozen=True)
class Parts:
    """What every tab shares."""

    session: Session
    channels: Channels
    jobs: Jobs
    export: Export
    messages: Messages


def _sampling(parts: Parts, settings: Settings, window: QWidget) -> tuple[QWidget, Sampling]:
    tab = SamplingTab(window)
    presenter = Sampling(
        tab, parts.session, parts.channels, parts.jobs, parts.export, parts.messages, window
    )
    presenter.remember(settings)
    return tab, presenter


TABS: tuple[tuple[str, Callable[..., tuple[QWidget, Sampling]]], ...] = (("Sampling", _sampling),)


class Window(QMainWindow):
    """Genscope's one window. `settings_path` None means that nothing is remembered."""

    def __init__(
        self, settings: Settings, *, settings_path: Path | None = None, device: str | None = None,
        root: Path = ROOT,
    ) -> None:  # fmt: skip
        super().__init__()
        self.setWindowTitle("Genscope")
        self.setAcceptDrops(True)
        self._settings, self._path = settings, settings_path
        self.session = Session(device or settings.device, root, self)
        self.channels = Channels(self, prepare=_prepare_lane)
        self.bar, self.messages = JobBar(self), Messages(self)
        self.jobs = Jobs(self.channels.queue, self.bar, self.messages, self)
        self.export = Export(self.messages, self.jobs, self)
        self.picker, self.seed = ModelPicker(self), SeedField(self)
        self.device = QLabel(self)
        self.tabs = QTabWidget(self)
        self.presenters: list[Presenter] = []
        self._awaits_paint = False
        self._files: tuple[Path, ...] = ()
        self.stuck = False
        """Whether a job was still running when the window had closed."""
        self._keys = ShortcutsDialog(SHORTCUTS, self)
        self._build()
        self._add_actions()
        self._join()
        self._recall(settings)

    # building

    def _build(self) -> None:
        unit = look.UNIT
        parts = Parts(self.session, self.channels, self.jobs, self.export, self.messages)
        for title, build in TABS:
            tab, presenter = build(parts, self._settings, self)
            self.tabs.addTab(tab, title)
            self.presenters.append(presenter)
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.device.setProperty("faint", True)
        self.device.setMinimumHeight(3 * unit)  # in line with the job bar, open or closed
        self.device.setToolTip("Where the models compute.")
        top = QHBoxLayout()
        top.setContentsMargins(unit, unit, unit, 0)
        top.setSpacing(2 * unit)
        top.addWidget(self.picker, 1)
        top.addWidget(self.seed)
        layout = QVBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit // 2)
        layout.addLayout(top)
        layout.addWidget(self.messages)
        layout.addWidget(self.tabs, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(unit, 0, unit, unit)
        foot.setSpacing(2 * unit)
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.device, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(foot)
        centre = QWidget(self)
        centre.setLayout(layout)
        self.setCentralWidget(centre)
        self.resize(1280, 800)

    def _add_actions(self) -> None:
        file = self.menuBar().addMenu("&File")
        self._act(file, "&Open picture…", self.ask_recipe, "Ctrl+O")
        self._act(file, "&Paste recipe", self.paste_recipe, "Ctrl+V")
        self._act(file, "&Save picture…", lambda: self._front().save(), "Ctrl+S")
        file.addSeparator()
        self._act(file, "&Quit", self.close, "Ctrl+Q")
        run = self.menuBar().addMenu("&Run")
        self._act(run, "&Generate", lambda: self._front().run(first=False), "Ctrl+Return")
        self._act(
            run, "Generate &first", lambda: self._front().run(first=True), "Ctrl+Shift+Return"
        )
        self._act(run, "&Stop", lambda: self._front().stop(), "Esc")
        self._act(run, "&New seed", self.seed.dice.click, "Ctrl+R")
        run.addSeparator()
        self._act(run, "&Cancel waiting jobs", self.channels.queue.cancel_waiting, "Ctrl+Shift+X")
        self._act(run, "Show &queue", lambda: self.bar.set_open(not self.bar.is_open()), "Ctrl+J")
        view = self.menuBar().addMenu("&View")
        self._act(view, "&Next tab", lambda: self._turn(1), "Ctrl+PgDown")
        self._act(view, "&Previous tab", lambda: self._turn(-1), "Ctrl+PgUp")
        view.addSeparator()
        modes = QActionGroup(self)
        for mode in look.Mode:
            action = self._act(view, f"{mode.value.capitalize()} theme", self._set_theme)
            action.setCheckable(True)
            action.setData(mode.value)
            action.setChecked(mode.value == self._settings.theme)
            modes.addAction(action)
        self._modes = modes
        help_menu = self.menuBar().addMenu("&Help")
        shown = self._act(help_menu, "&Keyboard shortcuts", self._keys.show)
        shown.setShortcuts([QKeySequence("F1"), QKeySequence("Shift+?")])

    def _act(self, menu: QMenu, title: str, do: Callable[[], object], keys: str = "") -> QAction:
        action = menu.addAction(title)
        action.triggered.connect(lambda _checked=False: do())
        if keys:
            action.setShortcut(QKeySequence(keys))
        return action

    def _join(self) -> None:
        self.picker.data_changed.connect(self._picked)
        self.picker.models_changed.connect(self._picked)
        self.seed.changed.connect(self.session.set_seed)
        self.session.data_changed.connect(self._show_choice)
        self.session.models_changed.connect(self._show_choice)
        self.session.seed_changed.connect(lambda: self.seed.set_value(self.session.seed))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._set_theme)
        self._device_channel = self.channels.open("device")
        self._device_channel.stepped.connect(self.device.setText)

    def _front(self) -> Presenter:
        return self.presenters[self.tabs.currentIndex()]

    def _turn(self, by: int) -> None:
        self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % self.tabs.count())

    # the choice

    def show_then_begin(self, files: Sequence[Path] = ()) -> None:
        """Show the window; the lane, and so torch, gets its first job after the first paint."""
        self._files = tuple(files)
        self._awaits_paint = True
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._awaits_paint:
            self._awaits_paint = False
            # the timer fires when the children are painted, too
            QTimer.singleShot(0, self, self._begin_with_files)

    @Slot()
    def _begin_with_files(self) -> None:
        self.begin()
        self.open_files(self._files)

    def begin(self) -> None:
        """Choose what was chosen last, or something worth a look; that draws the first pictures."""
        self.picker.set_entries(self._entries())
        for broken in self.session.broken:
            self.messages.tell(_sentence(broken.reason))
        data = self._settings.data
        if not self.session.of_data(data):
            data = next((card.data for card in self.session.cards.values()), "")
        names = tuple(card.name for card in self.session.of_data(data))
        wanted = self._settings.models.get(data, _FIRST_MODELS)
        chosen = tuple(name for name in wanted if name in names) or names[:3]
        self.picker.choose_data(data)
        self.picker.choose_models(chosen)
        self.session.set_seed(self.seed.value())
        self.session.choose(data, chosen)
        self.tabs.currentWidget().setFocus()
        self._device_channel.submit(_describe_device(self.session))

    def _entries(self) -> tuple[Entry, ...]:
        return tuple(
            Entry(
                card.name, card.data, data_title(card.data), family_title(card), card.family,
                f"{card.recipe}. Data: {card.licence}.",
            )
            for card in self.session.cards.values()
        )  # fmt: skip

    @Slot()
    def _picked(self, _: object = None) -> None:
        self.session.choose(self.picker.data(), self.picker.models())

    @Slot()
    def _show_choice(self) -> None:
        self.picker.choose_data(self.session.data)
        self.picker.choose_models(self.session.models)

    # recipes from outside

    def open_files(self, paths: Sequence[str | Path]) -> None:
        """Re-make the picture of the first file; say what is wrong with any other file."""
        for path in paths:
            self._restore(lambda path=path: read_png(path))  # type: ignore[misc]

    @Slot()
    def ask_recipe(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "Open a picture saved by Genscope", self.export.folder, "PNG pictures (*.png)"
        )
        if path:
            self.open_files([path])

    @Slot()
    def paste_recipe(self) -> None:
        """Re-make what is on the clipboard: a recipe as text, or a picture copied here."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime.hasFormat("image/png"):
            self._restore(lambda: read_png(bytes(mime.data("image/png").data())))
        else:
            self._restore(lambda: Recipe.from_json(mime.text()))

    def _restore(self, read: Callable[[], Recipe]) -> None:
        try:
            recipe = read()
            self.presenters[0].restore(recipe)
        except RecipeError as error:
            self.messages.tell(_sentence(error))
        else:
            self.tabs.setCurrentIndex(0)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        # a picture dragged within the window is no request to re-make it
        if event.source() is None and (mime.hasUrls() or mime.hasFormat("image/png")):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        mime = event.mimeData()
        event.acceptProposedAction()
        if mime.hasUrls():
            self.open_files([url.toLocalFile() or url.toString() for url in mime.urls()])
        else:
            self._restore(lambda: read_png(bytes(mime.data("image/png").data())))

    # what is remembered, and the end

    def _recall(self, settings: Settings) -> None:
        self.seed.set_value(min(settings.seed, LARGEST))
        self.seed.set_locked(settings.seed_locked)
        if settings.folder:
            self.export.folder = settings.folder
        if settings.geometry:
            self.restoreGeometry(QByteArray(base64.b64decode(settings.geometry)))

    def settings(self) -> Settings:
        """The settings as they stand."""
        kept = replace(
            self._settings,
            theme=self._theme(),
            geometry=base64.b64encode(self.saveGeometry().data()).decode(),
            data=self.session.data,
            models={**self._settings.models, self.session.data: self.session.models},
            seed=self.session.seed,
            seed_locked=self.seed.locked(),
            folder=self.export.folder,
        )
        for presenter in self.presenters:
            kept = presenter.settings(kept)
        return kept

    def _theme(self) -> Theme:
        checked = self._modes.checkedAction()
        return checked.data() if checked else "system"

    @Slot()
    def _set_theme(self, _: object = None) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            look.apply(app, look.Mode(self._theme()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide, remember, stop everything, wait a little; a job that never yields stays behind."""
        kept = self.settings()
        self.hide()
        if self._path is not None:
            try:
                remembered.save(kept, self._path)
            except SaveError:
                log.exception("the settings were not saved")
        self.stuck = not self.channels.close(timeout=5.0)
        event.accept()


def _sentence(error: Exception | str) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def _prepare_lane() -> None:
    from engines import devices

    devices.prepare_thread()


def _describe_device(session: Session) -> Job:
    def job() -> Generator[str, None, None]:
        from engines import devices

        yield devices.describe(devices.choose(session.open.device))

    return job


def run_window(
    device: str | None = None, theme: Theme | None = None, files: Sequence[Path] = ()
) -> int:
    """Open the window and run until it is closed; returns the exit status."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("a Qt application without widgets is running already")
    app.setApplicationName("genscope")
    path = remembered.default_path()
    settings = remembered.load(path)
    if theme:
        settings = replace(settings, theme=theme)
    look.apply(app, look.Mode(settings.theme))
    window = Window(settings, settings_path=path, device=device)
    _report_exceptions(window)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    window.show_then_begin(files)
    status = app.exec()
    sys.stdout.flush()
    if window.stuck:
        # a job that never yields must not keep the process: nothing else is left to lose
        os._exit(status)
    return status


def _report_exceptions(window: Window) -> None:
    """A fault in the window becomes a message, with the traceback one click away."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        log.error("unexpected fault\n%s", details)
        log_failure(platformdirs.user_log_path(APP, appauthor=False), error)
        window.messages.tell(
            f"Something went wrong: {error or kind.__name__}.", details, Severity.ERROR
        )

    sys.excepthook = hook
