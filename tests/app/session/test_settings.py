"""What the window remembers comes back field by field, whatever became of the file."""

import errno
import json
import os
import random
from collections.abc import Mapping
from dataclasses import fields, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from app.recipes.files import SaveError, typed
from app.session import settings
from app.session.settings import Settings

HINTS = get_type_hints(Settings)
TEXTS = ("", "mnist/flow", "日本", "a\\b\n", "/home/\udcff/broken name")


def invented(hint, dice):
    """A random value of a type, of those that settings hold."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return invented(dice.choice(arguments), dice)
    if origin is Literal:
        return dice.choice(arguments)
    if origin is tuple:
        return tuple(invented(arguments[0], dice) for _ in range(dice.randrange(4)))
    if origin is Mapping:
        return {text: invented(arguments[1], dice) for text in dice.sample(TEXTS, 2)}
    simple = {
        str: dice.choice(TEXTS),
        int: dice.randrange(1, 100_000),
        bool: dice.random() < 0.5,
        float: dice.uniform(-1e9, 1e9),
        NoneType: None,
    }
    return simple[hint]


def of_field(f, dice):
    """A random value of a field, in its range where it has one."""
    low, high = f.metadata.get("range", (None, None))
    return invented(HINTS[f.name], dice) if low is None else dice.randint(low, min(high, 10**5))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "settings.json"


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_field_comes_back(field, path):
    dice = random.Random(field.name)
    for _ in range(10):
        kept = replace(Settings(), **{field.name: of_field(field, dice)})
        settings.save(kept, path)
        assert settings.load(path) == kept
    assert not path.with_suffix(".broken.json").exists()


def test_all_fields_together_come_back(path):
    dice = random.Random(1)
    kept = Settings(**{f.name: of_field(f, dice) for f in fields(Settings)})
    settings.save(kept, path)
    assert settings.load(path) == kept
    assert type(settings.load(path).classes) is type(kept.classes)


def test_the_largest_seed_comes_back(path):
    settings.save(Settings(seed=2**64 - 1), path)
    assert settings.load(path).seed == 2**64 - 1


def test_without_a_file_there_are_defaults(path):
    assert settings.load(path) == Settings()
    assert not path.parent.exists()


WRONG = {
    "theme": "mauve",
    "device": 3,
    "geometry": None,
    "splitters": {"main": [1, "2"]},
    "models": {"mnist": "flow"},
    "seed": -1,
    "seed_locked": 1,
    "count": 10**9,
    "classes": "some",
    "knobs": {"mnist/flow": {"temperature": float("nan")}},
    "folder": ["/"],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_broken_field_falls_back_alone(name, path):
    path.parent.mkdir()
    good = {"points": 77, "batch": 9}
    text = json.dumps(good | {name: WRONG[name]})
    path.write_text(text)
    assert settings.load(path) == Settings(**good)
    assert path.with_suffix(".broken.json").read_text() == text


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"null", b"\xff\x00", b"[" * 100_000])
def test_a_broken_file_is_kept_beside(raw, path):
    path.parent.mkdir()
    path.write_bytes(raw)
    assert settings.load(path) == Settings()
    assert path.with_name("settings.broken.json").read_bytes() == raw


def test_fields_of_other_versions_are_ignored(path):
    path.parent.mkdir()
    path.write_text(json.dumps({"seed": 3, "hologram": True}))
    assert settings.load(path) == Settings(seed=3)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_opened_is_like_none(tmp_path):
    assert settings.load(tmp_path) == Settings()


def test_a_broken_file_is_survived_where_nothing_can_be_written(path, monkeypatch):
    path.parent.mkdir()
    path.write_text("{")
    monkeypatch.setattr(os, "replace", full)
    assert settings.load(path) == Settings()
    assert list(path.parent.iterdir()) == [path]


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_keeps_the_old_settings(path, monkeypatch):
    settings.save(Settings(seed=3), path)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(SaveError, match="the disk is full"):
        settings.save(Settings(seed=4), path)
    assert settings.load(path).seed == 3
    assert list(path.parent.iterdir()) == [path]


def test_the_default_place_is_the_platforms(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_config_path", lambda app, **_: tmp_path / app)
    settings.save(Settings(seed=5))
    assert settings.load().seed == 5
    assert settings.default_path() == tmp_path / "genscope" / "settings.json"


@pytest.mark.parametrize(
    ("value", "hint", "result"),
    [
        (1, float, 1.0),
        ([1, 2], tuple[float, ...], (1.0, 2.0)),
        (None, int | None, None),
        ({"a": [1]}, Mapping[str, tuple[int, ...]], {"a": (1,)}),
        ({"a": [None, {}]}, Any, {"a": [None, {}]}),
        (1, Literal["all"] | int, 1),
    ],
)
def test_json_values_take_their_types(value, hint, result):
    assert typed(value, hint) == result
    assert type(typed(value, hint)) is type(result)


@pytest.mark.parametrize(
    ("value", "hint", "said"),
    [
        (True, int, "should be a whole number, not True"),
        (1, bool, "should be true or false"),
        (1.0, int, "a whole number"),
        (True, float, "a number"),
        (float("inf"), float, "a number"),
        (10**400, float, "a number"),
        ("x", tuple[int, ...], "should be a list, not 'x'"),
        (True, Literal[1], "should be 1, not True"),
        (0, Literal["a", "b"] | None, "should be 'a' or 'b' or null"),
    ],
)
def test_wrong_json_values_are_named(value, hint, said):
    with pytest.raises(ValueError, match=said):
        typed(value, hint)
