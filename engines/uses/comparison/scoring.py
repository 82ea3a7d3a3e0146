"""log p of the same examples under one model, batch by batch, for a comparison."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from torch import Tensor

from engines.checkpoints.catalog import no_density
from engines.model import Model, Step, Steps
from engines.uses.comparison.paired import Law

BATCH = 16


def law_of(model: Model, x: Tensor, *, batch: int = BATCH) -> Generator[Step, None, Law]:
    """log p(x) of x (n, …) under a model with the knobs of its density at their defaults.

    Raises ValueError for a model without a density.
    """
    if model.density is None:
        raise ValueError(no_density(model.card))
    found, said = [], None
    for start in range(0, len(x), batch):
        steps = Steps(model.density.run(x[start : start + batch], None, {}))
        for _ in steps:
            yield Step(start, len(x))
        said = steps.result
        found.append(said.value.numpy())
        yield Step(min(len(x), start + batch), len(x))
    if said is None:
        raise ValueError("there are no examples to compare on")
    return Law(model.card, np.concatenate(found), said.meaning, said.method)
