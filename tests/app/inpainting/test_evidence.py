"""What stands behind a badge: nothing is claimed that was not measured."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication

from app.inpainting.pictures import evidence as behind
from app.inpainting.pictures.evidence import (
    NO_EVIDENCE,
    NOT_AT_THESE,
    NOT_MEASURED,
    calibration,
    calibration_table,
    figures_of,
)
from app.tasks.filling import Choice
from engines.checkpoints.catalog import catalog, scan
from engines.facts import evidence
from engines.inpaint import methods_for
from engines.model import Exactness, Knob, Procedure, settle
from engines.opening import open_model
from tests.app.inpainting.test_presenter import KDE, Desk
from tests.windows import DIGITS

PIECE = evidence.Evidence(
    "tds",
    "diffusion",
    "Twisted SMC",
    "16 particles, 40 steps",
    "asymptotically exact",
    "mixture of nine Gaussians",
    4_000,
    640,
    "total variation",
    0.0612,
    0.031,
    0.038,
    "holds",
    "points",
)
CHOICE = Choice("quick", "Quick", "", True, (), Procedure(Exactness.EXACT, "strings", "Collodi"))
FIGURES = {
    "parameters": {"value": 3},
    "inpainting_left": {
        "value": 0.91,
        "stderr": 0.013,
        "floor": 0.99,
        "coverage": 0.861,
        "coverage_stderr": 0.004,
        "nominal": 0.9,
        "method": "closed form",
        "few": 2,
        "draws": 32,
        "examples": 500,
        "coverage_examples": 40,
    },
    "inpainting_square_slow": {"value": 0.5},
}


@pytest.fixture(scope="module")
def card(catalogue):
    cards, _ = scan(catalogue)
    return next(card for card in cards if card.name == KDE)


def test_a_card_without_figures_is_not_measured(card):
    bare = replace(card, figures={"sampling_ms": {"value": 3}})
    assert calibration(bare, CHOICE, True, {})[0] == NOT_MEASURED
    table = calibration_table([bare])
    assert table.rows == ()
    assert table.note == "Not measured: KDE."


def test_figures_are_shown_with_what_would_be_wanted(card):
    full = replace(card, figures=FIGURES)
    text, tip = calibration(full, CHOICE, True, {})
    assert text == "90 % intervals cover 86 % (left half)"
    assert "agreement 91.0 % (left)" in tip
    assert "square" not in tip
    text, tip = calibration(full, replace(CHOICE, name="slow"), False, {})
    assert text == "agreement 50.0 % (square)"
    assert "left" not in tip
    text, tip = calibration(full, CHOICE, False, {})
    assert text == NOT_MEASURED
    assert "method quick" in tip
    cells = [[cell.text for cell in row.cells] for row in calibration_table([full]).rows]
    few, many = "closed form, 2 samples, 500 pictures", "closed form, 32 samples, 40 pictures"
    assert cells == [
        ["left", "agreement", "91.0 % ± 1.3 %", "99.0 %", few],
        ["left", "coverage", "86.1 % ± 0.4 %", "90.0 %", many],
        ["square, slow", "agreement", "50.0 %", "–", "–"],
    ]


def test_a_figure_is_of_the_knobs_that_it_was_measured_at(card):
    """A VAE is measured with pixels drawn and shows their mean: no number stands beside that."""
    shown = Knob("pixels", "Pixels", 0, 0, 1, 1, "", choices=("the mean", "drawn"))
    choice = replace(CHOICE, knobs=(shown,))
    entry = {**FIGURES["inpainting_left"], "knobs": {"pixels": 1.0}}
    full = replace(card, figures={"inpainting_left": entry})
    text, tip = calibration(full, choice, True, {})
    assert text == NOT_AT_THESE
    assert "Pixels: drawn, here the mean" in tip
    assert "coverage 86.1 % (left)" in tip
    assert (
        calibration(full, choice, True, {"pixels": 1})[0] == "90 % intervals cover 86 % (left half)"
    )


def test_no_shipped_row_shows_figures_of_other_settings(shipped_methods):
    """Of every default method: numbers stand only beside what they were measured of."""
    seen = set()
    for card, method in shipped_methods:
        if not figures_of(card) or card.name in seen:
            continue
        seen.add(card.name)  # the first method is the default
        model = open_model(card.name, device="cpu")
        procedure = method.procedure(model, {})
        offered = Choice(method.name, method.title, "", False, method.knobs, procedure)
        text, _ = calibration(card, offered, True, {})
        if "mean of p(x | z)" in procedure.method:
            assert text == NOT_AT_THESE
        # a knob that came after the measurement stands at its default, and needs no number
        measured = figures_of(card)[0].knobs
        there = {knob.name: measured.get(knob.name, knob.default) for knob in method.knobs}
        assert calibration(card, offered, True, there)[0].startswith("90 % intervals cover")
        assert text.startswith("90 % intervals cover") == (there == settle(method.knobs, {}))
    assert len(seen) == 10


def test_evidence_that_is_not_there_or_damaged_is_said_to_be_so(card, monkeypatch):
    def missing():
        raise FileNotFoundError("evidence.toml")

    def damaged():
        raise ValueError("no table")

    monkeypatch.setattr(evidence, "read", missing)
    assert behind.methods_table(card, "quick").note == NO_EVIDENCE
    monkeypatch.setattr(evidence, "read", damaged)
    assert "cannot be read: no table" in behind.methods_table(card, "quick").note


def test_evidence_is_of_this_method_family_and_kind_alone(card, monkeypatch):
    """A method of one name is other code for pictures than for points, and in another family."""
    mine = replace(PIECE, family="kde", method="closed-form", kind="pictures")
    others = (
        PIECE,
        replace(mine, kind="points"),
        replace(mine, family="mfa"),
        replace(mine, method="quick"),
    )
    own = replace(mine, model=card.name)
    monkeypatch.setattr(evidence, "read", lambda: (*others, mine, own))
    table = behind.methods_table(card, "closed-form")
    assert [row.cells[2].text for row in table.rows] == [card.name, "mixture of nine Gaussians"]
    assert table.note == ""
    monkeypatch.setattr(evidence, "read", lambda: others)
    table = behind.methods_table(card, "closed-form")
    assert table.rows == ()
    assert table.note.startswith("Not measured: this method of KDE was not run on pictures")


def test_of_every_shipped_method_the_evidence_is_its_own_or_none(shipped_methods):
    """What the dialog shows for every family, kind of data and method that the window offers."""
    measured, silent = 0, 0
    for card, method in shipped_methods:
        asked = card.family, method.name, evidence.kind_of(card)
        own = [e for e in evidence.read() if (e.family, e.method, e.kind) == asked]
        table = behind.methods_table(card, method.name)
        assert len(table.rows) == len(own)
        assert {row.family for row in table.rows} <= {card.family}
        assert {row.cells[0].text for row in table.rows} <= {method.title}
        assert table.note.startswith("Not measured") == (not own)
        measured, silent = measured + bool(own), silent + (not own)
    assert measured > 0
    assert silent > 0


@pytest.fixture(scope="module")
def shipped_methods():
    """A card of every family and kind of data with each of its methods."""
    cards = {}
    for card in catalog():
        cards.setdefault((card.family, evidence.kind_of(card)), card)
    return [
        (card, method)
        for card in cards.values()
        for method in methods_for(open_model(card.name, device="cpu"))
    ]


def test_a_click_on_the_badge_opens_the_evidence(open_window, methods, monkeypatch):
    mine = replace(PIECE, family="kde", method="quick", kind="pictures")
    monkeypatch.setattr(evidence, "read", lambda: (PIECE, mine))
    desk = Desk(open_window(DIGITS))
    desk.ready()
    assert desk.view()._calibration.text() == NOT_MEASURED
    desk.stage.click(desk.view().badge, desk.view().badge.rect().center())
    dialog = desk.presenter._evidence.dialog
    desk.until(dialog.isVisible)
    assert dialog.asked.text() == "KDE, sampler: exact. Strings. Collodi 1883."
    table, other = dialog.views
    assert table.rowCount() == 1
    assert table.item(0, 0).text() == "KDE"
    assert [table.item(0, i).text().replace("\u00a0", " ") for i in range(1, 11)] == [
        "Twisted SMC",
        "asymptotically exact",
        "mixture of nine Gaussians",
        "total variation",
        "4,000",
        "640",
        "0.0612",
        "0.031",
        "0.038",
        "holds",
    ]
    assert other.isHidden()
    assert dialog.notes[1].text() == "Not measured: KDE."
    dialog.copy.click()
    assert "| KDE | Twisted SMC |" in QGuiApplication.clipboard().text()
    dialog.close()
