"""Guidance, and the settings that a card recommends: defaults that know what they stray from."""

from dataclasses import replace

import pytest
import torch

from engines import CheckpointError, SampleRequest, finish, open_model
from engines.checkpoints.catalog import catalog
from engines.drawing import Guided
from engines.model import Exactness, in_force, own_knobs
from engines.registry import recommended
from tests.engines.tiny import opened

GUIDABLE = [("autoregressive", "picture"), ("any-order", "picture"), ("energy", "picture")]


def test_guidance_goes_from_any_through_the_class_and_beyond():
    labels = torch.tensor([3, 1])
    guided = Guided.of(labels, 10, 2.0)
    assert guided.labels.tolist() == [10, 10, 3, 1]
    assert guided.spread(torch.tensor([[7.0], [8.0]])).flatten().tolist() == [7, 8, 7, 8]
    found = torch.tensor([[1.0], [2.0], [5.0], [2.5]])
    assert guided.combined(found).tolist() == [[9.0], [3.0]]
    for idle in (Guided.of(labels, 10, 1.0), Guided.of(torch.full((2,), 10), 10, 2.0)):
        assert (len(idle.labels), idle.copies) == (2, 1)
        assert idle.combined(found) is found


@pytest.mark.parametrize("what", GUIDABLE, ids=lambda what: what[0])
def test_guidance_of_one_and_of_no_class_are_idle(tmp_path, what):
    model = opened(tmp_path, *what)

    def drawn(label=None, **knobs):
        return finish(model.sample(SampleRequest(3, 5, label, knobs)))

    assert torch.equal(drawn(1), drawn(1, guidance=1.0))
    assert torch.equal(drawn(), drawn(guidance=3.0))
    assert torch.equal(drawn(1, guidance=0.0), drawn())
    assert model.procedure({"guidance": 2.0}).exactness is Exactness.HEURISTIC
    assert "guidance 2" in model.procedure({"guidance": 2.0}).method


def test_a_card_recommends_and_the_model_remembers_its_own(tmp_path):
    plain = opened(tmp_path, "autoregressive", "picture")
    model = recommended(replace(plain, card=replace(plain.card, recommended={"guidance": 2.0})))
    guidance = next(knob for knob in model.knobs if knob.name == "guidance")
    assert guidance.default == 2.0
    assert own_knobs(model.knobs) == {"guidance": 1.0}
    assert [guidance.strays(value) for value in (1.0, 2.0)] == [False, True]

    def drawn(one, **knobs):
        return finish(one.sample(SampleRequest(3, 5, 1, knobs)))

    assert torch.equal(drawn(model), drawn(plain, guidance=2.0))
    assert torch.equal(drawn(model, **own_knobs(model.knobs)), drawn(plain))
    assert model.procedure({}).exactness is Exactness.HEURISTIC
    assert model.procedure({"guidance": 1.0}).exactness is Exactness.EXACT
    # what is asked of no class is not guided: it is the model's own, whatever is recommended
    asked = [in_force(model.knobs, SampleRequest(3, 5, label)) for label in (None, 1, (0, 1))]
    assert [knobs["guidance"] for knobs in asked] == [1.0, 2.0, 2.0]


@pytest.mark.parametrize("wrong", [{"magic": 1.0}, {"guidance": 99.0}, {"guidance": "much"}])
def test_what_a_model_has_not_cannot_be_recommended(tmp_path, wrong):
    plain = opened(tmp_path, "autoregressive", "picture")
    with pytest.raises(CheckpointError, match="recommends"):
        recommended(replace(plain, card=replace(plain.card, recommended=wrong)))


ADVISED = [card for card in catalog() if card.recommended]


@pytest.mark.parametrize("card", ADVISED, ids=lambda card: card.name)
def test_every_shipped_recommendation_opens(card):
    model = open_model(card)
    defaults = {knob.name: knob.default for knob in model.knobs}
    assert {name: defaults[name] for name in card.recommended} == dict(card.recommended)
    assert own_knobs(model.knobs)


def test_a_guided_step_counts_two_network_calls(tmp_path):
    for what in GUIDABLE:
        (tmp_path / what[0]).mkdir()
        model = opened(tmp_path / what[0], *what)
        plain, guided = (
            max(step.calls for step in model.sample(SampleRequest(2, 5, 1, {"guidance": w})))
            for w in (1.0, 2.0)
        )
        assert guided == 2 * plain
