"""The checkpoints in assets/models: each loads, carries measured figures, and meets its bars."""

import pytest

from engines import open_model
from engines.checkpoints.catalog import scan
from engines.data.toys import TOYS
from engines.model import Meaning

CARDS, BROKEN = scan()
HELD = {"moons": 0.05, "gaussians": 0.05, "rings": 0.10, "checkerboard": 0.10, "spirals": 0.10}


def test_no_shipped_card_is_broken():
    assert BROKEN == ()
    assert {card.name for card in CARDS} >= {"mnist/vae", "mnist/flow", "mnist/kde"}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_shipped_checkpoint_loads_and_its_card_is_complete(card):
    model = open_model(card)
    assert card.recipe
    assert card.licence
    assert card.figures["parameters"]["value"] == card.parameters
    pictures = card.kind.name == "pictures"
    if model.density is None or model.density.meaning is Meaning.UNNORMALISED:
        if pictures or card.data in TOYS:  # else there is nothing to hold samples against
            headline = card.figures["label_agreement" if pictures else "sample_kl_gap"]
            assert headline["examples"] >= 2_000
        return
    headline = card.figures["bits_per_dim" if pictures else "cross_entropy"]
    assert headline["meaning"] in ("exact", "bound", "estimate")
    assert headline["examples"] >= 2_000
    if card.data in TOYS:
        assert card.figures["kl_gap"]["value"] > -3 * card.figures["kl_gap"]["stderr"]


@pytest.mark.parametrize("card", [c for c in CARDS if "mass" in c.figures], ids=lambda c: c.name)
def test_a_density_in_the_plane_was_measured_to_integrate_to_one(card):
    mass = card.figures["mass"]
    assert abs(mass["value"] - 1) < (1e-2 if mass.get("meaning") == "estimate" else 1e-3)


@pytest.mark.parametrize("data", HELD)
def test_the_flow_is_close_to_the_truth(data):
    (card,) = [card for card in CARDS if card.name == f"{data}/flow"]
    assert card.figures["kl_gap"]["value"] <= HELD[data]


def test_importance_weighting_tightens_the_bound_of_the_vae():
    (card,) = [card for card in CARDS if card.name == "mnist/vae"]
    figures = card.figures
    assert figures["bits_per_dim"]["value"] < figures["elbo_bits_per_dim"]["value"]
