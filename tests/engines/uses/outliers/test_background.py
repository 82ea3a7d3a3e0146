"""Models of the background: whose they are, what they are trained on, and the ratio to them."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from engines import log_density
from engines.checkpoints.catalog import shipped
from engines.model import finish
from engines.opening import find, open_model
from engines.training import checkpoint
from engines.training.__main__ import main
from engines.training.datasets import DataSet, Split, mutated
from engines.uses.outliers import background, measuring, reference

NAMES = [card.name for card in shipped() if background.card_of(card)]


def pictures(count):
    g = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (count, 1, 28, 28), generator=g).float() / 127.5 - 1


def test_two_families_have_a_background():
    assert {name.partition("/")[2] for name in NAMES} >= {"mfa", "vae"}


def test_a_background_belongs_to_one_net():
    card = find("mnist/mfa")
    assert background.card_of(card).sha256 != card.sha256
    assert background.card_of(replace(card, net={**card.net, "components": 4})) is None
    assert background.card_of(replace(card, data="moons")) is None


@pytest.mark.parametrize("name", NAMES)
def test_the_ratio_is_the_difference_of_both_log_densities(name):
    model, x = open_model(name), pictures(3)
    measured = finish(measuring.measure(model, x))
    behind = background.of(model)
    knobs = measuring.quick_knobs(model)
    by_hand = log_density(behind, x, knobs=knobs).value - log_density(model, x, knobs=knobs).value
    found = measuring.scores(measured, measuring.usual(measured), profile=False)
    assert np.allclose(found["ratio"], by_hand.numpy(), rtol=1e-6)
    assert measured.way.background == behind.card.sha256


def test_what_was_measured_beside_another_background_is_refused():
    model = open_model("mnist/mfa")
    measured = finish(measuring.measure(model, pictures(2)))
    other = replace(measured, way=replace(measured.way, background="0" * 64))
    with pytest.raises(measuring.MixedReferenceError, match="beside another background"):
        measuring.joined(measured, other)


def test_it_is_kept_with_the_rest(tmp_path):
    measured = finish(measuring.measure(open_model("mnist/mfa"), pictures(4)))
    reference.write(measured, tmp_path / "m.npz")
    kept = reference.kept(tmp_path / "m.npz")
    assert kept.way == measured.way
    assert (kept.background == measured.background).all()
    reference.write(replace(measured, background=measured.background[:2]), tmp_path / "m.npz")
    assert reference.kept(tmp_path / "m.npz") is None


def test_a_share_of_the_pixels_is_random_and_the_labels_stay():
    x = torch.full((400, 1, 8, 8), -1.0)
    data = DataSet("d", ("a",), Split(x, torch.arange(400)), Split(x[:2], torch.arange(2)), "")
    found = mutated(data, 0.2, seed=4)
    changed = (found.train.x != x).double().mean().item()
    expected = 0.2 * 255 / 256
    assert abs(changed - expected) < 5 * math.sqrt(expected * (1 - expected) / x.numel())
    assert found.train.x.unique().numel() == 256
    assert torch.equal(found.train.labels, data.train.labels)
    assert torch.equal(found.test.x, data.test.x)
    assert torch.equal(mutated(data, 0.2, seed=4).train.x, found.train.x)
    assert not torch.equal(mutated(data, 0.2, seed=5).train.x, found.train.x)


def test_points_have_no_background(capsys, monkeypatch):
    x = torch.zeros(4, 2)
    points = DataSet("moons", (), Split(x, torch.zeros(4)), Split(x, torch.zeros(4)), "")
    monkeypatch.setattr(checkpoint, "load", lambda name: points)
    assert main(["moons/mfa", "--background", "0.2"]) == 2
    assert "no pixels" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["mnist/mfa", "--background", "1.5"])
