"""The evidence behind the badges of the in-painting tab, as plain tables for its dialog.

Two kinds: this very method where the answer is known, and figures on a model's card that were
measured on held-out pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QWidget

from app.models.titles import family_title
from app.tab.method_row import capital
from app.tasks.filling import Choice
from engines.checkpoints.catalog import FAMILY_TITLES
from engines.facts import evidence
from engines.model import Card, Knobs, Procedure, settle
from widgets.controls.family_table import NOTHING, Cell, Column, FamilyRow, FamilyTable
from widgets.inpainting.evidence import EvidenceDialog

PREFIX = "inpainting_"
WANTED = 0.9
"""The share of held-out pixels that a calibrated model has within its 90 % interval."""
_ORDER = {"square": 0, "left": 1}
_HOLES = {"square": "centre hole", "left": "left half"}
AGREEMENT, COVERAGE = "agreement", "coverage"
"""The share of draws read as the true class, and that of held-out pixels within the interval."""
NOT_MEASURED = "calibration: not measured"
NOT_AT_THESE = "not measured at these settings"
NOT_KNOWN = (
    "Not measured: this method of {family} was not run on {kind} where the answer is "
    "known. Its badge follows from theory and from the tests of the code."
)
NO_EVIDENCE = "No evidence is bundled: run python -m engines.training inpainting-evidence."

_COLUMNS = (
    Column("Method", "The method, with the settings in the row's tool tip.", False),
    Column("Sampler", "How the method relates to the model's own distribution.", False),
    Column(
        "Asked",
        "A model whose conditional distribution is known: an oracle made for the purpose, or a "
        "shipped checkpoint by quadrature.",
        False,
    ),
    Column("Measure", "The kind of distance.", False),
    Column("Samples", "How many were compared.", True),
    Column("NFE", "Network evaluations per sample.", True),
    Column("Error", "Distance of the samples from the exact conditional distribution.", True),
    Column(
        "Floor",
        "Mean distance of the same number of exact samples: the best that can be reached.",
        True,
    ),
    Column("Limit", "99 % of sets of exact samples of this size stay below it.", True),
    Column("Verdict", "Whether the measurement agrees with the badge.", False),
)
_FIGURES = (
    Column(
        "Hole", "What was hidden of the held-out pictures; the method if not the default.", False
    ),
    Column(
        "Figure",
        (
            "Agreement: the share of samples that a classifier assigns to the true class. "
            "Coverage: the share of held-out pixels within the 90 % interval of the samples."
        ),
        False,
    ),
    Column("Value", "± one standard error.", True),
    Column("Wanted", "What a calibrated model, or real pictures, would reach.", True),
    Column("How", "Method and number of pictures.", True),
)


class Evidence:
    """The dialog; its tables are made when it is opened."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self.dialog: EvidenceDialog | None = None

    def show(self, card: Card, method: str, procedure: Procedure, cards: Iterable[Card]) -> None:
        """Open for the badge of one row and its method, with the calibration of all `cards`."""
        if self.dialog is None:
            self.dialog = EvidenceDialog(self._parent)
        asked = (
            f"{family_title(card)}, sampler: {procedure.exactness.value}. "
            f"{capital(procedure.method)}. "
            f"{procedure.source}."
        )
        first = sorted(cards, key=lambda other: other.name != card.name)
        self.dialog.show_tables(asked, methods_table(card, method), calibration_table(first))
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()


def methods_table(card: Card, method: str) -> FamilyTable:
    """This method of this family on this kind of data where the answer is known, the rows of the
    card's own checkpoint first; a note that says so where it was not measured."""
    found, note = _read()
    asked = evidence.about(found, card, method)
    rows = tuple(
        FamilyRow(
            e.family,
            FAMILY_TITLES.get(e.family, e.family),
            (
                Cell(e.title, e.how),
                Cell(e.exactness),
                _asked(e),
                Cell(e.measure),
                Cell(f"{e.draws:,}"),
                Cell(f"{e.calls:,}"),
                Cell(f"{e.value:.3g}"),
                Cell(f"{e.floor:.3g}"),
                Cell(f"{e.limit:.3g}"),
                Cell(e.verdict),
            ),
        )
        for e in asked
    )
    if found and not asked:
        note = NOT_KNOWN.format(family=family_title(card), kind=evidence.kind_of(card))
    return _table("This method where the answer is known", _COLUMNS, rows, note)


def _asked(row: evidence.Evidence) -> Cell:
    """The model that was asked: an oracle in short, or a shipped checkpoint by its name."""
    return Cell(row.model or row.oracle.partition(",")[0], row.oracle)


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
        rows += [FamilyRow(card.family, family_title(card), _cells(figure)) for figure in found]
    note = f"Not measured: {', '.join(bare)}." if bare else ""
    return _table("Calibration on held-out pictures", _FIGURES, tuple(rows), note)


def calibration(card: Card, choice: Choice, default: bool, knobs: Knobs) -> tuple[str, str]:
    """A row's line about what it shows, and the tool tip with all there is of the method.

    The figures are of the model's `default` method or of the `choice`, at the knobs they were
    measured at: where the row has others, the line says so and gives no number.
    """
    method = "" if default else choice.name
    found = [figure for figure in figures_of(card) if figure.method == method]
    if not found:
        what = f"method {method}" if method else "in-painting"
        return NOT_MEASURED, f"The card of {card.name} has no figures of {what}."
    rest = "; ".join(f"{f.what} {_value(f.value)} ({f.mask})" for f in found)
    if apart := _apart(choice, found[0].knobs, settle(choice.knobs, knobs)):
        where = f"Measured at other settings than this row's: {'; '.join(apart)}. "
        return NOT_AT_THESE, f"{where}There: {rest}."
    words = [
        f"{100 * f.value:.0f} % ({_HOLES.get(f.mask, f.mask)})" for f in found if f.what == COVERAGE
    ]
    first = f"{found[0].what} {_value(found[0].value)} ({found[0].mask})"
    text = f"90 % intervals cover {', '.join(words)}" if words else first
    tip = (
        "Coverage: the share of held-out pixels within the 90 % interval of the samples. "
        f"Calibrated samples cover {100 * WANTED:.0f} %, and more where pixels are almost "
        f"sure. Measured: {rest}."
    )
    return text, tip


def _apart(choice: Choice, measured: Knobs, shown: Knobs) -> list[str]:
    """In words the knobs at which a measurement differs from what is shown."""
    differing = []
    for knob in choice.knobs:
        there, here = measured.get(knob.name, knob.default), shown[knob.name]
        if there != here:
            differing.append(f"{knob.title}: {knob.text(there)}, here {knob.text(here)}")
    return differing


@dataclass(frozen=True)
class Figure:
    """One number that a card has of in-painting: of which hole, and of which method if not the
    model's default."""

    mask: str
    method: str
    what: str
    value: float
    stderr: float | None
    wanted: float | None
    how: str
    knobs: Knobs
    """At which it was measured; those that are missing had their defaults."""

    @property
    def where(self) -> str:
        return f"{self.mask}, {self.method}" if self.method else self.mask


def figures_of(card: Card) -> list[Figure]:
    """All a card has of in-painting: an entry holds the agreement and, beside it, the coverage."""
    found = []
    for name, entry in card.figures.items():
        if not name.startswith(PREFIX) or not isinstance(entry, Mapping) or "value" not in entry:
            continue
        mask, _, method = name.removeprefix(PREFIX).partition("_")
        how, knobs = _how(entry, "few", "examples"), entry.get("knobs", {})
        found.append(
            Figure(
                mask,
                method,
                AGREEMENT,
                entry["value"],
                entry.get("stderr"),
                entry.get("floor"),
                how,
                knobs,
            )
        )
        if COVERAGE in entry:
            wanted = entry.get("nominal", WANTED)
            error, how = entry.get("coverage_stderr"), _how(entry, "draws", "coverage_examples")
            found.append(Figure(mask, method, COVERAGE, entry[COVERAGE], error, wanted, how, knobs))
    # the same order in every row, whatever was measured first
    return sorted(found, key=lambda figure: (figure.method, _ORDER.get(figure.mask, len(_ORDER))))


def _how(entry: Mapping[str, Any], draws: str, examples: str) -> str:
    """The method and how much was measured, by the names of both numbers in the card."""
    parts = [str(entry["method"])] if "method" in entry else []
    if draws in entry:
        parts.append(f"{entry[draws]} samples")
    if examples in entry:
        parts.append(f"{entry[examples]:,} pictures")
    return ", ".join(parts) or NOTHING


def _cells(figure: Figure) -> tuple[Cell, ...]:
    error = "" if figure.stderr is None else f" ± {100 * figure.stderr:.1f} %"
    wanted = NOTHING if figure.wanted is None else _value(figure.wanted)
    return (
        Cell(figure.where),
        Cell(figure.what),
        Cell(_value(figure.value) + error),
        Cell(wanted),
        Cell(figure.how),
    )


def _value(share: float) -> str:
    """A share in percent."""
    return f"{100 * share:.1f} %"


def _table(
    title: str, columns: tuple[Column, ...], rows: tuple[FamilyRow, ...], note: str
) -> FamilyTable:
    heads = ["Family", *(column.title for column in columns)]
    lines = [f"**{title}**", "", _line(heads), _line(["---"] * len(heads))]
    lines += [_line([row.title, *(cell.text for cell in row.cells)]) for row in rows]
    return FamilyTable("", title, columns, rows, note, "\n".join(lines) + "\n")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
