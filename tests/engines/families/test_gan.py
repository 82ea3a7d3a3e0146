"""GANs against closed forms: penalties, pairing, truncation, class shares, a learned Gaussian."""

import copy
import math

import pytest
import torch
from torch import nn

from engines import SampleRequest, finish
from engines.families.gan.model import NO_TRUNCATION, truncated
from engines.families.gan.net import PictureCritic, PictureGenerator, PointCritic, PointGenerator
from engines.model import Exactness
from engines.training.randomness import seeded
from engines.training.recipes.gan import Contest, appraise, pairing
from tests.engines.tiny import SHAPES, opened

MEAN, COV = torch.tensor([1.0, -2.0]), torch.tensor([[1.0, 0.6], [0.6, 0.8]])


class Quadratic(nn.Module):
    """D(x) = ½ xᵀ A x + b·x, so ∇D = A x + b."""

    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.tensor([[2.0, 0.5], [0.5, -1.0]]))
        self.b = nn.Parameter(torch.tensor([0.3, -0.7]))

    def forward(self, x, labels):
        return 0.5 * (x @ self.a * x).sum(1) + x @ self.b


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("part", [4, 10])
def test_the_penalties_are_those_of_a_quadratic_critic(part):
    critic, labels = Quadratic(), torch.zeros(10, dtype=torch.int64)
    x, made = normal(10, 2, seed=1), normal(10, 2, seed=2)
    (real, fake), slope = appraise(critic, x, made, labels, part)
    with torch.no_grad():
        torch.testing.assert_close(real, critic(x, labels))
        torch.testing.assert_close(fake, critic(made, labels))
        steep = [((y[:part] @ critic.a + critic.b) ** 2).sum(1).mean() for y in (x, made)]
    assert slope.item() == pytest.approx(sum(steep).item(), rel=1e-5)


def test_the_penalties_pull_on_the_critic_by_their_own_derivative():
    critic, labels = Quadratic(), torch.zeros(10, dtype=torch.int64)
    x, made = normal(10, 2, seed=1), normal(10, 2, seed=2)
    _, slope = appraise(critic, x, made, labels, 10)
    (pull,) = torch.autograd.grad(slope, critic.b)
    by_hand = sum(2 * (y @ critic.a + critic.b).mean(0) for y in (x, made))
    torch.testing.assert_close(pull, by_hand.detach())


def test_the_pairing_is_the_logistic_loss_of_differences():
    winner, loser = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0])
    by_hand = (math.log(1 + math.exp(-1)) + math.log(1 + math.exp(2))) / 2
    assert pairing(winner, loser).item() == pytest.approx(by_hand, rel=1e-6)


@pytest.mark.parametrize("psi", [0.5, 1.0, 2.0])
def test_truncated_draws_have_the_moments_of_a_truncated_normal(psi):
    n = 200_000
    z = truncated(normal(n), psi).double()
    assert z.abs().max() <= psi
    inside = math.erf(psi / math.sqrt(2))
    pdf = math.exp(-psi * psi / 2) / math.sqrt(2 * math.pi)
    variance = 1 - 2 * psi * pdf / inside
    assert z.mean().item() == pytest.approx(0, abs=5 * math.sqrt(variance / n))
    assert z.var().item() == pytest.approx(variance, rel=5 * math.sqrt(2 / n))


def test_truncation_keeps_the_order_of_the_draws_and_ends_in_one_place():
    z = torch.linspace(-6, 6, 101)
    assert (truncated(z, 0.7).diff() >= 0).all()
    assert torch.equal(truncated(z, 0.0), torch.zeros(101))
    torch.testing.assert_close(truncated(z, 8.0), z, rtol=1e-5, atol=1e-5)


@pytest.fixture(params=SHAPES)
def model(request, tmp_path):
    return opened(tmp_path, "gan", request.param)


def test_it_is_exact_until_truncated(model):
    assert model.procedure({}).exactness is Exactness.EXACT
    cut = model.procedure({"truncation": 1.5})
    assert cut.exactness is Exactness.HEURISTIC
    assert "not the model's distribution" in cut.method
    assert model.knobs[0].default == NO_TRUNCATION


def test_full_truncation_leaves_one_example_per_class(model):
    same = finish(model.sample(SampleRequest(3, 1, label=0, knobs={"truncation": 0.0})))
    torch.testing.assert_close(same[0], same[2])
    other = finish(model.sample(SampleRequest(3, 1, label=1, knobs={"truncation": 0.0})))
    assert not torch.allclose(same[0], other[0], atol=1e-3)


def test_a_code_without_a_label_picks_a_class_by_its_last_coordinate(model):
    third = 0.430727  # Φ⁻¹(2/3)
    last = torch.tensor([-third - 0.01, -third + 0.01, third - 0.01, third + 0.01])
    code = torch.cat([normal(4, model.latents.shape[0] - 1), last[:, None]], 1)
    free = finish(model.latents.decode(code, None))
    asked = finish(model.latents.decode(code, torch.tensor([0, 1, 1, 2])))
    assert torch.equal(free, asked)


def test_with_a_label_the_last_coordinate_is_idle(model):
    code, labels = normal(3, *model.latents.shape), torch.tensor([2, 0, 1])
    moved = code.clone()
    moved[:, -1] += 5
    decode = model.latents.decode
    assert torch.equal(finish(decode(code, labels)), finish(decode(moved, labels)))


def test_the_shares_of_the_classes_are_those_of_the_training_set():
    net = PointGenerator(dim=2, classes=3, latent=2, hidden=4, layers=1)
    net.count(torch.tensor([0, 0, 0, 2]))
    assert net.share.tolist() == [0.75, 0.0, 0.25]
    assert net.pick(torch.tensor([0.01, 0.74, 0.76, 0.99])).tolist() == [0, 0, 2, 2]


def test_a_model_without_classes_counts_as_one_class():
    net = PointGenerator(dim=2, classes=0, latent=2, hidden=4, layers=1)
    net.count(torch.zeros(5, dtype=torch.int64))
    assert net.share.tolist() == [1.0]
    assert net.pick(torch.tensor([0.1, 0.9])).tolist() == [0, 0]


def test_sides_that_are_no_multiples_of_four_are_refused():
    with pytest.raises(ValueError, match="multiples of 4"):
        PictureGenerator(shape=(1, 10, 8), classes=2, latent=2, width=[4, 4, 4])


def test_the_critic_of_pictures_tells_classes_apart():
    torch.manual_seed(0)
    critic = PictureCritic(shape=(1, 28, 28), classes=3, width=[4, 4, 4], features=8)
    x = normal(2, 1, 28, 28)
    one, other = (critic(x, torch.full((2,), c)) for c in (0, 1))
    assert one.shape == (2,)
    assert not torch.allclose(one, other)


def contest(rate=2e-3, penalty=0.1):
    torch.manual_seed(0)
    generator = PointGenerator(dim=2, classes=2, latent=2, hidden=24, layers=2)
    critic = PointCritic(dim=2, classes=2, hidden=24, layers=2, places=8)
    return Contest(
        generator,
        critic,
        draws=seeded(0),
        knobs={"rate": rate, "penalty": penalty},
        last_penalty=0.1,
        penalised=0.5,
        averaging=0.99,
    )


def test_training_learns_a_gaussian():
    made = contest(rate=5e-3)
    scale, labels = torch.linalg.cholesky(COV), torch.zeros(128, dtype=torch.int64)
    for step in range(400):
        made.step(MEAN + torch.randn(128, 2) @ scale.T, labels, step / 400)
    net = PointGenerator(dim=2, classes=2, latent=2, hidden=24, layers=2)
    net.load_state_dict(made.weights())
    with torch.no_grad():
        x = net(torch.randn(20_000, 2), torch.zeros(20_000, dtype=torch.int64))
    torch.testing.assert_close(x.mean(0), MEAN, rtol=0, atol=0.15)
    torch.testing.assert_close(x.T.cov(), COV, rtol=0, atol=0.2)


def test_a_resumed_contest_makes_the_same_steps():
    first, second = contest(), contest()
    x, labels = normal(32, 2), torch.arange(32) % 2
    for step in range(3):
        first.step(x, labels, step / 10)
    # as a file would: optimisers share their tensors with the state they are given
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    random = first._draws.get_state()
    reports = []
    for each in (first, second):
        each._draws.set_state(random)
        reports.append(each.step(x, labels, 0.5))
    assert reports[0] == reports[1]
    for name, tensor in first.weights().items():
        assert torch.equal(tensor, second.weights()[name]), name
    ours, theirs = first.critic.state_dict(), second.critic.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_shipped_weights_are_the_averaged_generator_alone():
    made = contest()
    for step in range(5):
        made.step(normal(32, 2, seed=step), torch.arange(32) % 2, 0.0)
    shipped = made.weights()
    assert set(shipped) == set(made.generator.state_dict())
    assert not torch.equal(shipped["out.weight"], made.generator.out.weight)
    other = contest()
    other.adopt(shipped)
    assert all(torch.equal(other.weights()[name], shipped[name]) for name in shipped)


def test_more_pairs_are_a_mean_over_shifted_partners():
    winner, loser = normal(40, seed=1).double(), normal(40, seed=2).double()
    by_hand = [
        math.log1p(math.exp(loser[(i - 8 * k) % 40] - winner[i]))
        for k in range(3)
        for i in range(40)
    ]
    assert pairing(winner, loser, 3).item() == pytest.approx(sum(by_hand) / 120, rel=1e-9)


def test_older_weights_without_the_skip_are_taken_up_unchanged():
    old = PointGenerator(dim=2, classes=2, latent=3, hidden=16, layers=2)
    new = PointGenerator(dim=2, classes=2, latent=3, hidden=16, layers=2, skip=True)
    z, labels = normal(9, 3), torch.arange(9) % 2
    assert not torch.equal(new(z, labels), old(z, labels))
    critic = PointCritic(dim=2, classes=2, hidden=16, layers=2, places=8)
    made = Contest(new, critic, draws=seeded(0), knobs={"rate": 1e-3, "penalty": 0.1})
    made.adopt(old.state_dict())
    assert torch.equal(new(z, labels), old(z, labels))
