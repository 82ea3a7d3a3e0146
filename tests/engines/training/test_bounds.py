"""Limits of a flow's dense conditioners: exact where they bite, unseen on training data."""

import math
from dataclasses import replace

import pytest
import torch

from engines import log_density, open_model
from engines.checkpoints import weights
from engines.data.examples import pictures
from engines.families.flow.couplings import ActNorm, Bend
from engines.families.flow.net import PictureFlow
from engines.model import SampleRequest, finish
from engines.noise import streams_of
from engines.training import bounds, datasets
from engines.training.randomness import seeded
from engines.training.recipes.registry import RECIPES
from tests.engines.tiny import MAKERS, SHAPES, ship

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
FREE = torch.tensor([[-math.inf] * 2, [math.inf] * 2])


def flow(dtype, limits):
    """A tiny bounded flow of 8 x 8 pictures with the same limits everywhere."""
    sizes, tensors = MAKERS["flow"](SHAPES["picture"])
    net = PictureFlow(**sizes, bounded=True)
    net.load_state_dict({**net.state_dict(), **tensors})
    for bend in bounded(net):
        bend.limits = limits.clone()
    return net.to(dtype).eval().requires_grad_(False)


def bounded(net):
    found = [m for m in net.modules() if isinstance(m, Bend) and m.limits is not None]
    assert found
    return found


def examples(n=40):
    g = torch.Generator().manual_seed(7)
    levels = torch.randint(256, (n, *SHAPES["picture"]), generator=g)
    return datasets.Split(levels / 127.5 - 1, torch.arange(n) % 3)


TIGHT = torch.tensor([[-0.02, -0.03], [0.01, 0.04]])
U = 0.02 + 0.96 * torch.rand(12, 1, 8, 8, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(12) % 4


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_a_flow_is_invertible_where_its_limits_bite(dtype):
    u, net = U.to(dtype), flow(dtype, TIGHT)
    z, _ = net.encode(u, LABELS)
    free, _ = flow(dtype, FREE).encode(u, LABELS)
    assert ((z - free).flatten(1).abs().amax(1) > 1e-3).all()
    torch.testing.assert_close(net.decode(z, LABELS), u, rtol=0, atol=TOLERANCE[dtype])
    back, _ = net.encode(net.decode(z + 0.01, LABELS), LABELS)
    torch.testing.assert_close(back, z + 0.01, rtol=0, atol=20 * TOLERANCE[dtype])


def test_the_log_determinant_is_that_of_the_jacobian_where_limits_bite():
    net, u = flow(torch.float64, TIGHT), U[:1].double()
    jacobian = torch.autograd.functional.jacobian(
        lambda v: net.encode(v, LABELS[:1])[0].flatten(), u
    ).reshape(u.numel(), u.numel())
    _, log_det = net.encode(u, LABELS[:1])
    assert log_det.item() == pytest.approx(jacobian.slogdet().logabsdet.item(), abs=1e-8)


def test_limits_are_so_many_times_what_training_pictures_need():
    net, part = flow(torch.float32, TIGHT), examples()
    tensors = bounds.limited(net, {}, part)
    seen = []
    net.view.net.register_forward_hook(lambda net, given, raw: seen.append(raw))
    u = (((part.x + 1) * 127.5).round() + streams_of(part.x).uniform(1, 8, 8)) / 256
    for labels in (part.labels, torch.full_like(part.labels, 3)):
        net.encode(u, labels)
    both = torch.cat(seen).unflatten(1, (2, -1))
    most = torch.stack([both.amin((0, 2, 3, 4)), both.amax((0, 2, 3, 4))])
    assert (most[0] < 0).all()
    assert (most[1] > 0).all()
    torch.testing.assert_close(tensors["view.limits"], bounds.MARGIN * most, rtol=0, atol=0.011)


def test_training_is_not_held_back_by_earlier_limits():
    net, free = flow(torch.float32, TIGHT), flow(torch.float32, FREE)
    for layer in net.modules():
        if isinstance(layer, ActNorm):
            layer.ready.fill_(True)  # else it would set itself on the first batch
    assert torch.equal(net.train().encode(U, LABELS)[0], free.encode(U, LABELS)[0])


def test_a_checkpoint_without_limits_is_given_them(tmp_path):
    past = ship(tmp_path, "flow", "picture", training={"command": "train it"})
    assert not any(name.endswith("limits") for name in weights.load(past))
    part = examples()
    before = log_density(open_model(past), part.x, part.labels).value
    card = bounds.bound(past, part)
    assert card.sha256 != past.sha256
    assert card.replaces == (past.sha256,)
    assert card.training["command"] == f"train it && python -m engines.training bound {card.name}"
    model = open_model(card.name, root=tmp_path)
    assert model.card == card
    assert all(bend.limits.isfinite().all() for bend in bounded(model.bijection.net))
    assert torch.equal(log_density(model, part.x, part.labels).value, before)
    assert bounds.bound(card, part) == card


def test_flows_trained_from_now_on_have_limits():
    part = datasets.Split(torch.zeros(4, 1, 28, 28), torch.arange(4))
    recipe = RECIPES["flow"](datasets.DataSet("mnist", ("0", "1", "2", "3"), part, part, "none"))
    tensors = recipe.finish(recipe.trainer(seeded(0)).weights())
    limits = [tensor for name, tensor in tensors.items() if name.endswith("limits")]
    assert len(limits) == len(bounded(PictureFlow(**recipe.net)))
    assert all(tensor.isfinite().all() for tensor in limits)


def test_no_limit_of_the_shipped_flow_bites_on_a_digit_or_a_sample():
    model = open_model("mnist/flow")
    digits = torch.from_numpy(pictures("mnist").levels[:20, None, :, :, 0]) / 127.5 - 1
    request = SampleRequest(8, 3, knobs={"temperature": 1.0})
    held = log_density(model, digits).value, finish(model.sample(request))
    net = model.bijection.net
    for bend in bounded(net):
        bend.limits = FREE.clone()
    net.eval()  # the inverse is worked out anew
    assert torch.equal(log_density(model, digits).value, held[0])
    assert torch.equal(finish(model.sample(request)), held[1])
    white = torch.ones(1, 1, 28, 28)
    assert log_density(model, white).value < -1e6
    assert log_density(open_model(replace(model.card)), white).value > -1e5
