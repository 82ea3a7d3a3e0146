"""Masks of the in-painting tab to and from files: PNGs of one bit a pixel, white is unknown."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.inpainting.pictures.source import Source
from app.recipes.files import read_bytes
from app.tab.parts import Parts
from app.work.lane import Failure, Job
from engines.data import masks
from engines.data.fitting import MAX_FILE
from engines.data.masks import Reading
from widgets.inpainting.picture_desk import PictureDesk
from widgets.mask import file as mask_file
from widgets.window.messages import Cause, Severity


@dataclass(frozen=True, eq=False)
class Opened:
    """What the file of this name marks."""

    name: str
    reading: Reading


class MaskFiles(QObject):
    """Import and export of the tool bar."""

    def __init__(self, desk: PictureDesk, source: Source, parts: Parts, window: QWidget) -> None:
        super().__init__(desk)
        self._source, self._canvas, self._window = source, desk.canvas, window
        self._export, self._messages = parts.export, parts.messages
        self._read = parts.channels.open("in-painting: mask")
        self._read.stepped.connect(self._take)
        self._read.failed.connect(self._refuse)
        desk.editor.tools.import_wanted.connect(self.ask)
        desk.editor.tools.export_wanted.connect(self.save)

    @Slot()
    def ask(self) -> None:
        """Let a person choose a file to take the mask from."""
        path = file_dialogs.open_file(
            self._window, "Open a mask", self._export.folder, "PNG pictures (*.png)"
        )
        if path:
            self.open(path)

    def open(self, path: Path) -> None:
        """Take the mask from a file; what cannot be taken is refused with a sentence."""
        self._read.submit(reading(path))

    @Slot(object)
    def _take(self, opened: Opened | str) -> None:
        self._messages.settle(Cause.OPENING)
        if isinstance(opened, str):
            self._messages.tell(opened, about=Cause.OPENING)
            return
        try:
            size, photo = self._canvas.picture_size(), self._source.photo
            found = masks.sized(opened.reading, opened.name, size, photo)
        except ValueError as error:
            self._messages.tell(str(error), about=Cause.OPENING)
            return
        self._canvas.apply(found.mask)
        if found.notes:
            severity = Severity.NOTE if found.exact else Severity.WARNING
            said = " ".join(found.notes)
            self._messages.tell(said, severity=severity, about=Cause.OPENING)

    @Slot(object)
    def _refuse(self, failure: Failure) -> None:
        self._messages.tell(failure.sentence, about=Cause.OPENING)

    @Slot()
    def save(self) -> None:
        """Ask for a place and write the mask there."""
        if self._canvas.has_picture():
            self._export.save_bytes(mask_file.to_png(self._canvas.mask()), "mask.png")


def reading(path: Path) -> Job:
    """A job that yields what is Opened of a file, or why nothing is, which is no fault to log."""

    def job() -> Generator[Opened | str, None, None]:
        try:
            raw = read_bytes(path, MAX_FILE)
        except ValueError as error:
            yield f"{path.name} {error}; choose another mask."
            return
        try:
            yield Opened(path.name, masks.read(raw, path.name))
        except ValueError as error:
            yield str(error)

    return job
