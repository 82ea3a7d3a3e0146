"""A stand-in for the hub of models, on loopback."""

import contextlib
import hashlib
import http.server
import json
import re
import threading
import time

import pytest

from engines.outside import transfer

LARGE = (".safetensors", ".bin")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(http.server.ThreadingHTTPServer):
    """What the hub answers of one model, "someone/tiny"; it can hang up in a transfer once.

    `fetched` holds (file, first byte) of every transfer, `tokens` what was shown for entry. It
    rests for `pause` seconds after every 4 kB, says `digest` of every large file where that is
    set, and of "someone/gated" that it needs terms.
    """

    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.breaks, self.fetched, self.tokens = folder, set(), [], set()
        self.pause, self.digest = 0.0, ""

    def endpoint(self):
        return f"http://127.0.0.1:{self.server_port}"

    def files(self):
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*.*"))


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        self.server.tokens.add(self.headers.get("Authorization"))
        if re.match(r"/api/models/someone/tiny(/revision/[^/]+)?(\?|$)", self.path):
            siblings = [
                {"rfilename": e["path"], "size": e["size"], "lfs": e.get("lfs")}
                for e in map(self.entry, self.server.files())
            ]
            self.tell({"id": "someone/tiny", "sha": COMMIT, "siblings": siblings}, body=body)
        elif self.path.startswith(f"/api/models/someone/tiny/tree/{COMMIT}"):
            self.tell([self.entry(name) for name in self.server.files()], body=body)
        elif found := re.match(r"/someone/tiny/resolve/[^/]+/(.+)", self.path):
            self.give(found[1], body=body)
        elif "/someone/gated" in self.path:
            self.refuse(403, "GatedRepo")
        else:
            self.refuse(404, "RepoNotFound")

    def refuse(self, status, code):
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def entry(self, name):
        raw = (self.server.folder / name).read_bytes()
        digest = self.server.digest or hashlib.sha256(raw).hexdigest()
        entry = {"type": "file", "path": name, "size": len(raw), "oid": digest[:40]}
        if not name.endswith(LARGE):
            return entry
        large = {"oid": digest, "sha256": digest, "size": len(raw), "pointerSize": 134}
        return entry | {"lfs": large}

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
        with contextlib.suppress(ConnectionError):  # whoever asked has hung up
            for at in range(start, len(raw), 4096):
                self.wfile.write(raw[at : at + 4096])
                time.sleep(self.server.pause)


@contextlib.contextmanager
def running(folder):
    """A hub with the model of a folder, for processes that are told of it by HF_ENDPOINT."""
    server = Hub(folder)
    thread = threading.Thread(target=server.serve_forever, name="hub")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def serving(folder, cache, monkeypatch):
    """A hub with the model of a folder; the library is told of it and of where to keep things."""
    constants = pytest.importorskip("huggingface_hub.constants")
    with running(folder) as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint())
        template = constants.ENDPOINT + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(transfer, "CHUNK", 4096)  # what is written is kept
        monkeypatch.setenv("HF_TOKEN", "hf_of_the_environment")
        monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        yield server
