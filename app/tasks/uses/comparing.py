"""Jobs that compare a model's samples with the data in one fixed embedding. Run on the lane."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from app.models.open_models import Loading, Models
from app.recipes.pictures import Pixels, to_pixels
from app.work.lane import Job
from engines.maps.area import Area
from engines.maps.kinds import Kind
from engines.model import Card, SampleRequest, batch_of, own_knobs
from engines.steps import showing

if TYPE_CHECKING:
    from torch import Tensor

    from engines.maps.embedding import Embedding
    from engines.maps.fields import Kernels

T = TypeVar("T")
Floats: TypeAlias = npt.NDArray[np.float32]
SIDE = 128


@dataclass(frozen=True, eq=False)
class Compared:
    """Log-densities (H, W) of data, samples and their ratio, the places, and the pictures."""

    area: Area
    data: Floats
    samples: Floats
    ratio: Floats
    data_places: Floats
    sample_places: Floats
    data_pictures: Pixels
    sample_pictures: Pixels
    total: int


@dataclass(frozen=True, eq=False)
class Ground:
    """What samples of a data set are laid over: embedding, data in it, their kernels and map."""

    embedding: Embedding
    kernels: Kernels
    area: Area
    places: Tensor
    log_p: Tensor
    pictures: Pixels


class Grounds:
    """The grounds that are known, by data set. Use on the lane thread only."""

    def __init__(self) -> None:
        self.known: dict[str, Ground] = {}


def compare(
    models: Models, grounds: Grounds, card: Card, base: Card | None, request: SampleRequest
) -> Job:
    """A job that yields Compared after every batch of samples.

    `base` is the card of the kernel density that holds the data.
    """

    def job() -> Generator[Loading | Compared | None, None, None]:
        import torch

        if card.data not in grounds.known:
            grounds.known[card.data] = yield from _ground(models, card, base)
        ground = grounds.known[card.data]
        model = yield from models.get(card)
        drawn: list[Tensor] = []
        last: Compared | None = None
        size = batch_of(card)
        for start in range(0, request.count, size):
            count = min(size, request.count - start)
            knobs = own_knobs(model.knobs)
            run = model.sample(SampleRequest(count, request.seed, knobs=knobs, first=start))
            drawn.append((yield from showing(run, last)))
            x = torch.cat(drawn)
            places = yield from showing(ground.embedding.run(x), last)
            last = _compared(ground, x, places, request.count)
            yield last

    return job


def _ground(
    models: Models, card: Card, base: Card | None
) -> Generator[Loading | Compared | None, None, Ground]:
    """Fit the embedding. Raises ValueError where the data or their classifier are missing."""
    from engines.maps import embedding as embeddings
    from engines.maps.refine import whole
    from engines.readers import classifier

    if base is None or not classifier.exists(card.data):
        raise ValueError(
            f"for {card.data} there are no data or no classifier here, which span the plane"
        )
    kept = (yield from models.get(base)).kernels
    if kept is None:
        raise ValueError(f"{base.name} keeps no examples, which would span the plane")
    x, labels = kept.examples(embeddings.DATA)
    net = classifier.open_classifier(card.data)
    found = yield from showing(embeddings.fitted(net, x, labels), None)
    places = yield from showing(found.run(x), None)
    area, kernels = embeddings.area_of(places), embeddings.kernels_of(places)
    log_p = whole(kernels.field(Kind.DATA), area, *area.pixels(SIDE)).values
    return Ground(found, kernels, area, places, log_p, to_pixels(x))


def _compared(ground: Ground, x: Tensor, places: Tensor, total: int) -> Compared:
    from engines.maps import embedding as embeddings
    from engines.maps.refine import whole

    own = embeddings.like(ground.kernels, places)
    high, wide = ground.log_p.shape
    samples = whole(own.field(Kind.SAMPLES), ground.area, wide, high).values
    return Compared(
        ground.area,
        ground.log_p.numpy(),
        samples.numpy(),
        embeddings.log_ratio(samples, ground.log_p).numpy(),
        ground.places.float().numpy(),
        places.float().numpy(),
        ground.pictures,
        to_pixels(x),
        total,
    )
