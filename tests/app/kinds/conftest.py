"""A window on sequences and points, with one tab in front."""

import pytest

from app.session.settings import Settings
from app.window.window import Window
from tests.app.kinds import texts
from tests.checkpoints import ship_kernels
from tests.kinds import symbols
from tests.kinds.symbols import NAME
from tests.windows import Stage

SONGS = Settings(data="songs", models={"songs": (NAME,), "moons": ("moons/kde",)}, seed=7)


@pytest.fixture
def open_songs(tmp_path, monkeypatch, qtbot):
    """Open a window with a tab in front; what that tab needs is registered before."""
    texts.register(monkeypatch)
    root = ship_kernels(tmp_path / "assets")
    symbols.ship(root)
    windows = []

    def make(place, settings=SONGS):
        window = Window(settings, device="cpu", root=root)
        qtbot.addWidget(window)
        windows.append(window)
        window.show_then_begin()
        stage = Stage(window, qtbot)
        stage.until(lambda: window.session.models)
        window.tabs.setCurrentIndex(place)
        return stage

    yield make
    for window in windows:
        window.close()
