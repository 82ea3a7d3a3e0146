"""The user's own models from the command line: listed, renamed, exported, imported, removed."""

import os
import subprocess
import sys

import pytest

import main
from engines.checkpoints import own
from engines.opening import find
from tests.own import home, made

__all__ = ["home"]


@pytest.fixture(autouse=True)
def surroundings(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)


def said(capsys, *words, code=0):
    """What a command prints on both streams."""
    assert main.main(["models", *words]) == code
    out, err = capsys.readouterr()
    return out if code == 0 else err


def test_own_models_come_after_the_shipped_ones(capsys):
    before = said(capsys).splitlines()
    assert "0 B in" in said(capsys, "--own")
    made()
    lines = said(capsys).splitlines()
    assert len(lines) == len(before) + 1
    assert lines[-1].startswith("mine/mfa")
    mine = said(capsys, "--own").splitlines()
    assert [line.split()[0] for line in mine[:-1]] == ["MODEL", "mine/mfa"]
    assert mine[-1].startswith("1") or "kB in" in mine[-1]


def test_a_model_travels_to_another_home(capsys, tmp_path, monkeypatch):
    sha256 = made().sha256
    assert said(capsys, "rename", "mine/mfa", "best") == "mine/best\n"
    assert said(capsys, "export", "mine/best", "--out", "m.genscope") == "m.genscope\n"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    assert said(capsys, "import", "m.genscope") == "mine/best\n"
    assert find("mine/best").sha256 == sha256
    assert main.main(["sample", "mine/best", "--count", "3", "--out", "a.csv"]) == 0
    capsys.readouterr()
    assert said(capsys, "remove", "mine/best", "--yes").startswith("mine/best is removed: ")
    assert own.cards() == ()


@pytest.mark.parametrize(
    ("words", "code", "fault"),
    [
        (["remove", "moons/mfa"], 1, "no model 'moons/mfa' of your own; there are: mine/mfa"),
        (["remove", "mine/mfa"], 2, "--yes does"),
        (["rename", "mine/mfa", "moons/vae"], 1, "there is a model 'moons/vae' already"),
        (["rename", "none", "x"], 1, "no model 'none' of your own"),
        (["export", "mine/mfa", "--out", "m.zip"], 2, "must end in .genscope"),
        (["export", "moons/mfa", "--out", "m.genscope"], 1, "no model 'moons/mfa' of your own"),
        (["export", "mine/mfa", "--out", "text/m.genscope"], 1, "was not saved"),
        (["import", "nothing.genscope"], 1, "missing"),
        (["import", "text"], 1, "no model that Genscope exported"),
        (["import"], 2, "FILE"),
    ],
)
def test_what_cannot_be_is_one_sentence(capsys, tmp_path, words, code, fault):
    made()
    (tmp_path / "text").write_text("hello")
    text = said(capsys, *words, code=code)
    assert fault in text
    assert text.count("\n") == 1
    assert [card.name for card in own.cards()] == ["mine/mfa"]


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"\n", 1)])
def test_a_person_is_asked_before_a_model_is_lost(answer, code):
    """In a process with a terminal."""
    pty = pytest.importorskip("pty")
    made()
    near, far = pty.openpty()
    words = [sys.executable, main.__file__, "models", "remove", "mine/mfa"]
    done = subprocess.Popen(words, stdin=far, stderr=far, stdout=subprocess.DEVNULL)
    os.close(far)
    os.write(near, answer)
    assert done.wait(timeout=120) == code
    shown = os.read(near, 10_000)
    os.close(near)
    assert b"Remove mine/mfa for good (" in shown
    assert len(own.cards()) == code
