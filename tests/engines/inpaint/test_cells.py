"""Known pixels of flows are cells that the chain walks in; and what runs say of themselves."""

import dataclasses
import math

import pytest
import torch

from engines import open_model
from engines.diagnostics import Diagnosis, moved
from engines.families.flow.model import Flow
from engines.families.flow.net import Invertible
from engines.families.kde.net import to_levels
from engines.inpaint import methods_for
from engines.kinds import of_shape
from engines.model import Exactness, SampleRequest, finish, own_knobs
from tests.engines.tiny import SHAPES, opened

MEAN = torch.tensor([-6.0, 0.0])
ROOT = torch.tensor([[2.0, 0.0], [1.35, 0.65]])
"""Two pixels whose logits are N(MEAN, ROOT ROOTᵀ): correlated by 0.9."""


class Gaussian(Invertible):
    """The flow that makes logits of pixels a Gaussian."""

    def encode(self, x, labels):
        y = x.flatten(1).logit()
        z = torch.linalg.solve_triangular(ROOT, (y - MEAN).T, upper=False).T
        slope = -(x.flatten(1).log() + (1 - x.flatten(1)).log()).sum(1)
        return z, slope - ROOT.diagonal().log().sum()

    def decode(self, z, labels):
        return (MEAN + z @ ROOT.T).sigmoid().view(-1, 1, 1, 2)


@pytest.fixture
def two_pixels(tmp_path):
    model = opened(tmp_path, "flow", "picture")
    card = dataclasses.replace(
        model.card, kind=of_shape((1, 1, 2)), attributes=(), data="two-pixels"
    )
    native = Flow(card, Gaussian(), torch.device("cpu"))

    def sample(request):
        labels = torch.zeros(request.count, dtype=torch.int64)
        return native.draw(request, {"temperature": 1.0}, labels)

    return dataclasses.replace(model, card=card, bijection=native, sample=sample)


def law_of_second(level):
    """P of the levels of pixel 2 given the level of pixel 1: (256,), by quadrature in its logit."""
    ends = torch.tensor([level / 256, (level + 1) / 256], dtype=torch.float64).logit()
    low, high = (ends.clamp(-16.0, 16.0)).tolist()
    y = torch.linspace(low, high, 20_001, dtype=torch.float64)
    mass = (-0.5 * ((y - MEAN[0]) / ROOT[0, 0]).square()).softmax(0)
    centre = MEAN[1] + ROOT[1, 0] * (y - MEAN[0]) / ROOT[0, 0]
    edges = (torch.arange(1, 256, dtype=torch.float64) / 256).logit()
    upto = mass @ torch.special.ndtr((edges - centre[:, None]) / ROOT[1, 1])
    ones = torch.ones(1, dtype=torch.float64)
    return torch.cat([0 * ones, upto, ones]).diff()


def test_a_chain_of_a_flow_walks_within_the_cells_of_what_is_known(two_pixels):
    method = methods_for(two_pixels)[0]
    picture, known, n = torch.full((1, 1, 2), -1.0), torch.tensor([[True, False]]), 3_000
    x = finish(method.run(two_pixels, picture, known, n, 1, {"steps": 300, "search": 0}))
    assert (x[..., 0] == -1).all()
    levels = to_levels(x[:, 0, 0, 1]).long()
    found, law = levels.bincount(minlength=256) / n, law_of_second(0)
    assert (found.cumsum(0) - law.cumsum(0)).abs().max() < 1.95 / math.sqrt(n)
    # frozen where the chains begin, uniformly in the cell, it would be another law
    s = (torch.arange(4_000, dtype=torch.float64) + 0.5) / 4_000 / 256
    centre = MEAN[1] + ROOT[1, 0] * (s.logit() - MEAN[0]) / ROOT[0, 0]
    edges = (torch.arange(1, 256, dtype=torch.float64) / 256).logit()
    frozen = torch.special.ndtr((edges - centre[:, None]) / ROOT[1, 1]).mean(0)
    assert (frozen - law.cumsum(0)[:-1]).abs().max() > 3 * 1.95 / math.sqrt(n)


def test_too_few_steps_are_no_asymptotic_badge():
    model = open_model("mnist/flow", device="cpu")
    method = methods_for(model)[0]
    few, many = (method.procedure(model, {"steps": n, "class": 0}) for n in (12, 20_000))
    assert few.exactness is Exactness.HEURISTIC
    assert "fewer than 20,000" in few.method
    assert many.exactness is Exactness.ASYMPTOTIC


@pytest.mark.parametrize(
    ("family", "kind"), [(f, k) for f in ("vae", "gan", "flow", "energy") for k in SHAPES]
)
def test_chains_of_a_few_steps_are_heuristic_and_long_ones_are_not(tmp_path, family, kind):
    model = opened(tmp_path, family, kind)
    method = methods_for(model)[0]
    steps = next(knob for knob in method.knobs if knob.name == "steps")
    own = own_knobs(method.knobs) | ({"class": 0.0} if kind == "picture" else {})
    few, many = (method.procedure(model, own | {"steps": n}) for n in (3, steps.maximum))
    assert few.exactness is Exactness.HEURISTIC
    assert "fewer than" in few.method
    assert many.exactness is Exactness.ASYMPTOTIC
    assert "fewer than" not in many.method


def test_adjusted_steps_of_an_energy_s_samples_grow_with_the_knob(tmp_path):
    model = opened(tmp_path, "energy", "picture")
    totals = []
    for steps in (0, 1, 3):
        knobs = {"levels": 4, "steps": steps}
        *_, last = model.sample(SampleRequest(2, 1, None, knobs))
        assert "accepted" in last.note
        totals.append(last.calls - 4 * (steps + 1))
    assert totals == [6, 6, 18]
    few, many = (model.procedure({"steps": n, "guidance": 1.0}) for n in (1, 200))
    assert (few.exactness, many.exactness) == (Exactness.HEURISTIC, Exactness.ASYMPTOTIC)


def test_a_run_that_is_poor_says_so_with_the_remedy(two_pixels):
    method = methods_for(two_pixels)[0]
    picture, known = torch.full((1, 1, 2), -1.0), torch.tensor([[True, False]])
    for steps, poor in ((1, True), (200, False)):
        run = method.run(two_pixels, picture, known, 64, 1, {"steps": steps, "search": 0})
        *_, last = run
        assert bool(last.poor) == poor
        if poor:
            assert last.poor.startswith("Raise Steps: chains moved")


def test_what_is_poor():
    assert not Diagnosis(acceptance=0.5, moved=0.8, effective=9.0, particles=32).poor
    assert Diagnosis().note == Diagnosis().poor == ""
    assert Diagnosis(acceptance=0.02).poor == "Raise Steps: accepted 2 %"
    assert (
        "Raise Particles: ESS 1.3 of 32"
        in Diagnosis(effective=1.3, particles=32, remedy="Particles").poor
    )
    start = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))
    other = torch.randn(400, 3, generator=torch.Generator().manual_seed(1))
    assert moved(other, start) == pytest.approx(1, abs=0.1)
    assert moved(start, start) == 0
    assert moved(start[:1], other[:1]) is None
    assert moved(torch.ones(9, 3), torch.ones(9, 3)) is None


@pytest.mark.parametrize(
    ("name", "at", "poor"), [("moons/gan", 0.161, True), ("gaussians/gan", 2.471, False)]
)
def test_chains_of_a_generator_that_keep_to_their_mode_say_so(name, at, poor):
    """Between two arcs they do not cross within 120 steps, in one cloud they get everywhere."""
    model = open_model(name, "cpu")
    point, known = torch.tensor([at, 0.0]), torch.tensor([True, False])
    last = list(methods_for(model)[0].run(model, point, known, 40, 1))[-1]
    assert last.poor.startswith("Raise Steps: chains moved 0.") == poor
    assert "chains moved" in last.note
