"""The page of dimensions: held-out gaps against dimension, as measured and committed."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QLabel, QWidget

import engines.maps
from app.density.pictures.export import Table
from widgets.controls.help_mark import explained
from widgets.density.picture_pages import PicturePages
from widgets.look import lay
from widgets.look.labels import small_print
from widgets.plots.curves import Curve, CurvePlot

RESULT = Path(engines.maps.__file__).parent / "dimensions.toml"
_CURVES = {
    "kde": ("KDE, axes", "kde", False),
    "kde_whitened": ("KDE, whitened", "kde", True),
    "flow": ("Flow", "flow", False),
    "mfa": ("Factor analyser", "mfa", False),
    "gaussian": ("Gaussian", "mfa", True),
}
"""By the name in the file: title, the family whose colour it has, and whether it is dashed."""
_GAP = "_gap"
_HELP = (
    "How far each estimate falls short on held-out data, KL(p ‖ q) = E log p − E log q in nats, "
    "as the dimension D grows and the number of training points stays the same. Every estimate "
    "falls behind, kernels fastest; whitened ones, of the shape of the data's covariance, less "
    "than those along the axes. A fit of the right form, such as a Gaussian to Gaussians, needs "
    "few points; on the digits no fit is of the right form."
)


class Dimensions(QObject):
    """Shows the result file; nothing is computed here."""

    def __init__(self, view: PicturePages) -> None:
        super().__init__(view)
        self.gaussians, self.digits = CurvePlot(view), CurvePlot(view)
        self._says = QLabel(view)
        small_print(self._says, wrap=True)
        controls, page = QWidget(view), QWidget(view)
        lay.down(explained("Curse of dimensionality", _HELP), self._says, lay.STRETCH, on=controls)
        lay.down((self.gaussians, 1), (self.digits, 1), on=page)
        view.add_page("dimensions", page, controls)

    def plots(self) -> list[tuple[str, str, Sequence[Curve]]]:
        """The curves as a figure has them: a title, and what is upwards."""
        if (table := _measured()) is None:
            return []
        return [
            ("Gaussians", "gap", _curves(table["gaussians"], "")),
            ("MNIST", "gap", _curves(table["digits"], _GAP)),
        ]

    def says(self) -> str:
        """How it was measured."""
        return f"Gaps per dimension in nats: to the truth, and to the best. {self._says.text()}"

    def content(self) -> Table | None:
        """What was measured, line by line."""
        if (table := _measured()) is None:
            return None
        rows = [(what, row) for what in ("gaussians", "digits") for row in table[what]]
        names = list(dict.fromkeys(name for _, row in rows for name in row))
        columns: dict[str, Sequence[float] | Sequence[str]] = {"data": [what for what, _ in rows]}
        columns |= {name: [float(row.get(name, math.nan)) for _, row in rows] for name in names}
        return Table(
            columns,
            ("nats: gaps to the truth (Gaussians); cross-entropies and gaps to the best (digits)",),
        )

    @Slot()
    def refresh(self) -> None:
        """Read the result file."""
        if (table := _measured()) is None:
            self._says.setText("Not measured yet: python -m engines.training.dimensions")
            return
        self.gaussians.show_curves(
            "Gaussians with Σᵢⱼ = 0.7^|i−j|: gap to the truth per dimension, nats",
            _curves(table["gaussians"], ""),
        )
        self.digits.show_curves(
            "MNIST in its first principal components: gap to the best per dimension, nats",
            _curves(table["digits"], _GAP),
        )
        self._says.setText(
            f"{table['points']:,} training points at every dimension, {table['held_out']:,} held "
            f"out, {table['flow_steps']:,} training steps for each flow. Bars are one standard "
            "error of the gap, taken point by point. Measured by python -m "
            "engines.training.dimensions."
        )


def _measured() -> dict[str, Any] | None:
    """The result file, None where there is none that can be read."""
    try:
        return tomllib.loads(RESULT.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return None


def _curves(rows: list[dict[str, float]], ending: str) -> list[Curve]:
    """A curve for every estimate, per dimension, from the keys with this ending."""
    curves = []
    for name, (title, family, dashed) in _CURVES.items():
        key = f"{name}{ending}"
        points = [
            (row["dimension"], row[key] / row["dimension"], row[f"{key}_stderr"] / row["dimension"])
            for row in rows
        ]
        curves.append(Curve(title, family, tuple(points), dashed))
    return curves
