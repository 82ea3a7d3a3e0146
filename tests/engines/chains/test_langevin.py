"""Langevin steps against targets known in closed form or by quadrature."""

import math

import pytest
import torch

from engines.chains.langevin import State, adapted, jump, langevin, mala
from engines.noise import Streams


def gaussian(x):
    """N(0, diag(1, 4))."""
    precision = torch.tensor([1.0, 0.25])
    return (precision * x.square()).sum(1) / 2, precision * x


def double_well(x):
    """E = 2 (x² − 1)² + x / 2 on the line."""
    return (2 * (x.square() - 1).square() + x / 2)[:, 0], 8 * x * (x.square() - 1) + 0.5


def two_modes(x):
    """0.8 N(−3, 0.3²) + 0.2 N(3, 0.3²) in each of two dimensions' first; the second N(0, 1)."""
    near = torch.stack(
        [
            (x[:, 0] + 3).square() / 0.18 - math.log(0.8),
            (x[:, 0] - 3).square() / 0.18 - math.log(0.2),
        ]
    )
    share = (-near).softmax(0)
    slope = (share[0] * (x[:, 0] + 3) + share[1] * (x[:, 0] - 3)) / 0.09
    return x[:, 1].square() / 2 - (-near).logsumexp(0), torch.stack([slope, x[:, 1]], 1)


def chains(energy, x, count, *, beta=1.0, step=0.5, burn=0):
    """`count` MALA steps of n chains from x (n, d); the step sizes settle in the first `burn`."""
    noise = Streams(3, range(len(x)))
    at, size = State.of(energy, x), torch.full((len(x),), step)
    for i in range(count):
        z, coin = noise.normal(x.shape[1]), noise.uniform()
        at, chance = mala(energy, at, step=size, noise=z, coin=coin, beta=beta)
        if i < burn:
            size = adapted(size, chance, 1.0)
    return at, size, chance


def cells(density, edges):
    """Probability of each interval, by the midpoint rule on 200 points in each."""
    low, high = edges[:-1, None], edges[1:, None]
    centre = low + (high - low) * (torch.arange(200, dtype=torch.float64) + 0.5) / 200
    mass = density(centre.reshape(-1, 1)).view(centre.shape).mean(1) * (high - low)[:, 0]
    return mass / mass.sum()


def chi_square(x, edges, expected):
    found = torch.histogram(x.double(), edges).hist
    return ((found - len(x) * expected).square() / (len(x) * expected)).sum().item()


@pytest.mark.parametrize("beta", [1.0, 0.5])
def test_mala_reproduces_the_moments_of_a_gaussian(beta):
    start = Streams(1, range(8_000)).normal(2) * torch.tensor([1.0, 2.0]) / math.sqrt(beta)
    at, _, _ = chains(gaussian, start, 30, beta=beta, step=1.2)
    sd = at.x.std(0) * math.sqrt(beta)
    torch.testing.assert_close(at.x.mean(0), torch.zeros(2), rtol=0, atol=4 * 2 / 8_000**0.5 / beta)
    torch.testing.assert_close(sd, torch.tensor([1.0, 2.0]), rtol=0.04, atol=0)


def test_the_acceptance_step_keeps_the_exact_distribution_of_a_double_well():
    edges = torch.linspace(-2, 2, 21, dtype=torch.float64)
    expected = cells(lambda x: (-double_well(x)[0]).exp(), edges)
    n = 20_000
    # exact draws by inversion on a fine grid
    fine = torch.linspace(-2.5, 2.5, 40_001, dtype=torch.float64)
    mass = (-double_well(fine[:, None])[0]).exp().cumsum(0)
    u = Streams(5, range(n)).uniform().double() * mass[-1]
    start = fine[torch.searchsorted(mass, u)].float()[:, None]
    inside = (expected > 1e-3).nonzero()[:, 0]
    edges, expected = edges[inside[0] : inside[-1] + 2], expected[inside]
    expected = expected / expected.sum()

    def fit(x):
        kept = x[(x >= edges[0]) & (x <= edges[-1])]
        return chi_square(kept, edges, expected)

    limit = len(expected) - 1 + 4 * math.sqrt(2 * (len(expected) - 1))
    adjusted, _, _ = chains(double_well, start, 12, step=0.35)
    assert fit(start[:, 0]) < limit
    assert fit(adjusted.x[:, 0]) < limit
    # the same steps without it do not: the test can fail
    noise, at = Streams(3, range(n)), State.of(double_well, start)
    for _ in range(12):
        at = State.of(double_well, langevin(at, torch.full((n,), 0.35), noise.normal(1)))
    assert fit(at.x[:, 0].clamp(-3, 3)) > 3 * limit


def test_detailed_balance_of_one_step():
    # π(x) q(y|x) α(x, y) = π(y) q(x|y) α(y, x), with q as a closed form
    x, y = torch.tensor([[0.4], [-1.1]]), torch.tensor([[1.3], [0.2]])
    step = torch.tensor([0.3, 0.6])

    def flow(start, end):
        at = State.of(double_well, start)
        noise = (end - start + step[:, None] / 2 * at.slope) / step.sqrt()[:, None]
        _, chance = mala(double_well, at, step=step, noise=noise, coin=torch.ones(2))
        return -at.value.double() - noise.double().square().sum(1) / 2 + chance.log()

    torch.testing.assert_close(flow(x, y), flow(y, x), rtol=0, atol=1e-5)


def test_jumps_give_distant_modes_their_weights():
    n, box = 4_000, torch.tensor([10.0, 8.0])
    noise = Streams(2, range(n))
    at = State.of(two_modes, torch.tensor([3.0, 0.0]).repeat(n, 1))
    for _ in range(100):
        z, coin = noise.normal(2), noise.uniform()
        at, _ = mala(two_modes, at, step=torch.full((n,), 0.1), noise=z, coin=coin)
        x, coin = (noise.uniform(3, 2) - 0.5) * box, noise.uniform()
        inside = (at.x.abs() <= box / 2).all(1)
        gain = torch.where(inside, 0.0, -torch.inf)[:, None].expand(n, 3)
        value = two_modes(x.flatten(0, 1))[0].view(n, 3)
        at = jump(two_modes, at, x, value=value, gain=gain, coin=coin)
    share = (at.x[:, 0] < 0).double().mean().item()
    assert share == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / n) + 0.003)
    assert at.x[:, 1].std().item() == pytest.approx(1, abs=0.06)


def test_a_chain_outside_the_region_of_jumps_stays():
    at = State.of(gaussian, torch.tensor([[30.0, 0.0], [3.0, 0.0]]))
    x, gain = torch.zeros(2, 1, 2), torch.tensor([[-torch.inf], [0.0]])
    value, coin = torch.zeros(2, 1), torch.full((2,), 0.5)
    to = jump(gaussian, at, x, value=value, gain=gain, coin=coin)
    assert to.x[:, 0].tolist() == [30.0, 0.0]


def test_places_are_chosen_by_their_weights():
    """Where to, for every coin: e^−E / q of staying and of each place, of their sum."""
    coins = torch.linspace(0.0005, 0.9995, 1000)
    at = State.of(gaussian, torch.tensor([[1.0, 0.0]]).repeat(1000, 1))
    x = torch.tensor([[0.0, 0.0], [2.0, 0.0]]).repeat(1000, 1, 1)
    value = torch.tensor([0.0, 2.0]).repeat(1000, 1)
    gain = torch.tensor([math.log(0.5), math.log(3.0)]).repeat(1000, 1)
    to = jump(gaussian, at, x, value=value, gain=gain, coin=coins).x[:, 0]
    weights = torch.tensor([math.exp(-0.5), 0.5, 3 * math.exp(-2)])
    for place, share in zip((1.0, 0.0, 2.0), weights / weights.sum(), strict=True):
        assert (to == place).double().mean().item() == pytest.approx(share.item(), abs=2e-3)


def test_a_proposal_without_energy_is_refused():
    def wall(x):
        value, slope = gaussian(x)
        return torch.where(x[:, 0] > 1, torch.nan, value), slope

    at = State.of(wall, torch.zeros(1, 2))
    noise = torch.tensor([[50.0, 0.0]])
    to, chance = mala(wall, at, step=torch.ones(1), noise=noise, coin=torch.full((1,), 1e-6))
    assert chance.item() == 0
    assert torch.equal(to.x, at.x)


def test_step_sizes_settle_at_the_best_acceptance():
    start = Streams(1, range(2_000)).normal(2) * torch.tensor([1.0, 2.0])
    _, size, _ = chains(gaussian, start, 60, step=0.01, burn=60)
    _, _, chance = chains(gaussian, start, 20, step=size.median().item())
    assert 0.45 < chance.mean() < 0.7
