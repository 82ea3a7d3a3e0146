"""Orders in the queue: who hears of them, and what the job bar shows."""

import pytest

from app.recipes.files import SaveError
from app.work.channels import Channels
from app.work.jobs import Jobs, Order
from tests.app.work.recording import PATIENCE, Gated
from widgets.queue.job_bar import JobBar
from widgets.queue.jobs import JobState
from widgets.window.messages import Messages


class Desk:
    """A queue with its bar and messages, and what each order was told."""

    def __init__(self, qtbot):
        self.channels, self.bar, self.messages = Channels(), JobBar(), Messages()
        for widget in (self.bar, self.messages):
            qtbot.addWidget(widget)
        self.jobs = Jobs(self.channels.queue, self.bar, self.messages, self.channels)
        self.told = []

    def order(self, job, title="work"):
        def hear(what):
            return lambda payload: self.told.append((what, payload))

        hooks = {name: hear(name) for name in ("submitted", "stepped", "done", "stopped")}
        failed = hear("failed")
        return Order(
            title,
            "in detail",
            job,
            lambda step: (step, 10),
            **hooks,
            failed=lambda failure: failed(failure.sentence),
        )

    def states(self):
        table = self.bar.table
        return [table.job_at(row).state for row in range(table.rowCount())]


@pytest.fixture
def desk(qtbot):
    desk = Desk(qtbot)
    yield desk
    assert desk.channels.close(PATIENCE)


def until(qtbot, condition):
    qtbot.waitUntil(lambda: bool(condition()), timeout=1000 * PATIENCE)


def test_an_order_hears_its_steps_and_its_result(desk, qtbot):
    job = Gated(2, permits=1)
    ticket = desk.jobs.submit(desk.order(job))
    until(qtbot, lambda: ("stepped", 0) in desk.told)
    job.allow()
    until(qtbot, lambda: desk.states() == [JobState.DONE])
    assert desk.told == [("submitted", ticket), ("stepped", 0), ("stepped", 1), ("done", 1)]
    assert (desk.bar.table.job(ticket).done, desk.bar.table.job(ticket).total) == (1, 10)


def test_a_cancelled_order_hears_that_it_was_stopped(desk, qtbot):
    job = Gated(2)
    running, waiting = (desk.jobs.submit(desk.order(job)) for _ in range(2))
    desk.jobs.cancel(waiting)
    until(qtbot, lambda: ("stopped", None) in desk.told)
    desk.jobs.cancel(running)
    job.allow()
    until(qtbot, lambda: desk.states() == [JobState.STOPPED] * 2)
    assert desk.told.count(("stopped", None)) == 2


def test_an_order_put_first_stands_first(desk, qtbot):
    job = Gated(1)
    desk.jobs.submit(desk.order(job, "running"))
    until(qtbot, lambda: desk.states() == [JobState.RUNNING])
    desk.jobs.submit(desk.order(job, "later"))
    desk.jobs.submit(desk.order(job, "sooner"), first=True)
    titles = [desk.bar.table.job_at(row).title for row in range(3)]
    assert titles == ["running", "sooner", "later"]
    job.allow(3)
    until(qtbot, lambda: desk.states() == [JobState.DONE] * 3)


def test_a_failure_is_one_sentence_and_a_retry_gets_a_new_ticket(desk, qtbot):
    faults = [SaveError("out.png was not saved: the disk is full")]

    def job():
        yield 1
        if faults:
            raise faults.pop()

    ticket = desk.jobs.submit(desk.order(job))
    until(qtbot, lambda: desk.states() == [JobState.FAILED])
    sentence = "out.png was not saved: the disk is full"
    assert desk.told[-1] == ("failed", sentence)
    assert desk.messages.rows[0].text == f"work failed. {sentence}"
    desk.bar.retry_wanted.emit(ticket)
    until(qtbot, lambda: JobState.DONE in desk.states())
    assert desk.told[-1] == ("done", None)
    assert not desk.messages.rows, "a retry that ends well settles what was said"
    desk.bar.details_wanted.emit(ticket)
    assert desk.messages.rows[0].text == f"work failed. {sentence}"


def test_orders_stand_in_their_order_though_the_lane_has_taken_the_first(desk, qtbot, monkeypatch):
    """What has begun no longer waits, and the bar hears of it only later."""
    job, queue, tickets = Gated(1, permits=2), desk.channels.queue, []
    submit_all = queue.submit_all

    def noted(jobs, *, first=False):
        tickets.extend(submit_all(jobs, first=first))
        return tuple(tickets)

    monkeypatch.setattr(queue, "submit_all", noted)
    monkeypatch.setattr(queue, "waiting", lambda: tuple(tickets[1:]))
    desk.jobs.submit_all([desk.order(job, "first"), desk.order(job, "second")], first=True)
    table = desk.bar.table
    assert [table.job_at(row).ticket for row in range(table.rowCount())] == tickets
    until(qtbot, lambda: desk.states() == [JobState.DONE] * 2)
