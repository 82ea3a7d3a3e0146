"""What every model promises, whatever its family: one set of questions for all of them."""

import dataclasses
import math

import pytest
import torch

from engines import log_density
from engines.checkpoints.catalog import ROOT, scan
from engines.model import Exactness, LogDensity, Meaning, SampleRequest, Step, finish, settle
from engines.opening import open_model
from engines.registry import FAMILIES
from tests.engines.tiny import DEVICE, MAKERS, SHAPES, opened

TINY = [(family, kind) for family in FAMILIES for kind in SHAPES]
SHIPPED = [card.name for card in scan(ROOT)[0] if card.data == "moons"]
LEVEL = 2 / 255


def hurried(model):
    """A model by chains: the same with short ones, unless their length is asked for."""
    if model.card.family != "energy":
        return model
    return dataclasses.replace(
        model,
        sample=lambda asked: model.sample(
            dataclasses.replace(asked, knobs={"steps": 12, **asked.knobs})
        ),
    )


@pytest.fixture(scope="module")
def coarse_lattice():
    """The density of a plane latent diffusion sums over a lattice: one of fewer nodes is asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engines.families.latent_diffusion.model.SIDE", 96)
        yield


@pytest.fixture(scope="module")
def opener(tmp_path_factory, coarse_lattice):
    """Opens each model once per module."""
    models = {}

    def get(what):
        if what not in models:
            tiny = isinstance(what, tuple)
            folder = tmp_path_factory.mktemp("m")
            models[what] = opened(folder, *what) if tiny else hurried(open_model(what, DEVICE))
        return models[what]

    return get


@pytest.fixture(params=[*TINY, *SHIPPED], ids=lambda p: p if isinstance(p, str) else "-".join(p))
def model(request, opener):
    return opener(request.param)


@pytest.fixture
def density(model):
    """The density of a model that has one."""
    if model.density is None:
        pytest.skip("an implicit model: no density")
    return model.density


def drawn(model, *args, **kwargs):
    return finish(model.sample(SampleRequest(*args, **kwargs)))


def nearly(model, a, b):
    """One level for pictures, 1e-5 for points."""
    tolerance = 1.01 * LEVEL if model.card.kind.name == "pictures" else 1e-5
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


def test_every_family_has_a_tiny_checkpoint():
    assert set(MAKERS) == set(FAMILIES)


def test_the_first_step_carries_a_guess_and_the_last_is_complete(model):
    steps = list(model.sample(SampleRequest(5, 1)))
    assert all(isinstance(step, Step) for step in steps)
    assert steps[0].guess.shape == (5, *model.card.shape)
    assert steps[-1].done == steps[-1].total
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_a_big_request_counts_its_pictures(model):
    steps = list(model.sample(SampleRequest(300, 1)))
    assert steps[0].guess is not None
    assert steps[-1].done == steps[-1].total == 300
    assert len(finish(model.sample(SampleRequest(300, 1)))) == 300


def test_examples_have_the_shape_and_range_of_the_data(model):
    x = drawn(model, 7, 3)
    assert x.shape == (7, *model.card.shape)
    assert x.dtype == torch.float32
    assert x.device.type == "cpu"
    assert x.isfinite().all()
    if model.card.kind.name == "pictures":
        assert -1 <= x.min() <= x.max() <= 1


def test_a_guess_is_not_the_result_itself(model):
    run = model.sample(SampleRequest(2, 1))
    guess = next(run).guess
    guess += 100
    assert finish(run).max() < 50


def test_the_same_request_gives_the_same_bits(model):
    assert torch.equal(drawn(model, 6, 11, label=1), drawn(model, 6, 11, label=1))


@pytest.mark.parametrize("seed", [0, 2**64 - 1])
def test_a_picture_does_not_depend_on_its_batch(model, seed):
    batch = drawn(model, 9, seed)
    nearly(model, drawn(model, 1, seed, first=6), batch[6:7])
    nearly(model, drawn(model, 4, seed, first=5), batch[5:9])
    nearly(model, drawn(model, 3, seed), batch[:3])


def test_a_picture_does_not_depend_on_the_memory_batch(model):
    assert len(drawn(model, 260, 5)) == 260
    nearly(model, drawn(model, 260, 5)[250:], drawn(model, 10, 5, first=250))


def test_labels_are_dealt_by_picture_index(model):
    dealt = drawn(model, 4, 2, label=(0, 1))
    nearly(model, dealt[1:2], drawn(model, 1, 2, label=1, first=1))
    nearly(model, dealt[3:4], drawn(model, 1, 2, label=(0, 1), first=3))


def test_other_seeds_and_indices_give_other_pictures(model):
    x = drawn(model, 2, 1)
    assert not torch.equal(x[0], x[1])
    assert not torch.equal(x, drawn(model, 2, 2))


def test_every_class_can_be_drawn(model):
    every = [drawn(model, 3, 1, label=label) for label in range(len(model.labels))]
    assert all(x.isfinite().all() for x in every)
    assert not torch.equal(every[0], every[1])


@pytest.mark.parametrize("label", [-1, 3, (0, 99)])
def test_a_class_it_does_not_have_is_refused(model, label):
    with pytest.raises(ValueError, match="has classes 0 …"):
        drawn(model, 2, 1, label=label)


def test_an_unknown_knob_is_refused(model):
    with pytest.raises(ValueError, match="no knob 'loudness'"):
        drawn(model, 1, 1, knobs={"loudness": 1})


def test_a_knob_out_of_range_is_refused(model):
    for knob in model.knobs:
        for value in (knob.minimum - 1, knob.maximum + 1, float("nan")):
            with pytest.raises(ValueError, match=f"{knob.name} must lie in"):
                drawn(model, 1, 1, knobs={knob.name: value})


def test_the_ends_of_every_knob_give_examples(model):
    # longer chains of an energy are more of the same steps, each a call of the network
    longest = 40 if model.card.family == "energy" else math.inf
    for knob in model.knobs:
        for value in (knob.minimum, min(knob.maximum, longest)):
            assert drawn(model, 2, 1, knobs={knob.name: value}).isfinite().all()


@pytest.mark.evidence
@pytest.mark.parametrize("kind", SHAPES)
def test_the_longest_chains_of_an_energy_give_examples(opener, kind):
    """What the test above leaves out in CI: a chain of a thousand steps takes tens of seconds."""
    model = opener(("energy", kind))
    for knob in model.knobs:
        assert drawn(model, 2, 1, knobs={knob.name: knob.maximum}).isfinite().all()


def test_a_run_can_be_closed_at_any_step(model):
    request = SampleRequest(40, 1)  # more than one batch of pictures
    steps = len(list(model.sample(request)))
    # all stops of a short run; of a long one the first, the last, and some between
    for stop in sorted({0, 1, min(2, steps), *range(0, steps, max(1, steps // 8)), steps}):
        run = model.sample(request)
        for _ in range(stop):
            next(run)
        run.close()
    assert torch.equal(drawn(model, 2, 4), drawn(model, 2, 4))


def test_gradients_stay_on_for_the_caller(model):
    runs = [model.sample(SampleRequest(2, 1))]
    if model.density:
        runs.append(model.density.run(drawn(model, 2, 1), None, {}))
    if model.latents:
        runs.append(model.latents.decode(torch.zeros(2, *model.latents.shape), None))
    if model.latents and model.latents.encode:
        runs.append(model.latents.encode(drawn(model, 2, 1), None))
    for run in runs:
        next(run)
        assert torch.is_grad_enabled()
        assert finish(run) is not None
        assert torch.is_grad_enabled()


def test_the_global_seed_is_left_alone(model):
    state = torch.get_rng_state()
    drawn(model, 3, 1)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_knob_away_from_one_is_not_called_exact(model):
    for name in ("temperature", "bandwidth"):
        if name in {knob.name for knob in model.knobs}:
            away = model.procedure({name: 0.5})
            assert away.exactness is Exactness.HEURISTIC
            assert "not the model's distribution" in away.method


def test_the_procedure_of_no_knobs_is_that_of_the_defaults(model):
    assert model.procedure({}) == model.procedure(settle(model.knobs, {}))


def test_a_model_without_a_density_says_that_it_is_implicit(model):
    if model.density is not None:
        pytest.skip("it has a density")
    with pytest.raises(ValueError, match=f"{model.card.name} is implicit"):
        log_density(model, drawn(model, 2, 1))


def test_densities_say_what_they_are(model, density):
    x = drawn(model, 5, 1)
    for labels in (None, torch.tensor([0, 1, 1, 0, 1])):
        found = finish(density.run(x, labels, {}))
        assert isinstance(found, LogDensity)
        assert found.value.shape == (5,)
        assert found.value.dtype == torch.float64
        assert found.value.isfinite().all()
        assert found.meaning is density.meaning
        assert found.method
        if found.stderr is not None:
            assert found.stderr.shape == (5,)


def test_a_density_does_not_depend_on_its_batch(model, density):
    x, labels = drawn(model, 5, 1), torch.tensor([0, 1, 1, 0, 1])
    whole = finish(density.run(x, labels, {})).value
    alone = finish(density.run(x[3:4], labels[3:4], {})).value
    torch.testing.assert_close(whole[3:4], alone, rtol=1e-4, atol=1e-4)


def test_a_density_ends_complete_and_refuses_strange_knobs(model, density):
    x = drawn(model, 5, 1)
    steps = list(density.run(x, None, {}))
    assert steps[-1].done == steps[-1].total == 5
    with pytest.raises(ValueError, match="no knob 'loudness'"):
        finish(density.run(x, None, {"loudness": 1}))
    with pytest.raises(ValueError, match="has classes"):
        finish(density.run(x, torch.full((5,), 99), {}))


def test_exact_densities_in_the_plane_integrate_to_one(model, density):
    if model.card.kind.name == "pictures" or density.meaning is not Meaning.EXACT:
        pytest.skip("not an exact density in the plane")
    spread = drawn(model, 1_000, 1)
    low, high = spread.min(0).values, spread.max(0).values
    low, high = low - 0.3 * (high - low), high + 0.3 * (high - low)
    side = 64 if model.card.family == "kde" else 250  # kernel sums are smooth but slow
    axes = [
        a + (b - a) * (torch.arange(side, dtype=torch.float64) + 0.5) / side
        for a, b in zip(low, high, strict=True)
    ]
    points = torch.cartesian_prod(*axes).float()
    found = finish(density.run(points, None, {})).value
    assert found.exp().sum().item() * ((high - low) / side).prod() == pytest.approx(1, abs=1e-3)


def test_latents_go_both_ways(model):
    if model.latents is None or model.latents.encode is None:
        pytest.skip("no latents, or no encoder")
    x = drawn(model, 4, 1, label=1)
    labels = torch.ones(4, dtype=torch.int64)
    z = finish(model.latents.encode(x, labels))
    assert z.shape == (4, *model.latents.shape)
    back = finish(model.latents.decode(z, labels))
    assert back.shape == x.shape
    assert back.isfinite().all()
    if "exact inverse" in model.latents.nature:
        tolerance = 1.01 * LEVEL if model.card.kind.name == "pictures" else 1e-4
        torch.testing.assert_close(back, x, rtol=0, atol=tolerance)


def test_its_record_cannot_be_changed(model):
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.card.name = "another"
