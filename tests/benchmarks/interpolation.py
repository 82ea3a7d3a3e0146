"""From a move of λ to its painted picture, in the rows of the real window; codes there and back.

`python -m tests.benchmarks.interpolation [quality [pictures [models …]]]`: with the word how well
test pictures come back from their codes, in place of the speed.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.interpolation.row import STANDS_IN, WalkRow
from app.session.settings import Settings
from app.window.window import Window
from tests.benchmarks.beats import until, wait
from tests.benchmarks.table import Row, percentile
from widgets.look import theme

if TYPE_CHECKING:
    from torch import Tensor

FAST = ("mnist/vae", "mnist/gan", "mnist/flow")
SKETCHED, STANDING_IN = "mnist/diffusion", "mnist/autoregressive"
_SECONDS, _TAB = 6, 2
_ALONE, _TOGETHER, _PREVIEW = 50, 120, 300
_EXACT, _INVERTED = 1e-3, 30.0
_ROWS = 20


class Eye(QObject):
    """Sees what one row paints; `seen` has the first time of every step of the hand it answers.

    What answers a step is a picture made for it, a sketch, or the nearest frame of the strip.
    """

    def __init__(self, row: WalkRow, hand: Hand) -> None:
        super().__init__(hand)
        self.row, self._hand = row, hand
        self.seen: dict[int, float] = {}
        self.alone: list[float] = []
        self.stale = 0
        self._steps: dict[int, int] = {}
        self._waiting: int | None = None
        self._newest = -1
        self._view = row.row.frame.still.viewport()
        self._view.installEventFilter(self)
        row.shown.connect(self._shown)

    def moved(self, step: int) -> None:
        """The hand has moved: which job, if any, is to answer it."""
        if self.row.row.note() == STANDS_IN and not self.row.codes.sketches:
            self._waiting = step
        else:
            self._steps[self.row.stamp] = step

    @Slot(str)
    def _shown(self, _: str) -> None:
        still = self.row.still
        self.stale += still.stamp < self._newest
        self._newest = still.stamp
        if still.stamp in self._steps:
            self._waiting = self._steps[still.stamp]
            self.alone.append(1000 * still.seconds)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint and self._waiting is not None:
            self.seen.setdefault(self._waiting, time.perf_counter())
            self._waiting = None
        return False


class Hand(QObject):
    """Drags λ to and fro at 60 Hz."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._slider = window.tabs.widget(_TAB).player.slider
        self.eyes = [Eye(row, self) for row in window.presenters[_TAB].rows.values()]
        self._moves: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._move)
        self._slider.setSliderDown(True)
        self._timer.start(16)

    @Slot()
    def _move(self) -> None:
        step = len(self._moves)
        self._moves.append(time.perf_counter())
        self._slider.setSliderPosition(round(500 + 480 * math.sin(step / 40)))
        for eye in self.eyes:
            eye.moved(step)

    def rest(self) -> None:
        """Let go of the slider."""
        self._timer.stop()
        self._slider.setSliderDown(False)

    def delays(self) -> list[float]:
        """From every move that any row answered until all rows show it or a later one, in ms."""
        found = []
        for step in sorted(set().union(*(eye.seen for eye in self.eyes))):
            late = [
                min((at for s, at in eye.seen.items() if s >= step), default=math.inf)
                for eye in self.eyes
            ]
            if max(late) < math.inf:
                found.append(1000 * (max(late) - self._moves[step]))
        return found


def rows() -> list[Row]:
    """The one-pass families alone and together, then the slow ones."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    window = Window(Settings(count=4, models={"mnist": FAST[:1]}))
    window.show()
    window.begin()
    window.tabs.setCurrentIndex(_TAB)
    measured = [_line(f"λ to picture, {name}", _drag(window, (name,)), _ALONE) for name in FAST]
    measured.append(_line("λ to pictures, all three", _drag(window, FAST), _TOGETHER))
    measured.append(_line(f"λ to sketch, {SKETCHED}", _drag(window, (SKETCHED,)), _PREVIEW))
    hand = _drag(window, (STANDING_IN,))
    whole = 1000 * hand.eyes[0].row.still.seconds
    measured.append(
        _line(f"λ to nearest frame, {STANDING_IN}", hand, _PREVIEW, ("a picture at rest", whole))
    )
    window.close()
    return measured


def _drag(window: Window, names: Sequence[str]) -> Hand:
    window.session.choose("mnist", tuple(names))
    rows = window.presenters[_TAB].rows
    until(lambda: set(rows) == set(names) and all(map(_ready, rows.values())), 500)
    wait(1)
    hand = Hand(window)
    wait(_SECONDS)
    hand.rest()
    until(lambda: all(not r.late() and not r.still.rough for r in rows.values()), 300)
    if any(eye.stale for eye in hand.eyes):
        raise AssertionError(f"stale pictures of {names}")
    return hand


def _ready(row: WalkRow) -> bool:
    film = row.film
    return (
        film is not None
        and film.complete
        and film.wish is row.wish
        and row.row.state.value == "ready"
    )


def _line(what: str, hand: Hand, goal: float, against: tuple[str, float] | None = None) -> Row:
    delays = hand.delays()
    if against is None:
        models = "the model alone" if len(hand.eyes) == 1 else "the models alone, one by one"
        against = models, sum(percentile(eye.alone, 0.5) for eye in hand.eyes)
    return Row(
        f"{what}, p95 of {len(delays)} shown", percentile(delays, 0.95), "ms", *against, goal
    )


def quality(count: int = 200, names: Sequence[str] = (*FAST, SKETCHED)) -> None:
    """Print how well test pictures come back from their codes, against the bars of the families."""
    from engines.training.datasets import load

    x = load("mnist").test.x[:count]
    for name in names:
        psnr, worst = there_and_back(name, x)
        met = ""
        if name.endswith("/flow"):
            met = f"; ≤ {_EXACT:g}: {'yes' if worst <= _EXACT else 'NO'}"
        elif name.endswith("/diffusion"):
            share = (psnr >= _INVERTED).float().mean()
            met = f"; {share:.1%} ≥ {_INVERTED:g} dB: {'yes' if share == 1 else 'NO'}"
        print(
            f"{name}: PSNR of {len(x)} test pictures: mean {psnr.mean():.1f}, "
            f"5 % below {psnr.quantile(0.05):.1f}, worst {psnr.min():.1f} dB; "
            f"largest error {worst:.2g}{met}",
            flush=True,
        )


def there_and_back(name: str, x: Tensor) -> tuple[Tensor, float]:
    """PSNR in dB (n,) of pictures (n, C, H, W) decoded from their codes, and the largest error."""
    import torch

    import engines

    model = engines.open_model(name)
    found, worst = [], 0.0
    for part in x.split(_ROWS):
        y = engines.finish(engines.decode(model, engines.finish(engines.encode(model, part))))
        worst = max(worst, (y - part).abs().max().item())
        error = ((y - part) / 2).square().flatten(1).mean(1)
        found.append(-10 * error.clamp_min(1e-12).log10())
    return torch.cat(found), worst


def main(words: Sequence[str]) -> None:
    """Measure speed, or quality."""
    if words[:1] == ["quality"]:
        quality(int(words[1]) if len(words) > 1 else 200, *([words[2:]] if words[2:] else []))
        return
    for line in rows():
        print(line.line(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
