"""Samples and held-out examples as features, in which they are compared.

Of pictures they are those of the data set's own classifier, of points their coordinates.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from engines.data import examples
from engines.data.own import DataError
from engines.kinds import Pictures
from engines.model import Card, Model, SampleRequest, Step, Steps, batch_of, own_knobs
from engines.readers import classifier, features
from engines.readers.net import Classifier


def real_features(card: Card, count: int) -> tuple[Tensor, Tensor]:
    """Of `count` held-out examples and of as many others: (count, F) each.

    Raises DataError where there are none, or no classifier that reads them.
    """
    reader = _reader(card)
    if reader is None:
        x = examples.held_out_points(card.data, 2 * count).double()
        return x[:count], x[count:]
    levels = examples.held_out(card.data).levels[: 2 * count, ..., : card.kind.shape[0]]
    x = torch.from_numpy(levels.copy()).permute(0, 3, 1, 2).float() / 127.5 - 1
    seen, _ = features.look(reader, x)
    return seen[:count], seen[count:]


def features_of(model: Model, count: int, seed: int) -> Generator[Step, None, Tensor]:
    """Features (count, F) of samples of the model's own distribution."""
    reader, size, parts = _reader(model.card), batch_of(model.card), []
    knobs = own_knobs(model.knobs)
    for first in range(0, count, size):
        request = SampleRequest(min(size, count - first), seed, knobs=knobs, first=first)
        steps = Steps(model.sample(request))
        for step in steps:
            yield Step(first, count, step.guess)
        parts.append(steps.result)
        yield Step(first + len(steps.result), count)
    x = torch.cat(parts)
    return x.flatten(1).double() if reader is None else features.look(reader, x)[0]


def _reader(card: Card) -> Classifier | None:
    if not isinstance(card.kind, Pictures):
        return None
    if not classifier.exists(card.data):
        raise DataError(
            f"samples of {card.name} cannot be compared: no classifier reads the data '{card.data}'"
        )
    return classifier.open_classifier(card.data)
