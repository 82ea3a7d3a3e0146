"""What was dropped is asked again, and what comes late is shown for nothing else."""

import threading

import pytest

from app.tab.asking import Answer, Questions, answering
from app.tasks.scoring import Score
from engines.maps.kinds import Kind
from tests.windows import BOTH

FLOW, KDE = "mnist/flow", "mnist/kde"
DENSITY = 3


def test_a_question_is_asked_once_until_it_is_forgotten():
    questions = Questions()
    assert questions.ask("a", 1)
    assert not questions.ask("a", 1)
    assert questions.ask("a", 2)
    assert not questions.ask("a", 2)
    questions.forget("a")
    assert questions.ask("a", 2)
    assert questions.ask("b", None)
    assert not questions.ask("b", None)


def test_only_the_answer_to_the_last_question_is_wanted():
    questions = Questions()
    assert not questions.wants("a", Answer(None, 0))
    questions.ask("a", 1)
    questions.ask("a", 2)
    assert not questions.wants("a", Answer(1, "late"))
    assert questions.wants("a", Answer(2, "new"))
    questions.ask("b", 1)
    assert questions.keep(["b"]) == ("a",)
    assert not questions.wants("a", Answer(2, "of a row that is gone"))
    assert questions.ask("a", 2)


def test_an_answering_job_is_the_same_job():
    closed = []

    def job():
        try:
            yield None
            yield "step"
            return "end"
        finally:
            closed.append(True)

    run = answering("question", job)()
    assert next(run) is None
    answer = next(run)
    assert (answer.question, answer.step) == ("question", "step")
    with pytest.raises(StopIteration) as end:
        next(run)
    assert end.value.value == "end"
    stopped = answering("question", job)()
    next(stopped)
    stopped.close()
    assert closed == [True, True]


@pytest.fixture
def numbers(open_window, monkeypatch):
    """The page of numbers, whose scores wait at a gate; its stage, and the gate."""
    gate = threading.Event()

    def score(_models, card, _picture, _label, _given):
        def job():
            while not gate.wait(0.001):
                yield None
            yield Score(card, -1000.0, None, Kind.EXACT, "by a test")

        return job

    def score_tests(*_, given):
        def job():
            yield None

        return job

    monkeypatch.setattr("app.density.pictures.numbers.score", score)
    monkeypatch.setattr("app.density.pictures.numbers.score_tests", score_tests)
    stage = open_window(BOTH)
    stage.window.tabs.setCurrentIndex(DENSITY)
    presenter = stage.window.presenters[DENSITY]
    stage.until(lambda: presenter.page and len(presenter.page.numbers._asked._opened) == 2)
    yield presenter.page.numbers, stage, gate
    gate.set()


def shows_a_number(numbers, name):
    row = numbers.rows.rows.get(name)
    return row is not None and "bits/dim" in row.number.text()


def test_a_number_that_was_dropped_with_its_row_is_asked_again(numbers):
    numbers, stage, gate = numbers
    ended = []
    for signal in (numbers._asked._opened[FLOW].done, numbers._asked._opened[FLOW].stopped):
        signal.connect(lambda *_: ended.append(True))
    stage.window.session.choose("mnist", (KDE,))
    assert FLOW not in numbers.rows.rows
    gate.set()
    stage.until(lambda: ended and shows_a_number(numbers, KDE))
    stage.window.session.choose("mnist", (FLOW, KDE))
    stage.until(lambda: shows_a_number(numbers, FLOW) and shows_a_number(numbers, KDE))


def test_a_late_number_is_not_shown_for_another_picture(numbers):
    numbers, stage, gate = numbers
    card = stage.window.session.cards[FLOW]
    late = Score(card, -1e6, None, Kind.EXACT, "of the picture before")
    numbers._asked._opened[FLOW].stepped.emit(Answer("the picture before", late))
    assert FLOW not in numbers.scores
    assert not shows_a_number(numbers, FLOW)
    gate.set()
    stage.until(lambda: shows_a_number(numbers, FLOW))
    assert numbers.scores[FLOW].value == -1000
