"""The table of families: every family is there, figures keep their sign, gaps say why."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from engines.checkpoints.catalog import FAMILY_TITLES
from engines.facts import figures, taxonomy
from engines.kinds import of_shape
from engines.model import Card, class_attributes


def card(name, **measured):
    data, _, family = name.partition("/")
    shape = (1, 28, 28) if data == "mnist" else (2,)
    return Card(
        folder=Path(),
        name=name,
        family=family,
        data=data,
        kind=of_shape(shape),
        attributes=class_attributes(("a",)),
        weights="",
        sha256="",
        parameters=1_234,
        seed=1,
        recipe="",
        licence="",
        figures=measured,
    )


def cell(table, family, title):
    (row,) = [row for row in table.rows if row.family == family]
    (place,) = [i for i, column in enumerate(table.columns) if column.title == title]
    return row.cells[place]


VAE = card(
    "mnist/vae",
    bits_per_dim={
        "value": 1.22203,
        "stderr": 0.00709,
        "meaning": "bound",
        "method": "IWAE, 64 samples",
        "examples": 2000,
    },
    sampling_ms={"value": 23.551, "hardware": "a processor", "threads": 1},
    calls={"value": 1},
    label_agreement={"value": 0.9678, "floor": 0.994},
    latents={"value": 24, "nature": "Gaussian"},
)
GAN = card("mnist/gan", sampling_ms={"value": 12_345.6}, calls={"value": 47})
MOONS = card("moons/gan", sample_kl_gap={"value": 0.02, "stderr": 0.001, "meaning": "heuristic"})


def test_every_family_has_its_theory_in_every_column():
    assert set(taxonomy.THEORY) == set(FAMILY_TITLES)
    for theory in taxonomy.THEORY.values():
        assert all(getattr(theory, field.name) for field in fields(theory))


def test_rows_hold_a_cell_for_every_column_whatever_is_there():
    for data in ("mnist", "moons", "cities", "nowhere"):
        table = taxonomy.table(data, [VAE, GAN, MOONS])
        assert [row.family for row in table.rows] == list(FAMILY_TITLES)
        assert {len(row.cells) for row in table.rows} == {len(table.columns)}
        assert all(cell.text for row in table.rows for cell in row.cells)


def test_measured_figures_stand_beside_the_theory_with_their_signs():
    table = taxonomy.table("mnist", [VAE, GAN, MOONS])
    assert cell(table, "vae", "Bits per dim.").text == "≤ 1.222 ± 0.007"
    assert cell(table, "vae", "Bits per dim.").tip == "IWAE, 64 samples; 2,000 examples"
    assert cell(table, "vae", "Label agreement").text == "96.8 %"
    assert "99.4 %" in cell(table, "vae", "Label agreement").tip
    assert cell(table, "vae", "16 samples").text == "23.6 ms, 1 call"
    assert cell(table, "gan", "16 samples").text == "12.3 s, 47 calls"
    assert cell(table, "vae", "Latents").text.endswith("here 24")
    assert cell(table, "vae", "Parameters").text == "1,234"
    assert table.note == "Times on a processor, 1 thread."


def test_what_is_missing_says_why():
    table = taxonomy.table("mnist", [VAE, GAN])
    assert cell(table, "gan", "Bits per dim.") == taxonomy.Cell(
        "none", "An implicit model has no density."
    )
    assert cell(table, "flow", "Bits per dim.").text == figures.NOTHING
    assert "no Flow checkpoint for MNIST" in cell(table, "flow", "Bits per dim.").tip
    tip = cell(table, "gan", "Label agreement").tip
    assert tip.endswith("evaluate mnist/gan --only quality")


def test_points_compare_by_the_gap_or_by_what_stands_in_for_it():
    flow = card("moons/flow", kl_gap={"value": 0.0099, "stderr": 0.0008, "meaning": "exact"})
    table = taxonomy.table("moons", [flow, MOONS])
    assert cell(table, "flow", "KL gap, nats").text == "0.0099 ± 0.0008"
    assert cell(table, "gan", "KL gap, nats").text == "~ 0.0200 ± 0.0010"
    assert "Label agreement" not in [column.title for column in table.columns]


def test_markdown_has_as_many_cells_in_every_line():
    lines = taxonomy.markdown(taxonomy.table("mnist", [VAE])).splitlines()
    assert len(lines) == 2 + len(FAMILY_TITLES)
    assert {line.count("|") for line in lines} == {len(taxonomy.table("mnist", [VAE]).columns) + 2}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3.714, "3.7 ms"), (108.85, "109 ms"), (4211.3, "4,211 ms"), (15_400, "15.4 s")],
)
def test_durations(value, expected):
    assert figures.duration({"t": {"value": value}}, "t") == expected


def test_the_table_needs_no_torch():
    code = "import sys, engines.facts.taxonomy; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
