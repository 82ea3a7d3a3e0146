"""Settings of two windows: each writes what it has changed, and neither undoes the other."""

import threading
from dataclasses import replace

import pytest

from app.recipes.files import SaveError
from app.session import settings as remembered
from app.session.saving import merged, save
from app.session.settings import Settings

START = Settings(seed=1, models={"mnist": ("mnist/vae",), "moons": ("moons/kde",)}, count=20)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "config" / "settings.json"
    remembered.save(START, path)
    return path


def test_what_one_window_changed_survives_the_other(path):
    save(START, replace(START, seed=5, theme="dark"), path)
    save(START, replace(START, count=99), path)
    found = remembered.load(path)
    assert (found.seed, found.theme, found.count) == (5, "dark", 99)


def test_of_tables_each_entry_counts_by_itself(path):
    mine = replace(START, models={**START.models, "mnist": ("mnist/flow",)})
    theirs = replace(START, models={"mnist": ("mnist/vae",), "rings": ("rings/kde",)})
    save(START, mine, path)
    save(START, theirs, path)
    assert dict(remembered.load(path).models) == {
        "mnist": ("mnist/flow",),  # changed here only
        "rings": ("rings/kde",),  # new there; "moons" has been taken out there
    }


def test_the_last_change_of_the_same_setting_counts(path):
    save(START, replace(START, seed=5), path)
    save(START, replace(START, seed=6), path)
    assert remembered.load(path).seed == 6


def test_nothing_changed_writes_what_is_there(path):
    save(START, replace(START, seed=5), path)
    save(START, START, path)
    assert remembered.load(path).seed == 5


def test_a_file_that_is_gone_is_written_anew_with_all_that_is_known(path):
    path.unlink()
    save(START, replace(START, seed=5), path)
    assert remembered.load(path) == replace(START, seed=5)


def test_every_field_is_merged():
    """A field that is forgotten would be lost without a sound."""
    now = replace(START, seed=2, data="moons", knobs={"mnist/vae": {"temperature": 0.5}})
    assert merged(START, now, START) == now
    assert merged(now, now, START) == START


def test_windows_that_save_at_once_lose_nothing(path):
    def work(name):
        before = START
        for number in range(10):
            now = replace(before, knobs={name: {"temperature": number / 100}})
            save(before, now, path)
            before = now

    threads = [threading.Thread(target=work, args=(f"mnist/{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = remembered.load(path).knobs
    assert {name: dict(v) for name, v in found.items()} == {
        f"mnist/{k}": {"temperature": 0.09} for k in range(4)
    }


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError):
        save(START, START, tmp_path / "file" / "settings.json")
