"""Every method of every shipped model of the plane: finite draws where they may be, on few lines.

`make evidence` asks many lines at every method's defaults and writes docs/finite.md.
"""

from dataclasses import replace

import pytest

from engines import open_model
from engines.inpaint import methods_for
from engines.training.reports.finite import DOCUMENT, asked, plane_cards, samples_of, write

CARDS = plane_cards()
QUICK = ("moons", "checkerboard", "cities")
"""Data sets of which every family is asked each time; of the others in `make evidence`."""
CHEAP = {"steps": 8, "rungs": 2, "cells": 256, "resamplings": 2, "particles": 8}
STRICT = ("tds",)
"""What keeps its steps here, and may lose no draw."""
SOUND = (0, 0, 0)


def cheap(method):
    """Values for the knobs that cost time, where the defaults are not what is asked."""
    if method.name in STRICT:
        return {"particles": CHEAP["particles"]}
    return {k.name: min(k.default, CHEAP[k.name]) for k in method.knobs if k.name in CHEAP}


def hurried(model):
    """The model with samples of short chains: methods start from hundreds of them."""
    if model.card.family != "energy":
        return model
    return replace(
        model, sample=lambda asked: model.sample(replace(asked, knobs={**asked.knobs, "steps": 20}))
    )


def sparing(often):
    """Every model; those of other data sets in `make evidence` alone."""
    marks = {card.name: () if card.data in often else pytest.mark.evidence for card in CARDS}
    return [pytest.param(card, id=card.name, marks=marks[card.name]) for card in CARDS]


@pytest.mark.parametrize("card", sparing(QUICK))
def test_draws_along_a_line_are_finite_and_near_the_data(card):
    check(card, lambda method: method.name not in STRICT)


@pytest.mark.parametrize("card", sparing(QUICK[:1]))
def test_draws_of_what_keeps_its_steps_are_none_beyond(card):
    check(card, lambda method: method.name in STRICT)


def check(card, holds):
    model = hurried(open_model(card))
    x = samples_of(model, 256)
    for method in filter(holds, methods_for(model)):
        found = asked(model, x, method, 3, 32, cheap(method))
        assert (found.unsound, found.copied, found.failed) == SOUND, found
        # a chain cut short may not have arrived: one draw of a hundred
        assert found.beyond <= (0 if method.name in STRICT else 1), found


@pytest.mark.evidence
def test_the_page_has_every_method_of_every_model():
    text = DOCUMENT.read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    named = {(row[0].strip("| "), row[1]) for row in rows}
    for card in CARDS:
        assert {(card.name, method.name) for method in methods_for(open_model(card))} <= named
    assert all(row[2] == "0" for row in rows if "/" in row[0])


@pytest.mark.evidence
@pytest.mark.parametrize("name", ["moons", "checkerboard", "gaussians", "rings", "spirals"])
def test_twisted_smc_follows_the_density_of_shipped_diffusions(name):
    model = open_model(f"{name}/diffusion")
    method = next(m for m in methods_for(model) if m.name == "tds")
    found = asked(model, samples_of(model), method, 8, 400, compared=True)
    assert (found.unsound, found.copied, found.failed, found.beyond) == (0, 0, 0, 0)
    assert found.tv < 1.5 * found.floor, found


def test_the_page_keeps_the_rows_of_models_that_are_not_asked(tmp_path):
    page = tmp_path / "finite.md"
    write(["cities/kde"], 2, 8, page)
    write(["moons/kde"], 2, 8, page)
    text = page.read_text("utf-8")
    assert text.index("| moons/kde | closed-form | 0 |") < text.index("| cities/kde | closed-form")
    _, _, left = text.partition("Not asked yet: ")
    assert "moons/flow" in left
    assert "moons/kde" not in left
