"""Which models are held: a budget, the longest unused first, pins, and memory that comes back."""

import platform
import random
import subprocess
import sys
import weakref

import pytest
import torch

from app.library import outside
from app.models.open_models import Freed, Held, Loading, Models
from app.tasks.walking import Walks
from engines import finish
from engines.checkpoints import files, memory
from engines.checkpoints.catalog import CheckpointError
from engines.model import Prompt, SampleRequest
from engines.opening import find, locate
from engines.outside import find as find_outside
from tests import foreign
from tests.checkpoints import checkpoint

NAMES = ("moons/kde", "rings/kde", "cities/kde", "spirals/kde")
ROWS = 400_000


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Four kernel densities of a few megabytes each."""
    folder = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(NAMES):
        g = torch.Generator().manual_seed(seed)
        tensors = {
            "centres": torch.randn(ROWS, 2, generator=g),
            "labels": torch.zeros(ROWS, dtype=torch.int64),
            "scale": torch.ones(2),
        }
        checkpoint(folder, name, (2,), tensors, labels=("one",))
    return folder


SIZE = ROWS * (2 * 4 + 8) + 8


@pytest.fixture
def cards(root):
    return [find(name, root) for name in NAMES]


def names(models):
    return [held.name for held in models.held()]


def test_what_a_model_will_take_is_known_before_it_is_loaded(cards):
    assert memory.expected(cards[0]) == SIZE


def test_the_model_longest_unused_goes_first(cards):
    models = Models("cpu", limit=2 * SIZE + 100)
    a, b, c, _ = cards
    for card in (a, b, a):
        finish(models.get(card))
    assert models.held() == (Held(b.name, SIZE, False), Held(a.name, SIZE, False))
    finish(models.get(c))
    assert names(models) == [a.name, c.name]
    assert next(models.get(b)) == Loading(b.name)
    assert list(models.get(a)) == []


def test_a_pinned_model_stays(cards):
    models = Models("cpu", limit=2 * SIZE)
    a, b, c, _ = cards
    models.pin(a.name)
    for card in (a, b, c):
        finish(models.get(card))
    assert models.held() == (Held(a.name, SIZE, True), Held(c.name, SIZE, False))
    models.pin(a.name, False)
    models.pin(c.name)
    finish(models.get(b))
    assert names(models) == [c.name, b.name]


def test_a_model_beyond_the_budget_is_refused_and_the_others_stay(cards):
    a, b, *_ = cards
    small = Models("cpu", limit=SIZE - 1)
    with pytest.raises(CheckpointError, match=r"moons/kde would take 6.4 MB; all models"):
        finish(small.get(a))
    models = Models("cpu", limit=2 * SIZE - 1)
    finish(models.get(a))
    models.pin(a.name)
    with pytest.raises(CheckpointError, match=r"beside the 6.4 MB of pinned models"):
        finish(models.get(b))
    assert names(models) == [a.name]


def test_a_model_that_cannot_be_opened_costs_the_others_nothing(cards, root):
    a, b, *_ = cards
    models = Models("cpu", limit=SIZE)
    old = finish(models.get(a))
    path = root / "rings" / "kde.safetensors"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1])
    try:
        with pytest.raises(CheckpointError):
            finish(models.get(b))
    finally:
        path.write_bytes(raw)
    assert finish(models.get(a)) is old


def test_unloading_says_what_came_back(cards):
    models = Models("cpu", limit=9 * SIZE)
    finish(models.get(cards[0]))
    freed = models.unload(cards[0].name)
    assert models.held() == ()
    assert (freed.name, freed.size) == (cards[0].name, SIZE)
    assert isinstance(freed, Freed)
    if memory.resident() is not None:
        assert freed.measured >= 0.8 * SIZE
    with pytest.raises(KeyError):
        models.unload(cards[0].name)


@pytest.mark.skipif(memory.resident() is None, reason="this system does not say what it holds")
def test_fifty_switches_bring_the_memory_back(cards):
    models, turns = Models("cpu", limit=2 * SIZE), random.Random(1)

    def use(card):
        finish(finish(models.get(card)).sample(SampleRequest(4, 7)))

    def settled():
        for held in models.held():
            models.unload(held.name)
        return memory.resident()

    for card in cards:  # what torch keeps for good it has taken by now
        use(card)
    before = settled()
    for _ in range(50):
        use(turns.choice(cards))
    assert len(models.held()) == 2
    after = settled()
    print(f"before {before / 1e6:.1f} MB, after {after / 1e6:.1f} MB")
    # a fifth of what the switches opened, had it stayed, would be seen
    assert abs(after - before) < 0.2 * 50 * SIZE


def test_a_prompt_makes_a_model_that_goes_with_its_own(tmp_path):
    pytest.importorskip("diffusers")
    foreign.stable_diffusion(tmp_path / "sd")
    card, models = find_outside(str(tmp_path / "sd")), Models("cpu")
    plain, cat = finish(models.get(card)), finish(models.get(card, Prompt("a cat")))
    assert cat is not plain
    assert finish(models.get(card, Prompt("a cat"))) is cat
    assert finish(Walks(models, Prompt("a cat")).get(card))[0] is cat
    assert finish(Walks(models).get(card))[0] is plain
    (held,) = models.held()
    assert [ability.task for ability in held.can if ability.can] == [
        "sample",
        "inpaint",
        "interpolate",
    ]
    gone = [weakref.ref(model) for model in (plain, cat)]
    del plain, cat
    models.unload(card.name)
    assert [model() for model in gone] == [None, None]


def test_whoever_asks_hears_what_is_open(cards):
    models, told = Models("cpu", limit=2 * SIZE), []
    models.tell = told.append
    finish(models.get(cards[0]))
    models.pin(cards[0].name)
    models.unload(cards[0].name)
    assert [[(held.name, held.pinned) for held in said] for said in told] == [
        [(cards[0].name, False)],
        [(cards[0].name, True)],
        [],
    ]
    assert told[0][0].measured >= SIZE


def test_a_folder_brought_in_is_read_in_steps(tmp_path, monkeypatch):
    pytest.importorskip("diffusers")
    foreign.ddpm(tmp_path / "m", net=foreign.unet(1, 8))
    monkeypatch.setattr(files, "_BLOCK", 4096)
    run = outside.reading(str(tmp_path / "m"))()
    for _ in range(20):
        next(run)  # others have their turn in between, and closing it here stops it
    run.close()
    assert finish(outside.reading(str(tmp_path / "m"))()) == locate(str(tmp_path / "m"))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_what_a_step_frees_stays_for_the_next():
    """Page faults of 20 steps that take and free 72 MB each, in a process of its own."""
    script = """
import ctypes, resource, sys
from engines.checkpoints import memory
if sys.argv[1] == "keep":
    memory.keep()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def step():
    size = ctypes.c_size_t(24 << 20)
    places = [ctypes.c_void_p(libc.malloc(size)) for _ in range(3)]
    for place in places:
        libc.memset(place, 1, size)
    for place in places:
        libc.free(place)
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
    kept, given = (
        int(subprocess.check_output([sys.executable, "-c", script, how]))
        for how in ("keep", "give")
    )
    assert kept < given / 10


def test_what_is_forgotten_is_opened_again_and_pins_stay(cards):
    models, heard = Models("cpu", limit=3 * SIZE), []
    a, b, *_ = cards
    models.pin(a.name)
    for card in (a, b):
        first = finish(models.get(card))
    late = models.get(cards[2])
    next(late)  # a thread that is left behind is opening this one
    models.tell = heard.append
    models.forget()
    assert heard == [()]
    with pytest.raises(CheckpointError, match="was left behind"):
        finish(late)
    assert names(models) == []
    assert finish(models.get(b)) is not first
    finish(models.get(a))
    assert [held.pinned for held in models.held()] == [False, True]
    assert heard[-1] == models.held()
