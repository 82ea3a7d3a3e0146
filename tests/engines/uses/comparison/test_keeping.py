"""Figures of samples on disk: found again by their recipe alone, never when damaged."""

import json
from dataclasses import replace

import pytest
import torch

from engines.model import finish
from engines.opening import find as card_of
from engines.uses.comparison import keeping, samples


@pytest.fixture(scope="module")
def found():
    g = torch.Generator().manual_seed(0)
    return finish(samples.quality(*(torch.randn(30, 3, generator=g) for _ in range(3))))


def test_they_are_found_by_weights_count_seed_and_device(found, tmp_path):
    card = card_of("moons/flow")
    keeping.keep(found, card, 30, 7, "cpu", tmp_path)
    assert keeping.kept(card, 30, 7, "cpu", tmp_path) == found
    assert keeping.kept(card, 30, 8, "cpu", tmp_path) is None
    assert keeping.kept(card, 31, 7, "cpu", tmp_path) is None
    assert keeping.kept(card, 30, 7, "cuda", tmp_path) is None
    assert keeping.kept(replace(card, sha256="0" * 64), 30, 7, "cpu", tmp_path) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"seed": 7', '"seed": 8'),
        lambda text: text.replace('"precision"', '"precise"'),
        lambda text: text.replace('"samples": 30}', '"samples": 29}'),
        lambda text: text.replace('"at_n": ', '"at_n": NaN, "more": '),
    ],
)
def test_damaged_files_are_measured_anew(found, tmp_path, damage):
    card = card_of("moons/flow")
    keeping.keep(found, card, 30, 7, "cpu", tmp_path)
    (path,) = tmp_path.iterdir()
    text = path.read_text()
    assert json.loads(text)
    path.write_text(damage(text))
    assert keeping.kept(card, 30, 7, "cpu", tmp_path) is None
