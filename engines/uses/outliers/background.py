"""Models of the background: the same net, trained on pictures of which some pixels are random.

Such a model knows what pictures look like in general and little of what they show, so that the
ratio of both likelihoods is about what is shown: Ren et al. 2019, "Likelihood Ratios for
Out-of-Distribution Detection", section 3.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from engines.checkpoints.catalog import CheckpointError, read_card
from engines.model import Card, Model
from engines.opening import open_model

ROOT = Path(__file__).resolve().parents[3] / "assets" / "background"


def card_of(card: Card) -> Card | None:
    """The card of a model's background, by family, data and net; None where none was trained."""
    path = ROOT / card.data / f"{card.family}.toml"
    if not path.is_file():
        return None
    try:
        found = read_card(path)
    except CheckpointError:
        return None
    return found if (found.shape, found.net) == (card.shape, card.net) else None


def of(model: Model) -> Model | None:
    """A model's background, on the processor; None where none was trained."""
    card = card_of(model.card)
    return None if card is None else _opened(card.folder / f"{card.family}.toml", card.sha256)


@lru_cache(maxsize=2)
def _opened(path: Path, sha256: str) -> Model:
    """By its weights, too: they may be trained anew while a window is open."""
    return open_model(read_card(path))
