"""The evidence behind the badges of the in-painting tab, as plain tables for its dialog.

Two kinds: every method where the answer is known, and figures on a model's card that were measured
on held-out pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from app.session import family_title
from engines.catalog import FAMILY_TITLES
from engines.inpaint import evidence
from engines.model import Card, Procedure
from widgets.evidence import EvidenceDialog
from widgets.family_table import NOTHING, Cell, Column, FamilyRow, FamilyTable

PREFIX = "inpainting_"
WANTED = 0.9
"""The share of held-out pixels that a calibrated model has within its 90 % interval."""
NOT_MEASURED = "calibration: not measured"
NO_EVIDENCE = "No evidence is bundled: run python -m engines.training inpainting-evidence."

_COLUMNS = (
    Column("Method", "The way to fill, at the knobs of the row's tool tip.", False),
    Column("Badge", "How the method relates to the model's own distribution.", False),
    Column("Oracle", "A model whose conditional distribution is known.", False),
    Column("NFE", "Network evaluations of each draw.", True),
    Column("Error", "Distance of the draws from the exact conditional distribution.", True),
    Column("Floor", "The distance of as many exact draws: less cannot be asked.", True),
    Column("Measure", "What distance it is.", True),
    Column("Verdict", "Whether the badge holds.", True),
)
_FIGURES = (
    Column("Mask", "What was hidden of the held-out pictures.", False),
    Column("Figure", "What was measured.", False),
    Column("Value", "± one standard error.", True),
    Column("Wanted", "What a calibrated model, or real pictures, would reach.", True),
    Column("How", "Method and number of pictures.", True),
)


class Evidence:
    """The dialog; its tables are made when it is opened."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self.dialog: EvidenceDialog | None = None

    def show(self, card: Card, procedure: Procedure, cards: Iterable[Card]) -> None:
        """Open for one row's badge, with the calibration of all `cards`."""
        if self.dialog is None:
            self.dialog = EvidenceDialog(self._parent)
        asked = (
            f"{family_title(card)}: {procedure.exactness.value}. {procedure.method}. "
            f"{procedure.source}."
        )
        self.dialog.show_tables(asked, methods_table(), calibration_table(cards))
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()


def methods_table() -> FamilyTable:
    """Every method where the answer is known; a note where there is no such table."""
    found, note = _read()
    rows = tuple(
        FamilyRow(
            e.family, FAMILY_TITLES.get(e.family, e.family),
            (
                Cell(e.title, e.how), Cell(e.exactness), Cell(e.oracle), Cell(f"{e.calls:,}"),
                Cell(f"{e.value:.3g}"), Cell(f"{e.floor:.3g}"), Cell(e.measure), Cell(e.verdict),
            ),
        )
        for e in found
    )  # fmt: skip
    return _table("Methods where the answer is known", _COLUMNS, rows, note)


def _read() -> tuple[tuple[evidence.Evidence, ...], str]:
    try:
        return evidence.read(), ""
    except FileNotFoundError:
        return (), NO_EVIDENCE
    except (OSError, ValueError) as error:
        return (), f"The evidence cannot be read: {error}"


def calibration_table(cards: Iterable[Card]) -> FamilyTable:
    """What was measured of each model's fillings of held-out pictures."""
    rows, bare = [], []
    for card in cards:
        found = figures_of(card)
        if not found:
            bare.append(family_title(card))
        rows += [
            FamilyRow(card.family, family_title(card), _cells(mask, what, figure))
            for mask, what, figure in found
        ]
    note = f"Not measured: {', '.join(bare)}." if bare else ""
    return _table("Calibration on held-out pictures", _FIGURES, tuple(rows), note)


def calibration(card: Card) -> tuple[str, str]:
    """A row's line about it, and the tool tip with all that was measured."""
    found = figures_of(card)
    cover = [f"{_value(f)} {mask}" for mask, what, f in found if "coverage" in what]
    rest = [f"{what} {_value(f)} {mask}" for mask, what, f in found]
    if not found:
        return NOT_MEASURED, f"The card of {card.name} has no figures of in-painting."
    text = f"covers {', '.join(cover)}" if cover else rest[0]
    tip = (
        "Coverage: the share of held-out pixels within the 90 % interval of the draws, "
        f"{WANTED:.0%} if calibrated. Measured: {'; '.join(rest)}."
    )
    return text, tip


def figures_of(card: Card) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Mask, what was measured, and the figure, of all a card has of in-painting."""
    found = []
    for name, figure in card.figures.items():
        if name.startswith(PREFIX) and isinstance(figure, Mapping) and "value" in figure:
            mask, _, what = name.removeprefix(PREFIX).partition("_")
            found.append((mask, what.replace("_", " ") or "figure", figure))
    return found


def _cells(mask: str, what: str, figure: Mapping[str, Any]) -> tuple[Cell, ...]:
    wanted = WANTED if "coverage" in what else figure.get("floor")
    error = figure.get("stderr")
    value = _value(figure) if error is None else f"{_value(figure)} ± {100 * error:.1f} %"
    how = [str(figure["method"])] if "method" in figure else []
    if "examples" in figure:
        how.append(f"{figure['examples']:,} pictures")
    return (
        Cell(mask), Cell(what), Cell(value),
        Cell(NOTHING if wanted is None else f"{100 * wanted:.1f} %"),
        Cell(", ".join(how) or NOTHING),
    )  # fmt: skip


def _value(figure: Mapping[str, Any]) -> str:
    """A share in percent; another number as it is."""
    value = float(figure["value"])
    return f"{100 * value:.1f} %" if 0 <= value <= 1 else f"{value:.4g}"


def _table(
    title: str, columns: tuple[Column, ...], rows: tuple[FamilyRow, ...], note: str
) -> FamilyTable:
    heads = ["Family", *(column.title for column in columns)]
    lines = [f"**{title}**", "", _line(heads), _line(["---"] * len(heads))]
    lines += [_line([row.title, *(cell.text for cell in row.cells)]) for row in rows]
    return FamilyTable("", title, columns, rows, note, "\n".join(lines) + "\n")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
