"""What a killed run leaves behind goes at a later start: ours and old, and nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import main
from engines.checkpoints import devices, disk, leftovers
from tests.checkpoints import ship_kernels

HERE = Path(main.__file__).parent
DAY = 86_400
HALF = ".genscope-0123456789abcdef"


def aged(path, days):
    then = time.time() - days * DAY
    os.utime(path, (then, then), follow_symlinks=False)
    return path


def test_only_old_files_of_our_name_go(tmp_path):
    def put(name, days):
        (tmp_path / name).write_text("half")
        return aged(tmp_path / name, days)

    gone = [put(HALF, 2)]
    kept = [
        put(".genscope-0123456789abcde0", 0.5),
        put(".genscope-notes", 99),
        put("genscope-0123456789abcdef", 99),
        put(".genscope-0123456789abcdef.txt", 99),
        put("picture.png", 99),
    ]
    folder = tmp_path / ".genscope-aaaaaaaaaaaaaaaa"
    folder.mkdir()
    kept.append(aged(folder, 99))
    leftovers.clean([tmp_path, tmp_path / "absent"], tmp_path / "empty")
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in kept)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links_stay(tmp_path):
    (tmp_path / "own").write_text("mine")
    (tmp_path / HALF).symlink_to(tmp_path / "own")
    aged(tmp_path / HALF, 9)
    leftovers.clean([tmp_path], tmp_path)
    assert (tmp_path / HALF).is_symlink()


def test_temporary_folders_go_where_all_in_them_is_ours(tmp_path):
    def put(days, *names):
        folder = Path(tempfile.mkdtemp(prefix=leftovers.TEMPORARY, dir=tmp_path))
        for name in names:
            (folder / name).write_text("")
            aged(folder / name, days)
        return aged(folder, days)

    gone = [put(8, "mnist-flow-seed7-3-1f0a9c.png"), put(8, "film.mp4", HALF), put(8)]
    fresh, alien = put(6, "a.png"), put(8, "a.png", "thesis.tex")
    leftovers.clean([], tmp_path)
    assert not any(folder.exists() for folder in gone)
    assert (fresh / "a.png").exists()
    assert [path.name for path in alien.iterdir()] == ["thesis.tex"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_what_a_kill_leaves_goes_with_the_next_command(tmp_path, monkeypatch):
    """A writer is killed before its rename; a day later a command writes to the same folder."""
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    code = (
        "import os, signal, sys; from pathlib import Path; from engines.checkpoints import disk;"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        "disk.write_atomically(Path(sys.argv[1]), b'x' * 1000)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "grid.png")]
    killed = subprocess.run(command, cwd=HERE, check=False)
    assert killed.returncode == -signal.SIGKILL
    (half,) = tmp_path.iterdir()
    aged(half, 1.5)
    root = ship_kernels(tmp_path / "assets")
    words = ["sample", "moons/kde", "--out", str(tmp_path / "a.csv"), "--assets", str(root)]
    assert main.main(words) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "assets"]


def test_bytes_are_on_the_disk_before_the_name_is(tmp_path, monkeypatch):
    order, replace, fsync = [], os.replace, os.fsync

    def synced(number):
        order.append("fsync")
        fsync(number)

    def renamed(*paths):
        order.append("replace")
        replace(*paths)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    disk.write_atomically(tmp_path / "a", b"whole")
    assert order == ["fsync", "replace"]
