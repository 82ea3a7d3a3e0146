"""One model's row of pictures in the in-painting tab: its draws, their summary, their recipes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.inpainting.pictures.evidence import calibration
from app.models.open_models import Models
from app.recipes.pictures import Pixels
from app.recipes.recipe import Recipe
from app.tab.method_row import MethodRow
from app.tasks import filling_recipe as inpainting_recipe
from app.tasks.filling import Choice, Filling, FillRequest
from app.tasks.kept import fill_and_keep
from app.work.channels import Channel
from engines.model import Card, Knobs
from widgets.inpainting.row import SPREAD_MOST, InpaintingRow
from widgets.plots.heat import coloured

NO_HOLE = "Paint a hole first."


class FilledRow(MethodRow[FillRequest, Filling]):
    """The draws of a hole in a picture, as they are or before the known pixels are put back."""

    def __init__(
        self, card: Card, row: InpaintingRow, channel: Channel, models: Models, parent: QObject
    ) -> None:
        super().__init__(card, row, channel, models, fill_and_keep, parent)
        self.view = row
        self._unclamped = False

    @property
    def together(self) -> int:
        """Draws that are made together."""
        return self.frame.request.count if self.frame else 1

    def show_methods(self, method: str) -> None:
        """Offer the methods; of the one chosen, what was measured until draws are shown."""
        super().show_methods(method)
        choice = self.choice(method)
        if choice is not None and (self.frame is None or self.frame.request.method != choice.name):
            self._show_calibration(choice, {})

    def _show_calibration(self, choice: Choice, knobs: Knobs) -> None:
        default = self.offer is not None and choice.name == self.offer.choices[0].name
        self.view.set_calibration(*calibration(self.card, choice, default, knobs))

    def _remark(self, *, cut: bool = False) -> str:
        empty = self.frame is not None and not self.frame.request.mask.any()
        return super()._remark(cut=cut) or (NO_HOLE if empty else "")

    def present(self, frame: Filling) -> None:
        self._show_calibration(frame.choice, frame.request.knobs)
        self._show_draws(frame)
        self._show_summary(frame)

    def _show_draws(self, frame: Filling) -> None:
        self.view.show_draws(self.seen(frame))
        if self._unclamped:
            self.view.set_unclamped(frame.drift)
        else:
            self.view.set_kept(frame.kept)

    def _show_summary(self, frame: Filling) -> None:
        stands = (frame.summary.typical, frame.summary.diverse)
        parts = [
            frame.request.picture,
            frame.summary.mean,
            coloured(frame.summary.spread, SPREAD_MOST),
            *(frame.values[i] for i in stands),
        ]
        self.view.show_summary(np.stack(parts), stands)

    def seen(self, frame: Filling) -> Pixels:
        """The draws as the tab shows them: with the known pixels, or as the method left them."""
        return frame.raw if self._unclamped else frame.values

    def show_unclamped(self, unclamped: bool) -> None:
        """Show the guesses before the known pixels are put back, or the draws."""
        self._unclamped = unclamped
        if self.frame is not None:
            self._show_draws(self.frame)
            self.view.set_stale(self._stale)
            self.shown.emit(self.card.name)

    def recipe(self, index: int) -> Recipe | None:
        """The recipe of draw `index`, None while it is not finished."""
        if self.frame is None or not 0 <= index < self.frame.done:
            return None
        return self.whole_recipe().picture(index)

    def whole_recipe(self, columns: int | None = None) -> Recipe:
        """The recipe of all draws. Raises ValueError while they are not finished."""
        if self.frame is None or not self.frame.done:
            raise ValueError("nothing is finished yet")
        return inpainting_recipe.recipe_of(self.card, self.frame.request, columns=columns)
