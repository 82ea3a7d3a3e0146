"""From a move of λ to its picture, in every row of the real window, and codes there and back.

`python -m tests.benchmarks.interpolation [quality]`: with the word also how well 200 test pictures
come back from their codes.
"""

from __future__ import annotations

import math
import sys
import time

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.settings import Settings
from app.window import Window
from tests.benchmarks.table import Row, percentile
from tests.benchmarks.window import _until, _wait
from widgets import theme

FAST = ("mnist/vae", "mnist/gan", "mnist/flow")
SLOW = ("mnist/diffusion", "mnist/autoregressive")
_SECONDS, _TAB = 6, 2
_ALONE, _TOGETHER, _PREVIEW = 50, 120, 300


class Hand(QObject):
    """Moves λ at 60 Hz; `delays` of each row run from a move to its picture, in ms."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.presenter, self.tab = window.presenters[_TAB], window.tabs.widget(_TAB)
        self.delays: dict[str, list[float]] = {name: [] for name in self.presenter.rows}
        self.whole: list[float] = []
        self.stale = self.step = 0
        self._moved: dict[float, float] = {}
        self._rows: dict[float, set[str]] = {}
        self._newest = dict.fromkeys(self.presenter.rows, -1)
        for row in self.presenter.rows.values():
            row.shown.connect(self._shown)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._move)
        self._timer.start(16)

    @Slot()
    def _move(self) -> None:
        self.step += 1
        place = round(500 + 480 * math.sin(self.step / 40)) / 1000
        self._moved[place], self._rows[place] = time.perf_counter(), set()
        self.tab.player.slider.setValue(round(1000 * place))

    @Slot(str)
    def _shown(self, name: str) -> None:
        still = self.presenter.rows[name].still
        self.stale += still.stamp < self._newest[name]
        self._newest[name] = still.stamp
        if still.place in self._moved:
            spent = 1000 * (time.perf_counter() - self._moved[still.place])
            self.delays[name].append(spent)
            self._rows[still.place].add(name)
            if len(self._rows[still.place]) == len(self.delays):
                self.whole.append(spent)

    def stop(self) -> None:
        self._timer.stop()


def rows() -> list[Row]:
    """The one-pass families alone and together, then the slow ones."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    window = Window(Settings(count=4, models={"mnist": FAST[:1]}))
    window.show()
    window.begin()
    window.tabs.setCurrentIndex(_TAB)
    measured = []
    for name in FAST:
        hand = _drag(window, (name,))
        measured.append(_line(f"λ to picture, {name}", hand.delays[name], _ALONE, window, name))
        print(measured[-1].line(), flush=True)
    hand = _drag(window, FAST)
    measured.append(_line("λ to pictures, all three", hand.whole, _TOGETHER, window, FAST[0]))
    for name in SLOW:
        hand = _drag(window, (name,))
        if hand.delays[name]:
            line = _line(f"λ to sketch, {name}", hand.delays[name], _PREVIEW, window, name)
            measured.append(line)
    window.close()
    return measured


def _drag(window: Window, names: tuple[str, ...]) -> Hand:
    window.session.choose("mnist", names)
    presenter = window.presenters[_TAB]
    _until(
        lambda: (
            set(presenter.rows) == set(names)
            and all(
                (r.film is not None and r.film.log_p is not None) or r.row.state.value == "ready"
                for r in presenter.rows.values()
            )
            and all(r.codes is not None for r in presenter.rows.values())
        ),
        300,
    )
    _wait(1)
    hand = Hand(window)
    _wait(_SECONDS)
    hand.stop()
    _wait(1)
    if hand.stale:
        raise AssertionError(f"{hand.stale} stale pictures of {names}")
    return hand


def _line(what: str, delays: list[float], goal: float, window: Window, name: str) -> Row:
    still = window.presenters[_TAB].rows[name].still
    alone = 1000 * still.seconds
    return Row(f"{what}, p95 of {len(delays)} shown", percentile(delays, 0.95), "ms",
               "the model alone", alone, goal)  # fmt: skip


def quality(count: int = 200) -> None:
    """PSNR of test pictures that come back from their codes."""
    import torch

    import engines
    from engines.training.datasets import load

    x = load("mnist").test.x[:count]
    for name in (*FAST, SLOW[0]):
        model = engines.open_model(name)
        found = []
        for part in x.split(20):
            z = engines.finish(engines.encode(model, part))
            y = engines.finish(engines.decode(model, z))
            error = ((y - part) / 2).square().flatten(1).mean(1)
            found.append(-10 * error.clamp_min(1e-12).log10())
        every = torch.cat(found)
        print(
            f"{name}: PSNR of {count} test pictures: mean {every.mean():.1f}, "
            f"5 % below {every.quantile(0.05):.1f}, worst {every.min():.1f} dB",
            flush=True,
        )


if __name__ == "__main__":
    print("\n".join(line.line() for line in rows()))
    if "quality" in sys.argv[1:]:
        quality()
