"""One model as one file: a zip of a card, its weights and their hashes, not packed.

    card.toml              as in the catalogue, with weights = "weights.safetensors"
    weights.safetensors
    SHA256SUMS             of the two, as sha256sum writes it

What comes in is checked before a byte of it is believed: nothing is unpickled, nothing is written
under a name that the file chooses, and nothing is larger than the file itself.
"""

from __future__ import annotations

import hashlib
import re
import struct
import tomllib
import zipfile
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import tomli_w

from engines.checkpoints import budget, disk, files
from engines.checkpoints.catalog import CheckpointError, read_card, reason, table_of
from engines.model import Card
from engines.naming import is_part

SUFFIX = ".genscope"
CARD, WEIGHTS, SUMS = "card.toml", "weights.safetensors", "SHA256SUMS"
_MOST = {CARD: 256 << 10, SUMS: 1 << 10}
"""Bytes of what is no weights."""
_BLOCK = 8 << 20
_END, _DIRECTORY, _LARGEST = 22, 1 << 10, (1 << 32) - 1
"""Bytes of a zip's last record, of the list of three members, and of a file without extensions."""
_SUM = re.compile(r"([0-9a-f]{64}) [ *](\S+)")
_THEN = (1980, 1, 1, 0, 0, 0)
"""The date of the members: the same model is the same file."""


def writing(card: Card, path: Path) -> Generator[None, None, None]:
    """Write a model to one file, whole or not at all, in steps.

    Raises CheckpointError where its weights are not those of the card, OSError where the file
    cannot be written.
    """
    weights = files.beside(card.folder, card.weights)
    described = tomli_w.dumps(table_of(replace(card, weights=WEIGHTS))).encode()
    sums = f"{hashlib.sha256(described).hexdigest()}  {CARD}\n{card.sha256}  {WEIGHTS}\n"
    whole = hashlib.sha256()
    if weights.stat().st_size > _LARGEST - (1 << 20):
        raise CheckpointError(f"{card.name} is too large for one file: its weights have 4 GB")
    with (
        disk.replacing(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False) as archive,
    ):
        archive.writestr(zipfile.ZipInfo(CARD, _THEN), described)
        archive.writestr(zipfile.ZipInfo(SUMS, _THEN), sums)
        with weights.open("rb") as source, archive.open(_weights(weights), "w") as target:
            while block := source.read(_BLOCK):
                whole.update(block)
                target.write(block)
                yield
        if whole.hexdigest() != card.sha256:
            raise CheckpointError(
                f"{card.name} was not exported: its weights {weights} are not those of its card"
            )


def _weights(path: Path) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(WEIGHTS, _THEN)
    info.file_size = path.stat().st_size
    return info


def unpacking(path: Path, folder: Path) -> Generator[None, None, Card]:
    """Check such a file and lay its card and weights below `folder`, in steps; the card there.

    Raises CheckpointError with one sentence for whatever is wrong with it.
    """
    _check_end(path)
    budget.check(path.stat().st_size, str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path)
            sums = _sums(archive.read(SUMS), path)
            described = archive.read(CARD)
            if hashlib.sha256(described).hexdigest() != sums[CARD]:
                raise CheckpointError(
                    f"{path} is damaged: its card is not the one that was written"
                )
            place = _laid(described, path, folder)
            card = read_card(place)
            if card.weights != WEIGHTS or card.sha256 != sums[WEIGHTS]:
                raise CheckpointError(f"{path} is damaged: its card is of other weights")
            found, whole = place.with_name(WEIGHTS), hashlib.sha256()
            with archive.open(WEIGHTS) as source, found.open("xb") as target:
                while block := source.read(_BLOCK):
                    whole.update(block)
                    target.write(block)
                    yield
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise CheckpointError(f"{path} is cut off or damaged") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be imported: {reason(error)}") from error
    if whole.hexdigest() != card.sha256:
        raise CheckpointError(f"{path} is damaged: its weights are not those of its card (sha256)")
    if sum(entry.size for entry in files.safetensors_header(found).values()) == 0:
        raise CheckpointError(f"{path} holds weights without a number in them")
    return card


def _check_end(path: Path) -> None:
    """Look at a zip's last record before its list is read: how long that is, is said there."""
    foreign = CheckpointError(
        f"{path} is no model that Genscope exported, or it is cut off: those are made by "
        f"'models export' and end in {SUFFIX}"
    )
    try:
        if not path.is_file():
            raise CheckpointError(f"{path} is missing or is not a file")
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - _END - 20))
            last = file.read()
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {reason(error)}") from error
    if len(last) < _END or last[-_END:][:4] != b"PK\5\6" or b"PK\6\7" in last[:-_END]:
        raise foreign
    disks, at, here, count, length, start, comment = struct.unpack("<4HLLH", last[-_END:][4:])
    if (disks, at, here, count, comment) != (0, 0, 3, 3, 0):
        raise foreign
    if length > _DIRECTORY or start + length + _END != size:
        raise foreign


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """The three members, each once, as they are and not packed."""
    members = archive.infolist()
    if sorted(member.filename for member in members) != sorted((CARD, WEIGHTS, SUMS)):
        shown = ", ".join(sorted(ascii(member.filename)[1:60] for member in members))
        raise CheckpointError(f"{path} holds other files than a model's: {shown}")
    for member in members:
        stored = member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1
        if not stored or member.file_size != member.compress_size:
            raise CheckpointError(f"{path}: {member.filename} is packed or encrypted; not opened")
        if member.file_size > _MOST.get(member.filename, _LARGEST):
            raise CheckpointError(f"{path}: {member.filename} is too long")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise CheckpointError(f"{path} unpacks to more than it holds; not opened")


def _sums(raw: bytes, path: Path) -> dict[str, str]:
    """The hash of each member by its name."""
    found = {}
    for line in raw.decode("ascii", "replace").splitlines():
        if match := _SUM.fullmatch(line):
            found[match[2]] = match[1]
    if set(found) != {CARD, WEIGHTS}:
        raise CheckpointError(f"{path} is damaged: {SUMS} does not name its two files")
    return found


def _laid(described: bytes, path: Path, folder: Path) -> Path:
    """Write the card where its name says, below `folder`; only plain names are followed."""
    try:
        name = tomllib.loads(described.decode()).get("name")
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: its card cannot be read") from error
    parts = name.split("/") if isinstance(name, str) else []
    if len(parts) != 2 or not all(map(is_part, parts)):
        raise CheckpointError(f"{path}: its card has an impossible name, {ascii(name)[:60]}")
    place = folder / parts[0] / f"{parts[1]}.toml"
    place.parent.mkdir(parents=True)
    place.write_bytes(described)
    return place
