"""The evidence behind the badges: the file that the window shows, and how verdicts are worded."""

from pathlib import Path

import pytest

from engines.inpaint import METHODS
from engines.inpaint.evidence import read
from engines.model import Exactness
from engines.training.inpainting_evidence import page, verdict

EVIDENCE = read()


def test_the_page_is_that_of_the_table():
    assert Path("docs/inpainting.md").read_text("utf-8") == page(EVIDENCE)


def test_it_is_of_methods_that_there_are():
    standings = {e.value for e in Exactness}
    for row in EVIDENCE:
        assert row.method in {method.name for method in METHODS}
        assert row.title in {method.title for method in METHODS}
        assert row.exactness in standings
        assert row.calls >= 1


def test_exact_methods_are_at_the_floor_and_none_misses_its_tolerance():
    for row in EVIDENCE:
        assert "MISSES" not in row.verdict
        if row.exactness == Exactness.EXACT.value:
            assert row.verdict == "at the sampling floor"


def test_particles_meet_the_bar_and_replacement_is_seen_to_fail():
    found = {(row.method, row.how): row.value for row in EVIDENCE if row.measure == "TV"}
    sixteen = [v for (method, how), v in found.items() if method == "tds" and "16 part" in how]
    assert max(sixteen) <= 0.08
    assert min(v for (method, _), v in found.items() if method == "replacement") > 0.2


@pytest.mark.parametrize(
    ("exactness", "value", "words"),
    [
        (Exactness.EXACT, 0.04, "at the sampling floor"),
        (Exactness.EXACT, 0.078, "within the tolerance of 0.08"),
        (Exactness.EXACT, 0.2, "MISSES the tolerance of 0.08"),
        (Exactness.ASYMPTOTIC, 0.2, "MISSES the tolerance of 0.08"),
        (Exactness.HEURISTIC, 0.2, "off by 5 × the floor, as its label warns"),
    ],
)
def test_verdicts_say_how_far_off(exactness, value, words):
    assert verdict(exactness, value, 0.04, 0.08) == words


def test_a_file_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "evidence.toml"
    path.write_text("[[evidence]]\nmethod = 'tds'\n")
    with pytest.raises(ValueError, match="is no table of evidence"):
        read(path)
