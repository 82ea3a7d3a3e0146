"""Cards from outside: a small toml beside a weights file says what network the weights are of.

    architecture = "dcgan"          # or family = "…" for a family that a plug-in brings
    data = "faces"                  # models of the same data stand side by side
    shape = [3, 64, 64]
    weights = "weights.pt"          # safetensors, or a state dict by torch.save
    entry = "netG_state_dict"       # where in the file, if not at its top
    [sizes]
    latent = 100
    width = [512, 256, 128, 64]

Reading needs no torch; nothing is allocated before the card is known to fit into memory.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.checkpoints import budget, files
from engines.checkpoints.catalog import CheckpointError, attributes_of, kind_of, reason
from engines.kinds import of_shape
from engines.model import Card, batch_of, finish
from engines.outside.architectures import ARCHITECTURES, largest_batch
from engines.outside.formats.table import Table

if TYPE_CHECKING:
    import torch

    from engines.model import Model

MAX_CARD = 64 << 10
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FLOAT = 4
_BESIDE = ("latent_avg",)
"""What a training saves next to the weights that it belongs to: the mean style of a StyleGAN2."""


def of_architecture(card: Card) -> bool:
    """Whether a card names a network from elsewhere, not a family with weights of its own kind."""
    return card.name.endswith(".toml") and card.net.get("architecture") in ARCHITECTURES


def read(path: Path, limit: int | None = None) -> Card:
    """`reading` in one go."""
    return finish(reading(path, limit))


def reading(path: Path, limit: int | None = None) -> Generator[None, None, Card]:
    """Read and check a card and the file beside it, in steps; the card's name is its full path.

    Raises CheckpointError with one sentence, also where the model would take more than `limit`
    bytes of memory (half of the computer's if not given).
    """
    path, table = path.absolute(), Table(_parsed(path), path)
    card, known = _card(table, path), ARCHITECTURES.get(table.text("architecture", ""))
    inner = table.table("sizes")
    if known is None:
        sizes = inner.rest()
        if "architecture" in sizes:
            raise inner.fault("architecture", "given at the top of the card")
    else:
        sizes = known.read(inner, card.shape) | {"architecture": table.text("architecture")}
        inner.close()
        count = known.parameters(sizes)
        batch = largest_batch(known.values(sizes), batch_of(card))
        budget.check(_FLOAT * count + batch, f"the network of {path}", limit)
        card = replace(card, parameters=count)
    weights = files.beside(path.parent, card.weights)
    budget.check(weights.stat().st_size, str(weights), limit)
    entry = table.text("entry", "")
    table.close()
    found = yield from files.hashing(weights)
    if card.sha256 not in ("", found):
        raise CheckpointError(f"{weights} is not the file that the card describes (its sha256)")
    return replace(card, sha256=found, net=sizes | ({"entry": entry} if known else {}))


def load(card: Card, device: torch.device) -> Model:
    """Open the model of a card from outside. Raises CheckpointError with one sentence."""
    from engines.outside.formats import state_dicts

    path = files.beside(card.folder, card.weights)
    if files.sha256_of(path) != card.sha256:
        raise CheckpointError(f"{path} has changed since its card was read; open it again")
    tensors = state_dicts.load(path, card.net["entry"], beside=_BESIDE)
    return ARCHITECTURES[card.net["architecture"]].build(card, tensors, device)


def _parsed(path: Path) -> dict[str, Any]:
    raw = files.read_limited(path, MAX_CARD)
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and toml's are ValueErrors
        said = f"the card {path} cannot be read: {reason(error)}"
        raise CheckpointError(said) from error


def _card(table: Table, path: Path) -> Card:
    """The fields that every card has."""
    architecture, family = table.text("architecture", ""), table.text("family", "")
    if bool(architecture) == bool(family):
        raise CheckpointError(f"the card {path} needs either 'architecture' or 'family'")
    if architecture:
        family = ARCHITECTURES[table.choice("architecture", ARCHITECTURES, "")].family
    sha256 = table.text("sha256", "")
    if sha256 and not _SHA256.fullmatch(sha256):
        raise table.fault("sha256", "64 hexadecimal digits")
    shape, labels = table.wholes("shape", 1, 8192, most=3), table.texts("labels", 10_000)
    told: dict[str, Any] = {"shape": shape, "labels": labels}
    if not architecture:  # a plug-in may bring a kind of data of its own
        told |= table.given("kind", "attributes")
    if len(shape) == 2 and "kind" not in told:
        raise table.fault("shape", "[dimensions] or [channels, height, width]")
    return Card(
        folder=path.parent,
        name=str(path),
        family=family,
        data=table.text("data", path.stem, most=64),
        kind=kind_of(told, path) if "kind" in told else of_shape(tuple(shape)),
        attributes=attributes_of(told, path),
        weights=table.text("weights"),
        sha256=sha256,
        parameters=0,
        seed=0,
        recipe=table.text("title", "From outside"),
        licence=table.text("licence", "not stated"),
    )
