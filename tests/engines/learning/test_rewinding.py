"""Going back, twins, values and points that change while a learner learns: the same bits."""

import hashlib

import pytest
import torch

from engines.data.toys import TOYS
from engines.learning.alarm import Alarm
from engines.learning.history import History
from engines.learning.learner import DivergedError, learner
from engines.learning.small import CONTROLS, OBJECTIVES, SMALL, expanded
from engines.training.loop import Fitting
from engines.training.recipes.registry import recipe_of

TRAINED = [family for family in SMALL if family not in ("kde", "mfa")]
X, Y = TOYS["moons"].sample(120, torch.Generator().manual_seed(1))
OTHERS = TOYS["rings"].sample(120, torch.Generator().manual_seed(2))[0]
KINDS = [(family, {}) for family in SMALL] + [
    ("energy", {"objective": "contrast"}),
    ("energy", {"objective": "chains", "chains": 16, "chain_steps": 2}),
]
every_kind = pytest.mark.parametrize(("family", "options"), KINDS)


def go(made, count):
    return [moment.losses for _, moment in zip(range(count), made.run(), strict=False)]


def digest(made):
    tensors = made.course.sketch()
    return hashlib.sha256(b"".join(t.numpy().tobytes() for t in tensors.values())).hexdigest()


@every_kind
def test_rewound_it_learns_the_same_again(family, options):
    made = learner(family, X, options={**options, "batch": 16} if family in TRAINED else options)
    first = go(made, 6)
    end = digest(made)
    made.rewind()
    assert made.step == 0
    assert go(made, 6) == first
    assert digest(made) == end


@every_kind
def test_a_saved_moment_is_shown_as_it_was_and_gone_on_from(family, options):
    made = learner(family, X, options=options)
    go(made, 4)
    shown, then = digest(made), go(made, 3)
    assert made.saved[:4] == (0, 1, 2, 4)
    assert made.seek(5) == 4
    assert (made.step, digest(made)) == (4, shown)
    assert go(made, 3) == then


def test_what_was_changed_after_a_moment_is_undone_with_it():
    made = learner("gan", X, options={"batch": 16})
    go(made, 2)
    made.change("penalty", 0.0)
    made.change("critic_steps", 3)
    go(made, 3)
    assert [tuple(change) for change in made.changes] == [
        (2, "penalty", 0.0),
        (2, "critic_steps", 3),
    ]
    assert made.knobs["penalty"] == 0.0
    assert made.seek(3) == 2
    assert made.knobs["critic_steps"] == 3
    assert len(made.changes) == 2
    made.rewind()
    assert made.knobs["penalty"] == made.options["penalty"] > 0
    assert not made.changes


def test_a_value_changed_before_the_first_step_stays_when_rewound():
    made = learner("flow", X)
    made.change("rate", 1e-4)
    first = go(made, 3)
    made.rewind()
    assert made.knobs["rate"] == 1e-4
    assert go(made, 3) == first


@pytest.mark.parametrize("name", ["steps", "batch", "rate"])
def test_a_twin_goes_on_from_here_where_it_can(name):
    made = learner("autoregressive", X, options={"batch": 16})
    go(made, 5)
    other = made.twin(**{name: 24 if name != "rate" else 1e-5})
    assert other.step == 5
    assert digest(other) == digest(made)
    assert other.saved == made.saved
    assert other.knobs[name] != made.knobs[name]
    go(other, 2)
    same = made.twin()
    go(made, 2)
    go(same, 2)
    assert digest(same) == digest(made) != digest(other)


def test_a_twin_of_another_width_begins_anew_with_the_same_draws():
    made = learner("flow", X, options={"hidden": 16})
    go(made, 3)
    other = made.twin(hidden=24)
    assert (other.step, other.options["hidden"], other.seed) == (0, [24, 24], made.seed)
    assert other.options["bins"] == made.options["bins"]
    with pytest.raises(ValueError, match="'hidden' of flow cannot change while it learns"):
        made.change("hidden", 24)


@every_kind
def test_points_may_be_exchanged_while_it_learns(family, options):
    made = learner(family, X, options=options)
    go(made, 3)
    made.exchange(OTHERS)
    assert torch.equal(made.data.train.x, OTHERS)
    go(made, 3)
    assert made.model() is not None
    assert made.step == (3 if isinstance(made.course, Fitting) else 6)
    with pytest.raises(ValueError, match="labels and the names"):
        made.exchange(OTHERS, Y)


def test_an_energy_grows_its_box_with_the_points():
    for objective in OBJECTIVES:
        made = learner("energy", X, options={"objective": objective})
        go(made, 2)
        made.exchange(X + 5)
        net = made.course.trainer.net
        assert (net.low < X.min(0).values).all()
        assert (net.high > (X + 5).max(0).values).all()
        after = digest_of_run(made)
        made.seek(2)
        made.exchange(X + 5)
        assert digest_of_run(made) == after


def digest_of_run(made):
    go(made, 2)
    return digest(made)


def test_kernels_follow_their_bandwidth():
    made = learner("kde", X)
    list(made.run())
    searched = made.course.net["bandwidth"]
    made.change("bandwidth", 0.7)
    list(made.run())
    assert made.model().card.net == {"bandwidth": 0.7}
    made.change("bandwidth", 0)
    list(made.run())
    assert made.course.net["bandwidth"] == pytest.approx(searched)


@pytest.mark.parametrize(("family", "options"), [k for k in KINDS if k[0] in TRAINED])
def test_a_rate_that_explodes_is_said_and_can_be_rewound(family, options):
    made = learner(family, X, options={**options, "batch": 32})
    first = go(made, 3)
    made.change("rate", 100.0)
    with pytest.raises(
        DivergedError, match=r"exploded at step .*: go back, and lower the learning"
    ):
        go(made, 120)
    made.rewind()
    assert go(made, 3) == first


def test_losses_that_stay_within_bounds_raise_no_alarm():
    alarm = Alarm()
    for value in [60.0, *[2.0] * 50, *[11.0] * 60, 30.0, 2.0]:
        assert alarm.of({"loss": value, "gradient": 1e9}) is None
    assert [alarm.of({"loss": 30.0}) for _ in range(20)] == [None] * 19 + ["loss"]
    assert Alarm().of({"gap": 1.0, "slope": float("nan")}) == "slope"


def test_what_history_takes_is_bounded_and_keeps_the_first_and_the_last():
    history = History()
    for step in range(100_001):
        if history.asks(step):
            history.keep(step, step)
    assert len(history.steps) < 70
    assert {0, 1, 2, 4, 65_536} <= set(history.steps)
    assert history.steps[-1] > 98_000
    assert history.before(history.steps[5] + 1) == history.steps[5]
    history.forget_after(64)
    assert history.steps[-1] == 64


@pytest.mark.parametrize("family", CONTROLS)
def test_controls_are_options_within_their_bounds_and_say_whether_they_are_live(family):
    x = learner("kde", X).data
    objectives = OBJECTIVES if family == "energy" else [None]
    seen = set()
    for objective in objectives:
        options = {"objective": objective} if objective else {}
        made = recipe_of(family, x, expanded(family, options))
        live = learner(family, X, options=options).live
        for control in CONTROLS[family]:
            if control.name not in made.options:
                continue
            seen.add(control.name)
            value = made.options[control.name]
            value = value[0] if isinstance(value, list) else value
            assert value is None or control.low <= value <= control.high
            assert control.live == (control.name in live)
            assert control.whole == (isinstance(value, int) and not isinstance(value, bool))
    assert seen == {control.name for control in CONTROLS[family]}


def test_a_width_is_that_of_every_layer_of_a_flow():
    assert expanded("flow", {"hidden": 8})["hidden"] == [8, 8]
    assert expanded("energy", {"objective": "chains"}).keys() & {"nodes", "chains"} == {"chains"}


def test_states_of_large_networks_are_kept_in_as_many_bytes():
    history = History()
    for step in range(3_000):
        if history.asks(step):
            history.keep(step, {"weights": torch.empty(1 << 18)})  # a MiB
    assert len(history.steps) <= 24
    assert {0, 1, 2, 4, 2_048} <= set(history.steps)
    assert history.steps[-1] > 2_500
