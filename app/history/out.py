"""Results on their way out of the history: drags, "send to …", copies and files."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from app.exchange.export import Export
from app.exchange.travel import Travel
from app.history.reading import Looked, look
from app.history.schema import HistoryError
from app.history.store import Entry, Store
from app.kinds import view_of
from app.recipes.pictures import Pixels, sheet
from app.recipes.recipe import Recipe, RecipeError
from app.session.session import Session
from widgets.window.messages import Cause, Messages, Severity

NOTHING = "The pictures of this result are not kept: restore it to make them again."


class Out:
    """Needs the session for the models there are."""

    def __init__(
        self, export: Export, travel: Travel, messages: Messages, session: Session
    ) -> None:
        self._export, self._travel, self._messages = export, travel, messages
        self._session = session

    def read(self, path: Path, entry: Entry) -> Looked | None:
        """A result in full, read here and now; what cannot be read becomes a message."""
        try:
            with Store(path) as store:
                return look(store, entry.id, self._session.cards.get(entry.model))
        except (HistoryError, sqlite3.Error) as error:
            said = f"The history cannot be read: {error}"
            self._messages.tell(said, about=Cause.HISTORY)
            return None

    def drag(self, source: QWidget, looked: Looked, place: int | None) -> None:
        """Let a result, or example `place` of it, be dropped as a picture with its recipe."""
        if (found := picture_of(looked, place)) is None:
            self._messages.tell(NOTHING, severity=Severity.NOTE)
        else:
            self._export.drag(source, *found)

    def save(self, looked: Looked, entry: Entry) -> None:
        """Ask for a place and write all of a result there, with its recipe."""
        card, recipe = self._session.cards.get(entry.model), looked.recipe
        if card is not None and recipe is not None and looked.values is not None:
            if looked.single or recipe.task == "sample":
                self._export.save_examples(looked.values, recipe, view_of(card).formats)
                return
            if (found := picture_of(looked, None)) is not None:
                self._export.save_picture(*found)
                return
        self._messages.tell(NOTHING, severity=Severity.NOTE)

    def offer(self, menu: QMenu, looked: Looked, entry: Entry, place: int | None) -> None:
        """What can be done with a result, or with example `place` of it."""
        found = picture_of(looked, place)
        if found is not None:
            menu.addAction("Copy picture", partial(self._export.copy_picture, *found))
        menu.addAction("Copy recipe", partial(self._export.copy_text, looked.text, "Recipe"))
        menu.addAction("Export…", partial(self.save, looked, entry))
        if looked.single and looked.pictures is not None:
            menu.addSeparator()
            picture = looked.pictures[place or 0].copy()
            origin = f"{entry.title} of {entry.detail}"
            self._travel.offer(menu, picture, origin)


def picture_of(looked: Looked, place: int | None) -> tuple[Pixels, Recipe] | None:
    """A result as one picture with its recipe, or example `place` of it; None where it has none."""
    pictures, recipe = looked.pictures, looked.recipe
    if pictures is None or recipe is None:
        return None
    if not looked.single:
        return pictures[0], recipe
    if place is None and len(pictures) == 1 == recipe.count:
        place = 0
    if place is None:
        return sheet(pictures, recipe.columns), recipe
    try:
        return pictures[place], recipe.picture(recipe.first + place)
    except RecipeError:  # more pictures than the recipe has
        return pictures[place], recipe
