"""What made a picture, to and from JSON and PNG: a picture can always be re-made. No Qt, no torch.

A recipe names the request that was answered and, for one picture out of it, which one: the last
bit of a picture may depend on what was computed beside it, so the whole request is kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from app import __version__
from app.recipes import files
from app.recipes.model_names import card_here, name_of
from engines.checkpoints.catalog import ROOT, CheckpointError, catalog
from engines.facts.tasks import Task
from engines.model import NO_PROMPT, Card, Knob, Prompt, SampleRequest, settle
from engines.naming import Sentence, shortened
from engines.opening import find

if TYPE_CHECKING:
    from app.recipes.pictures import Pixels, Points

VERSION = __version__
FORMAT = 1
MAX_COUNT = 100_000
MAX_PROMPT = 10_000

KEYWORD = "genscope"
MAX_TEXT = 256 * 1024
MAX_FILE = 64 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*|[^\x00-\x1f]{1,1000}\.toml", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class RecipeError(Sentence):
    """A recipe cannot be read or followed; the message is one sentence for a person."""


class NoRecipe(RecipeError):
    """A file that may be a picture, and has no recipe inside."""


@dataclass(frozen=True)
class Recipe:
    """A request to one model, by the sha256 of its weights, and what of the result is shown.

    `seed`, `first`, `count`, `label`, `given` and `knobs` are those of engines.SampleRequest,
    every knob named. `index` is the one picture shown, first … first + count − 1; None stands for
    all of them, in a sheet of `columns` (None for points). `extra` is the payload of a task beyond
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
    prompt: str = ""
    """The text drawn, for models that read one; `negative` is the one to stay away from."""
    negative: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    """Values of attributes by their names; a class alone has its index as `label`."""

    def __post_init__(self) -> None:
        labels = (self.label,) if isinstance(self.label, int) else self.label
        shown = range(self.first, self.first + self.count)
        _check_task(self.task)
        _check(
            _NAME.fullmatch(self.model), f"names the impossible model {reprlib.repr(self.model)}"
        )
        _check(_SHA256.fullmatch(self.sha256), "has a damaged sha256 of the weights")
        _check(0 <= self.seed < 2**64, f"has the seed {self.seed}, outside 0 … 2^64 − 1")
        _check(0 <= self.first < 2**32, f"has the impossible first picture {self.first}")
        _check(1 <= self.count <= MAX_COUNT, f"asks for {self.count} pictures, not 1 … {MAX_COUNT}")
        _check(self.first + self.count <= 2**32, "asks for pictures beyond number 2^32 − 1")
        _check(len(self.prompt) + len(self.negative) <= MAX_PROMPT, "has an endless prompt")
        last = 2**32 - 1
        _check(shown[-1] <= last, f"asks for picture {shown[-1]}; the last one there is is {last}")
        if self.index is not None:
            _check(self.index in shown, f"shows picture {self.index} but made {span(shown)}")
        _check(self.columns is None or self.columns >= 1, f"has {self.columns} columns")
        _check(
            labels is None or (labels and min(labels) >= 0),
            f"has the impossible classes {reprlib.repr(self.label)}",
        )
        _check(not self.given or labels is None, "asks for a class and for attributes at once")

    @property
    def indices(self) -> range:
        """The pictures shown."""
        if self.index is not None:
            return range(self.index, self.index + 1)
        return range(self.first, self.first + self.count)

    def classes(self) -> list[int] | None:
        """The class index of each picture shown, or None for p(x)."""
        shown = self.indices
        return replace(request_of(self), first=shown[0], count=len(shown)).labels()

    def picture(self, index: int, batch: int | None = None) -> Recipe:
        """The recipe of one picture out of this one's request.

        With `batch`, as of engines.model.batch_of, it asks only for those computed beside it.
        """
        if index not in range(self.first, self.first + self.count):
            raise RecipeError(f"the recipe made no picture {index}")
        start = self.first + (index - self.first) // batch * batch if batch else self.first
        count = min(batch or self.count, self.first + self.count - start)
        return replace(self, first=start, count=count, index=index, columns=None)

    def to_json(self) -> str:
        """One line that `from_json` reads back."""
        table = {"format": FORMAT, **vars(self)}
        for late in ("prompt", "negative", "given"):  # older versions know nothing of them
            if not table[late]:
                del table[late]
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
        newer = f"was written by a newer Genscope than {VERSION}; update Genscope to open it"
        _check(made <= FORMAT, newer)
        _check_task(table.get("task"))
        return Recipe(**_fields(table))


def _check(good: object, fault: str) -> None:
    if not good:
        raise RecipeError(f"the recipe {fault}")


def _check_task(task: object) -> None:
    known = ", ".join(Task)
    _check(
        task in tuple(Task),
        f"is for the task {reprlib.repr(task)}, which Genscope {VERSION} does not know "
        f"(it knows {known}); update Genscope to open it",
    )


def _fields(table: dict[str, Any]) -> dict[str, Any]:
    """The constructor's arguments out of a table: none missing, unknown or of a wrong kind."""
    hints = _hints()
    for name in table:
        _check(name in hints, f"has the unknown field {reprlib.repr(name)}")
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


def recipe_of(
    card: Card,
    knobs: Sequence[Knob] | None,
    request: SampleRequest,
    *,
    columns: int | None = None,
    prompt: Prompt = NO_PROMPT,
) -> Recipe:
    """The recipe of all pictures of a request, with every knob named: defaults may change.

    Of a model not yet loaded nobody knows the knobs: None names only those that are turned.
    Raises ValueError for knobs the model does not have.
    """
    return Recipe(
        task=Task.SAMPLE,
        model=name_of(card),
        sha256=card.sha256,
        seed=request.seed,
        first=request.first,
        count=request.count,
        columns=columns,
        label=request.label,
        knobs=dict(request.knobs) if knobs is None else settle(tuple(knobs), request.knobs),
        prompt=prompt.text,
        negative=prompt.negative,
        given=dict(request.given),
    )


def prompt_of(recipe: Recipe) -> Prompt:
    """The text that the recipe's pictures are of."""
    return Prompt(recipe.prompt, recipe.negative)


def request_of(recipe: Recipe) -> SampleRequest:
    """What to ask of the model. Picture i of the recipe is number i − first of the answer."""
    return SampleRequest(
        recipe.count, recipe.seed, recipe.label, recipe.knobs, recipe.first, recipe.given
    )


def card_of(recipe: Recipe, root: Path = ROOT) -> Card:
    """The card of the recipe's model, by its weights where it is called otherwise now.

    Raises RecipeError when it is not in the catalogue. Nothing is looked for elsewhere: a picture
    from a stranger must not fetch a model.
    """
    known = {card.name: card for card in catalog(root)}
    card = card_here(recipe.model, recipe.sha256, known)
    try:
        return card or find(recipe.model, root)
    except CheckpointError as error:
        raise RecipeError(f"the recipe cannot be followed: {error}") from error


def card_among(cards: Mapping[str, Card], recipe: Recipe) -> Card:
    """The card of the recipe's model, by its weights where it is called otherwise now.

    Raises RecipeError where there is none, or none of these weights.
    """
    card = card_here(recipe.model, recipe.sha256, cards)
    if card is None:
        raise RecipeError(
            f"the recipe asks for {recipe.model}, which is not in the catalogue: it is gone, or "
            f"was never here (weights {recipe.sha256[:12]}…)"
        )
    check_fit(recipe, card)
    return card


def check_fit(recipe: Recipe, card: Card) -> None:
    """Raise RecipeError unless this very checkpoint can have made the recipe's pictures."""
    # samples up to a temperature of 1 are what both weights were measured to agree on
    same = recipe.task == Task.SAMPLE and recipe.knobs.get("temperature", 0.0) <= 1
    if recipe.sha256 not in (card.sha256, *(card.replaces if same else ())):
        raise RecipeError(
            f"{card.name} has other weights ({card.sha256[:12]}…) than the earlier ones "
            f"that made this picture ({recipe.sha256[:12]}…): re-made with today's it will "
            f"look different; sample {card.name} again instead"
        )
    labels = request_of(recipe).labels()
    if labels and max(labels) >= len(card.labels):
        raise RecipeError(
            f"the recipe asks {card.name} for class {max(labels)}, which it does not have"
        )
    try:
        card.codes(recipe.given)
    except ValueError as error:
        raise RecipeError(f"the recipe cannot be followed: {error}") from error


def replaced(recipe: Recipe, card: Card) -> str:
    """What to say where today's weights stand in for earlier ones; empty for the same ones."""
    if recipe.sha256 == card.sha256:
        return ""
    return (
        f"made by an earlier {card.name} (weights {recipe.sha256[:12]}…): re-made with "
        "today's, whose samples were measured to be alike, small differences may be seen"
    )


def span(indices: range) -> str:
    """Numbers in words: "3", or "0 … 15"."""
    return str(indices[0]) if len(indices) == 1 else f"{indices[0]} … {indices[-1]}"


def file_name(recipe: Recipe, suffix: str = ".png", *, digits: int = 1) -> str:
    """Such as "mnist-flow-seed7-3-1f0a9c.png", or "mnist-flow-seed7-0to15-1f0a9c.png" for a sheet.
    The number of one picture has at least so many `digits`: files lie in their order.

    The last part tells apart what class, knobs, weights or a hole alone make different.
    """
    shown = span(recipe.indices).replace(" … ", "to").zfill(digits)
    parts: list[Any] = [recipe.sha256, recipe.label, sorted(recipe.knobs.items())]
    parts += [sorted(recipe.given.items())] if recipe.given else []
    parts += [dict(recipe.extra)] if recipe.extra else []
    parts += [recipe.prompt, recipe.negative] if recipe.prompt or recipe.negative else []
    rest = json.dumps(parts)
    mark = hashlib.sha256(rest.encode()).hexdigest()[:6]
    # a model from outside is named by the path of its card
    outside = recipe.model.endswith(".toml")
    name = Path(recipe.model).stem if outside else recipe.model.replace("/", "-")
    return f"{name}-seed{recipe.seed}-{shown}-{mark}{suffix}"


def png_bytes(picture: Pixels, recipe: Recipe) -> bytes:
    """A PNG of RGB (H, W, 3) with the recipe inside, as iTXt under "genscope"."""
    from PIL import Image, PngImagePlugin  # late: the window reads recipes before its first paint

    info = PngImagePlugin.PngInfo()
    info.add_itxt(KEYWORD, recipe.to_json())
    with io.BytesIO() as file:
        Image.fromarray(picture).save(file, "PNG", pnginfo=info)
        return file.getvalue()


def csv_bytes(points: Points, recipe: Recipe, names: Sequence[str] = ("x", "y")) -> bytes:
    """Points (n, D) with their classes as lines of x,y,class, after the recipe in a comment."""
    classes = recipe.classes()
    header = ",".join(names) if classes is None else ",".join((*names, "class"))
    lines = [f"# {KEYWORD} {recipe.to_json()}", header]
    for i, row in enumerate(points.tolist()):
        point = ",".join(f"{number:.9g}" for number in row)  # nine digits: every float32
        lines.append(point if classes is None else f"{point},{classes[i]}")
    return ("\n".join(lines) + "\n").encode()


def save_png(path: Path, picture: Pixels, recipe: Recipe) -> None:
    """Write a picture with its recipe inside. Raises SaveError; an old file stays as it was."""
    files.write_atomically(path, png_bytes(picture, recipe))


def _gif_text(raw: bytes) -> bytes | None:
    """The recipe in the comment of a GIF, None where the comment is another's."""
    mark = f"{KEYWORD} ".encode()
    try:
        text = files.gif_comment(raw, MAX_TEXT)
    except files.NotGif as error:
        raise files.NotPng("is not a PNG") from error
    return text[len(mark) :] if text and text.startswith(mark) else None


def _text(source: Path | bytes) -> str | bytes | None:
    """The recipe as text out of what holds it: PNG, GIF, table of points, or beside a film."""
    if isinstance(source, Path) and source.suffix.lower() == ".mp4":
        return files.read_bytes(source.with_name(f"{source.name}.json"), MAX_TEXT)
    raw = source if isinstance(source, bytes) else files.read_bytes(source, MAX_FILE)
    mark = f"# {KEYWORD} ".encode()
    if raw[:3] == b"GIF":
        return _gif_text(raw)
    if raw.startswith(mark):
        return raw[len(mark) : len(mark) + MAX_TEXT].partition(b"\n")[0]
    return raw[:MAX_TEXT] if raw[:1] == b"{" else files.png_text(raw, KEYWORD, MAX_TEXT)


def read_png(source: str | os.PathLike[str] | bytes) -> Recipe:
    """The recipe in a PNG or GIF, by path or content, or in what `_text` knows beside these.

    Raises RecipeError with one sentence.
    """
    name = "this picture" if isinstance(source, bytes) else shortened(Path(source).name, 60)
    try:
        text = _text(source if isinstance(source, bytes) else Path(source))
    except ValueError as error:
        kind = NoRecipe if isinstance(error, files.NotPng) else RecipeError
        raise kind(f"{name} {error}; choose a file that Genscope saved") from error
    if text is None:
        raise NoRecipe(f"{name} has no recipe inside; choose a file that Genscope saved")
    try:
        return Recipe.from_json(text)
    except RecipeError as error:
        raise RecipeError(f"{name} cannot be re-made: {error}") from error
