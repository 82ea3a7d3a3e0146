"""A kind of our own goes through all engines, without a line about it in them."""

import itertools
import math

import pytest
import torch

from engines import decode, encode, finish, inpaint, kinds, log_density, open_model
from engines.checkpoints import catalog
from engines.facts import abilities
from engines.latents import walks
from engines.model import SampleRequest
from tests.kinds import symbols
from tests.kinds.symbols import KIND, LENGTH, NAME


@pytest.fixture
def root(tmp_path, monkeypatch):
    symbols.register(monkeypatch)
    symbols.ship(tmp_path)
    return tmp_path


@pytest.fixture
def model(root):
    return open_model(NAME, root=root)


def every(places):
    """All sequences that fill these places, each once; 0 elsewhere."""
    x = torch.zeros(len(KIND.alphabet) ** len(places), LENGTH)
    for row, letters in enumerate(itertools.product(range(len(KIND.alphabet)), repeat=len(places))):
        x[row, list(places)] = torch.tensor(letters, dtype=torch.float32)
    return x


def test_its_card_comes_back(root):
    card = catalog.read_card(root / "songs/markov.toml")
    assert card.kind == KIND
    assert card.attributes == symbols.ATTRIBUTES
    assert card.labels == ()


@pytest.mark.parametrize("given", [{}, {"mood": "wild"}, {"mood": "calm", "key": "high"}])
def test_samples_have_the_distribution_that_the_density_tells(model, given):
    """Pairs of the first two symbols, counted and worked out, to four standard errors."""
    n = 1500
    x = finish(model.sample(SampleRequest(n, 7, given=given)))
    assert KIND.fault(x) is None
    codes = torch.tensor(model.card.codes(given)).expand(16, -1)
    pairs = every((0, 1))
    known = (torch.arange(LENGTH) < 2).expand(16, -1)
    p = model.conditionals.joint(pairs, known, codes)[:, 0].sum(1)
    assert p.sum().item() == pytest.approx(1)
    seen = torch.bincount((4 * x[:, 0] + x[:, 1]).long(), minlength=16) / n
    assert ((seen - p).abs() < 4 * (p * (1 - p) / n).sqrt() + 1e-3).all()


def test_a_density_without_attributes_is_the_mean_over_them(model):
    x = finish(model.sample(SampleRequest(5, 1)))
    each = [
        log_density(model, x, given={"mood": mood, "key": key}).value
        for mood in ("calm", "wild")
        for key in ("low", "high")
    ]
    mean = torch.stack(each).logsumexp(0) - math.log(4)
    assert torch.allclose(log_density(model, x).value, mean)


def test_a_seed_is_a_seed(model):
    alone = finish(model.sample(SampleRequest(1, 3, first=5, given={"key": "low"})))
    assert torch.equal(alone[0], finish(model.sample(SampleRequest(9, 3, given={"key": "low"})))[5])


def test_a_value_that_is_no_symbol_is_refused_in_words(model):
    method = inpaint.methods_for(model)[0]
    known = torch.ones(LENGTH, dtype=torch.bool)
    with pytest.raises(ValueError, match="symbols must be whole numbers"):
        finish(method.run(model, torch.full((LENGTH,), 9.0), known, 1, 1))


@pytest.mark.parametrize("given", [{}, {"mood": "wild", "key": "low"}])
def test_completions_are_those_of_bayes_rule(model, given):
    """Three places hidden: all 64 completions, counted and worked out."""
    n, hidden = 3000, (3, 4, 8)
    picture = finish(model.sample(SampleRequest(1, 2, given=given)))[0]
    known = torch.ones(LENGTH, dtype=torch.bool)
    known[list(hidden)] = False
    method = inpaint.methods_for(model)[0]
    x = finish(method.run(model, picture, known, n, 11, given=given))
    assert (x[:, known] == picture[known]).all()
    complete = torch.where(known, picture, every(hidden))
    p = log_density(model, complete, given=given or {}).value.softmax(0)
    place = (x[:, list(hidden)] * torch.tensor([16.0, 4, 1])).sum(1).long()
    seen = torch.bincount(place, minlength=64) / n
    assert ((seen - p).abs() < 4 * (p * (1 - p) / n).sqrt() + 1e-3).all()


def test_codes_lead_back_and_a_walk_has_both_ends(model):
    x = finish(model.sample(SampleRequest(2, 5)))
    z = finish(encode(model, x))
    assert torch.equal(finish(decode(model, z)), x)
    walk = walks.walk_of(model)
    between = walk.between(walks.Way.SLERP, z[0], z[1], torch.tensor([1.0, 0.5, 0.0]))
    path = finish(walk.decode(between.float(), None))
    assert torch.equal(path[[0, 2]], x)


def test_what_it_can_do_is_told(model, root):
    can = {each.task: each.can for each in abilities.of_model(model)}
    assert can == dict.fromkeys(abilities.TASKS, True)
    assert abilities.of_card(catalog.read_card(root / "songs/markov.toml"))


def test_a_kind_that_is_not_registered_is_named(tmp_path):
    symbols.ship(tmp_path)
    with pytest.raises(catalog.CheckpointError, match="'symbols'"):
        catalog.read_card(tmp_path / "songs/markov.toml")
    assert "symbols" not in kinds.KINDS
