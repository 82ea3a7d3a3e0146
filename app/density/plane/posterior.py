"""The posterior of a VAE at the current point: a job and what shows it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Slot

from app.models.open_models import Loading, Models
from app.recipes.condition import Condition
from app.tab.answers import ONE, LiveAnswers
from app.work.channels import Channels
from app.work.lane import Job
from engines.maps.area import Area
from engines.model import Card
from widgets.density.posterior_view import PosteriorView


@dataclass(frozen=True, eq=False)
class PosteriorFrame:
    """log q and log p of the latents (H, W) on an area, and KL(q ‖ p) in nats."""

    area: Area
    encoder: npt.NDArray[np.float32]
    exact: npt.NDArray[np.float32]
    gap: float


class PosteriorPart(QObject):
    """In view while a VAE is among the models and there is a point."""

    def __init__(
        self, view: PosteriorView, channels: Channels, models: Models, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view, self._models = view, models
        self._asked = LiveAnswers(channels, "density: posterior", self)
        self.frame: PosteriorFrame | None = None
        self._asked.stepped.connect(self._take)
        view.hide()

    def show(
        self, card: Card | None, point: tuple[float, float] | None, condition: Condition
    ) -> None:
        """Look behind this point, or rest where there is no VAE or no point."""
        if card is None or point is None:
            self._view.hide()
            return
        self._view.show()
        condition = condition.of(card)
        asked = (card.sha256, point, condition)
        self._asked.ask(ONE, asked, _look(self._models, card, point, condition))

    @Slot(str, object)
    def _take(self, _: str, step: Loading | PosteriorFrame) -> None:
        if isinstance(step, PosteriorFrame):
            self.frame = step
            area = step.area
            box = area.box
            self._view.show_posterior(step.encoder, step.exact, box, step.gap)


def _look(models: Models, card: Card, point: tuple[float, float], asked: Condition) -> Job:
    def job() -> Generator[Loading | PosteriorFrame, None, None]:
        model = yield from models.get(card)
        import torch

        from engines.maps.posterior import AREA, posterior

        found = posterior(model, torch.tensor(point), asked.one, given=asked.given)
        yield PosteriorFrame(
            AREA, found.encoder.float().numpy(), found.exact.float().numpy(), found.gap
        )

    return job
