"""A hand in the real window: mouse and key events on what is in view, and what must not move.

The benchmark of the window, the test of calm and the program that is killed share it.
"""

from contextlib import nullcontext

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QWidget

from widgets.plots.heatmap import HeatMap

LEFT, BARE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SAMPLE, FILL, WALK, DENSITY, USES, LEARN = range(6)


def stub_dialogs(setattr_=setattr):
    """No dialog of files, no menu and no drag waits for an answer."""
    for name in ("getOpenFileName", "getSaveFileName"):
        setattr_(QFileDialog, name, lambda *_a, **_k: ("", ""))
    setattr_(QFileDialog, "getExistingDirectory", lambda *_a, **_k: "")
    setattr_(QMenu, "popup", lambda *_a, **_k: None)


def close_dialogs(window):
    """Close what an act has opened beside the window."""
    for other in QApplication.topLevelWidgets():
        if isinstance(other, QDialog) and other is not window and other.isVisible():
            other.close()


def click(widget, at=None):
    """A plain click in the middle, or at a place of the widget."""
    if widget is not None and widget.isVisible() and widget.isEnabled():
        QTest.mouseClick(widget, LEFT, BARE, at or widget.rect().center())


def drag(widget, *places):
    """Press, move over these places, and release."""
    QTest.mousePress(widget, LEFT, BARE, places[0])
    for place in places[1:]:
        QTest.mouseMove(widget, place)
    QTest.mouseRelease(widget, LEFT, BARE, places[-1])


def wheel(widget, turns, at=None):
    """Turn the wheel over a widget."""
    place = QPointF(at or widget.rect().center())
    event = QWheelEvent(
        place,
        widget.mapToGlobal(place),
        QPoint(),
        QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton,
        BARE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def places(window):
    """Where every widget in view is, but for the messages: by the widget's id."""
    found = {}
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.window() is window and not _says(window, widget):
            found[id(widget)] = QRect(widget.mapTo(window, QPoint()), widget.size())
    return found


def _says(window, widget):
    return widget is window.messages or window.messages.isAncestorOf(widget)


def shift(window, act, measuring=nullcontext):
    """By how many pixels what is in view moves when this is done, before anything else happens.

    To look where everything is takes longer than the act: `measuring()` is round that.
    """
    _lay_out()
    with measuring():
        before = places(window)
    act()
    _lay_out()
    with measuring():
        after = places(window)
    pairs = [(box, after[key]) for key, box in before.items() if key in after]
    return max(
        max(abs(a - b) for a, b in zip(box.getRect(), now.getRect(), strict=True))
        for box, now in pairs
    )


def _lay_out():
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)


class Hand:
    """Acts in a window, each a few events; what is not there yet is left alone."""

    def __init__(self, window):
        self.window = window

    def front(self, place):
        """Bring a tab to the front by a click on it; its widget and presenter."""
        bar = self.window.tabs.tabBar()
        if self.window.tabs.isTabEnabled(place):
            QTest.mouseClick(bar, LEFT, BARE, bar.tabRect(place).center())
        at = self.window.tabs.currentIndex()
        return self.window.tabs.widget(at), self.window.presenters[at]

    def key(self, key, modifier=BARE, on=None):
        QTest.keyClick(on or QApplication.focusWidget() or self.window, key, modifier)

    # the window

    def new_seed(self):
        click(self.window.seed.dice)

    def turn_queue(self):
        self.key(Qt.Key.Key_J, CONTROL, self.window)

    def stop(self):
        self.window.running.stop()

    def choose_data(self):
        """The next data set, by a key."""
        combo = self.window.picker.combo
        self.key(Qt.Key.Key_Down, on=combo)

    def turn_family(self, name):
        click(self.window.picker.chip(name))

    # sampling

    def turn_knob(self):
        tab, _ = self.front(SAMPLE)
        for section in tab._sections.values():
            for knob in section.panel.knobs.values():
                if slider := getattr(knob.field, "slider", None):
                    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
                        self.key(key, on=slider)
                    return

    def choose_sample(self):
        tab, _ = self.front(SAMPLE)
        for name in tab.names():
            body = tab.column(name).body
            if hasattr(body, "tile_rect") and body.count():
                click(body.viewport(), body.tile_rect(0).center().toPoint())
                wheel(body.viewport(), -1)

    def generate(self):
        self.front(SAMPLE)
        self.key(Qt.Key.Key_Return, CONTROL, self.window)

    # in-painting

    def paint(self, begin=(-40, -20), end=(40, 30)):
        """A stroke through the middle of the picture, from and to there; whether there is one."""
        _, presenter = self.front(FILL)
        editor = presenter.editor
        if editor is None or not hasattr(editor.desk, "canvas") or editor.source.picture is None:
            return False
        canvas = editor.desk.canvas
        middle = canvas.rect().center()
        drag(canvas, middle + QPoint(*begin), middle, middle + QPoint(*end))
        return True

    def undo(self):
        self.front(FILL)
        self.key(Qt.Key.Key_Z, CONTROL)

    def next_picture(self):
        """The next example; whether there is one."""
        _, presenter = self.front(FILL)
        editor = presenter.editor
        if editor is None or getattr(editor.source, "picture", None) is None:
            return False
        editor.source.bar.step(1)
        return True

    def fill(self):
        tab, _ = self.front(FILL)
        click(tab.fill)

    # interpolation

    def walk(self):
        tab, _ = self.front(WALK)
        slider = tab.player.slider
        for key in (Qt.Key.Key_PageUp, Qt.Key.Key_Right, Qt.Key.Key_PageUp):
            self.key(key, on=slider)

    def play(self):
        tab, _ = self.front(WALK)
        click(tab.player.play)

    def turn_keys(self):
        tab, _ = self.front(WALK)
        click(tab.source.next)

    # density

    def heat(self):
        """The first map in view, None while there is none."""
        tab, _ = self.front(DENSITY)
        return next((heat for heat in tab.findChildren(HeatMap) if heat.isVisible()), None)

    def zoom(self):
        if (heat := self.heat()) is not None:
            wheel(heat.viewport(), 2)
            QTest.mouseMove(heat.viewport(), heat.viewport().rect().center())

    def go_home(self):
        if (heat := self.heat()) is not None:
            self.key(Qt.Key.Key_0, CONTROL, heat)

    def point(self):
        if (heat := self.heat()) is not None:
            click(heat.viewport())

    # pages

    def turn_page(self, place):
        """Each page of a tab in turn."""
        tab, _ = self.front(place)
        group = getattr(tab, "_buttons", None) or getattr(
            next(iter(tab.findChildren(QWidget, "pages")), None), "_buttons", None
        )
        buttons = [b for b in group.buttons() if b.isEnabled()] if group is not None else []
        if buttons:
            now = next((i for i, b in enumerate(buttons) if b.isChecked()), 0)
            click(buttons[(now + 1) % len(buttons)])

    # learning

    def draw_points(self):
        tab, presenter = self.front(LEARN)
        if getattr(presenter, "desk", None) is not None:
            middle = tab.data.canvas.rect().center()
            drag(tab.data.canvas, middle, middle + QPoint(30, 10), middle + QPoint(50, -20))

    def learn(self):
        tab, presenter = self.front(LEARN)
        if getattr(presenter, "desk", None) is not None:
            click(tab.bench.transport.play)
