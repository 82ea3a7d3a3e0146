"""Changing the theme: widgets have the new colours when they are seen, and cost nothing before."""

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from widgets.look import theme
from widgets.look.restyle import Restyling

MODES = {"light": theme.Mode.LIGHT, "dark": theme.Mode.DARK}


@pytest.fixture
def looks(qapp):
    """Themes may change; the application looks as before afterwards."""
    palette, sheet, style = qapp.palette(), qapp.styleSheet(), qapp.style().name()
    yield
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setStyle(style)


def labelled(kind):
    label = QLabel(f"{kind} words")
    label.setProperty(kind, True)
    return label


def page():
    """One of everything that the sheet speaks of, free and disabled."""
    made, column = QFrame(), QVBoxLayout()
    made.setProperty("card", True)
    made.setLayout(column)
    for enabled, kind in itertools.product((True, False), (QPushButton, QLineEdit, QSpinBox)):
        each = kind()
        each.setEnabled(enabled)
        column.addWidget(each)
    primary, checked, choice, bar = QPushButton("Go"), QPushButton("On"), QComboBox(), QTabBar()
    primary.setProperty("primary", True)
    checked.setCheckable(True)
    checked.setChecked(True)
    choice.addItems(["one", "two"])
    bar.addTab("here")
    bar.addTab("there")
    words = [labelled(kind) for kind in ("faint", "danger", "warning")]
    for each in (primary, checked, choice, bar, *words, QScrollArea()):
        column.addWidget(each)
    return made


@pytest.fixture
def open_pages(qtbot):
    """Open a window with two pages, the first of them in front."""

    def open_them():
        stack = QStackedWidget()
        stack.addWidget(page())
        stack.addWidget(page())
        qtbot.addWidget(stack)
        stack.resize(300, 600)
        stack.show()
        return stack

    return open_them


def pixels(widget):
    picture = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1).copy()


def both(stack):
    found = []
    for i in range(2):
        stack.setCurrentIndex(i)
        found.append(pixels(stack))
    return found


@pytest.mark.parametrize(("first", "then"), [("light", "dark"), ("dark", "light")])
def test_what_was_open_looks_like_what_is_opened_anew(first, then, qapp, looks, open_pages):
    theme.apply(qapp, MODES[first])
    stack = open_pages()
    before = both(stack)
    stack.setCurrentIndex(0)
    theme.apply(qapp, MODES[then])
    after, anew = both(stack), both(open_pages())
    for old, new, fresh in zip(before, after, anew, strict=True):
        assert (new == fresh).all()
        assert (old != new).mean() > 0.5


def test_changes_back_and_forth_leave_no_trace(qapp, looks, open_pages):
    theme.apply(qapp, MODES["dark"])
    stack = open_pages()
    before = both(stack)
    for mode in ("light", "dark", "light", "dark"):
        theme.apply(qapp, MODES[mode])
    assert [(a == b).all() for a, b in zip(before, both(stack), strict=True)] == [True, True]


def test_what_is_hidden_costs_nothing_until_it_is_shown(qapp, looks, open_pages, monkeypatch):
    theme.apply(qapp, MODES["light"])
    stack, renewed = open_pages(), []
    renew = Restyling._renew_or_wait

    def watched(self, each):
        renewed.extend([each] if each.isVisible() else [])  # the others wait
        renew(self, each)

    monkeypatch.setattr(Restyling, "_renew_or_wait", watched)
    theme.apply(qapp, MODES["dark"])
    front, back = (stack.widget(i).findChildren(QWidget) for i in range(2))
    assert {each for each in front if each.isVisible()} <= set(renewed)
    assert not set(back) & set(renewed)
    renewed.clear()
    stack.setCurrentIndex(1)
    assert {each for each in back if each.isVisible()} <= set(renewed)
    renewed.clear()
    stack.setCurrentIndex(0)  # it has the colours already
    assert renewed == []
