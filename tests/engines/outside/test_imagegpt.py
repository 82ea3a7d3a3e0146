"""ImageGPT folders: the pictures and the mass of transformers' own network, and exact sums."""

import itertools
import json

import pytest
import torch

import engines
from engines import finish, inpaint
from engines.checkpoints.catalog import CheckpointError
from engines.facts import abilities
from engines.families.autoregressive.model import draw_levels
from engines.model import Exactness, Meaning, SampleRequest
from engines.noise import Streams
from engines.outside.imagegpt import Reader
from tests import foreign

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder, its network and its colours."""
    folder = tmp_path_factory.mktemp("gpt") / "tiny"
    return folder, *foreign.imagegpt(folder)


@pytest.fixture(scope="module")
def model(made):
    return engines.open_model(str(made[0]))


def theirs(net, indices):
    """Their logits (n, T, K) of every colour given those before, in one call without a cache."""
    start = torch.full_like(indices[:, :1], net.config.vocab_size - 1)
    with torch.no_grad():
        return net(input_ids=torch.cat([start, indices[:, :-1]], 1), use_cache=False).logits


def test_logits_colour_by_colour_are_theirs(made, model):
    indices = torch.randint(8, (3, 16), generator=torch.Generator().manual_seed(1))
    reader, expected = Reader(model.conditionals.net), theirs(made[1], indices)
    found = [reader.logits(indices[:, :place]) for place in (0, 1, 2, 9, 10)]  # one or some a call
    assert (torch.cat(found, 1) - expected[:, :11]).abs().max() < 1e-4
    order = torch.tensor([2, 0, 0])
    reader.take(order)
    rest = reader.logits(indices[order, :15])
    assert (rest - expected[order, 11:]).abs().max() < 1e-4


def test_pictures_are_drawn_from_their_conditionals(made, model):
    _, net, palette = made
    x = finish(model.sample(SampleRequest(3, 7)))
    u = Streams(7, range(3)).uniform(16).double()
    indices = torch.zeros(3, 16, dtype=torch.int64)
    for place in range(16):
        indices[:, place] = draw_levels(theirs(net, indices)[:, place], u[:, place])
    levels = (127.5 * (palette + 1)).round()[indices]  # as their documentation makes pictures
    assert ((127.5 * (x + 1)).flatten(2).transpose(1, 2) - levels).abs().max() < 1e-3
    alone = finish(model.sample(SampleRequest(1, 7, first=2)))
    assert (alone == x[2:]).all()


def test_the_mass_is_theirs_and_sums_to_one(made, model, tmp_path):
    x = finish(model.sample(SampleRequest(5, 3)))
    found = engines.log_density(model, x)
    indices = model.conditionals.indices(x)
    log_p = theirs(made[1], indices).double().log_softmax(-1)
    expected = log_p.gather(2, indices[..., None]).flatten(1).sum(1)
    assert (found.value - expected).abs().max() < 1e-4
    assert found.meaning is Meaning.EXACT
    assert "nearest colours" in found.method

    foreign.imagegpt(tmp_path / "two", colours=2, side=2)
    two = engines.open_model(str(tmp_path / "two"))
    every = torch.tensor(list(itertools.product(range(2), repeat=4)))
    mass = engines.log_density(two, two.conditionals.examples(every)).value.exp().sum()
    assert float(mass) == pytest.approx(1.0, abs=1e-6)


def test_codes_come_back_as_the_nearest_colours(model):
    x = torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(4)) * 2 - 1
    z = finish(engines.encode(model, x))
    back = finish(engines.decode(model, z))
    assert (back == model.conditionals.examples(model.conditionals.indices(x))).all()


def test_what_the_card_promises(model):
    card = model.card
    assert (card.family, card.shape) == ("autoregressive", (3, 4, 4))
    assert card.recipe.endswith("of transformers, trained elsewhere")
    found = abilities.of_model(model)
    assert [(a.task, a.can) for a in abilities.of_card(card)] == [(a.task, a.can) for a in found]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"clusters": [[0, 0, 0]] * 3}, "has 3 colours"),
        ({"clusters": "red"}, "has no colours"),
        ({"clusters": [[7, 0, 0]] * 8}, "outside"),
        ({"size": {"height": 4, "width": 5}}, "16 pixels"),
        ({"size": 4}, ""),
    ],
)
def test_colours_that_do_not_fit_are_refused(made, tmp_path, changes, said):
    folder = tmp_path / "gpt"
    foreign.imagegpt(folder)
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    if not said:
        assert engines.open_model(str(folder)).card.shape == (3, 4, 4)
        return
    with pytest.raises(CheckpointError, match=said):
        engines.open_model(str(folder))


def test_holes_are_filled_as_the_sums_say(tmp_path):
    foreign.imagegpt(tmp_path / "two", colours=2, side=2)
    model = engines.open_model(str(tmp_path / "two"))
    every = model.conditionals.examples(torch.tensor(list(itertools.product(range(2), repeat=4))))
    mass = engines.log_density(model, every).value.exp()
    smc, clamping = inpaint.methods_for(model)
    picture, count = every[5], 3000
    for known, method, knobs, exactness in (
        ([[True, True], [False, False]], clamping, {}, Exactness.EXACT),
        ([[True, False], [False, True]], smc, {"particles": 64}, Exactness.ASYMPTOTIC),
    ):
        known = torch.tensor(known)
        assert method.standing(model, knobs, known).exactness is exactness
        x = finish(method.run(model, picture, known, count, 5, knobs))
        assert (x[..., known] == picture[..., known]).all()
        fits = (every[..., known] == picture[..., known]).flatten(1).all(1)
        expected = torch.where(fits, mass, 0.0) / mass[fits].sum()
        same = (x[:, None] == every[None]).flatten(2).all(2)
        found = same.double().mean(0)
        assert (found - expected).abs().max() < 4 * 0.5 / count**0.5


def test_a_draw_depends_on_its_seed_alone(model):
    smc = inpaint.methods_for(model)[0]
    picture = finish(model.sample(SampleRequest(1, 2)))[0]
    known = torch.ones(4, 4, dtype=torch.bool)
    known[1, 1:3] = known[2, 0] = False
    many = finish(smc.run(model, picture, known, 5, 7, {"particles": 4}))
    few = finish(smc.run(model, picture, known, 2, 7, {"particles": 4}))
    assert (many[:2] == few).all()
