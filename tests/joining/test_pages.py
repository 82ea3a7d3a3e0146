"""The pages for those who join say what is so."""

import tomllib
from pathlib import Path

from app import __version__
from tests.joining import layers

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_picture_of_the_layers_is_that_of_the_contracts():
    text = layers.PAGE.read_text("utf-8")
    assert layers.BEGIN in text
    assert layers.with_picture(text) == text, "run python -m tests.joining.layers"


def test_every_package_says_that_it_is_typed():
    for package in ("app", "engines", "widgets"):
        assert (REPOSITORY / package / "py.typed").is_file()


def test_the_version_stands_in_one_place():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    assert "version" not in project
    assert __version__ in (REPOSITORY / "app" / "__init__.py").read_text("utf-8")


def test_the_quick_tests_are_there():
    named = (REPOSITORY / "tests" / "quick.txt").read_text("utf-8").split()
    assert [name for name in named if not (REPOSITORY / name).exists()] == []
