"""A kind of data of a plug-in's own, with a model of it: nothing in the engines knows it."""

import math

import pytest
import torch

from engines import finish, log_density, open_model
from engines.checkpoints.catalog import CheckpointError
from engines.facts import abilities
from engines.inpaint import METHODS, methods_for
from engines.kinds import UnfitKindError, Value
from engines.latents.directions import data_of
from engines.latents.walks import walk_of
from engines.maps import moments, posterior
from engines.maps.pixels import pixel_map
from engines.model import SampleRequest
from engines.registry import FAMILIES
from tests.engines import plug_ins
from tests.engines.plug_ins import site

__all__ = ["site"]
MORE = """
[kind]
name = "symbols"
length = 12
alphabet = "abc"
[[attributes]]
name = "leaning"
values = ["to 0", "to 1", "to 2"]
[[attributes]]
name = "how much"
values = ["not", "much"]
"""
GIVEN = {"leaning": "to 1", "how much": "much"}


@pytest.fixture
def card(site, tmp_path):
    plug_ins.distribution(
        site,
        "genscope_symbols",
        plug_ins.SYMBOLS,
        name="symbols",
        load="load_symbols",
        kinds="symbols = genscope_symbols:Symbols",
    )
    return plug_ins.card(tmp_path, "symbols", (12,), MORE)


@pytest.fixture
def model(card):
    return open_model(card)


def test_it_is_drawn_and_scored_under_several_attributes(model):
    assert model.card.kind.value is Value.CATEGORY
    assert model.card.labels == ()
    request = SampleRequest(200, 5, given=GIVEN)
    x = finish(model.sample(request))
    assert x.shape == (200, 12)
    assert torch.equal(finish(model.sample(SampleRequest(1, 5, first=7, given=GIVEN))), x[7:8])
    assert (x == 1).float().mean() > 0.6
    every = torch.cartesian_prod(*[torch.arange(3.0)] * 7)
    some = torch.cat([every, x[:1, 7:].expand(len(every), -1)], 1)
    value = log_density(model, some, given=GIVEN).value
    rest = log_density(model, x[:1], given=GIVEN).value
    first = torch.cat([x[:1, :7], x[:1, 7:]], 1)
    assert torch.equal(value[(some == first).all(1)], rest)


@pytest.mark.parametrize("name", ["smc", "clamping"])
def test_holes_are_filled_by_its_conditionals(model, name):
    """Against the exact law of two missing symbols, by the density of all nine pairs."""
    method = next(m for m in methods_for(model) if m.name == name)
    x, known = torch.zeros(12), torch.ones(12, dtype=torch.bool)
    known[4:6] = False
    n, knobs = 1500, {"particles": 24} if name == "smc" else {}
    drawn = finish(method.run(model, x, known, n, 3, knobs, given=GIVEN))
    assert torch.equal(drawn[:, known], x[known].expand(n, -1))
    pairs = torch.cartesian_prod(torch.arange(3), torch.arange(3))
    whole = x.repeat(9, 1)
    whole[:, 4:6] = pairs.float()
    law = log_density(model, whole, given=GIVEN).value.softmax(0)
    code = (3 * drawn[:, 4] + drawn[:, 5]).long()
    found = torch.bincount(code, minlength=9).double() / n
    apart = 0.5 * (found - law).abs().sum()
    # 0.03 of exact draws on average; particles add their own error
    assert apart < 0.07 if name == "smc" else apart > 0.1
    tail = torch.arange(12) < 10
    end = finish(method.run(model, x, tail, n, 3, knobs, given=GIVEN))
    ends = x.repeat(9, 1)
    ends[:, 10:] = pairs.float()
    law = log_density(model, ends, given=GIVEN).value.softmax(0)
    found = torch.bincount((3 * end[:, 10] + end[:, 11]).long(), minlength=9).double() / n
    assert 0.5 * (found - law).abs().sum() < 0.06


def test_what_is_known_must_be_symbols(model):
    method, known = methods_for(model)[0], torch.ones(12, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"known symbols must be whole numbers 0 … 2"):
        method.run(model, torch.full((12,), 0.5), known, 1, 1)


def test_whatever_does_not_know_the_kind_says_so_in_a_sentence(model):
    assert [m.name for m in methods_for(model)] == ["smc", "clamping"]
    assert len([m.fits(model) for m in METHODS]) == len(METHODS)
    assert [(a.task, a.can) for a in abilities.of_model(model)] == [
        ("sample", True),
        ("inpaint", True),
        ("interpolate", False),
        ("density", True),
    ]
    assert moments.process_of(model) is None
    assert not posterior.has_plane(model)
    with pytest.raises(ValueError, match="has no view per pixel"):
        finish(pixel_map(model, torch.zeros(1, 12)))
    with pytest.raises(ValueError, match="no path"):
        walk_of(model)
    with pytest.raises(UnfitKindError, match="cannot take sequences, only pictures and points"):
        data_of(model.card, 3)
    assert model.card.kind.per_unit(12 * math.log(2)) == pytest.approx(1)


@pytest.mark.parametrize("family", FAMILIES)
def test_families_that_cannot_take_it_refuse_its_cards(card, tmp_path, family):
    text = (tmp_path / "symbols.toml").read_text("utf-8").replace("symbols.safe", "x.safe")
    raw = (tmp_path / "symbols.safetensors").read_bytes()
    (tmp_path / "x.safetensors").write_bytes(raw)
    path = tmp_path / "other.toml"
    path.write_text(text.replace('family = "symbols"', f'family = "{family}"'), "utf-8")
    with pytest.raises(CheckpointError) as caught:
        open_model(str(path))
    assert "\n" not in str(caught.value)
    assert "cannot take sequences, only pictures and points" in str(caught.value)
