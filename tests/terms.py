"""Walks the badges, knobs and numbers in view: each explains itself, or leads to the glossary."""

import re

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QMainWindow, QWidget

from widgets.controls.help_mark import HelpMark
from widgets.controls.knobs import Knob
from widgets.look import glossary
from widgets.look.labels import Badge, BadgeButton

_NUMBER = re.compile(r"\d")


def unexplained(window):
    """What is in view and has neither an entry in the glossary nor a tip of its own, in words."""
    every = [w for w in window.findChildren(QWidget) if w.window() is window and w.isVisible()]
    return [fault for widget in every if (fault := _fault(widget))]


def _fault(widget):
    if isinstance(widget, Badge):
        return _of_badge(widget)
    if isinstance(widget, Knob):
        named = glossary.find(widget.spec.title) or glossary.find(widget.spec.name)
        bare = not (named or (widget.spec.help and widget.help.toolTip()))
        return f"knob {widget.spec.name}" if bare else ""
    if isinstance(widget, HelpMark):
        known = widget.toolTip() and glossary.find(widget.term)
        return "" if known else f'"?" of {widget.term!r}: {widget.toolTip()[:40]}'
    if isinstance(widget, QAbstractSpinBox):
        return "" if _tip(widget) else f"number {widget.accessibleName()!r}"
    if _shows_a_number(widget):
        return "" if _tip(widget) else f"number {widget.text()[:60]!r}"
    return ""


def _shows_a_number(widget):
    """A label of the main window with a number in it; a whole sentence explains itself."""
    if type(widget).__name__ not in ("QLabel", "ElidedLabel", "Line"):
        return False
    text, parent = widget.text(), widget.parentWidget()
    sentence = text.endswith(".") and " " in text
    said = type(parent).__name__ == "Message"
    return isinstance(widget.window(), QMainWindow) and bool(
        _NUMBER.search(text) and not sentence and not said
    )


def _of_badge(badge):
    """A click leads to its word, but for one that shows its evidence."""
    word = badge.hue or badge.standing
    if glossary.find(word) is None or not badge.toolTip():
        return f"badge {word!r}"
    if isinstance(badge, BadgeButton):
        return ""
    above = badge.window()
    while above is not None and not hasattr(above, "show_term"):
        above = above.parentWidget()
    if above is None:
        return f"badge {word!r}: no glossary around it"
    QTest.mouseClick(badge, Qt.MouseButton.LeftButton)
    shown, above.glossary.chosen = above.glossary.chosen, ""
    above.glossary.close()
    return "" if shown == glossary.find(word).name else f"badge {word!r} leads to {shown!r}"


def _tip(widget):
    """Its own tip, that of what it is in, or a "?" beside it."""
    near = widget
    for _ in range(4):
        if near is None or near.isWindow():
            return ""
        if near.toolTip():
            return near.toolTip()
        beside = near.parentWidget()
        if beside is not None and any(
            isinstance(child, HelpMark) for child in beside.children() if child is not near
        ):
            return "?"
        near = beside
    return ""
