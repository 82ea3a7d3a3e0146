"""The door of the engines: from a name to a card, from a card to a model.

Finding a card needs no torch; only `open_model` does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engines.catalog import DATA_TITLES, OUTSIDE, ROOT, CheckpointError, catalog, read_card
from engines.model import Card

if TYPE_CHECKING:
    import torch

    from engines.model import Model


def find(name: str, root: Path = ROOT) -> Card:
    """The card of a model by name, such as "mnist/flow".

    The path of a card from outside is a name, too. Raises CheckpointError when there is none or
    it cannot be read.
    """
    if name.endswith(".toml"):
        from engines.outside import cards

        return cards.read(Path(name))
    data, _, family = name.partition("/")
    path = root / data / f"{family}.toml"
    if path.resolve().parent.parent != root.resolve() or not path.is_file():
        known = ", ".join(card.name for card in catalog(root)) or "none"
        raise CheckpointError(f"there is no model '{name}'; the catalogue has: {known}")
    return read_card(path)


def locate(name: str, root: Path = ROOT) -> Card:
    """The card of a model that a person names: as `find`, or from outside.

    That is a folder of diffusers by its path, or a model of the hub by its id, which is fetched
    where it is not here. Names in files of others go to `find`, which fetches nothing. Raises
    CheckpointError.
    """
    if is_outside(name, root):
        from engines import outside

        return outside.find(name)
    return find(name, root)


def is_outside(name: str, root: Path = ROOT) -> bool:
    """Whether a name is the path of a folder, or the id of a model of the hub.

    The names of our own data sets are never looked for on the hub.
    """
    data, slash, family = name.partition("/")
    if name.endswith(".toml") or (root / data / f"{family}.toml").is_file():
        return False
    if Path(name).expanduser().is_dir():
        return True
    ours = data == OUTSIDE or data in DATA_TITLES or (root / data).is_dir()
    return bool(slash and data and family) and not ours and "/" not in family


def open_model(name: str | Card, device: str | torch.device = "cpu", root: Path = ROOT) -> Model:
    """Load a checkpoint by card, or by what `locate` finds. Raises CheckpointError."""
    import torch  # it comes in here

    from engines.families import loader, recommended

    card = name if isinstance(name, Card) else locate(name, root)
    return recommended(loader(card)(card, torch.device(device)))
