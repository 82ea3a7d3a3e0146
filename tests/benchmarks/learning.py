"""The tab Learn with six families: how fast they learn, and whether memory grows.

`python -m tests.benchmarks.learning` measures speed; with a number of minutes it prints the memory
of the process each minute, and how much it has grown since the fifth (or since half of them).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from app.session.settings import Settings
from app.window.window import Window
from tests.benchmarks.beats import beat, until, wait
from tests.benchmarks.table import Row, percentile
from widgets.look import theme

_TAB, _LEARNERS, _ENDLESS = 5, 6, 1_000_000


def measured(window: Window) -> list[Row]:
    """The tab Learn with six families: their steps, pictures, the heartbeat, and the pause."""
    desk = _desk(window)
    desk.play(True)
    wait(10)  # the first moments are kept more often than later ones
    drawn: dict[int, object] = {}
    pictures = [0]

    def count(news: Any) -> None:
        for report in news.reports:
            if drawn.get(report.key) is not report.portrait:
                drawn[report.key] = report.portrait
                pictures[0] += 1

    connection = desk.teaching.told.connect(count)
    before = [report.step for report in desk.teaching.news.reports]
    began, gaps = time.perf_counter(), beat()
    seconds = time.perf_counter() - began
    desk.teaching.told.disconnect(connection)
    steps = [r.step - b for r, b in zip(desk.teaching.news.reports, before, strict=True)]
    names = [r.family for r in desk.teaching.news.reports]
    asked = time.perf_counter()
    desk.play(False)
    until(lambda: not desk.teaching.news.racing)
    paused = 1000 * (time.perf_counter() - asked)
    return [
        Row(
            f"steps of {names[steps.index(min(steps))]}, the slowest of six learners",
            min(steps) / seconds,
            "/s",
            "fastest",
            max(steps) / seconds,
        ),
        Row("pictures of six learners", pictures[0] / seconds, "/s", "least wanted", 5),
        Row(
            "10 ms heartbeat, p99, six learners with pictures",
            percentile(gaps, 0.99),
            "ms",
            "worst",
            max(gaps),
            50,
        ),
        Row("pause of six learners", paused, "ms", "most", 300, 300),
    ]


def remembered(window: Window, minutes: int) -> list[float]:
    """Memory of the process in MB after each minute of play, with steps without end."""
    desk, found = _desk(window), []
    for report in desk.teaching.news.reports:
        if report.total is not None:
            key = report.key
            desk.teaching.ask(lambda key=key: desk.studio.change(key, "steps", _ENDLESS))
    desk.play(True)
    for minute in range(1, minutes + 1):
        wait(60)
        found.append(_resident())
        steps = {report.family: report.step for report in desk.teaching.news.reports}
        print(f"minute {minute}: {found[-1]:.1f} MB, steps {steps}", flush=True)
    desk.play(False)
    until(lambda: not desk.teaching.news.racing)
    return found


def _desk(window: Window) -> Any:
    """The desk of the tab, six learners upon it."""
    window.presenters[0].stop()
    window.session.choose("moons", ("moons/kde",))
    window.tabs.setCurrentIndex(_TAB)
    presenter = window.presenters[_TAB]
    until(lambda: presenter.desk is not None)
    desk = presenter.desk
    until(lambda: len(desk.teaching.news.reports) == _LEARNERS and not desk.teaching.busy(), 300)
    return desk


def _resident() -> float:
    """Megabytes of memory that the process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure speed, or memory over so many minutes."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    window = Window(Settings(count=16))
    window.show()
    window.begin()
    if len(sys.argv) == 1:
        print("\n".join(row.line() for row in measured(window)))
    else:
        memory = remembered(window, int(sys.argv[1]))
        first = memory[min(5, max(1, len(memory) // 2)) - 1]
        print(f"growth from then: {100 * (memory[-1] / first - 1):.1f} %")
    window.close()


if __name__ == "__main__":
    main()
