"""What all tests share: no screen, one computing thread, and nothing left running behind a test.

Imports neither PySide6 nor torch: tests that need neither stay quick.
"""

import gc
import os
import sys
import tempfile
import threading
import weakref

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# what tests compute, keep and remember goes where it is forgotten: no test reaches a person's home
_HOME = tempfile.mkdtemp(prefix="genscope-tests-")
for _name in ("HOME", "USERPROFILE"):
    os.environ[_name] = _HOME
for _name in ("CACHE", "CONFIG", "DATA", "STATE"):
    os.environ[f"XDG_{_name}_HOME"] = os.path.join(_HOME, _name.lower())

THREADS = int(os.environ["OMP_NUM_THREADS"] or 1)
OUR_THREADS = ("lane", "genscope")


def _threads():
    """Threads that would outlive a test: those that block the exit, and the app's own."""
    ours = {t for t in threading.enumerate() if not t.daemon or t.name.startswith(OUR_THREADS)}
    return ours - {threading.main_thread()}


@pytest.fixture(autouse=True)
def no_thread_left_behind():
    """Fail a test that leaves a thread running, by the thread's name."""
    before = _threads()
    yield
    left = _threads() - before
    for thread in left:
        thread.join(1.0)
    alive = sorted(thread.name for thread in left if thread.is_alive())
    if alive:
        pytest.fail(f"threads left running: {', '.join(alive)}")


@pytest.fixture(autouse=True)
def no_timer_left_behind(monkeypatch):
    """Fail a test that leaves a QTimer active, by its parent; costs nothing without Qt."""
    core = sys.modules.get("PySide6.QtCore")
    if core is None:
        yield
        return
    started = weakref.WeakSet()
    start = core.QTimer.start

    def recorded(timer, *interval):
        started.add(timer)
        start(timer, *interval)

    monkeypatch.setattr(core.QTimer, "start", recorded)
    yield
    if started:
        alive = _stop_timers(core, started)
        if alive:
            pytest.fail(f"timers left active: {', '.join(alive)}")


@pytest.fixture(autouse=True)
def torch_as_in_the_window():
    """One thread, whatever a command set before, and no denormal numbers, as on the lane.

    Torch with two threads in each of two processes takes several times as long.
    """
    _settle_torch()
    yield
    _settle_torch()


def _settle_torch():
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(THREADS)
        torch.set_flush_denormal(True)


@pytest.fixture(autouse=True)
def no_file_dialog(monkeypatch):
    """Fail a test that opens a dialog of files which it has not stubbed: it would wait for ever,
    and a stray key could reach files. The dialog is cancelled."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None:
        yield
        return
    opened = []
    for name, answer in (
        ("getOpenFileName", ("", "")),
        ("getSaveFileName", ("", "")),
        ("getExistingDirectory", ""),
    ):
        monkeypatch.setattr(
            widgets.QFileDialog, name, lambda *asked, answer=answer: opened.append(asked) or answer
        )
    yield
    if opened:
        pytest.fail(f"dialogs of files opened: {', '.join(asked[1] for asked in opened)}")


def _stop_timers(core, started):
    """Stop every timer that is still active once deleted objects are gone; their descriptions."""
    import shiboken6

    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    alive = [t for t in started if shiboken6.isValid(t) and t.isActive()]
    for timer in alive:
        timer.stop()
    return sorted(f"{t.objectName() or 'QTimer'} of {type(t.parent()).__name__}" for t in alive)


def pytest_collection_finish():
    """What has been imported stays: the collector of garbage need not go through it again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish():
    """Without a screen the clipboard is Qt's own, and outlives Python: what Python has put there
    would end the process when it goes."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is not None and (app := widgets.QApplication.instance()) is not None:
        app.clipboard().clear()
