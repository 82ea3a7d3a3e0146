"""The latents behind one point: the encoder's posterior beside the exact one, in one plane."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from widgets.controls.help_mark import explained
from widgets.look import lay, theme
from widgets.look.colours import Scale
from widgets.look.labels import small_print
from widgets.plots.heatmap import Box, HeatMap, Values

_HELP = (
    "Where the latents are that may have made the point: by the encoder, q(z | x), and "
    "exactly, p(z | x) = p(z) p(x | z) / p(x) by quadrature. KL(q ‖ p) is the gap between "
    "the ELBO and log p(x)."
)
_SPAN = 8.0


class PosteriorView(QWidget):
    """Two small maps that pan together, in coordinates where the prior is N(0, I)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.encoder, self.exact = HeatMap(self), HeatMap(self)
        for heat in (self.encoder, self.exact):
            heat.set_axes("z₁", "z₂")
            heat.set_range(-4, 4, -4, 4)  # of the prior, until a point is chosen
        self.says = QLabel(self)
        small_print(self.says, wrap=True)
        grid = QGridLayout()
        lay.bare(grid, theme.UNIT // 2)
        for column, (title, heat) in enumerate(
            (("encoder q(z | x)", self.encoder), ("exact p(z | x)", self.exact))
        ):
            label = QLabel(title, self)
            label.setFont(theme.small_font(self.font()))
            grid.addWidget(label, 0, column)
            grid.addWidget(heat, 1, column)
            heat.setFixedHeight(15 * theme.UNIT)
            heat.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            heat.setToolTip(f"The {title} over the latent plane. Drag pans, wheel zooms.")
            heat.setAccessibleName(title)
        self.encoder.link(self.exact)
        lay.down(
            explained("Posterior of the VAE", _HELP, "posterior"),
            grid,
            self.says,
            on=self,
            spacing=theme.UNIT // 2,
        )

    def show_posterior(self, encoder: Values, exact: Values, box: Box, gap: float) -> None:
        """Log-densities (H, W) in nats on a box, on one scale, and KL(q ‖ p) in nats."""
        top = float(max(np.quantile(encoder, 0.9995), np.quantile(exact, 0.9995)))
        first = self.exact.values() is None
        for heat, values in ((self.encoder, encoder), (self.exact, exact)):
            if first:
                heat.set_range(*box)
            heat.set_scale(Scale(top - _SPAN, top))
            heat.set_map(values, box)
        self.says.setText(
            f"KL(q ‖ p) = {gap:.3g} nats: the gap between the ELBO and log p(x) at this point."
        )
