"""Where a picture may come from in every tab: held-out examples, files and the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.recipes.files import read_bytes
from app.recipes.pictures import Pixels
from app.work.lane import Job
from engines.data.fitting import MAX_FILE, Fit, Foreign, bright_ground, centred, fits, fitted, read
from engines.model import Card
from engines.naming import shortened
from widgets.pictures.picture_dialog import PictureDialog
from widgets.window.messages import Messages, Severity

if TYPE_CHECKING:
    from engines.data.examples import Pictures

DIGIT = (1, 28, 28)
CENTRE = "Centre like MNIST"
_FILES = "Pictures (*.png *.jpg *.jpeg *.bmp *.webp *.gif *.tif *.tiff *.ppm *.pgm)"


@dataclass(frozen=True, eq=False)
class Examples:
    """The held-out pictures of a data set, None where there are none."""

    data: str
    pictures: Pictures | None

    def places(self, wanted: int | None) -> list[int]:
        """Where the examples of a class stand, or all of them."""
        if self.pictures is None:
            return []
        return [i for i, label in enumerate(self.pictures.labels) if wanted in (None, label)]


def title_of(shown: Pictures, place: int) -> str:
    """An example in words, such as "Test picture 18, class 3", or the name of its file."""
    if shown.names:
        return shown.names[place]
    label = shown.classes[shown.labels[place]]
    return f"Test picture {shown.indices[place]:,}, class {label}"


def beside(places: Sequence[int], now: int, by: int) -> int:
    """The next (1) or previous (-1) of some places, going round. Raises ValueError for none."""
    edge = [place for place in places if (place - now) * by > 0] or places
    return min(edge) if by > 0 else max(edge)


def look(data: str, own: Pictures | None = None) -> Job:
    """A job that yields the Examples of a data set: a person's `own` where there are some."""

    def job() -> Generator[Examples, None, None]:
        if own is not None:
            yield Examples(data, own)
            return
        from engines.data import examples

        try:
            yield Examples(data, examples.pictures(data))
        except FileNotFoundError:
            yield Examples(data, None)

    return job


def reading(source: Path | bytes) -> Job:
    """A job that yields the Foreign picture of a file, or of what was pasted."""

    def job() -> Generator[Foreign, None, None]:
        if isinstance(source, bytes):
            yield read(source, "The pasted picture")
            return
        try:
            raw = read_bytes(source, MAX_FILE)
        except ValueError as error:
            name = shortened(source.name, 60)
            raise ValueError(f"{name} {error}; choose another picture.") from error
        yield read(raw, source.name)

    return job


def ask_file(parent: QWidget, folder: str) -> Path | None:
    """Let a person choose a picture file; None when they would rather not."""
    return file_dialogs.open_file(parent, "Open a picture", folder, _FILES)


def bring(
    foreign: Foreign,
    card: Card,
    parent: QWidget,
    messages: Messages,
    take: Callable[[Pixels, Fit | None], None],
) -> None:
    """Hand a picture over in the model's shape, and how it was brought to it.

    Where it has another shape a person sees how first; None stands for a digit that was centred.
    What was decided about its levels is said.
    """
    if foreign.notes:
        messages.tell(" ".join(foreign.notes), severity=Severity.NOTE)
    if fits(foreign.pixels, card.shape):
        take(fitted(foreign.pixels, card.shape), Fit.CROP)
        return
    ways: tuple[Fit | None, ...] = (*Fit, None) if card.shape == DIGIT else tuple(Fit)
    titles = tuple(CENTRE if way is None else way.value for way in ways)
    dialog = PictureDialog(foreign.name, foreign.pixels, titles, parent, size=foreign.size)
    dialog.invert.setChecked(card.shape[0] == 1 and bright_ground(foreign.pixels))

    def seen() -> Pixels:
        how, invert = ways[dialog.ways.currentIndex()], dialog.invert.isChecked()
        if how is None:
            return centred(foreign.pixels, invert=invert)
        return fitted(foreign.pixels, card.shape, how, invert=invert)

    dialog.changed.connect(lambda: dialog.show_preview(seen()))
    dialog.accepted.connect(lambda: take(seen(), ways[dialog.ways.currentIndex()]))
    dialog.finished.connect(dialog.deleteLater)
    dialog.show_preview(seen())
    dialog.open()
