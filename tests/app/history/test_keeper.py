"""The thread that keeps results: nobody waits for it, and nothing finished is lost."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

from app.history.keeper import REST, Keeper
from app.history.record import key_of, unpacked
from app.history.store import Query, Store
from app.recipes.recipe import Recipe
from app.recipes.result import Result
from engines.checkpoints.catalog import catalog
from tests.app.history.records import record, result

PATIENCE = 10


@pytest.fixture(scope="module")
def card(catalogue_once):
    return catalogue_once["mnist/kde"]


@pytest.fixture(scope="module")
def catalogue_once():
    return {card.name: card for card in catalog()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "history.db"


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def kept(path, **query):
    with Store(path) as store:
        return store.entries(store.find(Query(**query)))


def close(keeper):
    assert keeper.close(PATIENCE)


def test_a_result_is_kept_with_recipe_thumbnail_and_pixels(path, card):
    keeper = Keeper(path)
    made = result(card, count=4, seed=9)
    keeper.finish(made)
    close(keeper)
    (entry,) = kept(path)
    assert (entry.title, entry.task, entry.model) == ("4 pictures", "sample", "mnist/kde")
    assert "seed 9" in entry.detail
    with Image.open(io.BytesIO(entry.thumbnail)) as picture:
        assert picture.getpixel((5, 5)) == (9, 9, 9)
    with Store(path) as store:
        recipe = Recipe.from_json(store.recipe(entry.id))
        values = unpacked(store.arrays(entry.id))
    assert (recipe.seed, recipe.count, recipe.sha256) == (9, 4, card.sha256)
    assert (values == made.values).all()


def test_finishing_a_result_does_not_wait_for_the_disk(path, card):
    """The recipe, which may pack pictures, is made on the thread of the keeper."""
    asked, go_on = threading.Event(), threading.Event()
    made = result(card)

    def slow():
        asked.set()
        assert go_on.wait(PATIENCE)
        return made.recipe()

    keeper = Keeper(path)
    keeper.finish(Result("sample", card, slow, made.values))
    assert asked.wait(PATIENCE)  # the call has returned, the recipe is still being made
    go_on.set()
    close(keeper)
    assert len(kept(path)) == 1


def test_a_promise_holds_once_the_result_is_on_disk(path, card):
    keeper = Keeper(path)
    promise = keeper.finish(result(card))
    assert promise.wait(PATIENCE)
    assert len(kept(path)) == 1
    close(keeper)


def test_nobody_waits_for_a_history_that_cannot_be_written(path, card, caplog):
    with Store(path) as store:
        store._db.execute("PRAGMA user_version = 99")
    refused = Keeper(path)
    promise = refused.finish(result(card))
    close(refused)
    assert promise.wait(0)
    ended = Keeper(path.with_name("another.db"))
    close(ended)
    assert ended.finish(result(card)).wait(0)
    broken = Keeper(path.with_name("third.db"))

    def no_recipe():
        raise RuntimeError("no recipe")

    assert broken.finish(Result("sample", card, no_recipe, result(card).values)).wait(PATIENCE)
    close(broken)


def test_of_a_moving_hand_the_result_at_rest_is_kept(path, card):
    clock, changed = Clock(), threading.Event()
    keeper = Keeper(path, clock=clock, changed=changed.set)
    for seed in range(5):
        keeper.finish(result(card, seed=seed, queued=False))
    keeper.do(lambda store: None)
    assert changed.wait(PATIENCE)
    assert kept(path) == []
    clock.now += REST
    changed.clear()
    keeper.finish(result(card, seed=77))  # a batch of the same model takes no place of it
    close(keeper)
    assert [e.detail[-2:] for e in kept(path)] in (["77", " 4"], [" 4", "77"])


def test_closing_keeps_what_has_not_rested_yet(path, card):
    keeper = Keeper(path)
    keeper.finish(result(card, seed=3, queued=False))
    close(keeper)
    assert len(kept(path)) == 1


def test_while_it_is_off_nothing_is_kept(path, card):
    keeper = Keeper(path, off=True)
    keeper.finish(result(card, seed=1))
    keeper.grow(result(card).recipe(), 0, np.zeros((2, 28, 28, 3), np.uint8))
    keeper.set_off(False)
    keeper.finish(result(card, seed=2))
    keeper.finish(result(card, seed=3, queued=False))
    keeper.set_off(True)
    close(keeper)
    assert kept(path) == []  # the switch counts at once, for what waits too
    with Store(path) as store:
        assert store.size() == 0


def test_a_run_that_was_cut_off_finds_what_it_had_finished(path, card):
    made = result(card, count=6)
    recipe = made.recipe()
    keeper = Keeper(path)
    assert keeper.begun(recipe) is None
    keeper.grow(recipe, 0, made.values[:2])
    keeper.grow(recipe, 2, made.values[2:4])
    close(keeper)
    again = Keeper(path)
    assert (again.begun(recipe) == made.values[:4]).all()
    again.finish(made)
    close(again)
    with Store(path) as store:
        assert store.begun(key_of(recipe)) == []


def test_what_a_run_has_finished_is_written_though_the_run_rests(path, card):
    """A live job may keep a batch waiting: what it had finished must not wait with it."""
    clock, made = Clock(), result(card, count=6)
    recipe = made.recipe()
    keeper = Keeper(path, clock=clock)
    keeper.grow(recipe, 0, made.values[:2])
    keeper.grow(recipe, 2, made.values[2:4])
    assert keeper.begun(recipe) is None  # both will be written together
    clock.now += REST
    written = threading.Event()
    keeper.do(lambda store: None)  # the thread looks at what is due after this
    keeper.do(lambda store: written.set())
    assert written.wait(PATIENCE)
    assert (keeper.begun(recipe) == made.values[:4]).all()
    with Store(path) as store:
        assert len(store.begun(key_of(recipe))) == 1
    keeper.grow(recipe, 4, made.values[4:5])
    keeper.finish(made).wait(PATIENCE)
    close(keeper)
    with Store(path) as store:
        assert store.begun(key_of(recipe)) == []  # nothing came after the end


def test_a_damaged_history_is_set_aside_and_keeping_goes_on(path, card):
    path.write_bytes(b"not a database" * 1000)
    said = []
    keeper = Keeper(path, told=said.append)
    keeper.finish(result(card))
    close(keeper)
    assert len(kept(path)) == 1
    assert len(said) == 1
    assert "was damaged" in said[0]


def test_a_history_damaged_while_it_is_open_is_set_aside(path, card):
    said, changed = [], threading.Event()
    keeper = Keeper(path, told=said.append, changed=changed.set)
    keeper.finish(result(card, seed=1))
    assert changed.wait(PATIENCE)
    with Store(path) as store:
        store._db.execute("DROP TABLE parts")
    keeper.finish(result(card, seed=2))
    keeper.finish(result(card, seed=3))
    close(keeper)
    assert [e.detail[-1] for e in kept(path)] == ["3"]
    assert any("was damaged" in each for each in said)


def test_a_newer_history_is_refused_once_and_results_go_on(path, card):
    with Store(path) as store:
        store._db.execute("PRAGMA user_version = 99")
    said = []
    keeper = Keeper(path, told=said.append)
    for seed in range(3):
        keeper.finish(result(card, seed=seed))
    assert keeper.begun(result(card).recipe()) is None
    close(keeper)
    assert len(said) == 1
    assert "newer Genscope" in said[0]


def test_a_result_that_cannot_be_described_ends_nothing(path, card, caplog):
    def broken():
        raise RuntimeError("no recipe")

    keeper = Keeper(path)
    made = result(card)
    keeper.finish(Result("sample", card, broken, made.values))
    keeper.finish(result(card, seed=5))
    close(keeper)
    assert len(kept(path)) == 1
    assert "no recipe" in caplog.text


def test_full_of_stars_is_said_once(path, card):
    with Store(path) as store:
        store.add(record(1, size=5000))
        store.star(store.find(), True)
        limit = store.size() + 10
    said = []
    keeper = Keeper(path, limit=limit, told=said.append)
    for seed in range(3):
        keeper.finish(result(card, seed=seed))
    close(keeper)
    assert len(said) == 1
    assert "full of starred results" in said[0]
