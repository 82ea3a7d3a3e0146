"""One script through all tabs, by mouse and keys: how long the window is deaf, and what moves.

    python -m tests.benchmarks.script [--minutes 10] [--random SEED]

The acts come in their order, again and again, or by chance. The heartbeat of the window is measured
all the while. In the end it says the gaps, which acts had the longest, whether a message moved
anything, and whether a finished map was still finished after messages, the queue and other sizes.
First looks count for themselves: a page is imported and built when it is first shown.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.table import Row, percentile

MINUTES, CYCLE = 10.0, 0.3
"""How long the script is, and the seconds between two acts."""
GAP, P99 = 200.0, 50.0
"""What no gap of the heartbeat is to exceed, and what its 99th percentile is not to, in ms."""
WORST = 12
MODELS = {"mnist": ("mnist/vae", "mnist/flow"), "moons": ("moons/flow", "moons/kde")}


@dataclass(frozen=True)
class Gap:
    """The time between two beats in ms, how much of it the window's thread computed, after what.

    `first` where that was done for the first time: a page is imported and built when it is first
    looked at, which takes as long as it takes.
    """

    wall: float
    busy: float
    act: str
    first: bool

    def line(self) -> str:
        first = ", for the first time" if self.first else ""
        return f"  {self.wall:.0f} ms ({self.busy:.0f} computing) after {self.act}{first}"


@dataclass
class Report:
    """What was measured; `shifts` in pixels, of messages."""

    gaps: list[Gap] = field(default_factory=list)
    shifts: list[int] = field(default_factory=list)
    redone: list[str] = field(default_factory=list)
    """What asked for a finished map once more."""
    acts: int = 0
    maps: int = 0

    def percentile(self, share: float) -> float:
        return percentile([gap.wall for gap in self.gaps], share)

    def worst(self, *, first: bool) -> float:
        """The longest gap of what was done for the first time, or of what was done again."""
        return max((gap.wall for gap in self.gaps if gap.first is first), default=0.0)

    def lines(self) -> Iterator[str]:
        """What is to be read."""
        yield f"{self.acts} acts, {len(self.gaps)} beats of 10 ms"
        p50, p99 = self.percentile(0.5), self.percentile(0.99)
        yield f"gap p50 {p50:.0f} ms, p99 {p99:.0f} ms (at most {P99:.0f})"
        again = self.worst(first=False)
        yield f"longest, of what was done before: {again:.0f} ms (at most {GAP:.0f})"
        yield f"longest, of first looks: {self.worst(first=True):.0f} ms"
        ordered = sorted(self.gaps, key=lambda gap: -gap.wall)
        for first in (False, True):
            yield from (gap.line() for gap in [g for g in ordered if g.first is first][:WORST])
        yield f"messages: {len(self.shifts)}, layout moved by {max(self.shifts, default=0)} px"
        yield f"finished maps looked at: {self.maps}, begun anew: {len(self.redone)}"
        yield from (f"  {what}" for what in self.redone)


class Script:
    """Runs acts in a window and measures; `pace` seconds lie between two of them."""

    def __init__(self, window: Any, *, pace: float = CYCLE, seed: int | None = None) -> None:
        from tests.hand import Hand

        self.window, self.pace = window, pace
        self.hand, self.report = Hand(window), Report()
        self._rng = random.Random(seed) if seed is not None else None
        self._messages = 0
        self.heart: Any = None

    def acts(self) -> list[tuple[str, Callable[[], object]]]:
        """All acts in the order of the script: pictures first, then points, and back."""
        from tests.hand import DENSITY, USES

        hand = self.hand
        everywhere = [("message", self.say), ("queue", self.look_at_queue)]
        pages = [
            (f"{tab} page", lambda place=place: hand.turn_page(place))
            for place, tab in ((DENSITY, "density"), (USES, "uses"))
            for _ in range(3)
        ]
        sampling = [
            ("new seed", hand.new_seed),
            ("knob", hand.turn_knob),
            ("sample", hand.choose_sample),
            ("generate", hand.generate),
            ("stop", hand.stop),
        ]
        filling = [
            ("next picture", hand.next_picture),
            ("paint", hand.paint),
            ("undo", hand.undo),
            ("fill", hand.fill),
        ]
        walking = [("keys", hand.turn_keys), ("walk", hand.walk), ("play", hand.play)]
        maps = [
            ("zoom", hand.zoom),
            ("point", hand.point),
            ("home", hand.go_home),
            ("finished maps", self.check_maps),
        ]
        learning = [
            ("points", hand.draw_points),
            ("learn", hand.learn),
            ("pause", hand.learn),
        ]
        both = [*sampling, *everywhere, *filling, *everywhere, *walking, *everywhere]
        points = [*both, *maps, *everywhere, *learning, *everywhere]
        return [
            ("the data set, digits", lambda: self._choose("mnist")),
            *((f"{name}, digits", act) for name, act in (*both, *pages)),
            ("the data set, points", lambda: self._choose("moons")),
            *((f"{name}, points", act) for name, act in points),
        ]

    def run(self, seconds: float = math.inf, *, rounds: float = math.inf) -> Report:
        """Let the script go on for so long or so often, its acts in turn or by chance."""
        from tests.benchmarks.beats import Heart
        from tests.hand import close_dialogs

        columns = self.window.presenters[0].columns
        self._patiently(lambda: columns and all(c.frame is not None for c in columns.values()))
        self.heart = heart = Heart()
        end, known = time.monotonic() + seconds, set[str]()
        for name, act in self._turns(rounds):
            if time.monotonic() >= end:
                break
            act()
            self._wait(self.pace)
            close_dialogs(self.window)
            beats = zip(heart.gaps, heart.busy, strict=True)
            self.report.gaps += [Gap(*beat, name, name not in known) for beat in beats]
            heart.gaps.clear()
            heart.busy.clear()
            known.add(name)
            self.report.acts += 1
        heart.stop()
        return self.report

    def _turns(self, rounds: float) -> Iterator[tuple[str, Callable[[], object]]]:
        acts = self.acts()
        while rounds > 0:
            yield from self._rng.choices(acts, k=len(acts)) if self._rng is not None else acts
            rounds -= 1

    def _wait(self, seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def _choose(self, data: str) -> None:
        names = self.window.session.of_data(data)
        kept = self.window._settings.models.get(data) or [card.name for card in names][:2]
        self.window.session.choose(data, tuple(kept))

    # what must not move

    def say(self) -> None:
        """A message comes; the one before goes."""
        from tests.hand import shift

        measuring = self.heart.aside if self.heart is not None else nullcontext
        self._messages += 1
        said = self.window.messages
        if len(said.rows) > 1:
            self.report.shifts.append(shift(self.window, said.rows[-1].dismiss.click, measuring))
        text = f"broken-{self._messages}.png is no picture; choose another."
        self.report.shifts.append(shift(self.window, lambda: said.tell(text), measuring))

    def look_at_queue(self) -> None:
        self.hand.turn_queue()

    def check_maps(self) -> None:
        """Finished maps are looked at: a message, the queue and another size begin none anew."""
        _, presenter = self.hand.front(3)
        maps = getattr(presenter.page, "maps", {})
        self._patiently(lambda: maps and all(_whole(each) for each in maps.values()))
        frames = {name: each.frame for name, each in maps.items() if _whole(each)}
        size = self.window.size()
        for what, act in (
            ("a message", self.say),
            ("the queue", self.hand.turn_queue),
            ("another size", lambda: self.window.resize(size.width() - 90, size.height() - 60)),
            ("the first size", lambda: self.window.resize(size)),
            ("the queue, closed", self.hand.turn_queue),
        ):
            act()
            self._wait(self.pace)
            self.report.redone += [
                f"{name} after {what}"
                for name, frame in frames.items()
                if name in maps and (maps[name].frame is not frame or not _whole(maps[name]))
            ]
        self.report.maps += len(frames)

    def _patiently(self, condition: Callable[[], object], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self._wait(0.05)


def _whole(each: Any) -> bool:
    """Whether a map is finished, and nothing else was asked for."""
    frame = each.frame
    return frame is not None and frame.complete and frame.request == each.wanted


@contextmanager
def window(home: Path, **settings: Any) -> Iterator[Any]:
    """A window on the models that come with the program, in a home of its own."""
    from PySide6.QtWidgets import QApplication

    from app.session.settings import Settings
    from app.window.window import Window
    from widgets.look import theme

    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    chosen = Settings(**{"data": "mnist", "models": MODELS, "batch": 200, **settings})
    shown = Window(chosen, device="cpu", settings_path=home / "settings.json", folder=home / "data")
    shown.resize(1280, 800)
    shown.show()
    shown.begin()
    yield shown
    shown.close()


def measure(minutes: float, *, seed: int | None = None) -> Report:
    """The script in a temporary home."""
    from tests.hand import stub_dialogs

    stub_dialogs()
    with (
        tempfile.TemporaryDirectory(prefix="genscope-script-") as place,
        window(Path(place)) as shown,
    ):
        return Script(shown, seed=seed).run(60 * minutes)


def rows() -> list[Row]:
    """The short form, for the table of all benchmarks."""
    report = measure(1.0)
    what, median = f"script of {report.acts} acts through all tabs", report.percentile(0.5)
    again, first = report.worst(first=False), report.worst(first=True)
    return [
        Row(f"10 ms heartbeat, p99, {what}", report.percentile(0.99), "ms", "median", median, P99),
        Row("the same, longest gap of what was done before", again, "ms", "median", median, GAP),
        Row("the same, longest gap of a first look at a page", first, "ms", "again", again),
    ]


def main() -> int:
    """Run the script as it is asked; 1 where something moved or a map began anew."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=MINUTES)
    asked.add_argument("--random", type=int, metavar="SEED", help="acts by chance")
    given = asked.parse_args()
    home = tempfile.mkdtemp(prefix="genscope-home-")
    for name in ("HOME", "USERPROFILE", *(f"XDG_{x}_HOME" for x in ("CACHE", "CONFIG", "DATA"))):
        os.environ[name] = home
    report = measure(given.minutes, seed=given.random)
    print("\n".join(report.lines()))
    return int(any(report.shifts) or bool(report.redone))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main())
