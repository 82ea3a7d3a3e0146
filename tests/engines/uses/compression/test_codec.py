"""Files of pictures by a model's probabilities: they come back as they were, in as few bits."""

import math

import numpy as np
import pytest
import torch

from engines import finish, log_density, open_model
from engines.data.examples import pictures
from engines.training import oracles
from engines.uses.compression import codec, container, entropy
from engines.uses.compression.errors import CompressionError
from tests.engines import tiny

SHIPPED = {"kde": 8, "vae": 8, "autoregressive": 4, "any-order": 1}
MANY = {"kde": 100, "vae": 100, "autoregressive": 100, "any-order": 100}
FAMILIES = ("autoregressive", "any-order", "kde", "vae")


def digits(count):
    levels = pictures("mnist").levels[:count, :, :, 0]
    return torch.from_numpy(levels.astype(np.float32))[:, None] / 127.5 - 1


def made(model, x, **how):
    return finish(codec.compress(model, x, **how))


def back(raw, model):
    return finish(codec.decompress(raw, lambda header: model))


def noise(count, seed=0):
    levels = np.random.default_rng(seed).integers(0, 256, (count, 1, 8, 8))
    return torch.from_numpy(levels).float() / 127.5 - 1


# code lengths


@pytest.mark.parametrize("make", [oracles.table_raster, oracles.table_any_order])
def test_the_code_of_a_known_law_has_its_length(make):
    table = oracles.Table()
    model = make(table)
    groups = 9 if model.conditionals.any_order else None
    x = (table.states.float() * 2 - 1).view(-1, 1, 3, 3)[::5]
    whole = made(model, x, groups=groups)
    information = (-table.log_p / math.log(2)).numpy()[::5]
    likely = information < 17  # none costs more than 22 bits a pixel: each can be coded
    assert np.allclose(np.array(whole.bits)[likely], information[likely], atol=0.01)
    assert (np.array(whole.bits) <= information + 0.01).all()
    assert (8 * np.array(whole.frames) <= information + 16).all()
    assert torch.equal(back(whole.raw, model).x, x)


def test_every_symbol_can_be_coded_in_few_bits_more_than_its_information():
    g = np.random.default_rng(0)
    for symbols in (2, 5, 256):
        p = g.dirichlet(np.full(symbols, 0.1), 100)
        p[:, 0], drawn = 0.0, g.integers(0, symbols, 100).astype(np.int32)
        counts = entropy.counts_of(p / p.sum(1, keepdims=True))
        raw = entropy.encoded(counts, drawn)
        assert 8 * len(raw) <= entropy.bits_of(counts, drawn) + 16
        assert (entropy.decoder_of(raw).decode(entropy.family(), counts) == drawn).all()


# round trips


def shipped(family, count):
    model, x = open_model(f"mnist/{family}"), digits(count)
    file = made(model, x, together=min(codec.TOGETHER, count))
    again = back(file.raw, model)
    assert torch.equal(again.x, x)
    assert not again.lost
    return model, x, file


@pytest.mark.parametrize("family", FAMILIES)
def test_digits_come_back_bit_by_bit(family):
    count = SHIPPED[family]
    model, x, file = shipped(family, count)
    own = -float(log_density(model, x).value.sum()) / math.log(2)
    if family == "vae":  # one sample's bound is below that of 64
        assert 0.98 * own < sum(file.bits) < 1.10 * own
        assert 0 < file.initial < 64 * 24
    else:
        assert sum(file.bits) == pytest.approx(own, rel=1e-3)
        assert 8 * sum(file.frames) <= 1.02 * own
    assert len(file.raw) == sum(file.frames) + file.overhead
    assert file.overhead <= 400 + 8 * count


@pytest.mark.evidence
@pytest.mark.parametrize("family", FAMILIES)
def test_many_digits_come_back_bit_by_bit(family):
    model, x, file = shipped(family, MANY[family])
    own = -float(log_density(model, x).value.sum()) / math.log(2)
    assert 8 * sum(file.frames) <= (1.04 if family == "vae" else 1.02) * own


@pytest.mark.evidence
def test_any_order_pixel_by_pixel():
    model, x = open_model("mnist/any-order"), digits(2)
    file = made(model, x, groups=784, together=2)
    own = -float(log_density(model, x, knobs={"groups": 784}).value.sum()) / math.log(2)
    assert sum(file.bits) == pytest.approx(own, rel=1e-3)
    assert torch.equal(back(file.raw, model).x, x)


@pytest.mark.parametrize("family", FAMILIES)
def test_noise_of_tiny_models_comes_back(family, tmp_path):
    model, x = tiny.opened(tmp_path, family, "picture"), noise(5)
    file = made(model, x, together=4)
    assert torch.equal(back(file.raw, model).x, x)


def test_a_picture_is_coded_alike_whatever_stands_beside_it(tmp_path):
    model, x = tiny.opened(tmp_path, "autoregressive", "picture"), noise(6)
    together = container.unpacked(made(model, x, together=4).raw).frames
    alone = [
        container.unpacked(made(model, x[i : i + 1], together=4).raw).frames[0] for i in (1, 5)
    ]
    assert [together[1], together[5]] == alone


def test_pixel_by_pixel_takes_fewer_bits_than_in_groups():
    table = oracles.Table()
    model, x = oracles.table_any_order(table), (table.states.float() * 2 - 1).view(-1, 1, 3, 3)
    likely = table.log_p.argsort(descending=True)[:100]  # of 512, nearly all of the mass
    x, p = x[likely], table.log_p[likely].exp().numpy()
    assert p.sum() > 0.9
    exact, groups = (np.dot(p, made(model, x, groups=n).bits) for n in (9, 3))
    assert exact < groups


def test_a_chain_costs_its_first_bits_once(tmp_path):
    model = tiny.opened(tmp_path, "vae", "picture")
    one, many = (made(model, noise(n)) for n in (1, 8))
    assert one.initial == pytest.approx(many.initial, abs=32)  # whole words
    assert 8 * sum(many.frames) == pytest.approx(sum(many.bits) + many.initial)


# refusals


@pytest.mark.parametrize(
    ("family", "kind", "says"),
    [
        ("gan", "picture", "no density"),
        ("flow", "picture", "a whole picture"),
        ("energy", "picture", "up to a constant"),
        ("mfa", "picture", "a whole picture"),
        ("diffusion", "picture", "a whole picture"),
        ("vae", "points", "without a resolution"),
    ],
)
def test_models_that_cannot_code_say_why(family, kind, says, tmp_path):
    model = tiny.opened(tmp_path, family, kind)
    x = noise(1) if kind == "picture" else torch.zeros(1, 2)
    with pytest.raises(CompressionError, match=says):
        made(model, x)


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (torch.zeros(0, 1, 8, 8), "no pictures"),
        (torch.zeros(1, 3, 8, 8), "of shape"),
        (torch.zeros(1, 1, 9, 9), "of shape"),
        (torch.full((1, 1, 8, 8), 0.001), "256 levels"),
    ],
)
def test_pictures_of_another_kind_are_refused(x, says, tmp_path):
    with pytest.raises(CompressionError, match=says):
        made(tiny.opened(tmp_path, "kde", "picture"), x)


def test_groups_are_of_any_order_models_alone(tmp_path):
    for family, groups in (("kde", 4), ("autoregressive", 4), ("any-order", 65)):
        with pytest.raises(CompressionError, match="groups"):
            made(tiny.opened(tmp_path, family, "picture"), noise(1), groups=groups)
