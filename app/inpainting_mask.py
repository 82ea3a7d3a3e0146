"""Masks of the in-painting tab to and from files: PNGs of one bit a pixel, white is unknown."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from app.export import Export
from app.files import read_bytes
from engines.fitting import MAX_FILE
from widgets import mask_file
from widgets.inpainting_tab import InpaintingTab
from widgets.messages import Messages, Severity


class MaskFiles(QObject):
    """Import and export of the tool bar."""

    def __init__(self, tab: InpaintingTab, export: Export, messages: Messages) -> None:
        super().__init__(tab)
        self._tab, self._export, self._messages = tab, export, messages
        tab.editor.tools.import_wanted.connect(self.ask)
        tab.editor.tools.export_wanted.connect(self.save)

    @Slot()
    def ask(self) -> None:
        """Let a person choose a file to take the mask from."""
        path, _ = QFileDialog.getOpenFileName(
            self._tab, "Open a mask", self._export.folder, "PNG pictures (*.png)"
        )
        if path:
            self.open(Path(path))

    def open(self, path: Path) -> None:
        """Take the mask from a file; one of another size is refused with a sentence."""
        try:
            reading = mask_file.from_png(read_bytes(path, MAX_FILE))
        except mask_file.NotAMask as error:
            self._messages.tell(f"{path.name}: {error}")
            return
        except ValueError as error:
            self._messages.tell(f"{path.name} {error}.")
            return
        canvas = self._tab.canvas
        if reading.mask.shape != canvas.picture_size():
            rows, columns = canvas.picture_size()
            given = f"{reading.mask.shape[1]} × {reading.mask.shape[0]}"
            self._messages.tell(
                f"{path.name} has {given} pixels; a mask of this picture has {columns} × {rows}."
            )
            return
        canvas.apply(reading.mask)
        if not reading.exact:
            note = f"{path.name} has more than black and white: it was cut at half grey."
            self._messages.tell(note, severity=Severity.WARNING)

    @Slot()
    def save(self) -> None:
        """Ask for a place and write the mask there."""
        if self._tab.canvas.has_picture():
            self._export.save_bytes(mask_file.to_png(self._tab.canvas.mask()), "mask.png")
