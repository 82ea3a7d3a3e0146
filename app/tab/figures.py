"""What the window asks of a tab to draw a figure of it."""

from __future__ import annotations

from app.exchange.figures import Drawn


class Drawing:
    """A tab that has no figure says so."""

    def figure(self) -> Drawn | None:
        """What is on show as a figure, None where there is nothing."""
        return None
