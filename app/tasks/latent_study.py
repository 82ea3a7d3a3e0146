"""Directions and map of a model's latents as arrays that the window shows. Jobs run on the lane."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.kinds import view_of
from app.models.open_models import Loading
from app.recipes.files import APP
from app.recipes.pictures import Values
from app.tasks.walking import Array, Progress, Reals, Walks
from app.work.lane import Job
from engines import extras
from engines.model import Card
from engines.steps import mapped

if TYPE_CHECKING:
    from engines.latents.directions import Directions

SINGLE_MOST = 32
"""Latents of at most so many dimensions have a slider for each."""
LAYOUTS = {"pca": "PCA", "umap": "UMAP, seed 0"}
_NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class Study:
    """What the window knows of a model's latents; see engines.latents.directions.Directions.

    `xy` (m, 2) are the places on the map, in the layout of that name.
    """

    card: Card
    axes: Reals
    spread: Reals
    share: Reals
    single: Reals
    scores: Reals
    values: Values
    labels: npt.NDArray[np.intp]
    centre: Reals
    view: Reals
    effects: bool
    provenance: str
    layout: str
    xy: npt.NDArray[np.float32]

    def offset(self, turned: tuple[float, ...], *, single: bool) -> Array | None:
        """What sliders add to a code, None while none is turned."""
        if not any(turned):
            return None
        sigma = np.array(turned)
        if single:
            found: Array = sigma * self.single[: len(sigma)]
            return np.pad(found, (0, len(self.single) - len(sigma)))
        moved: Array = (sigma * self.spread) @ self.axes
        return moved

    def axes_of_map(self) -> tuple[str, str]:
        """What the axes of the map are."""
        if self.layout != "pca":
            name = LAYOUTS[self.layout].partition(",")[0]
            return f"{name} 1", f"{name} 2"
        what = (
            "of the variance" if not self.effects else f"of the {self.card.kind.things}’ variance"
        )
        first, second = (
            f"PC {i + 1} ({100 * self.share[i]:.0f} % {what})" if i < len(self.share) else ""
            for i in range(2)
        )
        return first, second

    def near(self, i: int) -> npt.NDArray[np.intp]:
        """Example i, and those whose codes, or with `effects` themselves, are nearest to it."""
        far = ((self.scores - self.scores[i]) ** 2).sum(1)
        far[i] = -1.0
        found: npt.NDArray[np.intp] = np.argsort(far, kind="stable")[: _NEIGHBOURS + 1]
        return found

    def placed(self, what: Array) -> npt.NDArray[np.float32]:
        """Places (n, 2) on the map of codes or examples (n, …), as `effects` asks."""
        flat = what.reshape(len(what), -1).astype(np.float64)
        scores = (flat[:, : len(self.centre)] - self.centre) @ self.view.T
        if self.layout == "pca":
            first: npt.NDArray[np.float32] = scores[:, :2].astype(np.float32)
            return first
        far = ((scores[:, None] - self.scores[None]) ** 2).sum(2)
        near = np.argsort(far, axis=1)[:, :_NEIGHBOURS]
        weight = 1 / (np.take_along_axis(far, near, 1) + 1e-9)
        weight /= weight.sum(1, keepdims=True)
        between: npt.NDArray[np.float32] = (
            (weight[..., None] * self.xy[near]).sum(1).astype(np.float32)
        )
        return between


def cache_folder() -> Path:
    """Where directions are kept from one run to the next."""
    import platformdirs

    return platformdirs.user_cache_path(APP, appauthor=False) / "directions"


def refused(layout: str) -> str | None:
    """Why a layout cannot be had, in one sentence; None where it can."""
    return extras.missing("maps") if layout == "umap" else None


def study(walks: Walks, card: Card, folder: Path | None, layout: str = "pca") -> Job:
    """A job that finds directions and map, or reads those found before."""

    def job() -> Generator[Loading | Progress | Study, None, None]:
        model, walk = yield from walks.get(card)
        from engines.latents import directions

        found = directions.kept(card, folder) if folder else None
        if found is None:
            found = yield from mapped(
                directions.study(model, walk),
                lambda step: Progress(step.done / step.total if step.total else 0.0),
            )
            if folder:
                with contextlib.suppress(OSError):  # the next time it is found again
                    directions.keep(card, found, folder)
        shown = arrays(card, found)
        yield shown
        if layout != "pca":
            from engines.latents import layouts

            xy = yield from mapped(layouts.umap(shown.scores), lambda _: Progress(0.0))
            yield replace(shown, layout=layout, xy=xy)

    return job


def arrays(card: Card, found: Directions) -> Study:
    """Directions as arrays."""
    from engines.latents.directions import provenance

    return Study(
        card,
        found.axes.numpy(),
        found.spread.numpy(),
        found.share.numpy(),
        found.single.numpy(),
        found.scores.numpy(),
        view_of(card).array_of(found.x),
        found.labels.numpy().astype(np.intp),
        found.centre.numpy(),
        found.view.numpy(),
        bool(found.effects),
        provenance(card, found),
        "pca",
        found.scores[:, :2].float().numpy(),
    )
