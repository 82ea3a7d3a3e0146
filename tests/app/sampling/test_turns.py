"""Many columns come a few at a time; a recipe of one that is still to come is followed."""

from app.session.settings import Settings
from engines.checkpoints.catalog import ROOT
from tests.windows import catalogue, open_window

__all__ = ["catalogue", "open_window"]
MANY = ("moons/kde", "moons/mfa", "moons/flow", "moons/autoregressive")
BOTH = Settings(data="mnist", models={"mnist": ("mnist/kde",), "moons": MANY}, count=2, points=20)


def test_a_recipe_of_a_column_that_is_still_to_come_is_followed(open_window):
    stage = open_window(BOTH, ROOT)
    stage.ready()
    sampling, session = stage.window.presenters[0], stage.window.session
    session.choose("moons", MANY)
    stage.until_shows(*MANY)
    recipe = sampling.recipe(MANY[-1], 3)
    session.choose("mnist", ("mnist/kde",))
    stage.ready()
    session.choose("moons", MANY)  # and in the same turn:
    assert len(sampling.columns) < len(MANY)
    sampling.restore(recipe)
    assert tuple(sampling.columns) == stage.tab.names() == session.models
    stage.until_shows(*MANY, seed=recipe.seed)


def test_a_batch_and_a_fill_are_of_all_models_at_once(open_window):
    stage = open_window(BOTH, ROOT)
    stage.ready()
    sampling, filling = stage.window.presenters[:2]
    stage.window.session.choose("moons", MANY)
    sampling.generate(5)
    assert set(sampling.columns) == set(MANY)
    stage.window.tabs.setCurrentIndex(1)
    assert len(filling.rows) < len(MANY)
    filling.run(first=False)
    assert set(filling.rows) == set(MANY)
