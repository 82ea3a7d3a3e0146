"""Pictures in files and in the window: PNGs, sheets of them, and pictures of others brought in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from app.kinds.view import Examples, Format, Hole, Option, Options, Read, place_of
from app.recipes.files import read_bytes
from app.recipes.packing import picture_text, pixels_of
from app.recipes.pictures import Pixels, Values, sheet, square_columns, to_pixels, to_tensor
from app.recipes.recipe import Recipe, RecipeError, png_bytes
from engines.kinds import Pictures
from engines.naming import shortened

if TYPE_CHECKING:
    from torch import Tensor

    from engines.data.fitting import Foreign

T = TypeVar("T")


class PictureView:
    """Pictures as uint8 (n, H, W, 3), grey repeated."""

    usual = ".png"
    live, most_live = 20, 400
    unasked: int | None = 5_000
    save_all = "Save all as contact sheet…"
    error_unit = "dB"
    example = "a picture file"
    options = (
        Option("image", "inpaint", "the picture; one of another size is cropped and scaled"),
        Option("mask", "inpaint", "a picture of the model's size: white is unknown"),
        Option("images", "score", "folder of pictures; other sizes are cropped and scaled"),
    )
    hole_options: tuple[str, ...] = ("image", "mask")
    hole_words = "--image and --mask"
    score_options: tuple[str, ...] = ("images",)

    def __init__(self, kind: Pictures) -> None:
        self.kind = kind
        self.formats = (Format(".png", "PNG picture", _sheet),)
        self.single: Format | None = Format(".png", "PNG picture", _single)

    def room(self, count: int) -> Values:
        """Black where nothing is yet."""
        return np.zeros((count, *self.kind.mask_shape, 3), np.uint8)

    def array_of(self, x: Tensor) -> Values:
        return to_pixels(x)

    def tensor_of(self, values: Values) -> Tensor:
        return to_tensor(np.ascontiguousarray(values, np.uint8), self.kind.channels)

    def columns(self, count: int) -> int | None:
        """Nearly a square."""
        return square_columns(count)

    def picture(self, value: Values) -> Pixels | None:
        return np.asarray(value, np.uint8)

    def text(self, value: Values) -> str:
        return ""

    def said(self, value: Values) -> str:
        return ""

    def packed(self, value: Values) -> Any:
        """A PNG in base64."""
        return picture_text(value[..., 0] if self.kind.channels == 1 else value)

    def unpacked(self, stored: Any, what: str, model: str) -> Values:
        pixels = pixels_of({what: stored}, what)
        wanted = self.kind.mask_shape
        if pixels.shape != (*wanted, 3):
            raise RecipeError(
                f"the recipe's {what} has another size ({_size(pixels.shape)}) than the pictures "
                f"of {model} ({_size(wanted)})"
            )
        if self.kind.channels == 1 and not (pixels == pixels[..., :1]).all():
            raise RecipeError(f"the recipe's {what} is in colour; {model} takes grey pictures")
        return pixels

    def errors(self, x: Tensor, shown: Tensor) -> npt.NDArray[np.float64]:
        """Peak signal-to-noise ratios."""
        error = ((shown - x) / 2).square().flatten(1).mean(1).double()
        found: npt.NDArray[np.float64] = (-10 * error.clamp_min(1e-12).log10()).numpy()
        return found

    def read(self, words: str) -> Read:
        """A picture file as the model sees it: one of another size is cropped and scaled."""
        return self._fitted(foreign_of(Path(words)))

    def hole(self, options: Options) -> Hole:
        """A picture file, and a mask of the model's size, or of the photo's."""
        from engines.data import masks

        try:
            photo = foreign_of(place_of(options, "image"))
            found = self._fitted(photo)
        except ValueError as error:
            raise ValueError(f"--image: {error}") from error
        size, seen = self.kind.mask_shape, masks.Photo(photo.size)

        def reads(raw: bytes, name: str) -> masks.Reading:
            return masks.sized(masks.read(raw, name), name, size, seen)

        try:
            reading = content_of(place_of(options, "mask"), reads)
        except ValueError as error:
            raise ValueError(f"--mask: {error}") from error
        return Hole(found.value, reading.mask, (*found.notes, *reading.notes))

    def examples(self, options: Options) -> Examples:
        """The pictures of a folder, in the order of their names."""
        from engines.data.picture_folder import SUFFIXES

        folder = place_of(options, "images")
        said = shortened(str(folder))
        if not os.path.isdir(folder):
            raise ValueError(f"{said} is not a folder")
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        except OSError as fault:
            raise ValueError(f"{said} cannot be read") from fault
        if not paths:
            raise ValueError(f"there are no pictures in {said}")
        found: dict[str, Values] = {}
        skipped: list[str] = []
        notes: list[str] = []
        for path in paths:
            try:
                read = self._fitted(foreign_of(path))
            except ValueError as error:
                skipped.append(str(error))
            else:
                found[path.name] = read.value
                notes += read.notes
        if not found:
            raise ValueError(f"none of the {len(skipped):,} pictures in {said} can be read")
        return Examples(tuple(found), np.stack(list(found.values())), tuple(notes), tuple(skipped))

    def _fitted(self, found: Foreign) -> Read:
        from engines.data.fitting import fitted

        return Read(fitted(found.pixels, self.kind.shape), tuple(found.notes))


def foreign_of(path: Path) -> Foreign:
    """The picture in a file. Raises ValueError with one sentence that names it."""
    from engines.data.fitting import read

    return content_of(path, read)


def content_of(path: Path, reads: Callable[[bytes, str], T]) -> T:
    """What `reads` makes of the bytes and the name of a file. Raises ValueError as above."""
    from engines.data.fitting import MAX_FILE

    name = shortened(path.name, 60)
    try:
        return reads(read_bytes(path, MAX_FILE), path.name)
    except ValueError as error:
        words = str(error).removesuffix(".")
        named = words if words.startswith(name) else f"{shortened(str(path))} {words}"
        raise ValueError(named) from error


def _sheet(values: Values, recipe: Recipe) -> bytes:
    return png_bytes(sheet(values, recipe.columns), recipe)


def _single(values: Values, recipe: Recipe) -> bytes:
    return png_bytes(values[0], recipe)


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} × {shape[0]}"
