"""The main window: the shared choice, tabs, messages, the queue, and an orderly end."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QTimer, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QMouseEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QWidget,
)

from app.exchange.export import Export
from app.exchange.figures import Figures
from app.exchange.intake import Intake, accepts, sentence
from app.exchange.travel import Travel
from app.library.library import Library
from app.library.outside import is_model
from app.models.device import describe, prepare_lane
from app.models.titles import data_title, family_title, tip_of
from app.session.session import Session
from app.session.settings import Settings, Theme
from app.session.workspace import SUFFIX
from app.tab.parts import Parts
from app.window import menus
from app.window.about import About
from app.window.commands import commands_of
from app.window.families import Families
from app.window.folders import Folders
from app.window.foot import Foot
from app.window.keeping import Keeping
from app.window.restoring import restore
from app.window.running import Running
from app.window.stage import Stage, fitting
from app.window.tabs import Tabs
from app.window.workspaces import Workspaces
from app.work.channels import Channels
from app.work.collector import Collector
from app.work.jobs import Jobs
from app.work.watch import Watch
from engines.checkpoints.catalog import ROOT
from engines.model import Card, Prompt
from widgets.controls.shortcuts import ShortcutsDialog
from widgets.look import focus, lay
from widgets.look import theme as look
from widgets.look.frames import DropFrame, scrolled
from widgets.pictures.size import ThumbnailSize
from widgets.queue.job_bar import JobBar
from widgets.window.chips import Entry
from widgets.window.glossary import GlossaryDialog
from widgets.window.messages import Messages
from widgets.window.model_picker import ModelPicker
from widgets.window.seed import LARGEST, SeedField

CLOSING_SECONDS = 5.0
_VIEW = 2  # the menu that the themes are in
_FIRST_MODELS = ("mnist/vae", "mnist/flow", "mnist/kde")


class Window(QMainWindow):
    """Genscope's one window. `settings_path` None means that nothing is remembered, `folder` None
    that no results are kept.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        settings_path: Path | None = None,
        device: str | None = None,
        root: Path = ROOT,
        folder: Path | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("Genscope")
        self._drop = DropFrame(self)
        self._settings = settings
        self._files: tuple[Path, ...] = ()
        self._awaits_paint = False
        self.stuck = False
        """Whether a job was still running when the window had closed."""
        self.collector = Collector(self)
        self.session = Session(device or settings.device, root, self)
        self.channels = Channels(self, prepare=self._prepare_lane)
        self.bar, self.messages = JobBar(self), Messages(self)
        self.jobs = Jobs(self.channels.queue, self.bar, self.messages, self)
        self.watch = Watch(
            self.channels, self.jobs, self.messages, lambda: self.session.cards, self
        )
        self.export = Export(self.messages, self.jobs, self)
        self.figures = Figures(self.export, self.messages, self)
        self.folders = Folders(self.session, self.channels, self.export, self.messages, self)
        self.intake = Intake(
            partial(restore, self), self._adopt, self._open_folder, self.export, self.messages, self
        )
        self.library = Library(
            self.session,
            self.channels,
            self.jobs,
            self.messages,
            self,
            self.admit,
            self.withdraw,
            self.reread,
        )
        self.travel = Travel(self)
        self.picker, self.seed = ModelPicker(self), SeedField(self)
        parts = Parts(
            self.session,
            self.channels,
            self.jobs,
            self.export,
            self.figures,
            self.intake,
            self.travel,
            self.messages,
            settings,
        )
        self.stage = Stage(self, self, self.session, settings.zoom)
        self.tabs = Tabs(parts, self)
        self.presenters = self.tabs.presenters
        self.running = Running(self, self)
        self.families = Families(self.session, self)
        self.glossary: GlossaryDialog | None = None
        self.workspaces = Workspaces(self, self)
        self.about = About(self.messages, self)
        self.keeping = Keeping(self, self, settings, settings_path, folder)
        self._commands = commands_of(self)
        self._arrange()
        menus.fill(self.menuBar(), self._commands)
        view = self.menuBar().actions()[_VIEW].menu()
        assert isinstance(view, QMenu)
        self._modes = menus.add_themes(view, self.set_theme, self)
        self._join()
        self._recall(settings)

    @cached_property
    def keys(self) -> ShortcutsDialog:
        """The list of keys, made when it is first asked for."""
        return ShortcutsDialog(menus.shortcuts(self._commands), self)

    def _prepare_lane(self) -> None:
        """On the lane's thread, and on each that takes over from one that was left behind."""
        prepare_lane()
        self.session.open.forget()

    def _arrange(self) -> None:
        unit = look.UNIT
        head, foot = QWidget(self), Foot(self.bar, self)
        self.device = foot.device
        lay.across((self.picker, 1), self.seed, on=head, margins=(unit, unit, unit, 0))
        self._around = head, foot
        centre = QWidget(self)
        # where a window is smaller than a tab can be, or the zoom is large, the tab scrolls
        area = scrolled(self.tabs, sideways=True)
        lay.down(head, (area, 1), foot, on=centre, spacing=unit // 2)
        self.messages.setParent(centre)
        self.messages.lie_over(area)
        self.setCentralWidget(centre)
        self.resize(fitting(self.screen()))

    def around(self) -> tuple[QWidget, ...]:
        """What stands above and below the tabs."""
        return self.menuBar(), *self._around

    def _join(self) -> None:
        self.picker.library_wanted.connect(self.library.show)
        self.picker.data_changed.connect(self._picked)
        self.picker.models_changed.connect(self._picked)
        self.seed.changed.connect(self.session.set_seed)
        self.session.catalogue_changed.connect(self.reread)
        self.session.data_changed.connect(self._show_choice)
        self.session.models_changed.connect(self._show_choice)
        self.session.seed_changed.connect(self._show_seed)
        self.travel.arrived.connect(self.tabs.show_task)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self.set_theme)
        self._device_channel = self.channels.open("starting")
        self._device_channel.stepped.connect(self.device.setText)

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
        self.intake.open_files(self._files)

    def begin(self) -> None:
        """Choose what was chosen last, or something worth a look; that draws the first pictures."""
        self.watch.start()
        self.tabs.make_others()
        self.stage.begin()
        self.picker.set_entries(self._entries())
        for broken in self.session.broken:
            self.messages.tell(sentence(broken.reason))
        if not self.session.cards:
            self.keeping.begin()
            self.messages.tell(
                f"There are no models in {self.session.root}. Reinstall Genscope, or train "
                "one: python -m engines.training mnist/vae."
            )
            return
        data = self._settings.data
        if not self.session.of_data(data):
            data = next((card.data for card in self.session.cards.values()), "")
        names = tuple(card.name for card in self.session.of_data(data))
        wanted = self._settings.models.get(data, _FIRST_MODELS)
        chosen = tuple(name for name in wanted if name in names) or names[:3]
        for known, models in self._settings.models.items():
            self.picker.choose_data(known)
            self.picker.choose_models(models)
        self.picker.choose_data(data)
        self.picker.choose_models(chosen)
        self.session.set_seed(self.seed.value())
        self.library.pin_again(self._settings.pinned)
        self.session.choose(data, chosen)
        self.tabs.currentWidget().setFocus()
        self._device_channel.submit(describe(self.session.open.device))
        self.keeping.begin()

    def show_term(self, word: str) -> None:
        """Open the glossary at a word: badges and "?" ask for it, see widgets/look/explain.py."""
        if self.glossary is None:
            self.glossary = GlossaryDialog(self)
        self.glossary.show_term(word)

    def fill_with(self, widget: QWidget) -> None:
        """Give the card of a widget the whole page, see widgets/look/filling.py."""
        self.stage.fill_with(widget)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes as the eye does, whatever was made first."""
        return focus.step(self, forward)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.stage.fill_with(self.childAt(event.position().toPoint()))

    def _open_folder(self, path: Path) -> None:
        """Take what was brought: a model, a workspace, else pictures."""
        if is_model(path):
            self.library.add(str(path))
        elif path.suffix.lower() == SUFFIX:
            self.workspaces.open(path)
        else:
            self.folders.open(path)

    def admit(self, card: Card) -> None:
        """Offer a model from outside and choose it."""
        self.session.add(card)
        self.picker.set_entries(self._entries())
        self.session.choose(card.data, (*self.session.models, card.name))

    def withdraw(self, card: Card) -> None:
        """Offer a model from outside no longer."""
        self.session.remove(card.name)
        self.picker.set_entries(self._entries())
        self._picked()

    @Slot()
    def reread(self) -> None:
        """Offer the models that there are now: one of the user's own has come, gone or a new name.

        Where those on show are gone, others of their data are chosen, or of the first data set.
        """
        self.session.rescan()
        self.picker.set_entries(self._entries())
        self._picked()

    def _entries(self) -> tuple[Entry, ...]:
        return tuple(
            Entry(
                card.name,
                card.data,
                data_title(card.data),
                family_title(card),
                card.family,
                tip_of(card),
                section=card.kind.things.capitalize(),
            )
            for card in self.session.cards.values()
        )

    @Slot()
    def _picked(self, _: object = None) -> None:
        self.session.choose(self.picker.data(), self.picker.models())

    @Slot()
    def _show_choice(self) -> None:
        data, models = self.session.data, self.session.models
        self.picker.choose_data(data)
        self.picker.choose_models(models)
        known = {**self._settings.models, data: models}
        self._settings = replace(self._settings, models=known)

    @Slot()
    def _show_seed(self) -> None:
        self.seed.set_value(self.session.seed)

    # recipes from outside

    def _adopt(self, source: Path | bytes) -> bool:
        """Offer a picture without a recipe to the tab in front."""
        return self.tabs.front().adopt(source)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # a picture dragged within the window is no request to re-make it; one of the history is
        inside = isinstance(source := event.source(), QWidget) and source.window() is self
        if not inside and accepts(event.mimeData()):
            event.acceptProposedAction()
            self._drop.offer()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.intake.take(event.mimeData())

    # what is remembered, and the end

    def _recall(self, settings: Settings) -> None:
        self.seed.set_value(min(settings.seed, LARGEST), remember=False)
        self.seed.set_locked(settings.seed_locked)
        for action in self._modes.actions():
            action.setChecked(action.data() == settings.theme)
        ThumbnailSize.of().set_width(settings.thumbnail)
        self.library.places = list(settings.recents)
        self.session.set_prompt(Prompt(settings.prompt, settings.negative))
        if settings.folder:
            self.export.folder = settings.folder
        with contextlib.suppress(ValueError):  # not base64: somebody has edited the file
            self.restoreGeometry(QByteArray(base64.b64decode(settings.geometry)))

    def settings(self) -> Settings:
        """The settings as they stand."""
        kept = replace(
            self._settings,
            theme=self._theme(),
            zoom=self.stage.percent,
            thumbnail=ThumbnailSize.of().width(),
            geometry=base64.b64encode(self.saveGeometry().data()).decode(),
            data=self.session.data,
            seed=self.session.seed,
            seed_locked=self.seed.locked(),
            folder=self.export.folder,
            recents=tuple(self.library.places),
            pinned=self.library.pinned(),
            prompt=self.session.prompt.text,
            negative=self.session.prompt.negative,
        )
        for presenter in self.presenters:
            kept = presenter.settings(kept)
        return self.keeping.settings(kept)

    def _theme(self) -> Theme:
        checked = self._modes.checkedAction()
        return checked.data() if checked else "system"

    @Slot()
    def set_theme(self, _: object = None) -> None:
        """Take up the mode ticked in the menu, or the system's new colours."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            look.apply(app, look.Mode(self._theme()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide, remember, stop everything, wait a little; a job that never yields stays behind."""
        self.watch.stop()
        self.keeping.look()  # before it is hidden: what is not visible has no sizes
        self.hide()
        ended = self.channels.close(timeout=CLOSING_SECONDS)
        ended = self.keeping.close(timeout=CLOSING_SECONDS) and ended
        ended = self.intake.close(timeout=CLOSING_SECONDS) and ended
        self.stuck = not (self.library.close(timeout=CLOSING_SECONDS) and ended)
        self.collector.stop()
        event.accept()
