"""What the tests of anything at all have in common: how many, how long, and where failures go.

`make fuzz` tries more cases, and others each time. A case that fails there is written to
tests/kept/, where it stays a test.
"""

import hashlib
import os
import resource
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from engines.naming import LONGEST

KEPT = Path(__file__).parent / "kept"
COUNT = int(os.environ.get("GENSCOPE_FUZZ", "0"))
"""What `make fuzz` asks of each test in tests/engines/outside; the others go along with it."""
SECONDS = 20
BUDGET = 1 << 30
"""Bytes that a process may grow by, with all that it imports on the way."""
_WATCHED = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "subprocess.Popen",
    "pty.spawn",
    "socket.connect",
    "shutil.rmtree",
)
_heard: list[str] | None = None


def fuzz(few: int, many: int) -> settings:
    """So many cases in CI, always the same, and so many of `make fuzz`, others each time."""
    count = max(1, many * COUNT // 650) if COUNT else few
    return settings(
        max_examples=count,
        database=None,
        derandomize=not COUNT,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )


def _hear(what: str, _: object) -> None:
    if _heard is not None and what in _WATCHED:
        _heard.append(what)


sys.addaudithook(_hear)


@contextmanager
def watched():
    """No hang, and nothing executed: 20 s of a processor are a TimeoutError where they went."""
    global _heard

    def ring(*_):
        raise TimeoutError(f"a case took more than {SECONDS} seconds")

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    _heard = []
    try:
        yield
        assert not _heard, f"something was executed: {_heard}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        _heard = None


@contextmanager
def kept(kind: str, raw: bytes):
    """A case that fails in `make fuzz` is written down; CI changes nothing."""
    try:
        with watched():
            yield
    except BaseException as error:
        if COUNT and isinstance(error, Exception):
            KEPT.mkdir(exist_ok=True)
            place = "".join(f"{f.filename}:{f.lineno}" for f in _frames(error))
            mark = hashlib.sha256(place.encode()).hexdigest()[:8]  # one file a fault, the smallest
            (KEPT / f"{kind}-{mark}.bin").write_bytes(raw)
        raise


def _frames(error):
    import traceback

    return traceback.extract_tb(error.__traceback__)[-1:]


def cases(kind: str):
    """What failed once of a kind."""
    paths = sorted(KEPT.glob(f"{kind}-*.bin"))
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


def sentence(said: str) -> None:
    """Whether this is a message for a person: one line, no longer than one reads, no raw text."""
    assert said.strip()
    assert "\n" not in said.strip()
    assert len(said) <= LONGEST + len("genscope: ")
    for raw in (
        "Traceback",
        "Errno",
        "codec can't",
        "Expecting value",
        "cannot identify image",
        "PIL.",
        "<_io.",
    ):
        assert raw not in said


def growth_within_the_budget():
    """A fixture's body: all cases of a file together may not make the process grow beyond it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < BUDGET, f"{grown >> 20} MiB"


@st.composite
def flipped(draw, raw: bytes) -> bytes:
    """Bytes with a few of them changed, cut out or put in, and perhaps cut short."""
    raw = bytearray(raw)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(raw) - 1)))
        raw[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(raw[: draw(st.integers(0, len(raw)))] if draw(st.integers(0, 3)) == 0 else raw)
