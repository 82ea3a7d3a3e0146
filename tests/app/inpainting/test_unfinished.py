"""What is not finished, or belongs to an earlier wish, is never passed off as the answer."""

import pytest

from tests.windows import DIGITS

KDE = "mnist/kde"


@pytest.fixture
def stage(open_window, puppets):
    puppets[KDE].allow()
    stage = open_window(DIGITS)
    stage.ready()
    return stage


def test_a_guess_has_no_recipe_until_it_is_finished(stage, puppets):
    puppets[KDE].steps = 2
    puppets[KDE].allow()
    stage.window.seed.box.setValue(8)
    frame = stage.window.presenters[0].columns[KDE]
    stage.until(lambda: frame.frame.request.seed == 8)
    assert frame.frame.begun == 6
    assert stage.recipe(KDE, 0) is None
    puppets[KDE].allow()
    stage.until_shows(KDE, seed=8)
    assert stage.recipe(KDE, 0).seed == 8


def test_pictures_of_an_earlier_wish_are_greyed_under_the_new_captions(stage, puppets):
    gallery = stage.column(KDE).body
    puppets[KDE].allow(2)
    stage.tab.count.setValue(40)
    stage.until_shows(KDE, count=32)  # as asked for beside picture 0
    assert not any(gallery.is_stale(i) for i in range(40))
    puppets[KDE].allow(1)  # two batches are wanted, one may come
    stage.tab.classes.setCurrentIndex(stage.tab.classes.findData(2))
    stage.until(lambda: stage.recipe(KDE, 0) is not None and stage.recipe(KDE, 0).label == 2)
    assert not gallery.is_stale(0)
    assert all(gallery.is_stale(i) for i in range(32, 40))
