"""What the dead leave behind is offered once; what the living do is theirs."""

import os
import subprocess
import sys

import pytest

from app.session.lock import Lock, LockError, held
from app.session.recovery import Job, Left, Recovery, read

JOB = Job("sample", "KDE: 500 pictures", "mnist/kde, seed 7", '{"seed": 7}')
LEFT = Left(
    "inpaint", {"inpaint": "{}"}, {"inpaint": "in-painting of Test picture 18"}, (JOB, JOB, JOB)
)

KILLED = """
import os, signal, sys
from pathlib import Path
from app.session.recovery import Left, Recovery
window = Recovery(Path(sys.argv[1]))
window.write(Left("inpaint", {"inpaint": "{}"}, {"inpaint": "a mask"}))
print("written", flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.readline()
"""


def window(folder, how="waits"):
    """Another process that has written what it does."""
    other = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout.readline() == "written\n"
    return other


def end(other, *, kill=False):
    if kill:
        other.kill()
    other.communicate()


@pytest.fixture
def mine(tmp_path):
    recovery = Recovery(tmp_path)
    yield recovery
    recovery.close()


def test_what_is_written_is_read_back():
    assert read(LEFT.to_json().encode()) == LEFT
    assert LEFT.sentence() == "3 jobs, in-painting of Test picture 18"
    assert Left(jobs=(JOB,)).sentence() == "1 job"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"format": 2}',
        b'{"format": 1, "jobs": 3, "tabs": {}, "titles": {}}',
        b'{"format": 1, "jobs": [{"task": 3}], "tabs": {}, "titles": {}}',
        b'{"format": 1, "jobs": [], "tabs": {"inpaint": 3}, "titles": {}}',
    ],
)
def test_a_damaged_file_is_refused_and_removed(tmp_path, mine, raw):
    with pytest.raises(ValueError):  # noqa: PT011 — of json, or of the reader
        read(raw)
    (tmp_path / "other.json").write_bytes(raw)
    assert mine.take() is None
    assert not (tmp_path / "other.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_only_what_a_dead_process_left_is_taken(tmp_path, mine):
    living = window(tmp_path)
    assert mine.take() is None
    end(living, kill=True)
    found = mine.take()
    assert found.left.titles == {"inpaint": "a mask"}
    assert not found.left.ended
    found.drop()
    assert mine.take() is None


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_an_offer_is_made_to_one_window_and_stays_until_it_is_answered(tmp_path, mine):
    end(window(tmp_path, "killed"))
    found = mine.take()
    other = Recovery(tmp_path)
    assert other.take() is None  # the first window has the offer
    found.leave()  # and is closed without an answer
    again = other.take()
    assert again.left.titles == {"inpaint": "a mask"}
    again.drop()
    other.close()


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_of_two_dead_windows_one_is_offered_at_each_start(tmp_path, mine):
    for _ in range(2):
        end(window(tmp_path, "killed"))
    for path in tmp_path.glob("*.json"):
        path.write_text(LEFT.to_json())  # both have jobs
    mine.take().drop()
    mine.take().drop()
    assert mine.take() is None


def test_a_window_that_was_closed_leaves_its_tabs_and_no_lock(tmp_path, mine):
    first = Recovery(tmp_path)
    first.write(LEFT)
    first.close()
    found = mine.take()
    assert found.left == LEFT
    found.drop()
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]  # that of this window


def test_a_window_that_did_nothing_leaves_nothing(tmp_path):
    recovery = Recovery(tmp_path)
    recovery.write(LEFT)
    recovery.forget()
    recovery.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_a_window_that_died_with_nothing_written_leaves_nothing(tmp_path, mine):
    end(window(tmp_path, "killed"))
    for path in tmp_path.glob("*.json"):
        path.unlink()
    assert mine.take() is None
    assert len(list(tmp_path.iterdir())) == 1  # the lock of this window


def test_a_lock_is_held_by_one_alone(tmp_path):
    path = tmp_path / "lock"
    lock = Lock(path)
    with pytest.raises(LockError):
        Lock(path)
    with pytest.raises(LockError), held(path, patience=0.05):
        pass
    lock.release(remove=True)
    assert not path.exists()
    with held(path, patience=0):
        pass
