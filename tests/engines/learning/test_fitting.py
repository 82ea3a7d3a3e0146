"""A model of one's own points among the user's own models: its card, its figures, its bits."""

import numpy as np
import pytest
import torch

from engines.checkpoints import own
from engines.data import own as own_data
from engines.data.own import Points
from engines.data.toys import TOYS
from engines.learning.fitting import data_set, fit, keep, parted
from engines.learning.learner import DivergedError, learner
from engines.learning.small import SMALL
from engines.model import SampleRequest, finish
from engines.opening import open_model
from tests.own import home

__all__ = ["home"]
X, Y = (part.numpy() for part in TOYS["moons"].sample(150, torch.Generator().manual_seed(1)))
POINTS = Points(X, ("x", "y"))
CLASSED = Points(X, ("x", "y"), Y, ("upper", "lower"))


@pytest.mark.parametrize("family", SMALL)
def test_fitted_twice_it_has_the_same_weights_and_opens_like_any_other(home, family):
    one, two = (finish(fit(POINTS, family, name="mine", steps=3, seed=3)) for _ in range(2))
    assert (one.name, two.name) == (f"mine/{family}", f"mine/{family}-2")
    assert one.sha256 == two.sha256
    assert one.training["points"] == 135
    assert one.training["options"].keys() >= SMALL[family].keys()
    model = open_model(one.name)
    assert finish(model.sample(SampleRequest(5, 1))).isfinite().all()
    if family == "gan":
        assert "cross_entropy" not in one.figures
    else:
        assert one.figures["cross_entropy"]["examples"] == 15
        assert one.figures["cross_entropy"]["meaning"] in ("exact", "bound", "estimate")


def test_another_seed_gives_other_weights(home):
    one, two = (finish(fit(POINTS, "flow", name="m", steps=2, seed=seed)) for seed in (1, 2))
    assert one.sha256 != two.sha256


def test_classes_become_those_of_the_model(home):
    card = finish(fit(CLASSED, "autoregressive", name="mine", steps=3))
    assert card.labels == ("upper", "lower")
    shown = finish(open_model(card.name).sample(SampleRequest(4, 1, label=1)))
    assert shown.shape == (4, 2)


def test_what_was_changed_on_the_way_stands_in_the_card(home):
    made = learner("vae", torch.from_numpy(X), steps=8, name="mine")
    run = made.run()
    for _ in range(3):
        next(run)
    made.change("kl", 4)
    for _ in range(2):
        next(run)
    card = keep(made, made.course.weights(), figures={})
    assert card.training["changes"] == [[3, "kl", 4.0]]
    assert (card.training["steps"], card.training["planned"]) == (5, 8)


def test_a_limit_in_minutes_ends_it_early(home):
    card = finish(fit(POINTS, "vae", name="mine", steps=10_000, minutes=1e-6))
    assert (card.training["steps"], card.training["planned"]) == (1, 10_000)


def test_the_points_are_kept_once(home):
    assert data_set(POINTS, "my points") == data_set(POINTS, "my points")
    assert data_set(CLASSED, "my points") != data_set(POINTS, "my points")
    assert len(own_data.names()) == 2


def test_a_shipped_name_is_never_taken(home):
    name = data_set(POINTS, "moons")
    assert name == "moons-2"
    assert finish(fit(POINTS, "kde", name=name)).name == "moons-2/kde"
    assert [card.name for card in own.cards()] == ["moons-2/kde"]


@pytest.mark.parametrize("points", [POINTS, CLASSED])
def test_a_tenth_is_held_out_and_every_class_stays(points):
    (x, labels), (held_out, _) = parted(points)
    assert (len(x), len(held_out)) == (135, 15)
    together = torch.cat([x, held_out]).numpy()
    assert np.array_equal(np.sort(together, 0), np.sort(X, 0))
    assert (labels is None) == (points.labels is None)
    few, none = parted(Points(X[:60], ("x", "y")))
    assert (len(few[0]), len(none[0])) == (60, 0)
    lonely = np.zeros(150, np.int64)
    lonely[int(torch.randperm(150, generator=torch.Generator().manual_seed(0))[0])] = 1
    whole, none = parted(Points(X, ("x", "y"), lonely, ("many", "one")))
    assert (len(whole[0]), len(none[0])) == (150, 0)


def test_one_that_is_stopped_leaves_nothing(home):
    run = fit(POINTS, "flow", name="mine", steps=50)
    next(run)
    run.close()
    assert own.cards() == ()


def test_an_energy_without_a_normaliser_is_said(home, monkeypatch):
    monkeypatch.setattr("engines.training.recipes.point_energy._SIDES", (16, 32))
    with pytest.raises(DivergedError, match="can be normalised"):
        finish(fit(POINTS, "energy", name="mine", steps=3))
    assert own.cards() == ()
