"""The choice that holds in every tab, and the models that are open on the lane."""

import pytest

from app.models.open_models import Loading, Models
from app.session.session import Session
from engines import finish
from engines.checkpoints.catalog import CheckpointError

KDE, FLOW = "mnist/kde", "mnist/flow"


@pytest.fixture
def session(qapp, root):
    return Session("cpu", root)


def heard(session):
    """The names of the signals, as they come."""
    said = []
    for name in ("data_changed", "models_changed", "seed_changed"):
        getattr(session, name).connect(lambda name=name: said.append(name))
    return said


def test_a_choice_is_told_once_and_only_when_it_changes(session):
    said = heard(session)
    session.choose("mnist", (KDE,))
    session.choose("mnist", (KDE,))
    session.choose("mnist", (KDE, FLOW))
    session.choose("moons", ("moons/kde",))
    session.set_seed(5)
    session.set_seed(5)
    assert said == ["data_changed", "models_changed", "data_changed", "seed_changed"]


def test_models_stand_in_the_order_of_the_catalogue_and_strangers_are_left_out(session):
    session.choose("mnist", (KDE, "mnist/gan", "moons/kde", FLOW))
    assert session.models == (FLOW, KDE)
    assert [card.name for card in session.chosen()] == [FLOW, KDE]
    assert [card.name for card in session.of_data("moons")] == ["moons/flow", "moons/kde"]


def test_a_model_is_loaded_at_its_first_use_and_again_when_its_card_has_changed(session, root):
    models, card = Models("cpu"), session.cards[KDE]
    assert next(models.get(card)) == Loading(KDE)
    first = finish(models.get(card))
    assert list(models.get(card)) == []
    assert finish(models.get(card)) is first
    path = root / "mnist" / "kde.toml"
    path.write_text(path.read_text().replace("bandwidth = 3.0", "bandwidth = 4.0"))
    again = finish(models.get(session.reread(KDE)))
    assert again is not first
    assert again.card.net["bandwidth"] == 4.0


def test_a_model_that_failed_to_load_is_tried_anew(session, root):
    models, card = Models("cpu"), session.cards[KDE]
    weights = root / "mnist" / "kde.safetensors"
    raw = weights.read_bytes()
    weights.write_bytes(raw[:-1])
    with pytest.raises(CheckpointError, match="are not the ones"):
        finish(models.get(card))
    weights.write_bytes(raw)
    assert finish(models.get(card)).card == card


def test_a_card_that_broke_meanwhile_stays_as_it_was(session, root):
    card = session.cards[KDE]
    (root / "mnist" / "kde.toml").write_text("name =")
    assert session.reread(KDE) is card


def test_broken_cards_are_kept_apart(root, qapp):
    (root / "mnist" / "flow.toml").write_text("name = 'mnist/flow'")
    session = Session("cpu", root)
    assert FLOW not in session.cards
    assert "lacks 'family'" in session.broken[0].reason
