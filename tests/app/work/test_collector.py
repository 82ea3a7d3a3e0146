"""Garbage goes on the window's own thread, whoever made it, and Python has its way back."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject

from app.work.collector import Collector


@pytest.fixture
def collector(qapp):
    owner = QObject()
    made = Collector(owner)
    made.collect()  # what was imported is frozen by now
    yield made
    made.stop()


def test_what_a_thread_leaves_behind_is_deleted_by_the_window(qtbot, collector):
    gone = []

    class Knot:
        def __init__(self):
            self.itself = self

        def __del__(self):
            gone.append(threading.current_thread())

    def leave():
        Knot()
        kept = [[] for _ in range(5000)]  # Python would collect by now
        assert not gone
        kept.clear()

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    kept = [[] for _ in range(2000)]
    qtbot.waitUntil(lambda: bool(gone), timeout=2000)
    assert gone == [threading.main_thread()]
    assert kept


def test_the_last_to_stop_gives_it_back(qapp, collector):
    owner = QObject()
    other = Collector(owner)
    other.stop()
    other.stop()
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()


def test_a_turn_leaves_out_what_was_imported(collector):
    assert gc.get_freeze_count() > 10_000
    gc.collect()
    assert len(gc.get_objects()) < gc.get_freeze_count() / 2
