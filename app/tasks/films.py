"""Frames of a path as files: GIF, MP4, one PNG each, a contact sheet. No Qt, no torch.

The recipe is inside a GIF (its comment) and a PNG; beside an MP4 it lies as a file of its own.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from app.recipes import figure
from app.recipes.files import SaveError, unwritable, write_atomically
from app.recipes.pictures import Pixels, sheet, square_columns
from app.recipes.recipe import KEYWORD, Recipe, file_name, png_bytes, save_png
from engines import extras
from engines.checkpoints.leftovers import TEMPORARY
from engines.kinds import Pictures
from engines.model import Card

Recipes: TypeAlias = Recipe | tuple[Recipe, ...]
"""That of a film of one row, or those of rows side by side; none where there is only a cross-fade.
"""
FPS = 20
SUFFIXES = (".gif", ".mp4", ".png")
SLOWEST, FASTEST = 0.01, 100.0
"""Frames a second: a GIF counts hundredths of a second, and holds a frame for at most 655 s."""
SIDE = 280
"""Small frames are enlarged by whole pixels to about this side in GIF and MP4."""


def is_filmed(card: Card) -> bool:
    """Whether a path is a film; of other kinds it is a file of examples."""
    return isinstance(card.kind, Pictures)


def no_codec() -> str | None:
    """Why films cannot be written as MP4, in one sentence; None where they can."""
    return extras.missing("film")


def enlarged(frames: Pixels, side: int = SIDE) -> Pixels:
    """Frames (n, H, W, 3) with every pixel repeated, to at most `side` high or wide."""
    factor = max(1, side // max(frames.shape[1:3]))
    return frames.repeat(factor, 1).repeat(factor, 2)


def gif_bytes(frames: Pixels, recipe: Recipes, *, fps: float = FPS, loop: bool = True) -> bytes:
    """An animated GIF of frames (n, H, W, 3); grey ones keep all 256 levels."""
    from PIL import Image

    shown = enlarged(frames)
    grey = bool((shown == shown[..., :1]).all())
    images = [Image.fromarray(np.ascontiguousarray(f[..., 0] if grey else f)) for f in shown]
    # the same frame twice in a row is a frame all the same
    ends: dict[str, object] = {"loop": 0} if loop else {}
    with io.BytesIO() as file:
        images[0].save(
            file,
            "GIF",
            save_all=True,
            append_images=images[1:],
            duration=round(1000 / fps),
            comment=_note(recipe),
            optimize=False,
            disposal=1,
            **ends,
        )
        return file.getvalue()


def _note(recipe: Recipes) -> bytes:
    keyword = KEYWORD if len(_several(recipe)) == 1 else figure.KEYWORD
    return f"{keyword} {json_of(recipe)}".encode() if recipe else b""


def json_of(recipe: Recipes) -> str:
    """One recipe as itself, several as the list of a figure."""
    several = _several(recipe)
    return several[0].to_json() if len(several) == 1 else figure.to_text(several)


def _several(recipe: Recipes) -> tuple[Recipe, ...]:
    return (recipe,) if isinstance(recipe, Recipe) else recipe


def save_gif(path: Path, frames: Pixels, recipe: Recipes, *, fps: float = FPS) -> None:
    """Write a GIF with its recipe inside. Raises SaveError."""
    write_atomically(path, gif_bytes(frames, recipe, fps=fps))


def save_mp4(path: Path, frames: Pixels, recipe: Recipes, *, fps: float = FPS) -> None:
    """Write an MP4 (H.264) and its recipe beside it as NAME.mp4.json. Raises SaveError."""
    if reason := no_codec():
        raise SaveError(f"{path} was not saved: {reason}")
    imageio_ffmpeg = extras.module("film", "imageio_ffmpeg")

    shown = enlarged(frames)
    _, height, width, _ = shown.shape
    shown = shown[:, : height - height % 2, : width - width % 2]  # the codec wants even sides
    with tempfile.TemporaryDirectory(prefix=TEMPORARY) as folder:
        made = os.path.join(folder, "film.mp4")
        writer = imageio_ffmpeg.write_frames(
            made,
            (shown.shape[2], shown.shape[1]),
            fps=fps,
            quality=8,
            macro_block_size=1,
            output_params=["-metadata", f"comment={KEYWORD} recipe beside this file"],
        )
        try:
            writer.send(None)
            for frame in shown:
                writer.send(np.ascontiguousarray(frame))
            writer.close()
            raw = Path(made).read_bytes()
        except OSError as error:
            raise SaveError(unwritable(path, error)) from error
    write_atomically(path, raw)
    if recipe:
        write_atomically(path.with_name(f"{path.name}.json"), json_of(recipe).encode())


def save_sheet(path: Path, frames: Pixels, recipe: Recipe) -> None:
    """Write all frames on one PNG with the recipe inside. Raises SaveError."""
    columns = recipe.columns or square_columns(len(frames))
    write_atomically(path, png_bytes(sheet(frames, columns), recipe))


def save_frames(
    folder: Path, frames: Pixels, recipe: Recipe, told: Callable[[int], None] = lambda _: None
) -> None:
    """Write every frame as a PNG with its own recipe; `told` hears how many. Raises SaveError."""
    for i, frame in enumerate(frames):
        single = recipe.picture(i)
        stem = file_name(recipe, "").rpartition("-")[0]
        save_png(folder / f"{stem}-frame{i:03d}.png", frame, single)
        told(i + 1)
