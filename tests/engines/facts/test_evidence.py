"""The evidence behind the badges: the file that the window shows, and how verdicts are worded."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from engines.facts.evidence import Evidence, about, kind_of, read
from engines.inpaint import METHODS
from engines.model import Exactness
from engines.opening import find
from engines.training.reports import evidence_page
from engines.training.reports.evidence import Measure, Question, floors_of, verdict
from engines.training.reports.evidence_page import key, merged, offered, page_of

EVERY = read()
EVIDENCE = tuple(row for row in EVERY if not row.model)
"""Of oracles; the other rows are of shipped checkpoints."""


@pytest.fixture(scope="module")
def methods():
    return offered()


def test_the_page_is_that_of_the_table(methods):
    assert Path("docs/inpainting.md").read_text("utf-8") == page_of(EVERY, methods)


def test_every_shipped_method_has_evidence_of_its_own_or_is_not_measured(methods):
    """No method of pictures is spoken for by its namesake of points, nor one family by another."""
    _, _, missing = page_of(EVERY, methods).partition("## Not measured")
    titles = evidence_page.FAMILY_TITLES
    for (family, name, kind), title in methods.items():
        own = [e for e in EVERY if (e.family, e.method, e.kind) == (family, name, kind)]
        line = f"| {titles[family]} | {kind} | {title} (`{name}`) |"
        assert (line in missing) == (not own)
    assert ("energy", "annealed", "pictures") in methods  # the defaults that the old page hid
    assert ("diffusion", "tds-pictures", "pictures") in methods
    assert ("flow", "mala", "pictures") in methods
    assert "Every method" not in evidence_page._HEAD


def test_rows_of_checkpoints_are_of_models_that_there_are():
    for row in EVERY:
        if row.model:
            card = find(row.model)
            assert (card.family, kind_of(card), "points") == (row.family, row.kind, row.kind)


def test_evidence_about_a_card_begins_with_its_own_checkpoint():
    card = find("moons/mfa")
    rows = about(EVERY, card, "closed-form")
    assert rows[0].model == card.name
    assert {row.subject for row in rows} == {("mfa", "closed-form", "points")}


@dataclass(frozen=True)
class Named:
    key: tuple[str, str, str]
    words: frozenset[str] = frozenset()


def row_of(oracle, family, method, value, model=""):
    return Evidence(
        method, family, "", "", "exact", oracle, 1, 1, "TV", value, 0.0, 0.0, "", "points", model
    )


def test_what_was_not_measured_anew_stays_and_the_order_is_that_of_the_trials():
    every = [
        Named(("a", "vae", "mwg")),
        Named(("a", "gan", "descent")),
        Named(("b", "moons/kde", "c")),
    ]
    kept = [
        row_of("b", "kde", "c", 3.0, "moons/kde"),
        row_of("a", "vae", "mwg", 1.0),
        row_of("a", "vae", "mwg", 1.5),
        row_of("gone", "vae", "mwg", 9.0),
    ]
    fresh = [row_of("a", "gan", "descent", 2.0), row_of("b", "kde", "c", 4.0, "moons/kde")]
    rows = merged(kept, fresh, chosen=every[1:], every=every)
    assert [row.value for row in rows] == [1.0, 1.5, 2.0, 4.0]
    assert [key(row) for row in rows] == [every[i].key for i in (0, 0, 1, 2)]


def test_only_what_is_named_is_measured(tmp_path, capsys):
    """One checkpoint by the command's own code; its row replaces the old one, all others stay."""
    page, table = tmp_path / "page.md", tmp_path / "evidence.toml"
    table.write_bytes(evidence_page.PATH.read_bytes())
    evidence_page.write(["plane:moons:mfa"], 500, page, table)
    old, new = ({key(row): row for row in rows} for rows in (EVERY, read(table)))
    changed = [k for k in new if new[k] != old.get(k)]
    assert changed == [(evidence_page.plane_evidence.ORACLE, "moons/mfa", "closed-form")]
    assert new[changed[0]].draws == 500
    assert new[changed[0]].verdict == "at the sampling floor"
    assert page.read_text("utf-8").startswith("# In-painting methods against known answers")
    assert "closed form" in capsys.readouterr().out.lower()
    with pytest.raises(ValueError, match="nothing to measure is called 'moans'"):
        evidence_page.write(["moans"], 500, page, table)


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


def test_floors_are_those_of_many_sets_of_exact_draws():
    """Of 100 draws of four outcomes the exact distance is known in mean: Σ E|n_i/n − p_i| / 2."""
    n, p = 100, torch.tensor([0.4, 0.3, 0.2, 0.1], dtype=torch.float64)

    def exact(count, g):
        return torch.multinomial(p, count, replacement=True, generator=g)

    def distance(x):
        return float(0.5 * (torch.bincount(x, minlength=4) / len(x) - p).abs().sum())

    question = Question("coins", None, p, p > 0, exact, (Measure("TV", distance),))
    ((floor, limit),) = floors_of(question, n)
    k = torch.arange(n + 1, dtype=torch.float64)
    mass = torch.distributions.Binomial(n, p[:, None]).log_prob(k).exp()
    mean = 0.5 * (mass * (k / n - p[:, None]).abs()).sum().item()
    assert floor == pytest.approx(mean, rel=0.06)
    assert 1.5 * floor < limit < 3 * floor


def test_rows_at_the_floor_are_those_below_the_limit():
    for row in EVIDENCE:
        assert row.floor < row.limit
        assert (row.verdict == "at the sampling floor") == (row.value <= row.limit)


def test_reveal_in_random_order_is_measured_by_many_draws():
    rows = [r for r in EVIDENCE if r.method == "any-order" and r.exactness == "exact"]
    assert len(rows) == 2
    assert min(row.draws for row in rows) >= 16_000


def test_a_wrong_encoder_misleads_pseudo_gibbs_alone():
    means = {r.method: r.value for r in EVIDENCE if "mean" in r.measure and r.family == "vae"}
    assert means["pseudo-gibbs"] > 0.5
    assert means["mwg"] <= 0.06


def test_particles_meet_the_bar_and_replacement_is_seen_to_fail():
    found = {(row.method, row.how): row.value for row in EVIDENCE if row.measure == "TV"}
    sixteen = [v for (method, how), v in found.items() if method == "tds" and "16 part" in how]
    assert max(sixteen) <= 0.08
    assert min(v for (method, _), v in found.items() if method == "replacement") > 0.2


@pytest.mark.parametrize(
    ("exactness", "value", "words"),
    [
        (Exactness.EXACT, 0.04, "at the sampling floor"),
        (Exactness.EXACT, 0.07, "MISSES the sampling floor"),
        (Exactness.ASYMPTOTIC, 0.05, "at the sampling floor"),
        (Exactness.ASYMPTOTIC, 0.07, "within the tolerance of 0.08"),
        (Exactness.ASYMPTOTIC, 0.2, "MISSES the tolerance of 0.08"),
        (Exactness.HEURISTIC, 0.2, "off by 5.0 × the floor, as its label warns"),
    ],
)
def test_verdicts_say_how_far_off(exactness, value, words):
    assert verdict(exactness, value, 0.04, 0.05, 0.08) == words


def test_without_a_tolerance_none_is_claimed():
    words = verdict(Exactness.ASYMPTOTIC, 0.07, 0.04, 0.05, None)
    assert words == "1.8 × the floor; no tolerance was set for it"


def test_a_file_that_is_no_table_is_refused(tmp_path):
    path = tmp_path / "evidence.toml"
    path.write_text("[[evidence]]\nmethod = 'tds'\n")
    with pytest.raises(ValueError, match="is no table of evidence"):
        read(path)
