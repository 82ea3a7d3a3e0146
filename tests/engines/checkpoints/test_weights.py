"""Weights that are not what their card says are refused, in one sentence that says why."""

import hashlib
import pickle
import struct
from dataclasses import replace

import pytest
import safetensors.torch
import torch

from engines.checkpoints import weights
from engines.checkpoints.catalog import CheckpointError
from engines.kinds import of_shape
from engines.model import class_attributes, finish
from engines.opening import open_model
from engines.registry import FAMILIES
from tests.engines.tiny import ship

EVERY = [(family, kind) for family in FAMILIES for kind in ("picture", "points")]


def refused(card):
    """The one sentence that says why the card's model cannot be opened."""
    with pytest.raises(CheckpointError) as caught:
        open_model(card)
    sentence = str(caught.value)
    assert sentence.startswith(card.name)
    return sentence


def rewritten(card, raw):
    """The card's weights replaced by `raw`, and the card made to expect them."""
    (card.folder / card.weights).write_bytes(raw)
    return replace(card, sha256=hashlib.sha256(raw).hexdigest())


def changed(card, change):
    """The card's weights with `change` applied to the dict of tensors."""
    tensors = weights.load(card)
    change(tensors)
    return rewritten(card, safetensors.torch.save(tensors))


@pytest.fixture(params=EVERY, ids="-".join)
def card(request, tmp_path):
    return ship(tmp_path, *request.param)


def test_good_weights_open(card):
    assert open_model(card).card == card


def test_missing_weights_are_named(card):
    (card.folder / card.weights).unlink()
    assert "is missing" in refused(card)


def test_truncated_weights_are_refused(card):
    path = card.folder / card.weights
    path.write_bytes(path.read_bytes()[:-7])
    assert "not the ones the card describes" in refused(card)
    assert "not safetensors" in refused(rewritten(card, path.read_bytes()))


def test_tampered_weights_are_refused(card):
    path = card.folder / card.weights
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(bytes(raw))
    assert "not the ones the card describes" in refused(card)


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was opened",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_is_never_opened(card, protocol):
    assert "was not opened" in refused(rewritten(card, pickle.dumps(Bomb(), protocol)))


def test_a_torch_archive_is_called_a_pickle(card, tmp_path):
    torch.save({"x": torch.zeros(2)}, tmp_path / "x.pt")
    assert "is a pickle" in refused(rewritten(card, (tmp_path / "x.pt").read_bytes()))


@pytest.mark.parametrize("raw", [b"", b"\x00" * 64, struct.pack("<Q", 2**62) + b"{}"])
def test_other_files_are_not_safetensors(card, raw):
    assert "not safetensors" in refused(rewritten(card, raw))


def test_a_missing_tensor_is_refused(card):
    sentence = refused(changed(card, lambda tensors: tensors.popitem()))
    assert "lack" in sentence or "do not fit" in sentence


def test_an_unknown_tensor_is_refused(card):
    sentence = refused(changed(card, lambda tensors: tensors.update(extra=torch.zeros(1))))
    assert "extra" in sentence


def test_a_wrong_shape_is_refused(card):
    def crop(tensors):
        name = max(tensors, key=lambda n: tensors[n].dim())
        tensors[name] = tensors[name][..., :-1].contiguous()

    assert "shape" in refused(changed(card, crop))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_refused(card, value):
    if not any(t.is_floating_point() for t in weights.load(card).values()):
        pytest.skip("only integers")

    def spoil(tensors):
        next(t for t in tensors.values() if t.is_floating_point()).view(-1)[0] = value

    assert "not finite" in refused(changed(card, spoil))


def test_a_network_that_cannot_be_built_is_refused(card):
    for net in ({}, dict(card.net) | {"depth": 3}, dict(card.net) | {"width": -1, "hidden": -1}):
        if card.family == "kde" and "bandwidth" in net:
            continue
        assert refused(replace(card, net=net))


def test_a_network_for_other_data_is_refused(card):
    other = (1, 12, 12) if card.kind.name == "pictures" else (3,)
    assert "shape" in refused(replace(card, kind=of_shape(other)))
    assert "class" in refused(replace(card, attributes=class_attributes(("a", "b"))))


@pytest.mark.parametrize("bandwidth", [0, -1, float("nan"), "wide"])
def test_a_bandwidth_must_be_positive(tmp_path, bandwidth):
    card = ship(tmp_path, "kde", "points")
    assert refused(replace(card, net={"bandwidth": bandwidth}))


def test_saving_and_loading_keeps_every_bit(tmp_path):
    tensors = {"a": torch.randn(3, 4).T, "b": torch.tensor(True), "c": torch.arange(5)}
    card = ship(tmp_path, "flow", "points")
    sha256 = weights.save(tensors, card.folder / card.weights)
    loaded = weights.load(replace(card, sha256=sha256))
    assert loaded.keys() == tensors.keys()
    assert all(torch.equal(loaded[name], tensors[name]) for name in tensors)


def test_the_network_is_ready_to_use(tmp_path):
    model = open_model(ship(tmp_path, "flow", "points"))
    x = torch.zeros(2, 2)
    assert not finish(model.density.run(x, None, {})).value.requires_grad
