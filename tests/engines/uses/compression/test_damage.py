"""Damaged, foreign and made-up files: one sentence each, and never wrong pictures."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from engines import finish
from engines.uses.compression import arithmetic, codec, container
from engines.uses.compression.errors import CompressionError
from tests.engines import tiny

COUNT = 8


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A tiny model, its pictures and their file."""
    model = tiny.opened(tmp_path_factory.mktemp("damage"), "autoregressive", "picture")
    levels = np.random.default_rng(1).integers(0, 256, (COUNT, 1, 8, 8))
    x = torch.from_numpy(levels).float() / 127.5 - 1
    return model, x, finish(codec.compress(model, x, together=4)).raw


def read(raw, model):
    return finish(codec.decompress(raw, lambda header: model))


def first_frame(raw):
    return len(raw) - sum(len(frame) + 5 for frame in container.unpacked(raw).frames)


def test_a_flipped_byte_costs_one_picture_which_is_named(written):
    model, x, raw = written
    start = first_frame(raw)
    g = np.random.default_rng(0)
    for place in sorted({start, start + 1, len(raw) - 1, *g.integers(start, len(raw), 2)}):
        broken = bytearray(raw)
        broken[place] ^= 1 << int(g.integers(8))
        found = read(bytes(broken), model)
        assert len(found.lost) == 1
        assert f"picture {found.lost[0] + 1} of {COUNT} cannot be read" in found.note
        whole = [i for i in range(COUNT) if i not in found.lost]
        assert torch.equal(found.x[whole], x[whole])


def test_bytes_cut_out_cost_the_pictures_that_they_were_of(written):
    model, x, raw = written
    start = first_frame(raw)
    step = (len(raw) - start) // COUNT
    for first, last in ((start + step, start + 2 * step), (start + 3 * step, start + 3 * step + 3)):
        found = read(raw[:first] + raw[last:], model)
        assert 1 <= len(found.lost) <= 2
        whole = [i for i in range(COUNT) if i not in found.lost]
        assert torch.equal(found.x[whole], x[whole])


def test_a_truncated_file_gives_the_pictures_before_its_end(written):
    model, x, raw = written
    found = read(raw[: (first_frame(raw) + len(raw)) // 2], model)
    assert found.lost == tuple(range(found.lost[0], COUNT))
    assert torch.equal(found.x[: found.lost[0]], x[: found.lost[0]])
    for length in (0, 3, 5, 40, first_frame(raw) - 1):
        with pytest.raises(CompressionError, match=r"no \.gsz file|header is damaged or cut off"):
            read(raw[:length], model)
    with pytest.raises(CompressionError, match="all of its pictures"):
        read(raw[: first_frame(raw)], model)


def test_a_flipped_byte_of_the_header_is_one_sentence(written):
    _, _, raw = written
    for place in range(first_frame(raw)):
        broken = bytearray(raw)
        broken[place] ^= 16
        with pytest.raises(CompressionError) as error:
            container.header_of(bytes(broken))
        assert str(error.value).startswith("it")


def test_damage_of_a_chain_costs_the_chain(tmp_path):
    model = tiny.opened(tmp_path, "vae", "picture")
    levels = np.random.default_rng(1).integers(0, 256, (52, 1, 8, 8))
    x = torch.from_numpy(levels).float() / 127.5 - 1
    raw = bytearray(finish(codec.compress(model, x)).raw)
    raw[-10] ^= 4
    found = read(bytes(raw), model)
    assert found.lost == (50, 51)
    assert "damage costs a whole chain" in found.note
    assert torch.equal(found.x[:50], x[:50])


# other models, other computers


def test_other_weights_are_refused(written):
    model, _, raw = written
    other = replace(model, card=replace(model.card, sha256="0" * 64))
    with pytest.raises(CompressionError, match="with other weights"):
        read(raw, other)


@pytest.mark.parametrize(
    ("name", "says"),
    [("torch", "another version of torch"), ("features", "another set of processor features")],
)
def test_another_arithmetic_is_refused_before_anything_is_opened(written, name, says):
    model, _, raw = written
    file = container.unpacked(raw)
    there = {**file.header.arithmetic, name: "elsewhere"}
    header = replace(file.header, arithmetic=there)
    with pytest.raises(CompressionError, match=says):
        read(container.packed(header, file.checks, file.frames), model)
    assert says in codec.unreadable(header, model.card)
    assert codec.unreadable(file.header, model.card) is None


def test_a_trial_that_fails_is_refused(written):
    model, _, raw = written
    file = container.unpacked(raw)
    header = replace(file.header, trial="0123456789abcdef")
    with pytest.raises(CompressionError, match="a trial of its model"):
        read(container.packed(header, file.checks, file.frames), model)


def test_wrong_pictures_are_never_shown(written, monkeypatch):
    """The same weights under another arithmetic that the trial does not see."""
    model, _, raw = written
    file = container.unpacked(raw)
    changed = replace(model, conditionals=_Shifted(model.conditionals))
    coder = codec.reader(file.header, model)
    monkeypatch.setattr(type(coder), "trial", lambda self: file.header.trial)
    with pytest.raises(CompressionError, match=r"not what was coded|no code of its model"):
        read(raw, changed)


class _Shifted:
    """Conditionals whose last bits differ."""

    def __init__(self, part):
        self._part = part

    def __getattr__(self, name):
        return getattr(self._part, name)

    def logits(self, *asked):
        return self._part.logits(*asked) * 1.01


def test_the_number_of_threads_does_not_matter(written):
    model, x, raw = written
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert torch.equal(read(raw, model).x, x)
        with arithmetic.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# made-up files


def tried(raw, model):
    """Reads it or refuses it in one sentence; nothing else may come of it."""
    fault = None
    try:
        found = read(raw, model)
    except CompressionError as error:
        fault = str(error)
    if fault is None:
        assert found.x.shape[1:] == (1, 8, 8)
    else:
        assert 0 < len(fault) <= 300
        assert "\n" not in fault


def mutated(raw, g):
    out = bytearray(raw)
    for _ in range(int(g.integers(1, 6))):
        place, what = int(g.integers(len(out))), int(g.integers(4))
        if what == 0:
            out[place] = int(g.integers(256))
        elif what == 1:
            del out[place : place + int(g.integers(1, 40))]
        elif what == 2:
            out[place:place] = g.integers(0, 256, int(g.integers(1, 40)), np.uint8).tobytes()
        else:
            out = out[: max(1, place)]
        out = out or bytearray(b"G")
    return bytes(out)


def sealed(raw, g):
    """A changed frame or header with the right CRCs: it reaches the coder."""
    file = container.unpacked(raw)
    frames = [mutated(frame, g) if g.random() < 0.3 else frame for frame in file.frames]
    fields = {
        "count": int(g.integers(1, 40)),
        "chain": int(g.integers(1, 9)),
        "symbols": 2,
        "together": int(g.integers(1, 9)),
        "groups": int(g.integers(0, 99)),
        "shape": (1, 9, 8),
    }
    name = g.choice([*fields, "none", "none", "none"])
    header = replace(file.header, **{name: fields[name]} if name in fields else {})
    checks = [0] * -(-header.count // container.CHECKED)
    return container.packed(header, checks, frames)


@pytest.mark.parametrize("count", [30, pytest.param(10_000, marks=pytest.mark.evidence)])
def test_made_up_files_are_refused_or_read(written, count):
    model, _, raw = written
    g = np.random.default_rng(5)
    short = replace_count(raw, 3)
    for case in range(count):
        if case % 30 == 0:
            tried(sealed(short, g), model)
        elif case % 5 == 0:
            tried(g.integers(0, 256, int(g.integers(1, 200)), np.uint8).tobytes(), model)
        else:
            tried(headers_only(mutated(raw, g)), model)


def headers_only(raw):
    """Most damage is found before a network is asked; where only frames are hurt, keep the cost
    of the case small: all but the first are cut off."""
    try:
        file = container.unpacked(raw)
    except CompressionError:
        return raw
    if all(frame is None for frame in file.frames):
        return raw
    return container.packed(replace(file.header, count=1), file.checks, [file.frames[0] or b""])


def replace_count(raw, count):
    file = container.unpacked(raw)
    header = replace(file.header, count=count, together=1)
    return container.packed(header, [0], [frame or b"" for frame in file.frames[:count]])


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [1, 8]},
        {"shape": [1, -8, 8]},
        {"count": 0},
        {"count": 10**9},
        {"count": "9"},
        {"arithmetic": []},
        {"arithmetic": {"torch": 1}},
        {"symbols": 1000},
        {"model": 3},
        {"chain": 0},
        {"together": 10**6},
        {"groups": -1},
        {"shape": [1, 10**5, 10**5]},
    ],
)
def test_headers_that_cannot_be_are_refused(written, change):
    _, _, raw = written
    end = 6 + int.from_bytes(raw[4:6], "big")
    table = json.loads(zlib.decompress(raw[6:end])) | change
    deflated = zlib.compress(json.dumps(table).encode())
    head = raw[:4] + len(deflated).to_bytes(2, "big") + deflated + raw[end : end + 4]
    made_up = head + zlib.crc32(head).to_bytes(4, "big")
    with pytest.raises(CompressionError, match="header is damaged"):
        container.unpacked(made_up)
