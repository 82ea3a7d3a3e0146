"""Compression from the command line: pictures to `.gsz` files and back. Files on disk, no Qt."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.command.names import card_named, opened
from app.command.output import UsageError, driven, prepared, say
from app.kinds import view_of
from app.kinds.pictures import foreign_of
from app.recipes import files
from app.recipes.files import read_bytes
from app.recipes.pictures import Pixels, to_pixels, to_tensor
from engines.checkpoints.catalog import ROOT, CheckpointError
from engines.data.picture_folder import MOST_SAID, SUFFIXES
from engines.kinds import Pictures
from engines.model import Card
from engines.naming import shortened
from engines.opening import find
from engines.uses.compression.errors import CompressionError

if TYPE_CHECKING:
    from engines.model import Model
    from engines.uses.compression.codec import Compressed
    from engines.uses.compression.container import Header

SUFFIX = ".gsz"
MOST_FILE = 1 << 30
_DIGITS = 4


@dataclass(frozen=True)
class Asked:
    """What is to be compressed: the pictures of a folder, or the first test pictures."""

    model: str
    folder: Path | None
    count: int | None
    groups: int | None = None
    table: bool = False
    """Print what other codecs take for the same pictures."""


def compress(asked: Asked, out: Path, *, root: Path = ROOT) -> tuple[Path, int]:
    """Write the file; returns it, and how many pictures it lacks: each is a line on stderr."""
    if out.suffix.lower() != SUFFIX:
        raise UsageError(f"{out} must end in {SUFFIX}")
    card = card_named(asked.model, root)
    from engines.uses.compression import codec, coders

    if (why := coders.refusal_of_kind(card)) is not None:
        raise CompressionError(why)
    pictures, skipped = _pictures(asked, card)
    prepared(out)
    model = opened(card, "cpu", root)
    x = to_tensor(pictures, card.shape[0])
    together = min(codec.TOGETHER, len(x))
    run = codec.compress(model, x, groups=asked.groups, together=together)
    made = driven(run, card.name)
    files.write_atomically(out, made.raw)
    say(summary(made, card, len(x)))
    if asked.table:
        print_table(made, card, model, pictures)
    return out, skipped


def summary(made: Compressed, card: Card, count: int) -> str:
    """What a file takes, in one sentence."""
    dims = count * math.prod(card.shape)
    things = "1 picture" if count == 1 else f"{count:,} pictures"
    return (
        f"{things}, {len(made.raw):,} bytes: {8 * len(made.raw) / dims:.3f} bits per pixel and "
        f"channel ({sum(made.bits) / dims:.3f} by the model's own probabilities; "
        f"{made.overhead:,} bytes are the header, lengths and checks); {made.method}"
    )


def print_table(made: Compressed, card: Card, model: Model, pictures: Pixels) -> None:
    """Bytes a picture and bits per pixel and channel, beside other codecs, on stdout."""
    from engines.uses.compression import others

    grey = np.ascontiguousarray(pictures[..., 0] if card.shape[0] == 1 else pictures)
    count, dims = len(pictures), pictures.shape[0] * math.prod(card.shape)

    def cells(size: float | None) -> str:
        return f"{'':>19}" if size is None else f"{size / count:9.1f} {8 * size / dims:9.3f}"

    print(f"{'':26}{'one by one':>19}{'stacked':>20}")
    print(f"{'codec':26}" + f"{'bytes':>9} {'bits/dim':>9} " * 2)
    print(f"{card.name:26}{'':>19} {cells(len(made.raw))}")
    print(f"{'  without header, CRCs':26}{cells(sum(made.frames) if made.initial == 0 else None)}")
    print(f"{'  −log₂ p of the coder':26}{cells(sum(made.bits) / 8)}")
    for row in others.rows(grey):
        print(f"{row.name:26}{cells(row.each)} {cells(row.stacked)}")


def _pictures(asked: Asked, card: Card) -> tuple[Pixels, int]:
    """Pictures (n, H, W, 3), and how many of a folder cannot be taken."""
    if asked.folder is not None:
        return _of_folder(asked.folder, card)
    from engines.data import examples

    try:
        levels = examples.pictures(card.data).levels
    except FileNotFoundError:
        raise UsageError(
            f"there are no test pictures of the data '{card.data}' here; say --images FOLDER"
        ) from None
    assert asked.count is not None
    if not 1 <= asked.count <= len(levels):
        raise UsageError(f"--count must lie in 1 … {len(levels)}, got {asked.count}")
    return levels[: asked.count], 0


def _of_folder(folder: Path, card: Card) -> tuple[Pixels, int]:
    """The pictures of a folder as they are: nothing is cropped, scaled or made grey."""
    said = shortened(str(folder))
    if not os.path.isdir(folder):
        raise UsageError(f"{said} is not a folder")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise UsageError(f"there are no pictures in {said}")
    found, faults = [], []
    for path in paths:
        try:
            found.append(_exact(path, card))
        except ValueError as error:
            faults.append(str(error).rstrip("."))
    if not found:
        raise CompressionError(
            f"none of the {len(paths):,} pictures in {said} can be compressed: {faults[0]}"
        )
    for fault in faults[:MOST_SAID]:
        print(f"skipped: {fault}", file=sys.stderr)
    if (more := len(faults) - MOST_SAID) > 0:
        print(f"skipped: {more:,} more", file=sys.stderr)
    return np.stack(found), len(faults)


def _exact(path: Path, card: Card) -> Pixels:
    """A picture (H, W, 3) of the model's size and colours. Raises ValueError in one sentence."""
    picture = foreign_of(path)
    assert isinstance(card.kind, Pictures)
    name, height, width = shortened(path.name, 60), card.kind.height, card.kind.width
    if picture.size != (height, width):
        raise ValueError(
            f"{name} is {picture.size[1]} × {picture.size[0]} pixels large; {card.name} codes "
            f"{width} × {height}, and nothing is lost only where nothing is scaled"
        )
    if card.kind.channels == 1 and not (picture.pixels == picture.pixels[..., :1]).all():
        raise ValueError(f"{name} has colours; {card.name} codes grey pictures")
    return picture.pixels


def decompress(path: Path, out: Path, *, root: Path = ROOT) -> tuple[Path, int]:
    """Write one PNG a picture into a folder; returns it, and how many pictures are lost."""
    from engines.uses.compression import codec

    raw, found = _read(path), {}

    def open_model(header: Header) -> Model:
        card = _card_of(header, root)
        if (why := codec.unreadable(header, card)) is not None:
            raise CompressionError(why)
        assert card is not None
        found["card"] = card
        return opened(card, "cpu", root)

    with _named(path):
        back = driven(codec.decompress(raw, open_model), shortened(path.name))
    prepared(out, is_folder=True)
    pictures, view = to_pixels(back.x), view_of(found["card"])
    digits = max(_DIGITS, len(str(len(pictures))))
    for place, picture in enumerate(pictures):
        if place not in back.lost:
            name = out / f"{place + 1:0{digits}d}.png"
            files.write_atomically(name, _png(picture, view.kind.shape[0]))
    if back.note:
        say(f"{shortened(str(path))}: {back.note}; the others were written")
    return out, len(back.lost)


def _png(picture: Pixels, channels: int) -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture[..., 0] if channels == 1 else picture).save(file, "PNG", optimize=True)
    return file.getvalue()


def info(path: Path, *, root: Path = ROOT) -> tuple[str, bool]:
    """What a file says of itself, and whether this computer can read it; no picture is decoded."""
    from engines.uses.compression import codec, container

    raw = _read(path)
    with _named(path):
        file = container.unpacked(raw)
    header, lost = file.header, codec.lost_of(file)
    why = codec.unreadable(header, _card_of(header, root))
    if why is None:
        why = _tried(header, root)
    channels, height, width = header.shape
    lines = [
        f"model      {header.model}",
        f"weights    sha256 {header.sha256}",
        f"pictures   {header.count:,} of {width} × {height}, {channels} channel"
        + "s" * (channels > 1),
        f"size       {len(raw):,} bytes, "
        f"{8 * len(raw) / (header.count * math.prod(header.shape)):.3f} bits per pixel and channel",
        "arithmetic " + ", ".join(f"{name} {value}" for name, value in header.arithmetic.items()),
        f"here       {'can be read' if why is None else f'cannot be read: {why}'}",
    ]
    if lost:
        lines.append(f"damage     {codec.said_lost(header, lost)}")
    return "\n".join(lines), why is None and len(lost) < header.count


def _tried(header: Header, root: Path) -> str | None:
    """Why the model's probabilities are not the file's here, by a trial; None where they are."""
    from engines.uses.compression import codec

    card = _card_of(header, root)
    assert card is not None
    try:
        codec.reader(header, opened(card, "cpu", root))
    except CompressionError as error:
        return str(error)
    return None


def _card_of(header: Header, root: Path) -> Card | None:
    try:
        return find(header.model, root)
    except CheckpointError:
        return None


def _read(path: Path) -> bytes:
    try:
        return read_bytes(path, MOST_FILE)
    except ValueError as error:
        raise CompressionError(f"{shortened(str(path))} {error}") from error


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Puts the name of a file before what is wrong with it."""
    try:
        yield
    except CompressionError as error:
        raise CompressionError(f"{shortened(str(path))}: {error}") from None
