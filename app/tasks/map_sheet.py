"""Maps as one picture with titles, contours and the scale they share, and as tables. No Qt."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from app.recipes.pictures import Pixels
from app.recipes.recipe import KEYWORD, Recipe
from app.tasks.mapping import MapFrame
from widgets.look.colours import Scale
from widgets.plots.contours import segments

_GAP, _LINE, _BAR, _LEAST = 16, 20, 14, 240
_PAPER, _INK, _FAINT = "#FFFFFF", "#1B1F27", "#5D6675"
_TICKS = 5
_Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, eq=False)
class Panel:
    """One map: values (H, W), the lowest row first, and what is written over it."""

    title: str
    caption: str
    values: npt.NDArray[np.float32]
    scale: Scale
    unit: str
    levels: tuple[float, ...] = ()


def sheet(panels: Sequence[Panel], *, columns: int | None = None) -> Pixels:
    """All maps side by side, and below them every scale that occurs: (H, W, 3)."""
    if not panels:
        raise ValueError("a sheet needs at least one map")
    high, wide = panels[0].values.shape
    wide = max(wide, _LEAST)
    columns = columns or min(len(panels), 3)
    rows, head = math.ceil(len(panels) / columns), 2 * _LINE + 6
    scales = {panel.scale: panel.unit for panel in panels}
    foot = len(scales) * (_BAR + 2 * _LINE)
    size = columns * (wide + _GAP) + _GAP, rows * (high + head + _GAP) + _GAP + foot
    image = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(image)
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        left, top = _GAP + column * (wide + _GAP), _GAP + row * (high + head + _GAP)
        _write(pen, (left, top), panel.title, 15, _INK)
        _write(pen, (left, top + _LINE), panel.caption, 12, _FAINT)
        image.paste(Image.fromarray(drawn(panel)), (left, top + head))
    top = size[1] - foot
    for scale, unit in scales.items():
        _bar(image, pen, top, scale, unit)
        top += _BAR + 2 * _LINE
    return np.array(image)


def drawn(panel: Panel) -> Pixels:
    """The map in its colours with its contours, the highest row on top: (H, W, 3)."""
    image = Image.fromarray(np.ascontiguousarray(panel.scale.colours(panel.values)[::-1]))
    pen, high = ImageDraw.Draw(image), panel.values.shape[0]
    for level, width in zip(panel.levels, (2, 1, 1), strict=False):
        ink = "#30343C" if panel.scale.share(level) > 0.6 else "#FFFFFF"
        for (x0, y0), (x1, y1) in segments(panel.values, level).tolist():
            pen.line((x0, high - 1 - y0, x1, high - 1 - y1), fill=ink, width=width)
    return np.array(image)


def _bar(image: Image.Image, pen: ImageDraw.ImageDraw, top: int, scale: Scale, unit: str) -> None:
    wide = min(420, image.width - 2 * _GAP - 120)
    low, high = scale.low, scale.high
    ramp = np.linspace(low, high, wide, dtype=np.float32)
    if scale.exponential:
        low, high = math.exp(low), math.exp(high)
        ramp = np.log(np.linspace(low, high, wide).clip(1e-30)).astype(np.float32)
    image.paste(Image.fromarray(scale.colours(np.tile(ramp, (_BAR, 1)))), (_GAP, top))
    for tick in range(_TICKS):
        share = tick / (_TICKS - 1)
        text = f"{low + share * (high - low):.3g}".replace("-", "−")
        back = round(share * pen.textlength(text, font=_font(11)))
        _write(pen, (_GAP + round(share * wide) - back, top + _BAR + 3), text, 11, _FAINT)
    _write(pen, (_GAP + wide + 10, top - 1), unit, 12, _FAINT)


def _write(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: str) -> None:
    pen.text(at, text, fill=ink, font=_font(size))


def _font(size: int) -> _Font:
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def caption(frame: MapFrame) -> str:
    """ "exact · ∫ = 1.0000"."""
    mass = "" if frame.mass is None else f" · ∫ = {frame.mass:.4f}"
    return f"{frame.kind.value}{mass}"


def values_bytes(frames: dict[str, MapFrame], recipe: Recipe, path: Path) -> bytes:
    """Log-densities as .npz (x, y, one array (H, W) per map, kinds, recipe) or as lines of .csv."""
    request = next(iter(frames.values())).request
    xs, ys = request.area.axes(request.wide, request.high)
    if path.suffix.lower() == ".npz":
        arrays = {name.replace("/", "_"): frame.values for name, frame in frames.items()}
        kinds = [f"{name}: {f.kind.value}; {f.method}" for name, f in frames.items()]
        with io.BytesIO() as file:
            np.savez_compressed(
                file,
                x=xs,
                y=ys,
                kinds=np.array(kinds),
                recipe=np.array(recipe.to_json()),
                **arrays,  # type: ignore[arg-type]
            )
            return file.getvalue()
    lines = [f"# {KEYWORD} {recipe.to_json()}"]
    lines += [f"# {name}: {f.kind.value}; {f.method}" for name, f in frames.items()]
    lines.append(",".join(["x", "y", *frames]))
    columns = [frame.values for frame in frames.values()]
    for row, y in enumerate(ys.tolist()):
        for column, x in enumerate(xs.tolist()):
            found = ",".join(f"{values[row, column]:.7g}" for values in columns)
            lines.append(f"{x:.9g},{y:.9g},{found}")
    return ("\n".join(lines) + "\n").encode()
