"""A kind of our own on the command line: nothing in the product names it."""

import csv
import math
import sys

import pytest

from app.kinds import VIEWS
from app.recipes.recipe import read_png
from engines import finish, log_density, open_model
from engines.checkpoints import devices
from engines.model import SampleRequest
from main import main
from tests.app.kinds import texts
from tests.kinds import symbols
from tests.kinds.symbols import KIND, NAME


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setattr(devices, "prepare_thread", lambda: None)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    for path in ("user_log_path", "user_config_path", "user_cache_path"):
        monkeypatch.setattr(f"platformdirs.{path}", lambda *_, **__: tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    texts.register(monkeypatch)
    symbols.ship(tmp_path / "assets")
    return tmp_path / "assets"


@pytest.fixture
def genscope(root, capsys):
    def run(command, *words):
        code = main([command, *map(str, words), "--assets", str(root)])
        return code, capsys.readouterr()

    return run


def lines(path):
    return [line for line in path.read_text("utf-8").split("\n")[1:] if line]


def test_samples_are_those_of_the_engine_and_are_made_again(genscope, root, tmp_path):
    out, again = tmp_path / "x.txt", tmp_path / "again.txt"
    words = ("--given", "mood=wild", "--given", "key=high", "--count", 5, "--seed", 3)
    assert genscope("sample", NAME, *words, "--out", out)[0] == 0
    given = {"mood": "wild", "key": "high"}
    drawn = finish(open_model(NAME, root=root).sample(SampleRequest(5, 3, given=given)))
    assert lines(out) == texts.letters(drawn)
    assert read_png(out).given == given
    assert read_png(out).label is None
    assert genscope("sample", "--from", out, "--out", again)[0] == 0
    assert again.read_text() == out.read_text()


def test_a_file_that_nobody_named_has_the_suffix_of_its_kind(genscope, tmp_path):
    code, said = genscope("sample", NAME, "--count", 2)
    assert code == 0
    assert said.out.strip().endswith(".txt")
    assert len(lines(tmp_path / said.out.strip())) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--given", "mood=odd"), "has no mood 'odd'"),
        (("--given", "tempo=fast"), "has no attribute 'tempo'"),
        (("--given", "mood"), "must be NAME=VALUE"),
        (("--given", "mood=calm", "--given", "mood=wild"), "is given twice"),
        (("--label", "calm"), "say --given mood=calm or --given key=low"),
        (("--label", "calm", "--given", "mood=calm"), "short for --given"),
        (("--out", "x.png"), "must end in .txt"),
        (("--separate",), "makes sequences; write them to one .txt file"),
    ],
)
def test_what_cannot_be_drawn_is_refused(genscope, words, says):
    code, said = genscope("sample", NAME, *words)
    assert code == 2
    assert says in said.err


def test_a_hole_is_filled_and_filled_again(genscope, tmp_path):
    (tmp_path / "x.txt").write_text("abcdabcdabcd\n")
    out, again = tmp_path / "fills.txt", tmp_path / "again.txt"
    words = ("--text", tmp_path / "x.txt", "--span", "3:7", "--given", "mood=wild", "--count", 4)
    assert genscope("inpaint", NAME, *words, "--out", out)[0] == 0
    found = lines(out)
    assert len(found) == 4
    assert all(row[:3] == "abc" and row[7:] == "dabcd" for row in found)
    assert read_png(out).given == {"mood": "wild"}
    assert genscope("inpaint", "--from", out, "--out", again)[0] == 0
    assert again.read_text() == out.read_text()


def test_a_hole_of_another_kind_is_refused(genscope):
    code, said = genscope("inpaint", NAME, "--fix", "x=0.5")
    assert code == 2
    assert "is a model of sequences: give --text and --span, not --fix" in said.err


def test_a_path_goes_from_sequence_to_sequence(genscope, tmp_path):
    out, again = tmp_path / "walk.txt", tmp_path / "again.txt"
    ends = ("--from", "aaaaaaaaaaaa", "--to", "dddddddddddd")
    assert genscope("interpolate", NAME, *ends, "--frames", 5, "--out", out)[0] == 0
    assert (lines(out)[0], lines(out)[-1]) == ("a" * 12, "d" * 12)
    assert genscope("interpolate", "--again", out, "--out", again)[0] == 0
    assert again.read_text() == out.read_text()
    given = tmp_path / "given.txt"
    words = (*ends, "--given", "mood=wild", "--frames", 5, "--out", given)
    assert genscope("interpolate", NAME, *words)[0] == 0
    assert lines(given) != lines(out)
    code, said = genscope("interpolate", NAME, "--from", "xyz", "--to", "b" * 12)
    assert (code, "an end point cannot be used" in said.err) == (2, True)


@pytest.mark.parametrize("given", [{}, {"mood": "wild", "key": "low"}])
def test_scores_are_in_the_unit_of_the_kind(genscope, root, tmp_path, given):
    rows = ["abcdabcdabcd", "aaaaaaaaaaaa"]
    (tmp_path / "x.txt").write_text("\n".join(rows))
    said = [word for pair in given.items() for word in ("--given", "=".join(pair))]
    words = ("--text", tmp_path / "x.txt", "--csv", tmp_path / "bits.csv", *said)
    assert genscope("score", NAME, *words)[0] == 0
    found = list(csv.DictReader((tmp_path / "bits.csv").read_text().splitlines()))
    view = VIEWS[symbols.Symbols](KIND)
    x = view.tensor_of([view.read(row).value for row in rows])
    log_p = log_density(open_model(NAME, root=root), x, given=given).value.tolist()
    for row, nats in zip(found, log_p, strict=True):
        assert float(row["log_p_nats"]) == pytest.approx(nats, abs=1e-4)
        bits = -nats / (12 * math.log(2))
        assert float(row["bits_per_symbol"]) == pytest.approx(bits, abs=1e-6)


def test_a_map_of_the_plane_is_refused_with_what_there_is(genscope, tmp_path):
    code, said = genscope("density", NAME, "--out", tmp_path / "x.png")
    assert code == 2
    assert "for sequences use: score" in said.err


def test_a_kind_that_nobody_shows_is_one_sentence(genscope, monkeypatch):
    monkeypatch.delitem(VIEWS, symbols.Symbols)
    code, said = genscope("sample", NAME)
    assert code == 1
    assert said.err.count("\n") == 1
    assert "cannot take sequences" in said.err


def test_its_options_stand_in_the_help_and_only_of_what_is_asked(genscope, monkeypatch):
    """A kind brings its options: the parser names none of them."""
    for command, options in (("inpaint", ("--text", "--span")), ("score", ("--text",))):
        code, said = genscope(command, "--help")
        assert code == 0
        assert all(option in said.out for option in options)
        monkeypatch.delitem(VIEWS, symbols.Symbols)
        assert all(option not in genscope(command, "--help")[1].out for option in options)
        monkeypatch.setitem(VIEWS, symbols.Symbols, texts.TextView)


def test_a_hole_that_lacks_an_option_is_refused_with_those_of_all_kinds(genscope):
    code, said = genscope("inpaint", NAME, "--span", "0:3")
    assert code == 2
    assert "--image and --mask or --fix or --text and --span" in said.err
