"""The class of each draw where none is asked: drawn first, given the known pixels.

p(x_m | x_o) = Σ_c p(c | x_o) p(x_m | x_o, c): networks were trained mostly under a class, and their
label for "any" knows far less. The model's own p(c | x_o) ∝ p(c) p(x_o | c) is cheap for some; a
separate reader of pictures with holes stands in for the others. It knows digits better than most
models do, and so is not theirs: what a method says of itself then holds given the class alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from engines.drawing import class_indices
from engines.inpaint.method import Hole
from engines.model import Exactness, Knob, Knobs, Model, Procedure
from engines.noise import Streams, choose
from engines.readers import classifier
from engines.readers.net import through

ANY, READER, OWN = 0.0, 1.0, 2.0
SEPARATE_READER, OWN_POSTERIOR = "a separate classifier", "the model's own posterior"
CLASS = Knob(
    "class",
    "If class is Any",
    READER,
    ANY,
    READER,
    1,
    (
        "A separate classifier, trained on pictures with holes, gives p(class | known pixels); "
        "each sample takes its class from it before it is filled. The badge of the method then "
        "holds given the class. “Any” is the label for no class in particular, with which the "
        "model was trained a tenth of the time."
    ),
    choices=("the model's “any”", "a separate classifier picks one"),
)
OWN_CLASS = replace(
    CLASS,
    default=OWN,
    maximum=OWN,
    help=(
        f"{CLASS.help} The model's own p(class | known pixels) ∝ p(known pixels | class), all "
        "classes being equally likely before, is used where it is cheap; elsewhere the "
        "classifier."
    ),
    choices=(*CLASS.choices, "the model picks one where it can"),
)
"""The same for models whose own p(x_o | c) is cheap, for some holes at least."""
_STREAM = 0xC1A55
"""Classes have streams of their own: asking for one must not change the noise."""

Evidence = Callable[[], Tensor]
"""log p(x_o | c) of the model for every class: (classes,) in nats."""


def reads(data: str) -> bool:
    """Whether there is a reader of this data set's pictures through holes."""
    return classifier.exists(f"{data}{classifier.HOLES}")


def source(knobs: Knobs, model: Model, *, cheap: bool = False) -> float:
    """Who draws the class where none is asked: ANY for nobody, READER, or OWN for the model.

    `cheap` says whether the model's own is at hand for the hole.
    """
    asked = knobs.get("class", ANY)
    if asked == OWN and cheap and model.labels:
        return OWN
    return READER if asked != ANY and reads(model.card.data) else ANY


def asked_of(knobs: Knobs, label: int | None) -> Knobs:
    """The knobs in force for a class that is asked, or None: one that is asked is not drawn."""
    return knobs if label is None or "class" not in knobs else {**knobs, "class": ANY}


def classed(
    procedure: Procedure, knobs: Knobs, model: Model, *, cheap: bool = False, rough: str = ""
) -> Procedure:
    """The standing of a method that may draw the class first: the weaker one of the two.

    `rough` says what is not exact in the model's own class, if anything.
    """
    by, before = source(knobs, model, cheap=cheap), procedure.exactness
    if by == ANY:
        return procedure
    who = OWN_POSTERIOR if by == OWN else SEPARATE_READER
    said = f"class from {who} if none is chosen"
    procedure = replace(procedure, class_from=who)
    if by == OWN and not rough:
        return replace(procedure, method=f"{said}; {procedure.method}")
    if before is not Exactness.HEURISTIC:
        said = f"{before.value} given the class; {said}"
    said = f"{said}, {rough}" if by == OWN else said
    return replace(procedure, exactness=Exactness.HEURISTIC, method=f"{said}; {procedure.method}")


def classes(hole: Hole, draws: range | None = None, own: Evidence | None = None) -> Tensor:
    """The class index of some draws, or of all: (n,) int64, or values of attributes (n, k).

    `own` is the model's evidence, None where it is not at hand. Raises CheckpointError where the
    reader's weights are not what its card says.
    """
    part = range(hole.count) if draws is None else draws
    by = source(hole.knobs, hole.model, cheap=own is not None)
    if not hole.model.labels or hole.label < len(hole.model.labels) or by == ANY:
        return hole.labels(len(part))
    log_p = own().double() if own is not None and by == OWN else _belief(hole)
    return choose(log_p.log_softmax(0), Streams(hole.seed ^ _STREAM, part).uniform())


def is_asked(hole: Hole, labels: Tensor) -> bool:
    """Whether these conditions, as of `classes`, ask for anything."""
    return bool((labels != class_indices(hole.card, None, len(labels))).any())


@torch.no_grad()
def _belief(hole: Hole) -> Tensor:
    """log p(c | x_o) of the reader: (classes,) float64."""
    reader = classifier.open_classifier(f"{hole.card.data}{classifier.HOLES}")
    scores: Tensor = reader(through(hole.picture[None], hole.known))
    return scores[0].double().log_softmax(0)
