"""A hand that has keys alone: Tab to a control by its name, and what is pressed there."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

K = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Keys:
    """`stage` is of tests.windows."""

    def __init__(self, stage):
        self.stage = stage

    def here(self):
        return QApplication.focusWidget() or self.stage.window

    def to(self, name):
        """Press Tab until the control of this name has the focus."""
        passed = []
        while (heard := called(self.here())) != name or not passed:
            assert heard not in passed or not heard, f"no {name!r} among {passed}"
            passed.append(heard)
            self.press(K.Key_Tab)
        return self.here()

    def press(self, *keys, held=NONE, times=1):
        for _ in range(times):
            for key in keys:
                QTest.keyClick(self.here(), key, held)

    def type(self, text):
        """Write over what stands in a field."""
        self.press(K.Key_A, held=CONTROL)
        QTest.keyClicks(self.here(), text)
        self.press(K.Key_Return)

    def tab(self, place):
        """Go to a tab by its digit; returns it and its presenter."""
        window = self.stage.window
        window.tabs.tabBar().setFocus()
        self.stage.until(lambda: QApplication.focusWidget() is window.tabs.tabBar())
        self.press(Qt.Key(K.Key_1.value + place))
        assert window.tabs.currentIndex() == place
        return window.tabs.widget(place), window.presenters[place]


def called(widget):
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return widget.accessibleName() or text.replace("&", "")
