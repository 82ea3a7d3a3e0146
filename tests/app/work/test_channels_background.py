"""What a page and the window hear of background jobs."""

import pytest

from app.work.channels import Channels
from tests.app.work.recording import PATIENCE, Gated, quick


@pytest.fixture
def channels(qtbot):
    channels = Channels()
    yield channels
    assert channels.close(PATIENCE)


def test_a_page_hears_of_its_background_jobs_and_the_window_of_all(qtbot, channels):
    one, two = channels.background("one"), channels.background("two")
    told, seen = [], []
    channels.background_changed.connect(told.append)
    one.stepped.connect(lambda ticket, payload: seen.append((ticket, payload)))
    one.hold()
    ticket = one.submit("sums", lambda: quick(5))
    with qtbot.waitSignal(two.done):
        two.submit("others", quick)
    assert told == [("others",), ()]
    assert channels.title_of(ticket) == "sums"
    with qtbot.waitSignal(one.done) as done:
        one.go_on()
    assert done.args == [ticket, 5]
    assert seen == [(ticket, 5)]
    assert told[2:] == [("sums",), ()]
    with pytest.raises(ValueError, match="already"):
        channels.background("one")


def test_what_is_worked_out_behind_can_be_stopped_at_once(qtbot, channels):
    page, resting = channels.background("page"), channels.background("resting")
    gate, kept = Gated(2), []
    resting.hold()
    resting.submit("kept", quick)
    resting.stopped.connect(kept.append)
    with qtbot.waitSignal(page.stopped):
        page.submit("gone", gate)
        channels.stop_background()
        gate.allow()
    assert not kept
