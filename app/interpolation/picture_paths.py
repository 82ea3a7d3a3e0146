"""Paths of pictures: film strips, held-out pictures as end points, a cross-fade, films."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.exchange.intake import sentence
from app.interpolation.fade import Fade
from app.interpolation.paths import FilmWay, Key, Paths, Way, errors_text
from app.recipes.pictures import Pixels, Values
from app.recipes.recipe import Recipe
from app.tab.example_bar import ExampleBar
from app.tab.parts import Parts
from app.tasks import films
from app.tasks.walking import Reals
from engines.data.fitting import fitted
from engines.model import Card
from widgets.interpolation.picture_frame import PictureFrame
from widgets.interpolation.tab import InterpolationTab
from widgets.pictures.keyframes import letter

FIRST = (3, 8)
"""Of the digits a 3 and an 8: near each other, and yet a valley between them."""
_PERFECT = 99
"""Decibels from which a picture has come back as it was."""


class PicturePaths(Paths):
    """Pictures may come from files, too."""

    files = True

    def __init__(self, tab: InterpolationTab, parts: Parts) -> None:
        super().__init__(tab, parts)
        self.each = Way("Every frame as PNG…", "", "", _write_each)
        self.bar = ExampleBar(tab.source, "interpolation", parts, tab, steps=False)
        self.bar.lost.connect(self.lost)
        self.bar.found.connect(self.found)
        self.bar.brought.connect(self._bring)
        self.fade = Fade(tab, parts.channels)
        self.below = self.fade.row

    def frame(self, parent: QWidget) -> PictureFrame:
        return PictureFrame(parent)

    def errors(self, card: Card, errors: Reals) -> tuple[str, str]:
        words = (
            f"{letter(k)} {error:.1f} dB" if error < _PERFECT else f"{letter(k)} exact"
            for k, error in enumerate(errors)
        )
        return errors_text("PSNR", tuple(words))

    def show(self, card: Card) -> None:
        self.bar.show(card)

    def leave(self) -> None:
        self.bar.card = None

    def missing(self) -> str:
        return self.bar.missing()

    def places(self) -> list[int]:
        return self.bar.places()

    def first(self) -> tuple[int, ...]:
        found = (self.bar.first(place) for place in FIRST)
        return tuple(place for place in found if place is not None)

    def key(self, place: int) -> Key:
        return Key(self.bar.picture(place), self.bar.title(place))

    def like(self, value: Values) -> int | None:
        return self.bar.like(np.asarray(value, np.uint8))

    def open(self, source: Path | bytes) -> bool:
        self.bar.open(source)
        return True

    @Slot(object, str, object)
    def _bring(self, picture: Pixels, name: str, _: object) -> None:
        self.brought.emit(Key(picture, name))

    def received(self, picture: Pixels, title: str) -> Key | None:
        """A picture brought to the shape of the models."""
        card = self.bar.card
        return Key(fitted(picture, card.shape), title) if card is not None else None

    def refresh(self, card: Card, ends: Values, count: int) -> None:
        self.fade.refresh(card, np.asarray(ends, np.uint8), count)

    def go(self, place: float, ends: Values) -> None:
        self.fade.go(place, np.asarray(ends, np.uint8))

    def films(self) -> tuple[FilmWay, ...]:
        return (
            FilmWay("GIF", ".gif", "GIF (*.gif)", films.save_gif),
            FilmWay("MP4", ".mp4", "MP4 (*.mp4)", films.save_mp4, _no_codec()),
        )

    def ways(self, card: Card, count: int) -> tuple[Way, ...]:
        return (
            Way(f"GIF, {count} frames…", ".gif", "GIF (*.gif)", _write_gif),
            Way(f"MP4, {count} frames…", ".mp4", "MP4 (*.mp4)", _write_mp4, _no_codec()),
            Way("Contact sheet…", ".png", "PNG picture (*.png)", _write_sheet),
        )


def _no_codec() -> str:
    refused = films.no_codec()
    return sentence(refused) if refused else ""


def _write_sheet(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_sheet(path, np.asarray(values, np.uint8), recipe)


def _write_gif(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_gif(path, np.asarray(values, np.uint8), recipe)


def _write_mp4(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_mp4(path, np.asarray(values, np.uint8), recipe)


def _write_each(path: Path, values: Values, recipe: Recipe) -> None:
    films.save_frames(path, np.asarray(values, np.uint8), recipe)
