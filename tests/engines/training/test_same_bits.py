"""The same data, seed, steps and threads give the same weights: alone, in turns, and resumed.

Asked of the recipe of every family, in the plane and on pictures, with tiny networks.
"""

import hashlib

import pytest
import torch

from engines.data.toys import TOYS
from engines.training.datasets import DataSet, Split
from engines.training.keeping import Past, Terms, kept, read
from engines.training.loop import Fitting
from engines.training.recipe import Fit
from engines.training.recipes.latent_diffusion import recipe as in_latents
from engines.training.recipes.registry import RECIPES, recipe_of
from engines.training.terminal import End, drive
from tests.engines.tiny import LABELS, SHAPES, ship

STEPS = 6
OPTIONS = {
    "points": {
        "vae": {"hidden": 8, "batch": 16},
        "gan": {"hidden": 8, "layers": 2, "critic_hidden": 8, "places": 4, "batch": 16},
        "autoregressive": {"components": 4, "hidden": 8, "layers": 1, "features": 4, "batch": 16},
        "any-order": {"components": 4, "hidden": 8, "layers": 1, "features": 4, "batch": 16},
        "flow": {"transforms": 2, "bins": 4, "hidden": [8], "batch": 16},
        "diffusion": {"hidden": 8, "layers": 2, "features": 4, "places": 4, "batch": 16},
        "latent-diffusion": {"hidden": 8, "layers": 2, "features": 4, "places": 4, "batch": 16},
        "energy": {"hidden": 8, "layers": 2, "places": 4, "batch": 16, "nodes": 64},
        "kde": {},
        "mfa": {"components": 3},
    },
    "picture": {
        "vae": {"latent": 4, "width": 8, "mixtures": 2, "batch": 8},
        "gan": {"latent": 4, "width": [8, 4, 2], "critic_width": [4, 4, 4], "batch": 8},
        "autoregressive": {
            "rows": 3,
            "reach": 3,
            "width": 8,
            "blocks": 1,
            "codes": 2,
            "batch": 4,
        },
        "any-order": {"width": [8, 8, 2], "blocks": [1, 2], "features": 4, "batch": 4},
        "flow": {
            "couplings": [2, 2],
            "width": [8, 8],
            "reach": [3, 3],
            "hidden": 8,
            "bins": 4,
            "top": [2, 8],
            "batch": 4,
        },
        "diffusion": {"width": [8, 8, 2], "blocks": [1, 2], "batch": 4},
        "latent-diffusion": {"hidden": 8, "layers": 2, "features": 4, "batch": 8},
        "energy": {"width": [8, 8, 2], "blocks": [1, 2], "batch": 4},
        "kde": {},
        "mfa": {"components": 2},
    },
}
CASES = [(kind, family) for kind in SHAPES for family in RECIPES]
TRAINED = [(kind, family) for kind, family in CASES if family not in ("kde", "mfa")]
every_family = pytest.mark.parametrize(("kind", "family"), CASES)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """begun(kind, family, seed): a training or a fit before its first step."""
    vaes = {kind: ship(tmp_path_factory.mktemp("vae"), "vae", kind) for kind in SHAPES}
    data = {"points": points(), "picture": pictures()}

    def course(kind, family, seed=1):
        options = OPTIONS[kind][family]
        if family == "latent-diffusion":
            recipe = in_latents(data[kind], vaes[kind], options)
        else:
            recipe = recipe_of(family, data[kind], options)
        if isinstance(recipe, Fit):
            return Fitting(recipe.fit, seed)
        return recipe.begin(data[kind], seed=seed, steps=STEPS)

    return course


def points():
    x, labels = TOYS["moons"].sample(120, torch.Generator().manual_seed(3))
    # three classes, as the tiny autoencoder has
    split = Split(x, (labels + (torch.arange(120) % 3 == 0)) % 3)
    return DataSet("moons", LABELS, split, split, "")


def pictures():
    g = torch.Generator().manual_seed(4)
    levels = torch.randint(256, (30, *SHAPES["picture"]), generator=g)
    split = Split(levels / 127.5 - 1, torch.arange(30) % 3)
    return DataSet("mnist", LABELS, split, split, "")


def digest(course):
    """Of everything that later steps depend on, and of what it would ship."""
    found = hashlib.sha256()

    def add(value):
        if isinstance(value, torch.Tensor):
            found.update(value.detach().contiguous().numpy().tobytes())
        elif isinstance(value, dict):
            for key in value:
                found.update(str(key).encode())
                add(value[key])
        elif isinstance(value, list | tuple):
            for each in value:
                add(each)
        else:
            found.update(repr(value).encode())

    add({name: value for name, value in course.state_dict().items() if name != "seconds"})
    add(course.sketch())
    return found.hexdigest()


def drained(course):
    for _ in course.run():
        pass
    return digest(course)


@every_family
def test_twice_the_same_and_nothing_global_is_touched(begun, kind, family):
    before = torch.random.get_rng_state()
    one = drained(begun(kind, family))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.is_grad_enabled()
    with torch.random.fork_rng():
        torch.manual_seed(12345)
        assert drained(begun(kind, family)) == one
    if family != "kde":
        assert drained(begun(kind, family, seed=2)) != one


@every_family
def test_two_in_turns_are_as_alone(begun, kind, family):
    """The thread does other work between the steps, which leaves gradients off."""
    courses = [begun(kind, family, seed) for seed in (1, 2)]
    runs = [course.run() for course in courses]
    going = list(runs)
    with torch.inference_mode():
        while going:
            torch.zeros(3) + 1
            going = [run for run in going if next(run, None) is not None]
        assert torch.is_inference_mode_enabled()
    assert [digest(course) for course in courses] == [
        drained(begun(kind, family, seed)) for seed in (1, 2)
    ]


@pytest.mark.parametrize(("kind", "family"), TRAINED)
def test_one_that_was_stopped_goes_on_to_the_same_bits(begun, kind, family, tmp_path):
    path, first = tmp_path / "run.pt", begun(kind, family)
    terms = Terms(first.plan, 1, "cpu")
    run = kept(first, path, terms)
    for _ in range(STEPS // 2):
        next(run)
    run.close()
    second = begun(kind, family)
    second.load_state_dict(dict(read(path, "cpu").state))
    assert second.step == STEPS // 2
    assert drained(second) == drained(begun(kind, family))


def test_a_fit_is_resumed_by_doing_it_over(begun):
    first, second = begun("points", "mfa"), begun("points", "mfa")
    for _, _ in zip(first.run(), range(4), strict=False):
        pass
    second.load_state_dict(first.state_dict())
    assert second.step == first.step > 0
    assert digest(second) == digest(first)
    assert drained(second) == drained(begun("points", "mfa"))


class BrokenError(Exception):
    """What a test throws inside a step."""


def test_one_that_was_killed_inside_a_step_goes_on_from_the_last_state(begun, tmp_path):
    path, first = tmp_path / "run.pt", begun("points", "flow")
    step = first.trainer.step

    def broken(x, labels, progress):
        figures = step(x, labels, progress)
        if first.step == 4:
            raise BrokenError
        return figures

    first.trainer.step = broken
    with pytest.raises(BrokenError):
        for _ in kept(first, path, Terms(first.plan, 1, "cpu"), Past(), every=0):
            pass
    second = begun("points", "flow")
    second.load_state_dict(dict(read(path, "cpu").state))
    assert second.step == 4
    assert drained(second) == drained(begun("points", "flow"))


def test_a_cap_in_minutes_that_is_not_reached_changes_nothing(begun, capsys):
    capped = begun("points", "diffusion")
    assert drive(capped.run(), capped, minutes=60) is End.WHOLE
    assert digest(capped) == drained(begun("points", "diffusion"))
    assert f"step {STEPS} of {STEPS} (100%)" in capsys.readouterr().err


def test_a_cap_in_minutes_stops_early_and_what_follows_is_the_same(begun, capsys):
    capped = begun("points", "diffusion")
    assert drive(capped.run(), capped, minutes=1e-9) is End.CAPPED
    assert capped.step == 1
    assert drained(capped) == drained(begun("points", "diffusion"))
