"""Learners that take turns: fair by time or examples, each as it would be alone."""

import threading
import time
from collections import Counter

import torch

from app.tasks.learning import Fair, Race
from app.work.lane import Kind, Lane
from engines.data.toys import TOYS
from engines.learning.learner import learner

X = TOYS["moons"].sample(60, torch.Generator().manual_seed(1))[0]


def of(family="autoregressive", **options):
    return learner(family, X, steps=400, options={"batch": 8, **options})


def shares(race, count):
    return Counter(told.which for _, told in zip(range(count), race.run(), strict=False))


def test_by_examples_each_has_seen_as_many():
    race = Race([of(), of(batch=16), of(batch=32)], Fair.EXAMPLES)
    assert shares(race, 70) == {0: 40, 1: 20, 2: 10}


def test_by_time_each_has_had_as_long(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "thread_time", lambda: clock[0])
    slow, fast = of(), of()
    for made, cost in ((slow, 3.0), (fast, 1.0)):
        advance = made.course.advance

        def costly(advance=advance, cost=cost):
            clock[0] += cost
            return advance()

        made.course.advance = costly
    race = Race([slow, fast])
    assert shares(race, 40) == {0: 10, 1: 30}
    assert race.spent(0, Fair.TIME) == race.spent(1, Fair.TIME) == 30


def test_in_a_race_each_learns_as_alone():
    families = ("autoregressive", "flow", "kde")
    race = Race([of(family) if family != "kde" else learner("kde", X) for family in families])
    told = list(race.run(steps=3))
    assert Counter(each.which for each in told) == {0: 3, 1: 3, 2: 3}
    alone = of("flow")
    losses = [moment.losses for _, moment in zip(range(3), alone.run(), strict=False)]
    assert [each.moment.losses for each in told if each.which == 1] == losses


def test_one_that_explodes_stops_alone_and_can_be_rewound():
    wild, calm = of(rate=1e3), of()
    told = list(Race([wild, calm], Fair.EXAMPLES).run(steps=60))
    troubles = [each for each in told if each.trouble]
    assert [each.which for each in troubles] == [0]
    assert "exploded at step" in troubles[0].trouble
    assert sum(each.which == 1 for each in told) == 60
    wild.rewind()
    assert next(Race([wild]).run()).moment.step == 1


def test_one_at_its_end_rests_while_the_others_go_on():
    short, long = learner("vae", X, steps=2, options={"batch": 8}), of()
    race = Race([short, long], Fair.EXAMPLES)
    assert shares(race, 30) == {0: 2, 1: 28}


def test_closed_it_pauses_and_goes_on():
    race = Race([of(), of("vae")], Fair.EXAMPLES)
    run = race.run()
    for _ in range(5):
        next(run)
    run.close()
    assert sum(made.step for made in race.learners) == 5
    assert shares(race, 5).total() == 5
    assert {made.step for made in race.learners} == {5}


def test_the_lane_drives_it_in_the_background():
    done, told = threading.Event(), []

    def heard(event):
        told.append(event)
        if event.kind in (Kind.DONE, Kind.FAILED, Kind.STOPPED):
            done.set()

    lane = Lane(heard)
    race = Race([of(), of("vae")], Fair.EXAMPLES)
    lane.background("learn", lambda: race.run(steps=4))
    assert done.wait(60)
    assert lane.close(10)
    assert told[-1].kind is Kind.DONE
    assert [made.step for made in race.learners] == [4, 4]
