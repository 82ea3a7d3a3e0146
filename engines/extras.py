"""Packages that only some tasks need: the extras of pyproject.toml, and one sentence for each.

Knows which packages an extra brings; imports none of them until it is asked to.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engines.naming import Sentence


class MissingExtra(Sentence):
    """An extra is not installed; the message is one sentence with the command that installs it."""


@dataclass(frozen=True)
class Extra:
    """What needs it, as the subject of a sentence, and its modules with the packages' names."""

    needs: str
    packages: Mapping[str, str]


EXTRAS: Mapping[str, Extra] = {
    "density": Extra(
        "compression by a model and JPEG-XL need",
        {"constriction": "constriction", "imagecodecs": "imagecodecs"},
    ),
    "diffusers": Extra(
        "models from outside need",
        {
            "diffusers": "diffusers",
            "huggingface_hub": "huggingface-hub",
            "transformers": "transformers",
        },
    ),
    "film": Extra("MP4 films need", {"imageio_ffmpeg": "imageio-ffmpeg"}),
    "maps": Extra("maps by UMAP need", {"umap": "umap-learn"}),
    "tables": Extra(
        "chained trees, pooled results and Parquet need",
        {
            "pandas": "pandas",
            "patsy": "patsy",
            "pyarrow": "pyarrow",
            "sklearn": "scikit-learn",
            "scipy": "scipy",
            "statsmodels": "statsmodels",
        },
    ),
    "train": Extra("the report of dimensions needs", {"sklearn": "scikit-learn"}),
}
"""The extras that code here asks for."""


def missing(extra: str) -> str | None:
    """Why what an extra brings cannot be used, in one sentence; None where all of it is here."""
    packages = EXTRAS[extra].packages
    absent = [package for module, package in packages.items() if not _is_here(module)]
    if not absent:
        return None
    return lacking(extra, absent)


def lacking(extra: str, packages: Iterable[str]) -> str:
    """The sentence for an extra of which these packages are not installed."""
    absent = list(packages)
    are = "is" if len(absent) == 1 else "are"
    return (
        f"{EXTRAS[extra].needs} {' and '.join(absent)}, which {are} not installed: "
        f'pip install "genscope[{extra}]"'
    )


def require(extra: str) -> None:
    """Raise MissingExtra unless all packages of an extra are installed."""
    if sentence := missing(extra):
        raise MissingExtra(sentence)


def module(extra: str, name: str) -> Any:
    """A module of an extra, imported. Raises MissingExtra, also where its import fails."""
    require(extra)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise MissingExtra(
            f"{EXTRAS[extra].needs} {name}, which cannot be imported ({first}); install it "
            f'anew: pip install --force-reinstall "genscope[{extra}]"'
        ) from error


def _is_here(name: str) -> bool:
    """Whether a module is installed; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a module that stands there without a spec
        return False
