"""Models of the hub in processes that have just begun: nothing was imported by another test."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import foreign
from tests.hub import running

pytest.importorskip("diffusers")
pytest.importorskip("huggingface_hub")

ROOT = Path(__file__).parents[3]
FIND = """
import sys
from engines import outside
print(outside.find(sys.argv[1]).shape)
"""
SEEN = """
import sys
from engines import outside
print(outside.glance(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    foreign.ddpm(folder, net=foreign.unet(1, 8))
    with running(folder) as server:
        yield server


def fresh(endpoint, home, *words):
    """A process's exit code, what it said, what went wrong, and how long it took."""
    dropped = ("HF_", "HUGGINGFACE_", "TRANSFORMERS_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    told = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HOME": str(home)}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env=kept | told,
        timeout=120,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout, done.stderr, time.monotonic() - began


def test_a_model_is_drawn_from_by_its_id_and_found_again_without_its_hub(server, tmp_path):
    """The kind: every submodule and attribute of the lazily loading libraries is imported."""
    out = tmp_path / "drawn.png"
    code, said, wrong, _ = fresh(
        server.endpoint(),
        tmp_path,
        "main.py",
        "sample",
        "someone/tiny",
        "--count",
        1,
        "--knob",
        "steps=4",
        "--out",
        out,
    )
    assert (code, said) == (0, f"{out}\n"), wrong
    assert out.is_file()
    assert "unet/diffusion_pytorch_model.safetensors" in {path for path, _ in server.fetched}
    nowhere = "http://127.0.0.1:9"
    code, said, wrong, _ = fresh(nowhere, tmp_path, "-c", FIND, "someone/tiny")
    assert (code, said) == (0, "(1, 8, 8)\n"), wrong
    code, said, wrong, _ = fresh(nowhere, tmp_path, "-c", SEEN, "someone/tiny")
    assert code == 0, wrong
    assert "name='someone/tiny'" in said


def test_a_model_that_is_not_there_is_said_in_one_sentence(server, tmp_path):
    code, _, wrong, _ = fresh(server.endpoint(), tmp_path, "main.py", "sample", "someone/else")
    assert (code, wrong.count("\n")) == (1, 1)
    assert "there is no model 'someone/else' on the hub" in wrong


@contextlib.contextmanager
def silent():
    """An endpoint that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextlib.contextmanager
def closed():
    """An endpoint where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("endpoint", [closed, silent])
def test_without_a_network_there_is_one_sentence_in_time(endpoint, tmp_path):
    with endpoint() as place:
        code, said, wrong, seconds = fresh(place, tmp_path, "main.py", "sample", "someone/tiny")
    assert (code, said, wrong.count("\n")) == (1, "", 1), wrong
    assert "'someone/tiny' is not on this machine and the hub cannot be reached" in wrong
    assert seconds < 15
