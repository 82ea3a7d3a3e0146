"""The page of dimensions: held-out gaps against dimension, as measured and committed."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

import engines.maps
from app.density_page_export import Table
from widgets import theme
from widgets.curves import Curve, CurvePlot
from widgets.picture_pages import PicturePages, explained

RESULT = Path(engines.maps.__file__).parent / "dimensions.toml"
_FAMILIES = {"kde": "KDE", "flow": "Flow", "mfa": "Factor analyser"}
_HELP = (
    "How far each estimate falls short on held-out data, KL(p ‖ q) = E log p − E log q in nats, "
    "as the dimension D grows. Kernels need points that grow exponentially with D; models that "
    "find structure do not."
)


class Dimensions(QObject):
    """Shows the result file; nothing is computed here."""

    def __init__(self, view: PicturePages) -> None:
        super().__init__(view)
        self.gaussians, self.digits = CurvePlot(view), CurvePlot(view)
        self._says = QLabel(view)
        self._says.setWordWrap(True)
        self._says.setProperty("faint", True)
        self._says.setFont(theme.small_font(self._says.font()))
        controls, page = QWidget(view), QWidget(view)
        column = QVBoxLayout(controls)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        column.addWidget(explained("Curse of dimensionality", _HELP))
        column.addWidget(self._says)
        column.addStretch(1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        layout.addWidget(self.gaussians, 1)
        layout.addWidget(self.digits, 1)
        view.add_page("dimensions", page, controls)

    def content(self) -> Table | None:
        """What was measured, line by line."""
        try:
            table: dict[str, Any] = tomllib.loads(RESULT.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError):
            return None
        rows = [(what, row) for what in ("gaussians", "digits") for row in table[what]]
        names = list(dict.fromkeys(name for _, row in rows for name in row))
        columns: dict[str, Sequence[float] | Sequence[str]] = {"data": [what for what, _ in rows]}
        columns |= {name: [float(row.get(name, math.nan)) for _, row in rows] for name in names}
        return Table(columns, ("held-out gaps in nats",))

    @Slot()
    def refresh(self) -> None:
        """Read the result file."""
        try:
            table: dict[str, Any] = tomllib.loads(RESULT.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError):
            self._says.setText("Not measured yet: python -m engines.training.dimensions")
            return
        self.gaussians.show_curves(
            "Correlated Gaussians: gap to the truth per dimension, nats",
            _curves(table["gaussians"], None),
        )
        self.digits.show_curves(
            "MNIST in its first principal components: gap to the best of the three per dimension, "
            "nats", _curves(table["digits"], tuple(_FAMILIES)),
        )  # fmt: skip
        self._says.setText(
            f"{table['points']:,} training points, {table['held_out']:,} held out, "
            f"{table['flow_seconds']:g} s of training for each flow. Bars are one standard error. "
            "Measured by python -m engines.training.dimensions."
        )


def _curves(rows: list[dict[str, float]], best_of: tuple[str, ...] | None) -> list[Curve]:
    """A curve per family; where nobody knows the truth, above the best of the row."""
    curves = []
    for family, title in _FAMILIES.items():
        points = []
        for row in rows:
            base = min(row[name] for name in best_of) if best_of else 0.0
            d = row["dimension"]
            points.append((d, (row[family] - base) / d, row[f"{family}_stderr"] / d))
        curves.append(Curve(title, family, tuple(points)))
    return curves
