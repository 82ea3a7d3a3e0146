"""The learners' one job: turns, time, knobs, other points, and the same bits after a rewind."""

import hashlib

import numpy as np
import pytest
import torch

from app.learn.studio import Studio
from app.tasks.learning import Fair
from engines.data.toys import TOYS
from engines.learning.inside import Choice
from engines.learning.learner import learner
from engines.learning.portrait import View
from engines.maps.area import Area

X, LABELS = TOYS["moons"].sample(230, torch.Generator().manual_seed(1))
AREA = Area(-1.6, 2.6, -1.9, 2.3)
FAST = {"autoregressive": {"batch": 16}, "flow": {"batch": 16}, "kde": {}, "mfa": {}}


@pytest.fixture
def studio():
    studio = Studio()
    studio.ask(lambda: studio.set_ground(X[30:], X[:30], View(AREA), "moons"))
    return studio


def add(studio, key, family, **options):
    def make(asked):
        return learner(family, X[30:], seed=3, steps=300, options=asked)

    studio.ask(lambda: studio.add(key, make, {**FAST.get(family, {}), **options}))


def work(studio, until=None, most=20_000):
    """Drive the job to its end, or until the news say so; the last news."""
    run = studio.job()
    for _ in range(most):
        try:
            news = next(run)
        except StopIteration as end:
            return end.value
        if until is not None and until(news):
            run.close()
            return news
    raise AssertionError("the job does not end")


def of(news, key):
    (found,) = [report for report in news.reports if report.key == key]
    return found


def bits(studio, key):
    tensors = studio.pupils[key].made.course.sketch()
    parts = (tensors[name].numpy().tobytes() for name in sorted(tensors))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def same(one, other):
    np.testing.assert_array_equal(one.samples, other.samples)
    np.testing.assert_array_equal(one.log_p, other.log_p)


def test_new_learners_are_drawn_and_the_job_ends(studio):
    add(studio, 1, "flow")
    add(studio, 2, "kde")
    news = work(studio)
    assert of(news, 1).portrait.step == 0
    assert of(news, 2).done
    assert of(news, 2).figures
    assert not news.racing


def test_a_burst_is_so_many_steps_of_each(studio):
    add(studio, 1, "flow")
    add(studio, 2, "autoregressive")
    studio.ask(lambda: studio.play(7))
    news = work(studio)
    assert [report.step for report in news.reports] == [7, 7]
    assert [report.portrait.step for report in news.reports] == [7, 7]
    assert of(news, 1).trace.steps[-1] == 7


def test_where_all_rest_each_has_figures_of_the_step_it_stands_at(studio, monkeypatch):
    """Not of an older one, which its card would show beside the new step."""
    monkeypatch.setattr("app.learn.studio._REST", 0)  # the last step is drawn before the race ends
    add(studio, 1, "flow")
    add(studio, 2, "autoregressive")
    add(studio, 3, "kde")
    for act in (lambda: None, lambda: studio.play(3), lambda: studio.seek([1, 2, 3], lambda _: 0)):
        studio.ask(act)
        news = work(studio)
        assert [each.figures[-1].step for each in news.reports] == [r.step for r in news.reports]


def test_steps_at_a_pace_are_not_all_drawn_and_measured(studio):
    """Else ten a second are more than there can be; a pause makes up for it."""
    add(studio, 1, "flow")
    add(studio, 2, "autoregressive")
    work(studio)
    for _ in range(4):
        studio.ask(lambda: studio.play(1, paced=True))
        news = work(studio)
    assert [(report.step, len(report.figures)) for report in news.reports] == [(4, 1), (4, 1)]
    assert any(report.portrait.step < 4 for report in news.reports)
    studio.ask(studio.pause)
    news = work(studio)
    for report in news.reports:
        assert (report.portrait.step, report.figures[-1].step) == (4, 4)


def test_equal_examples_are_equal(studio):
    add(studio, 1, "autoregressive")
    add(studio, 2, "autoregressive", batch=32)
    studio.ask(lambda: studio.set_fair(Fair.EXAMPLES))
    studio.ask(studio.play)
    news = work(studio, lambda news: len(news.reports) == 2 and of(news, 2).step >= 20)
    assert of(news, 1).examples == pytest.approx(of(news, 2).examples, abs=64)


def test_rewind_and_play_give_the_same_weights_and_pictures(studio):
    add(studio, 1, "flow")
    add(studio, 2, "autoregressive")
    studio.ask(lambda: studio.play(40))
    first = work(studio)
    before = {key: bits(studio, key) for key in (1, 2)}
    studio.ask(lambda: studio.seek([1, 2], lambda _: 0))
    start = work(studio)
    assert [report.step for report in start.reports] == [0, 0]
    assert {key: bits(studio, key) for key in (1, 2)} != before
    studio.ask(lambda: studio.play(40))
    again = work(studio)
    assert {key: bits(studio, key) for key in (1, 2)} == before
    for key in (1, 2):
        same(of(first, key).portrait, of(again, key).portrait)


def test_the_film_shows_what_was_shown_and_can_be_gone_back_to(studio, monkeypatch):
    monkeypatch.setattr("app.learn.pupil._APART", 0.0)  # each saved moment, however fast steps are
    add(studio, 1, "autoregressive")
    work(studio)
    studio.ask(lambda: studio.play(70))
    news = work(studio)
    film = of(news, 1).film
    assert set(film) == set(studio.pupils[1].made.saved)
    step = sorted(film)[-2]
    kept = film[step]
    studio.ask(lambda: studio.seek([1], lambda _: step))
    back = work(studio)
    assert of(back, 1).portrait is kept or of(back, 1).step == step
    same(of(back, 1).portrait, kept)
    assert max(of(back, 1).film) == step
    assert max(f.step for f in of(back, 1).figures) <= step


def test_it_is_as_the_command_line_has_it(studio):
    add(studio, 1, "flow")
    studio.ask(lambda: studio.play(12))
    work(studio)
    threads = torch.get_num_threads()
    alone = learner("flow", X[30:], seed=3, steps=300, options=FAST["flow"])
    torch.set_num_threads(1)
    try:
        for _ in zip(range(12), alone.run(), strict=False):
            pass
    finally:
        torch.set_num_threads(threads)
    ours, theirs = studio.pupils[1].made.course.sketch(), alone.course.sketch()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_job_leaves_the_threads_of_torch_as_they_were(studio):
    add(studio, 1, "flow")
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for _ in studio.job():
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_kernels_are_fitted_piece_by_piece_without_being_asked(studio):
    add(studio, 1, "kde")
    add(studio, 2, "flow")
    studio.ask(lambda: studio.play(1))
    news = work(studio)
    assert of(news, 1).done
    assert of(news, 1).step > 2
    assert of(news, 2).step == 1


def test_pause_ends_the_race_at_once(studio):
    add(studio, 1, "autoregressive")
    studio.ask(studio.play)
    run = studio.job()
    while not (studio.pupils and studio.pupils[1].made.step >= 3):
        next(run)
    step = studio.pupils[1].made.step
    studio.ask(studio.pause)
    for _ in run:
        assert studio.pupils[1].made.step <= step + 1


def test_values_change_while_it_learns_or_begin_it_anew(studio):
    add(studio, 1, "flow")
    studio.ask(lambda: studio.play(5))
    work(studio)
    studio.ask(lambda: studio.change(1, "rate", 0.01))
    assert of(work(studio), 1).knobs["rate"] == 0.01
    studio.ask(lambda: studio.begin_anew(1, {"transforms": 3}))
    news = work(studio)
    assert of(news, 1).step == 0
    assert of(news, 1).knobs["transforms"] == 3
    assert of(news, 1).knobs["batch"] == 16  # what was asked for before still holds
    studio.ask(lambda: studio.change(1, "transforms", 2))
    assert "cannot change while it learns" in work(studio).said[-1]


def test_a_duplicate_goes_on_from_there_with_one_value_changed(studio):
    add(studio, 1, "flow")
    studio.ask(lambda: studio.play(20))
    before = of(work(studio), 1)
    studio.ask(lambda: studio.twin(1, 2, {"rate": 0.05}))
    news = work(studio)
    assert of(news, 2).step == 20
    assert of(news, 2).knobs["rate"] == 0.05
    assert set(of(news, 2).film) >= set(before.film)
    studio.ask(lambda: studio.twin(1, 3, {"transforms": 1}))
    assert of(work(studio), 3).step == 0
    assert bits(studio, 1) == bits(studio, 2) != bits(studio, 3)


def test_other_points_are_learned_from_the_next_step_on(studio):
    add(studio, 1, "autoregressive")
    add(studio, 2, "kde")
    studio.ask(lambda: studio.play(5))
    work(studio)
    x = X[30:] + 1
    studio.ask(lambda: studio.exchange(x, None))
    news = work(studio)
    assert of(news, 1).step == 5
    assert of(news, 2).portrait.samples.mean() > X.mean() + 0.5  # kernels are there at once
    assert torch.equal(studio.pupils[1].made.data.train.x, x)


def test_one_that_explodes_is_said_stopped_and_can_be_rewound(studio):
    add(studio, 1, "flow", rate=1e4)
    add(studio, 2, "autoregressive")
    studio.ask(lambda: studio.play(80))
    news = work(studio)
    wild = of(news, 1)
    assert "exploded" in wild.trouble
    assert "lower the learning rate" in wild.trouble
    assert of(news, 2).step == 80
    studio.ask(lambda: studio.play(5))
    assert of(work(studio), 1).step == wild.step  # it stays out
    studio.ask(lambda: studio.seek([1], lambda _: 0))
    studio.ask(lambda: studio.change(1, "rate", 0.002))
    studio.ask(lambda: studio.play(5))
    news = work(studio)
    assert of(news, 1).trouble == ""
    assert of(news, 1).step == 5


def test_what_is_asked_of_a_learner_that_is_gone_is_said_and_the_others_go_on(studio):
    """The window may still show it for a moment, and offer its buttons."""
    add(studio, 1, "flow")
    add(studio, 2, "autoregressive")
    studio.ask(lambda: studio.play(3))
    work(studio)
    studio.ask(lambda: studio.remove(1))
    studio.ask(lambda: studio.seek([1, 2], lambda _: 0))
    for act in (
        lambda: studio.twin(1, 3, {}),
        lambda: studio.change(1, "rate", 0.1),
        lambda: studio.begin_anew(1, {}),
        lambda: studio.mend(1),
        lambda: studio.seek([1], lambda _: 0),
    ):
        studio.ask(act)
    studio.ask(lambda: studio.play(2))
    news = work(studio)
    assert of(news, 2).step == 2
    assert set(news.said) == {"the learner is no longer there"}


def test_a_failure_is_provoked_measured_and_mended(studio):
    add(studio, 1, "kde")
    studio.ask(lambda: studio.provoke(1, "over-fitting"))
    news = work(studio)
    assert of(news, 1).knobs["bandwidth"] == 0.005
    assert of(news, 1).symptom.shows
    studio.ask(lambda: studio.mend(1))
    news = work(studio)
    assert not of(news, 1).symptom.shows
    assert of(news, 1).symptom.mended


def test_a_failure_that_needs_another_objective_begins_anew(studio):
    add(studio, 1, "energy", batch=32)
    studio.ask(lambda: studio.provoke(1, "chains that do not mix"))
    studio.ask(lambda: studio.play(5))
    news = work(studio)
    assert of(news, 1).options["objective"] == "chains"
    assert of(news, 1).symptom.shows
    assert of(news, 1).symptom.figure < 0.05


def test_modes_are_counted_on_their_own_data_alone(studio):
    add(studio, 1, "gan", batch=32)
    studio.ask(lambda: studio.provoke(1, "mode collapse"))
    symptom = of(work(studio), 1).symptom
    assert np.isnan(symptom.figure)
    assert not symptom.shows


def test_what_the_chosen_one_works_on_is_drawn(studio):
    add(studio, 1, "flow")
    add(studio, 2, "kde")
    studio.ask(lambda: studio.choose(Choice(2)))
    news = work(studio)
    assert of(news, 1).inside is None
    assert of(news, 2).inside.title == "A bump on every point"


def test_closing_the_job_leaves_a_studio_that_can_go_on(studio):
    add(studio, 1, "autoregressive")
    studio.ask(studio.play)
    news = work(studio, lambda news: news.reports and of(news, 1).step >= 3)
    step = studio.pupils[1].made.step
    assert of(work(studio), 1).step == step >= of(news, 1).step
    studio.ask(lambda: studio.play(2))
    assert of(work(studio), 1).step == step + 2


def test_classes_are_learned_where_they_are_given(studio):
    def make(asked):
        return learner("flow", X[30:], LABELS[30:], classes=("a", "b"), options=asked)

    studio.ask(lambda: studio.set_ground(X[30:], X[:30], View(AREA, 2), ""))
    studio.ask(lambda: studio.add(1, make, {"batch": 16}))
    studio.ask(lambda: studio.play(2))
    assert set(of(work(studio), 1).portrait.labels.tolist()) == {0, 1}
