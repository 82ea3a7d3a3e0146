"""The window as a whole: what it remembers, how it ends, its keys, and words for every control."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QSlider,
)

from app.session import settings as remembered
from app.session.settings import Settings
from tests.windows import BOTH, DIGITS
from widgets.controls.shortcuts import ShortcutsDialog
from widgets.mask import keys as mask_keys

KDE, FLOW = "mnist/kde", "mnist/flow"
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, QLineEdit)


@pytest.fixture
def looks(qapp):
    """Themes may change; the application looks as before afterwards."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().name()
    yield
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setStyle(style)


# what is remembered


def test_everything_chosen_is_there_when_the_window_opens_again(open_window, tmp_path, looks):
    path = tmp_path / "settings.json"
    stage = open_window(Settings(), settings_path=path)
    stage.ready()
    stage.window.picker.combo.activated.emit(stage.window.picker.combo.findData("moons"))
    stage.ready()
    stage.window.picker.choose_models(["moons/kde"])
    stage.window.picker.models_changed.emit(("moons/kde",))
    stage.window.picker.combo.activated.emit(stage.window.picker.combo.findData("mnist"))
    stage.window.picker.choose_models([FLOW, KDE])
    stage.window.picker.models_changed.emit((FLOW, KDE))
    stage.until_shows(FLOW, KDE)
    stage.tab._sections[KDE].panel.knobs["bandwidth"].field.number.setValue(0.35)
    stage.tab.count.setValue(9)
    stage.tab.classes.setCurrentIndex(stage.tab.classes.findData(1))
    stage.window.seed.box.setValue(4_000_000_000)
    stage.window.seed.lock.click()
    next(a for a in stage.window._modes.actions() if a.data() == "dark").trigger()
    stage.window.resize(790, 640)  # a window larger than the screen would be cut
    assert stage.close()

    again = open_window(remembered.load(path), settings_path=path)
    again.ready()
    assert again.window.picker.data() == "mnist"
    assert again.window.picker.models() == (FLOW, KDE)
    assert again.window.seed.value() == 4_000_000_000
    assert again.window.seed.locked()
    assert (again.tab.live_count(), again.tab.class_mode()) == (9, 1)
    assert again.tab.knobs(KDE) == {"bandwidth": 0.35}
    assert again.window._modes.checkedAction().data() == "dark"
    assert again.window.height() == 640
    for name in (FLOW, KDE):
        assert again.shows(name, seed=4_000_000_000, count=9, label=1)
    again.window.picker.combo.activated.emit(again.window.picker.combo.findData("moons"))
    assert again.tab.names() == ("moons/kde",)
    again.until_shows("moons/kde")


def test_a_window_that_remembers_nothing_opens_on_something(open_window):
    stage = open_window(Settings())
    stage.ready()
    assert set(stage.tab.names()) <= {"mnist/vae", FLOW, KDE}


def test_settings_of_another_catalogue_and_too_large_a_seed_do_no_harm(open_window):
    strange = Settings(
        data="atlantis", models={"mnist": ("mnist/gan",)}, seed=2**64 - 1, classes=9, count=99_999
    )
    stage = open_window(strange)
    stage.ready()
    assert stage.tab.class_mode() == "all"
    assert stage.tab.live_count() == 400


@pytest.mark.parametrize("geometry", ["a", "äö"])
def test_a_damaged_geometry_does_not_keep_the_window_shut(open_window, geometry):
    open_window(replace(DIGITS, geometry=geometry)).ready()


def test_a_window_without_models_says_so(open_window, tmp_path):
    stage = open_window(root=tmp_path)
    (said,) = stage.said()
    assert said.startswith(f"There are no models in {tmp_path}.")
    stage.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert stage.window.channels.queue.waiting() == ()


def test_settings_that_cannot_be_saved_do_not_keep_the_window_open(open_window, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    stage = open_window(DIGITS, settings_path=tmp_path / "file" / "settings.json")
    stage.ready()
    (said,) = stage.said()
    assert said.startswith("The settings will not be remembered: a part of its path is a file (")
    assert stage.close()
    assert "the settings were not saved" in caplog.text
    assert "Traceback" not in caplog.text


# the end


def test_closing_stops_a_batch_that_runs_and_those_that_wait(open_window, puppets):
    puppets[KDE].allow()
    before = set(threading.enumerate())
    stage = open_window(DIGITS)
    stage.ready()
    puppet = puppets[KDE]
    puppet.steps = 1000
    for _ in range(3):
        stage.window.presenters[0].generate(100)
    stage.until(lambda: puppet.asked[-1].count == 32)
    (lane,) = [thread for thread in threading.enumerate() if thread.name == "lane"]

    def feed():
        while lane.is_alive():
            puppet.allow()
            lane.join(0.01)

    feeder = threading.Thread(target=feed)
    feeder.start()
    assert stage.close()
    feeder.join()
    assert [request.count for request in puppet.closed] == [6, 32]
    assert set(threading.enumerate()) <= before


def test_a_job_that_never_yields_holds_the_window_no_longer_than_the_time_out(
    open_window, puppets, monkeypatch
):
    puppets[KDE].allow()
    stage = open_window(DIGITS)
    stage.ready()
    stage.window.presenters[0].generate(100)
    stage.until(lambda: puppets[KDE].asked[-1].count == 32)
    monkeypatch.setattr("app.window.window.CLOSING_SECONDS", 0.05)
    (lane,) = [thread for thread in threading.enumerate() if thread.name == "lane"]
    assert not stage.close()
    assert lane.is_alive()
    puppets[KDE].allow()
    lane.join(20)
    assert not lane.is_alive()


# the keys


def test_the_keys_of_the_list_do_what_it_says(open_window):
    stage = open_window(DIGITS)
    stage.ready()
    window, seed = stage.window, stage.window.seed
    QTest.keyClick(window, Qt.Key.Key_R, CONTROL)
    assert seed.value() != 7
    QTest.keyClick(window, Qt.Key.Key_J, CONTROL)
    assert window.bar.is_open()
    QTest.keyClick(window, Qt.Key.Key_J, CONTROL)
    assert not window.bar.is_open()
    stage.tab.batch.setValue(8)
    QTest.keyClick(window, Qt.Key.Key_Return, CONTROL)
    stage.until_shows(KDE, count=8)
    for key, modifier in (
        (Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_Question, SHIFT),
    ):
        QTest.keyClick(window, key, modifier)
        (dialog,) = window.findChildren(ShortcutsDialog)
        assert dialog.isVisible()
        dialog.close()
        stage.qtbot.waitActive(window)


def test_every_key_of_the_list_is_a_key_of_the_window(open_window):
    stage = open_window(DIGITS)
    actions = [a for menu in stage.window.menuBar().actions() for a in menu.menu().actions()]
    known = {keys.toString() for action in actions for keys in action.shortcuts()}
    # of galleries, plots and tabs themselves
    elsewhere = {
        *("A", "D", "S", "E", "[", "]", "Ctrl+Z", "Ctrl+Y", "Ctrl+Shift+Z"),
        "Arrow keys",
        "Ctrl+C",
        "Ctrl+0",
        "O",
        "Shift+Arrow keys",
        "Home",
        "End",
        "X",
        "Space",
        "Ctrl+Wheel",
        "Left",
        "Right",
        "Double-click",
        "Enter",
        "+",
        "-",
    }
    for shortcut in set(stage.window.keys.shown()) - set(mask_keys.SHORTCUTS):
        for keys in set(shortcut.keys.split(" or ")) - elsewhere:
            assert keys.replace("Enter", "Return") in known


def test_the_dice_is_still_while_the_seed_is_locked(open_window):
    stage = open_window(replace(DIGITS, seed_locked=True))
    stage.ready()
    QTest.keyClick(stage.window, Qt.Key.Key_R, CONTROL)
    assert stage.window.seed.value() == 7


# words and ways for every control


def inner(widget):
    """Whether a control is only a part of another one."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, (QAbstractSpinBox, QComboBox)):
            return True
        above = above.parentWidget()
    return widget.objectName().startswith("qt_")


def controls(stage):
    stage.window.bar.set_open(True)
    stage.click_picture(KDE, 0)
    found = [w for kind in CONTROLS for w in stage.window.findChildren(kind)]
    found = [w for w in found if w.isVisible() and not inner(w)]
    assert len(found) > 15
    return found


def describe(widget):
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return f"{type(widget).__name__} {widget.accessibleName() or text}".strip()


def test_every_control_has_a_name_and_a_tip_of_at_most_two_sentences(open_window):
    stage = open_window(BOTH)
    stage.ready()
    for widget in controls(stage):
        text = widget.text() if isinstance(widget, QAbstractButton) else ""
        tip = widget.toolTip()
        assert widget.accessibleName() or text, type(widget)
        assert tip, describe(widget)
        ends = [end for end in (". ", "? ", "! ") for _ in range(tip.count(end))]
        assert len(ends) + 1 <= 2, f"{describe(widget)}: {tip}"


def test_the_tab_key_reaches_every_control(open_window):
    stage = open_window(BOTH)
    stage.ready()
    wanted = {
        widget
        for widget in controls(stage)
        if widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    missed = [describe(w) for w in controls(stage) if w.isEnabled() and w not in wanted]
    assert missed == []
    reached, first = set(), QApplication.focusWidget()
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
        if QApplication.focusWidget() is first:
            break
    assert [describe(widget) for widget in wanted - reached] == []
    assert stage.column(KDE).body in reached
    assert stage.window.bar.list in reached


def test_the_window_is_up_before_torch_plots_and_the_other_tabs_are():
    script = """
import sys
from PySide6.QtWidgets import QApplication
from app.session.settings import Settings
from app.window.window import Window

app = QApplication([])
window = Window(Settings())
window.show()
app.processEvents()
heavy = {"torch", "diffusers", "transformers", "sklearn", "pyqtgraph"} & set(sys.modules)
others = ("app.inpainting.presenter", "app.interpolation.presenter", "app.density.presenter",
          "app.uses.presenter", "app.learn.presenter", "engines.learning",
          "engines.uses.outliers", "engines.uses.comparison")
heavy |= {name for name in sys.modules if name.startswith(others)}
assert len(window.presenters) == 1
window.begin()
assert len(window.presenters) == window.tabs.count() == 6
window.close()
sys.exit(", ".join(heavy) or 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
