"""The history with ten thousand results: to open it, to scroll it, to put one more in."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PySide6.QtWidgets import QApplication

from app.history.keeper import Keeper
from app.history.record import record_of
from app.history.store import Query, Store
from app.recipes.recipe import recipe_of
from app.recipes.result import Result
from app.session.settings import Settings
from app.window.window import Window
from engines.checkpoints.catalog import catalog
from engines.model import SampleRequest
from tests.benchmarks.table import Row, percentile

_MANY, _FEW = 10_000, 10
_SETTINGS = Settings(data="mnist", models={"mnist": ("mnist/kde",)}, count=4)
_PATIENCE = 60.0


def rows() -> list[Row]:
    """Each beside the same with ten results."""
    few, many = (_measured(count) for count in (_FEW, _MANY))
    what = f"history of {_MANY:,} results"
    against = f"{_FEW} results"
    return [
        Row(f"{what}, Ctrl+H to all lines in view", many[0], "ms", against, few[0], 300),
        Row(f"{what}, a frame of scrolling, p95", many[1], "ms", against, few[1], 16),
        Row(f"{what}, one more, on the GUI thread, p99", many[2], "ms", against, few[2], 1),
    ]


def _measured(count: int) -> tuple[float, float, float]:
    """Opening, a frame of scrolling and an insert in a history of so many results, in ms."""
    app = QApplication.instance() or QApplication([])
    with tempfile.TemporaryDirectory(prefix="genscope-bench-") as place:
        folder = Path(place)
        _fill(folder / "history.db", count)
        window = Window(_SETTINGS, device="cpu", folder=folder)
        window.resize(1280, 800)
        window.show()
        window.begin()
        _until(app, lambda: _idle(window))
        opened = _opening(app, window)
        frames = _scrolling(app, window)
        inserts = _inserting(window)
        window.close()
    return opened, percentile(frames, 0.95), percentile(inserts, 0.99)


def _fill(path: Path, count: int) -> None:
    """So many results of 20 pictures, each with a thumbnail and recipe of its own."""
    card = next(card for card in catalog() if card.name == "mnist/kde")
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28, 3), np.uint8)
    with Store(path) as store:
        model = record_of(_result(card, 0, noise))
        for number in range(count):
            recipe = _result(card, number, noise).recipe().to_json()
            fields = {**vars(model), "key": str(number), "recipe": recipe, "made": float(number)}
            store.add(type(model)(**fields))
        assert len(store.find(Query())) == count


def _result(card, seed, values):
    request = SampleRequest(len(values), seed)
    return Result("sample", card, lambda: recipe_of(card, None, request), values)


def _until(app, holds) -> None:
    until = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError("the window did not come to it")
        app.processEvents()


def _idle(window: Window) -> bool:
    columns = window.presenters[0].columns.values()
    return bool(columns) and all(c.frame is not None and c.frame.complete for c in columns)


def _opening(app, window: Window) -> float:
    """From the key to the last thumbnail in view, in ms: the panel is made on the way."""
    start = time.perf_counter()
    window.keeping.show_history()
    view = window.keeping.history.dialog.list
    lines = view.lines

    def shown() -> bool:
        last = view.indexAt(view.viewport().rect().bottomLeft()).row()
        last = lines.rowCount() - 1 if last < 0 else last
        return lines.rowCount() > 0 and all(lines.image(row) for row in range(last + 1))

    _until(app, shown)
    return 1000 * (time.perf_counter() - start)


def _scrolling(app, window: Window) -> list[float]:
    """What each step of a drag of the bar from end to end costs the GUI thread, in ms."""
    view = window.keeping.history.dialog.list
    bar, delays = view.verticalScrollBar(), []
    for step in range(240):
        start = time.perf_counter()
        bar.setValue(bar.maximum() * step // 239)
        app.processEvents()
        delays.append(1000 * (time.perf_counter() - start))
    return delays


def _inserting(window: Window) -> list[float]:
    """What handing over a result costs the thread that does, in ms."""
    keeper = window.session.open.keep
    assert isinstance(keeper, Keeper)
    card = window.session.cards["mnist/kde"]
    noise = np.zeros((500, 28, 28, 3), np.uint8)
    spent = []
    for number in range(200):
        result = _result(card, 10**6 + number, noise)
        start = time.perf_counter()
        keeper.finish(result)
        spent.append(1000 * (time.perf_counter() - start))
    assert median(spent) > 0
    return spent


if __name__ == "__main__":
    for row in rows():
        print(row.line())
