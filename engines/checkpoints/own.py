"""The user's own models: kept beside the shipped ones, renamed, removed, exported and imported.

Each is a card and its weights in `own_models()`, called "<data set>/<name>". A name is never that
of a shipped model, and a data set's models are all of one shape and as many classes. No torch.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import tomli_w

from engines.checkpoints import archive, disk, files
from engines.checkpoints.catalog import (
    DATA_TITLES,
    OUTSIDE,
    ROOT,
    CheckpointError,
    catalog,
    own_models,
    own_root,
    read_card,
    reason,
    scan,
    table_of,
)
from engines.checkpoints.leftovers import FILE_AGE, TEMPORARY
from engines.model import Card, finish
from engines.naming import is_part, last, listed, part_of, shortened, unused


def cards() -> tuple[Card, ...]:
    """Every readable card of the user's own."""
    return scan(own_models())[0]


def card(name: str) -> Card:
    """The card of one of the user's own models. Raises CheckpointError where there is none."""
    with _said(name):
        path = _path(name)
        if path is not None and path.is_file():
            return read_card(path)
    raise CheckpointError(_unknown(name))


def add(given: Card, weights: Path | bytes, root: Path = ROOT) -> Card:
    """Keep a model; the card as it was kept. `weights` are safetensors, in a file or in memory.

    `given.data` and `given.name` are what it should be called: it gets a number where another is
    called so. Raises CheckpointError where it cannot be kept, or is not what `given.sha256` says.
    """
    data = _data_for(given, root)
    wished = part_of(last(given.name), given.family)
    with _said(given.name):
        folder = own_models() / data
        folder.mkdir(parents=True, exist_ok=True)
        taken = [last(each.name) for each in catalog(root) if each.data == data]
        taken += [path.stem for path in folder.iterdir()]
        target = _reserved(folder, wished, taken)
        try:
            with disk.replacing(target) as file:
                if isinstance(weights, bytes):
                    file.write(weights)
                else:
                    with weights.open("rb") as source:
                        shutil.copyfileobj(source, file, 1 << 20)
            found = files.sha256_of(target)
            if given.sha256 not in ("", found):
                raise CheckpointError(f"{given.name}: the weights are not those of its card")
            files.safetensors_header(target)
            made = replace(
                given,
                folder=folder,
                name=f"{data}/{target.stem}",
                data=data,
                weights=target.name,
                sha256=found,
            )
            return _written(made)
        except BaseException:
            _forget(folder, target.stem)
            raise


def remove(name: str) -> int:
    """Delete a model, card and weights, for good; the bytes that came free."""
    with _said(name):
        path = _path(name)
        if path is None or not path.is_file():
            raise CheckpointError(_unknown(name))
        # a damaged card is removed, too, with what bears its name
        return _forget(path.parent, path.stem)


def rename(name: str, new: str, root: Path = ROOT) -> Card:
    """Call a model otherwise: `new` is a name, or "<data set>/<name>"; the card as it is then.

    Raises CheckpointError where the name is taken or impossible, or the data set has models of
    another shape.
    """
    old = card(name)
    data, slash, stem = new.partition("/")
    if not slash:
        data, stem = old.data, new
    made = f"{data}/{stem}"
    for part in (data, stem):
        if not is_part(part):
            raise CheckpointError(
                f"a model cannot be called '{shortened(new)}': a name has up to 64 letters a to z, "
                "digits, dots, dashes and underscores"
            )
    taken = {each.name.casefold() for each in catalog(root)} - {name.casefold()}
    if made.casefold() in taken or made == name:
        raise CheckpointError(f"there is a model '{made}' already; choose another name")
    if not _fits(old, data, root, besides=name):
        raise CheckpointError(
            f"the models of '{shortened(data)}' are of another shape or have other classes than "
            f"{name}; choose another name for its data"
        )
    with _said(name):
        folder = own_models() / data
        folder.mkdir(parents=True, exist_ok=True)
        moved = replace(old, folder=folder, name=made, data=data, weights=f"{stem}.safetensors")
        same = _same_file(old.folder / old.weights, folder / moved.weights)
        if not same:  # whatever happens then, one of the two is whole
            _linked(files.beside(old.folder, old.weights), folder / moved.weights)
        _written(moved)
        if not _same_file(old.folder / f"{last(name)}.toml", folder / f"{stem}.toml"):
            (old.folder / f"{last(name)}.toml").unlink()
        if not same:
            _forget(old.folder, last(name))
    return moved


def exporting(name: str, path: Path) -> Generator[None, None, Path]:
    """Write a model to one file that `importing` reads elsewhere, in steps; the file.

    Raises CheckpointError where there is no such model, OSError where it cannot be written.
    """
    yield
    yield from archive.writing(card(name), path)
    return path


def export(name: str, path: Path) -> Path:
    """`exporting` in one go."""
    return finish(exporting(name, path))


def importing(path: Path, root: Path = ROOT) -> Generator[None, None, Card]:
    """Take in a model that was exported, in steps; its card here.

    Raises CheckpointError with one sentence for whatever is wrong with the file.
    """
    yield
    with _said(path.name):
        own_models().mkdir(parents=True, exist_ok=True)
        _clean()
        with tempfile.TemporaryDirectory(prefix=f".{TEMPORARY}", dir=own_models()) as folder:
            found = yield from archive.unpacking(path, Path(folder))
            return add(found, found.folder / found.weights, root)


def import_file(path: Path, root: Path = ROOT) -> Card:
    """`importing` in one go."""
    return finish(importing(path, root))


def disk_use() -> int:
    """Bytes of all that the user's own models and data sets take."""
    total = 0
    for place, _, names in os.walk(own_root()):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def size(own: Card) -> int:
    """Bytes of one model on disk."""
    total = 0
    for name in (own.weights, f"{last(own.name)}.toml"):
        with suppress(OSError):
            total += (own.folder / name).stat().st_size
    return total


def _path(name: str) -> Path | None:
    """Where the card of a model of this name would be; None for an impossible name."""
    data, _, stem = name.partition("/")
    good = is_part(data) and is_part(stem)
    return own_models() / data / f"{stem}.toml" if good else None


def _unknown(name: str) -> str:
    mine = listed(each.name for each in cards())
    return f"there is no model '{shortened(name)}' of your own; there are: {mine}"


def _data_for(given: Card, root: Path) -> str:
    """The data set that a model is kept under: the one it names, where it is like its models."""
    wanted = part_of(given.data, "data")
    made, number = wanted, 1
    while not _fits(given, made, root):
        number += 1
        made = f"{wanted}-{number}"
    return made


def _fits(given: Card, data: str, root: Path, besides: str = "") -> bool:
    """Whether a model can stand beside those of a data set."""
    if data.casefold() == OUTSIDE:
        return False
    beside = [
        each
        for each in catalog(root)
        if each.data.casefold() == data.casefold() and each.name != besides
    ]
    if not beside:
        return data.casefold() not in DATA_TITLES
    return all(
        (each.data, each.shape, len(each.labels)) == (data, given.shape, len(given.labels))
        for each in beside
    )


def _reserved(folder: Path, wished: str, taken: list[str]) -> Path:
    """An empty file for weights under a name that nobody has, also of those who ask at once."""
    while True:
        path = folder / f"{unused(wished, taken)}.safetensors"
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            taken.append(path.stem)
        else:
            return path


def _written(made: Card) -> Card:
    """Write the card of a model whose weights are there; the card as it is read from then on."""
    path = made.folder / f"{last(made.name)}.toml"
    disk.write_atomically(path, tomli_w.dumps(table_of(made)).encode())
    try:
        return read_card(path)
    except CheckpointError:
        path.unlink()
        raise


def _linked(source: Path, target: Path) -> None:
    """The same weights under another name; a copy where the disk has no links."""
    try:
        os.link(source, target)
    except FileExistsError as error:
        raise CheckpointError(f"there is a file {target} already; choose another name") from error
    except OSError:
        with disk.replacing(target) as file, source.open("rb") as read:
            shutil.copyfileobj(read, file, 1 << 20)


def _same_file(one: Path, other: Path) -> bool:
    """Whether two names are one file, as "a" and "A" are on some disks."""
    with suppress(OSError):
        return one.samefile(other)
    return False


def _clean() -> None:
    """Delete what an import that was killed has left, a day later."""
    for path in own_models().glob(f".{TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > FILE_AGE:
                shutil.rmtree(path)


def _forget(folder: Path, stem: str) -> int:
    """Delete the card and the weights of a name, and the folder with the last of them."""
    freed = 0
    for suffix in (".toml", ".safetensors"):  # never a card without its weights
        path = folder / f"{stem}{suffix}"
        with suppress(FileNotFoundError):
            freed += path.lstat().st_size
            path.unlink()
    with suppress(OSError):
        folder.rmdir()  # it stays where anything else lies in it
    return freed


@contextmanager
def _said(what: str) -> Iterator[None]:
    """What the system refuses becomes one sentence."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise CheckpointError(f"'{shortened(what)}': {reason(error)}{where}") from error
