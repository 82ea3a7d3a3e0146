"""The strings of the real window, over the shipped models: every tab, page, menu and dialog."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.density.pictures.page import Pictures
from app.session.settings import Settings
from app.window.window import Window
from tests.strings.widgets import strings as of_widget

SCENES = {
    "mnist": ("vae", "gan", "flow", "diffusion", "mfa", "kde"),
    "moons": ("vae", "gan", "flow", "diffusion", "energy", "mfa", "kde", "any-order"),
}
"""Data sets, and the families of each that are shown."""
SETTLED, LONGEST = 4.0, 90.0
"""Seconds without a new string after which a scene is read, and the most it is waited for."""


def strings() -> Iterator[tuple[str, str]]:
    """The scene and the widget, and what it says."""
    QApplication.instance() or QApplication([])
    settings = Settings(count=4, points=50, imputations=2, density_count=16, density_side=128)
    kept = tempfile.TemporaryDirectory(prefix="genscope-strings-")
    window = Window(settings, device="cpu", folder=Path(kept.name))
    window.resize(1600, 1100)
    window.show()
    window.begin()
    try:
        for data, families in SCENES.items():
            window.session.choose(data, tuple(f"{data}/{family}" for family in families))
            for scene, widget in _scenes(window):
                for what, text in _settled(widget):
                    yield f"{data}, {scene}: {what}", text
    finally:
        window.close()
        kept.cleanup()


def _scenes(window: Window) -> Iterator[tuple[str, QWidget]]:
    for place in range(window.tabs.count()):
        window.tabs.setCurrentIndex(place)
        title = window.tabs.tabText(place)
        yield title, window
        presenter = window.presenters[place]
        presenter.run(first=False)
        yield f"{title}, run", window
        page = getattr(presenter, "page", None)
        if isinstance(page, Pictures):
            for name in ("numbers", "pixels", "plane", "samples", "dimensions"):
                page.view.button(name).click()
                yield f"{title}, {name}", window
        presenter.stop()
    for title, show in _dialogs(window):
        show()
        for dialog in [d for d in window.findChildren(QDialog) if d.isVisible()]:
            yield title, dialog
            dialog.close()


def _dialogs(window: Window) -> tuple[tuple[str, Callable[[], object]], ...]:
    return (
        ("Models", window.library.show),
        ("Keyboard shortcuts", window.keys.show),
        ("Families", window.families.show),
        ("History", window.keeping.show_history),
    )


def _settled(widget: QWidget) -> list[tuple[str, str]]:
    """Every string of the widget that comes up until nothing new does."""
    seen: dict[tuple[str, str], None] = {}
    start = fresh = time.monotonic()
    while time.monotonic() - fresh < SETTLED and time.monotonic() - start < LONGEST:
        _wait(0.3)
        now = dict.fromkeys(of_widget(widget))
        if now.keys() - seen.keys():
            fresh = time.monotonic()
        seen |= now
    return list(seen)


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()
