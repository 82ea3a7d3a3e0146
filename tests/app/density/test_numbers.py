"""How a picture's number is shown: its sign, its unit, its error, and when models are ranked."""

import math

import numpy as np
import pytest

from app.density.pictures.numbers import place_of, shown, unranked
from app.density.plane.map import number
from app.tasks.scoring import HeldOut, Score
from engines.maps.kinds import Kind
from engines.opening import find

BIT = math.log(2) * 784


def score(family, value, kind, stderr=None):
    return Score(find(f"mnist/{family}"), value, stderr, kind, "by a method")


def test_bits_carry_the_sign_of_their_kind_and_an_error_only_where_it_is_known():
    assert shown(score("kde", -BIT, Kind.EXACT))[0] == "1.000 bits/dim"
    assert shown(score("flow", -BIT, Kind.BOUND))[0] == "≲ 1.000 bits/dim"
    assert shown(score("vae", -BIT, Kind.BOUND, math.nan))[0] == "≲ 1.000 bits/dim"
    text, tip = shown(score("vae", -BIT, Kind.BOUND, 0.01 * BIT))
    assert text == "≲ 1.000 ± 0.010 bits/dim"
    assert "on average" in tip
    assert "±" not in shown(score("vae", -BIT, Kind.BOUND, math.nan))[1]


def test_a_value_of_a_map_carries_them_too():
    assert number(-1.5, Kind.BOUND, "m").text == "≳ −1.500"
    assert number(-1.5, Kind.BOUND, "m", math.nan).text == "≳ −1.500"
    assert "±" not in number(-1.5, Kind.BOUND, "m", math.nan).tip
    assert number(-1.5, Kind.ESTIMATE, "m", 0.25).text == "≈ −1.500 ± 0.25"


def test_an_energy_is_in_nats_and_larger_where_less_likely():
    likely, rare = (score("energy", nats, Kind.UNNORMALISED) for nats in (-120.0, -300.0))
    assert shown(likely)[0] == "E(x) = 120.0 nats"
    assert "bits" not in "".join(shown(likely))
    tests = HeldOut(np.array([150.0, 200.0, 250.0, 350.0]), 4)
    assert place_of(likely, tests) == "likelier than 100 % of 4 test pictures"
    assert place_of(rare, tests) == "likelier than 25 % of 4 test pictures"


@pytest.mark.parametrize(("error", "ranked"), [(1.0, True), (6.0, False), (None, True)])
def test_models_are_ranked_by_more_than_their_errors(error, ranked):
    found = [score("vae", -700.0, Kind.BOUND, error), score("flow", -710.0, Kind.BOUND)]
    assert (unranked(found) == "") is ranked
    assert "different kinds" in unranked([*found, score("kde", -1500.0, Kind.EXACT)])
