"""One model's row of points in the in-painting tab: draws along a line and the density there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PySide6.QtCore import QObject, Slot

from app.models.open_models import Loading, Models
from app.recipes.recipe import Recipe
from app.tab.method_row import MethodRow
from app.tasks import line_recipe
from app.tasks.kept import fill_line_and_keep
from app.tasks.line import (
    Curve,
    Line,
    LineFilling,
    LineRequest,
    distance,
    model_curve,
    usual,
)
from app.work.channels import Channel
from engines.model import Card, Meaning

if TYPE_CHECKING:
    from widgets.inpainting.conditional_row import ConditionalRow

Views: TypeAlias = tuple[tuple[float, float], tuple[float, float]]
"""The ranges of both coordinates that are looked at."""

NAMES = ("x₁", "x₂")
FAR = 1.43
"""How far above the 95 % limit a gap must lie to warn: of exact draws one in a thousand is."""
SLOW = 0.05
"""Seconds of a density that would hold up the others while a hand moves the line."""
NO_DENSITY = "implicit: it has no density"
_STANDING = {
    Meaning.EXACT.value: "exact",
    Meaning.BOUND.value: "from a bound",
    Meaning.ESTIMATE.value: "from an estimate",
    Meaning.UNNORMALISED.value: "exact: the constant cancels",
}


class LineRow(MethodRow[LineRequest, LineFilling]):
    """The draws follow the channel of the row, the density one of its own."""

    def __init__(
        self,
        card: Card,
        row: ConditionalRow,
        channels: tuple[Channel, Channel],
        models: Models,
        parent: QObject,
    ) -> None:
        super().__init__(card, row, channels[0], models, fill_line_and_keep, parent)
        self.view = row
        self.curve: Curve | None = None
        self.truth: Curve | None = None
        self._line: Line | None = None
        self._asked: Line | None = None
        self._views: Views = ((-3.0, 3.0), (-3.0, 3.0))
        self._density = channels[1]
        self._hear(
            (self._density.stepped, self._take_curve),
            (self._density.failed, self._drop_curve),
            (self._density.stopped, self._drop_curve),
        )

    def look(self, line: Line, views: Views, *, held: bool = False) -> None:
        """Show the model's own density along a line; `views` are the ranges looked at.

        While a line is `held`, slow densities wait, lest those that keep up with the hand do.
        """
        if line == self._asked or (held and self._lags()):
            return
        self._line, self._asked, self._views = line, line, views
        if self.curve is None:
            self._compose()
        self._density.submit(model_curve(self._models, self.card, line))

    def _lags(self) -> bool:
        """Whether the density takes long, and draws would wait for Fill anyway."""
        choice = self.choice(self.frame.request.method if self.frame else "")
        waits = choice is None or not choice.live
        return waits and self.curve is not None and self.curve.seconds > SLOW

    def show_truth(self, curve: Curve) -> None:
        """Show the data's own density."""
        self.truth = curve
        self._compose()

    @Slot()
    def _drop_curve(self, _: object = None) -> None:
        """The density asked for last will not come: ask for it the next time one looks."""
        self._asked = None

    @Slot(object)
    def _take_curve(self, payload: Loading | Curve) -> None:
        if isinstance(payload, Curve):
            self.curve = payload
            self._compose()
            if self.batch is None:
                self.row.set_note(self._remark())
            self.shown.emit(self.card.name)

    def _remark(self, *, cut: bool = False) -> str:
        gap, far = self.gap(self.curve), ""
        if gap is not None and self.frame is not None:
            limit = FAR * usual(self.frame.request.count)
            far = f"KS {gap:.2f}: far from the model's density" if gap > limit else ""
        said = super()._remark(cut=cut)
        if self._stale or cut:
            return said
        return "; ".join(part for part in (said, far) if part)

    def present(self, frame: LineFilling) -> None:
        self.view.set_kept(frame.kept)
        self._compose()

    def _compose(self) -> None:
        """Lay draws and densities over each other; what is of another line than the model's
        density is dimmed or left out."""
        line = self.curve.line if self.curve else self._line
        if line is None:
            return
        plot, none = self.view.plot, (np.empty(0), None)
        plot.set_axis(_axis(line), *self._views[1 - line.axis])
        plot.set_model(*((self.curve.places, self.curve.density) if self.curve else none))
        true = self.truth if self.truth is not None and _same_place(self.truth.line, line) else None
        plot.set_truth(*((true.places, true.density) if true else none))
        frame = self.frame
        if frame is not None:
            fits = frame.request.axis == line.axis
            plot.set_values(frame.values if fits else np.empty(0))
            plot.set_stale(not _answers(frame.request, line))
        self._describe()

    @Slot()
    def rest(self) -> None:
        super().rest()
        self._compose()

    def close(self) -> None:
        self._density.stop()
        super().close()

    def _describe(self) -> None:
        self.view.plot.key.set_texts(self._draws_text(), self._model_text(), self._truth_text())
        gap = self.gap(self.curve)
        if gap is None or self.frame is None:
            self.view.set_calibration("", "")
            return
        limit = usual(self.frame.request.count)
        self.view.set_calibration(
            f"KS {gap:.3f} (95 %: < {limit:.3f})",
            (
                "The largest gap between the samples' distribution and the model's density "
                "(Kolmogorov-Smirnov). 95 % of sets of exact samples of this size stay below "
                f"{limit:.3f}."
            ),
        )

    def _draws_text(self) -> str:
        if self.frame is None or self._line is None or self.frame.request.axis != self._line.axis:
            return ""
        seen = self.view.plot.share_in_view()
        out = f", {100 * seen:.0f} % in view" if seen < 0.995 else ""
        return f"{self.frame.request.count:,} samples{out}"

    def _model_text(self) -> str:
        if self.curve is None:
            return ""
        if self.curve.density is None:
            return NO_DENSITY if not self.curve.meaning else "no density"
        return f"its density, {_STANDING[self.curve.meaning]}"

    def _truth_text(self) -> str:
        true, line = self.truth, self.curve.line if self.curve else self._line
        shown = true is not None and line is not None and _same_place(true.line, line)
        return "the data's" if shown and true is not None and true.density is not None else ""

    def gap(self, curve: Curve | None) -> float | None:
        """How far complete draws are from a density of the same line; None if not comparable."""
        frame = self.frame
        if curve is None or frame is None or not frame.complete:
            return None
        asked, line = frame.request, curve.line
        return distance(frame.values, curve) if _answers(asked, line) else None

    def facts(self) -> list[tuple[str, str]]:
        """What there is to say of the row, for the inspector."""
        table = [("Model", self.card.name)]
        if self.frame is not None:
            asked = self.frame.request
            table += [
                ("Method", self.frame.choice.title),
                ("Known", _known(asked)),
                ("Samples", f"{asked.count:,}"),
                ("Seed", str(asked.seed)),
                ("Mean of samples", f"{self.frame.values.mean():.3f}".replace("-", "−")),
                ("sd of samples", f"{self.frame.values.std(ddof=min(1, asked.count - 1)):.3f}"),
            ]
            if self._line is not None and not _answers(asked, self._line):
                table.append(("", f"Samples of the previous line; now {_known(self._line)}."))
        for name, curve in (("density", self.curve), ("data", self.truth)):
            if curve is None or curve.density is None:
                continue
            table.append(
                (
                    f"log p({_known(curve.line)}), {name}",
                    f"{curve.log_known:.3f} nats".replace("-", "−"),
                )
            )
            if (gap := self.gap(curve)) is not None:
                table.append((f"KS to the {name}", f"{gap:.3f}"))
        if self.curve is not None and self.curve.method:
            table.append(("Density by", f"{self.curve.method}; quadrature along the line"))
        return table

    def words(self) -> str:
        """The samples in words, "" without any."""
        if self.frame is None or not self.frame.done:
            return ""
        asked, choice = self.frame.request, self.frame.choice.title
        return f"{choice}, {asked.count:,} samples given {_known(asked)}, seed {asked.seed}"

    def free(self) -> tuple[tuple[float, float], str]:
        """The range of the free coordinate that is looked at, and what it is."""
        line = self.curve.line if self.curve else self._line
        axis = 0 if line is None else line.axis
        return self._views[1 - axis], "" if line is None else _axis(line)

    def recipe(self) -> Recipe | None:
        """The recipe of all draws, None while they are not finished."""
        if self.frame is None or not self.frame.done:
            return None
        return line_recipe.recipe_of(self.card, self.frame.request)


def _answers(asked: LineRequest, line: Line) -> bool:
    same = (asked.axis, asked.value, asked.label) == (line.axis, line.value, line.label)
    return same and asked.given == line.given


def _same_place(one: Line, other: Line) -> bool:
    return (one.data, one.axis, one.value) == (other.data, other.axis, other.value)


def _known(line: Line | LineRequest) -> str:
    return f"{NAMES[line.axis]} = {line.value:.3g}"


def _axis(line: Line) -> str:
    return f"{NAMES[1 - line.axis]} given {_known(line)}"
