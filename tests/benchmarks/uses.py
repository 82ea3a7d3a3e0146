"""The tab Uses in the real window: outliers of 100 pictures, first bars of a digit, and the pen.

`python -m tests.benchmarks.uses` measures these alone. The reference comes with the models, and
the models are open before the clock starts; probes and codes are made while it runs.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.session.settings import Settings
from app.window.window import Window
from tests.benchmarks.beats import until, wait
from tests.benchmarks.table import Row, percentile
from widgets.look import theme

_TAB, _LEFT = 4, Qt.MouseButton.LeftButton
_FAST = ("mnist/mfa", "mnist/kde", "mnist/flow", "mnist/autoregressive")
_QUICK = ("mnist/mfa", "mnist/kde", "mnist/flow", "mnist/vae")
_KINDS, _EACH = 10, 10


def rows() -> list[Row]:
    """All of the tab."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    return [*_outliers(), *_classifier()]


def _opened(models: tuple[str, ...]) -> tuple[Window, Any, Any]:
    """A window that shows the tab with these models, the tab, and its presenter."""
    window = Window(Settings(data="mnist", models={"mnist": models}, count=1))
    window.resize(1280, 800)
    window.show()
    window.begin()
    window.tabs.setCurrentIndex(_TAB)
    presenter = window.presenters[_TAB]
    until(lambda: presenter.page is not None)
    return window, window.tabs.widget(_TAB), presenter


def _outliers() -> list[Row]:
    """From the ticks to the verdicts of four families on ten kinds of ten pictures."""
    window, _, presenter = _opened(_FAST)
    page = presenter.page
    view = page.view
    view.count.setValue(1)
    _tick(view, ("black",))
    until(lambda: all(_judged(page, name) for name in _FAST), 300)
    kinds = [name for name in view.groups if name != "black"][:_KINDS]
    began, first = time.perf_counter(), 0.0
    view.count.setValue(_EACH)
    _tick(view, kinds)
    while not all(_judged(page, name) for name in _FAST):
        wait(0.02)
        if not first and any(len(v) > 1 for v in page.verdicts.values()):
            first = time.perf_counter() - began
    whole = time.perf_counter() - began
    count = len(next(iter(page.verdicts.values())))
    window.close()
    return [
        Row(f"outliers: {count} pictures × 4 fast families", whole, "s", "first seen", first, 10)
    ]


def _tick(view: Any, names: Any) -> None:
    for name, box in view.groups.items():
        box.setChecked(name in names)


def _judged(page: Any, name: str) -> bool:
    """Whether a model has judged all that is ticked."""
    found, wanted = page.verdicts.get(name), page.asked()
    return bool(
        found is not None
        and len(found) == len(found.candidates.groups)
        and {*wanted.probes} == set(found.candidates.groups)
        and found.candidates.groups.count(wanted.probes[0]) == min(wanted.count, _most(wanted))
    )


def _most(wanted: Any) -> int:
    """Pictures of the first kind: there is one black picture."""
    return 1 if wanted.probes[0] == "black" else int(wanted.count)


def _classifier() -> list[Row]:
    """The first bars of an example, and the bars that follow a pen."""
    window, tab, presenter = _opened(_QUICK)
    tab.button("classifier").click()
    until(lambda: set(_QUICK) <= set(presenter.page.found), 300)
    page = presenter.page
    page.rest()  # test pictures wait: they are no part of what is measured
    seen: dict[str, float] = {}
    page._asked.stepped.connect(lambda name, _: seen.setdefault(name, time.perf_counter()))
    bars = []
    for place in range(5, 10):
        until(lambda: not _busy(page))
        seen.clear()
        began = time.perf_counter()
        page._show_example(place)
        until(lambda: set(_QUICK) <= set(seen), 60)
        bars.append(max(seen.values()) - began)
    delays = _pen(page, seen)
    window.close()
    return [
        Row(
            "classifier: bars of 4 one-pass families, slowest of 5 digits",
            max(bars),
            "s",
            "median",
            percentile(bars, 0.5),
            0.5,
        ),
        Row(
            f"pen to bars of 4 families, p95 of {len(delays)} strokes",
            percentile(delays, 0.95),
            "ms",
            "median",
            percentile(delays, 0.5),
            150,
        ),
    ]


def _busy(page: Any) -> bool:
    return any(row.bars._stale for row in page.view.rows.rows.values())


def _pen(page: Any, seen: dict[str, float]) -> list[float]:
    """Milliseconds from each move of the pen that alters the digit to the last family's bars."""
    pen, found = page.view.pen, []
    page.view.draw.setChecked(True)
    ring = [
        QPoint(round(140 + 80 * math.cos(k / 4)), round(140 + 90 * math.sin(k / 4)))
        for k in range(25)
    ]
    QTest.mousePress(pen, _LEFT, pos=ring[0])
    for place in ring[1:]:
        until(lambda: not _busy(page))
        seen.clear()
        began, before = time.perf_counter(), page.picture
        QTest.mouseMove(pen, place)
        if before is None or not np.array_equal(before, page.picture):
            until(lambda: set(_QUICK) <= set(seen), 60, every=0.005)
            found.append(1000 * (max(seen.values()) - began))
    QTest.mouseRelease(pen, _LEFT, pos=ring[-1])
    return found


def main() -> None:
    """Measure the tab alone."""
    print("\n".join(row.line() for row in rows()))


if __name__ == "__main__":
    main()
