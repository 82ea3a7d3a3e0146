"""Pictures on their way in: files, drops and the clipboard, each re-made from its recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from app.exchange.export import Export
from app.recipes.recipe import NoRecipe, Recipe, RecipeError, read_png
from engines.outside import single
from widgets.window.messages import Messages

_MODELS = (".toml", *single.SUFFIXES)


class Intake(QObject):
    """Reads recipes and hands them to `restore`; what cannot be followed becomes a message.

    A picture without a recipe goes to `adopt`, which says whether anybody wants it, a folder, a
    card or a file of weights to `take_folder`.
    """

    def __init__(
        self, restore: Callable[[Recipe], None], adopt: Callable[[Path | bytes], bool],
        take_folder: Callable[[Path], None], export: Export, messages: Messages, window: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._restore, self._adopt, self._window = restore, adopt, window
        self._take_folder = take_folder
        self._export, self._messages = export, messages

    def open_files(self, paths: Iterable[str | Path]) -> None:
        """Re-make the pictures of these files, the last one staying on show."""
        for path in paths:
            self._take(Path(path))

    @Slot()
    def ask(self) -> None:
        """Let a person choose a file."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open a picture saved by Genscope", self._export.folder,
            "PNG pictures (*.png)",
        )  # fmt: skip
        if path:
            self.open_files([path])

    @Slot()
    def paste(self) -> None:
        """Re-make what is on the clipboard: a picture copied here, a file, or a recipe as text."""
        mime = QGuiApplication.clipboard().mimeData()
        if accepts(mime):
            self.take(mime)
        elif mime.hasImage():
            self._take(png_of(mime))
        else:
            self._follow(lambda: Recipe.from_json(mime.text()))

    def take(self, mime: QMimeData) -> None:
        """Re-make what was dropped."""
        if mime.hasUrls():
            self.open_files(url.toLocalFile() or url.toString() for url in mime.urls())
        else:
            self._take(bytes(mime.data("image/png").data()))

    def _take(self, source: Path | bytes) -> None:
        """Re-make a picture, or hand it over where it has no recipe and somebody wants it."""
        if isinstance(source, Path) and (source.is_dir() or source.suffix.lower() in _MODELS):
            self._take_folder(source)
            return
        try:
            recipe = read_png(source)
        except NoRecipe as error:
            if not self._adopt(source):
                self._messages.tell(sentence(str(error)))
        except RecipeError as error:
            self._messages.tell(sentence(str(error)))
        else:
            self._follow(lambda: recipe)

    def _follow(self, read: Callable[[], Recipe]) -> None:
        try:
            self._restore(read())
        except RecipeError as error:
            self._messages.tell(sentence(str(error)))


def sentence(text: str) -> str:
    """The text with a capital in front and a full stop behind, unless it asks."""
    return text[:1].upper() + text[1:] + "." * (not text.endswith((".", "?")))


def accepts(mime: QMimeData) -> bool:
    """Whether this may hold a picture with its recipe."""
    return mime.hasUrls() or mime.hasFormat("image/png")


def png_of(mime: QMimeData) -> bytes:
    """The image of another program's clipboard as the bytes of a PNG, empty where it is none."""
    image, buffer = mime.imageData(), QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if isinstance(image, QImage):
        image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
