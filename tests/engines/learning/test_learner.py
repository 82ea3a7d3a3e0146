"""A family on points of one's own: steps, the network as it stands, rewinding, and refusals."""

import pytest
import torch

from engines.data.toys import TOYS
from engines.families.flow.net import PointFlow
from engines.learning.learner import DivergedError, learner
from engines.learning.small import SMALL
from engines.model import Meaning, SampleRequest, finish
from engines.training import randomness
from engines.training.randomness import drawn_from, seeded
from engines.training.recipes.registry import RECIPES

CLASSES = TOYS["moons"].labels


@pytest.fixture(scope="module")
def moons():
    return TOYS["moons"].sample(200, torch.Generator().manual_seed(1))


def some(made, count):
    return [moment for _, moment in zip(range(count), made.run(), strict=False)]


def drawn(model, label=None):
    return finish(model.sample(SampleRequest(8, 5, label=label)))


def test_every_family_but_the_one_that_needs_another_learns_points():
    assert SMALL.keys() == RECIPES.keys() - {"latent-diffusion"}
    with pytest.raises(ValueError, match="needs a trained model to stand on"):
        learner("latent-diffusion", torch.randn(20, 2))


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("family", SMALL)
def test_the_network_as_it_stands_is_a_model_that_stays(moons, family, conditional):
    x, labels = moons
    given = {"labels": labels, "classes": CLASSES} if conditional else {}
    made = learner(family, x, steps=40, name="mine", **given)
    before = torch.random.get_rng_state()
    with torch.inference_mode():
        some(made, 3)
        model = made.model()
        some(made, 3)
        later = made.model()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert model.card.name == f"mine/{family}"
    assert model.labels == (CLASSES if conditional else ())
    shown = drawn(model, 1 if conditional else None)
    assert shown.shape == (8, 2)
    assert shown.isfinite().all()
    assert torch.equal(drawn(model, 1 if conditional else None), shown)
    if family != "kde" or not conditional:
        assert not torch.equal(drawn(later, 1 if conditional else None), shown)
    if family != "gan":
        assert finish(model.density.run(x[:5], None, {})).value.isfinite().all()


def test_it_learns_and_ends_with_a_whole_model(moons):
    x, _ = moons
    made = learner("autoregressive", x, steps=150, options={"rate": 5e-3})
    run = made.run()
    moments = []
    while True:
        try:
            moments.append(next(run))
        except StopIteration as end:
            model = end.value
            break
    assert moments[-1].losses["loss"] < moments[0].losses["loss"] - 0.5
    found = finish(model.density.run(x, None, {}))
    assert found.meaning is Meaning.EXACT
    assert found.value.mean().item() > -1.5
    assert next(made.run(), None) is None


@pytest.mark.parametrize("family", ["gan", "flow", "mfa", "kde"])
def test_rewinding_gives_the_same_moments_again(moons, family):
    x, _ = moons
    made = learner(family, x, steps=40)
    some(made, 2)
    state = made.state_dict()
    first = [moment.losses for moment in some(made, 3)]
    shown = drawn(made.model())
    made.load_state_dict(state)
    assert [moment.losses for moment in some(made, 3)] == first
    assert torch.equal(drawn(made.model()), shown)
    other = learner(family, x, steps=40)
    other.load_state_dict(state)
    assert [moment.losses for moment in some(other, 3)] == first


def test_six_take_turns_as_each_would_alone(moons):
    x, _ = moons
    families = ["vae", "gan", "autoregressive", "flow", "diffusion", "energy"]
    alone = [[moment.losses for moment in some(learner(f, x), 3)] for f in families]
    runs = [learner(family, x).run() for family in families]
    turns = [[next(run).losses for run in runs] for _ in range(3)]
    assert [list(each) for each in zip(*turns, strict=True)] == alone


def test_options_are_those_of_the_recipe(moons):
    x, _ = moons
    made = learner("flow", x, options={"rate": 1e-4, "hidden": [16], "bins": 6})
    assert made.options == {
        "transforms": 2,
        "bins": 6,
        "hidden": [16],
        "rate": 1e-4,
        "batch": 128,
    }
    assert made.course.net["hidden"] == [16]
    kernels = learner("kde", x, options={"bandwidth": 0.3})
    some(kernels, 1)
    assert kernels.model().card.net == {"bandwidth": 0.3}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"width": 3}, "flow has no option 'width'; it has: transforms, bins"),
        ({"rate": -1.0}, "rate is at least 0"),
        ({"rate": float("nan")}, "rate is a number such as"),
        ({"bins": 2.5}, "bins is a whole number of at least 1"),
        ({"hidden": "8"}, "hidden is a list such as"),
        ({"hidden": []}, "hidden is a list such as"),
        ({"batch": 0}, "batch is a whole number of at least 1"),
    ],
)
def test_options_that_will_not_do_are_named(moons, options, said):
    with pytest.raises(ValueError, match=said):
        learner("flow", moons[0], options=options)


X, Y = torch.randn(20, 2, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": X[:9]}, "too few points: 9; a family needs at least 10"),
        ({"x": X[:, :1]}, "points of the plane have two numbers each"),
        ({"x": X.where(X < 1, torch.nan)}, "points that are not finite numbers"),
        ({"x": X * torch.tensor([1.0, 0.0])}, "the points do not vary along x2"),
        ({"labels": Y}, "labels and the names of their classes go together"),
        ({"labels": Y, "classes": ("a",)}, "labels are 20 numbers from 0 to 0"),
        ({"labels": Y, "classes": ("a", "b", "c")}, "there is no point of the class 'c'"),
        ({"steps": 0}, "a training has at least one step"),
        ({"family": "none"}, "no recipe for 'none'"),
    ],
)
def test_points_that_will_not_do_are_refused_in_a_sentence(given, said):
    with pytest.raises(ValueError, match=said):
        learner(**{"family": "flow", "x": X, **given})


def test_a_rate_that_explodes_is_seen_in_the_losses_and_can_be_gone_back_from(moons):
    made = learner("autoregressive", moons[0], options={"rate": 1e3}, steps=400)
    some(made, 1)
    state, shown = made.state_dict(), drawn(made.model())
    with pytest.raises(DivergedError, match="Autoregressive exploded at step"):
        some(made, 40)
    made.load_state_dict(state)
    assert torch.equal(drawn(made.model()), shown)


def test_initial_weights_are_those_of_the_constructor_under_that_seed():
    """Zeroed and scaled layers included, without a draw from the global generator."""
    sizes = {"dim": 2, "classes": 1, "transforms": 2, "bins": 4, "hidden": [8]}
    with torch.random.fork_rng():
        torch.manual_seed(9)
        expected = PointFlow(**sizes).state_dict()
    before = torch.random.get_rng_state()
    with drawn_from(seeded(9)):
        found = PointFlow(**sizes).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_what_draws_without_a_generator_is_refused_while_a_network_is_built():
    refused = pytest.raises(RuntimeError, match="randn_like draws and takes no generator")
    with refused, drawn_from(seeded(0)):
        torch.randn_like(torch.zeros(3))


def test_draws_have_the_shape_and_range_asked_for():
    g = seeded(1)
    assert randomness.normal(g, 3, 2).shape == (3, 2)
    assert sorted(randomness.shuffled(g, 5).tolist()) == list(range(5))
    assert set(randomness.integers(g, 3, 200, low=1).tolist()) == {1, 2}
    assert 0 <= randomness.uniform(g, 50).min() < randomness.uniform(g, 50).max() < 1
