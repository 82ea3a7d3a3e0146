"""docs/models.md: what it says of holes belongs to whom, and of training what was done."""

from pathlib import Path

import pytest

from engines.checkpoints.catalog import DATA_TITLES, FAMILY_TITLES, catalog
from engines.inpaint.classes import SEPARATE_READER
from engines.readers import classifier
from engines.training.reports import models as report

PAGE = Path("docs/models.md").read_text("utf-8")


@pytest.fixture(scope="module")
def holes():
    """The rows of the table of holes by family: a mapping from column to cell each."""
    _, _, rest = PAGE.partition("## Holes in pictures")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    cells = [line.replace("\\|", "∣").strip("| ").split(" | ") for line in lines]
    rows = [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]
    return {row["family"]: row for row in rows}


def test_the_page_is_that_of_the_cards():
    assert report.models(catalog()) == PAGE


def test_the_reader_alone_has_the_first_row(holes):
    card = classifier.read("mnist-holes")
    row = holes["the reader alone"]
    for hole, title in (("square", "centre square"), ("left", "left half")):
        share = 100 * card.figures[hole]["true_class"]
        assert row[f"{title}, read as the truth"].startswith(f"{share:.1f} %")
        assert row[f"{title}, without the reader"] == "–"


def test_every_row_says_who_draws_the_class(holes):
    cards = [card for card in catalog() if "inpainting_square" in card.figures]
    assert len(holes) == len(cards) + 1
    for card in cards:
        row, figure = holes[FAMILY_TITLES[card.family]], card.figures["inpainting_square"]
        asks = figure.get("class_from") == SEPARATE_READER
        assert (row["class of a draw"] == "the reader") == asks
        assert asks == (f"class from {SEPARATE_READER}" in row["method"])
        assert asks <= ("(heuristic)" in row["method"])
        without = row["centre square, without the reader"]
        if not asks:
            assert without == row["centre square, read as the truth"]
        elif "any_value" in figure:
            assert without.startswith(f"{100 * figure['any_value']:.1f}")
        else:
            assert without == "not measured"


def test_where_means_are_shown_it_says_that_figures_are_of_drawn_pixels(holes):
    said = {family for family, row in holes.items() if "pixels are drawn" in row["method"]}
    assert said == {"VAE", "Latent diffusion"}


def test_what_was_fitted_by_em_is_not_said_to_be_closed_form():
    assert "in closed form" not in PAGE
    title = DATA_TITLES["mnist"]
    (line,) = (s for s in PAGE.splitlines() if s.startswith(f"| {title} | Factor analysers | 749"))
    assert "EM class by class" in line


def test_the_readme_claims_no_cells_for_the_book():
    text = " ".join(Path("README.md").read_text("utf-8").split())
    assert "table 20.1; the cells are ours" in text
