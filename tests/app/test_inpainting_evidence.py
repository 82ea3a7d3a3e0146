"""What stands behind a badge: nothing is claimed that was not measured."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication

from app import inpainting_evidence as behind
from app.inpainting_evidence import NO_EVIDENCE, NOT_MEASURED, calibration, calibration_table
from engines import evidence
from engines.catalog import scan
from tests.app.test_inpainting import KDE, Desk
from tests.windows import DIGITS

PIECE = evidence.Evidence(
    "tds", "diffusion", "Twisted SMC", "16 particles, 40 steps", "asymptotically exact",
    "mixture of nine Gaussians", 4_000, 640, "total variation", 0.0612, 0.031, 0.038, "holds",
)  # fmt: skip
FIGURES = {
    "parameters": {"value": 3},
    "inpainting_left": {
        "value": 0.91, "stderr": 0.013, "floor": 0.99, "coverage": 0.861, "coverage_stderr": 0.004,
        "nominal": 0.9, "method": "closed form", "few": 2, "draws": 32, "examples": 500,
        "coverage_examples": 40,
    },
    "inpainting_square_slow": {"value": 0.5},
}  # fmt: skip


@pytest.fixture(scope="module")
def card(catalogue):
    cards, _ = scan(catalogue)
    return next(card for card in cards if card.name == KDE)


def test_a_card_without_figures_is_not_measured(card):
    bare = replace(card, figures={"sampling_ms": {"value": 3}})
    assert calibration(bare)[0] == NOT_MEASURED
    table = calibration_table([bare])
    assert table.rows == ()
    assert table.note == "Not measured: KDE."


def test_figures_are_shown_with_what_would_be_wanted(card):
    full = replace(card, figures=FIGURES)
    text, tip = calibration(full)
    assert text == "covers 86 % left"
    assert "agreement 91.0 % (left)" in tip
    assert "square" not in tip
    text, tip = calibration(full, "slow")
    assert text == "agreement 50.0 % (square)"
    assert "left" not in tip
    text, tip = calibration(full, "quick")
    assert text == NOT_MEASURED
    assert "method quick" in tip
    cells = [[cell.text for cell in row.cells] for row in calibration_table([full]).rows]
    few, many = "closed form, 2 draws, 500 pictures", "closed form, 32 draws, 40 pictures"
    assert cells == [
        ["left", "agreement", "91.0 % ± 1.3 %", "99.0 %", few],
        ["left", "coverage", "86.1 % ± 0.4 %", "90.0 %", many],
        ["square, slow", "agreement", "50.0 %", "–", "–"],
    ]


def test_evidence_that_is_not_there_or_damaged_is_said_to_be_so(monkeypatch):
    def missing():
        raise FileNotFoundError("evidence.toml")

    def damaged():
        raise ValueError("no table")

    monkeypatch.setattr(evidence, "read", missing)
    assert behind.methods_table("kde", "quick").note == NO_EVIDENCE
    monkeypatch.setattr(evidence, "read", damaged)
    assert "cannot be read: no table" in behind.methods_table("kde", "quick").note


def test_the_method_asked_for_comes_first(monkeypatch):
    other = replace(PIECE, family="kde", method="closed-form")
    monkeypatch.setattr(evidence, "read", lambda: (PIECE, PIECE, other))
    rows = behind.methods_table("kde", "closed-form").rows
    assert [row.family for row in rows] == ["kde", "diffusion", "diffusion"]
    assert behind.methods_table("kde", "closed-form").note == ""
    assert "None of these is of GAN" in behind.methods_table("gan", "latent-langevin").note


def test_a_click_on_the_badge_opens_the_evidence(open_window, methods, monkeypatch):
    monkeypatch.setattr(evidence, "read", lambda: (PIECE,))
    desk = Desk(open_window(DIGITS))
    desk.ready()
    assert desk.view()._calibration.text() == NOT_MEASURED
    desk.stage.click(desk.view().badge, desk.view().badge.rect().center())
    dialog = desk.presenter._evidence.dialog
    desk.until(dialog.isVisible)
    assert dialog.asked.text() == "KDE: exact. Strings. Collodi 1883."
    table, other = dialog.views
    assert table.item(0, 0).text() == "Diffusion"
    assert [table.item(0, i).text().replace("\u00a0", " ") for i in range(1, 11)] == [
        "Twisted SMC", "asymptotically exact", "mixture of nine Gaussians", "total variation",
        "4,000", "640", "0.0612", "0.031", "0.038", "holds",
    ]  # fmt: skip
    assert other.isHidden()
    assert dialog.notes[1].text() == "Not measured: KDE."
    dialog.copy.click()
    assert "| Diffusion | Twisted SMC |" in QGuiApplication.clipboard().text()
    dialog.close()
