"""What the menus of the window offer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from app.window.menus import Command, Menu

if TYPE_CHECKING:
    from app.exchange.figures import Figures
    from app.exchange.intake import Intake
    from app.library.library import Library
    from app.window.about import About
    from app.window.families import Families
    from app.window.folders import Folders
    from app.window.keeping import Keeping
    from app.window.running import Running
    from app.window.stage import Stage
    from app.window.tabs import Tabs
    from app.window.workspaces import Workspaces
    from app.work.channels import Channels
    from widgets.controls.shortcuts import ShortcutsDialog
    from widgets.queue.job_bar import JobBar
    from widgets.window.seed import SeedField


class Commanded(Protocol):
    """What the commands of a window act on."""

    channels: Channels
    bar: JobBar
    intake: Intake
    figures: Figures
    folders: Folders
    library: Library
    tabs: Tabs
    workspaces: Workspaces
    seed: SeedField
    families: Families
    about: About
    keeping: Keeping
    running: Running
    stage: Stage

    @property
    def keys(self) -> ShortcutsDialog: ...
    def close(self) -> bool: ...
    def show_term(self, word: str) -> None: ...


def commands_of(window: Commanded) -> tuple[Menu, ...]:
    """The menus: what they say, what it does, its keys, and how the list of keys puts it."""
    queue, bar, intake, folders = window.channels.queue, window.bar, window.intake, window.folders
    file = (
        Command("&Open picture…", intake.ask, ("Ctrl+O",), "Pictures", "Open a saved picture"),
        Command(
            "Open &folder of pictures…",
            folders.ask,
            ("Ctrl+Shift+O",),
            "Pictures",
            "Take the pictures of a folder as examples",
        ),
        Command("&Built-in examples", folders.leave),
        Command("Open &workspace…", window.workspaces.ask_to_open),
        Command(
            "Save w&orkspace…",
            window.workspaces.ask_to_save,
            ("Ctrl+Alt+S",),
            "Window",
            "Save all tabs in one file",
        ),
        Command(
            "&Models…",
            window.library.show,
            ("Ctrl+M",),
            "Window",
            "Models: add, load, pin, unload",
        ),
        Command("&Paste picture or recipe", intake.paste, ("Ctrl+V",), "Pictures"),
        Command(
            "&Save picture…",
            lambda: window.tabs.front().save(),
            ("Ctrl+S",),
            "Pictures",
            "Save the chosen picture",
        ),
        Command(
            "Fi&gure of this tab…",
            lambda: window.figures.show(window.tabs.front().figure),
            ("Ctrl+Shift+S",),
            "Pictures",
            "A figure of all that the tab shows: PNG, SVG or PDF",
        ),
        Command(
            "&History…",
            window.keeping.show_history,
            ("Ctrl+H",),
            "Pictures",
            "Finished results: find, restore, star, delete",
        ),
        None,
        Command("&Quit", window.close, ("Ctrl+Q",), "Window"),
    )
    run = (
        Command(
            "&Generate",
            lambda: window.tabs.front().run(first=False),
            ("Ctrl+Return", "Ctrl+Enter"),
            "Run",
            "Generate a batch, or fill the hole",
        ),
        Command(
            "Generate &next",
            lambda: window.tabs.front().run(first=True),
            ("Ctrl+Shift+Return",),
            "Run",
            "Generate next (front of the queue)",
        ),
        Command(
            "&Stop",
            lambda: _stop(window),
            ("Esc",),
            "Run",
            "Stop what this tab is doing, or dismiss a message",
        ),
        Command("&New seed", window.seed.dice.click, ("Ctrl+R",), "Run", "New random seed"),
        None,
        Command(
            "&Cancel waiting jobs",
            queue.cancel_waiting,
            ("Ctrl+Shift+X",),
            "Queue",
            "Cancel all waiting jobs",
        ),
        Command(
            "Show &queue",
            lambda: bar.set_open(not bar.is_open()),
            ("Ctrl+J",),
            "Queue",
            "Open or close the queue",
        ),
    )
    view = (
        *(
            Command(
                title, partial(window.tabs.go, place), (str(place + 1),), "Window", f"To {title}"
            )
            for place, title in enumerate(window.tabs.titles())
        ),
        None,
        Command("&Next tab", lambda: window.tabs.turn(1), ("Ctrl+PgDown",), "Window"),
        Command("&Previous tab", lambda: window.tabs.turn(-1), ("Ctrl+PgUp",), "Window"),
        None,
        *_view(window.stage),
    )
    about = (
        Command(
            "&Keyboard shortcuts",
            lambda: window.keys.show(),
            ("F1", "Shift+?"),
            "Window",
            "Show this list",
        ),
        Command("&Families", window.families.show, ("F2",), "Window", "Compare the families"),
        Command(
            "&Glossary",
            lambda: window.show_term(""),
            ("F3",),
            "Window",
            "What the terms mean",
        ),
        None,
        Command("&About Genscope", window.about.show),
    )
    return ("&File", file), ("&Run", run), ("&View", view), ("&Help", about)


def _stop(window: Commanded) -> None:
    """End what lies over the usual window, else what the tab in front is doing."""
    if not window.stage.leave():
        window.running.stop()


def _view(stage: Stage) -> tuple[Command, ...]:
    """How large everything is, and how much of it there is."""
    return (
        Command(
            "Zoom &in",
            stage.larger,
            ("Ctrl+Alt++", "Ctrl+Alt+="),
            "Window",
            "Larger type, icons and plots, up to 200 %",
        ),
        Command(
            "Zoom &out",
            stage.smaller,
            ("Ctrl+Alt+-",),
            "Window",
            "Smaller type, icons and plots, down to 80 %",
        ),
        Command("&Usual size", stage.usual, ("Ctrl+Alt+0",), "Window", "Type of the usual size"),
        Command("&Full screen", stage.toggle_full, ("F11",), "Window"),
        Command(
            "&One card alone",
            stage.toggle_card,
            ("Shift+F11",),
            "Window",
            "Fill the window with one card, map or row (or double-click it); again or Esc: back",
        ),
        Command(
            "&Side panels", stage.toggle_panels, ("F9",), "Window", "Hide or show the side panels"
        ),
        Command(
            "P&resentation",
            stage.toggle_presentation,
            ("F5",),
            "Window",
            "Large type, thick lines, nothing else; again or Esc: back",
        ),
    )
