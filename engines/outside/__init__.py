"""Models that others made: folders of diffusers and models of the hub, as models like any other.

A card is read without torch; diffusers and transformers come in when a model is opened.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engines import naming
from engines.checkpoints.catalog import OUTSIDE, CheckpointError, is_folder
from engines.model import finish
from engines.outside import cards, hub, single
from engines.outside.formats import layout

if TYPE_CHECKING:
    import torch

    from engines.model import Card, Model


def find(name: str) -> Card:
    """The card of a folder or file by its path, or of a model of the hub by its id.

    Raises CheckpointError with one sentence.
    """
    if is_folder(name):
        return card_of(Path(name).expanduser())
    if (file := single.file_of(name)) is not None:
        return finish(single.reading(file))
    if not hub.is_id(name):
        shown = naming.shortened(name)
        raise CheckpointError(f"there is no model '{shown}': no folder, and no Hugging Face id")
    return fetched(name, hub.fetch(name))


def fetched(name: str, folder: Path) -> Card:
    """The card of a model of the hub in the folder it was fetched to. Raises CheckpointError."""
    return finish(layout.reading(layout.read(folder), name))


def glance(name: str) -> Card | None:
    """The card as by `find`, without the sha256 of its files. Fetches nothing.

    None for a model of the hub that is not wholly on this machine. Raises CheckpointError.
    """
    if name.endswith(".toml") and os.path.exists(name):
        return cards.read(Path(name))
    if is_folder(name):
        path = Path(name).expanduser()
        return layout.sketch(layout.read(path), layout.name_of(path))
    if (file := single.file_of(name)) is not None:
        return single.sketch(file)
    if not hub.is_id(name):
        raise CheckpointError(f"{naming.shortened(name)} is not there any more")
    folder = hub.here(name)
    return None if folder is None else layout.sketch(layout.read(folder), name)


def reading(name: str) -> Generator[None, None, Card | None]:
    """The card as by `find`, in steps of some milliseconds: all files are read. Fetches nothing.

    None for a model of the hub that is not wholly on this machine. Raises CheckpointError.
    """
    if name.endswith(".toml"):
        return (yield from cards.reading(Path(name)))
    if (file := single.file_of(name)) is not None:
        return (yield from single.reading(file))
    card = glance(name)
    if card is None:
        return None
    return (yield from layout.reading(layout.read(card.folder), card.name))


def card_of(path: Path) -> Card:
    """The card of a folder, named "outside/<folder>". Raises CheckpointError with one sentence."""
    return finish(layout.reading(layout.read(path), layout.name_of(path)))


def told_apart(card: Card, others: Iterable[Card]) -> Card:
    """A card by a name that no other folder or file has; what is known by one keeps it."""
    if not card.name.startswith(f"{OUTSIDE}/"):
        return card
    names = {other.name: other.folder for other in others}
    mine = [name for name, folder in names.items() if folder == card.folder]
    return replace(card, name=mine[0] if mine else layout.name_of(card.folder, names))


def load(card: Card, device: torch.device) -> Model:
    """The model of a card made by `card_of`. Raises CheckpointError."""
    if card.folder.is_file():
        return single.load(card, device)
    found = layout.read(card.folder)
    if "vae" in found.nets and len(found.nets) == 1:
        from engines.outside import autoencoder

        return autoencoder.load(found, card, device)
    if found.pipeline == layout.GPT:
        from engines.outside import imagegpt

        return imagegpt.load(found, card, device)
    if found.is_text:
        from engines.outside import text

        return text.load(found, card, device)
    if found.family == "latent-diffusion":
        from engines.outside import latents

        return latents.load(found, card, device)
    from engines.outside import pixels

    return pixels.load(found, card, device)
