"""The picture that the density tab looks at: a held-out example, one from elsewhere, or a file."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog

from app.channels import Channels
from app.export import Export
from app.files import read_bytes
from app.fitting import MAX_FILE, Foreign, fitted, read
from app.lane import Failure, Job
from app.pictures import Pixels
from engines.model import Card
from widgets.messages import Messages
from widgets.picture_pages import PicturePages

if TYPE_CHECKING:
    from engines.examples import Pictures

FIRST = 3


@dataclass(frozen=True, eq=False)
class Examples:
    """The held-out pictures of a data set, None where there are none."""

    data: str
    pictures: Pictures | None


class PictureSource(QObject):
    """`changed` when the picture is another one."""

    changed = Signal()

    def __init__(
        self, view: PicturePages, channels: Channels, export: Export, messages: Messages
    ) -> None:
        super().__init__(view)
        self.picture: Pixels | None = None
        self.examples: Examples | None = None
        self._view, self._export, self._messages = view, export, messages
        self._card: Card | None = None
        self._place = FIRST
        self._look, self._read = (channels.open(f"density: {k}") for k in ("examples", "file"))
        self._look.stepped.connect(self._take)
        self._read.stepped.connect(lambda foreign: self.adopt(foreign.pixels, foreign.name))
        self._read.failed.connect(self._refuse)
        view.source.stepped.connect(self.step)
        view.source.class_changed.connect(self._first_of_class)
        view.source.opened.connect(self._ask)

    def show(self, card: Card) -> None:
        """Offer pictures for models like this one."""
        if self._card is None or self._card.data != card.data:
            self.picture = None
            self._look.submit(_look(card.data))
        self._card = card

    def adopt(self, picture: Pixels, title: str) -> None:
        """Look at this picture, brought to the shape of the models."""
        if self._card is None:
            return
        self.picture = fitted(picture, self._card.shape)
        self._view.box.set_picture(self.picture)
        self._view.source.set_title(title)
        self.changed.emit()

    def open(self, source: Path | bytes) -> None:
        """Read a picture file, or what was pasted."""
        self._read.submit(_reading(source))

    def three(self) -> list[Pixels]:
        """The picture, and two examples after it of other classes: corners of a plane."""
        found = self.examples.pictures if self.examples else None
        if self.picture is None or found is None:
            return []
        chosen, seen = [self.picture], {found.labels[self._place]}
        for place in range(self._place + 1, self._place + len(found.labels)):
            at = place % len(found.labels)
            if found.labels[at] not in seen:
                seen.add(found.labels[at])
                chosen.append(found.levels[at])
            if len(chosen) == 3:
                break
        return chosen

    @Slot(object)
    def _take(self, found: Examples) -> None:
        if self._card is None or found.data != self._card.data:
            return
        self.examples = found
        self._view.source.set_classes(found.pictures.classes if found.pictures else ())
        if found.pictures is not None and self.picture is None:
            self._show(FIRST)

    @Slot(int)
    def step(self, by: int) -> None:
        """The next (1) or previous (-1) example of the class chosen, going round."""
        places = self._places()
        ahead = [place for place in places if (place - self._place) * by > 0]
        edge = ahead or places
        if edge:
            self._show(min(edge) if by > 0 else max(edge))

    @Slot()
    def _first_of_class(self) -> None:
        if places := self._places():
            self._show(places[0])

    def _places(self) -> list[int]:
        if self.examples is None or self.examples.pictures is None:
            return []
        wanted = self._view.source.chosen_class()
        return [i for i, c in enumerate(self.examples.pictures.labels) if wanted in (None, c)]

    def _show(self, place: int) -> None:
        if self.examples is None or self.examples.pictures is None:
            return
        self._place, shown = place, self.examples.pictures
        label = shown.classes[shown.labels[place]]
        self.adopt(shown.levels[place], f"Test picture {shown.indices[place]:,}, class {label}")

    @Slot()
    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self._view, "Open a picture", self._export.folder,
            "Pictures (*.png *.jpg *.jpeg *.bmp *.webp *.gif *.tif *.tiff *.ppm *.pgm)",
        )  # fmt: skip
        if path:
            self.open(Path(path))

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._messages.tell(failure.sentence)


def _look(data: str) -> Job:
    def job() -> Generator[Examples, None, None]:
        from engines import examples  # torch comes in here

        try:
            yield Examples(data, examples.pictures(data))
        except FileNotFoundError:
            yield Examples(data, None)

    return job


def _reading(source: Path | bytes) -> Job:
    def job() -> Generator[Foreign, None, None]:
        if isinstance(source, bytes):
            yield read(source, "The pasted picture")
            return
        try:
            raw = read_bytes(source, MAX_FILE)
        except ValueError as error:
            raise ValueError(f"{source.name} {error}; choose another picture.") from error
        yield read(raw, source.name)

    return job
