"""Cards and files made of anything at all: refused in one sentence, never a crash or a hang.

`make fuzz` tries more of them, and others each time.
"""

import copy
import io
import json
import os
import resource
import struct
import time
import tomllib
import zipfile
from functools import cache
from importlib.util import find_spec

import pytest
import tomli_w
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engines import open_model
from engines.checkpoints import budget, files
from engines.checkpoints.catalog import CheckpointError, read_card, table_of
from engines.outside import cards
from engines.outside.formats import layout, state_dicts
from tests import foreign
from tests.engines.outside.outsiders import DCGAN_SIZES, MAKERS, card_at, dcgan
from tests.engines.tiny import ship

COUNT = int(os.environ.get("GENSCOPE_FUZZ", "30"))
LIMIT, SECONDS = 64 << 20, 10
"""Bytes for all models, and seconds of a processor until one case is called a hang."""
FUZZ = settings(
    max_examples=COUNT,
    database=None,
    derandomize=COUNT <= 60,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)
tried = {"cases": 0, "opened": 0}


def attempt(act):
    """Nothing but CheckpointError, with one line for a person, may come out."""
    tried["cases"] += 1
    began = time.process_time()
    try:
        act()
    except CheckpointError as error:
        said = str(error)
    else:
        said = "opened"
        tried["opened"] += 1
    assert said.strip()
    assert time.process_time() - began < SECONDS


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


PIPELINES = {
    "ddpm": foreign.ddpm,
    "ldm": foreign.ldm,
    "sd": foreign.stable_diffusion,
    "gpt": foreign.imagegpt,
}
TABLES = ("model_index.json", "config.json", "scheduler_config.json", "preprocessor_config.json")


@pytest.fixture(scope="module")
def folders(home):
    """Folders of diffusers, each with its tables of settings as they were made."""
    made = {}
    if find_spec("diffusers"):
        for kind, make in PIPELINES.items():
            make(home / kind)
            paths = [path for path in sorted((home / kind).rglob("*.json")) if path.name in TABLES]
            made[kind] = {path: json.loads(path.read_text("utf-8")) for path in paths}
    return made


@pytest.fixture(scope="module", autouse=True)
def within_the_budget(folders):
    """All cases together may not make the process grow by much more than one budget."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    print(f"{tried['cases']:,} cases, {tried['opened']:,} opened, grew by {budget.said(grown)}")
    assert grown < 4 * LIMIT


@pytest.fixture(autouse=True)
def small_budget(monkeypatch):
    monkeypatch.setattr(budget, "default", lambda: LIMIT)


whole = st.one_of(
    st.integers(-3, 20), st.integers(), st.sampled_from([2**31, 2**63, 10**30, -(2**63), 8192])
)
plain = st.one_of(
    whole,
    st.floats(allow_subnormal=False),
    st.booleans(),
    st.text(max_size=12),
    st.sampled_from(["../x", "/etc/passwd", "model.pt", "a\0b", "tanh", "NSF", "dcgan", "."]),
)
anything = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
number_lists = st.lists(whole, max_size=12)
values = st.one_of(anything, whole, number_lists)


@st.composite
def spoiled(draw, table):
    """A good table with a few of its values, at any depth, put out of joint."""
    table = copy.deepcopy(table)
    for _ in range(draw(st.integers(1, 3))):
        at = table
        while True:
            key = draw(st.sampled_from(sorted(at)) if at else st.text(max_size=5))
            if isinstance(at.get(key), dict) and at[key] and draw(st.integers(0, 4)):
                at = at[key]
                continue
            break
        if draw(st.booleans()) and draw(st.booleans()):
            at.pop(key, None)
        elif isinstance(at.get(key), list) and at[key] and draw(st.booleans()):
            at[key] = [*at[key][:-1], draw(values)]
        else:
            at[draw(st.one_of(st.just(key), st.text(max_size=8)))] = draw(values)
    return table


def written(path, table):
    try:
        path.write_text(tomli_w.dumps(table), "utf-8")
    except (UnicodeEncodeError, ValueError, TypeError):  # toml has no lone surrogates
        path.write_text("architecture = 3", "utf-8")


@pytest.mark.parametrize("kind", MAKERS)
@FUZZ
@given(data=st.data())
def test_spoiled_cards_from_outside(home, kind, data):
    path = home / kind / "model.toml"
    good = home / kind / "good"
    if not good.is_file():
        MAKERS[kind](path.parent)
        good.write_bytes(path.read_bytes())
    written(path, data.draw(spoiled(tomllib.loads(good.read_text("utf-8")))))
    attempt(lambda: open_model(str(path)))


@FUZZ
@given(text=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_cards_of_any_bytes(home, text):
    path = home / "bytes.toml"
    path.write_bytes(text)
    attempt(lambda: cards.read(path))
    attempt(lambda: read_card(path))


@cache
def shipped(folder, family, shape):
    return ship(folder, family, shape)


@pytest.mark.parametrize("family", ["flow", "vae", "gan", "energy", "kde", "mfa"])
@FUZZ
@given(data=st.data())
def test_spoiled_cards_of_families(home, family, data):
    shape = "points" if family in ("flow", "mfa") else "picture"
    card = shipped(home / "tiny", family, shape)
    path = card.folder / f"{family}.toml"
    written(path, data.draw(spoiled(table_of(card))))
    attempt(lambda: open_model(read_card(path)))


@FUZZ
@given(data=st.data())
def test_spoiled_headers_of_safetensors(home, data):
    good = {
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "I64", "shape": [], "data_offsets": [24, 32]},
    }
    raw = json.dumps(data.draw(spoiled(good))).encode("utf-8", "surrogatepass")
    length = data.draw(st.one_of(st.just(len(raw)), st.integers(0, 2**64 - 1)))
    path = home / "header.safetensors"
    path.write_bytes(struct.pack("<Q", length) + raw + bytes(data.draw(st.integers(0, 40))))
    attempt(lambda: files.safetensors_header(path))
    attempt(lambda: state_dicts.load(path))


def archive():
    """A state dict as torch.save writes it."""
    store = io.BytesIO()
    torch.save({"g": {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor(2)}, "n": 3}, store)
    return store.getvalue()


@st.composite
def flipped(draw, raw):
    """Bytes with a few of them changed, cut out or put in."""
    raw = bytearray(raw)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(raw) - 1)))
        raw[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(raw[: draw(st.integers(len(raw) - 20, len(raw)))] if draw(st.booleans()) else raw)


@FUZZ
@given(data=st.data())
def test_spoiled_archives(home, data):
    path = home / "archive.pt"
    path.write_bytes(data.draw(flipped(archive())))
    attempt(lambda: state_dicts.load(path, data.draw(st.sampled_from(["g", "", "n", "g.a"]))))


@FUZZ
@given(data=st.data())
def test_archives_with_spoiled_pickles(home, data):
    path, whole = home / "pickle.pt", zipfile.ZipFile(io.BytesIO(archive()))
    with zipfile.ZipFile(path, "w", data.draw(st.sampled_from([0, zipfile.ZIP_DEFLATED]))) as out:
        for name in whole.namelist():
            raw = whole.read(name)
            out.writestr(name, data.draw(flipped(raw)) if name.endswith(".pkl") else raw)
    attempt(lambda: state_dicts.load(path, "g"))


@cache
def tensors_of_dcgan(folder):
    return dcgan(folder)[1].state_dict()


@FUZZ
@given(data=st.data())
def test_other_tensors_than_the_card_describes(home, data):
    folder = home / "tensors"
    tensors = dict(tensors_of_dcgan(folder))
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(tensors)))
        shape = data.draw(st.lists(st.integers(0, 4), max_size=5))
        new = data.draw(st.one_of(st.just(name), st.text(max_size=10)))
        tensors.pop(name)
        tensors[new] = torch.full(shape, data.draw(st.sampled_from([0.0, 1e30, torch.nan])))
        if not tensors:
            break
    table = {"architecture": "dcgan", "shape": [3, 16, 16], "sizes": DCGAN_SIZES}
    try:
        path = card_at(folder, table, tensors)
    except (UnicodeEncodeError, ValueError):
        return
    attempt(lambda: open_model(str(path)))


@pytest.mark.parametrize("kind", PIPELINES)
@FUZZ
@given(data=st.data())
def test_spoiled_folders_of_diffusers(home, folders, kind, data):
    pytest.importorskip("diffusers")
    good = folders[kind]
    top = [path for path in good if path.parent == home / kind]
    path = data.draw(st.sampled_from([*top, *good]))
    table = data.draw(spoiled(good[path]))
    path.write_text(json.dumps(table), "utf-8")
    try:
        attempt(lambda: layout.read(home / kind))
    finally:
        path.write_text(json.dumps(good[path]), "utf-8")


@FUZZ
@given(text=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_a_model_index_of_any_bytes(home, text):
    folder = home / "any"
    folder.mkdir(exist_ok=True)
    (folder / "model_index.json").write_bytes(text)
    attempt(lambda: layout.read(folder))
