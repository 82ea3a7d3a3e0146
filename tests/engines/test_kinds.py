"""Kinds of data: cards that name one or none, and what a condition by attributes means."""

import dataclasses
import math

import pytest
import torch

from engines import finish, kinds, log_density
from engines.checkpoints.catalog import CheckpointError, read_card, table_of
from engines.kinds import Column, ColumnType, Pictures, Points, Table, UnfitKindError
from engines.model import Attribute, SampleRequest
from engines.training.cards import write_card
from tests.engines.tiny import opened, ship


def test_a_card_that_names_no_kind_has_the_one_of_its_shape(tmp_path):
    picture, points = ship(tmp_path, "kde", "picture"), ship(tmp_path, "kde", "points")
    assert read_card(tmp_path / "tiny-picture/kde.toml").kind == Pictures(1, 8, 8)
    assert read_card(tmp_path / "tiny-points/kde.toml").kind == Points(("x", "y"))
    assert "kind" not in table_of(picture) | table_of(points)


ROWS = Table(
    (Column("mass", ColumnType.NUMBER, digits=1), Column("sex", ColumnType.CATEGORY, ("f", "m")))
)


@pytest.mark.parametrize(
    "kind", [Pictures(3, 4, 5, levels=16), Points(("a", "b"), ("km", "")), ROWS]
)
def test_a_card_keeps_a_kind_of_its_own(tmp_path, kind):
    card = dataclasses.replace(ship(tmp_path, "kde", "points"), kind=kind)
    write_card(card)
    assert read_card(tmp_path / "tiny-points/kde.toml") == card


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"name": "smells"}, "smells"),
        ({"name": ["pictures"]}, "does not know"),
        ({"name": "points", "names": "xy"}, "lists of texts"),
        ({"name": "table", "columns": [1]}, "must be tables"),
        ({"name": "pictures", "channels": 0, "height": 1, "width": 1}, "size"),
    ],
)
def test_an_impossible_kind_is_refused_in_words(tmp_path, table, word):
    card = ship(tmp_path, "kde", "points")
    path = tmp_path / "tiny-points/kde.toml"
    text = path.read_text("utf-8")
    lines = "\n".join(f"{key} = {value!r}" for key, value in table.items())
    path.write_text(f"{text}\n[kind]\n{lines}\n", "utf-8")
    with pytest.raises(CheckpointError, match=word):
        read_card(card.folder / "kde.toml")


def test_a_kind_that_contradicts_the_shape_is_refused(tmp_path):
    ship(tmp_path, "kde", "points")
    path = tmp_path / "tiny-points/kde.toml"
    path.write_text(f'{path.read_text("utf-8")}\n[kind]\nname = "points"\nnames = ["x"]\n', "utf-8")
    with pytest.raises(CheckpointError, match="contradicts"):
        read_card(path)


def test_a_row_has_numbers_and_codes_of_levels():
    assert ROWS.fault(torch.tensor([[3.5, 1.0], [-2.0, 0.0]])) is None
    assert "codes from 0 to 1" in ROWS.fault(torch.tensor([[3.5, 2.0]]))
    assert "finite" in ROWS.fault(torch.tensor([[math.nan, 0.0]]))
    with pytest.raises(ValueError, match="'sex'"):
        Column("sex", ColumnType.CATEGORY)


def test_units_of_a_density():
    assert Pictures(1, 2, 2).per_unit(4 * math.log(2)) == pytest.approx(1)
    assert Points(("x",)).per_unit(1.5) == 1.5


def test_what_has_no_entry_for_a_kind_says_so():
    assert kinds.chosen(Pictures(1, 2, 2), {Points: 1, Pictures: 2}, "this") == 2
    with pytest.raises(UnfitKindError, match="this cannot take points, only pictures"):
        kinds.chosen(Points(("x",)), {Pictures: 2}, "this")


@pytest.mark.parametrize("kind", ["picture", "points"])
def test_a_class_is_the_attribute_called_class(tmp_path, kind):
    model = opened(tmp_path, "kde", kind)
    assert model.card.attributes == (Attribute("class", ("a", "b", "c")),)
    by_label = finish(model.sample(SampleRequest(3, 7, 1)))
    assert torch.equal(by_label, finish(model.sample(SampleRequest(3, 7, given={"class": "b"}))))
    labels = torch.ones(3, dtype=torch.int64)
    assert torch.equal(
        log_density(model, by_label, labels).value,
        log_density(model, by_label, given={"class": "b"}).value,
    )
    for given, word in (({"hair": "b"}, "hair"), ({"class": "z"}, "no class 'z'")):
        with pytest.raises(ValueError, match=word):
            finish(model.sample(SampleRequest(3, 7, given=given)))


def test_a_label_and_given_attributes_at_once_are_refused(tmp_path):
    with pytest.raises(ValueError, match="one of them"):
        SampleRequest(1, 1, 0, given={"class": "a"})
    model = opened(tmp_path, "kde", "points")
    with pytest.raises(ValueError, match="one of them"):
        log_density(model, torch.zeros(1, 2), torch.zeros(1).long(), given={"class": "a"})


def test_several_attributes_survive_a_card(tmp_path):
    several = (Attribute("hair", ("short", "long")), Attribute("glasses", ("none", "round")))
    card = dataclasses.replace(ship(tmp_path, "kde", "points"), attributes=several)
    write_card(card)
    read = read_card(tmp_path / "tiny-points/kde.toml")
    assert read.attributes == several
    assert read.labels == ()
    assert read.codes({"glasses": "round"}) == (2, 1)


@pytest.mark.parametrize("shape", [(318_103_309,), (10**30,), (3, 8, 10**9), (2**63, 2, 2)])
def test_a_shape_that_nothing_can_hold_is_refused_before_its_axes_are_named(monkeypatch, shape):
    """Found by fuzzing: the names of 318 million coordinates took 17 GB."""
    monkeypatch.setattr(kinds, "coordinates", lambda count: pytest.fail(f"{count} names"))
    with pytest.raises(ValueError, match=r"^has an impossible shape \["):
        kinds.of_shape(shape)
