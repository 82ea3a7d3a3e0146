"""The real window on a small catalogue, and a stage hand that waits and points at things."""

import shutil
import threading

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.session.settings import Settings
from app.window.window import Window
from tests.checkpoints import ship_flows, ship_kernels
from widgets.look.state import State

PATIENCE = 20_000  # milliseconds until a test that hangs is called a failure
LEFT = Qt.MouseButton.LeftButton

DIGITS = Settings(
    data="mnist", models={"mnist": ("mnist/kde",), "moons": ("moons/kde",)}, count=6, seed=7
)
BOTH = Settings(data="mnist", models={"mnist": ("mnist/flow", "mnist/kde")}, count=6, seed=7)
PLANE = Settings(data="moons", models={"moons": ("moons/flow", "moons/kde")}, seed=7)


class Stage:
    """One window: where its parts are, what they show, and how a hand gets there."""

    def __init__(self, window, qtbot):
        self.window, self.qtbot = window, qtbot
        self.tab = window.tabs.widget(0)
        self.viewer = self.tab.viewer

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=PATIENCE)

    def column(self, name):
        return self.tab.column(name)

    def picture(self, name, i=0):
        return self.column(name).body.picture(i)

    def recipe(self, name, i=0):
        return self.window.presenters[0].recipe(name, i)

    def shows(self, name, **wanted):
        """Whether a finished draw with these fields of the recipe is on show."""
        column = self.column(name)
        recipe = self.recipe(name) if column is not None else None
        if recipe is None or column.state is not State.READY:
            return False
        return all(getattr(recipe, key) == value for key, value in wanted.items())

    def until_shows(self, *names, **wanted):
        self.until(lambda: all(self.shows(name, **wanted) for name in names))

    def ready(self):
        """Wait until every chosen model has drawn."""
        self.until(lambda: self.tab.names() and all(map(self.shows, self.tab.names())))

    def said(self):
        """The messages in view, the newest first."""
        return [row.text for row in self.window.messages.rows]

    def click(self, widget, at=None, button=LEFT):
        QTest.mouseClick(widget, button, Qt.KeyboardModifier.NoModifier, at or QPoint())

    def click_picture(self, name, i):
        gallery = self.column(name).body
        self.click(gallery.viewport(), gallery.tile_rect(i).center().toPoint())

    def button(self, text, within=None):
        """The one button in view with this text."""
        buttons = (within or self.window).findChildren(QPushButton)
        (found,) = [b for b in buttons if b.text() == text and b.isVisible()]
        return found

    def press(self, keys, modifier=Qt.KeyboardModifier.NoModifier):
        QTest.keyClick(QApplication.focusWidget() or self.window, keys, modifier)

    def drop(self, *paths, on=None):
        """Drop files on the window or another one, as a file manager does."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        self.drop_mime(mime, on)

    def drop_mime(self, mime, on=None):
        on = on or self.window
        centre, copy = on.rect().center(), Qt.DropAction.CopyAction
        bare = Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(centre, copy, mime, LEFT, bare)
        QApplication.sendEvent(on, enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(centre), copy, mime, LEFT, bare)
        QApplication.sendEvent(on, drop)
        self.taken_in()

    def taken_in(self):
        """Wait until what was dropped, opened or pasted has been read."""
        self.until(lambda: not self.window.intake.pending)

    def close(self):
        """Close the window and delete it; whether every job had ended."""
        window, self.window = self.window, None
        if window is None:
            return True
        window.close()
        stuck = window.stuck
        window.deleteLater()
        QApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
        return not stuck


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    """Made once; tests that damage it take `root`."""
    return ship_flows(ship_kernels(tmp_path_factory.mktemp("assets")))


@pytest.fixture
def root(catalogue, tmp_path):
    """A catalogue of the test's own."""
    return shutil.copytree(catalogue, tmp_path / "assets")


@pytest.fixture
def open_window(qtbot, catalogue):
    """Open a window on a catalogue and let it begin; it is closed cleanly after the test."""
    stages, before = [], set(threading.enumerate())

    def open_it(settings=DIGITS, root=catalogue, **more):
        window = Window(settings, root=root, device="cpu", **more)
        stages.append(Stage(window, qtbot))
        window.show()
        window.activateWindow()
        qtbot.waitActive(window, timeout=PATIENCE)
        window.begin()
        return stages[-1]

    yield open_it
    assert all([stage.close() for stage in stages])
    for thread in set(threading.enumerate()) - before:
        thread.join(1.0)
    assert set(threading.enumerate()) <= before
