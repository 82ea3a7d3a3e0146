"""The menu bar and the list of keys: every command of the window by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from widgets.mask_keys import SHORTCUTS as MASK_SHORTCUTS
from widgets.shortcuts import Shortcut
from widgets.theme import Mode

if TYPE_CHECKING:
    from app.window import Window

SHORTCUTS = (
    Shortcut("Draw", "Ctrl+Enter", "Generate a batch, or fill the hole"),
    Shortcut("Draw", "Ctrl+Shift+Enter", "Generate before the jobs that wait"),
    Shortcut("Draw", "Esc", "Stop what this tab is doing"),
    Shortcut("Draw", "Ctrl+R", "New random seed"),
    Shortcut("Queue", "Ctrl+Shift+X", "Cancel the jobs that wait"),
    Shortcut("Queue", "Ctrl+J", "Open or close the queue"),
    Shortcut("Pictures", "Arrow keys", "Move through the pictures"),
    Shortcut("Pictures", "Ctrl+C", "Copy the chosen picture"),
    Shortcut("Pictures", "Ctrl+S", "Save the chosen picture"),
    Shortcut("Pictures", "Ctrl+O or Ctrl+V", "Re-make a saved or copied picture"),
    Shortcut("Pictures", "Ctrl+Shift+O", "Take the pictures of a folder as examples"),
    Shortcut("Pictures", "O", "Hold to see the picture in place of the draw"),
    *MASK_SHORTCUTS,
    Shortcut("Path", "Space", "Walk along the path, or pause"),
    Shortcut("Path", "Left or Right", "To the previous or next frame of the strip"),
    Shortcut("Path", "Home or End", "To the first or last frame of the strip"),
    Shortcut("Latents", "Home", "Reset all sliders"),
    Shortcut("Latents", "Double-click", "Reset one slider, or bring the pad to its middle"),
    Shortcut("Line", "Arrow keys", "Move the line across the plane"),
    Shortcut("Line", "Shift+Arrow keys", "Move it in large steps"),
    Shortcut("Line", "Home or End", "To the ends of the range"),
    Shortcut("Line", "X", "Fix the other coordinate"),
    Shortcut("Plots", "Ctrl+0", "Show the whole plot"),
    Shortcut("Window", "Ctrl+M", "Models: add, load, pin, unload"),
    Shortcut("Window", "Ctrl+PgUp or Ctrl+PgDown", "Previous or next tab"),
    Shortcut("Window", "F1 or Shift+?", "Show this list"),
    Shortcut("Window", "F2", "Compare the families"),
    Shortcut("Window", "Ctrl+Q", "Quit"),
)


def fill(window: Window) -> QActionGroup:
    """Fill the window's menu bar; returns the group of theme modes."""
    bar = window.menuBar()
    file = bar.addMenu("&File")
    _add(file, "&Open picture…", window.intake.ask, "Ctrl+O")
    _add(file, "Open &folder of pictures…", window.folders.ask, "Ctrl+Shift+O")
    _add(file, "&Built-in examples", window.folders.leave)
    _add(file, "&Models…", window.library.show, "Ctrl+M")
    _add(file, "&Paste picture or recipe", window.intake.paste, "Ctrl+V")
    _add(file, "&Save picture…", lambda: window.front().save(), "Ctrl+S")
    file.addSeparator()
    _add(file, "&Quit", window.close, "Ctrl+Q")
    run = bar.addMenu("&Run")
    _add(run, "&Generate", lambda: window.front().run(first=False), "Ctrl+Return", "Ctrl+Enter")
    _add(run, "Generate &first", lambda: window.front().run(first=True), "Ctrl+Shift+Return")
    _add(run, "&Stop", lambda: window.front().stop(), "Esc")
    _add(run, "&New seed", window.seed.dice.click, "Ctrl+R")
    run.addSeparator()
    _add(run, "&Cancel waiting jobs", window.channels.queue.cancel_waiting, "Ctrl+Shift+X")
    _add(run, "Show &queue", lambda: window.bar.set_open(not window.bar.is_open()), "Ctrl+J")
    view = bar.addMenu("&View")
    _add(view, "&Next tab", lambda: window.turn_tab(1), "Ctrl+PgDown")
    _add(view, "&Previous tab", lambda: window.turn_tab(-1), "Ctrl+PgUp")
    view.addSeparator()
    modes = _themes(view, window)
    about = bar.addMenu("&Help")
    _add(about, "&Keyboard shortcuts", window.keys.show, "F1", "Shift+?")
    _add(about, "&Families", window.families.show, "F2")
    return modes


def _themes(view: QMenu, window: Window) -> QActionGroup:
    modes = QActionGroup(window)
    for mode in Mode:
        action = _add(view, f"{mode.value.capitalize()} theme", window.set_theme)
        action.setCheckable(True)
        action.setData(mode.value)
        modes.addAction(action)
    return modes


def _add(menu: QMenu, title: str, do: Callable[[], object], *keys: str) -> QAction:
    action = menu.addAction(title)
    action.triggered.connect(lambda _checked=False: do())
    action.setShortcuts([QKeySequence(key) for key in keys])
    return action
