"""Which parts a model has, as far as that is known before it is opened: by its card alone.

A table for the families that come with Genscope; of a plug-in's model it is known once one of its
card has been opened. The parts of the open model have the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engines.checkpoints.catalog import is_foreign
from engines.kinds import Value
from engines.model import Card, Model

_OWN: Mapping[str, str] = MappingProxyType(
    {
        "vae": "density latents posterior",
        "gan": "latents generator",
        "autoregressive": "density latents conditionals|axes",
        "any-order": "density latents conditionals|axes",
        "flow": "density latents bijection",
        "diffusion": "density latents denoise",
        "latent-diffusion": "density latents decoded",
        "energy": "density latents energy",
        "mfa": "density components",
        "kde": "density components kernels",
    }
)
"""What models of a family have; of two with a stroke between, that of symbols or of numbers."""
_OUTSIDE: Mapping[str, str] = MappingProxyType(
    {"vae": "latents codec", "latent-diffusion": "latents codec pipeline"}
)
"""The same of models from outside, where they have others."""
FILLED = frozenset(
    {
        "denoise",
        "conditionals",
        "axes",
        "energy",
        "posterior",
        "decoded",
        "generator",
        "bijection",
        "components",
        "pipeline",
    }
)
"""The parts of which each has in-painting methods."""
_opened: dict[tuple[str, str], frozenset[str]] = {}


def parts_of(card: Card) -> frozenset[str] | None:
    """The names of the parts, as `Model.part_names`; None where nothing is known yet."""
    told = _OUTSIDE.get(card.family) if is_foreign(card) else None
    told = told or _OWN.get(card.family)
    if told is None:
        return _opened.get((card.name, card.sha256))
    names = told.split()
    numbers = int(card.kind.value is Value.REAL)
    return frozenset(name.split("|")[numbers] if "|" in name else name for name in names)


def remember(model: Model) -> None:
    """Know from now on what models of this card have."""
    _opened[model.card.name, model.card.sha256] = model.part_names
