"""The page of a picture on its way out: its maps as one picture, its values, the page inside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from app.exchange.export import Export
from app.recipes.recipe import KEYWORD, Recipe, png_bytes
from app.recipes.result import Result
from app.session.session import Session
from app.tasks.look_recipe import Look, recipe_of
from app.tasks.map_sheet import Panel, sheet
from engines.facts.tasks import Task
from widgets.window.messages import Messages, Severity

NOTHING = "Nothing is finished yet: wait for this page."
_LEAST = 224


@dataclass(frozen=True, eq=False)
class Table:
    """Values of a page: equally long columns by name, and what they are in words."""

    columns: dict[str, Sequence[float] | Sequence[str]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Arrays:
    """Values of a page as arrays by name, such as maps (H, W), and what they are in words."""

    arrays: dict[str, npt.NDArray[np.generic]]
    notes: tuple[str, ...] = ()


Content = Table | Arrays


class PageExport:
    """Asks for a place and writes; errors become messages."""

    def __init__(self, session: Session, export: Export, messages: Messages) -> None:
        self._session, self._export = session, export
        self._messages = messages

    def picture(self, look: Look | None, panels: Sequence[Panel]) -> None:
        """The maps of a page with their scales as one PNG."""
        if look is None or not panels:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
            return
        drawn = sheet([_enlarged(panel) for panel in panels])
        self._export.save_bytes(png_bytes(drawn, self._recipe(look)), _name(look, ".png"))

    def keep(self, look: Look | None, panels: Sequence[Panel]) -> None:
        """Keep the maps of a page in the history."""
        if look is None or not panels:
            return
        cards = {name: self._session.cards[name] for name in look.models}
        drawn = [_enlarged(panel) for panel in panels]
        flat = np.concatenate([panel.values.ravel() for panel in panels])
        result = Result(
            Task.DENSITY,
            cards[look.models[0]],
            partial(recipe_of, look, cards, self._session.seed),
            flat,
            queued=False,
            picture=partial(sheet, drawn),
        )
        self._session.open.keep.finish(result)

    def seen(self, look: Look | None, page: QWidget) -> None:
        """A page without maps as it stands on the screen."""
        if look is None:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
            return
        image = page.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
        raw = png_bytes(np.ascontiguousarray(pixels), self._recipe(look))
        self._export.save_bytes(raw, _name(look, ".png"))

    def values(self, look: Look | None, content: Content | None) -> None:
        """The values of a page as .csv or .npz."""
        if look is None or content is None:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
            return
        csv, npz = "Comma-separated values (*.csv)", "Arrays (*.npz)"
        table = isinstance(content, Table)
        kinds = f"{csv};;{npz}" if table else f"{npz};;{csv}"
        self._export.save_values(
            _name(look, ".csv" if table else ".npz"),
            kinds,
            lambda path: content_bytes(content, self._recipe(look), path),
        )

    def _recipe(self, look: Look) -> Recipe:
        return recipe_of(look, self._session.cards, self._session.seed)


def content_bytes(content: Content, recipe: Recipe, path: Path) -> bytes:
    """Values as .npz where the name says so, else as lines of text, the recipe inside."""
    if path.suffix.lower() == ".npz":
        found = (
            content.arrays
            if isinstance(content, Arrays)
            else {name: np.array(column) for name, column in content.columns.items()}
        )
        with io.BytesIO() as file:
            np.savez_compressed(
                file, notes=np.array(content.notes), recipe=np.array(recipe.to_json()), **found
            )
            return file.getvalue()
    lines = [f"# {KEYWORD} {recipe.to_json()}", *(f"# {note}" for note in content.notes)]
    if isinstance(content, Table):
        lines.append(",".join(content.columns))
        lines += [",".join(map(_cell, row)) for row in zip(*content.columns.values(), strict=True)]
    else:
        lines.append("array,row,column,value")
        for name, array in content.arrays.items():
            for place, value in np.ndenumerate(np.atleast_2d(array)):
                lines.append(f"{name},{place[0]},{place[1]},{_cell(value)}")
    return ("\n".join(lines) + "\n").encode()


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.9g}"
    text = str(value)
    return f'"{text}"' if "," in text else text


def _enlarged(panel: Panel) -> Panel:
    """Small maps by whole pixels, so that they can be seen."""
    times = max(1, _LEAST // min(panel.values.shape))
    values = panel.values.repeat(times, 0).repeat(times, 1)
    return Panel(panel.title, panel.caption, values, panel.scale, panel.unit, panel.levels)


def _name(look: Look, suffix: str) -> str:
    data = look.models[0].split("/")[0]
    families = look.chosen.split("/")[-1] or "-".join(n.split("/")[1] for n in look.models[:4])
    return f"{data}-{look.page}-{families}{suffix}"
