"""The key list: searching, the empty result, and how keys are split into caps."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from widgets.controls.shortcuts import Shortcut, ShortcutsDialog, caps

REDO = Shortcut("Edit", "Ctrl+Shift+Z or Ctrl+Y", "Redo")
RUN = Shortcut("Queue", "Ctrl+Enter", "Generate")
CANCEL = Shortcut("Queue", "Esc", "Cancel the active job of this tab")


@pytest.fixture
def dialog(qtbot):
    widget = ShortcutsDialog((REDO, RUN, CANCEL))
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("F1", [["F1"]]),
        ("Ctrl+Shift+Z or Ctrl+Y", [["Ctrl", "Shift", "Z"], ["Ctrl", "Y"]]),
        ("Ctrl++", [["Ctrl", "+"]]),
        ("+", [["+"]]),
        ("[ or ]", [["["], ["]"]]),
    ],
)
def test_keys_split_into_caps(keys, expected):
    assert caps(keys) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", (REDO, RUN, CANCEL)),
        ("queue", (RUN, CANCEL)),
        ("CTRL+y", (REDO,)),
        ("job  cancel", (CANCEL,)),
        ("zzz", ()),
    ],
)
def test_search_looks_at_group_keys_and_title(qtbot, dialog, words, expected):
    qtbot.keyClicks(dialog.search, words)
    assert dialog.shown() == expected


def test_search_hides_rows_headings_and_says_when_nothing_is_left(qtbot, dialog):
    qtbot.keyClicks(dialog.search, "redo")
    assert dialog._rows[REDO][0].isVisible()
    assert not dialog._rows[RUN][1].isVisible()
    assert not dialog._headings["Queue"].isVisible()
    qtbot.keyClicks(dialog.search, "x")
    assert dialog.nothing.isVisible()
    assert dialog.nothing.text() == "No shortcut matches “redox”."
    assert not dialog.area.isVisible()


def test_esc_closes_and_the_next_opening_starts_anew(qtbot, dialog):
    qtbot.keyClicks(dialog.search, "redo")
    qtbot.keyClick(dialog.search, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    dialog.show()
    assert dialog.shown() == (REDO, RUN, CANCEL)
    assert dialog.focusWidget() is dialog.search
