"""The door of the engines: from a name to a card, from a card to a model.

Finding a card needs no torch; only `open_model` does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from engines import naming
from engines.checkpoints import promises
from engines.checkpoints.catalog import (
    DATA_TITLES,
    OUTSIDE,
    ROOT,
    CheckpointError,
    catalog,
    is_folder,
    names,
    own_models,
    read_card,
)
from engines.model import Card

if TYPE_CHECKING:
    import torch

    from engines.model import Model


def find(name: str, root: Path = ROOT) -> Card:
    """The card of a model by name, such as "mnist/flow", shipped or the user's own.

    The path of a card from outside is a name, too. Raises CheckpointError when there is none or
    it cannot be read.
    """
    if name.endswith(".toml"):
        if not os.path.exists(name):
            raise CheckpointError(f"there is no card '{naming.shortened(name)}'")
        from engines.outside import cards

        return cards.read(Path(name))
    data, _, last = name.partition("/")
    for home in (root, own_models()):
        path = home / data / f"{last}.toml"
        if os.path.isfile(path) and path.resolve().parent.parent == home.resolve():
            return read_card(path)
    raise CheckpointError(missing(name, (card.name for card in catalog(root))))


def missing(name: str, known: Iterable[str]) -> str:
    """One sentence: there is no such model, and which was probably meant or which there are."""
    every, data = list(known), name.partition("/")[0]
    none = f"there is no model '{naming.shortened(name)}'"
    if near := naming.nearest_models(name, every):
        return f"{none}; {naming.guessed(near)}"
    every.sort(key=lambda each: not each.startswith(f"{data}/"))
    return f"{none}; the catalogue has: {naming.listed(every)}"


def locate(name: str, root: Path = ROOT) -> Card:
    """The card of a model that a person names: as `find`, or from outside.

    That is a folder of diffusers or a file of weights by its path, or a model of the hub by its
    id, which is fetched where it is not here. Names in files of others go to `find`, which fetches
    nothing. Raises CheckpointError.
    """
    if is_outside(name, root):
        from engines import outside

        return outside.find(name)
    return find(name, root)


def is_outside(name: str, root: Path = ROOT) -> bool:
    """Whether a name is the path of a folder or of weights, or the id of a model of the hub.

    The names of our own data sets are never looked for on the hub, nor is what a slip of the hand
    makes of the name of a model here.
    """
    data, slash, last = name.partition("/")
    known = set(names(root))
    if name.endswith(".toml") or name in known:
        return False
    if is_folder(name) or _is_weights(name):
        return True
    ours = data == OUTSIDE or data in DATA_TITLES or os.path.isdir(root / data)
    if ours or not (slash and data and last) or "/" in last:
        return False
    return not naming.nearest_models(name, known)


def _is_weights(name: str) -> bool:
    from engines.outside import single

    return single.file_of(name) is not None


def open_model(name: str | Card, device: str | torch.device = "cpu", root: Path = ROOT) -> Model:
    """Load a checkpoint by card, or by what `locate` finds. Raises CheckpointError.

    What the model then gives is finite, or its runs raise NotFiniteError.
    """
    import torch  # it comes in here

    from engines.finite import guarded
    from engines.registry import loader, recommended

    card = name if isinstance(name, Card) else locate(name, root)
    model = guarded(recommended(loader(card)(card, torch.device(device))))
    promises.remember(model)
    return model
