"""Pictures on their way out: clipboard, files and drags, each with its recipe inside."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Qt, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.kinds import Format
from app.recipes.files import SaveError, write_atomically
from app.recipes.pictures import Pixels, Points, Values
from app.recipes.recipe import Recipe, csv_bytes, file_name, png_bytes, save_png
from app.work.jobs import Jobs, Order
from app.work.lane import Job
from engines.checkpoints.leftovers import TEMPORARY
from engines.kinds import Kind
from widgets.window.messages import Cause, Messages, Severity

DRAG_SIZE = 96


@dataclass(frozen=True)
class Saved:
    """How many files are written."""

    done: int
    total: int


class Export(QObject):
    """Where a person wants pictures to go. Remembers the last folder; errors become messages."""

    def __init__(self, messages: Messages, jobs: Jobs, window: QWidget) -> None:
        super().__init__(window)
        self.folder = str(Path.home())
        self._messages, self._jobs, self._window = messages, jobs, window
        self._dragged = Path(tempfile.mkdtemp(prefix=TEMPORARY))
        # a dropped file must outlive the drag, but not the window
        window.destroyed.connect(lambda: shutil.rmtree(self._dragged, ignore_errors=True))

    def copy_picture(self, picture: Pixels, recipe: Recipe) -> None:
        """Put the picture on the clipboard, as an image and as a PNG with its recipe."""
        mime = QMimeData()
        mime.setImageData(_image(picture))
        mime.setData("image/png", png_bytes(picture, recipe))
        QGuiApplication.clipboard().setMimeData(mime)
        self._messages.tell("Picture copied.", severity=Severity.NOTE)

    def copy_text(self, text: str, what: str) -> None:
        """Put text on the clipboard; `what` names it in the note."""
        QGuiApplication.clipboard().setText(text)
        self._messages.tell(f"{what} copied.", severity=Severity.NOTE)

    def save_picture(self, picture: Pixels, recipe: Recipe) -> None:
        """Ask for a place and write the PNG there."""
        if path := self._ask(file_name(recipe), "PNG picture (*.png)"):
            self._write(path, png_bytes(picture, recipe))

    def save_examples(self, values: Values, recipe: Recipe, formats: tuple[Format, ...]) -> None:
        """Ask for a place and write examples (n, …), by its suffix or else in the first format."""
        filters = ";;".join(form.filter for form in formats)
        if path := self._ask(file_name(recipe, formats[0].suffix), filters):
            chosen = [form for form in formats if form.suffix == path.suffix.lower()]
            self._write(path, (chosen or list(formats))[0].pack(values, recipe))

    def save_bytes(self, raw: bytes, name: str) -> None:
        """Ask for a place and write a PNG that is ready."""
        if path := self._ask(name, "PNG picture (*.png)"):
            self._write(path, raw)

    def save_points(self, points: Points, recipe: Recipe) -> None:
        """Ask for a place and write points (n, D) as comma-separated values."""
        if path := self._ask(file_name(recipe, ".csv"), "Comma-separated values (*.csv)"):
            self._write(path, csv_bytes(points, recipe))

    def save_values(self, name: str, kinds: str, bytes_for: Callable[[Path], bytes]) -> None:
        """Ask for a place and write what `bytes_for` makes of it: its suffix tells the format."""
        if path := self._ask(name, kinds):
            self._write(path, bytes_for(path))

    def save_each(
        self, values: Values, whole: Recipe, batch: int, form: Format, kind: Kind
    ) -> None:
        """Ask for a folder and queue the writing of every example with its own recipe."""
        asks = f"Save every {kind.thing}"
        folder = file_dialogs.open_folder(self._window, asks, self.folder)
        if not folder:
            return
        self.folder = str(folder)
        order = Order(
            f"Save {len(values)} {kind.things}",
            str(folder),
            _save_each(values, whole, batch, folder, form),
            lambda saved: (saved.done, saved.total),
            done=lambda saved: self._messages.tell(
                f"{saved.done} {kind.things} saved in {folder}.", severity=Severity.NOTE
            ),
        )
        self._jobs.submit(order)

    def drag(self, source: QWidget, picture: Pixels, recipe: Recipe) -> None:
        """Let the picture be dropped elsewhere, as a file and as an image."""
        path = self._dragged / file_name(recipe)
        try:
            save_png(path, picture, recipe)
        except SaveError as error:
            self._messages.tell(str(error), about=Cause.SAVING)
            return
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        mime.setImageData(_image(picture))
        drag = QDrag(source)
        drag.setMimeData(mime)
        mode = Qt.TransformationMode.FastTransformation
        size = Qt.AspectRatioMode.KeepAspectRatio
        pixmap = QPixmap.fromImage(_image(picture))
        drag.setPixmap(pixmap.scaled(DRAG_SIZE, DRAG_SIZE, size, mode))
        drag.exec(Qt.DropAction.CopyAction)

    def _ask(self, name: str, kinds: str) -> Path | None:
        chosen = file_dialogs.save_file(self._window, "Save", str(Path(self.folder) / name), kinds)
        if chosen is not None:
            self.folder = str(chosen.parent)
        return chosen

    def _write(self, path: Path, raw: bytes) -> None:
        try:
            write_atomically(path, raw)
        except SaveError as error:
            self._messages.settle(Cause.SAVING)
            self._messages.tell(str(error), about=Cause.SAVING)
        else:
            self._messages.settle(Cause.SAVING)
            self._messages.tell(f"Saved {path}.", severity=Severity.NOTE)


def _save_each(values: Values, whole: Recipe, batch: int, folder: Path, form: Format) -> Job:
    def job() -> Generator[Saved, None, Saved]:
        digits = len(str(whole.first + len(values) - 1))
        for i in range(len(values)):
            recipe = whole.picture(whole.first + i, batch)
            raw = form.pack(values[i : i + 1], recipe)
            write_atomically(folder / file_name(recipe, form.suffix, digits=digits), raw)
            yield Saved(i + 1, len(values))
        return Saved(len(values), len(values))

    return job


def _image(picture: Pixels) -> QImage:
    """A deep copy: the array may go away."""
    height, width, _ = picture.shape
    return QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
