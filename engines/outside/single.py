"""Models that are one file: generators of NVlabs' code open, others are named and refused.

Which of them a file is, is told by what it holds, never by running it.
"""

from __future__ import annotations

import os
import pickletools
import zipfile
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engines.checkpoints import budget, files
from engines.checkpoints.catalog import OUTSIDE, CheckpointError
from engines.kinds import of_shape
from engines.model import Card, batch_of, finish
from engines.outside.architectures import ARCHITECTURES, largest_batch
from engines.outside.formats import nvlabs, storages
from engines.outside.formats.layout import name_of

if TYPE_CHECKING:
    import torch

    from engines.model import Model

SUFFIXES = (".safetensors", ".ckpt", ".pt", ".pth", ".tar", ".bin", ".pkl")
ALONE = (".safetensors", ".ckpt", ".pkl")
"""Files that say themselves what they are; others hold weights that a card names."""
_MAX_WORDS = 8 << 20
_FLOAT = 4
_LORA = ("lora_", ".lora", "lora.", "hada_w", "lokr_")
_UNET = "model.diffusion_model."
_XL = "conditioner.embedders."


def file_of(name: str) -> Path | None:
    """The file of weights that a name, which may begin with "~", is the path of; never raises."""
    # the methods of Path raise for names that are too long, and for homes that nobody has
    path = os.path.expanduser(name)
    return Path(path) if path.lower().endswith(SUFFIXES) and os.path.isfile(path) else None


def sketch(path: Path, name: str = "") -> Card:
    """The card of a file without its sha256. Raises CheckpointError with one sentence."""
    return finish(_sketching(path.absolute(), name))


def reading(path: Path, name: str = "") -> Generator[None, None, Card]:
    """The card of a file, in steps of some milliseconds. Raises CheckpointError."""
    path = path.absolute()
    card = yield from _sketching(path, name)
    sha256 = yield from files.hashing(path)
    return replace(card, sha256=sha256)


def load(card: Card, device: torch.device) -> Model:
    """The model of a card made by `reading`. Raises CheckpointError."""
    from engines.outside.formats import state_dicts

    if files.sha256_of(card.folder) != card.sha256:
        raise CheckpointError(f"{card.folder} has changed since it was read; open it again")
    found = finish(nvlabs.reading(card.folder))
    tensors = state_dicts.made(found.tensors, str(card.folder))
    return ARCHITECTURES[card.net["architecture"]].build(card, tensors, device)


def _sketching(path: Path, name: str) -> Generator[None, None, Card]:
    _check_pickle(path)
    found = yield from nvlabs.reading(path)
    known = ARCHITECTURES["stylegan2"]
    card = Card(
        folder=path,
        name=name or name_of(path),
        family=known.family,
        data=f"{OUTSIDE} {' × '.join(map(str, found.shape))}",
        kind=of_shape(found.shape),
        attributes=(),
        weights="",
        sha256="",
        parameters=known.parameters(dict(found.sizes)),
        seed=0,
        recipe=f"StyleGAN2 generator '{found.entry}' of NVlabs' code, trained elsewhere",
        licence="not named",
        net={**found.sizes, "architecture": "stylegan2", "entry": found.entry},
    )
    batch = largest_batch(known.values(dict(found.sizes)), batch_of(card))
    budget.check(_FLOAT * card.parameters + batch, f"the network of {path}")
    return card


def _check_pickle(path: Path) -> None:
    """Raise CheckpointError with what a file is, if it is not a plain pickle."""
    try:
        with path.open("rb") as file:
            start = file.read(len(storages.MAGIC))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if start[8:9] == b"{":
        raise CheckpointError(_of_names(path, tuple(files.safetensors_header(path))))
    if start[:2] == b"PK":
        raise CheckpointError(_of_names(path, _texts(path)))
    if start == storages.MAGIC or start[:1] != b"\x80":
        raise CheckpointError(_of_names(path, ()))


def _of_names(path: Path, names: tuple[str, ...]) -> str:
    """What the weights in a file are, and what to do about it."""
    if any(part in name for name in names for part in _LORA):
        return (
            f"{path} is a LoRA: it changes another model and makes nothing by itself; fuse "
            "it into that model with diffusers (load_lora_weights, fuse_lora, "
            "save_pretrained), and open the folder"
        )
    if any(name.startswith(_UNET) for name in names):
        kind = "StableDiffusionXL" if any(n.startswith(_XL) for n in names) else "StableDiffusion"
        return (
            f"{path} is a one-file checkpoint without its settings and words; make a folder of it "
            f"once with diffusers, {kind}Pipeline.from_single_file(FILE).save_pretrained(FOLDER), "
            "and open the folder"
        )
    return (
        f"{path} holds only weights: write a card beside it that describes their network "
        "(docs/outside.md), and open the card"
    )


def _texts(path: Path) -> tuple[str, ...]:
    """The texts in the pickle of a torch archive, names of tensors among them; nothing is run."""
    found: list[str] = []
    with (
        suppress(
            OSError,
            ValueError,
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            IndexError,
            KeyError,
            OverflowError,
            EOFError,
        ),
        zipfile.ZipFile(path) as archive,
    ):
        name = next((n for n in archive.namelist() if n.endswith("data.pkl")), "")
        with archive.open(name) as file:
            raw = file.read(_MAX_WORDS)
        for code, argument, _ in pickletools.genops(raw):
            if "UNICODE" in code.name:
                found.append(str(argument))
    return tuple(found)
