"""Recipes of paths and the films that hold them, read back with suspicion."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.exchange.intake import Bare, _found
from app.recipes import files
from app.recipes.recipe import NoRecipe, Recipe, RecipeError, csv_bytes, read_png
from app.tasks import films
from app.tasks.walking_recipe import Plan, Sample, plan_of, recipe_of
from engines.checkpoints.catalog import ROOT
from engines.kinds import of_shape
from engines.opening import find


@pytest.fixture
def card():
    return find("mnist/vae", ROOT)


@pytest.fixture
def plan():
    keys = np.random.default_rng(1).integers(0, 256, (3, 28, 28, 1), np.uint8).repeat(3, 3)
    return Plan(keys, 12, "lerp", "draw", "there and back", "single", (0.5, -2.0), 9, 4)


def same(a, b):
    return (a.keys == b.keys).all() and all(
        getattr(a, field) == getattr(b, field)
        for field in (
            "count",
            "way",
            "encoder",
            "easing",
            "basis",
            "turned",
            "seed",
            "label",
            "place",
        )
    )


def test_a_plan_comes_back_from_its_recipe(card, plan):
    for made in (plan, replace(plan, count=1, place=0.25)):
        recipe = Recipe.from_json(recipe_of(card, made).to_json())
        assert same(plan_of(recipe, card), made)


def test_which_ends_are_samples_comes_back_too(card, plan):
    samples = (Sample(9, 3, 4), None, Sample(2**63, 0, None, {}, {"temperature": 0.5}))
    made = replace(plan, samples=samples)
    assert plan_of(Recipe.from_json(recipe_of(card, made).to_json()), card).samples == samples
    assert "samples" not in recipe_of(card, plan).extra  # recipes of before stay as they are


def test_points_travel_as_numbers(plan):
    card = find("moons/vae", ROOT)
    made = replace(plan, keys=np.array([[0.1, 2.5], [-1.25, 0.3]], np.float32), label=None)
    assert same(plan_of(Recipe.from_json(recipe_of(card, made).to_json()), card), made)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("way", "fly"),
        ("encoder", 3),
        ("easing", None),
        ("basis", "magic"),
        ("keys", []),
        ("keys", ["!!", "!!"]),
        ("keys", "no"),
        ("turned", [99.0]),
        ("turned", ["x"]),
        ("turned", 3),
        ("place", 2.0),
        ("place", "here"),
        ("samples", []),
        ("samples", [None, None]),
        ("samples", [{"seed": 1}, None, None]),
        ("samples", [{"seed": 1, "index": 0, "more": 1}, None, None]),
        ("samples", [{"seed": -1, "index": 0}, None, None]),
        ("samples", [{"seed": True, "index": 0}, None, None]),
        ("samples", [{"seed": 1, "index": 2**32}, None, None]),
        ("samples", [{"seed": 1, "index": 0, "label": 10}, None, None]),
        ("samples", [{"seed": 1, "index": 0, "given": {"hue": "red"}}, None, None]),
        ("samples", [{"seed": 1, "index": 0, "given": 3}, None, None]),
        ("samples", [{"seed": 1, "index": 0, "knobs": {"steps": "x"}}, None, None]),
    ],
)
def test_a_damaged_recipe_is_refused_with_one_sentence(card, plan, field, value):
    recipe = recipe_of(card, plan)
    damaged = replace(recipe, extra={**recipe.extra, field: value})
    with pytest.raises(RecipeError, match="recipe"):
        plan_of(damaged, card)


def test_pictures_of_another_size_are_refused(card, plan):
    small = replace(plan, keys=plan.keys[:, :8, :8])
    with pytest.raises(RecipeError, match="another size"):
        plan_of(recipe_of(card, small), card)
    coloured = plan.keys.copy()
    coloured[0, 0, 0] = (1, 2, 3)
    with pytest.raises(RecipeError, match=r"damaged|in colour"):
        plan_of(
            replace(
                recipe_of(replace(card, kind=of_shape((3, 28, 28))), replace(plan, keys=coloured)),
                sha256=card.sha256,
            ),
            card,
        )


def test_places_follow_the_easing(plan):
    assert replace(plan, easing="linear", count=5).places() == [0, 0.25, 0.5, 0.75, 1]
    there = replace(plan, count=5).places()
    assert there == pytest.approx([0, 0.5, 1, 0.5, 0])
    slow = replace(plan, easing="ease in and out", count=5).places()
    assert slow == sorted(slow)
    assert slow[1] < 0.25 < slow[3]


def test_a_gif_holds_every_frame_and_its_recipe(card, plan, tmp_path):
    frames = np.random.default_rng(2).integers(0, 256, (12, 28, 28, 1), np.uint8).repeat(3, 3)
    path = tmp_path / "walk.gif"
    films.save_gif(path, frames, recipe_of(card, plan))
    assert same(plan_of(read_png(path), card), plan)
    with Image.open(path) as image:
        assert image.n_frames == 12
        assert image.info["loop"] == 0
        for i in range(12):
            image.seek(i)
            shown = np.asarray(image.convert("RGB"))[::10, ::10]
            assert (shown == frames[i]).all()


def test_a_film_of_several_rows_holds_the_recipes_of_all(card, plan, tmp_path):
    recipes = tuple(recipe_of(card, replace(plan, seed=seed)) for seed in (3, 4))
    frames = np.zeros((2, 8, 8, 3), np.uint8)
    gif = tmp_path / "walk.gif"
    films.save_gif(gif, frames, recipes)
    with pytest.raises(NoRecipe):
        read_png(gif)  # of one row: none is taken for the other
    assert [_found(source) for source in (gif, gif.read_bytes())] == [recipes, recipes]
    films.save_gif(gif, frames, ())
    assert isinstance(_found(gif), Bare)
    (tmp_path / "walk.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    (tmp_path / "walk.mp4.json").write_bytes(films.json_of(recipes).encode())
    assert _found(tmp_path / "walk.mp4") == recipes


def test_gifs_of_others_have_no_recipe(tmp_path):
    path = tmp_path / "other.gif"
    for comment in (b"made by hand", b""):
        Image.new("L", (9, 9)).save(path, comment=comment)
        with pytest.raises(NoRecipe):
            read_png(path)
    raw = path.read_bytes()
    for cut in range(0, len(raw), 3):
        with pytest.raises(RecipeError):
            read_png(raw[:cut])
    with pytest.raises(files.NotGif):
        files.gif_comment(b"\x89PNG", 100)


def test_a_comment_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "big.gif"
    Image.new("L", (9, 9)).save(path, comment=b"genscope " + b"x" * 5000)
    with pytest.raises(ValueError, match="larger than"):
        files.gif_comment(path.read_bytes(), 4096)


def test_single_frames_and_sheets_hold_their_recipe(card, plan, tmp_path):
    frames = np.zeros((12, 28, 28, 3), np.uint8)
    films.save_frames(tmp_path, frames, recipe_of(card, plan))
    saved = sorted(tmp_path.glob("*.png"))
    assert len(saved) == 12
    assert [read_png(path).index for path in saved] == list(range(12))
    films.save_sheet(tmp_path / "sheet.png", frames, recipe_of(card, plan, columns=4))
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size == (4 * 30 - 2, 3 * 30 - 2)


def test_an_mp4_has_its_recipe_beside_it(card, plan, tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    frames = np.zeros((12, 28, 28, 3), np.uint8)
    path = tmp_path / "walk.mp4"
    films.save_mp4(path, frames, recipe_of(card, plan))
    assert path.read_bytes()[4:8] == b"ftyp"
    beside = (tmp_path / "walk.mp4.json").read_bytes()
    assert same(plan_of(Recipe.from_json(beside), card), plan)


def test_what_holds_a_recipe_beside_its_pictures_is_read_as_well(card, plan, tmp_path):
    recipe = recipe_of(card, plan)
    (tmp_path / "walk.mp4").write_bytes(b"\0\0\0\x20ftypisom")
    with pytest.raises(RecipeError, match=r"walk\.mp4"):
        read_png(tmp_path / "walk.mp4")
    beside = tmp_path / "walk.mp4.json"
    beside.write_text(recipe.to_json())
    for path in (tmp_path / "walk.mp4", beside):
        assert same(plan_of(read_png(path), card), plan)
    points = find("moons/vae", ROOT)
    ends = np.array([[0.1, 2.5], [-1.25, 0.3]], np.float32)
    table = recipe_of(points, replace(plan, keys=ends, label=None))
    (tmp_path / "path.csv").write_bytes(csv_bytes(ends, table))
    assert read_png(tmp_path / "path.csv") == table
    (tmp_path / "path.csv").write_bytes(b"# genscope {" + b"x" * 5_000_000)
    with pytest.raises(RecipeError, match=r"path\.csv"):
        read_png(tmp_path / "path.csv")
