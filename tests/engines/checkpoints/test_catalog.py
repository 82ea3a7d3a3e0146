"""Cards: the good ones are listed in order, each broken one says in one sentence what and why."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w

from engines.checkpoints.catalog import CheckpointError, catalog, read_card, scan
from engines.opening import find, open_model
from engines.registry import FAMILIES
from tests.engines.tiny import ship

REPOSITORY = Path(__file__).resolve().parents[3]


def edited(path, **changes):
    """Rewrite the card at `path` with fields replaced, or taken out where the new value is None."""
    table = tomllib.loads(path.read_text("utf-8")) | changes
    kept = {key: value for key, value in table.items() if value is not None}
    path.write_text(tomli_w.dumps(kept), "utf-8")


@pytest.fixture
def path(tmp_path):
    """The card of a good tiny model."""
    ship(tmp_path, "flow", "points")
    return tmp_path / "tiny-points" / "flow.toml"


def complaint(path):
    with pytest.raises(CheckpointError) as caught:
        read_card(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_card_survives_the_disk(tmp_path):
    more = {"figures": {"bits": {"value": 1.5}}, "replaces": ("0" * 64,)}
    card = ship(tmp_path, "flow", "picture", **more)
    assert read_card(tmp_path / "tiny-picture" / "flow.toml") == card


FIELDS = (
    "name",
    "family",
    "data",
    "shape",
    "labels",
    "weights",
    "sha256",
    "parameters",
    "seed",
    "recipe",
    "licence",
    "net",
    "training",
)


@pytest.mark.parametrize("past", [[1], ["0" * 63], ["0" * 64, "Z" * 64]])
def test_earlier_weights_are_named_by_their_hash(path, past):
    edited(path, replaces=past)
    assert "no sha256" in complaint(path)


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_named(path, field):
    edited(path, **{field: None})
    assert f"lacks '{field}'" in complaint(path)


@pytest.mark.parametrize("field", [*FIELDS, "figures", "replaces"])
def test_a_field_of_the_wrong_kind_is_named(path, field):
    edited(path, **{field: 1.5})
    assert f"wrong kind of '{field}'" in complaint(path)


@pytest.mark.parametrize(
    "shape", [[], [0], [-3], [2, 2], [1, 28, 28, 28], ["2"], [2.0], [99_999]], ids=str
)
def test_an_impossible_shape_is_refused(path, shape):
    edited(path, shape=shape)
    assert "impossible shape" in complaint(path)


@pytest.mark.parametrize("weights", ["../flow.safetensors", "/etc/passwd", "a/b.safetensors"])
def test_weights_outside_the_folder_are_refused(path, weights):
    edited(path, weights=weights)
    assert "outside its folder" in complaint(path)


@pytest.mark.parametrize("weights", ["", ".", ".."])
def test_a_folder_is_not_weights(path, weights):
    edited(path, weights=weights)
    with pytest.raises(CheckpointError, match=r"outside|cannot be read"):
        open_model(read_card(path))


def test_an_unknown_family_is_named(path):
    edited(path, family="oracle", name="tiny-points/oracle")
    assert "unknown family 'oracle'" in complaint(path)


@pytest.mark.parametrize("change", [{"name": "mnist/flow"}, {"data": "moons"}, {"family": "vae"}])
def test_a_card_that_lies_elsewhere_is_refused(path, change):
    edited(path, **change)
    assert "calls itself" in complaint(path)


@pytest.mark.parametrize("raw", [b"name = ", b"\xff\xfe", b"name = 1\nname = 2"])
def test_a_card_that_is_not_toml_is_refused(path, raw):
    path.write_bytes(raw)
    assert "cannot be read" in complaint(path)


def test_a_family_without_code_is_refused_by_name(tmp_path, path, monkeypatch):
    monkeypatch.delitem(FAMILIES, "gan")
    target = path.with_name("gan.toml")
    path.rename(target)
    edited(target, family="gan", name="tiny-points/gan")
    with pytest.raises(CheckpointError, match="cannot open the family 'GAN'"):
        open_model("tiny-points/gan", root=tmp_path)


def test_scan_keeps_the_good_ones_and_names_the_broken(tmp_path):
    for family in ("kde", "vae", "flow"):
        ship(tmp_path, family, "points")
    bad = tmp_path / "tiny-points" / "vae.toml"
    bad.write_text("nothing = 1", "utf-8")
    cards, broken = scan(tmp_path)
    assert [card.name for card in cards] == ["tiny-points/flow", "tiny-points/kde"]
    assert [(b.path, "lacks 'name'" in b.reason) for b in broken] == [(bad, True)]
    assert catalog(tmp_path) == cards


def test_an_empty_or_absent_folder_has_no_models(tmp_path):
    assert scan(tmp_path / "nowhere") == ((), ())


@pytest.mark.parametrize(
    "name", ["", "tiny-points/", "mnist/flow", "../tiny-points/flow", "tiny-points/x/y"]
)
def test_an_unknown_name_lists_what_there_is(tmp_path, path, name):
    with pytest.raises(CheckpointError, match="the catalogue has: tiny-points/flow"):
        find(name, tmp_path)


def test_half_a_name_is_completed(tmp_path, path):
    with pytest.raises(CheckpointError, match="did you mean 'tiny-points/flow'"):
        find("flow", tmp_path)


def test_reading_cards_does_not_import_torch():
    code = "import sys, engines, engines.model; engines.catalog(); print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_every_committed_card_can_be_read():
    assert scan()[1] == ()
