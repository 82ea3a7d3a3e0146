"""Writing cards: only what makes or measures checkpoints does."""

from __future__ import annotations

import tomli_w

from engines.checkpoints.catalog import table_of
from engines.checkpoints.disk import write_atomically
from engines.model import Card


def write_card(card: Card) -> None:
    """Write the card beside its weights."""
    path = card.folder / f"{card.family}.toml"
    write_atomically(path, tomli_w.dumps(table_of(card)).encode())
