"""From a finished result to what is kept of it: its words, its thumbnail, its arrays. No Qt."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace

import numpy as np

from app.history.store import Record
from app.kinds import view_of
from app.models.titles import data_title, family_title
from app.recipes.pictures import Pixels, Values, scatter_sheet, sheet
from app.recipes.recipe import Recipe
from app.recipes.result import Result
from engines import naming
from engines.checkpoints.catalog import FAMILY_TITLES
from engines.facts.tasks import Task
from engines.kinds import is_plane
from engines.model import Card

SIDE = 144
"""Pixels of a thumbnail: twice what the list shows, for screens of high resolution."""
_SHOWN, _POINTS = 16, 2000
"""Pictures and points in a thumbnail."""
LARGEST = 256 << 20
"""Bytes of values that are kept; larger results are made again from their recipe."""
TASKS: dict[str, str] = {task.value: task.tab for task in Task}
"""What the tabs are called, by the tasks of their recipes."""


def record_of(result: Result) -> Record:
    """What is kept of a result. Raises ValueError for a recipe that cannot be made."""
    recipe, card = result.recipe(), result.card
    title, detail = title_of(recipe, card), detail_of(recipe, card)
    picture = result.picture() if result.picture is not None else None
    kept = result.values.nbytes <= LARGEST
    return Record(
        key_of(recipe),
        recipe.task,
        card.name,
        card.data,
        title,
        detail,
        _words(recipe, title, detail),
        recipe.to_json(),
        thumbnail(card, recipe, result.values, picture),
        packed(result.values, picture) if kept else None,
        result.queued,
    )


def key_of(recipe: Recipe) -> str:
    """The same for recipes of the same request, whichever of its pictures they show."""
    plain = replace(recipe, index=None, columns=None, version="")
    return hashlib.sha256(plain.to_json().encode()).hexdigest()


def title_of(recipe: Recipe, card: Card) -> str:
    """ "20 pictures", "8 fills of a hole", …"""
    count, many = f"{recipe.count:,}", recipe.count != 1
    match recipe.task:
        case "sample":
            return f"{count} {card.kind.things if many else card.kind.thing}"
        case "inpaint":
            return f"{count} {'fills' if many else 'fill'} of a hole"
        case "interpolate":
            return f"Path of {count} frames"
    page = recipe.extra.get("page")
    models = len(recipe.extra.get("models", ()))
    return f"Page “{page}”" if page else f"Density maps of {models} model{'s' * (models != 1)}"


def detail_of(recipe: Recipe, card: Card) -> str:
    """ "VAE · MNIST digits · seed 7"."""
    several = [naming.last(name) for name in recipe.extra.get("models", ())]
    known = [FAMILY_TITLES.get(name, name) for name in several]
    models = naming.listed(known, 4) if known else family_title(card)
    return f"{models} · {data_title(card.data)} · seed {recipe.seed}"


def _words(recipe: Recipe, title: str, detail: str) -> str:
    """What a search looks at."""
    knobs = (f"{name} {value:g}" for name, value in recipe.knobs.items())
    method = recipe.extra.get("method", "")
    asked = (recipe.prompt, *(f"{k} {v}" for k, v in recipe.given.items()), *knobs)
    tab = TASKS.get(recipe.task, "")
    named = json.dumps(list(recipe.extra.get("models", ())), ensure_ascii=False)
    return "\n".join((tab, recipe.model, named, title, detail, str(method), *asked))


def packed(values: Values, picture: Pixels | None = None) -> bytes:
    """Values as a compressed npz, to the bit, and the picture that shows them, where there is one
    beside what their kind shows."""
    arrays = {"x": values} if picture is None else {"x": values, "picture": picture}
    with io.BytesIO() as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()


def unpacked(raw: bytes, name: str = "x") -> Values:
    """The values that `packed` packed, or its "picture": empty where there is none.

    Raises ValueError for anything else; nothing in it is executed.
    """
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            found: Values = file[name] if name in file.files else np.empty(0)
            if name == "x" and name not in file.files:
                raise ValueError("there are no values")
            return found
    except Exception as error:
        raise ValueError("the values of this result are damaged") from error


def thumbnail(card: Card, recipe: Recipe, values: Values, picture: Pixels | None) -> bytes:
    """The picture, or the first examples, as a small PNG; empty where a kind has no pictures."""
    picture = shown(card, recipe, values) if picture is None else picture
    return b"" if picture is None else _small(picture)


def shown(card: Card, recipe: Recipe, values: Values, side: int = 2 * SIDE) -> Pixels | None:
    """The first examples of a model as one picture; None where they are none.

    Points are drawn in the colours of their classes, on `side` × `side` pixels.
    """
    view = view_of(card)
    if len(values) and view.picture(values[0]) is not None:
        pictures = [view.picture(value) for value in values[:_SHOWN]]
        return sheet(np.stack([each for each in pictures if each is not None]))
    if values.ndim == 2 and is_plane(card.kind):
        classes = recipe.classes() if recipe.task == "sample" else None
        classes = classes[:_POINTS] if classes is not None else None
        points = np.asarray(values[:_POINTS], np.float32)
        return scatter_sheet(points, classes, size=side, radius=side / 100)
    return None


def _small(picture: Pixels) -> bytes:
    from PIL import Image  # late: the window opens without it

    image = Image.fromarray(np.ascontiguousarray(picture))
    longest = max(image.size)
    if longest > SIDE:
        # a sheet of few large pictures is smoothed, small ones keep their pixels
        share = SIDE / longest
        size = max(1, round(image.width * share)), max(1, round(image.height * share))
        image = image.resize(size, Image.Resampling.LANCZOS)
    with io.BytesIO() as file:
        image.save(file, "PNG", compress_level=6)
        return file.getvalue()
