"""What is wrong with a model from outside is said in one sentence, and nothing of it is run."""

import os
import pickle
import zipfile

import pytest
import safetensors.torch
import torch

from engines import finish, open_model
from engines.checkpoints import budget, files
from engines.checkpoints.catalog import CheckpointError, read_card
from engines.model import SampleRequest
from engines.opening import find
from engines.outside import cards
from engines.outside.formats import state_dicts
from tests.engines.outside.outsiders import card_at, dcgan, realnvp, stylegan2_tensors, zuko_flow


def refused(path):
    """The one sentence that says why the model cannot be opened."""
    with pytest.raises(CheckpointError) as caught:
        open_model(str(path))
    sentence = str(caught.value)
    assert sentence.startswith((str(path.parent), "the card", "the network", "these layers", "'"))
    return sentence


@pytest.fixture
def card(tmp_path):
    return dcgan(tmp_path / "faces")[0]


def edited(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return path


def weights_of(path):
    return next(p for p in path.parent.iterdir() if p.suffix in (".safetensors", ".pt"))


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


def test_a_card_finds_its_model_by_path(card):
    found = find(str(card))
    assert (found.name, found.family, found.data) == (str(card), "gan", "tiny")
    assert found.parameters == 1724
    assert finish(open_model(found).sample(SampleRequest(2, 1))).shape == (2, 3, 16, 16)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('architecture = "dcgan"', 'architecture = "dcgun"', "must be one of dcgan, stylegan2"),
        ('architecture = "dcgan"', "", "either 'architecture' or 'family'"),
        ("latent = 5", "latent = -5", "'sizes.latent' must be a whole number in 1 … 8192, not -5"),
        ("latent = 5", "latent = 5.0", "not 5.0"),
        ("latent = 5", "latent = true", "not True"),
        ("latent = 5", "", "lacks 'sizes.latent'"),
        ("latent = 5", "latnt = 5\nlatent = 5", "does not know 'sizes.latnt'"),
        ("latent = 5", "latent = 6", "has shape (5, 8, 4, 4), the network needs (6, 8, 4, 4)"),
        ("latent = 5", "latent = 5\nkernel = [4]", "3 numbers, one for each layer"),
        ("latent = 5", "latent = 5\nrange = [1, 1]", "two rising numbers"),
        ("latent = 5", "latent = 5\npadding = [2, 1, 1]", "impossible side"),
        ('data = "tiny"', 'data = "tiny\\u0007"', "must be one line"),
        ('data = "tiny"', "licence = 3", "'licence' must be one line"),
        ('data = "tiny"', 'sha256 = "beef"', "64 hexadecimal digits"),
        ('data = "tiny"', f'sha256 = "{"0" * 64}"', "not the file that the card describes"),
        ('data = "tiny"', "colour = true", "does not know 'colour'"),
        ('data = "tiny"', "data =", "cannot be read"),
        ("model.safetensors", "../model.safetensors", "is missing"),
        ("model.safetensors", "other.safetensors", "is missing"),
        ("model.safetensors", ".", "is not a file"),
        ("model.safetensors", "/etc/passwd", "leads out of its folder"),
    ],
)
def test_a_slip_in_a_card_is_named(card, old, new, said):
    assert said in refused(edited(card, old, new))


def reshaped(card, shape, sizes):
    text = card.read_text("utf-8").replace(
        "shape = [\n    3,\n    16,\n    16,\n]", f"shape = {shape}"
    )
    card.write_text(f"{text.split('[sizes]')[0]}[sizes]\n{sizes}\n", "utf-8")
    return card


@pytest.mark.parametrize(
    ("shape", "sizes", "said"),
    [
        ([3, 16, 16], "latent = 8000\nwidth = [8000, 8000]", "would take"),
        ([3, 8192, 8192], "latent = 1\nwidth = [1,1,1,1,1,1,1,1,1,1]", "make pictures of 4096"),
        ([3, 4096, 4096], f"latent = 1\nwidth = [1{',1' * 9}]", "would take"),
        ([3, 16, 16], "latent = 100000000000\nwidth = [8, 6]", "whole number in 1 … 8192"),
        ([3, 32, 32], "latent = 5\nwidth = [8, 6]", "16 × 16, the card's shape is [3, 32, 32]"),
        ([2, 16, 16], "latent = 5\nwidth = [8, 6]", "[1 or 3, height, width]"),
        ([16, 16], "latent = 5\nwidth = [8, 6]", "[dimensions] or"),
    ],
)
def test_absurd_shapes_are_refused_before_anything_is_allocated(
    card, shape, sizes, said, monkeypatch
):
    monkeypatch.setattr(budget, "default", lambda: 256 << 20)
    # neither is the file looked at
    monkeypatch.setattr(state_dicts, "load", lambda *_: pytest.fail("too late"))
    assert said in refused(reshaped(card, shape, sizes))


def test_weights_of_absurd_size_are_refused_unread(card, monkeypatch):
    with weights_of(card).open("r+b") as file:
        file.truncate(300 << 30)  # takes no room on the disk
    monkeypatch.setattr(files, "hashing", lambda _: pytest.fail("too late"))
    assert "would take 322 GB" in refused(card)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_pickle_is_never_run(card, protocol):
    weights_of(card).write_bytes(pickle.dumps(Bomb(), protocol))
    assert "pickle" in refused(card) or "not safetensors" in refused(card)


def archived(card, value, **more):
    """The card's weights replaced by what torch.save makes of `value`."""
    torch.save(value, weights_of(card), **more)
    return card


def test_an_archive_that_names_code_is_refused_with_the_name(card):
    assert "_pytest.outcomes" in refused(archived(card, {"a": torch.zeros(1), "b": Bomb()}))
    sentence = refused(archived(card, torch.nn.Linear(2, 2)))
    assert "torch.nn.modules.linear.Linear" in sentence
    assert "as safetensors" in sentence


def test_an_archive_of_another_protocol_is_refused(card):
    assert "protocol.4" in refused(archived(card, {"a": torch.zeros(2)}, pickle_protocol=4))


def test_what_an_old_torch_saved_is_read_without_running_it(card):
    mapped = safetensors.torch.load_file(weights_of(card))
    plain = {name: tensor.clone() for name, tensor in mapped.items()}
    good = open_model(str(card))
    old = archived(card, plain, _use_new_zipfile_serialization=False)
    again = open_model(str(old))
    request = SampleRequest(2, 1)
    assert torch.equal(finish(good.sample(request)), finish(again.sample(request)))
    code = {"a": torch.zeros(1), "b": Bomb()}
    assert "_pytest.outcomes" in refused(archived(card, code, _use_new_zipfile_serialization=False))
    assert "running code" in refused(
        archived(card, torch.nn.Linear(2, 2), _use_new_zipfile_serialization=False)
    )
    raw = weights_of(archived(card, plain, _use_new_zipfile_serialization=False)).read_bytes()
    for part in (0.1, 0.5, 0.99):
        weights_of(card).write_bytes(raw[: int(part * len(raw))])
        refused(card)


def test_a_zip_bomb_is_refused_unpacked(card):
    with zipfile.ZipFile(weights_of(card), "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a/data.pkl", b"\x80\x02}.")
        out.writestr("a/data/0", bytes(50_000_000))
    assert weights_of(card).stat().st_size < 100_000
    assert "unpacks to more than it holds" in refused(card)


def test_another_zip_is_no_state_dict(card):
    with zipfile.ZipFile(weights_of(card), "w") as out:
        out.writestr("letter.txt", "hello")
    assert "not one written by torch.save" in refused(card)


def test_a_tensor_larger_than_what_it_is_stored_in_is_refused(card, monkeypatch):
    monkeypatch.setattr(budget, "default", lambda: 256 << 20)
    wide = torch.zeros(1).expand(10**6, 10**6)
    assert "would take" in refused(archived(card, {"a": wide}))


def test_the_entry_of_an_archive_is_named(card):
    archived(card, {"g": {"a": torch.zeros(1)}, "n": 3})
    edited(card, 'data = "tiny"', 'data = "tiny"\nentry = "netG"')
    assert "has no entry 'netG'; it has: g, n" in refused(card)
    edited(card, 'entry = "netG"', 'entry = "n"')
    assert "holds no state dict at 'n'" in refused(card)
    edited(card, 'entry = "n"', "")
    assert "holds no tensors; it has: g, n" in refused(card)


@pytest.mark.parametrize("torch_file", [False, True])
@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(tmp_path, torch_file, part):
    card = dcgan(tmp_path, torch_file=torch_file)[0]
    raw = weights_of(card).read_bytes()
    weights_of(card).write_bytes(raw[: int(part * len(raw))])
    sentence = refused(card)
    assert "cut off" in sentence or "not safetensors" in sentence


def test_links_out_of_the_folder_are_not_followed(card, tmp_path):
    weights = weights_of(card)
    weights.rename(tmp_path / "elsewhere.safetensors")
    weights.symlink_to(tmp_path / "elsewhere.safetensors")
    assert "leads out of its folder" in refused(card)
    weights.unlink()
    weights.symlink_to(weights)
    assert "is missing or cannot be read" in refused(card)


def test_a_pipe_is_no_file(card):
    weights_of(card).unlink()
    os.mkfifo(card.parent / "model.safetensors")
    assert "is not a file" in refused(card)
    card.unlink()
    os.mkfifo(card)
    assert "is not a file" in refused(card)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t["main.0.weight"].fill_(torch.nan), "'main.0.weight' holds values"),
        (lambda t: t.pop("main.0.weight"), "have 2 convolutions"),
        (lambda t: t.pop("main.1.bias"), "lack 'norm.0.bias' (1 in all)"),
        (lambda t: t.update(extra=torch.zeros(1)), "unknown 'extra'"),
        (lambda t: t.update({"main.1.extra": torch.zeros(1)}), "unknown 'main.1.extra'"),
        (lambda t: t.update({"main.1.bias": torch.zeros(9)}), "'main.1.bias' has shape (9,)"),
    ],
)
def test_tensors_that_do_not_fit_are_named_as_in_their_file(tmp_path, change, said):
    _, net = dcgan(tmp_path)
    tensors = {name: t.clone() for name, t in net.state_dict().items()}
    change(tensors)
    table = {"architecture": "dcgan", "shape": [3, 16, 16]}
    table["sizes"] = {"latent": 5, "width": [8, 6]}
    assert said in refused(card_at(tmp_path, table, tensors))


def test_a_stylegan2_with_another_filter_or_classes_is_refused(tmp_path):
    from tests.engines.outside.outsiders import STYLE_SIZES

    table = {"architecture": "stylegan2", "shape": [3, 16, 16], "sizes": STYLE_SIZES}
    tensors = stylegan2_tensors("nvlabs")
    tensors["mapping.embed.weight"] = torch.zeros(6, 3)
    assert "without classes" in refused(card_at(tmp_path / "a", table, tensors))
    tensors = stylegan2_tensors("nvlabs")
    tensors["synthesis.b8.conv0.resample_filter"] = torch.ones(4, 4) / 16
    assert "another filter" in refused(card_at(tmp_path / "b", table, tensors))


def test_a_flow_whose_base_is_no_standard_normal_is_refused(tmp_path):
    _, net = zuko_flow(tmp_path)
    tensors = net.state_dict() | {"base.scale": torch.full((3,), 2.0)}
    table = {"architecture": "zuko", "shape": [3]}
    table["sizes"] = {"kind": "NSF", "transforms": 2, "hidden": [8, 8], "bins": 4}
    assert "not a standard normal" in refused(card_at(tmp_path, table, tensors))


def test_a_realnvp_of_other_layers_is_refused(tmp_path):
    _, tensors = realnvp(tmp_path)
    table = {"architecture": "realnvp", "shape": [2], "sizes": {"couplings": 3, "hidden": [8]}}
    assert "have 4 couplings" in refused(card_at(tmp_path, table, tensors))
    table["sizes"]["couplings"] = 4
    tensors["flows.9.lu.weight"] = torch.zeros(2, 2)
    assert "no part of a RealNVP" in refused(card_at(tmp_path, table, tensors))


def test_the_old_model_stays_when_a_new_one_is_refused(card):
    old = open_model(str(card))
    before = finish(old.sample(SampleRequest(3, 1)))
    refused(edited(card, "latent = 5", "latent = 6"))
    assert torch.equal(finish(old.sample(SampleRequest(3, 1))), before)


def test_a_file_that_changed_behind_its_card_is_refused(card):
    read = cards.read(card)
    weights_of(card).write_bytes(weights_of(card).read_bytes() + b" ")
    with pytest.raises(CheckpointError, match="has changed since"):
        open_model(read)


def test_deep_or_huge_cards_do_not_stop_the_reader(tmp_path):
    path = tmp_path / "deep.toml"
    for raw in ("a = " + "[" * 30_000, "a = " + "9" * 20_000, "x" * 70_000, "\0"):
        path.write_text(raw)
        with pytest.raises(CheckpointError):
            cards.read(path)
        with pytest.raises(CheckpointError):
            read_card(path)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_400_000, "99.4 MB"),
        (10**10, "10.0 GB"),
        (322 * 10**9, "322 GB"),
        (10**30, "more than 999 PB"),
    ],
)
def test_bytes_in_words(size, words):
    assert budget.said(size) == words
