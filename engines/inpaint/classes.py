"""The class of each draw where none is asked: drawn first, from a reader of the known pixels.

p(x_m | x_o) = Σ_c p(c | x_o) p(x_m | x_o, c): networks were trained mostly under a class, and their
label for "any" knows far less. Data without a reader keep that label.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines import classifier
from engines.inpaint.method import Hole
from engines.model import Knob, Knobs, Model
from engines.nets.classifier import through
from engines.noise import Streams, choose

ANY, READER = 0.0, 1.0
CLASS = Knob(
    "class", "Where no class is asked", READER, ANY, READER, 1,
    "A reader trained on pictures with holes says p(class | known pixels), and each draw takes its "
    "class from it before it is filled: what is said of the method holds given the class. “Any” is "
    "the label that the model was trained with for pictures of no class in particular, a tenth of "
    "the time.",
    choices=("the model's “any”", "a reader draws it"),
)  # fmt: skip
_STREAM = 0xC1A55
"""Classes have streams of their own: asking for one must not change the noise."""


def reads(data: str) -> bool:
    """Whether there is a reader of this data set's pictures through holes."""
    return classifier.exists(f"{data}{classifier.HOLES}")


def first(method: str, knobs: Knobs, model: Model) -> str:
    """The words for a method that may draw the class first, where the data have a reader."""
    if knobs.get("class") != READER or not reads(model.card.data):
        return method
    return f"class by a reader if none is asked; {method}"


def classes(hole: Hole, draws: range | None = None) -> Tensor:
    """The class index of some draws, or of all: (n,) int64.

    Raises CheckpointError where the reader's weights are not what its card says.
    """
    part = range(hole.count) if draws is None else draws
    asked = hole.label < len(hole.model.labels)
    if asked or hole.knobs.get("class") != READER or not reads(hole.card.data):
        return torch.full((len(part),), hole.label)
    return choose(_belief(hole), Streams(hole.seed ^ _STREAM, part).uniform())


@torch.no_grad()
def _belief(hole: Hole) -> Tensor:
    """log p(c | x_o) of the reader: (classes,) float64."""
    reader = classifier.open_classifier(f"{hole.card.data}{classifier.HOLES}")
    scores: Tensor = reader(through(hole.picture[None], hole.known))
    return scores[0].double().log_softmax(0)
