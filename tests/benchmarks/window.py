"""How the real window feels while the lane works: its heartbeat, and slider to picture."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.session.settings import Settings
from app.tasks.sampling import Frame
from app.window.window import Window
from app.work.jobs import Order
from tests.benchmarks.table import Row, percentile
from widgets.look import theme

_BEAT_SECONDS = 30
_DRAG_SECONDS = 6
_LEARNERS, _REPEATS, _LEARN = 6, 5, 5


class Heart(QObject):
    """A 10 ms timer on the GUI thread; `gaps` holds the time between beats, in ms.

    `busy` holds how much of it the thread has computed: others that share the processors count in
    a gap, and not there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self.busy: list[float] = []
        self._last, self._spent = time.perf_counter(), time.thread_time()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(10)

    @Slot()
    def _beat(self) -> None:
        now, spent = time.perf_counter(), time.thread_time()
        self.gaps.append(1000 * (now - self._last))
        self.busy.append(1000 * (spent - self._spent))
        self._last, self._spent = now, spent

    def stop(self) -> None:
        self._timer.stop()


class Drag(QObject):
    """Turns one model's temperature at 60 Hz; `delays` runs from a turn to its picture, in ms."""

    def __init__(self, window: Window, name: str) -> None:
        super().__init__()
        self._presenter, self._name = window.presenters[0], name
        self._turned: dict[float, float] = {}
        self._newest = 0.0
        self.delays: list[float] = []
        self.stale = 0
        self._step = 0
        self._presenter.columns[name].shown.connect(self._shown)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)
        self._timer.start(16)

    @Slot()
    def _turn(self) -> None:
        self._step += 1
        value = round(0.3 + self._step * 1e-3, 6)
        self._turned[value] = time.perf_counter()
        self._presenter.turn(self._name, "temperature", value)

    @Slot(str)
    def _shown(self, _: str) -> None:
        frame = self._presenter.columns[self._name].frame
        value = frame.request.knobs.get("temperature") if isinstance(frame, Frame) else None
        if value in self._turned:
            self.stale += value < self._newest
            self._newest = value
            self.delays.append(1000 * (time.perf_counter() - self._turned.pop(value)))

    def stop(self) -> None:
        self._timer.stop()


def rows() -> list[Row]:
    """Heartbeat idle and busy, then one recorded drag per model."""
    app = QApplication.instance() or QApplication([])
    theme.apply(app, theme.Mode.LIGHT)
    window = Window(Settings(count=16, models={"mnist": ("mnist/vae", "mnist/flow")}))
    window.show()
    window.begin()
    _until(lambda: all(c.frame is not None for c in window.presenters[0].columns.values()))
    measured = [*_drags(window), *_behind(window), *_hearts(window), *_learning(window)]
    window.close()
    return measured


def _hearts(window: Window) -> list[Row]:
    idle = _beat()
    window.presenters[0].generate(100_000)
    busy = _beat()
    return [
        Row(
            f"10 ms heartbeat, p99 over {_BEAT_SECONDS} s, batch running",
            percentile(busy, 0.99),
            "ms",
            "idle",
            percentile(idle, 0.99),
            50,
        ),
        Row("the same, worst gap", max(busy), "ms", "idle", max(idle)),
    ]


def _behind(window: Window) -> list[Row]:
    """A batch and the heartbeat beside six background jobs that train a small net each."""
    idle, alone = _beat(), [_batch(window) for _ in range(_REPEATS)]
    behind = window.channels.background("benchmark")
    for k in range(_LEARNERS):
        behind.submit(f"learner {k}", _learner)
    _wait(1)
    busy, beside = _beat(), [_batch(window) for _ in range(_REPEATS)]
    behind.stop()
    _wait(0.5)
    return [
        Row(
            f"10 ms heartbeat, p99, {_LEARNERS} background jobs",
            percentile(busy, 0.99),
            "ms",
            "idle",
            percentile(idle, 0.99),
            30,
        ),
        Row(
            f"a queued batch of 2 s beside them, median of {_REPEATS}",
            percentile(beside, 0.5),
            "s",
            "alone",
            percentile(alone, 0.5),
        ),
    ]


def _learning(window: Window) -> list[Row]:
    """The tab Learn with six families: their steps, pictures, the heartbeat, and the pause."""
    window.presenters[0].stop()
    window.session.choose("moons", ("moons/kde",))
    window.tabs.setCurrentIndex(_LEARN)
    presenter = window.presenters[_LEARN]
    _until(lambda: presenter.desk is not None)
    desk = presenter.desk
    _until(lambda: len(desk.teaching.news.reports) == _LEARNERS and not desk.teaching.busy(), 300)
    desk.play(True)
    _wait(10)  # the first moments are kept more often than later ones
    drawn: dict[int, object] = {}
    pictures = [0]

    def count(news: Any) -> None:
        for report in news.reports:
            if drawn.get(report.key) is not report.portrait:
                drawn[report.key] = report.portrait
                pictures[0] += 1

    connection = desk.teaching.told.connect(count)
    before = [report.step for report in desk.teaching.news.reports]
    began, gaps = time.perf_counter(), _beat()
    seconds = time.perf_counter() - began
    desk.teaching.told.disconnect(connection)
    steps = [r.step - b for r, b in zip(desk.teaching.news.reports, before, strict=True)]
    asked = time.perf_counter()
    desk.play(False)
    _until(lambda: not desk.teaching.news.racing)
    paused = 1000 * (time.perf_counter() - asked)
    return [
        Row(
            "steps of the slowest of six learners",
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


def _learner() -> Generator[int, None, None]:
    """Adam on a net of the plane until it is stopped: a step is a few ms."""
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
    adam, step = torch.optim.Adam(net.parameters()), 0
    while True:
        x = torch.randn(512, 2)
        loss = (net(x) - x.square().sum(1, keepdim=True)).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        step += 1
        yield step


def _batch(window: Window) -> float:
    """Seconds of a batch in the queue, from the asking to its end."""
    import torch

    def job() -> Generator[int, None, None]:
        x = torch.ones(600, 600)
        for i in range(400):
            x = (x @ x).clamp(0, 1)
            yield i

    loop, start = QEventLoop(), time.perf_counter()
    queue = window.channels.queue
    connection = queue.done.connect(lambda *_: loop.quit())
    window.jobs.submit(Order("benchmark", "", job, lambda _: None))
    loop.exec()
    queue.done.disconnect(connection)
    return time.perf_counter() - start


def _beat() -> list[float]:
    heart = Heart()
    _wait(_BEAT_SECONDS)
    heart.stop()
    return heart.gaps[5:]


def _drags(window: Window) -> list[Row]:
    measured = []
    for name in ("mnist/vae", "mnist/flow"):
        drag = Drag(window, name)
        _wait(_DRAG_SECONDS)
        drag.stop()
        _wait(1)
        if drag.stale:
            raise AssertionError(f"{drag.stale} stale frames of {name}")
        alone = 1000 * window.presenters[0].columns[name].frame.seconds
        measured.append(
            Row(
                f"slider to 16 pictures, {name}, p95 of {len(drag.delays)} shown",
                percentile(drag.delays, 0.95),
                "ms",
                "the model alone",
                alone,
                150,
            )
        )
    return measured


def _wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def _until(condition: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("the window did not get there in time")
        _wait(0.05)
