"""Paths from one text to another: codes under the text of their place, and one text per frame."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from app.models.open_models import Models
from app.recipes.pictures import to_pixels, to_tensor
from app.recipes.recipe import Recipe, RecipeError
from app.tasks import walking
from app.tasks.encoding import encode
from app.tasks.path_making import make
from app.tasks.walking import Walks, Wish
from app.tasks.walking_recipe import Plan, plan_of, recipe_of
from engines.families.diffusion import model as diffusion
from engines.kinds import Points
from engines.model import Prompt, finish
from engines.opening import locate
from tests import foreign

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
CAT_TO_DOG = Prompt("a cat", "house", other="a dog")


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Codes by four steps of the ODE instead of 24: latents of a pipeline are no pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(diffusion._CODE_STEPS, Points, 4)
        yield


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "m"
    foreign.stable_diffusion(path)
    return locate(str(path))


@pytest.fixture(scope="module")
def models():
    return Models("cpu")


@pytest.fixture(scope="module")
def ends():
    return np.random.default_rng(3).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


def coded(models, card, ends):
    return finish(encode(Walks(models, CAT_TO_DOG), card, ends)())


@pytest.fixture(scope="module")
def one_code(models, card, ends):
    """What is found of the same picture at both ends."""
    return coded(models, card, ends[[0, 0]])


def latents_at(models, card, share):
    return finish(models.get(card, CAT_TO_DOG.at(share))).latents


def test_each_end_point_is_coded_under_the_text_at_its_place(card, models, ends):
    codes, x = coded(models, card, ends), to_tensor(ends)
    for k in range(2):
        latents, z = latents_at(models, card, k), torch.from_numpy(codes.z[k : k + 1])
        assert torch.equal(z, finish(latents.encode(x[k : k + 1], None)))
        shown = finish(latents.decode(z, None))
        assert (codes.shown[k] == to_pixels(shown)[0]).all()
    first = finish(latents_at(models, card, 0).encode(x[1:], None))
    assert np.abs(codes.z[1] - first.numpy()[0]).max() > 1e-2


def test_between_equal_end_points_the_text_alone_changes(one_code):
    assert (one_code.z[0] == one_code.z[1]).all()
    assert (one_code.shown[0] != one_code.shown[1]).any()


def test_every_frame_is_of_its_own_text(card, models, ends, one_code):
    plan = Plan(ends[[0, 0]], 3, prompt=CAT_TO_DOG)
    frames = finish(make(Walks(models), card, plan, codes=one_code))
    z = torch.from_numpy(one_code.z[:1])
    middle = finish(latents_at(models, card, 0.5).decode(z, None))
    for frame, wanted in zip(
        frames, (one_code.shown[0], to_pixels(middle)[0], one_code.shown[1]), strict=True
    ):
        assert (frame == wanted).all()
    assert len(np.unique(frames, axis=0)) == 3


def test_the_hand_and_the_pad_see_the_text_of_their_place(card, models, one_code):
    walks, wish = Walks(models, CAT_TO_DOG), Wish(one_code)
    run = latents_at(models, card, 0.75).sketch(torch.from_numpy(one_code.z[:1]), None)
    wanted = to_pixels(finish(run))
    still = list(walking.still(walks, card, wish, 0.75, 1, rough=True)())[-1]
    mixed = list(walking.mixture(walks, card, wish, np.array([0.25, 0.75]), 1)())[-1]
    assert (still.values == wanted).all()
    assert np.abs(mixed.values.astype(int) - wanted).max() <= 1


def test_the_second_text_is_in_the_recipe(card, ends):
    plan = Plan(ends, 5, prompt=CAT_TO_DOG)
    recipe = Recipe.from_json(recipe_of(card, plan).to_json())
    assert plan_of(recipe, card).prompt == CAT_TO_DOG
    plain = recipe_of(card, replace(plan, prompt=Prompt("a cat")))
    assert "to" not in plain.extra  # as earlier versions wrote them
    assert plan_of(plain, card).prompt == Prompt("a cat")
    for wrong in (3, None, "x" * 20_000):
        with pytest.raises(RecipeError, match="second prompt"):
            plan_of(replace(recipe, extra={**recipe.extra, "to": wrong}), card)
