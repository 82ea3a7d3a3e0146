"""Recipes survive JSON and PNG whole, and nothing broken gets through."""

import errno
import io
import json
import os
import tomllib
import zlib
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import app
from app.recipes import recipe as recipes
from app.recipes.files import SaveError, png_chunks
from app.recipes.recipe import Recipe, RecipeError
from app.recipes.rows import rows
from engines.kinds import of_shape
from engines.model import Card, Knob, SampleRequest, class_attributes

SHA = "0123456789abcdef" * 4
RECIPE = Recipe(
    task="sample",
    model="mnist/flow",
    sha256=SHA,
    seed=2**64 - 1,
    first=8,
    count=16,
    index=11,
    label=(0, 1, 2),
    knobs={"temperature": 0.8},
    extra={"note": "grün"},
)
SHEET = replace(RECIPE, index=None, columns=4)
PICTURE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
CARD = Card(
    folder=Path(),
    name="mnist/flow",
    family="flow",
    data="mnist",
    kind=of_shape((1, 4, 5)),
    attributes=class_attributes(("zero", "one", "two")),
    weights="flow.safetensors",
    sha256=SHA,
    parameters=1,
    seed=1,
    recipe="",
    licence="",
)
KNOBS = (
    Knob("temperature", "Temperature", 1.0, 0, 1.5, 0.05, "", warn="not the model's distribution"),
    Knob("pixels", "Pixels", 0, 0, 1, 1, "", choices=("mean", "draw")),
)


def table(**changes):
    return json.loads(RECIPE.to_json()) | changes


def png_with(text, **options):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("genscope", text, **options)
    with io.BytesIO() as file:
        Image.fromarray(PICTURE).save(file, "PNG", pnginfo=info)
        return file.getvalue()


@pytest.mark.parametrize("recipe", [RECIPE, SHEET, replace(SHEET, label=None, knobs={}, extra={})])
def test_json_and_png_give_back_the_recipe(recipe, tmp_path):
    assert Recipe.from_json(recipe.to_json()) == recipe
    recipes.save_png(tmp_path / "a.png", PICTURE, recipe)
    assert recipes.read_png(tmp_path / "a.png") == recipe
    assert recipes.read_png(recipes.png_bytes(PICTURE, recipe)) == recipe
    with Image.open(tmp_path / "a.png") as image:
        assert (np.asarray(image) == PICTURE).all()


def test_optional_fields_may_be_left_out():
    text = json.dumps(
        {"format": 1, "task": "sample", "model": "moons/kde", "sha256": SHA, "seed": 3}
    )
    assert Recipe.from_json(text) == Recipe("sample", "moons/kde", SHA, 3)


def test_the_version_is_that_of_the_project():
    project = Path(__file__).resolve().parents[3] / "pyproject.toml"
    source = tomllib.loads(project.read_text())["tool"]["setuptools"]["dynamic"]["version"]
    assert source == {"attr": "app.__version__"}
    assert app.__version__ == recipes.VERSION


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "telepathy"}, "task 'telepathy'.*update"),
        ({"task": ["sample"]}, "task"),
        ({"format": 2, "unheard": 1}, "newer Genscope.*update"),
        ({"format": True}, "no format number"),
        ({"format": "1"}, "no format number"),
        ({"model": "../../etc/passwd"}, "impossible model"),
        ({"model": 5}, "model should be text, not 5"),
        ({"sha256": "short"}, "sha256"),
        ({"seed": -1}, "seed -1"),
        ({"seed": 2**64}, "seed"),
        ({"seed": True}, "seed should be a whole number"),
        ({"seed": 7.0}, "seed should be a whole number"),
        ({"count": 0}, "0 pictures"),
        ({"count": 10**9}, "1000000000 pictures"),
        ({"first": -1}, "first"),
        ({"index": 24}, "picture 24 but made 8 … 23"),
        ({"columns": 0}, "columns"),
        ({"label": []}, "classes"),
        ({"label": [1, -1]}, "classes"),
        ({"label": "three"}, "label should be a whole number or a list or null"),
        ({"knobs": {"temperature": "hot"}}, "knobs should be a number, not 'hot'"),
        ({"knobs": {"temperature": float("nan")}}, "knobs"),
        ({"knobs": {"temperature": 10**400}}, "knobs"),
        ({"knobs": []}, "knobs should be a table"),
        ({"surprise": 1}, "unknown field 'surprise'"),
    ],
)
def test_a_wrong_field_is_named(changes, said):
    with pytest.raises(RecipeError, match=said) as caught:
        Recipe.from_json(json.dumps(table(**changes)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["model", "sha256", "seed"])
def test_a_missing_field_is_named(name):
    kept = {key: value for key, value in table().items() if key != name}
    with pytest.raises(RecipeError, match=f"lacks the field '{name}'"):
        Recipe.from_json(json.dumps(kept))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff\xfe\xff", "nonsense"])
def test_broken_json_is_said_to_be_damaged(text):
    with pytest.raises(RecipeError, match="not valid JSON"):
        Recipe.from_json(text)


@pytest.mark.parametrize("text", ["[]", "7", '"sample"', "null"])
def test_json_that_is_no_table_is_refused(text):
    with pytest.raises(RecipeError, match="not a table"):
        Recipe.from_json(text)


def test_a_single_picture_keeps_its_request_or_its_batch():
    assert SHEET.picture(11) == RECIPE
    long = replace(SHEET, first=8, count=100)
    assert long.picture(8 + 70, 32) == replace(RECIPE, first=8 + 64, count=32, index=78)
    assert long.picture(8 + 99, 32) == replace(RECIPE, first=8 + 96, count=4, index=107)
    assert long.picture(78).picture(78, 32) == long.picture(78, 32)
    for outside in (7, 108):
        with pytest.raises(RecipeError, match="no picture"):
            long.picture(outside)
        with pytest.raises(RecipeError, match="no picture"):
            long.picture(outside, 32)


def test_a_single_picture_keeps_its_class():
    dealt = SHEET.classes()
    assert [SHEET.picture(i).classes() for i in SHEET.indices] == [[c] for c in dealt]
    assert [SHEET.picture(i, 5).classes() for i in SHEET.indices] == [[c] for c in dealt]


def test_a_recipe_of_a_request_names_every_knob():
    request = SampleRequest(16, 7, (0, 1, 2), {"temperature": 0.5}, first=8)
    recipe = recipes.recipe_of(CARD, KNOBS, request, columns=4)
    assert recipe.knobs == {"temperature": 0.5, "pixels": 0.0}
    assert recipe.columns == 4
    assert recipes.request_of(recipe) == replace(request, knobs=recipe.knobs)


def test_other_weights_and_classes_do_not_fit():
    recipes.check_fit(RECIPE, CARD)
    with pytest.raises(RecipeError, match=r"other weights \(ffffffffffff…\).*sample mnist/flow"):
        recipes.check_fit(RECIPE, replace(CARD, sha256="f" * 64))


def test_weights_that_replace_others_remake_their_pictures_of_the_data():
    card = replace(CARD, sha256="f" * 64, replaces=("e" * 64, CARD.sha256))
    recipes.check_fit(replace(RECIPE, knobs={"temperature": 1.0}), card)
    with pytest.raises(RecipeError, match="other weights"):
        recipes.check_fit(replace(RECIPE, knobs={"temperature": 1.5}), card)
    with pytest.raises(RecipeError, match="other weights"):
        recipes.check_fit(replace(RECIPE, sha256="d" * 64), card)
    with pytest.raises(RecipeError, match="other weights"):
        recipes.check_fit(replace(RECIPE, task="inpaint", knobs={}), card)


def test_a_class_that_there_is_not_does_not_fit():
    with pytest.raises(RecipeError, match="class 2, which it does not have"):
        recipes.check_fit(RECIPE, replace(CARD, attributes=class_attributes(("zero", "one"))))


def test_an_unknown_model_is_named_with_those_there_are(tmp_path):
    with pytest.raises(RecipeError, match="no model 'mnist/flow'; the catalogue has: none"):
        recipes.card_of(RECIPE, tmp_path)


def test_guidance_of_no_class_is_said_to_be_idle():
    guidance = Knob("guidance", "Guidance", 1.5, 0, 4, 0.1, "", warn="odd", own=1.0, of_class=True)
    recipe = replace(RECIPE, knobs={"guidance": 1.5})
    assert ("Guidance", "1.5 (odd)") in rows(recipe, CARD, (guidance,))
    recipe = replace(recipe, label=None)
    assert ("Guidance", "1.5 (no effect: no class is chosen)") in rows(recipe, CARD, (guidance,))


def test_the_inspector_reads_in_words():
    recipe = replace(RECIPE, seed=7, knobs={"temperature": 0.8, "pixels": 1.0})
    assert rows(recipe, CARD, KNOBS) == [
        ("Model", "mnist/flow"),
        ("Seed", "7"),
        ("Picture", "11"),
        ("Class", "two"),
        ("Temperature", "0.8 (not the model's distribution)"),
        ("Pixels", "draw"),
        ("Weights", "0123456789ab…"),
        ("Made by", f"Genscope {recipes.VERSION}"),
    ]


def test_the_inspector_does_without_the_model():
    shown = dict(rows(SHEET))
    assert shown["Pictures"] == "8 … 23"
    assert shown["Class"] == "0, 1, 2 in turn"
    assert shown["Temperature"] == "0.8"
    assert dict(rows(replace(SHEET, label=None)))["Class"] == "any"
    point = replace(CARD, kind=of_shape((2,)), attributes=())
    assert [title for title, _ in rows(replace(RECIPE, label=None, knobs={}), point)] == [
        "Model",
        "Seed",
        "Point",
        "Weights",
        "Made by",
    ]


def test_file_names_say_what_is_inside():
    recipe = replace(RECIPE, seed=7)
    assert fnmatch(recipes.file_name(recipe), "mnist-flow-seed7-11-??????.png")
    sheet = recipes.file_name(replace(recipe, index=None), ".csv")
    assert fnmatch(sheet, "mnist-flow-seed7-8to23-??????.csv")


def test_pictures_that_differ_in_class_knobs_or_weights_alone_have_other_names():
    others = [{"label": 1}, {"label": None}, {"knobs": {"temperature": 0.5}}, {"sha256": "0" * 64}]
    names = {recipes.file_name(replace(RECIPE, **other)) for other in others}
    assert len(names | {recipes.file_name(RECIPE)}) == 5


def test_points_are_written_with_class_and_recipe():
    points = np.array([[0.1, -2.0], [1 / 3, 1e-9]], np.float32)
    recipe = replace(SHEET, count=2, columns=None)
    comment, header, *lines = recipes.csv_bytes(points, recipe).decode().splitlines()
    assert Recipe.from_json(comment.removeprefix("# genscope ")) == recipe
    assert header == "x,y,class"
    assert (np.float32([line.split(",")[:2] for line in lines]) == points).all()
    assert [line.split(",")[2] for line in lines] == ["2", "0"]  # pictures 8 and 9 of 0, 1, 2
    plain = recipes.csv_bytes(points, replace(recipe, label=None)).decode()
    assert plain.splitlines()[1] == "x,y"


def test_a_recipe_compressed_by_another_program_is_read():
    assert recipes.read_png(png_with(RECIPE.to_json(), zip=True)) == RECIPE


def test_a_cut_picture_still_tells_its_recipe():
    raw = recipes.png_bytes(PICTURE, RECIPE)
    assert recipes.read_png(raw[: raw.index(b"IDAT") + 6]) == RECIPE


def bomb():
    """One mebibyte of blanks in a kibibyte."""
    return png_with(" " * 2**20, zip=True)


def flipped():
    raw = bytearray(recipes.png_bytes(PICTURE, RECIPE))
    raw[raw.index(b"mnist")] ^= 1
    return bytes(raw)


def undecompressable():
    body = b"genscope\0\1\0\0\0not zlib"
    check = zlib.crc32(b"iTXt" + body).to_bytes(4)
    raw = recipes.png_bytes(PICTURE, RECIPE)
    return raw[:33] + len(body).to_bytes(4) + b"iTXt" + body + check + raw[33:]


def plain():
    with io.BytesIO() as file:
        Image.fromarray(PICTURE).save(file, "PNG")
        return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is not a PNG"),
        (b"GIF89a", "is not a PNG"),
        (plain(), "has no recipe inside"),
        (recipes.png_bytes(PICTURE, RECIPE)[:60], "has no recipe inside"),
        (flipped(), "has no recipe inside"),
        (bomb(), "holds a recipe larger than 256 KiB"),
        (undecompressable(), "holds a damaged recipe"),
        (png_with("{"), "cannot be re-made: the recipe is not valid JSON"),
        (png_with('{"format": 9, "version": "7.0.0"}'), "newer Genscope"),
    ],
)
def test_a_picture_without_a_sound_recipe_is_refused(raw, said, tmp_path):
    path = tmp_path / "dropped.png"
    path.write_bytes(raw)
    with pytest.raises(RecipeError, match=f"dropped.png {said}|dropped.png .*{said}"):
        recipes.read_png(path)
    with pytest.raises(RecipeError, match="this picture"):
        recipes.read_png(raw)


def test_files_that_cannot_be_read_are_named(tmp_path, monkeypatch):
    with pytest.raises(RecipeError, match=r"gone\.png cannot be read"):
        recipes.read_png(tmp_path / "gone.png")
    with pytest.raises(RecipeError, match="is not a file"):
        recipes.read_png(tmp_path)
    monkeypatch.setattr(recipes, "MAX_FILE", 1024)
    (tmp_path / "long.png").write_bytes(recipes.png_bytes(PICTURE, RECIPE) + bytes(1024))
    with pytest.raises(RecipeError, match=r"long\.png is larger than 1 KiB"):
        recipes.read_png(tmp_path / "long.png")


def test_chunks_never_run_past_the_end():
    raw = recipes.png_bytes(PICTURE, RECIPE)
    kinds = [kind for kind, _ in png_chunks(raw)]
    assert kinds == [b"IHDR", b"iTXt", b"IDAT", b"IEND"]
    for length in range(len(raw)):
        assert len(list(png_chunks(raw[:length]))) < len(kinds)


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def forbidden(*_):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize(
    ("fault", "said"), [(full, "the disk is full"), (forbidden, "no permission")]
)
def test_a_picture_that_cannot_be_saved_harms_nothing(fault, said, tmp_path, monkeypatch):
    path = tmp_path / "kept.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", fault)
    with pytest.raises(SaveError, match=f"kept.png was not saved: .*{said}"):
        recipes.save_png(path, PICTURE, RECIPE)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_while_writing_harms_nothing(tmp_path, monkeypatch):
    path = tmp_path / "kept.png"
    path.write_bytes(b"old")

    class Full(io.FileIO):
        write = full

    monkeypatch.setattr(Path, "open", lambda self, mode: Full(self, mode))
    with pytest.raises(SaveError, match="the disk is full"):
        recipes.save_png(path, PICTURE, RECIPE)
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SaveError, match="was not saved"):
        recipes.save_png(tmp_path / "file" / "a.png", PICTURE, RECIPE)
    with pytest.raises(SaveError, match="was not saved"):
        recipes.save_png(tmp_path, PICTURE, RECIPE)


def test_saving_through_a_link_keeps_the_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "real" / "a.png")
    recipes.save_png(tmp_path / "link.png", PICTURE, RECIPE)
    assert (tmp_path / "link.png").is_symlink()
    assert recipes.read_png(tmp_path / "real" / "a.png") == RECIPE


@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity", "[" * 400 + "]" * 400])
def test_a_payload_that_json_cannot_write_is_refused(value):
    table = json.loads(RECIPE.to_json()) | {"extra": {"a": ["@"]}}
    text = json.dumps(table).replace('"@"', value)
    with pytest.raises(RecipeError, match="extra should be"):
        Recipe.from_json(text)
