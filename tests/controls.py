"""Walks the controls of a window as two kinds of people do: one with a mouse, one with keys alone.

`faults` says in words what either cannot do. Nothing here knows which controls there are: whatever
is in view, enabled and answers the mouse counts.
"""

import shiboken6
from PySide6.QtCore import SIGNAL, QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QToolButton,
    QWidget,
)

from widgets.pictures.gallery import Gallery
from widgets.plots.axes import Plot

LEFT, BARE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
NATIVE = (
    QAbstractButton,
    QComboBox,
    QAbstractSlider,
    QAbstractSpinBox,
    QLineEdit,
    QAbstractItemView,
    QTabBar,
)
KEYS = (
    Qt.Key.Key_Right,
    Qt.Key.Key_Left,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Return,
    Qt.Key.Key_Space,
)
HANDS = ("mousePressEvent", "mouseReleaseEvent", "mouseDoubleClickEvent")
BY_OTHERS = {
    # what the mouse does here is done by keys there
    "widgets.pictures.viewer._Canvas": "a drag out of the window: the buttons below copy and save",
    "widgets.pictures.filmstrip.PathCurve": "the place on the path: the λ slider has keys",
    "widgets.controls.knobs.Title": "the default of a knob: its reset button",
    "widgets.look.splitter.Handle": "room for the middle: F9 folds the panels and brings them back",
}


def controls(window):
    """Every control in view that is enabled, in no order."""
    every = (w for w in window.findChildren(QWidget) if w.window() is window)
    return [widget for widget in every if _in_view(widget) and _is_control(widget)]


def faults(window):
    """What cannot be done without a mouse, or with one by a plain click."""
    found, seen = [], tabbed(window)
    for control in controls(window):
        _come_back(window)
        if not _in_view(control):
            continue  # an earlier one has closed or replaced it
        found += [f"{named(control)}: {what}" for what in _faults_of(control, seen)]
    return found


def _come_back(window):
    """Close what the last control has opened, and hide messages, which lie over others."""
    QApplication.processEvents()
    if (messages := getattr(window, "messages", None)) is not None:
        messages.hide()
    for other in QApplication.topLevelWidgets():
        if isinstance(other, QDialog) and other is not window and other.isVisible():
            other.close()
    if not window.isActiveWindow():
        window.activateWindow()
        QApplication.processEvents()


def tabbed(window):
    """The widgets that Tab comes to, until it is where it was before."""
    seen = []
    _come_back(window)
    if QApplication.focusWidget() is None:
        controls(window)[0].setFocus(Qt.FocusReason.TabFocusReason)
    while (here := QApplication.focusWidget()) is not None and here not in seen:
        seen.append(here)
        QTest.keyClick(here, Qt.Key.Key_Tab)
    return seen


def named(control):
    """How a fault speaks of a control."""
    text = control.text() if isinstance(control, QAbstractButton) else ""
    return f"{_kind(control)} {control.accessibleName() or text!r}"


def _kind(control):
    return f"{type(control).__module__}.{type(control).__name__}"


def _in_view(control):
    return shiboken6.isValid(control) and control.isVisible() and control.isEnabled()


def _is_control(widget):
    inner = isinstance(widget, QLineEdit) and isinstance(
        widget.parent(), (QAbstractSpinBox, QComboBox)
    )
    # headers sort nothing here; a plot's keys are those of the widget around it
    if inner or isinstance(widget, (QScrollBar, QHeaderView)):
        return False
    if _is_plot(widget) or _kind(widget) in BY_OTHERS:
        return False
    if isinstance(widget, NATIVE):
        return True
    ours = (c for c in type(widget).__mro__ if c.__module__.startswith(("widgets", "app")))
    return any(hand in vars(each) for each in ours for hand in HANDS) or _holds_a_plot(widget)


def _holds_a_plot(widget):
    """Whether the mouse is taken by a plot inside, for which this widget has the keys."""
    return any(_is_plot(child) for child in widget.children())


def _is_plot(part):
    return isinstance(part, Plot) or _kind(part).startswith("pyqtgraph")


def _faults_of(control, seen):
    """What one control fails in."""
    policy = control.focusPolicy()
    group = control.group() if isinstance(control, QAbstractButton) else None
    exclusive = group is not None and group.exclusive()
    if not exclusive and control not in seen:
        yield f"Tab does not come to it (its policy is {policy.name})"
    if covered := _covered(control):
        yield f"a click on it meets {named(covered)}"
    if isinstance(control, QAbstractButton):
        yield from _of_button(control, exclusive, seen)
    elif isinstance(control, QComboBox):
        yield from _of_combo(control)
    elif isinstance(control, (QAbstractSlider, QAbstractSpinBox)):
        yield from _of_number(control)
    elif isinstance(control, QLineEdit):
        yield from _of_line(control)
    elif isinstance(control, QTabBar):
        yield from _of_tabs(control)
    elif not _answers_keys(control):
        yield "it answers no key"


def _covered(control):
    """What lies over the middle of a control where a person would click, or None."""
    _scroll_to(control)
    middle = control.rect().center()
    if not control.visibleRegion().contains(middle):
        return None
    hit = control.window().childAt(control.mapTo(control.window(), middle))
    same = hit is None or hit is control or control.isAncestorOf(hit)
    return None if same else hit


def _scroll_to(control):
    area = control.parentWidget()
    while area is not None:
        if isinstance(area, QScrollArea) and area.widget() is not None:
            area.ensureWidgetVisible(control)
        area = area.parentWidget()


def _click(control, at=None):
    QTest.mouseClick(control, LEFT, BARE, at or control.rect().center())


def _key(control, key):
    control.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(control, key)


# one kind each


def _of_button(button, exclusive, seen):
    menu = button.menu() if hasattr(button, "menu") else None
    if menu is not None:
        for what, act in (
            ("a click", lambda: _click(button)),
            ("Space", lambda: _key(button, Qt.Key.Key_Space)),
        ):
            if not _opens(menu, act):
                yield f"{what} does not open its menu at once"
    elif exclusive:
        yield from _of_choice(button, seen)
    elif button.isCheckable() and not _asks(button):
        yield from _of_switch(button)
    else:
        yield from _of_push_button(button)


def _asks(button):
    """Whether a click asks the program to check it, and does not check it by itself."""
    return any(
        "nextCheckState" in vars(each)
        for each in type(button).__mro__
        if each.__module__.startswith("widgets")
    )


def _opens(menu, act):
    """Whether an act shows a menu before it returns; the menu is closed again at once."""
    shown = []
    closer = QTimer(menu, singleShot=True, interval=0)
    closer.timeout.connect(lambda: (shown.append(menu.isVisible()), menu.close()))
    menu.aboutToShow.connect(closer.start)
    act()
    menu.aboutToShow.disconnect(closer.start)
    closer.stop()
    closer.deleteLater()
    return shown == [True]


def _of_choice(button, seen):
    """One of several: the arrow keys come to it from the one that Tab comes to."""
    group = button.group()
    before = group.checkedButton()
    if not any(each in seen for each in group.buttons()):
        yield "Tab comes to none of its group"
    _click(button)
    if not button.isChecked():
        yield "a click does not choose it"
    others = [each for each in group.buttons() if each is not button and _in_view(each)]
    if others:
        for key in KEYS[:4]:
            others[0].click()
            others[0].setFocus()
            for _ in others:
                if not button.isChecked():
                    QTest.keyClick(QApplication.focusWidget(), key)
            if button.isChecked():
                break
        if not button.isChecked():
            yield "the arrow keys do not choose it"
    if before is not None:
        before.click()


def _of_switch(button):
    for what, act in (
        ("a click", lambda: _click(button, _mark(button))),
        ("Space", lambda: _key(button, Qt.Key.Key_Space)),
    ):
        for _ in range(2):
            before = button.isChecked()
            act()
            if not _in_view(button):
                return
            # one of several that are chosen by others stays so at a second click
            goes_off = isinstance(button, (QCheckBox, QToolButton))
            if button.isChecked() == before and (goes_off or not before):
                yield f"{what} does not switch it"


def _mark(button):
    """Where the mark of a check box is; its words need not fill it."""
    return QPoint(8, button.height() // 2)


def _of_push_button(button):
    """Pressed by mouse and by key and let go beside it: what it does is not done here."""
    signals = ("clicked(bool)", "clicked()", "pressed()", "released()", "toggled(bool)")
    heard = any(button.receivers(SIGNAL(signal)) for signal in signals)
    group = button.group()
    if not heard and not (group is not None and group.receivers(SIGNAL("idClicked(int)"))):
        yield "nothing hears its click"
    if button.receivers(SIGNAL("pressed()")):
        return  # it would act
    QTest.mousePress(button, LEFT, BARE, button.rect().center())
    if not button.isDown():
        yield "a click does not press it"
    QTest.mouseMove(button, QPoint(-20, -20))
    QTest.mouseRelease(button, LEFT, BARE, QPoint(-20, -20))
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyPress(button, Qt.Key.Key_Space)
    if not button.isDown():
        yield "Space does not press it"
    button.setDown(False)  # let go without a click
    QTest.keyRelease(button, Qt.Key.Key_Space)


def _of_combo(combo):
    if not combo.count():
        return
    for what, act in (
        ("a click", lambda: _click(combo)),
        ("Space", lambda: _key(combo, Qt.Key.Key_Space)),
    ):
        act()
        if not combo.view().isVisible():
            yield f"{what} does not open its list at once"
        combo.hidePopup()


def _of_number(number):
    """A slider or a number: a key changes it, and another brings it back."""
    if number.maximum() <= number.minimum():
        return
    before = number.value()
    top = before >= number.maximum()
    there, back = (Qt.Key.Key_Down, Qt.Key.Key_Up) if top else (Qt.Key.Key_Up, Qt.Key.Key_Down)
    _key(number, there)
    if number.value() == before:
        yield "the arrow keys do not change it"
    _key(number, back)
    if isinstance(number, QAbstractSlider) and number.isVisible():
        place, kept = (
            QPoint(2 if before > number.minimum() else number.width() - 2, number.height() // 2),
            number.value(),
        )
        _click(number, place)
        if number.value() == kept:
            yield "a click does not move it"
    if number.isVisible():
        number.setValue(before)


def _of_line(line):
    before = line.text()
    _click(line)
    if QApplication.focusWidget() is not line:
        yield "a click does not begin to edit it"
    QTest.keyClicks(line, "a")
    if line.text() == before and not line.isReadOnly():
        yield "typing does not change it"
    line.setText(before)


def _of_tabs(bar):
    """By a click and by keys; it ends where it was."""
    before = bar.currentIndex()
    other = next((i for i in range(bar.count()) if i != before and bar.isTabEnabled(i)), None)
    if other is None:
        return
    _click(bar, bar.tabRect(other).center())
    if bar.currentIndex() != other:
        yield "a click does not choose a tab"
    bar.setCurrentIndex(before)
    _key(bar, Qt.Key.Key_Left if before else Qt.Key.Key_Right)
    if bar.currentIndex() == before:
        yield "the arrow keys do not choose a tab"
    bar.setCurrentIndex(before)


def _answers_keys(control):
    """Whether a canvas or a list uses one of the keys that move and choose."""
    if isinstance(control, Gallery) and not control.count():
        return True  # there is nothing to choose
    control.setFocus(Qt.FocusReason.TabFocusReason)
    used = False
    for key in KEYS:
        if not control.isVisible():
            break
        event = QKeyEvent(QEvent.Type.KeyPress, key, BARE)
        control.keyPressEvent(event)
        used = used or event.isAccepted()
        released = QKeyEvent(QEvent.Type.KeyRelease, key, BARE)
        control.keyReleaseEvent(released)
    return used
