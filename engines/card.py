"""What is known of a checkpoint before it is loaded: its card, and what may be asked of it.

Knows nothing of files; `engines.checkpoints.catalog` reads and writes cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from engines import naming
from engines.kinds import Kind

Given: TypeAlias = Mapping[str, str]
"""A condition: values of attributes by their names. A missing attribute is left open."""
NOTHING: Given = MappingProxyType({})
CLASS = "class"
"""The attribute whose values are the classes of a model that has no other."""


@dataclass(frozen=True)
class Attribute:
    """One thing that may be asked of an example: its name and the values it can have."""

    name: str
    values: tuple[str, ...]


def class_attributes(labels: tuple[str, ...]) -> tuple[Attribute, ...]:
    """The attributes of a model with these classes; none for none."""
    return (Attribute(CLASS, labels),) if labels else ()


@dataclass(frozen=True)
class Card:
    """What is known of one checkpoint without loading it: the toml beside the weights in `folder`.

    `kind` says what an example is. `attributes` are what samples may be asked to be, none for an
    unconditional model; `figures` are measured by the evaluate command, never written by hand.
    """

    folder: Path
    name: str
    family: str
    data: str
    kind: Kind
    attributes: tuple[Attribute, ...]
    weights: str
    sha256: str
    parameters: int
    seed: int
    recipe: str
    licence: str
    net: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    recommended: Mapping[str, float] = field(default_factory=dict)
    """Values of knobs at which samples look best: the defaults of the opened model."""
    replaces: tuple[str, ...] = ()
    """sha256 of earlier weights that these answer like on their data: samples of those, saved with
    a recipe, are re-made with these."""
    format: int = 1
    """Of the file it was read from, after what older ones lack was filled in."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.kind.shape

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes: the values of the only attribute, where it is called "class"."""
        if len(self.attributes) == 1 and self.attributes[0].name == CLASS:
            return self.attributes[0].values
        return ()

    def codes(self, given: Given) -> tuple[int, ...]:
        """The place of each attribute's value, len(values) for one left open.

        Raises ValueError for an attribute or a value that the model does not have.
        """
        known = {attribute.name: attribute for attribute in self.attributes}
        for name, value in given.items():
            if name not in known:
                offer = naming.offered(name, known, "its attributes")
                raise ValueError(f"{self.name} has no attribute '{name}'; {offer}")
            if value not in known[name].values:
                offer = naming.offered(value, known[name].values, "it has")
                raise ValueError(f"{self.name} has no {name} '{value}'; {offer}")
        return tuple(
            each.values.index(given[each.name]) if each.name in given else len(each.values)
            for each in self.attributes
        )


def batch_of(card: Card) -> int:
    """Examples that the engines draw together, as `Kind.batch` says."""
    return card.kind.batch
