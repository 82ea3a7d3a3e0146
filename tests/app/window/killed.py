"""A program to be killed: windows that a script works in, and windows that go on after their end.

    python -m tests.app.window.killed FOLDER KILLS SEED SECONDS

Imports everything once, then forks: a window in which a hand does random things and that is killed
at a random moment, and after it a window on the same folder. Says what was found in one line of
JSON for each kill.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path

import torch
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

import app.density.presenter
import app.inpainting.presenter
import app.interpolation.presenter
import app.uses.presenter  # noqa: F401 — imported once, before the forks
from app.history.record import key_of
from app.history.store import Query, Store
from app.models.open_models import Loading
from app.recipes.recipe import Recipe
from app.session import settings as remembered
from app.session.settings import Settings
from app.window.window import Window
from tests import hand

START = Settings(data="mnist", models={"mnist": ("mnist/flow", "mnist/kde")}, count=4, batch=160)
PATIENCE = 60.0


class Log:
    """Lines of JSON that are there whenever the process dies."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def say(self, **what):
        line = json.dumps({"t": time.monotonic(), **what}) + "\n"
        os.write(self._file, line.encode())


def open_window(folder):
    qt = QApplication.instance() or QApplication(["killed"])
    path = folder / "settings.json"
    settings = remembered.load(path) if path.exists() else START
    window = Window(settings, settings_path=path, device="cpu", folder=folder / "data")
    window.resize(1100, 750)
    window.show()
    window.begin()
    return qt, window


def wait(qt, condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("the window did not come to it")
        qt.processEvents()
        time.sleep(0.005)


def watch(window, log):
    """Log which jobs come, how far they are, and which are done, by the keys of their recipes."""
    jobs, keys = window.jobs, {}

    def added(ticket):
        # the order is known once the queue has taken all of them
        QTimer.singleShot(0, window, lambda: say_added(ticket))

    def say_added(ticket):
        order = jobs.order(ticket)
        if order is not None and order.recipe is not None:
            keys[ticket] = f"{order.title}, {order.detail}"
            log.say(did="queue", job=keys[ticket], waits=len(jobs.unfinished()))

    def stepped(ticket, frame):
        if not isinstance(frame, Loading) and ticket in keys:
            done = getattr(frame, "done", 0)
            log.say(did="step", job=keys[ticket], done=int(done))

    def done(ticket, frame):
        request = frame.request
        log.say(did="done", job=keys.get(ticket, ""), seed=request.seed, count=request.count)

    queue = window.channels.queue
    queue.added.connect(added)
    queue.stepped.connect(stepped)
    queue.done.connect(done)


class Hand:
    """Does things in a window, one after the other, and logs each once it is done."""

    def __init__(self, window, log, rng):
        self.window, self.log, self.rng, self.hand = window, log, rng, hand.Hand(window)
        self.inpainting = window.presenters[1]

    def work(self):
        acts = (self.new_seed, self.batch, self.paint, self.next_picture, self.turn, self.count)
        self.rng.choice(acts)()

    def new_seed(self):
        self.hand.new_seed()
        self.log.say(did="seed", seed=self.window.session.seed)

    def batch(self):
        if len(self.window.jobs.unfinished()) < 8:
            self.window.presenters[0].run(first=False)

    def count(self):
        number = self.rng.randint(1, 8)
        self.window.presenters[0]._tab.set_count(number, most=400)
        self.window.presenters[0]._controls_changed()
        self.log.say(did="count", count=number)

    def turn(self):
        task = self.rng.choice(("sample", "inpaint"))
        self.window.tabs.show_task(task)
        self.log.say(did="tab", tab=task)

    def next_picture(self):
        if self.hand.next_picture():
            self.say_hole()
        self.log.say(did="tab", tab="inpaint")

    def paint(self):
        x, y = self.rng.randint(-60, 60), self.rng.randint(-60, 60)
        if self.hand.paint((x, y), (-x, -y)):
            self.say_hole()
        self.log.say(did="tab", tab="inpaint")

    def say_hole(self):
        editor = self.inpainting.editor
        picture = int(editor.source.picture.sum())
        self.log.say(did="hole", mask=int(editor.desk.canvas.mask().sum()), picture=picture)


def session(folder, seed):
    """A window with a script, until it is killed."""
    qt, window = open_window(folder)
    log, rng = Log(folder / "log"), random.Random(seed)
    watch(window, log)
    window.presenters[0].run(first=False)
    hand = Hand(window, log, rng)
    hand.turn()
    log.say(did="begin", seed=window.session.seed)
    while True:
        until = time.monotonic() + rng.uniform(0.02, 0.25)
        while time.monotonic() < until:
            qt.processEvents()
            time.sleep(0.002)
        hand.work()


def again(folder, *, whole):
    """What the next window finds; a `whole` one carries the jobs to their end."""
    with sqlite3.connect(folder / "data" / "history.db") as history:
        sound = history.execute("PRAGMA integrity_check").fetchone()[0]
    history.close()
    (left,) = [json.loads(path.read_bytes()) for path in _sessions(folder)] or [{}]
    found = {"sound": sound, "left": left}
    qt, window = open_window(folder)
    found |= {
        "seed": window.session.seed,
        "models": window.session.models,
        "count": window.presenters[0].asking.count(window.session.chosen()[0]),
        "broken": (folder / "settings.broken.json").exists(),
        "offer": [row.text for row in window.messages.rows],
        "kept": _kept(folder),
    }
    log = Log(folder / "log 2")
    watch(window, log)
    rows = [row for row in window.messages.rows if "Continue" in row.text]
    if rows:
        rows[0].act.click()
        wait(qt, lambda: not [row for row in window.messages.rows if "Continue" in row.text])
    found["said"] = [row.text for row in window.messages.rows]
    found["queued"] = [f"{o.title}, {o.detail}" for o in window.jobs.unfinished()]
    found["tab"] = window.tabs.front_task()
    if "inpaint" in left.get("tabs", {}):
        window.tabs.show_task("inpaint")
        inpainting = window.presenters[1]
        wait(
            qt, lambda: inpainting._pending is None and inpainting.editor.source.picture is not None
        )
        editor = inpainting.editor
        found["mask"] = int(editor.desk.canvas.mask().sum())
        found["picture"] = int(editor.source.picture.sum())
    if whole and found["queued"]:
        wait(qt, lambda: any(line["did"] in ("step", "done") for line in lines(folder / "log 2")))
    if whole:
        wait(qt, lambda: not window.jobs.unfinished())
        found["later"] = _kept(folder)
    found["steps"] = [line for line in lines(folder / "log 2") if line["did"] == "step"][:1]
    window.close()
    found["stuck"] = window.stuck
    return found


def _sessions(folder):
    return list((folder / "data" / "sessions").glob("*.json"))


def _kept(folder):
    """Seeds and counts of the results in the history, by their models."""
    with Store(folder / "data" / "history.db") as store:
        ids = store.find(Query())
        recipes = [Recipe.from_json(store.recipe(number)) for number in ids]
        entries = store.entries(ids)
    assert len({key_of(recipe) for recipe in recipes}) == len(entries)
    return [[recipe.model, recipe.seed, recipe.count, recipe.task] for recipe in recipes]


def lines(path):
    """What a log says, its last line left out where it is cut."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found


def forked(work):
    """The id of a process that does this and ends."""
    if child := os.fork():
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 — said by the hook, whatever it is
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(status)


def kill(folder, seed, seconds, *, whole):
    """One window killed, and the next one; what was found."""
    folder.mkdir(parents=True)
    rng = random.Random(1000 + seed)
    child = forked(lambda: session(folder, seed))
    until = time.monotonic() + PATIENCE
    while not any(line["did"] == "begin" for line in lines(folder / "log")):
        if time.monotonic() > until or os.waitpid(child, os.WNOHANG) != (0, 0):
            raise RuntimeError("the window did not begin")
        time.sleep(0.02)
    time.sleep(rng.uniform(0, seconds))
    os.kill(child, signal.SIGKILL)
    killed = time.monotonic()
    os.waitpid(child, 0)

    def look():
        (folder / "found").write_text(json.dumps(again(folder, whole=whole)))

    _, status = os.waitpid(forked(look), 0)
    if status:
        raise RuntimeError("the next window failed")
    found = json.loads((folder / "found").read_text())
    return {"killed": killed, "log": lines(folder / "log"), **found}


def main():
    torch.set_num_threads(1)
    folder, kills, seed, seconds = sys.argv[1], *map(float, sys.argv[2:5])
    for number in range(int(kills)):
        place = Path(folder) / str(number)
        print(json.dumps(kill(place, int(seed) + number, seconds, whole="whole" in sys.argv)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
