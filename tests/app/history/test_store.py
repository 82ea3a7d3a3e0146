"""The store of finished results: what is found, what makes room, what happens to a bad file."""

import sqlite3
import threading

import pytest

from app.history import schema
from app.history.store import BIN_DAYS, PART_DAYS, Query, Store
from tests.app.history.records import record

DAY = 86_400


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with Store(tmp_path / "history.db", now=clock) as opened:
        yield opened


def titles(store, **query):
    return [entry.title for entry in store.entries(store.find(Query(**query)))]


def test_the_newest_results_come_first_with_what_was_kept_of_them(store):
    for number in (1, 3, 2):
        assert store.add(record(number, thumbnail=b"png", recipe=f'{{"seed": {number}}}'))
    assert titles(store) == ["3 pictures", "2 pictures", "1 pictures"]
    first = store.find()[0]
    (entry,) = store.entries([first])
    assert (entry.thumbnail, entry.made, entry.star) == (b"png", 1003.0, 0)
    assert store.recipe(first) == '{"seed": 3}'
    assert store.arrays(first) == record(3).arrays


def test_a_result_made_again_is_kept_once_and_comes_first(store):
    for number in (1, 2):
        store.add(record(number))
    store.add(record(1, made=2000.0))
    assert titles(store) == ["1 pictures", "2 pictures"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"text": "seed 2"}, ["2 pictures"]),
        ({"text": "SEED kde 3"}, ["3 pictures"]),
        ({"text": "überlegen"}, ["2 pictures"]),
        ({"text": "%"}, []),
        ({"text": "_"}, []),
        ({"task": "inpaint"}, ["3 pictures"]),
        ({"model": "mnist/vae"}, ["1 pictures"]),
        ({"data": "moons"}, []),
        ({"starred": True}, ["1 pictures"]),
    ],
)
def test_results_are_found_by_words_note_tab_model_data_and_star(store, query, found):
    store.add(record(1, model="mnist/vae"))
    store.add(record(2))
    store.add(record(3, task="inpaint"))
    three, two, one = store.find()
    store.note(two, "ÜBERLEGEN, später")
    store.star([one], True)
    assert titles(store, **query) == found
    assert store.models() == [("mnist", "mnist/kde"), ("mnist", "mnist/vae")]
    assert three


def test_the_oldest_results_without_a_star_make_room(store):
    for number in range(6):
        store.add(record(number, size=1000))
    each = store.size() // 6
    store.star([store.find()[-1]], True)
    store.limit = 4 * each + each // 2
    store.add(record(6, size=1000))
    assert titles(store) == ["6 pictures", "5 pictures", "4 pictures", "0 pictures"]
    assert store.size() <= store.limit


def test_what_is_in_the_bin_makes_room_first(store):
    for number in range(4):
        store.add(record(number, size=1000))
    store.throw([store.find()[0]])
    store.limit = store.size() - 1
    store.tidy()
    assert titles(store) == ["2 pictures", "1 pictures", "0 pictures"]
    assert titles(store, binned=True) == []


def test_a_result_for_which_there_is_no_room_is_said_to_be_missing(store):
    store.add(record(1, size=1000))
    store.star(store.find(), True)
    store.limit = store.size() + 10
    assert not store.add(record(2, size=1000))
    assert titles(store) == ["1 pictures"]


def test_deleted_results_wait_in_the_bin_for_thirty_days(store, clock):
    store.add(record(1))
    store.add(record(2))
    one = store.find()[1]
    store.throw([one])
    assert titles(store) == ["2 pictures"]
    assert titles(store, binned=True) == ["1 pictures"]
    clock.now += (BIN_DAYS - 1) * DAY
    store.tidy()
    store.take_back([one])
    assert titles(store) == ["2 pictures", "1 pictures"]
    store.throw([one])
    clock.now += (BIN_DAYS + 1) * DAY
    store.tidy()
    assert titles(store, binned=True) == []
    assert store.recipe(one) is None


def test_only_a_result_that_was_asked_for_comes_back_out_of_the_bin(store):
    store.add(record(1))
    store.throw(store.find())
    store.add(record(1, queued=False))
    assert titles(store) == []
    store.add(record(1))
    assert titles(store) == ["1 pictures"]


def test_what_is_erased_is_gone_from_the_disk(store, tmp_path):
    secret = b"a private picture " * 500
    store.add(record(1, thumbnail=secret))
    store.star(store.find(), True)
    store.grow("run", 0, 3, secret)
    store.erase_all()
    assert store.find() == []
    assert store.size() == 0
    store.close()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"a private picture" not in left


def test_one_result_erased_is_overwritten(store, tmp_path):
    store.add(record(1, thumbnail=b"a private picture " * 500))
    store.add(record(2))
    store.erase([store.find()[1]])
    store.close()
    assert titles(Store(tmp_path / "history.db")) == ["2 pictures"]
    assert b"a private picture" not in (tmp_path / "history.db").read_bytes()


def test_parts_of_a_run_come_back_up_to_the_first_gap(store, clock):
    for start, count in ((0, 4), (4, 2), (8, 2)):
        store.grow("run", start, count, f"from {start}".encode())
    assert store.begun("run") == [b"from 0", b"from 4"]
    assert store.begun("another") == []
    store.add(record(1, key="run"))
    assert store.begun("run") == []  # the run has ended
    store.grow("other run", 0, 4, b"")
    clock.now += (PART_DAYS + 1) * DAY
    store.tidy()
    assert store.begun("other run") == []


def test_two_windows_write_at_once(tmp_path):
    path = tmp_path / "history.db"

    def work(first):
        with Store(path) as mine:
            for number in range(first, first + 40):
                mine.add(record(number))

    threads = [threading.Thread(target=work, args=(100 * k,)) for k in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store(path) as store:
        assert len(store.find()) == 120


def test_a_file_that_is_none_of_ours_is_set_aside_whole(tmp_path):
    path = tmp_path / "history.db"
    path.write_bytes(b"these are the notes of somebody else" * 200)
    with pytest.raises(schema.Damaged):
        Store(path)
    said = schema.set_aside(path, now=lambda: 0.0)
    assert "a new one begins" in said
    assert not path.exists()
    (aside,) = tmp_path.glob("history.damaged-*.db")
    assert aside.read_bytes().startswith(b"these are the notes")


def test_a_database_of_another_program_is_not_written_into(tmp_path):
    path = tmp_path / "history.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE addresses (name)")
    other.commit()
    other.close()
    with pytest.raises(schema.Damaged):
        Store(path)


def test_a_history_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "history.db"
    Store(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(schema.HistoryError, match="newer Genscope: update Genscope") as error:
        Store(path)
    assert not isinstance(error.value, schema.Damaged)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(schema.HistoryError, match="cannot be used"):
        Store(tmp_path / "file" / "history.db")
