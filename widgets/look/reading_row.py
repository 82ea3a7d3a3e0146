"""What each model reads in one example: a card with a number, what kind it is, and a plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtWidgets import QFrame, QLabel, QWidget

from widgets.look import lay, theme
from widgets.look.family_bar import FamilyBar
from widgets.look.frames import keep_only
from widgets.look.labels import Badge, ElidedLabel, small_print
from widgets.look.model_card import framed
from widgets.look.specs import RowSpec

R = TypeVar("R", bound="ReadingRow")


class ReadingRow(QFrame):
    """The model, its `number`, and in small what else is known; the plot stands beside them."""

    def __init__(self, spec: RowSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.setProperty("card", True)
        self.bar, self.badge = FamilyBar(self), Badge(self)
        self.bar.set_colour(theme.family_colour(spec.family))
        self.title, self.says = ElidedLabel(self), ElidedLabel(self)
        self.title.setText(spec.title)
        self.title.setFont(theme.title_font(self.font()))
        small_print(self.says)
        self.badge.hide()

    def _build(self, number: QLabel, plot: QWidget) -> None:
        unit = theme.UNIT
        number.setFont(theme.title_font(self.font()))
        head = lay.across((self.title, 1), self.badge)
        left = lay.down(head, number, self.says, spacing=unit // 2)
        row = lay.across(
            (left, 2), (plot, 3), margins=(unit, unit // 2, unit, unit // 2), spacing=2 * unit
        )
        framed(self, self.bar, row)


class ReadingRows(QWidget, Generic[R]):
    """A row per model, in any order, each made by `make` of its spec and its parent."""

    def __init__(
        self, make: Callable[[RowSpec, QWidget], R], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._make = make
        self.rows: dict[str, R] = {}
        self._column = lay.down(lay.STRETCH, on=self)

    def set_rows(self, specs: Sequence[RowSpec]) -> None:
        """Show these models in this order; a row that stays keeps what it shows."""
        keep_only(self.rows, {spec.name for spec in specs})
        for place, spec in enumerate(specs):
            if spec.name not in self.rows:
                self.rows[spec.name] = self._make(spec, self)
            self._column.insertWidget(place, self.rows[spec.name])

    def order(self) -> list[str]:
        """The names from top to bottom."""
        places = {self._column.indexOf(row): name for name, row in self.rows.items()}
        return [places[place] for place in sorted(places)]
