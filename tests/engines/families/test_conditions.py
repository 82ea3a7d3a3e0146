"""What every model promises of its attributes: each family, kind of data and form of attributes.

The forms are none, one called "class", which has a short form `label`, and several.
"""

import pytest
import torch

from engines.inpaint import methods_for
from engines.model import SampleRequest, finish
from engines.opening import open_model
from engines.registry import FAMILIES
from tests.engines.tiny import LABELS, SHAPES, opened
from tests.kinds import symbols

FORMS = {"none": (), "class": LABELS}
TINY = [(family, kind, form) for family in FAMILIES for kind in SHAPES for form in FORMS]
SEVERAL = ("markov", "symbols", "several")


@pytest.fixture(scope="module")
def opener(tmp_path_factory):
    models = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engines.families.latent_diffusion.model.SIDE", 96)

        def get(family, kind, form):
            what = family, kind, form
            if what not in models:
                root = tmp_path_factory.mktemp("m")
                models[what] = opened(root, family, kind, FORMS[form])
            return models[what]

        yield get


@pytest.fixture(params=[*TINY, SEVERAL], ids="-".join)
def model(request, opener, monkeypatch, tmp_path):
    if request.param != SEVERAL:
        return opener(*request.param)
    symbols.register(monkeypatch)
    symbols.ship(tmp_path)
    return open_model(symbols.NAME, root=tmp_path)


def values(model, place):
    """A condition: of every attribute the value at this place."""
    return {each.name: each.values[place] for each in model.card.attributes}


def codes(model, given, count):
    """The condition as engines take it: (count,) for the short form, (count, attributes) else."""
    if not given:
        return None
    found = torch.tensor(model.card.codes(given)).expand(count, -1)
    return found[:, 0] if model.labels else found


def knobs(model):
    """Short chains: how long they are is asked elsewhere."""
    return {k.name: min(k.default, 12) for k in model.knobs if k.name == "steps"}


def short(density):
    """Few steps: how exact a density is, is asked elsewhere."""
    wanted = ("steps", "terms")
    return {k.name: min(k.default, max(k.minimum, 4)) for k in density.knobs if k.name in wanted}


def drawn(model, count, seed, **more):
    return finish(model.sample(SampleRequest(count, seed, knobs=knobs(model), **more)))


def test_samples_and_densities_take_every_value_and_any_left_open(model):
    for given in (
        {},
        *({each.name: value} for each in model.card.attributes for value in each.values),
        values(model, -1),
    ):
        x = drawn(model, 3, 7, given=given)
        assert x.shape == (3, *model.card.shape)
        assert x.isfinite().all()
        assert model.card.kind.fault(x) is None
        if model.density is not None:
            found = finish(model.density.run(x, codes(model, given, 3), short(model.density)))
            assert found.value.isfinite().all()


def test_a_value_changes_what_is_drawn(model):
    if not model.card.attributes:
        pytest.skip("no attributes")
    first, last = (drawn(model, 8, 3, given=values(model, place)) for place in (0, -1))
    assert not torch.equal(first, last)
    assert torch.equal(first, drawn(model, 8, 3, given=values(model, 0)))


def test_the_short_form_is_the_class_and_only_that(model):
    if model.labels:
        named = drawn(model, 2, 1, given={"class": model.labels[1]})
        assert torch.equal(named, drawn(model, 2, 1, label=1))
        return
    with pytest.raises(ValueError, match=r"classes|takes a value of each"):
        drawn(model, 2, 1, label=0)


def test_what_it_does_not_have_is_refused_in_words(model):
    with pytest.raises(ValueError, match=f"{model.card.name} has no attribute 'weather'"):
        drawn(model, 1, 1, given={"weather": "fair"})
    for each in model.card.attributes:
        with pytest.raises(ValueError, match=f"has no {each.name} 'nothing'"):
            drawn(model, 1, 1, given={each.name: "nothing"})


def test_codes_are_read_under_the_condition_they_were_made_under(model):
    if model.latents is None or model.latents.encode is None:
        pytest.skip("no latents, or no encoder")
    given = values(model, 0)
    x = drawn(model, 2, 5, given=given)
    z = finish(model.latents.encode(x, codes(model, given, 2)))
    back = finish(model.latents.decode(z, codes(model, given, 2)))
    assert z.shape == (2, *model.latents.shape)
    assert back.shape == x.shape
    assert back.isfinite().all()


def test_a_hole_is_filled_under_every_form(model):
    methods = methods_for(model)
    if not methods:
        pytest.skip("no in-painting method")
    method = methods[0]
    x = drawn(model, 1, 2)[0]
    known = torch.zeros(model.card.kind.mask_shape, dtype=torch.bool)
    known.view(-1)[: known.numel() // 2] = True
    settings = {knob.name: knob.minimum for knob in method.knobs}
    fills = finish(method.run(model, x, known, 2, 1, settings, given=values(model, 0)))
    assert fills.shape == (2, *x.shape)
    assert fills.isfinite().all()
    shown = known.expand(x.shape)
    assert torch.equal(fills[:, shown], x[shown].expand(2, -1))
