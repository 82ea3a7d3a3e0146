"""Pictures on their way in: files, drops and the clipboard, each re-made from its recipe."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from PySide6.QtCore import QMimeData, QObject, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from app.exchange import file_dialogs
from app.exchange.export import Export
from app.recipes import figure
from app.recipes.files import WORKSPACE
from app.recipes.packing import read_ahead
from app.recipes.recipe import MAX_TEXT, NoRecipe, Recipe, RecipeError, read_png
from app.work.channels import Channels
from app.work.lane import Failure, Job
from engines import naming
from engines.checkpoints import archive
from engines.facts.tasks import Task
from engines.outside import single
from widgets.window.messages import Action, Cause, Messages, Severity

_WHOLE = (".toml", WORKSPACE, archive.SUFFIX, *single.SUFFIXES)
"""Files that are no examples: models and workspaces."""
_NAME = re.compile(r"\S*([./\\]\S|[_\d])")
"""A first word with a dot, a slash, an underscore or a digit inside."""

Source: TypeAlias = Path | bytes | QImage | str
"""A file, the bytes of one, a picture of another program, or a recipe as text."""
Take: TypeAlias = Callable[[Path | bytes], object]


@dataclass(frozen=True, eq=False)
class Bare:
    """A picture without a recipe, and the sentence for when nobody wants it."""

    source: Path | bytes
    said: str


@dataclass(frozen=True)
class Folder:
    """A folder, a card, a file of weights or a workspace."""

    path: Path


Found: TypeAlias = Recipe | tuple[Recipe, ...] | Bare | Folder | str
"""What a source is: several recipes are those of a figure; a text says why it is nothing."""


class Intake(QObject):
    """Reads recipes and hands them to `restore`, those of a figure together; what cannot be
    followed becomes a message.

    A picture without a recipe goes to `adopt`, which says whether anybody wants it, a folder, a
    card or a file of weights to `take_folder`. Files are read on a thread of its own: neither the
    window nor the models wait for them.
    """

    def __init__(
        self,
        restore: Callable[[tuple[Recipe, ...]], None],
        adopt: Callable[[Path | bytes], bool],
        take_folder: Callable[[Path], None],
        export: Export,
        messages: Messages,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._restore, self._adopt, self._window = restore, adopt, window
        self._take_folder = take_folder
        self._export, self._messages = export, messages
        self.pending = 0
        """How many gestures are still being read."""
        self._wanted: dict[int, tuple[tuple[Source, ...], Take]] = {}
        """By ticket: what is wanted as a picture, and by whom."""
        self._lane = Channels(self, name="lane of files")
        self._lane.queue.done.connect(self._receive)
        self._lane.queue.failed.connect(self._refuse)

    def close(self, timeout: float) -> bool:
        """Read nothing more; whether all of it had ended after so many seconds."""
        return self._lane.close(timeout)

    def open_files(self, paths: Iterable[str | Path]) -> None:
        """Re-make the pictures of these files, the last one staying on show."""
        self._read(tuple(map(Path, paths)))

    def open_pictures(self, take: Take, paths: Iterable[str | Path]) -> None:
        """As `open_files`, but hand a single saved picture to `take`, and offer its recipe."""
        self._read(tuple(map(Path, paths)), take)

    @Slot()
    def ask(self) -> None:
        """Let a person choose a file."""
        path = file_dialogs.open_file(
            self._window,
            "Open a picture saved by Genscope",
            self._export.folder,
            "Pictures and figures (*.png *.svg *.pdf);;All files (*)",
        )
        if path:
            self.open_files([path])

    @Slot()
    def paste(self) -> None:
        """Re-make what is on the clipboard: a picture copied here, a file, or a recipe as text."""
        mime = QGuiApplication.clipboard().mimeData()
        image = mime.imageData() if mime.hasImage() else None
        if accepts(mime):
            self.take(mime)
        elif isinstance(image, QImage):
            self._read((image,))
        else:
            self._read((mime.text(),))

    def follow(self, text: str) -> None:
        """Re-make a recipe that is known as text."""
        self._read((text,))

    def take(self, mime: QMimeData) -> None:
        """Re-make what was dropped."""
        if mime.hasUrls():
            self.open_files(url.toLocalFile() or url.toString() for url in mime.urls())
        else:
            self._read((bytes(mime.data("image/png").data()),))

    def _read(self, sources: tuple[Source, ...], take: Take | None = None) -> None:
        if sources:
            self.pending += 1
            ticket = self._lane.queue.submit(reading(sources))
            if take is not None:
                self._wanted[ticket] = sources, take

    @Slot(int, object)
    def _receive(self, ticket: int, found: tuple[Found, ...]) -> None:
        self.pending -= 1
        self._messages.settle(Cause.OPENING)
        sources, take = self._wanted.pop(ticket, ((), None))
        for place, each in enumerate(found):
            match each:
                case Recipe(index=int()) if take is not None:
                    source = sources[place]
                    assert isinstance(source, Path)
                    take(source)
                    self._offer(each, source.name)
                case Recipe():
                    self._follow((each,))
                case tuple():
                    self._follow(each)
                case Bare() if not self._adopt(each.source):
                    self._messages.tell(each.said, about=Cause.OPENING)
                case Folder():
                    self._take_folder(each.path)
                case str():
                    self._messages.tell(each, about=Cause.OPENING)

    def _offer(self, recipe: Recipe, name: str) -> None:
        """Say that a picture has a recipe, which nobody has followed."""
        where = Task(recipe.task).tab
        self._messages.tell(
            f"{name} holds its recipe: {recipe.model}, seed {recipe.seed}, sample {recipe.index}.",
            severity=Severity.NOTE,
            about=Cause.RECIPE,
            action=Action(
                "Make again",
                f"Make this picture again in {where}, with all settings that it was made with.",
                lambda: self._follow((recipe,)),
            ),
        )

    @Slot(int, object)
    def _refuse(self, ticket: int, failure: Failure) -> None:
        self.pending -= 1
        self._wanted.pop(ticket, None)
        self._messages.settle(Cause.OPENING)
        self._messages.tell(sentence(failure.sentence), failure.details, about=Cause.OPENING)

    def _follow(self, recipes: tuple[Recipe, ...]) -> None:
        try:
            self._restore(recipes)
        except RecipeError as error:
            self._messages.tell(sentence(str(error)), about=Cause.OPENING)


def reading(sources: tuple[Source, ...]) -> Job:
    """A job that returns what each of these is, in their order."""

    def job() -> Generator[None, None, tuple[Found, ...]]:
        found = []
        for source in sources:
            found.append(_found(source))
            yield
        return tuple(found)

    return job


def _found(source: Source) -> Found:
    if isinstance(source, Path) and (source.suffix.lower() in _WHOLE or source.is_dir()):
        return Folder(source)
    try:
        if isinstance(source, str):
            if len(source) > MAX_TEXT:
                raise RecipeError("the text on the clipboard is too long for a recipe")
            return _whole(Recipe.from_json(source))
        file = png_of(source) if isinstance(source, QImage) else source
        film = isinstance(file, Path) and file.suffix.lower() == ".mp4"
        if film and (several := figure.read(file)) is not None:
            return tuple(map(_whole, several))
        try:
            return _whole(read_png(file))
        except NoRecipe as error:
            if (recipes := figure.read(file)) is not None:
                return tuple(map(_whole, recipes))
            return Bare(file, sentence(str(error), _name(source)))
    except RecipeError as error:
        return sentence(str(error), _name(source))


def _whole(recipe: Recipe) -> Recipe:
    """The recipe, whose pictures the window then finds decoded. Raises RecipeError."""
    read_ahead(recipe)
    return recipe


def _name(source: Source) -> str:
    return source.name if isinstance(source, Path) else ""


def sentence(text: str, *names: str) -> str:
    """The text with a capital in front and a full stop behind, unless it asks.

    What begins with one of `names`, or with a word that only a file or a model can be called, keeps
    its case: "a.csv" is not "A.csv". Endless words lose their middle, and so do endless texts.
    """
    named = _NAME.match(text) or any(name and text.startswith(name) for name in names)
    first = text[:1] if named else text[:1].upper()
    said = naming.within(naming.readable(first + text[1:]), naming.LONGEST - 1)
    return said + "." * (not said.endswith((".", "?")))


def accepts(mime: QMimeData) -> bool:
    """Whether this may hold a picture with its recipe."""
    return mime.hasUrls() or mime.hasFormat("image/png")


def png_of(image: QImage) -> bytes:
    """The image of another program's clipboard as the bytes of a PNG, empty where it has none."""
    from PIL import Image

    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    if plain.isNull():
        return b""
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1, 4)
    with io.BytesIO() as file:
        pixels = np.ascontiguousarray(rows[:, : plain.width()])
        Image.fromarray(pixels).save(file, "PNG", compress_level=1)
        return file.getvalue()
