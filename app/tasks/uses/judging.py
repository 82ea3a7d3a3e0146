"""Judging jobs: conformal p-values of groups of pictures under a model. Runs on the lane."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes.pictures import Pixels
from app.work.lane import Job
from engines.checkpoints.catalog import no_density
from engines.data.own import DataError
from engines.model import Card
from engines.steps import mapped, quietly, showing

if TYPE_CHECKING:
    from torch import Tensor

    from engines.model import Model
    from engines.uses.outliers.curves import Detection
    from engines.uses.outliers.measuring import Measured
    from engines.uses.outliers.reference import Judged, Reference

Floats: TypeAlias = npt.NDArray[np.float64]
Figures: TypeAlias = "Mapping[tuple[str, str], Detection]"
OWN = "your pictures"
SENT = "sent here"


@dataclass(frozen=True)
class Asked:
    """Which groups to judge: probes by name, `count` pictures of each, and pictures of one's own.

    `own` holds the bytes of levels (n, H, W, 3) by the name of a group, so that requests compare.
    """

    probes: tuple[str, ...]
    count: int
    seed: int
    own: tuple[tuple[str, int, bytes], ...] = ()

    def pictures(self, shape: tuple[int, ...]) -> Mapping[str, Pixels]:
        """The groups of one's own as levels (n, H, W, 3)."""
        return {
            name: np.frombuffer(raw, np.uint8).reshape(n, *shape[1:], 3)
            for name, n, raw in self.own
        }


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pictures in groups, one after the other: levels (n, H, W, 3), and the group of each."""

    pictures: Pixels
    groups: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Scores and p-values of the first of all candidates, as many as are judged so far.

    `titles` and `says` are of the scores, in order; `held_out` scores are those of the reference.
    """

    card: Card
    candidates: Candidates
    scores: Mapping[str, Floats]
    p: Mapping[str, Floats]
    held_out: Mapping[str, Floats]
    titles: Mapping[str, str]
    says: Mapping[str, str]
    figures: Figures
    """By group and score, of the groups that are judged throughout."""

    def __len__(self) -> int:
        return len(next(iter(self.p.values()), ()))

    def of(self, group: str, score: str) -> tuple[Floats, Floats]:
        """Scores and p-values of a group, of those judged so far."""
        rows = [i for i in range(len(self)) if self.candidates.groups[i] == group]
        if score not in self.p:
            return np.empty(0), np.empty(0)
        return self.scores[score][rows], self.p[score][rows]


@dataclass(frozen=True)
class Unjudged:
    """A model that judges no pictures, and why."""

    reason: str


@dataclass(frozen=True)
class Measuring:
    """The held-out pictures are being measured: so many of so many."""

    done: int
    total: int

    @property
    def share(self) -> float:
        """How many are measured, 0 … 1."""
        return self.done / max(1, self.total)


Memo: TypeAlias = "dict[tuple[str, bytes], Measured]"
"""What was measured of single pictures, by weights and levels. Used on the lane's thread only."""
_MOST_KEPT = 20_000


def judge(models: Models, card: Card, asked: Asked, memo: Memo) -> Job:
    """A job that yields Measuring, then Verdicts as they come, or Unjudged.

    What `memo` knows of a picture is not measured again.
    """

    def job() -> Generator[Loading | Measuring | Verdicts | Unjudged | None, None, None]:
        from engines.uses.outliers import codelength, reference

        model = yield from models.get(card)
        if model.density is None:
            yield Unjudged(f"{no_density(card)}.")
            return
        try:
            held_out = reference.examples_of(card)
            x, candidates = _candidates(card, asked)
        except DataError as error:
            yield Unjudged(f"{error}.")
            return
        coders = codelength.coders()
        against = yield from mapped(
            reference.refer(model, held_out, coders),
            lambda part: Measuring(0 if part.so_far is None else len(part.so_far), part.total),
        )
        yield from _verdicts(model, x, candidates, against)

    def _verdicts(
        model: Model, x: Tensor, candidates: Candidates, against: Reference
    ) -> Generator[Verdicts | None, None, None]:
        from engines.uses.outliers import curves, measuring, reference

        if not len(x):
            yield _told(card, candidates, None, against, {})
            return
        so_far: Measured | None = None
        figures: dict[tuple[str, str], Detection] = {}
        last: Verdicts | None = None
        for start in range(0, len(x), measuring.BATCH):
            run = _measured(model, x[start : start + measuring.BATCH], memo)
            found = yield from showing(run, last)
            so_far = found if so_far is None else measuring.joined(so_far, found)
            judged = reference.judge(so_far, against)
            last = _told(card, candidates, judged, against, figures)
            yield last
            done = len(so_far)
            for group in dict.fromkeys(candidates.groups[start:done]):
                if group in candidates.groups[done:]:
                    continue
                rows = [i for i in range(done) if candidates.groups[i] == group]
                for score, values in judged.scores.items():
                    found_here = curves.detection(values[rows], against.scores[score])
                    figures = {**figures, (group, score): found_here}
                    yield last  # again: a step of nothing would replace one unseen
            last = _told(card, candidates, judged, against, figures)
            yield last

    return job


def _measured(model: Model, x: Tensor, memo: Memo) -> Generator[None, None, Measured]:
    """A batch, of which only what is new is measured."""
    import torch

    from engines.uses.outliers import codelength, measuring

    if len(memo) > _MOST_KEPT:
        memo.clear()
    keys = [(model.card.sha256, levels.tobytes()) for levels in measuring.levels_of(x)]
    new = {key: i for i, key in enumerate(keys) if key not in memo}
    if new:
        places = list(new.values())
        run = measuring.measure(model, x[torch.tensor(places)], codelength.coders())
        found = yield from quietly(run)
        for row, key in enumerate(new):
            memo[key] = found.rows(slice(row, row + 1))
    found = memo[keys[0]]
    for key in keys[1:]:
        found = measuring.joined(found, memo[key])
    return found


def _candidates(card: Card, asked: Asked) -> tuple[Tensor, Candidates]:
    """All pictures that are judged, as the model takes them and as they are shown."""
    import torch

    from engines.uses.outliers import candidates

    view, groups = view_of(card), []
    if asked.probes:
        fresh = candidates.fresh(card, asked.count)
        groups += [candidates.probe_group(name, fresh, asked.seed) for name in asked.probes]
    for name, pictures in asked.pictures(card.shape).items():
        groups.append(candidates.numbered(name, view.tensor_of(pictures)))
    x = torch.cat([group.x for group in groups]) if groups else torch.empty(0, *card.shape)
    return x, Candidates(
        np.asarray(view.array_of(x), np.uint8),
        tuple(group.name for group in groups for _ in group.names),
        tuple(name for group in groups for name in group.names),
    )


def _told(
    card: Card, candidates: Candidates, judged: Judged | None, against: Reference, figures: Figures
) -> Verdicts:
    from engines.uses.outliers import measuring

    said = list(measuring.sayings(against.way, against.own))
    return Verdicts(
        card,
        candidates,
        {} if judged is None else judged.scores,
        {} if judged is None else judged.p,
        against.scores,
        {name: title for name, title, _ in said},
        {name: says for name, _, says in said},
        figures,
    )
