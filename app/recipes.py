"""What made a picture, to and from JSON and PNG: a picture can always be re-made. No Qt, no torch.

A recipe names the request that was answered and, for one picture out of it, which one. The whole
request is kept because the last bit of a picture may depend on what was computed beside it.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from app import files
from engines.catalog import FAMILY_TITLES, ROOT, CheckpointError, find
from engines.model import Card, Model, SampleRequest, settle

if TYPE_CHECKING:
    from app.pictures import Pixels

VERSION = "0.1.0"
FORMAT = 1
TASKS = ("sample",)
MAX_COUNT = 100_000
BATCH = 256
"""Pictures that the engines compute together: engines.drawing.MEMORY_BATCH, without its torch."""

KEYWORD = "genscope"
MAX_TEXT = 256 * 1024
MAX_FILE = 64 * 1024 * 1024

# knobs at whose other values than 1 a model no longer samples its own distribution
_TEMPERING = ("temperature", "truncation", "bandwidth")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class RecipeError(Exception):
    """A recipe cannot be read or followed; the message is one sentence for a person."""


@dataclass(frozen=True)
class Recipe:
    """A request to one model, by the sha256 of its weights, and what of the result is shown.

    `seed`, `first`, `count`, `label` and `knobs` are those of engines.SampleRequest, every knob
    named. `index` is the one picture shown, first … first + count − 1; None stands for all of
    them, in a sheet of `columns` (None for points). `extra` is the payload of a task beyond
    sampling. Raises RecipeError for values that no picture can have.
    """

    task: str
    model: str
    sha256: str
    seed: int
    first: int = 0
    count: int = 1
    index: int | None = None
    columns: int | None = None
    label: int | tuple[int, ...] | None = None
    knobs: Mapping[str, float] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    version: str = VERSION

    def __post_init__(self) -> None:
        labels = (self.label,) if isinstance(self.label, int) else self.label
        shown = range(self.first, self.first + self.count)
        _check(self.task in TASKS, f"is for the task '{self.task}', which this version "
               f"({VERSION}) does not know; update Genscope to open it")  # fmt: skip
        _check(_NAME.fullmatch(self.model), f"names the impossible model {self.model!r}")
        _check(_SHA256.fullmatch(self.sha256), "has a damaged sha256 of the weights")
        _check(0 <= self.seed < 2**64, f"has the seed {self.seed}, outside 0 … 2^64 − 1")
        _check(0 <= self.first < 2**32, f"has the impossible first picture {self.first}")
        _check(1 <= self.count <= MAX_COUNT, f"asks for {self.count} pictures, not 1 … {MAX_COUNT}")
        _check(self.index is None or self.index in shown,
               f"shows picture {self.index} but made {_span(shown)}")  # fmt: skip
        _check(self.columns is None or self.columns >= 1, f"has {self.columns} columns")
        _check(labels is None or (labels and min(labels) >= 0), f"has the classes {self.label}")

    @property
    def indices(self) -> range:
        """The pictures shown."""
        if self.index is not None:
            return range(self.index, self.index + 1)
        return range(self.first, self.first + self.count)

    def picture(self, index: int) -> Recipe:
        """The recipe of one picture out of this one's request."""
        _check(self.first <= index < self.first + self.count, f"made no picture {index}")
        start = (index - self.first) // BATCH * BATCH
        count = min(BATCH, self.count - start)
        return replace(self, first=self.first + start, count=count, index=index, columns=None)

    def to_json(self) -> str:
        """One line that `from_json` reads back."""
        table = {"format": FORMAT, **vars(self)}
        return json.dumps(table, ensure_ascii=False, allow_nan=False, default=dict)

    @staticmethod
    def from_json(text: str | bytes) -> Recipe:
        """Read a recipe, trusting nothing. Raises RecipeError with one sentence."""
        try:
            table = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecipeError("the recipe is not valid JSON; the file is damaged") from error
        _check(isinstance(table, dict), "is not a table; the file is damaged")
        made = table.pop("format", None)
        _check(type(made) is int and made >= 1, "has no format number; Genscope did not write it")
        version = table.get("version", "of unknown version")
        _check(made <= FORMAT, f"was written by a newer Genscope ({version}, this is {VERSION}); "
               "update Genscope to open it")  # fmt: skip
        task = table.get("task")
        _check(task in TASKS, f"is for the task {task!r}, which this version ({VERSION}) does not "
               "know; update Genscope to open it")  # fmt: skip
        return Recipe(**_fields(table))


def _check(good: object, fault: str) -> None:
    if not good:
        raise RecipeError(f"the recipe {fault}")


def _fields(table: dict[str, Any]) -> dict[str, Any]:
    """The constructor's arguments out of a table: none missing, unknown or of a wrong kind."""
    hints = _hints()
    for name in table:
        _check(name in hints, f"has the unknown field {name!r}")
    values = {}
    for f in fields(Recipe):
        if f.name in table:
            try:
                values[f.name] = files.typed(table[f.name], hints[f.name])
            except ValueError as error:
                raise RecipeError(f"the recipe's {f.name} {error}") from error
        else:
            optional = f.default is not MISSING or f.default_factory is not MISSING
            _check(optional, f"lacks the field {f.name!r}")
    return values


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Recipe)


def recipe_of(model: Model, request: SampleRequest, *, columns: int | None = None) -> Recipe:
    """The recipe of all pictures of a request, with every knob named: defaults may change.

    Raises ValueError for knobs the model does not have.
    """
    return Recipe(
        task="sample", model=model.card.name, sha256=model.card.sha256, seed=request.seed,
        first=request.first, count=request.count, columns=columns, label=request.label,
        knobs=settle(model.knobs, request.knobs),
    )  # fmt: skip


def request_of(recipe: Recipe) -> SampleRequest:
    """What to ask of the model. Picture i of the recipe is number i − first of the answer."""
    return SampleRequest(recipe.count, recipe.seed, recipe.label, recipe.knobs, recipe.first)


def card_of(recipe: Recipe, root: Path = ROOT) -> Card:
    """The card of the recipe's model. Raises RecipeError when it is not in the catalogue."""
    try:
        return find(recipe.model, root)
    except CheckpointError as error:
        raise RecipeError(f"the recipe cannot be followed: {error}") from error


def check_fit(recipe: Recipe, model: Model) -> None:
    """Raise RecipeError unless this very model made the recipe's pictures and can do so again."""
    name = model.card.name
    if recipe.sha256 != model.card.sha256:
        raise RecipeError(
            f"{name} has other weights ({model.card.sha256[:12]}…) than those that made this "
            f"picture ({recipe.sha256[:12]}…); sample {name} anew instead"
        )
    try:
        settle(model.knobs, recipe.knobs)
    except ValueError as error:
        raise RecipeError(f"the recipe does not fit {name}: {error}") from error
    labels = set(request_of(recipe).labels() or ())
    if labels and max(labels) >= len(model.labels):
        raise RecipeError(f"the recipe asks {name} for class {max(labels)}, which it has not")


def rows(recipe: Recipe, model: Model | None = None) -> list[tuple[str, str]]:
    """What the inspector says, title and value; the model lends names of classes and knobs."""
    names = model.labels if model else ()
    thing = "Picture" if model is None or model.card.is_picture else "Point"
    shown = recipe.indices
    table = [
        ("Model", recipe.model),
        ("Seed", str(recipe.seed)),
        (thing if len(shown) == 1 else f"{thing}s", _span(shown)),
    ]
    if recipe.label is not None or model is None or names:
        table.append(("Class", _class(recipe, names)))
    table += [_knob(name, value, model) for name, value in recipe.knobs.items()]
    made = ("Made by", f"Genscope {recipe.version}")
    return [*table, ("Weights", f"{recipe.sha256[:12]}…"), made]


def _span(indices: range) -> str:
    return str(indices[0]) if len(indices) == 1 else f"{indices[0]} … {indices[-1]}"


def _class(recipe: Recipe, names: Sequence[str]) -> str:
    def name(label: int) -> str:
        return names[label] if label < len(names) else str(label)

    if recipe.label is None:
        return "any"
    if isinstance(recipe.label, int):
        return name(recipe.label)
    if recipe.index is not None:
        return name(recipe.label[recipe.index % len(recipe.label)])
    return ", ".join(map(name, recipe.label)) + " in turn"


def _knob(name: str, value: float, model: Model | None) -> tuple[str, str]:
    known = {knob.name: knob for knob in model.knobs} if model else {}
    title = known[name].title if name in known else name.replace("_", " ").capitalize()
    if name in known and (choices := known[name].choices):
        choice = round((value - known[name].minimum) / known[name].step)
        return title, choices[choice] if 0 <= choice < len(choices) else f"{value:g}"
    tempered = name in _TEMPERING and value != 1
    return title, f"{value:g}" + (" (not the model's distribution)" if tempered else "")


def file_name(recipe: Recipe, suffix: str = ".png") -> str:
    """Such as "mnist-flow-seed7-3.png", or "mnist-flow-seed7-0to15.png" for a sheet."""
    shown = _span(recipe.indices).replace(" … ", "to")
    return f"{recipe.model.replace('/', '-')}-seed{recipe.seed}-{shown}{suffix}"


def png_bytes(picture: Pixels, recipe: Recipe) -> bytes:
    """A PNG of RGB (H, W, 3) with the recipe inside, as iTXt under "genscope"."""
    from PIL import Image, PngImagePlugin  # late: the window reads recipes before its first paint

    info = PngImagePlugin.PngInfo()
    info.add_itxt(KEYWORD, recipe.to_json())
    with io.BytesIO() as file:
        Image.fromarray(picture, "RGB").save(file, "PNG", pnginfo=info)
        return file.getvalue()


def save_png(path: Path, picture: Pixels, recipe: Recipe) -> None:
    """Write a picture with its recipe inside. Raises SaveError; an old file stays as it was."""
    files.write_atomically(path, png_bytes(picture, recipe))


def read_png(source: str | os.PathLike[str] | bytes) -> Recipe:
    """The recipe in a PNG, given by path or content. Raises RecipeError with one sentence."""
    raw, name = (source, "this picture") if isinstance(source, bytes) else _read(Path(source))
    if not raw.startswith(_SIGNATURE):
        raise RecipeError(f"{name} is not a PNG; drop a PNG saved by Genscope")
    if len(raw) > MAX_FILE:
        raise RecipeError(f"{name} is larger than {MAX_FILE >> 20} MiB and was not read")
    try:
        text = files.png_text(raw, KEYWORD, MAX_TEXT)
    except ValueError as error:
        raise RecipeError(f"{name} cannot be re-made: {error}") from error
    if text is None:
        raise RecipeError(f"{name} has no recipe inside; Genscope did not save it")
    try:
        return Recipe.from_json(text)
    except RecipeError as error:
        raise RecipeError(f"{name} cannot be re-made: {error}") from error


def _read(path: Path) -> tuple[bytes, str]:
    """At most one byte more than allowed, and how to speak of the file."""
    if path.exists() and not path.is_file():
        raise RecipeError(f"{path.name} is not a file; drop a PNG saved by Genscope")
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1), path.name
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RecipeError(f"{path.name} cannot be read: {reason}") from error
