"""One model as one file: it comes back as it was, and a hostile file gets one sentence."""

import hashlib
import io
import struct
import zipfile
from contextlib import suppress

import pytest

from engines.checkpoints import archive, own
from engines.checkpoints.archive import CARD, SUMS, WEIGHTS
from engines.checkpoints.catalog import CheckpointError, own_models
from engines.opening import find
from tests.own import home, made

__all__ = ["home"]


@pytest.fixture
def exported(home, tmp_path):
    """The file of one model, which is here no longer; its bytes can be spoilt."""
    card = made()
    path = own.export(card.name, tmp_path / "file.genscope")
    own.remove(card.name)
    return path


def members(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def summed(parts):
    """The parts with hashes that fit."""
    lines = [f"{hashlib.sha256(parts[name]).hexdigest()}  {name}\n" for name in (CARD, WEIGHTS)]
    return {**parts, SUMS: "".join(lines).encode()}


def packed(path, parts, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, raw in parts.items() if isinstance(parts, dict) else parts:
            file.writestr(name, raw)


def complaint(path):
    with pytest.raises(CheckpointError) as caught:
        own.import_file(path)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) <= 300
    assert own.cards() == ()
    # nothing is left behind
    assert [each for each in own_models().rglob("*") if each.is_file()] == []
    return text


def test_a_model_travels_whole_and_twice(exported, tmp_path):
    shipped = find("moons/mfa")
    card = own.import_file(exported)
    assert (card.name, card.sha256, card.net) == ("mine/mfa", shipped.sha256, shipped.net)
    assert dict(card.figures) == dict(shipped.figures)
    assert own.import_file(exported).name == "mine/mfa-2"
    again = own.export("mine/mfa", tmp_path / "again.genscope")
    assert again.read_bytes() == exported.read_bytes()


def test_the_file_is_a_plain_zip_whose_hashes_a_tool_can_check(exported):
    parts = members(exported)
    assert list(parts) == [CARD, SUMS, WEIGHTS]
    assert parts == summed(parts)


def test_a_file_that_cannot_be_written_leaves_the_old_one(home, tmp_path):
    card = made()
    path = tmp_path / "file.genscope"
    path.write_bytes(b"old")
    weights = card.folder / card.weights
    raw = weights.read_bytes()
    weights.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(CheckpointError, match="was not exported"):
        own.export(card.name, path)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir() if "." in each.name] == ["file.genscope"]
    with pytest.raises((FileExistsError, NotADirectoryError)):
        own.export(card.name, path / "below")


CARD_OF = {
    "a path": ('name = "mine/mfa"', 'name = "../../mfa"'),
    "an absolute path": ('name = "mine/mfa"', 'name = "/etc/mfa"'),
    "a Windows path": ('name = "mine/mfa"', 'name = "C:\\\\x/mfa"'),
    "no name": ('name = "mine/mfa"', "name = 3"),
    "other weights": ("weights.safetensors", "../weights.safetensors"),
    "an unknown family": ('family = "mfa"', 'family = "virus"'),
    "an impossible shape": ("shape = [\n    2,\n]", "shape = [-2]"),
    "a later format": ("format = 1", "format = 99"),
    "no toml": ("name", "name = ["),
}


@pytest.mark.parametrize("change", CARD_OF)
def test_a_card_is_believed_nothing(exported, change):
    parts = members(exported)
    old, new = CARD_OF[change]
    assert old.encode() in parts[CARD]
    packed(exported, summed({**parts, CARD: parts[CARD].replace(old.encode(), new.encode())}))
    complaint(exported)


def spoilt_weights(parts):
    raw = parts[WEIGHTS]
    return {**parts, WEIGHTS: raw[:-1] + bytes([raw[-1] ^ 1])}


def with_hash_in_card(parts, raw):
    """Other weights, with every hash put right."""
    old, new = (hashlib.sha256(each).hexdigest().encode() for each in (parts[WEIGHTS], raw))
    return summed({**parts, WEIGHTS: raw, CARD: parts[CARD].replace(old, new)})


HOSTILE = {
    "weights of another hash": (lambda p: spoilt_weights(p), "sha256"),
    "and sums that fit": (lambda p: summed(spoilt_weights(p)), "other weights"),
    "a pickle": (lambda p: with_hash_in_card(p, b"\x80\x04cos\nsystem\n."), "safetensors"),
    "a torch archive": (lambda p: with_hash_in_card(p, b"PK\3\4" + bytes(400)), "safetensors"),
    "cut weights": (lambda p: with_hash_in_card(p, p[WEIGHTS][:-8]), "cut off"),
    "no weights": (lambda p: {CARD: p[CARD], SUMS: p[SUMS]}, "no model that Genscope"),
    "another file": (lambda p: {**p, "evil.py": b"import os"}, "no model that Genscope"),
    "a path": (lambda p: {"../../evil": p[CARD], SUMS: p[SUMS], WEIGHTS: b""}, "other files"),
    "an absolute path": (lambda p: {"/tmp/evil": b"", SUMS: p[SUMS], WEIGHTS: b""}, "other files"),
    "no sums": (lambda p: {**p, SUMS: b"none"}, "does not name"),
    "another card": (lambda p: {**p, CARD: p[CARD] + b"\n"}, "card is not the one"),
    "an endless card": (lambda p: summed({**p, CARD: p[CARD] + b"#" * 300_000}), "too long"),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence(exported, how):
    change, fault = HOSTILE[how]
    packed(exported, change(members(exported)))
    assert fault in complaint(exported)


def test_a_bomb_is_not_unpacked(exported):
    packed(exported, {**members(exported), WEIGHTS: bytes(50 << 20)}, zipfile.ZIP_DEFLATED)
    assert exported.stat().st_size < 1 << 20
    assert "packed" in complaint(exported)


def test_the_same_name_twice_is_refused(exported):
    parts = members(exported)
    with pytest.warns(UserWarning, match="Duplicate"):
        packed(exported, [(CARD, parts[CARD]), (CARD, parts[CARD]), (WEIGHTS, parts[WEIGHTS])])
    assert "other files" in complaint(exported)


def test_members_that_lie_over_one_another_are_refused(exported):
    """Every member of the list points at the same bytes: it unpacks to more than it holds."""
    raw = bytearray(exported.read_bytes())
    start = struct.unpack("<L", raw[-6:-2])[0]
    entry = raw.rindex(b"PK\1\2")
    assert entry > start
    raw[entry + 42 : entry + 46] = bytes(4)  # where the weights are said to begin
    exported.write_bytes(raw)
    complaint(exported)


def test_a_long_list_of_members_is_not_read(exported, monkeypatch):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as made:
            for i in range(5000):
                made.writestr(f"file {i}", b"")
        exported.write_bytes(file.getvalue())

    def never(*_, **__):
        raise AssertionError("the list was read")

    monkeypatch.setattr(archive.zipfile, "ZipFile", never)
    assert "no model that Genscope exported" in complaint(exported)


@pytest.mark.parametrize("kept", [0, 1, 21, 22, 100, 1000, -1])
def test_a_file_that_is_cut_off_is_refused(exported, kept):
    exported.write_bytes(exported.read_bytes()[:kept])
    complaint(exported)


def test_any_byte_that_is_turned_is_found_or_does_not_matter(exported):
    """Of every 97th byte: the import is refused in a sentence, or the same model comes in."""
    raw = exported.read_bytes()
    for place in range(0, len(raw), 97):
        exported.write_bytes(raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :])
        with suppress(CheckpointError):
            card = own.import_file(exported)
            assert card.sha256 == find("moons/mfa").sha256
            own.remove(card.name)
    assert own.cards() == ()


@pytest.mark.parametrize("what", ["nothing", "a folder", "a text", "a link to itself"])
def test_what_is_no_such_file_is_refused(home, tmp_path, what):
    path = tmp_path / "x.genscope"
    if what == "a folder":
        path.mkdir()
    elif what == "a text":
        path.write_text("hello " * 100)
    elif what == "a link to itself":
        path.symlink_to(path)
    complaint(path)
