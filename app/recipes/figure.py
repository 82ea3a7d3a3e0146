"""The recipes of all that a figure shows, as a text inside its file. No Qt, no torch."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from pathlib import Path

from app.recipes import files
from app.recipes.recipe import MAX_FILE, MAX_TEXT, Recipe, RecipeError
from engines.naming import shortened

FORMAT = 1
KEYWORD = "genscope-figure"
"""The key of the text in a PNG; SVG and PDF hold it after this word and a colon, in base64."""
MOST = 200
"""Recipes in one figure."""
MAX_FIGURE = 16 * MAX_TEXT
_LIST = re.compile(rb'\{"format": \d+, "recipes"')
"""How `to_text` begins."""
_MARK = re.compile(KEYWORD.encode() + rb":([A-Za-z0-9+/]+=*)")


def to_text(recipes: Sequence[Recipe]) -> str:
    """One line that `from_text` reads back."""
    return json.dumps({"format": FORMAT, "recipes": [recipe.to_json() for recipe in recipes]})


def from_text(text: str | bytes) -> tuple[Recipe, ...]:
    """Read recipes, trusting nothing. Raises RecipeError with one sentence."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError("its recipes are not valid JSON; it is damaged") from error
    rows = table.get("recipes") if isinstance(table, dict) else None
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise RecipeError("it was written by another version of Genscope")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST:
        raise RecipeError(f"it holds no list of 1 … {MOST} recipes; it is damaged")
    if not all(isinstance(row, str) for row in rows):
        raise RecipeError("it holds a damaged recipe")
    return tuple(Recipe.from_json(row) for row in rows)


def read(source: Path | bytes) -> tuple[Recipe, ...] | None:
    """The recipes in a PNG, SVG, PDF, GIF or beside an MP4 that is a figure or a film of several
    rows; None for anything else, and for what cannot be read.

    Raises RecipeError with one sentence for a figure that is damaged.
    """
    film = isinstance(source, Path) and source.suffix.lower() == ".mp4"
    try:
        raw = source if isinstance(source, bytes) else files.read_bytes(_holder(source), MAX_FILE)
        text = raw if film and _LIST.match(raw) else _inside(raw)
    except ValueError:
        return None
    if text is None and (found := _MARK.search(raw)) is not None:
        text = found[1]
    if text is None:
        return None
    name = "this figure" if isinstance(source, bytes) else shortened(source.name, 60)
    try:
        return from_text(text if text[:1] == b"{" else _decoded(text))
    except RecipeError as error:
        raise RecipeError(f"{name} cannot be made again: {error}") from error


def _holder(path: Path) -> Path:
    """The file that holds the recipes: that beside a film, else the figure itself."""
    return path.with_name(f"{path.name}.json") if path.suffix.lower() == ".mp4" else path


def _inside(raw: bytes) -> bytes | None:
    """The text of a PNG or in the comment of a GIF. Raises ValueError for what is damaged."""
    if raw[:4] == b"\x89PNG":
        return files.png_text(raw, KEYWORD, MAX_FIGURE)
    mark = f"{KEYWORD} ".encode()
    comment = files.gif_comment(raw, MAX_FIGURE) if raw[:3] == b"GIF" else None
    return comment[len(mark) :] if comment and comment.startswith(mark) else None


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text[: 2 * MAX_FIGURE], validate=True)
    except binascii.Error as error:
        raise RecipeError("its recipes are damaged") from error
