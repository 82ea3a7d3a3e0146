"""How good samples look to an independent reader: agreement, Fréchet, precision, coverage, copies.

In the features of our own classifier, not of an Inception network: compare only among themselves.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor

from engines.model import NO_KNOBS, Knobs, Model, SampleRequest, batch_of, finish, own_knobs
from engines.readers.classifier import open_classifier
from engines.readers.features import compared, look, nearest
from engines.readers.net import Classifier
from engines.training.datasets import DataSet

Figures: TypeAlias = Mapping[str, Mapping[str, Any]]

_NEAREST_OF = _OWN_OF = 1_000
_REPORT_EVERY = 15.0
_SEED = 0


@dataclass(frozen=True)
class Reference:
    """What samples are held against: the data as the classifier sees them, and the floors.

    `floor` has the figures of real test pictures in place of samples: what chance alone costs.
    """

    data: DataSet
    reader: Classifier
    seen: Tensor
    floor: Mapping[str, float]

    @property
    def count(self) -> int:
        """How many samples it compares."""
        return len(self.seen)


def reference(data: DataSet, reader: Classifier | None = None, count: int = 10_000) -> Reference:
    """Look at the data once for all models of one command.

    Raises CheckpointError when the data set has no classifier.
    """
    reader = reader or open_classifier(data.name)
    seen, _ = look(reader, data.train.x[:count])
    test = data.test.x[:count]
    test_seen, read = look(reader, test)
    floor = {
        "label_agreement": _share(read == data.test.labels[: len(test)]),
        **compared(seen, test_seen),
        "nearest_training": _nearest(test, data),
    }
    return Reference(data, reader, seen, floor)


def sample_quality(model: Model, against: Reference) -> Figures:
    """Figures of class-conditional samples, each beside its floor: test against training.

    Raises ValueError for a model without classes.
    """
    if not model.labels:
        raise ValueError(f"{model.card.name} has no classes to ask for")
    asked = torch.arange(against.count) % len(model.labels)
    figures = figures_of(draw(model, against.count), asked, against)
    for entry in figures.values():
        entry["knobs"] = dict(model.card.recommended)
    return {**figures, **_of_own(model, against)}


def _of_own(model: Model, against: Reference) -> Figures:
    """Label agreement of the model's own distribution, where the card recommends another."""
    if not (knobs := own_knobs(model.knobs)):
        return {}
    count = min(_OWN_OF, against.count)
    _, read = look(against.reader, draw(model, count, knobs))
    agree = _share(read == torch.arange(count) % len(model.labels))
    error = math.sqrt(agree * (1 - agree) / count)
    return {
        "own_label_agreement": {
            "value": round(agree, 5),
            "stderr": round(error, 5),
            "examples": count,
            "floor": round(against.floor["label_agreement"], 5),
            "method": _METHODS["label_agreement"],
            "knobs": dict(knobs),
        }
    }


def draw(model: Model, count: int, knobs: Knobs = NO_KNOBS) -> Tensor:
    """Samples of seed 0, the classes dealt out in turn: (count, C, H, W)."""
    classes = tuple(range(len(model.labels)))
    size, parts, reported = batch_of(model.card), [], time.monotonic()
    for first in range(0, count, size):
        request = SampleRequest(
            min(size, count - first), _SEED, label=classes, knobs=knobs, first=first
        )
        parts.append(finish(model.sample(request)))
        if time.monotonic() - reported > _REPORT_EVERY:
            reported = time.monotonic()
            print(f"{model.card.name}: {first + len(parts[-1])} of {count} samples", flush=True)
    return torch.cat(parts)


def figures_of(pictures: Tensor, asked: Tensor, against: Reference) -> dict[str, dict[str, Any]]:
    """The figures of pictures (n, C, H, W) asked to be of the classes (n,)."""
    seen, read = look(against.reader, pictures)
    agree = _share(read == asked)
    found = {
        "label_agreement": agree,
        **compared(against.seen, seen),
        "nearest_training": _nearest(pictures, against.data),
    }
    figures: dict[str, dict[str, Any]] = {
        name: {
            "value": round(value, 5),
            "floor": round(against.floor[name], 5),
            "method": _METHODS[name],
            "examples": len(pictures),
        }
        for name, value in found.items()
    }
    error = math.sqrt(agree * (1 - agree) / len(asked))
    figures["label_agreement"]["stderr"] = round(error, 5)
    figures["nearest_training"]["examples"] = min(_NEAREST_OF, len(pictures))
    return figures


_METHODS = {
    "label_agreement": "classifier's reading, classes dealt in turn",
    "frechet": "Gaussian fits of classifier features (Heusel 2017)",
    "precision": "k-NN balls, k = 3 (Kynkäänniemi 2019)",
    "recall": "k-NN balls, k = 3 (Kynkäänniemi 2019)",
    "density": "k-NN balls, k = 5 (Naeem 2020)",
    "coverage": "k-NN balls, k = 5 (Naeem 2020)",
    "nearest_training": "median Euclidean distance of pictures in [-1, 1]",
}


def _nearest(pictures: Tensor, data: DataSet) -> float:
    """Median distance to the nearest training picture: far below the floor means copies."""
    x = pictures[:_NEAREST_OF].flatten(1)
    return nearest(x, data.train.x.flatten(1)).median().item()


def _share(hits: Tensor) -> float:
    return hits.double().mean().item()
