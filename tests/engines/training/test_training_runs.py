"""A training is a run of steps: a seed gives the same bits, alone, between others, resumed."""

import hashlib
import io
import os
import signal

import pytest
import torch

from engines.data.toys import TOYS
from engines.training import datasets
from engines.training.loop import Training, train
from engines.training.recipe import Recipe
from engines.training.recipes.registry import RECIPES

STEPS = 4


def toy(name):
    g = torch.Generator().manual_seed(1)
    parts = [datasets.Split(*TOYS[name].sample(n, g)) for n in (2_000, 200)]
    return datasets.DataSet(name, TOYS[name].labels, *parts, "none")


@pytest.fixture(scope="module", autouse=True)
def coarse():
    """What is shipped of an energy needs a quadrature of 4,096² nodes, which nobody asks here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engines.training.recipes.energy._SIDES", (64, 128))
        yield


@pytest.fixture(scope="module")
def moons():
    return toy("moons")


@pytest.fixture(scope="module")
def pictures():
    g = torch.Generator().manual_seed(1)
    levels = torch.randint(0, 256, (200, 1, 8, 8), generator=g)
    split = datasets.Split(levels / 127.5 - 1, torch.arange(200) % 3)
    return datasets.DataSet("tiny", ("a", "b", "c"), split, split, "none")


def begun(data, family, *, seed=5, steps=STEPS):
    recipe = RECIPES[family](data)
    assert isinstance(recipe, Recipe)
    return recipe.begin(data, seed=seed, steps=steps, batch=64)


def digest(training):
    """sha256 of everything that the training holds."""
    buffer = io.BytesIO()
    torch.save(training.state_dict(), buffer)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def drive(training):
    for _ in training.run():
        pass
    return training


STEPPED = [family for family in RECIPES if family not in ("kde", "mfa")]


@pytest.fixture(scope="module")
def alone(moons):
    return {family: digest(drive(begun(moons, family))) for family in STEPPED}


@pytest.mark.parametrize("family", STEPPED)
def test_a_seed_gives_the_same_bits_and_another_seed_others(moons, alone, family):
    before = torch.get_rng_state()
    torch.rand(3)  # what others draw in the same process makes no difference
    now = torch.get_rng_state()
    assert digest(drive(begun(moons, family))) == alone[family]
    assert torch.equal(torch.get_rng_state(), now)
    assert not torch.equal(before, now)
    assert digest(drive(begun(moons, family, seed=6))) != alone[family]


def test_trainings_step_by_step_beside_each_other_give_the_bits_of_each_alone(moons, alone):
    trainings = {family: begun(moons, family) for family in STEPPED}
    runs = {family: training.run() for family, training in trainings.items()}
    for _ in range(STEPS):
        for family, run in runs.items():
            assert set(next(run).figures)
            assert torch.is_grad_enabled(), family
    assert {family: digest(training) for family, training in trainings.items()} == alone


@pytest.mark.parametrize("family", STEPPED)
def test_a_run_closed_and_resumed_gives_the_same_bits(moons, alone, family, tmp_path):
    first = begun(moons, family)
    run = first.run()
    next(run)
    next(run)
    run.close()
    torch.save(first.state_dict(), tmp_path / "half.pt")
    second = begun(moons, family, seed=99)  # the state has the random numbers of the first
    second.load_state_dict(torch.load(tmp_path / "half.pt", weights_only=True))
    assert second.done == 2
    assert digest(drive(second)) == alone[family]


@pytest.mark.parametrize("grad", [False, True])
def test_the_mode_of_gradients_is_nobody_elses(moons, alone, grad):
    training = begun(moons, "flow")
    with torch.set_grad_enabled(grad):
        for _ in training.run():
            assert torch.is_grad_enabled() == grad
    assert digest(training) == alone["flow"]


@pytest.mark.parametrize("family", ["vae", "diffusion"])
def test_pictures_are_trained_alike(pictures, family):
    found = [digest(drive(begun(pictures, family, steps=2))) for _ in range(2)]
    assert found[0] == found[1]


@pytest.mark.parametrize("minutes", [None, 60])
def test_a_limit_that_is_not_reached_changes_nothing(moons, alone, tmp_path, minutes):
    training, said = begun(moons, "flow"), []
    progress = train(
        training, checkpoint=tmp_path / "run.pt", resume=False, minutes=minutes, report=said.append
    )
    assert digest(training) == alone["flow"]
    assert progress.steps == STEPS
    assert said[-1].startswith("step 4 of 4")


def test_a_limit_stops_and_resume_goes_on_to_the_same_bits(moons, alone, tmp_path):
    said = []
    part = begun(moons, "flow")
    train(part, checkpoint=tmp_path / "run.pt", resume=False, minutes=0, report=said.append)
    assert part.done == 1
    assert said == ["stopped after 0 min, at step 1 of 4"]
    rest = begun(moons, "flow")
    progress = train(rest, checkpoint=tmp_path / "run.pt", resume=True, report=said.append)
    assert progress.steps == STEPS
    assert digest(rest) == alone["flow"]


@pytest.mark.skipif(not hasattr(signal, "raise_signal") or os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_after_a_whole_step_and_keeps_it(moons, alone, tmp_path):
    training = begun(moons, "flow")
    step = training.trainer.step

    def interrupted(*args):
        signal.raise_signal(signal.SIGINT)
        return step(*args)

    training.trainer.step = interrupted
    with pytest.raises(KeyboardInterrupt):
        train(training, checkpoint=tmp_path / "run.pt", resume=False, report=lambda line: None)
    rest = begun(moons, "flow")
    train(rest, checkpoint=tmp_path / "run.pt", resume=True, report=lambda line: None)
    assert digest(rest) == alone["flow"]


def test_rates_fall_with_the_steps_and_not_with_the_clock(moons):
    seen = []

    class Watched:
        def step(self, x, labels, progress):
            seen.append(progress)
            return {}

        def weights(self):
            return {}

    training = Training(Watched, moons, steps=5, batch=8, label_dropout=0.0, seed=1)
    drive(training)
    assert seen == [0, 0.2, 0.4, 0.6, 0.8]


def test_no_steps_are_refused(moons):
    with pytest.raises(ValueError, match="at least 1"):
        begun(moons, "flow", steps=0)
