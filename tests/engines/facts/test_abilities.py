"""What a card promises of a model is what its parts can do."""

import pytest

from engines import open_model
from engines.checkpoints import memory
from engines.checkpoints.catalog import catalog
from engines.facts import abilities
from engines.opening import find
from tests import foreign

BUNDLED = [card.name for card in catalog()]
SOME = {name.partition("/")[2]: name for name in reversed(BUNDLED)}.values()
OUTSIDE = {
    "ddpm": foreign.ddpm,
    "ldm": foreign.ldm,
    "sd": foreign.stable_diffusion,
    "kl": lambda path: foreign.kl().save_pretrained(path),
    "gpt": foreign.imagegpt,
}


def agree(model):
    promised, found = abilities.of_card(model.card), abilities.of_model(model)
    assert [a.task for a in found] == list(abilities.TASKS)
    assert [(a.task, a.can) for a in promised] == [(a.task, a.can) for a in found]
    for ability in found:
        assert ability.says.endswith(".")
    for ability in promised:
        assert ability.can or ability.says
    assert abilities.reads_text(model.card) == (model.prompted is not None)


@pytest.mark.parametrize("name", SOME)
def test_bundled_models(name):
    model = open_model(find(name))
    agree(model)
    # tables that are computed at loading are on no card: factor analysers keep several
    assert memory.expected(model.card) <= memory.held_by(model) < 8 * memory.expected(model.card)


@pytest.mark.parametrize("kind", OUTSIDE)
def test_models_from_outside(kind, tmp_path):
    pytest.importorskip("diffusers")
    OUTSIDE[kind](tmp_path / kind)
    model = open_model(str(tmp_path / kind))
    agree(model)
    assert memory.held_by(model) == pytest.approx(memory.expected(model.card), rel=0.2)
