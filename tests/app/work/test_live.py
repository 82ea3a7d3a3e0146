"""What is computed for the eyes is said in the bar, as one line, until the last of it has ended."""

import pytest
from PySide6.QtCore import QObject

from app.work.channels import Channels
from app.work.live import Live, said
from widgets.queue.job_bar import JobBar


class Half:
    share = 0.5


@pytest.fixture
def desk(qtbot):
    bar = JobBar()
    qtbot.addWidget(bar)
    channels, owner = Channels(bar), QObject(bar)
    Live(channels, bar, str.capitalize, owner)
    yield channels, bar
    assert channels.close()


def endless():
    while True:
        yield Half()


def brief():
    yield None


def test_live_work_is_said_with_its_share_and_stops_at_once(desk, qtbot):
    channels, bar = desk
    channels.open("density: a").submit(endless)
    channels.open("density: b").submit(brief)
    qtbot.waitUntil(lambda: bar.title.text() == "Density: a", timeout=2000)
    # the second has ended, and counts as whole
    qtbot.waitUntil(lambda: bar.line.value() == 750, timeout=2000)
    assert bar.cancel.isVisibleTo(bar)
    # one that is stopped counts no more
    channels.open("density: c").submit(endless)
    qtbot.waitUntil(lambda: bar.line.value() == 667, timeout=2000)
    channels.of("density: a").stop()
    qtbot.waitUntil(lambda: bar.line.value() == 750, timeout=2000)
    channels.stop_live()
    assert not channels.live()
    assert bar.title.text() == "No job is running"


def test_nothing_is_live_once_it_is_closed(desk):
    channels, bar = desk
    channels.open("density: a").submit(endless)
    assert channels.live()
    assert bar.live.waits()
    assert channels.close()
    assert not channels.live()
    assert not bar.live.waits()


def test_many_views_are_named_by_their_tabs():
    assert said(["Density: VAE"]) == "Density: VAE"
    assert said(["Sampling: VAE", "Density: VAE", "Density: KDE"]) == (
        "Sampling: VAE · Density: VAE, KDE"
    )
    assert said([f"Density: {n}" for n in "abcde"]) == "Density: a, b, c and 2 more"
    assert said(["Device"]) == "Device"
