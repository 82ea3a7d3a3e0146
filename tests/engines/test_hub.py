"""Models of the hub by their id: fetched from a stand-in on loopback, resumed, and used offline."""

import hashlib
import http.server
import json
import re
import threading
from pathlib import Path

import pytest

import engines
from engines.catalog import CheckpointError
from tests import foreign

pytest.importorskip("diffusers")
hub = pytest.importorskip("huggingface_hub")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(http.server.ThreadingHTTPServer):
    """What the hub answers of one model, "someone/tiny"; it can hang up in a transfer once.

    `fetched` holds (file, first byte) of every transfer, `tokens` what was shown for entry.
    """

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.breaks, self.fetched, self.tokens = folder, set(), [], set()

    def files(self):
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*.*"))


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Say nothing."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        self.server.tokens.add(self.headers.get("Authorization"))
        if re.match(r"/api/models/someone/tiny(/revision/[^/]+)?(\?|$)", self.path):
            siblings = [{"rfilename": name} for name in self.server.files()]
            self.tell({"id": "someone/tiny", "sha": COMMIT, "siblings": siblings}, body=body)
        elif self.path.startswith(f"/api/models/someone/tiny/tree/{COMMIT}"):
            self.tell([self.entry(name) for name in self.server.files()], body=body)
        elif found := re.match(r"/someone/tiny/resolve/[^/]+/(.+)", self.path):
            self.give(found[1], body=body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def entry(self, name):
        raw = (self.server.folder / name).read_bytes()
        digest = hashlib.sha256(raw).hexdigest()
        return {
            "type": "file", "path": name, "size": len(raw), "oid": digest[:40],
            "lfs": {"oid": digest, "size": len(raw), "pointerSize": 134},
        }  # fmt: skip

    def tell(self, table, *, body):
        raw = json.dumps(table).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if body:
            self.wfile.write(raw)

    def give(self, name, *, body):
        raw = (self.server.folder / name).read_bytes()
        span = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(span[1]) if span else 0
        self.send_response(206 if span else 200)
        digest = hashlib.sha256(raw).hexdigest()
        self.send_header("ETag", f'"{digest}"')
        self.send_header("X-Linked-Etag", f'"{digest}"')
        self.send_header("X-Linked-Size", str(len(raw)))
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Accept-Ranges", "bytes")
        if span:
            self.send_header("Content-Range", f"bytes {start}-{len(raw) - 1}/{len(raw)}")
        self.send_header("Content-Length", str(len(raw) - start))
        self.end_headers()
        if not body:
            return
        self.server.fetched.append((name, start))
        if name in self.server.breaks:
            self.server.breaks.discard(name)
            self.wfile.write(raw[start : start + len(raw) // 2])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.wfile.write(raw[start:])


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A hub with one model; the library is told of it the way a person would tell it."""
    folder = tmp_path / "served"
    foreign.ddpm(folder, net=foreign.unet(1, 8))
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x02never fetched")
    server = Hub(folder)
    thread = threading.Thread(target=server.serve_forever, name="hub")
    thread.start()
    constants = hub.constants
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    template = constants.ENDPOINT + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)  # what is written is kept
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_environment")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def test_a_model_is_fetched_and_its_transfer_resumed(server, tmp_path):
    server.breaks = {WEIGHTS}
    model = engines.open_model("someone/tiny")
    starts = [start for name, start in server.fetched if name == WEIGHTS]
    size = (server.folder / WEIGHTS).stat().st_size
    assert starts[0] == 0
    assert 0 < starts[-1] < size, "begun anew, not resumed"
    assert model.card.name == "someone/tiny"
    assert "Bearer hf_of_the_environment" in server.tokens
    assert not [name for name, _ in server.fetched if name.endswith(".bin")]
    same = engines.open_model(str(server.folder)).card
    assert model.card.parameters == same.parameters
    assert Path(model.card.folder).is_relative_to(tmp_path / "cache")


def test_what_was_fetched_is_opened_offline(server, monkeypatch):
    engines.open_model("someone/tiny")
    count = len(server.fetched)
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    assert engines.open_model("someone/tiny").card.shape == (1, 8, 8)
    assert len(server.fetched) == count
    with pytest.raises(CheckpointError, match="is not on this machine"):
        engines.open_model("someone/else")


def test_a_model_that_is_not_there(server):
    with pytest.raises(CheckpointError, match="no model 'someone/else' on the hub"):
        engines.open_model("someone/else")


@pytest.mark.parametrize("name", ["mnist/nothing", "outside/x", "a/b/c", "..", "nothing"])
def test_names_that_are_never_looked_for(name, monkeypatch):
    monkeypatch.setattr("engines.outside.hub.fetch", lambda name: pytest.fail("looked for"))
    with pytest.raises(CheckpointError):
        engines.open_model(name)
