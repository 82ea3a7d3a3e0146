"""Samples against data in one fixed embedding of the plane, and the log-ratio of their densities.

The embedding is linear in the features of the data set's own classifier, so it depends on no
generative model: it sees what tells classes apart. Dropped modes show, also of models without a
density.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from engines.maps.area import Area
from engines.maps.fields import Kernels, kernels_on
from engines.readers.net import Classifier

DATA = 2000
_ROWS = 100
_FLOOR = 1e-3
"""What is added to both densities, in shares of the data's highest: ratios of nothing are 0."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """(features − mean) @ matrix: pictures (n, C, H, W) -> (n, 2). `names` are the classes."""

    classifier: Classifier
    mean: Tensor
    matrix: Tensor

    def run(self, x: Tensor) -> Generator[int, None, Tensor]:
        """Places of pictures; yields how many are done."""
        found = []
        for part in x.split(_ROWS):
            found.append(self._of(part))
            yield sum(map(len, found))
        return torch.cat(found) if found else torch.empty(0, 2)

    @torch.no_grad()
    def _of(self, x: Tensor) -> Tensor:
        return (self.classifier.features(x).double() - self.mean) @ self.matrix


def fitted(classifier: Classifier, x: Tensor, labels: Tensor) -> Generator[int, None, Embedding]:
    """The two directions that tell classes apart best, each of unit variance within classes.

    Linear discriminants (Fisher 1936; Rao 1948) of the classifier's features.
    """
    whole = Embedding(classifier, torch.zeros(()), torch.eye(_width(classifier, x)).double())
    features = yield from whole.run(x)
    means = torch.stack([features[labels == c].mean(0) for c in labels.unique()])
    within = features - means[torch.searchsorted(labels.unique(), labels)]
    scatter = within.T @ within / len(x)
    scatter += 1e-3 * scatter.trace() / len(scatter) * torch.eye(len(scatter)).double()
    values, vectors = torch.linalg.eigh(scatter)
    white = vectors / values.sqrt()
    _, _, directions = torch.linalg.svd((means - features.mean(0)) @ white)
    return Embedding(classifier, features.mean(0), white @ directions[:2].T)


def _width(classifier: Classifier, x: Tensor) -> int:
    with torch.no_grad():
        return int(classifier.features(x[:1]).shape[1])


def area_of(places: Tensor) -> Area:
    """What holds all but the outermost of the data, with a margin."""
    low, high = (places.quantile(q, 0) for q in (0.002, 0.998))
    pad = 0.15 * (high - low)
    (x0, y0), (x1, y1) = (low - pad).tolist(), (high + pad).tolist()
    return Area(x0, x1, y0, y1)


def kernels_of(data: Tensor) -> Kernels:
    """Kernels on the places of data, whose bandwidth the samples' kernels take over."""
    held = max(2, len(data) // 10)
    return kernels_on(data[held:].float(), data[:held].float(), "kernels on places of the data")


def like(kernels: Kernels, places: Tensor) -> Kernels:
    """Kernels of the same width on other places: the two maps differ by their points only."""
    from engines.families.kde.net import PointKernels

    own = PointKernels(
        places.float(), torch.zeros(len(places), dtype=torch.int64), kernels.kernels.scale
    )
    return Kernels(own, kernels.h, "kernels on places of the samples")


def log_ratio(samples: Tensor, data: Tensor) -> Tensor:
    """log of densities (H, W) of samples over data, where either is: (H, W) nats.

    Both get a little added, so that the ratio is 0 where nothing is.
    """
    floor = _FLOOR * data.max().exp()
    return (samples.exp() + floor).log() - (data.exp() + floor).log()
