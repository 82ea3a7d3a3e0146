"""The menu bar and the list of keys, both from one table of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from widgets.controls.shortcuts import Shortcut
from widgets.look.theme import Mode
from widgets.mask.keys import SHORTCUTS as MASK_SHORTCUTS


@dataclass(frozen=True)
class Command:
    """An entry of a menu, and its line in the list of keys: `group` and `says` (else the title)."""

    title: str
    act: Callable[[], object]
    keys: tuple[str, ...] = ()
    group: str = ""
    says: str = ""


Menu: TypeAlias = tuple[str, Sequence[Command | None]]
"""A title and its commands; None is a line between them."""

GROUPS = ("Run", "Queue", "Pictures", "Mask", "Path", "Latents", "Line", "Plots", "Learn", "Window")
BESIDE_MENUS = (
    Shortcut("Pictures", "Arrow keys", "Move through the pictures"),
    Shortcut("Pictures", "Ctrl+C", "Copy the chosen picture"),
    Shortcut("Pictures", "Ctrl+Wheel", "Larger or smaller pictures in every gallery"),
    Shortcut("Pictures", "A", "Accept the sample as the picture to be filled"),
    Shortcut("Pictures", "O", "Hold to see the picture instead of the sample"),
    *MASK_SHORTCUTS,
    Shortcut("Path", "Space", "Play or pause the path"),
    Shortcut("Path", "Left or Right", "To the previous or next frame of the strip"),
    Shortcut("Path", "Home or End", "To the first or last frame of the strip"),
    Shortcut("Path", "Ctrl+Z", "Take the last end point or slider back"),
    Shortcut("Path", "Ctrl+Y or Ctrl+Shift+Z", "Take it again"),
    Shortcut("Latents", "Home", "Reset all sliders"),
    Shortcut("Latents", "Arrow keys", "Move the pad, or the cursor of the map"),
    Shortcut("Latents", "Enter", "Choose the point of the map at the cursor"),
    Shortcut("Latents", "Double-click", "Reset one slider, or centre the pad"),
    Shortcut("Line", "Arrow keys", "Move the line across the plane"),
    Shortcut("Line", "Shift+Arrow keys", "Move it in large steps"),
    Shortcut("Line", "Home or End", "To the ends of the range"),
    Shortcut("Line", "X", "Fix the other coordinate"),
    Shortcut("Line", "Ctrl+Z", "Put the line back; Ctrl+Y puts it there again"),
    Shortcut("Plots", "Ctrl+0", "Show the whole plot"),
    Shortcut("Plots", "Arrow keys", "Move a map"),
    Shortcut("Plots", "+ or -", "Zoom a map in or out"),
    Shortcut("Plots", "Ctrl+Z", "Take the last point of a map back; Ctrl+Y adds it again"),
    Shortcut("Learn", "D", "Draw points"),
    Shortcut("Learn", "S", "Spray points"),
    Shortcut("Learn", "E", "Erase points"),
    Shortcut("Learn", "[ or ]", "A smaller or larger spray or eraser"),
    Shortcut("Learn", "Space", "Use the tool at the cursor, which arrow keys move"),
    Shortcut("Learn", "Ctrl+Z", "Take the last stroke back"),
    Shortcut("Learn", "Ctrl+Y or Ctrl+Shift+Z", "Take it again"),
    Shortcut("Plots", "Enter", "Add a point in the middle of a map, or choose what is in view"),
)
"""Keys of galleries, canvases and plots: no menu has them."""


def shortcuts(menus: Sequence[Menu]) -> tuple[Shortcut, ...]:
    """The keys of all commands and those beside the menus, by group."""
    commands = [command for _, entries in menus for command in entries if command is not None]
    found = [_shortcut(command) for command in commands if command.keys]
    return tuple(sorted((*found, *BESIDE_MENUS), key=lambda s: GROUPS.index(s.group)))


def _shortcut(command: Command) -> Shortcut:
    keys = dict.fromkeys(key.replace("Return", "Enter") for key in command.keys)
    title = command.title.replace("&", "").removesuffix("…")
    return Shortcut(command.group, " or ".join(keys), command.says or title)


def fill(bar: QMenuBar, menus: Sequence[Menu]) -> None:
    """Fill a menu bar."""
    for title, entries in menus:
        menu = bar.addMenu(title)
        for command in entries:
            if command is None:
                menu.addSeparator()
            else:
                _add(menu, command)
        if (owner := bar.parentWidget()) is not None:
            # a presentation hides the bar, and its keys must not go with it
            owner.addActions(menu.actions())


def add_themes(menu: QMenu, act: Callable[[], object], parent: QObject) -> QActionGroup:
    """Add the theme modes to a menu; returns their group. An action's data is its mode."""
    modes = QActionGroup(parent)
    menu.addSeparator()
    for mode in Mode:
        action = _add(menu, Command(f"{mode.value.capitalize()} theme", act))
        action.setCheckable(True)
        action.setData(mode.value)
        modes.addAction(action)
    return modes


def _add(menu: QMenu, command: Command) -> QAction:
    action = menu.addAction(command.title)
    action.triggered.connect(lambda _checked=False: command.act())
    action.setShortcuts([QKeySequence(key) for key in command.keys])
    return action
