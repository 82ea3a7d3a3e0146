"""What a tab says of a kind that it has nothing for, or of data of a kind that it cannot take."""

import pytest

from app.density.pages import PAGES
from app.inpainting.editors import EDITORS
from app.interpolation.kinds import PATHS
from app.recipes.recipe import Recipe, RecipeError
from engines.kinds import Pictures, Points
from tests.kinds.symbols import NAME

TABLES = {1: EDITORS, 2: PATHS, 3: PAGES}
TASKS = {1: "inpaint", 2: "interpolate", 3: "density"}


@pytest.mark.parametrize("place", TABLES)
def test_a_tab_without_the_kind_says_so_and_refuses_its_recipes(open_songs, place):
    stage = open_songs(place)
    tabs, presenter = stage.window.tabs, stage.window.presenters[place]
    tab, card = tabs.widget(place), stage.window.session.cards[NAME]
    assert not tabs.isTabEnabled(place)
    assert tab.nothing.isVisible()
    assert "does not support sequences, only pictures and points." in tab.nothing.text()
    assert tabs.tabToolTip(place) == tab.nothing.text()
    assert presenter.adopt(b"") is False
    presenter.save()
    presenter.stop()
    recipe = Recipe(task=TASKS[place], model=NAME, sha256=card.sha256, seed=1, count=1)
    with pytest.raises(RecipeError, match="does not support sequences"):
        presenter.restore(recipe)
    stage.window.session.choose("moons", ("moons/kde",))
    assert tabs.isTabEnabled(place)
    assert not (tab.nothing.isVisible() and "sequences" in tab.nothing.text())


@pytest.mark.parametrize("table", TABLES.values())
def test_only_points_of_a_plane_are_taken(table):
    assert table.refusal(Points(("x", "y"))) == ""
    assert table.refusal(Pictures(3, 4, 4)) == ""
    assert table.refusal(Points(("x1", "x2", "x3"))) == "Only 2-D points can be plotted."
